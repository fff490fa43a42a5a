//! Classifying bytes on any machine: one table look-up a byte.
//!
//! The implementation that every other one is held to.

use super::{CHUNK, Masks};

const WORD: u8 = 1;
const UPPER: u8 = 2;

/// For each byte, what it is by itself.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || b == b'_' {
            class[byte] |= WORD;
        }
        if b.is_ascii_uppercase() {
            class[byte] |= UPPER;
        }
        byte += 1;
    }
    class
};

pub fn classify(text: &[u8], masks: &mut [Masks]) {
    assert_eq!(masks.len(), text.len().div_ceil(CHUNK));
    for (chunk, masks) in text.chunks(CHUNK).zip(masks) {
        *masks = Masks::default();
        for (i, &byte) in chunk.iter().enumerate() {
            let class = CLASS[byte as usize];
            masks.word |= u64::from(class & WORD) << i;
            masks.upper |= u64::from(class >> 1) << i;
            masks.high |= u64::from(byte >> 7) << i;
        }
    }
}

//! Classifying bytes on any machine, eight at a time in a plain number.
//!
//! A test sets the highest bit of each byte of the number for which it is true; a
//! multiplication then gathers the eight bits. A seven-bit byte is at least `x` if
//! its sum with `0x80 - x` has the highest bit set. No sum overflows its byte, so
//! the bytes do not affect each other.

use super::kernels::{self, Kernels};
use super::masks::{CHUNK, Leads, Masks, Nth, ROOM, Scope, Separators};
use super::natural::{self, Natural, Progress};
use super::refine::{Starts, WINDOW, three};
use super::unicode::Members;

/// A byte in each of the eight places.
const fn all(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// The highest bit of each byte.
const HIGH: u64 = all(0x80);

/// Any machine.
#[derive(Clone, Copy)]
struct Portable;

/// As [`super::classify`].
pub fn classify(text: &[u8], scope: Scope, masks: &mut [Masks]) {
    kernels::classify(Portable, text, scope, masks);
}

/// As [`super::find`].
pub fn find(byte: u8, text: &[u8], masks: &mut [u64]) {
    kernels::find(Portable, byte, text, masks);
}

/// As [`super::find_fields`].
pub fn find_fields(separators: Separators, text: &[u8], ends: &mut [u64], marks: &mut [u64]) {
    kernels::find_fields(Portable, separators, text, ends, marks);
}

/// As [`super::each_nth`].
pub fn each_nth(n: usize, length: usize, ends: &[u64], marks: &[u64], each: impl FnMut(Nth)) {
    kernels::each_nth(Portable, n, length, ends, marks, each);
}

/// As [`super::extract`].
pub fn extract(
    text: &[u8],
    scope: Scope,
    room: &mut [u8],
    pick: impl FnMut(Masks, usize) -> (u64, u64),
) -> usize {
    kernels::extract(Portable, text, scope, room, pick)
}

/// As [`super::natural()`].
pub fn natural(text: &[u8], classes: &Natural, room: &mut [u8]) -> Progress {
    natural::natural(Portable, text, classes, room)
}

/// Joins the bits of each eight bytes.
#[inline(always)]
fn each_eight(chunk: &[u8; CHUNK], bits: impl Fn(u64) -> u64) -> u64 {
    let eights = chunk.as_chunks::<8>().0.iter().rev();
    eights.fold(0, |mask, eight| {
        mask << 8 | gather(bits(u64::from_le_bytes(*eight)) & HIGH)
    })
}

impl Kernels for Portable {
    #[inline(always)]
    fn classify(self, chunk: &[u8; CHUNK]) -> Masks {
        Masks {
            word: each_eight(chunk, |bytes| classes(bytes).0),
            upper: each_eight(chunk, |bytes| classes(bytes).1),
            high: each_eight(chunk, |bytes| bytes),
        }
    }

    #[inline(always)]
    fn bit<const BIT: u32>(self, chunk: &[u8; CHUNK]) -> u64 {
        each_eight(chunk, |bytes| bytes << (7 - BIT))
    }

    #[inline(always)]
    fn nth_bit(self, mask: u64, n: u32) -> u32 {
        kernels::nth_bit(mask, n)
    }

    #[inline(always)]
    fn equal(self, chunk: &[u8; CHUNK], byte: u8) -> u64 {
        each_eight(chunk, |bytes| {
            let differs = bytes ^ all(byte);
            // The highest bit of each byte that has any bit.
            !(((differs & !HIGH) + !HIGH) | differs)
        })
    }

    #[inline(always)]
    fn members(self, window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64 {
        let mut members = 0;
        let mut rest = starts.two;
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            let [a, b] = [window[at as usize], window[at as usize + 1]];
            let is_member = a >= 0xC2 && class.page_of_two(a) >> (b & 0x3F) & 1 != 0;
            members |= u64::from(is_member) << at;
        }
        let mut rest = starts.three;
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            members |= three(window, at, class);
        }
        members
    }

    #[inline(always)]
    fn compress(self, chunk: &[u8; CHUNK], keep: u64, ends: u64, room: &mut [u8; ROOM]) -> usize {
        let mut used = 0;
        for (i, &byte) in chunk.iter().enumerate() {
            // Every byte is stored, and the next one over it unless it is kept.
            room[used] = if ends >> i & 1 == 1 { b'\n' } else { byte };
            used += (keep >> i & 1) as usize;
        }
        used
    }
}

/// As [`super::lower_ascii`].
pub fn lower_ascii(text: &[u8], room: &mut [u8]) -> usize {
    let whole = text.as_chunks::<CHUNK>().0.iter();
    let length = whole.take_while(|chunk| chunk.is_ascii()).count() * CHUNK;
    room[..length].copy_from_slice(&text[..length]);
    room[..length].make_ascii_lowercase();
    length
}

/// As [`super::lower`]. All characters outside ASCII may change.
pub fn lower(chunk: &[u8; CHUNK], room: &mut [u8; CHUNK]) -> Leads {
    *room = *chunk;
    room.make_ascii_lowercase();
    // The two highest bits are set.
    let leads = each_eight(chunk, |bytes| bytes & bytes << 1);
    Leads {
        all: leads,
        change: leads,
    }
}

/// Which of eight bytes are in words, and which are capitals, by highest bits.
fn classes(bytes: u64) -> (u64, u64) {
    let low = bytes & !HIGH;
    let at_least = |bytes: u64, byte: u8| bytes + all(0x80 - byte);
    let within =
        |bytes: u64, first: u8, last: u8| at_least(bytes, first) & !at_least(bytes, last + 1);
    let ascii = !bytes & HIGH;
    // Both cases of a letter differ in one bit; with it set, they are small.
    let letter = within(low | all(0x20), b'a', b'z');
    let word = letter | within(low, b'0', b'9') | within(low, b'_', b'_');
    let upper = within(low, b'A', b'Z');
    (word & ascii, upper & ascii)
}

/// The highest bits of eight bytes as one byte.
fn gather(bits: u64) -> u64 {
    // Bit 8i moves to bit 56 + i; no two meet.
    (bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

//! Classifying bytes 64 at a time, on 64-bit ARM. NEON is part of its base architecture.
//!
//! A chunk is loaded interleaved: register *k* of four has the bytes 4*i* + *k*. Then the
//! highest bits of all bytes become a mask of 64 bits in the order of the text by shifts alone,
//! and the byte after each one is in the next register, in the same place (Niles Salter, "Use
//! interleaved vectors for parsing on ARM", 2024).

#![allow(unsafe_code)]

use super::changes;
use super::kernels::{self, Kernels, kernels};
use super::masks::{CHUNK, Leads, Masks, Nth, ROOM, Scope, Separators};
use super::natural::{self, Natural, Progress};
use super::pages::{self, Among};
use super::refine::{Starts, WINDOW};
use super::tables::{MOVES, word};
use super::unicode::Members;
use std::arch::aarch64::*;

/// For each of eight bytes, the bit of its number.
const OWN: u64 = 0x8040_2010_0804_0201;

/// A machine with NEON.
#[derive(Clone, Copy)]
struct Neon(());
kernels!(Neon, "neon");

impl Among for Neon {
    #[inline(always)]
    fn among(self, chunk: &[u8; CHUNK], set: u64) -> u64 {
        // SAFETY: the value is there, so the machine has the instructions.
        unsafe { among(chunk, set) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn one(chunk: &[u8; CHUNK]) -> Masks {
    let bytes = load(chunk);
    let (low, high) = (table(&word::LOW), table(&word::HIGH));
    Masks {
        word: mask(bytes.map(|b| vtstq_u8(by_low(low, b), by_high(high, b)))),
        upper: mask(bytes.map(|b| is_upper(b))),
        high: mask(bytes),
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn nth_bit(mask: u64, n: u32) -> u32 {
    kernels::nth_bit(mask, n)
}

#[inline]
#[target_feature(enable = "neon")]
fn equal(chunk: &[u8; CHUNK], byte: u8) -> u64 {
    mask(load(chunk).map(|bytes| vceqq_u8(bytes, vdupq_n_u8(byte))))
}

#[inline]
#[target_feature(enable = "neon")]
fn bit<const BIT: u32>(chunk: &[u8; CHUNK]) -> u64 {
    mask(load(chunk).map(|bytes| vtstq_u8(bytes, vdupq_n_u8(1 << BIT))))
}

/// As [`Kernels::members`].
#[inline]
#[target_feature(enable = "neon")]
fn members(window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64 {
    pages::members(Neon(()), window, starts, class)
}

/// As [`Among::among`]: the low three of the six bits choose a bit, the high three the byte of `set` with that bit.
#[inline]
#[target_feature(enable = "neon")]
fn among(chunk: &[u8; CHUNK], set: u64) -> u64 {
    let set = vreinterpretq_u8_u64(vdupq_n_u64(set));
    let bits = vreinterpretq_u8_u64(vdupq_n_u64(OWN));
    let seven = vdupq_n_u8(7);
    mask(load(chunk).map(|bytes| {
        let bit = vqtbl1q_u8(bits, vandq_u8(bytes, seven));
        let eight = vqtbl1q_u8(set, vandq_u8(vshrq_n_u8::<3>(bytes), seven));
        vtstq_u8(eight, bit)
    }))
}

/// A look-up moves eight bytes at a time. [`MOVES`] has the places for each set of bytes. The
/// positions of all eights are known before the first is stored. No branch depends on the text.
#[inline]
#[target_feature(enable = "neon")]
fn compress(chunk: &[u8; CHUNK], keep: u64, ends: u64, room: &mut [u8; ROOM]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let own = vcreate_u8(OWN);
    // The kept bytes of each eight; then of it and all before it.
    let kept = vget_lane_u64::<0>(vreinterpret_u64_u8(vcnt_u8(vcreate_u8(keep))));
    let kept = kept.wrapping_mul(EACH).to_le_bytes();
    let mut used = 0;
    for (i, eight) in chunk.as_chunks::<8>().0.iter().enumerate() {
        let (keep, ends) = ((keep >> (8 * i)) as u8, (ends >> (8 * i)) as u8);
        let eight = vcreate_u8(u64::from_le_bytes(*eight));
        let ended = vbsl_u8(vtst_u8(vdup_n_u8(ends), own), vdup_n_u8(b'\n'), eight);
        let moved = vtbl1_u8(ended, vcreate_u8(MOVES[keep as usize]));
        let moved = vget_lane_u64::<0>(vreinterpret_u64_u8(moved));
        room[used..used + 8].copy_from_slice(&moved.to_le_bytes());
        used = kept[i] as usize;
    }
    used
}

/// As [`super::lower_ascii`].
///
/// # Safety
///
/// The machine must have NEON.
#[target_feature(enable = "neon")]
pub unsafe fn lower_ascii(text: &[u8], room: &mut [u8]) -> usize {
    let room = &mut room[..text.len()];
    let mut length = 0;
    for (chunk, room) in text
        .as_chunks::<CHUNK>()
        .0
        .iter()
        .zip(room.as_chunks_mut::<CHUNK>().0)
    {
        let bytes = load(chunk);
        let [a, b, c, d] = bytes;
        if vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) >= 0x80 {
            break;
        }
        store(bytes.map(|b| to_lower(b)), room);
        length += CHUNK;
    }
    length
}

/// As [`super::lower`].
///
/// # Safety
///
/// The machine must have NEON.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn lower(chunk: &[u8; CHUNK], room: &mut [u8; CHUNK]) -> Leads {
    let bytes = load(chunk);
    store(bytes.map(|b| to_lower(b)), room);
    let all = mask(bytes.map(|b| vcgeq_u8(b, vdupq_n_u8(0xC0))));
    // The byte after the chunk is unknown, so the last byte has no second byte.
    let [a, b, c, d] = bytes;
    let after = vextq_u8::<1>(a, vdupq_n_u8(0));
    let change = mask([
        may_change(a, b),
        may_change(b, c),
        may_change(c, d),
        may_change(d, after),
    ]);
    Leads {
        all,
        change: change & all,
    }
}

/// Where a first and a second byte may be those of a character that changes.
#[inline]
#[target_feature(enable = "neon")]
fn may_change(first: uint8x16_t, second: uint8x16_t) -> uint8x16_t {
    let of_first = vandq_u8(
        by_high(table(&changes::BY_HIGH), first),
        by_low(table(&changes::BY_LOW), first),
    );
    let classes = vtstq_u8(of_first, by_high(table(&changes::BY_SECOND), second));
    let are = |bytes, byte| vceqq_u8(bytes, vdupq_n_u8(byte));
    let kai = vandq_u8(are(first, 0xCF), are(second, 0x8F));
    let four = are(first, 0xF0);
    vorrq_u8(classes, vorrq_u8(kai, four))
}

/// The entries of a table for the low nibbles of the bytes.
#[inline]
#[target_feature(enable = "neon")]
fn by_low(table: uint8x16_t, bytes: uint8x16_t) -> uint8x16_t {
    vqtbl1q_u8(table, vandq_u8(bytes, vdupq_n_u8(0x0F)))
}

/// The entries of a table for the high nibbles of the bytes.
#[inline]
#[target_feature(enable = "neon")]
fn by_high(table: uint8x16_t, bytes: uint8x16_t) -> uint8x16_t {
    vqtbl1q_u8(table, vshrq_n_u8::<4>(bytes))
}

/// A byte of ones for each of `A` to `Z`.
#[inline]
#[target_feature(enable = "neon")]
fn is_upper(bytes: uint8x16_t) -> uint8x16_t {
    vcltq_u8(vsubq_u8(bytes, vdupq_n_u8(b'A')), vdupq_n_u8(26))
}

/// The bytes, `A` to `Z` in lower case.
#[inline]
#[target_feature(enable = "neon")]
fn to_lower(bytes: uint8x16_t) -> uint8x16_t {
    vorrq_u8(bytes, vandq_u8(is_upper(bytes), vdupq_n_u8(0x20)))
}

/// The highest bits of the interleaved bytes of a chunk, in the order of the text.
#[inline]
#[target_feature(enable = "neon")]
fn mask([a, b, c, d]: [uint8x16_t; 4]) -> u64 {
    // Each shift inserts bits below those that stay, so the four of a place become a nibble; its
    // copy in the low half of the byte goes with the high half of the byte after it.
    let (ab, cd) = (vsriq_n_u8::<1>(b, a), vsriq_n_u8::<1>(d, c));
    let four = vsriq_n_u8::<2>(cd, ab);
    let twice = vsriq_n_u8::<4>(four, four);
    let bits = vshrn_n_u16::<4>(vreinterpretq_u16_u8(twice));
    vget_lane_u64::<0>(vreinterpret_u64_u8(bits))
}

/// The bytes of a table in their order.
#[inline]
#[target_feature(enable = "neon")]
fn table(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the 16 bytes are there; the load needs no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// The bytes of a chunk, interleaved.
#[inline]
#[target_feature(enable = "neon")]
fn load(chunk: &[u8; CHUNK]) -> [uint8x16_t; 4] {
    // SAFETY: the 64 bytes are there; the load needs no alignment.
    let uint8x16x4_t(a, b, c, d) = unsafe { vld4q_u8(chunk.as_ptr()) };
    [a, b, c, d]
}

/// Stores interleaved bytes in the order of the text.
#[inline]
#[target_feature(enable = "neon")]
fn store([a, b, c, d]: [uint8x16_t; 4], room: &mut [u8; CHUNK]) {
    // SAFETY: the room has 64 bytes; the store needs no alignment.
    unsafe { vst4q_u8(room.as_mut_ptr(), uint8x16x4_t(a, b, c, d)) }
}

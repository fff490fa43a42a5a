//! Classifying bytes 32 at a time, on x86-64 with AVX2.

#![allow(unsafe_code)]

use super::changes;
use super::kernels::{self, Kernels, kernels};
use super::masks::{CHUNK, Leads, Masks, Nth, ROOM, Scope, Separators};
use super::natural::{self, Natural, Progress};
use super::pages::{self, Among};
use super::refine::{Starts, WINDOW};
use super::tables::{MOVES, word};
use super::unicode::Members;
use std::arch::x86_64::*;

/// A machine with AVX2 and POPCNT.
#[derive(Clone, Copy)]
struct Avx2(());
kernels!(Avx2, "avx2,popcnt");

impl Among for Avx2 {
    #[inline(always)]
    fn among(self, chunk: &[u8; CHUNK], set: u64) -> u64 {
        // SAFETY: the value is there, so the machine has the instructions.
        unsafe { among(chunk, set) }
    }
}

/// A byte of ones for each of `A` to `Z`.
#[inline]
#[target_feature(enable = "avx2")]
fn is_upper(bytes: __m256i) -> __m256i {
    // A to Z become the 26 smallest signed bytes.
    let shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8((b'A' ^ 0x80) as i8));
    _mm256_cmpgt_epi8(_mm256_set1_epi8(i8::MIN + 26), shifted)
}

/// Joins the bits of both halves of a chunk.
#[inline]
#[target_feature(enable = "avx2")]
fn halves(chunk: &[u8; CHUNK], bits: impl Fn(__m256i) -> __m256i) -> u64 {
    let half = |start| _mm256_movemask_epi8(bits(load(chunk, start))) as u32;
    u64::from(half(0)) | u64::from(half(CHUNK / 2)) << 32
}

#[inline]
#[target_feature(enable = "avx2")]
fn nth_bit(mask: u64, n: u32) -> u32 {
    kernels::nth_bit(mask, n)
}

#[inline]
#[target_feature(enable = "avx2")]
fn equal(chunk: &[u8; CHUNK], byte: u8) -> u64 {
    let byte = _mm256_set1_epi8(byte as i8);
    halves(chunk, |bytes| _mm256_cmpeq_epi8(bytes, byte))
}

#[inline]
#[target_feature(enable = "avx2")]
fn bit<const BIT: u32>(chunk: &[u8; CHUNK]) -> u64 {
    let to_sign = _mm_cvtsi32_si128(7 - BIT as i32);
    halves(chunk, |bytes| _mm256_sll_epi16(bytes, to_sign))
}

/// As [`Kernels::members`].
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn members(window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64 {
    pages::members(Avx2(()), window, starts, class)
}

/// As [`Among::among`]: the low three of the six bits choose a bit, the high three the byte of `set` with that bit.
#[inline]
#[target_feature(enable = "avx2")]
fn among(chunk: &[u8; CHUNK], set: u64) -> u64 {
    let set = _mm256_set1_epi64x(set as i64);
    let bits = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
    let seven = _mm256_set1_epi8(7);
    halves(chunk, |bytes| {
        let bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(bytes, seven));
        let eight = _mm256_and_si256(_mm256_srli_epi16(bytes, 3), seven);
        let eight = _mm256_shuffle_epi8(set, eight);
        _mm256_cmpeq_epi8(_mm256_and_si256(eight, bit), bit)
    })
}

/// A shuffle moves eight bytes at a time. [`MOVES`] has the shuffle for each set of
/// bytes. No branch depends on the text.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn compress(chunk: &[u8; CHUNK], keep: u64, ends: u64, room: &mut [u8; ROOM]) -> usize {
    let mut text = [0; CHUNK];
    for (i, half) in text.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let ends = spread((ends >> (32 * i)) as u32);
        let newline = _mm256_set1_epi8(b'\n' as i8);
        let ended = _mm256_blendv_epi8(load(chunk, 32 * i), newline, ends);
        store(ended, half);
    }
    let mut used = 0;
    for (i, eight) in text.as_chunks::<8>().0.iter().enumerate() {
        let keep = (keep >> (8 * i)) as u8;
        let eight = _mm_cvtsi64_si128(i64::from_le_bytes(*eight));
        let moves = _mm_cvtsi64_si128(MOVES[keep as usize] as i64);
        let moved = _mm_cvtsi128_si64(_mm_shuffle_epi8(eight, moves));
        room[used..used + 8].copy_from_slice(&moved.to_le_bytes());
        used += keep.count_ones() as usize;
    }
    used
}

/// As [`super::lower_ascii`].
///
/// # Safety
///
/// The machine must have AVX2.
#[target_feature(enable = "avx2")]
pub unsafe fn lower_ascii(text: &[u8], room: &mut [u8]) -> usize {
    let room = &mut room[..text.len()];
    let mut length = 0;
    for (chunk, room) in text
        .as_chunks::<CHUNK>()
        .0
        .iter()
        .zip(room.as_chunks_mut::<CHUNK>().0)
    {
        let (a, b) = (load(chunk, 0), load(chunk, 32));
        if _mm256_movemask_epi8(_mm256_or_si256(a, b)) != 0 {
            break;
        }
        for (bytes, room) in [a, b].into_iter().zip(room.as_chunks_mut().0) {
            store(to_lower(bytes), room);
        }
        length += CHUNK;
    }
    length
}

/// The bytes, `A` to `Z` in lower case.
#[inline]
#[target_feature(enable = "avx2")]
fn to_lower(bytes: __m256i) -> __m256i {
    let upper = _mm256_and_si256(is_upper(bytes), _mm256_set1_epi8(0x20));
    _mm256_or_si256(bytes, upper)
}

/// Stores 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn store(bytes: __m256i, room: &mut [u8; 32]) {
    // SAFETY: the room has 32 bytes; the store needs no alignment.
    unsafe { _mm256_storeu_si256(room.as_mut_ptr().cast(), bytes) }
}

/// As [`super::lower`].
///
/// The first two bytes decide whether a character may change: the classes of the two
/// nibbles of the first and of the high nibble of the second, as in [`classify`].
///
/// # Safety
///
/// The machine must have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn lower(chunk: &[u8; CHUNK], room: &mut [u8; CHUNK]) -> Leads {
    let (mut all, mut change) = (0, 0);
    for (i, room) in room.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let first = load(chunk, 32 * i);
        let second = match i {
            0 => load(chunk, 1),
            // The byte after the chunk is unknown, so the last byte has no second byte.
            _ => _mm256_alignr_epi8::<1>(_mm256_permute2x128_si256::<0x81>(first, first), first),
        };
        store(to_lower(first), room);
        // Bytes from C0 on, as signed ones.
        let lead = _mm256_cmpgt_epi8(first, _mm256_set1_epi8(0xBF_u8 as i8));
        let negative = _mm256_movemask_epi8(first) as u32;
        all |= u64::from(_mm256_movemask_epi8(lead) as u32 & negative) << (32 * i);
        change |= u64::from(may_change(first, second) & negative) << (32 * i);
    }
    Leads {
        all,
        change: change & all,
    }
}

/// Where a first and a second byte may be those of a character that changes.
#[inline]
#[target_feature(enable = "avx2")]
fn may_change(first: __m256i, second: __m256i) -> u32 {
    let nibble = _mm256_set1_epi8(0x0F);
    let high = |bytes| _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
    let classes = _mm256_and_si256(
        _mm256_and_si256(
            _mm256_shuffle_epi8(table(&changes::BY_HIGH), high(first)),
            _mm256_shuffle_epi8(table(&changes::BY_LOW), _mm256_and_si256(first, nibble)),
        ),
        _mm256_shuffle_epi8(table(&changes::BY_SECOND), high(second)),
    );
    let none = _mm256_movemask_epi8(_mm256_cmpeq_epi8(classes, _mm256_setzero_si256()));
    let are = |bytes, byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8));
    let kai = _mm256_and_si256(are(first, 0xCF), are(second, 0x8F));
    // Four bytes.
    let alone = _mm256_or_si256(are(first, 0xF0), kai);
    (!none | _mm256_movemask_epi8(alone)) as u32
}

/// A byte of ones for each bit that is set.
#[inline]
#[target_feature(enable = "avx2")]
fn spread(bits: u32) -> __m256i {
    // Byte i gets the bits of its eight, of which it keeps its own.
    let eights = _mm256_setr_epi64x(
        0,
        0x0101_0101_0101_0101,
        0x0202_0202_0202_0202,
        0x0303_0303_0303_0303,
    );
    let bits = _mm256_shuffle_epi8(_mm256_set1_epi32(bits as i32), eights);
    let own = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
    _mm256_cmpeq_epi8(_mm256_and_si256(bits, own), own)
}

/// A table for look-ups, in each half.
#[inline]
#[target_feature(enable = "avx2")]
fn table(bytes: &[u8; 16]) -> __m256i {
    let bytes = u128::from_le_bytes(*bytes);
    _mm256_broadcastsi128_si256(_mm_set_epi64x((bytes >> 64) as i64, bytes as i64))
}

/// The 32 bytes from `start` on.
#[inline]
#[target_feature(enable = "avx2")]
fn load<const N: usize>(bytes: &[u8; N], start: usize) -> __m256i {
    assert!(start + 32 <= N);
    // SAFETY: the 32 bytes are there; the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().add(start).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn one(chunk: &[u8; CHUNK]) -> Masks {
    let (a, b) = (half(chunk, 0), half(chunk, CHUNK / 2));
    let join = |a: u32, b: u32| u64::from(a) | u64::from(b) << 32;
    Masks {
        word: join(a.0, b.0),
        upper: join(a.1, b.1),
        high: join(a.2, b.2),
    }
}

/// The three masks of the 32 bytes from `start` on.
#[inline]
#[target_feature(enable = "avx2")]
fn half(chunk: &[u8; CHUNK], start: usize) -> (u32, u32, u32) {
    let bytes = load(chunk, start);
    let (low, high) = (table(&word::LOW), table(&word::HIGH));
    let nibble = _mm256_set1_epi8(0x0F);
    let by_low = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
    let by_high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    let no_word = _mm256_cmpeq_epi8(_mm256_and_si256(by_low, by_high), _mm256_setzero_si256());
    (
        !_mm256_movemask_epi8(no_word) as u32,
        _mm256_movemask_epi8(is_upper(bytes)) as u32,
        _mm256_movemask_epi8(bytes) as u32,
    )
}

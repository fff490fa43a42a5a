//! Classifying bytes 32 at a time, on x86-64 with AVX2.
//!
//! A byte is in a word if the class bits of its low nibble and of its high
//! nibble meet; both are table look-ups for 32 bytes at once (`pshufb`; see
//! Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019).

#![allow(unsafe_code)]

use super::{CHUNK, Masks, ROOM};
use std::arch::x86_64::*;

/// Digits: high nibble 3, low 0 to 9.
const DIGIT: i8 = 1;
/// `A` to `O` and `a` to `o`: high nibble 4 or 6, low 1 to 15.
const FIRST: i8 = 2;
/// `P` to `Z` and `_`: high nibble 5, low 0 to 10 and 15.
const UPPER: i8 = 4;
/// `p` to `z`: high nibble 7, low 0 to 10.
const LOWER: i8 = 8;

/// As [`super::classify`].
///
/// # Safety
///
/// The machine must have AVX2.
#[target_feature(enable = "avx2")]
pub unsafe fn classify(text: &[u8], masks: &mut [Masks]) {
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    let (whole, last) = masks.split_at_mut(chunks.len());
    for (chunk, masks) in chunks.iter().zip(whole) {
        *masks = one(chunk);
    }
    if let [last] = last {
        let mut chunk = [0; CHUNK];
        chunk[..rest.len()].copy_from_slice(rest);
        *last = one(&chunk);
    }
}

/// As [`super::find`].
///
/// # Safety
///
/// The machine must have AVX2.
#[target_feature(enable = "avx2")]
pub unsafe fn find(byte: u8, text: &[u8], masks: &mut [u64]) {
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    let (whole, last) = masks.split_at_mut(chunks.len());
    for (chunk, mask) in chunks.iter().zip(whole) {
        *mask = equal(chunk, byte);
    }
    if let [last] = last {
        // What is not there must be another byte.
        let mut chunk = [!byte; CHUNK];
        chunk[..rest.len()].copy_from_slice(rest);
        *last = equal(&chunk, byte);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn equal(chunk: &[u8; CHUNK], byte: u8) -> u64 {
    let byte = _mm256_set1_epi8(byte as i8);
    let half = |start| _mm256_movemask_epi8(_mm256_cmpeq_epi8(load(chunk, start), byte)) as u32;
    u64::from(half(0)) | u64::from(half(CHUNK / 2)) << 32
}

/// As [`super::compress`].
///
/// Eight bytes at a time are moved together by a look-up in [`MOVES`], which
/// has for each set of them where they go. No branch depends on the text.
///
/// # Safety
///
/// The machine must have AVX2.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
pub unsafe fn compress(chunk: &[u8; CHUNK], keep: u64, ends: u64, room: &mut [u8; ROOM]) -> usize {
    let mut text = [0; CHUNK];
    for (i, half) in text.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let ends = spread((ends >> (32 * i)) as u32);
        let newline = _mm256_set1_epi8(b'\n' as i8);
        let ended = _mm256_blendv_epi8(load(chunk, 32 * i), newline, ends);
        // SAFETY: a half has 32 bytes; the store needs no alignment.
        unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), ended) };
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

/// For each set of eight bytes, which of them comes first, second and so on.
static MOVES: [u64; 256] = {
    let mut moves = [0; 256];
    let mut set = 0;
    while set < 256 {
        let (mut from, mut to) = (0, 0);
        while from < 8 {
            if set >> from & 1 == 1 {
                moves[set] |= from << (8 * to);
                to += 1;
            }
            from += 1;
        }
        set += 1;
    }
    moves
};

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

/// The 32 bytes from `start` on.
#[inline]
#[target_feature(enable = "avx2")]
fn load(chunk: &[u8; CHUNK], start: usize) -> __m256i {
    debug_assert!(start + 32 <= CHUNK);
    // SAFETY: the 32 bytes lie within the chunk; the load needs no alignment.
    unsafe { _mm256_loadu_si256(chunk.as_ptr().add(start).cast()) }
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
    const ALL: i8 = DIGIT | FIRST | UPPER | LOWER;
    let low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        ALL & !FIRST,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        FIRST | UPPER | LOWER,
        FIRST,
        FIRST,
        FIRST,
        FIRST,
        FIRST | UPPER,
    ));
    let high = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0, 0, 0, DIGIT, FIRST, UPPER, FIRST, LOWER, 0, 0, 0, 0, 0, 0, 0, 0,
    ));
    let nibble = _mm256_set1_epi8(0x0F);
    let by_low = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
    let by_high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    let no_word = _mm256_cmpeq_epi8(_mm256_and_si256(by_low, by_high), _mm256_setzero_si256());
    // A to Z become the 26 smallest signed bytes.
    let shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8((b'A' ^ 0x80) as i8));
    let upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(i8::MIN + 26), shifted);
    (
        !_mm256_movemask_epi8(no_word) as u32,
        _mm256_movemask_epi8(upper) as u32,
        _mm256_movemask_epi8(bytes) as u32,
    )
}

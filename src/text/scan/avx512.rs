//! Classifying bytes 64 at a time, on x86-64 with AVX-512 (Intel from Ice Lake, AMD from Zen 4).
//!
//! A chunk is one register, a mask of it another one. Single instructions do what takes a dozen
//! with AVX2: `vpcompressb` (VBMI2) removes gaps, `vpshufbitqmb` (BITALG) looks the low six bits of
//! each byte up in a set, `vpermi2b` (VBMI) is a table of 128 bytes.

#![allow(unsafe_code)]

use super::changes;
use super::kernels::{self, Kernels, kernels};
use super::masks::{CHUNK, Leads, Masks, Nth, ROOM, Scope, Separators};
use super::natural::{self, Natural, Progress};
use super::refine::{Starts, WINDOW, after};
use super::unicode::Members;
use std::arch::x86_64::*;

/// A machine with these instructions.
#[derive(Clone, Copy)]
struct Avx512(());
kernels!(
    Avx512,
    "avx512bw,avx512vbmi,avx512vbmi2,avx512bitalg,bmi2,popcnt"
);

/// The bytes are stored as a whole register: `vpcompressb` to memory is slow on Zen 4.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi2,popcnt")]
fn compress(chunk: &[u8; CHUNK], keep: u64, ends: u64, room: &mut [u8; ROOM]) -> usize {
    let ended = _mm512_mask_mov_epi8(load(chunk), ends, splat(b'\n'));
    let kept = _mm512_maskz_compress_epi8(keep, ended);
    store(kept, room.first_chunk_mut().expect("room for a chunk"));
    keep.count_ones() as usize
}

/// As [`super::lower_ascii`].
///
/// # Safety
///
/// As for [`classify`].
#[target_feature(enable = "avx512bw")]
pub unsafe fn lower_ascii(text: &[u8], room: &mut [u8]) -> usize {
    let room = &mut room[..text.len()];
    let chunks = text.as_chunks::<CHUNK>().0.iter();
    let mut length = 0;
    for (chunk, room) in chunks.zip(room.as_chunks_mut().0) {
        let bytes = load(chunk);
        if _mm512_movepi8_mask(bytes) != 0 {
            break;
        }
        store(to_lower(bytes), room);
        length += CHUNK;
    }
    length
}

/// As [`super::lower`]: whether a character may change is a look-up of its first byte and one
/// of its second byte.
///
/// # Safety
///
/// As for [`classify`].
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi")]
pub unsafe fn lower(chunk: &[u8; CHUNK], room: &mut [u8; CHUNK]) -> Leads {
    static FIRST: [u8; 64] = changes::by_first();
    static SECOND: [u8; 64] = changes::by_second();
    let bytes = load(chunk);
    store(to_lower(bytes), room);
    let all = _mm512_cmpge_epu8_mask(bytes, splat(0xC0));
    if all == 0 {
        return Leads { all, change: 0 };
    }
    // The low six bits of a byte are its index.
    let first = _mm512_permutexvar_epi8(bytes, load(&FIRST));
    let second = _mm512_permutexvar_epi8(bytes, load(&SECOND));
    // The byte after the chunk is unknown, so the last byte has no second byte.
    let second = _mm512_maskz_permutexvar_epi8(u64::MAX >> 1, load(&NEXT), second);
    Leads {
        all,
        change: _mm512_mask_test_epi8_mask(all, first, second),
    }
}

/// The masks of a chunk: a table of ASCII has the classes.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi")]
fn one(chunk: &[u8; CHUNK]) -> Masks {
    static ASCII: [[u8; 64]; 2] = {
        let mut words = [[0; 64]; 2];
        let mut byte = 0u8;
        while byte < 0x80 {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                words[byte as usize / 64][byte as usize % 64] = 0x80;
            }
            byte += 1;
        }
        words
    };
    let bytes = load(chunk);
    let high = _mm512_movepi8_mask(bytes);
    // The low seven bits are the index.
    let word = _mm512_permutex2var_epi8(load(&ASCII[0]), bytes, load(&ASCII[1]));
    Masks {
        word: _mm512_movepi8_mask(_mm512_andnot_si512(bytes, word)),
        upper: is_upper(bytes),
        high,
    }
}

#[inline]
#[target_feature(enable = "avx512bw")]
fn bit<const BIT: u32>(chunk: &[u8; CHUNK]) -> u64 {
    _mm512_test_epi8_mask(load(chunk), splat(1 << BIT))
}

#[inline]
#[target_feature(enable = "bmi2")]
fn nth_bit(mask: u64, n: u32) -> u32 {
    _pdep_u64(1 << n, mask).trailing_zeros()
}

#[inline]
#[target_feature(enable = "avx512bw")]
fn equal(chunk: &[u8; CHUNK], byte: u8) -> u64 {
    _mm512_cmpeq_epi8_mask(load(chunk), splat(byte))
}

/// The bytes whose low six bits are a number in `set`.
#[inline]
#[target_feature(enable = "avx512bitalg")]
fn among(chunk: &[u8; CHUNK], set: u64) -> u64 {
    _mm512_bitshuffle_epi64_mask(_mm512_set1_epi64(set as i64), load(chunk))
}

/// As [`Kernels::members`].
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,avx512vbmi2,avx512bitalg,bmi2,popcnt")]
fn members(window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64 {
    let chunk = after::<0>(window);
    let (all, some) = (among(chunk, class.all), among(chunk, class.some));
    let mut members = starts.three & all;
    if starts.two != 0 {
        members |= starts.two & (all | some) & members_of_two(window, class);
    }
    let mut rest = starts.three & some;
    while rest != 0 {
        members |= first_members_of_three(window, rest, class);
        // Those that were looked up.
        rest &= !_pdep_u64(0xFFFF, rest);
    }
    members
}

/// Which bytes begin members of two bytes, if they begin characters of two bytes at all: these have
/// 2048 bits in the pages, a table of 256 bytes.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi")]
fn members_of_two(window: &[u8; WINDOW], class: &Members) -> u64 {
    let (lead, second) = (load(after::<0>(window)), load(after::<1>(window)));
    // The low five bits of the first byte and three of the second choose a byte, whose highest bit
    // chooses the half of the table; the last three choose a bit of it.
    let (high, low) = (_mm512_slli_epi16::<3>(lead), _mm512_srli_epi16::<3>(second));
    const CHOOSE: i32 = 0b1100_1010; // the second where the first has a bit, otherwise the third
    let index = _mm512_ternarylogic_epi32::<CHOOSE>(splat(0xF8), high, low);
    let [a, b, c, d] = class.pages_of_two().map(|eight| {
        // SAFETY: these are 64 bytes; the load needs no alignment.
        unsafe { _mm512_loadu_si512(eight.as_ptr().cast()) }
    });
    let eight = _mm512_mask_mov_epi8(
        _mm512_permutex2var_epi8(a, index, b),
        _mm512_movepi8_mask(index),
        _mm512_permutex2var_epi8(c, index, d),
    );
    let bits = _mm512_set1_epi64(0x8040_2010_0804_0201_u64 as i64);
    let bit = _mm512_shuffle_epi8(bits, _mm512_and_si512(second, splat(7)));
    _mm512_test_epi8_mask(eight, bit)
}

/// Which of the first 16 of some characters of three bytes are members.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi2,bmi2")]
fn first_members_of_three(window: &[u8; WINDOW], starts: u64, class: &Members) -> u64 {
    let close = |chunk| {
        let bytes = _mm512_maskz_compress_epi8(starts, load(chunk));
        _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bytes))
    };
    let low = |bytes, bits| _mm512_and_si512(bytes, _mm512_set1_epi32((1 << bits) - 1));
    let join = |high, byte| _mm512_or_si512(_mm512_slli_epi32::<6>(high), low(byte, 6));
    let lead = low(close(after::<0>(window)), 4);
    let code = join(
        join(lead, close(after::<1>(window))),
        close(after::<2>(window)),
    );
    // SAFETY: the codes have 16 bits, and there is a bit in the pages for each of them.
    let bits = unsafe {
        let pages = class.pages_of_16_bits().as_ptr();
        _mm512_i32gather_epi32::<4>(_mm512_srli_epi32::<5>(code), pages.cast())
    };
    let bit = _mm512_sllv_epi32(_mm512_set1_epi32(1), low(code, 5));
    let overlong = _mm512_cmplt_epi32_mask(code, _mm512_set1_epi32(0x800));
    let found = _mm512_test_epi32_mask(bits, bit) & !overlong;
    _pdep_u64(u64::from(found), starts)
}

/// `A` to `Z`.
#[inline]
#[target_feature(enable = "avx512bw")]
fn is_upper(bytes: __m512i) -> u64 {
    _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, splat(b'A')), splat(26))
}

/// The bytes, `A` to `Z` in lower case.
#[inline]
#[target_feature(enable = "avx512bw")]
fn to_lower(bytes: __m512i) -> __m512i {
    _mm512_mask_add_epi8(bytes, is_upper(bytes), bytes, splat(0x20))
}

#[inline]
#[target_feature(enable = "avx512bw")]
fn splat(byte: u8) -> __m512i {
    _mm512_set1_epi8(byte as i8)
}

/// Loads 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; CHUNK]) -> __m512i {
    // SAFETY: the 64 bytes are there; the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Stores 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn store(bytes: __m512i, room: &mut [u8; CHUNK]) {
    // SAFETY: the room has 64 bytes; the store needs no alignment.
    unsafe { _mm512_storeu_si512(room.as_mut_ptr().cast(), bytes) }
}

/// The place of the next byte, for each but the last.
static NEXT: [u8; CHUNK] = {
    let mut next = [0; CHUNK];
    let mut i = 0;
    while i < CHUNK {
        next[i] = i as u8 + 1;
        i += 1;
    }
    next
};

//! Positions of line ends, and keys and hashes of eight lines at once, by AVX-512 and AES.

#![allow(unsafe_code)]

use super::Work;
use super::avx2::{Simd, Two, big_endian, seeds};
use crate::text::count::ingest::batch::{Hashes, LANES, PIECE, POSITIONS};
use crate::text::count::store::key::{SHORT, Short};
use crate::text::scan::CHUNK;
use std::arch::is_x86_feature_detected as has;
use std::arch::x86_64::*;

/// A proof that the machine also has AVX-512, with VBMI2 and AES on whole vectors.
#[derive(Clone, Copy, Debug)]
pub struct Wide(Simd);

impl Wide {
    /// The proof, if the machine has them.
    pub fn new() -> Option<Self> {
        let basic = has!("avx512f") && has!("avx512bw") && has!("avx512vl");
        let more = has!("avx512vbmi") && has!("avx512vbmi2") && has!("vaes");
        (basic && more).then(Simd::new)?.map(Wide)
    }

    /// Does some work with these instructions.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,vaes")]
        #[target_feature(enable = "avx2,aes,bmi1,bmi2,lzcnt,popcnt")]
        fn run<W: Work>(wide: Wide, work: W) -> W::Output {
            work.run(Some(wide.0), Some(wide))
        }
        // SAFETY: the machine has them.
        unsafe { run(self, work) }
    }

    /// The positions of the bits of some masks, as one sequence of bits. Returns their number.
    /// [`LANES`] larger positions follow.
    #[inline(always)]
    pub fn positions(self, masks: &[u64], positions: &mut [u16; POSITIONS]) -> usize {
        // SAFETY: the machine has them.
        unsafe { self::positions(masks, positions) }
    }

    /// The keys of [`LANES`] lines, and their hashes. Line `i` is between `ends[i]` and
    /// `ends[i + 1]` in the text. `None` if a line is not short, or is too near to the end
    /// of the text; `keys` has then any content.
    #[inline(always)]
    pub fn short_keys(
        self,
        seed: Two,
        text: &[u8],
        ends: &[u16; LANES + 1],
        keys: &mut [Short; LANES],
    ) -> Option<Hashes> {
        // SAFETY: the machine has them.
        unsafe { short_keys(seed, text, ends, keys) }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn positions(masks: &[u64], positions: &mut [u16; POSITIONS]) -> usize {
    assert!(masks.len() * CHUNK <= PIECE);
    // SAFETY: 64 bytes; the load needs no alignment.
    let numbers = unsafe { _mm512_loadu_si512(NUMBERS.as_ptr().cast()) };
    let mut n = 0;
    for (i, &mask) in masks.iter().enumerate() {
        let found = _mm512_maskz_compress_epi8(mask, numbers);
        let first = _mm512_set1_epi16((i * CHUNK) as i16);
        let halves = [
            _mm512_castsi512_si256(found),
            _mm512_extracti64x4_epi64::<1>(found),
        ];
        // Each chunk before has at most as many positions as bytes.
        let room = &mut positions[n..n + CHUNK];
        let halves = halves.into_iter().zip(room.as_chunks_mut::<32>().0);
        // Nearly all chunks have up to 32 lines.
        for (half, room) in halves.take(1 + usize::from(mask.count_ones() > 32)) {
            let half = _mm512_add_epi16(_mm512_cvtepu8_epi16(half), first);
            // SAFETY: room for 32 numbers; the store needs no alignment.
            unsafe { _mm512_storeu_si512(room.as_mut_ptr().cast(), half) };
        }
        n += mask.count_ones() as usize;
    }
    let last = n.checked_sub(1).map_or(0, |last| positions[last]);
    for (room, more) in positions[n..n + LANES].iter_mut().zip(1..) {
        *room = last + more;
    }
    n
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,vaes")]
fn short_keys(
    seed: Two,
    text: &[u8],
    ends: &[u16; LANES + 1],
    keys: &mut [Short; LANES],
) -> Option<Hashes> {
    let load_ends = |ends: &[u16; LANES]| {
        // SAFETY: 16 bytes; the load needs no alignment.
        unsafe { _mm_loadu_si128(ends.as_ptr().cast()) }
    };
    let (before, own) = (ends.first_chunk(), ends.last_chunk());
    let before = load_ends(before.expect("eight of nine"));
    let own = load_ends(own.expect("eight of nine"));
    let lengths = _mm_sub_epi16(_mm_sub_epi16(own, before), _mm_set1_epi16(1));
    let are_long = _mm_cmpgt_epu16_mask(lengths, _mm_set1_epi16(SHORT as i16));
    // If all lines are short and no position overflows, none begins after the last one ends.
    let overflows = ends[LANES] < ends[0];
    if are_long != 0 || overflows || usize::from(ends[LANES]) + 16 > text.len() {
        return None;
    }
    let lengths = _mm512_zextsi128_si512(lengths);
    let (seed, other) = seeds(&seed);
    let (seed, other) = (_mm512_broadcast_i32x4(seed), _mm512_broadcast_i32x4(other));
    let big_endian = _mm512_broadcast_i32x4(big_endian());
    let lowest_byte = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0808_0808_0808_0808, 0));
    let line = |i: usize| {
        let start = usize::from(ends[i]) + 1;
        // SAFETY: a line begins at most where the last one ends, and 16 bytes follow there;
        // the load needs no alignment.
        unsafe { _mm_loadu_si128(text.as_ptr().add(start).cast()) }
    };
    let four = |i: usize| {
        let lines = _mm512_castsi128_si512(line(i));
        let lines = _mm512_inserti32x4::<1>(lines, line(i + 1));
        let lines = _mm512_inserti32x4::<2>(lines, line(i + 2));
        let lines = _mm512_inserti32x4::<3>(lines, line(i + 3));
        // Each byte of a lane gets the length of its line, whose lower byte is at an even place.
        let lane = _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3);
        let lane = _mm512_add_epi64(lane, _mm512_set1_epi64(i as i64));
        let lane = _mm512_shuffle_epi8(_mm512_slli_epi64::<1>(lane), lowest_byte);
        let lengths = _mm512_permutexvar_epi8(lane, lengths);
        let inside = _mm512_cmplt_epu8_mask(big_endian, lengths);
        let lines = _mm512_maskz_shuffle_epi8(inside, lines, big_endian);
        let keys = _mm512_mask_add_epi8(lines, LAST_BYTES, lengths, _mm512_set1_epi8(1));
        let mixed = _mm512_aesenc_epi128(_mm512_xor_si512(keys, seed), other);
        let mixed = _mm512_aesenc_epi128(mixed, seed);
        (keys, _mm512_aesenc_epi128(mixed, other))
    };
    let (keys_of_first, first) = four(0);
    let (keys_of_second, second) = four(4);
    let lower = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    let mixed = _mm512_permutex2var_epi64(first, lower, second);
    let mut hashes = Hashes([0; LANES]);
    // SAFETY: room for eight keys of two words and for eight hashes; the hashes are aligned,
    // and the other stores need no alignment.
    unsafe {
        _mm512_storeu_si512(keys.as_mut_ptr().cast(), keys_of_first);
        _mm512_storeu_si512(keys.as_mut_ptr().add(4).cast(), keys_of_second);
        _mm512_store_si512(hashes.0.as_mut_ptr().cast(), mixed);
    }
    Some(hashes)
}

/// The last byte of each of four keys: the lowest one of the second word.
const LAST_BYTES: u64 = 0x0100_0100_0100_0100;

/// 0 to 63.
static NUMBERS: [u8; CHUNK] = {
    let mut numbers = [0; CHUNK];
    let mut i = 0;
    while i < CHUNK {
        numbers[i] = i as u8;
        i += 1;
    }
    numbers
};

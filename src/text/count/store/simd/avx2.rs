//! Keys and hashes by AVX2, AES and BMI.

#![allow(unsafe_code)]

use super::Work;
use crate::text::count::store::bucket::WORDS;
use crate::text::count::store::key::{Inline, SHORT, STRIDE};
use std::arch::is_x86_feature_detected as has;
use std::arch::x86_64::*;

/// A proof that the machine has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Simd(());

/// The two words of a key, or of a seed.
pub(super) type Two = [u64; 2];

impl Simd {
    /// The proof, if the machine has them.
    pub fn new() -> Option<Self> {
        let vectors = has!("avx2") && has!("aes");
        let bits = has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt");
        (vectors && bits).then_some(Simd(()))
    }

    /// Does some work with these instructions.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx2,aes,bmi1,bmi2,lzcnt,popcnt")]
        fn run<W: Work>(simd: Simd, work: W) -> W::Output {
            work.run(Some(simd), None)
        }
        // SAFETY: the machine has them.
        unsafe { run(self, work) }
    }

    /// The key of the line that is the first `length` of these bytes, up to [`SHORT`].
    #[inline(always)]
    pub fn short(self, bytes: &[u8; STRIDE], length: usize) -> Two {
        // SAFETY: the machine has them.
        unsafe { short(bytes, length) }
    }

    /// The keys of a bucket that are equal to a key, a bit each.
    #[inline(always)]
    pub fn find<K: Inline>(self, words: &[u64; WORDS], key: &K) -> u32 {
        // SAFETY: the machine has them.
        unsafe {
            match K::WORDS {
                2 => find_two(words, [key.word(0), key.word(1)]),
                _ => find_three(words, [key.word(0), key.word(1), key.word(2)]),
            }
        }
    }

    /// The hash of a key of two words.
    #[inline(always)]
    pub fn two(self, seed: Two, key: Two) -> u64 {
        // SAFETY: the machine has them.
        unsafe { two(seed, key) }
    }

    /// The hash of a key of three words.
    #[inline(always)]
    pub fn three(self, seed: Two, key: [u64; 3]) -> u64 {
        // SAFETY: the machine has them.
        unsafe { three(seed, key) }
    }
}

/// For each length, the bits of a key that belong to the line, and those of its length.
static BITS: [[Two; 2]; SHORT + 1] = {
    let mut bits = [[[0; 2]; 2]; SHORT + 1];
    let mut length = 0;
    while length <= SHORT {
        let line = match length {
            0 => 0,
            _ => u128::MAX << (8 * (16 - length)),
        };
        let length_bits = length as u64 + 1;
        bits[length] = [[(line >> 64) as u64, line as u64], [0, length_bits]];
        length += 1;
    }
    bits
};

/// The number of each byte of a key in its line: two words, the highest byte first.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn big_endian() -> __m128i {
    _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8)
}

#[inline]
#[target_feature(enable = "avx2")]
fn short(bytes: &[u8; STRIDE], length: usize) -> Two {
    let [line, length] = &BITS[length];
    // SAFETY: the first 16 of 24 bytes; the load needs no alignment.
    let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    let key = _mm_and_si128(_mm_shuffle_epi8(bytes, big_endian()), load(line));
    store(_mm_or_si128(key, load(length)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn find_two(words: &[u64; WORDS], [a, b]: Two) -> u32 {
    // The three first words and another one, and the three second ones after another one.
    let first = _mm256_cmpeq_epi64(_mm256_set1_epi64x(a as i64), load_four(words, 0));
    let second = _mm256_cmpeq_epi64(_mm256_set1_epi64x(b as i64), load_four(words, 2));
    let mask = |equal| _mm256_movemask_pd(_mm256_castsi256_pd(equal)) as u32;
    mask(first) & mask(second) >> 1
}

#[inline]
#[target_feature(enable = "avx2")]
fn find_three(words: &[u64; WORDS], [a, b, c]: [u64; 3]) -> u32 {
    let [first, second, third] = words.as_chunks::<2>().0 else {
        unreachable!("six words");
    };
    let equal = |word, words| _mm_cmpeq_epi64(_mm_set1_epi64x(word as i64), load(words));
    let equal = _mm_and_si128(
        _mm_and_si128(equal(a, first), equal(b, second)),
        equal(c, third),
    );
    _mm_movemask_pd(_mm_castsi128_pd(equal)) as u32
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_four(words: &[u64; WORDS], start: usize) -> __m256i {
    assert!(start + 4 <= WORDS);
    // SAFETY: the four words are there; the load needs no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().add(start).cast()) }
}

// A round of AES mixes four bytes. After two rounds, each bit depends on all bytes, but keys
// that differ in four certain bytes have only 256 different upper halves. A third round mixes
// these, too.
#[inline]
#[target_feature(enable = "aes")]
fn two(seed: Two, key: Two) -> u64 {
    let (seed, other) = seeds(&seed);
    let mixed = _mm_aesenc_si128(_mm_xor_si128(load(&key), seed), other);
    let mixed = _mm_aesenc_si128(_mm_aesenc_si128(mixed, seed), other);
    _mm_cvtsi128_si64(mixed) as u64
}

#[inline]
#[target_feature(enable = "aes")]
fn three(seed: Two, [a, b, c]: [u64; 3]) -> u64 {
    let (seed, other) = seeds(&seed);
    let mixed = _mm_aesenc_si128(_mm_xor_si128(load(&[a, b]), seed), other);
    // After a single round, a change of the last word could undo that of one byte, with any seed.
    let mixed = _mm_aesenc_si128(mixed, seed);
    let mixed = _mm_xor_si128(mixed, _mm_cvtsi64_si128(c as i64));
    let mixed = _mm_aesenc_si128(_mm_aesenc_si128(mixed, other), seed);
    _mm_cvtsi128_si64(_mm_aesenc_si128(mixed, other)) as u64
}

/// A seed, and another one: the same with its words exchanged.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn seeds(seed: &Two) -> (__m128i, __m128i) {
    (load(seed), load(&[seed[1], seed[0]]))
}

#[inline]
#[target_feature(enable = "sse2")]
fn load(words: &Two) -> __m128i {
    // SAFETY: 16 bytes; the load needs no alignment.
    unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn store(vector: __m128i) -> Two {
    let mut words = [0; 2];
    // SAFETY: room for 16 bytes; the store needs no alignment.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), vector) };
    words
}

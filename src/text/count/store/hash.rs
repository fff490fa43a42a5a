//! The hash of a key, with a random seed.
//!
//! A hash takes one multiplication to 128 bits for each 16 bytes, and one more. The halves of
//! each product are folded together, as wyhash and foldhash do. Where the machine has
//! instructions for AES, keys of two and three words go through three and five rounds of it
//! instead. Without the seed, an attacker cannot construct keys that collide. Keys are always
//! compared in full, so a collision costs time but never changes the output.
//!
//! Why not the crate `foldhash`: in the table of commit 5a88c62, the rows `table` of
//! `benches/kernels.rs` took 0.476 s of CPU time per run with its fast variant, and 0.417 s with
//! these multiplications; AES takes less than both.

use super::simd::Simd;
use crate::common::random;

/// A number of mixed bits: the fraction of the golden ratio.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// The seed of a count's hashes.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    words: [u64; 2],
    /// How keys of two and three words are hashed.
    pub simd: Option<Simd>,
}

impl Seed {
    /// A random seed.
    pub fn random() -> Self {
        Seed {
            words: [random::number(), random::number()],
            simd: Simd::new(),
        }
    }

    /// The same seed. If it is called where `simd` is a constant, so is what the hash depends on.
    #[inline(always)]
    pub fn by(self, simd: Option<Simd>) -> Self {
        Seed { simd, ..self }
    }

    /// The seed itself.
    #[inline(always)]
    pub fn words(self) -> [u64; 2] {
        self.words
    }

    /// The hash of a key of two words.
    #[inline(always)]
    pub fn two(self, key: [u64; 2]) -> u64 {
        if let Some(simd) = self.simd {
            return simd.two(self.words, key);
        }
        let ([s, t], [a, b]) = (self.words, key);
        self.spread(fold(a ^ s, b ^ t))
    }

    /// The hash of a key of three words.
    #[inline(always)]
    pub fn three(self, key: [u64; 3]) -> u64 {
        if let Some(simd) = self.simd {
            return simd.three(self.words, key);
        }
        let ([s, t], [a, b, c]) = (self.words, key);
        self.spread(fold(fold(a ^ s, b ^ t) ^ c, s))
    }

    /// The hash of a key of at least 16 bytes.
    pub fn bytes(self, key: &[u8]) -> u64 {
        let (pairs, _) = key.as_chunks::<16>();
        // The last 16 bytes may overlap with others.
        let last = key.last_chunk::<16>();
        let [s, t] = self.words;
        let hash = pairs.iter().chain(last).fold(s, |hash, pair| {
            let (a, b) = halves(pair);
            fold(a ^ hash, b ^ t)
        });
        self.spread(hash ^ key.len() as u64)
    }

    /// A second product. After a single one, consecutive keys, such as numbers, are at
    /// equal distances: with some seeds nearly all are in a few places.
    #[inline(always)]
    fn spread(self, hash: u64) -> u64 {
        fold(hash ^ self.words[1], MIX)
    }
}

/// Two words of 16 bytes.
fn halves(pair: &[u8; 16]) -> (u64, u64) {
    let pair = u128::from_le_bytes(*pair);
    (pair as u64, (pair >> 64) as u64)
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// A random seed for each way of hashing that this machine has.
    fn seeds() -> impl Iterator<Item = Seed> {
        let seed = Seed::random();
        let simd = seed.simd.is_some().then_some(seed);
        simd.into_iter().chain([seed.by(None)])
    }

    /// The number of different places of 10,000 hashes in a table of 65,536.
    fn places(hash: impl Fn(u64) -> u64) -> usize {
        let places: HashSet<u64> = (0..10_000).map(|i| hash(i) >> 48).collect();
        places.len()
    }

    /// 10,000 balls in 65,536 bins hit about 9,275 of them, give or take 25. Keys that differ in
    /// one or two bytes may hit more.
    const FEWEST: usize = 9_100;

    #[test]
    fn the_bits_that_tables_use_differ_where_keys_do() {
        // Keys that differ in few bits: each of the upper 16 bits must split them.
        for hash in [
            |seed: Seed, i: u64| seed.two([i, 9]),
            |seed: Seed, i: u64| seed.two([i.swap_bytes(), 9]),
            |seed: Seed, i: u64| seed.three([7, i, 17]),
            |seed: Seed, i: u64| seed.three([7, 7, i << 8]),
            |seed: Seed, i: u64| seed.bytes(format!("{i:040}").as_bytes()),
        ] {
            for seed in (0..100).flat_map(|_| seeds()) {
                let places = places(|i| hash(seed, i));
                assert!(places >= FEWEST, "{places}");
            }
        }
    }

    #[test]
    fn keys_that_differ_in_any_four_bytes_are_spread() {
        let mut random = crate::common::random::number();
        let mut next = || {
            random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            (random >> 33) as usize
        };
        // The bytes that one round of AES mixes, and then others.
        let diagonals = (0..4).map(|i| [0, 5, 10, 15].map(|byte| (byte + 4 * i) % 16));
        let others: Vec<_> = (0..200).map(|_| [next(), next(), next(), next()]).collect();
        for bytes in diagonals.chain(others) {
            for seed in seeds() {
                let key = |i: u64| {
                    let mut key = [9; 24];
                    let i = (i as u32).wrapping_mul(0x9E37_79B1).to_le_bytes();
                    bytes
                        .iter()
                        .zip(i)
                        .for_each(|(byte, i)| key[byte % 24] ^= i);
                    let (words, _) = key.as_chunks::<8>();
                    [0, 1, 2].map(|word| u64::from_le_bytes(words[word]))
                };
                let differ = |bytes: usize| {
                    (0..10_000)
                        .map(|i| key(i)[..bytes / 8].to_vec())
                        .collect::<HashSet<_>>()
                        .len()
                };
                if differ(24) == 10_000 {
                    let places = places(|i| seed.three(key(i)));
                    assert!(places >= FEWEST, "{places}: {bytes:?}");
                }
                if differ(16) == 10_000 {
                    let places = places(|i| seed.two([key(i)[0], key(i)[1]]));
                    assert!(places >= FEWEST, "{places}: {bytes:?}");
                }
            }
        }
    }

    #[test]
    fn the_last_word_undoes_no_other() {
        // A round of AES makes this of one byte, whatever the seed.
        let column = |v: u8| {
            let twice = v << 1 ^ if v & 0x80 == 0 { 0 } else { 0x1B };
            u64::from(u32::from_le_bytes([twice, v, v, twice ^ v]))
        };
        for seed in seeds() {
            for byte in 0..8 {
                for shift in [0, 32] {
                    let keys = (0..0x1_0000_u64).map(|i| (i & 0xFF, (i >> 8) as u8));
                    let places = keys
                        .map(|(p, v)| seed.three([p << (8 * byte), 7, column(v) << shift]) >> 44);
                    let places: HashSet<u64> = places.collect();
                    // 65,536 balls in 1,048,576 bins hit about 63,500.
                    assert!(places.len() > 63_000, "{}", places.len());
                }
            }
        }
    }

    #[test]
    fn keys_that_collide_with_one_seed_do_not_with_another() {
        let (words, simd) = ([1, 2], Simd::new());
        let known = Seed { words, simd };
        let crafted: Vec<u64> = (0..1 << 20)
            .filter(|&i| known.two([i, 9]) >> 54 == 0)
            .collect();
        assert!(crafted.len() > 900);
        let seed = Seed::random();
        let places: HashSet<u64> = crafted.iter().map(|&i| seed.two([i, 9]) >> 48).collect();
        assert!(places.len() > crafted.len() * 9 / 10);
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(Seed::random().two([1, 1]), Seed::random().two([1, 1]));
    }
}

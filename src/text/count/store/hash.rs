//! The hash of a key, with a random seed.
//!
//! One multiplication to 128 bits for each 16 bytes and one more. The halves of
//! each product are folded together, as wyhash and foldhash do. Without the
//! seed, an attacker cannot construct keys that collide. Keys are always
//! compared in full, so a collision costs time but never changes the output.
//!
//! Why not the crate `foldhash`: with its fast variant, the rows `table` of `benches/kernels.rs`
//! took 0.476 s of CPU time per run, and with this hash 0.417 s.

use crate::common::random;

/// A number of mixed bits: the fraction of the golden ratio.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// The seed of a count's hashes.
#[derive(Clone, Copy, Debug)]
pub struct Seed(u64, u64);

impl Seed {
    /// A random seed.
    pub fn random() -> Self {
        Seed(random::number(), random::number())
    }

    /// The hash of a key of two words.
    #[inline(always)]
    pub fn two(self, [a, b]: [u64; 2]) -> u64 {
        self.spread(fold(a ^ self.0, b ^ self.1))
    }

    /// The hash of a key of three words.
    #[inline(always)]
    pub fn three(self, [a, b, c]: [u64; 3]) -> u64 {
        self.spread(fold(fold(a ^ self.0, b ^ self.1) ^ c, self.0))
    }

    /// The hash of a key of at least 16 bytes.
    pub fn bytes(self, key: &[u8]) -> u64 {
        let (pairs, _) = key.as_chunks::<16>();
        // The last 16 bytes may overlap with others.
        let last = key.last_chunk::<16>();
        let hash = pairs.iter().chain(last).fold(self.0, |hash, pair| {
            let (a, b) = halves(pair);
            fold(a ^ hash, b ^ self.1)
        });
        self.spread(hash ^ key.len() as u64)
    }

    /// A second product. After a single one, consecutive keys, such as numbers, are at
    /// equal distances: with some seeds nearly all are in a few places.
    #[inline(always)]
    fn spread(self, hash: u64) -> u64 {
        fold(hash ^ self.1, MIX)
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
            for _ in 0..100 {
                let seed = Seed::random();
                let upper: HashSet<u64> = (0..10_000).map(|i| hash(seed, i) >> 48).collect();
                // 10,000 balls in 65,536 bins hit about 9,275 of them, give or take 25.
                assert!((9_100..9_450).contains(&upper.len()), "{}", upper.len());
            }
        }
    }

    #[test]
    fn keys_that_collide_with_one_seed_do_not_with_another() {
        let known = Seed(1, 2);
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

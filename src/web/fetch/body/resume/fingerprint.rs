//! What a body was so far, in a few bytes, so that it is known again when its
//! server gives it once more.
//!
//! It is XXH3 of 128 bits, 21 ms for a gibibyte where SHA-256 takes 680 (one
//! core of an AMD EPYC, instructions for SHA included). That is no
//! cryptographic hash, and need not be: it tells a body from another version of
//! it, not from a forgery. Who gives both bodies can give whatever it likes, and
//! gains nothing if two of them are taken for one. Two that differ by accident are
//! taken for one in 1 of 2^128 cases; the seed is drawn at random, so that there
//! are no two texts for which that happens each time.

use std::hash::{BuildHasher, RandomState};
use twox_hash::XxHash3_128;

/// The fingerprint of the bytes so far.
#[derive(Clone)]
pub(super) struct Fingerprint {
    seed: u64,
    hash: XxHash3_128,
}

impl Fingerprint {
    /// Of nothing, with a seed of its own.
    pub(super) fn new() -> Fingerprint {
        Fingerprint::seeded(RandomState::new().hash_one(()))
    }

    /// Of nothing, to be compared with this one.
    pub(super) fn of_nothing(&self) -> Fingerprint {
        Fingerprint::seeded(self.seed)
    }

    fn seeded(seed: u64) -> Fingerprint {
        let hash = XxHash3_128::with_seed(seed);
        Fingerprint { seed, hash }
    }

    /// These bytes come next.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hash.write(bytes);
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Fingerprint) -> bool {
        self.seed == other.seed && self.hash.finish_128() == other.hash.finish_128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_same_bytes_in_other_pieces(text: Vec<u8>, piece in 1..50usize, at in any::<prop::sample::Index>()) {
            let mut whole = Fingerprint::new();
            whole.update(&text);
            let mut again = whole.of_nothing();
            text.chunks(piece).for_each(|piece| again.update(piece));
            prop_assert!(whole == again);
            if !text.is_empty() {
                let mut other = text.clone();
                other[at.index(text.len())] ^= 1;
                let mut changed = whole.of_nothing();
                changed.update(&other);
                prop_assert!(changed != whole);
            }
        }
    }
}

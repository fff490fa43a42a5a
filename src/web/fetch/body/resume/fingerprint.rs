//! A hash of the received part of a body, to recognize it when the server sends the whole body
//! again.
//!
//! The hash is XXH3 with 128 bits: 21 ms for a gibibyte, SHA-256 takes 680 ms (one core of an
//! AMD EPYC with SHA instructions). It is not cryptographic: it distinguishes versions of a
//! body, not forgeries. The same server sends both bodies, and gains nothing by a collision. Two
//! bodies that differ by accident have the same hash in 1 of 2^128 cases. The seed is random,
//! so that no pair of bodies always collides.

use crate::common::random;
use twox_hash::XxHash3_128;

/// The hash of the bytes so far.
#[derive(Clone)]
pub(crate) struct Fingerprint {
    seed: u64,
    hash: XxHash3_128,
}

impl Fingerprint {
    /// The hash of no bytes, with a new seed.
    pub(crate) fn new() -> Fingerprint {
        Fingerprint::seeded(random::number())
    }

    /// The hash of no bytes, with the seed of this one.
    pub(crate) fn restart(&self) -> Fingerprint {
        Fingerprint::seeded(self.seed)
    }

    fn seeded(seed: u64) -> Fingerprint {
        let hash = XxHash3_128::with_seed(seed);
        Fingerprint { seed, hash }
    }

    /// Adds the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
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
            let mut again = whole.restart();
            text.chunks(piece).for_each(|piece| again.update(piece));
            prop_assert!(whole == again);
            if !text.is_empty() {
                let mut other = text.clone();
                other[at.index(text.len())] ^= 1;
                let mut changed = whole.restart();
                changed.update(&other);
                prop_assert!(changed != whole);
            }
        }
    }
}

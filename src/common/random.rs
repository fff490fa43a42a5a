//! Random numbers: seeds, names of files, waits. They are not for secrets.

use std::hash::{BuildHasher, RandomState};

/// A number that other processes cannot predict, from the system's random source.
pub(crate) fn number() -> u64 {
    RandomState::new().hash_one(())
}

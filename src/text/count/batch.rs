//! A batch of keys: those that are hashed and not yet looked up.

use super::key::{Middle, Short};

/// How many keys are hashed before the first is looked up.
const BATCH: usize = 32;

/// Keys that are hashed and not yet looked up.
#[derive(Default)]
pub struct Batch {
    /// Those of short lines.
    pub short: Pending<Short>,
    /// Those of middle lines.
    pub middle: Pending<Middle>,
}

/// Keys of one class, each behind its hash.
#[derive(Default)]
pub struct Pending<K> {
    keys: [(u64, K); BATCH],
    len: usize,
}

impl<K> Pending<K> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a key; true if the batch is now full.
    #[inline(always)]
    pub fn push(&mut self, hash: u64, key: K) -> bool {
        self.keys[self.len] = (hash, key);
        self.len += 1;
        self.len == BATCH
    }

    /// The keys; the batch is then empty.
    #[inline(always)]
    pub fn take(&mut self) -> &[(u64, K)] {
        let len = std::mem::take(&mut self.len);
        &self.keys[..len]
    }
}

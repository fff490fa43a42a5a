//! A batch of keys that are hashed and not yet looked up.

use crate::text::count::store::key::{Middle, Short};

/// The number of keys that are hashed before the first is looked up.
const BATCH: usize = 32;

/// Keys that are hashed and not yet looked up.
#[derive(Default)]
pub struct Batch {
    /// Those of short lines.
    pub short: Pending<Short>,
    /// Those of middle lines.
    pub middle: Pending<Middle>,
}

/// Keys of one class, each after its hash.
#[derive(Default)]
pub struct Pending<K> {
    keys: [(u64, K); BATCH],
    len: usize,
}

impl<K> Pending<K> {
    /// The number of keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a key. Returns true if the batch is now full.
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

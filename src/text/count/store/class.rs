//! The keys of one class: a table of recent ones, and the ranges of those that have left it.

use super::buckets::Buckets;
use super::hash::Seed;
use super::key::{Inline, Key, STRIDE};
use super::ranges::{Ranges, Splitters};
use super::simd::Simd;
use super::slot::{Overflow, Slot};
use super::table::Table;
use crate::common::error::Error;
use crate::text::count::sizes::Sizes;

/// How many keys a table may have before they are flushed: as many as fit into some bytes.
///
/// If most lines are new, a small table is as good as a large one, and stays in
/// the cache. If lines repeat, the table counts them, and may grow.
#[derive(Debug)]
pub struct Quota {
    keys: usize,
    most: usize,
    /// The number of look-ups since the table was last empty.
    looked_up: usize,
    /// The same number when the table was last full.
    before: usize,
}

impl Quota {
    fn new(keys: usize) -> Self {
        Quota {
            keys,
            most: keys,
            looked_up: 0,
            before: 0,
        }
    }

    /// Whether a table of `len` keys must be flushed before `n` more look-ups.
    #[inline(always)]
    pub fn is_spent(&mut self, len: usize, n: usize) -> bool {
        let spent = len + n > self.keys;
        if spent && self.looked_up >= 4 * len && self.keys < self.most {
            self.keys *= 2;
            self.looked_up += n;
            return false;
        }
        match spent {
            true => (self.before, self.looked_up) = (self.looked_up, n),
            false => self.looked_up += n,
        }
        spent
    }

    /// Whether nearly all look-ups of the last full table found a new key; it had `len`.
    fn found_new(&self, len: usize) -> bool {
        len > 0 && self.before / 17 * 16 <= len
    }
}

/// The keys of one class.
#[derive(Debug)]
pub struct Class<K: Key> {
    /// The seed of all hashes.
    seed: Seed,
    table: Table<K>,
    quota: Quota,
    flushed: Option<Ranges<K>>,
    /// As many times as a table could be filled, keys bypass it and go to their ranges. Otherwise
    /// most of its work would be in vain. Then the table shows again whether lines repeat.
    bypasses: usize,
    /// The number of keys that have bypassed the table since that began or was last counted.
    bypassed: usize,
}

/// How often the table is bypassed.
const BYPASSES: usize = 15;

impl<K: Inline> Class<K> {
    /// No keys.
    pub fn new(seed: Seed, sizes: &Sizes) -> Self {
        Class {
            seed,
            table: Table::new(),
            quota: Quota::new(Buckets::<K>::keys_in(sizes.first_table)),
            flushed: None,
            bypasses: 0,
            bypassed: 0,
        }
    }

    /// Lets the table grow to a size in bytes, if lines repeat.
    pub fn allow(&mut self, size: usize, sizes: &Sizes) {
        let most = size.clamp(sizes.first_table, sizes.table_of_repeated);
        self.quota.most = Buckets::<K>::keys_in(most);
        self.quota.keys = Buckets::<K>::keys_in(most.min(sizes.table_of_new));
    }

    /// Whether the table must be flushed before `n` more look-ups.
    #[inline(always)]
    pub fn is_spent(&mut self, n: usize) -> bool {
        let len = match self.bypasses {
            0 => self.table.len(),
            _ => self.bypassed,
        };
        self.quota.is_spent(len, n)
    }

    /// Whether keys bypass the table.
    #[inline(always)]
    pub fn is_bypassed(&self) -> bool {
        self.bypasses > 0
    }

    /// Moves a key and its count to its range.
    #[inline(always)]
    pub fn bypass(&mut self, splitters: &Splitters, key: K, count: u64) {
        if let Some(flushed) = &mut self.flushed {
            flushed.push(splitters, Slot { key, count });
            self.bypassed += 1;
        }
    }

    /// Prefetches the slot of a hash.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        self.table.prefetch(hash);
    }

    /// Adds to the count of a key. Returns false if the sum does not fit in 64 bits.
    #[inline(always)]
    pub fn add(&mut self, simd: Option<Simd>, hash: u64, key: &K, count: u64) -> bool {
        self.table.add_key(&self.seed, simd, hash, key, count)
    }

    /// The starts of the keys in the table.
    pub fn sample(&self) -> impl Iterator<Item = u64> {
        self.table.iter().map(|slot| slot.key.start())
    }

    /// Whether there are no keys at all.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty() && self.flushed.as_ref().is_none_or(|out| out.size() == 0)
    }

    /// Whether keys have left the table.
    pub fn has_flushed(&self) -> bool {
        self.flushed.is_some()
    }

    /// Moves the keys from the table to their ranges.
    pub fn flush(&mut self, splitters: &Splitters, sizes: &Sizes) -> Result<(), Error> {
        let flushed = self
            .flushed
            .get_or_insert_with(|| Ranges::new(splitters, sizes));
        let found_new = self.quota.found_new(self.table.len());
        self.table.drain(|slot| flushed.push(splitters, slot));
        self.bypassed = 0;
        self.bypasses = match self.bypasses {
            0 if found_new => BYPASSES,
            more => more.saturating_sub(1),
        };
        flushed.compact().map_err(too_large)
    }

    /// Takes all keys, by ranges.
    pub fn take(&mut self, splitters: &Splitters, sizes: &Sizes) -> Result<Ranges<K>, Error> {
        self.flush(splitters, sizes)?;
        self.bypasses = 0;
        Ok(self.flushed.take().expect("flushed just now"))
    }

    /// Merges equal keys in the ranges, if that halves them.
    pub fn merge_equal(&mut self) -> Result<(), Error> {
        let Some(flushed) = &mut self.flushed else {
            return Ok(());
        };
        match flushed.repeats(1, 2).map_err(too_large)? {
            true => flushed.merge_all().map_err(too_large),
            false => Ok(()),
        }
    }

    /// The memory that it takes to flush everything, in bytes: during a flush, as
    /// during growth, the slots of a table exist twice.
    pub fn size(&self) -> usize {
        2 * self.table.size() + self.flushed.as_ref().map_or(0, Ranges::size)
    }
}

/// The error for a key whose counts overflow.
pub fn too_large<K: Inline>(Overflow(key): Overflow<K>) -> Error {
    let line = key.line(&mut [0; STRIDE]).to_vec();
    Error::TooLarge { line }
}

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
/// the cache. If lines repeat, the table counts them, and may grow. It also grows while the share
/// of new lines falls fast, since then a larger table may soon have all of them.
#[derive(Debug)]
pub struct Quota {
    /// The keys at which the quota is checked next: half of `size`, or `size`.
    keys: usize,
    /// The keys at which the table is flushed, unless it may grow.
    size: usize,
    /// The size of an empty table.
    first: usize,
    /// The largest size.
    most: usize,
    /// The number of look-ups since the table was last empty.
    looked_up: usize,
    /// The share of look-ups that found a new key when the table had half of its size.
    new_at_half: f64,
}

/// A table grows if the share of new keys has fallen by this since it had half of its size. With keys
/// that are equally frequent it has by then a fifth of them or more. The share of new words of a
/// large vocabulary falls more slowly.
const FALL: f64 = 0.05;

impl Quota {
    fn new(keys: usize) -> Self {
        let mut quota = Quota {
            keys: 0,
            size: 0,
            first: keys,
            most: keys,
            looked_up: 0,
            new_at_half: 1.0,
        };
        quota.restart(0);
        quota
    }

    /// Starts with an empty table, before `n` look-ups.
    fn restart(&mut self, n: usize) {
        self.size = self.first;
        self.keys = self.size / 2;
        self.looked_up = n;
        self.new_at_half = 1.0;
    }

    /// Lets an empty table have `first` keys, and one that grows `most`.
    fn allow(&mut self, first: usize, most: usize) {
        if (self.first, self.most) != (first, most) {
            (self.first, self.most) = (first, most);
            self.size = self.size.clamp(first, most);
            self.keys = self.size / 2;
        }
    }

    /// Whether a table of `len` keys must be flushed before `n` more look-ups. If not, they count.
    #[inline(always)]
    pub fn is_spent(&mut self, len: usize, n: usize) -> bool {
        if len + n > self.keys && !self.grows(len, n) {
            return true;
        }
        self.looked_up += n;
        false
    }

    /// Whether there is a larger quota, of at least `n` more keys.
    #[cold]
    fn grows(&mut self, len: usize, n: usize) -> bool {
        let new = len as f64 / self.looked_up.max(1) as f64;
        let repeats = new <= 0.25 || self.new_at_half - new >= FALL;
        if self.keys == self.size && repeats && self.size < self.most {
            self.size = self.most.min(2 * self.size);
        }
        let grows = self.keys < self.size;
        (self.keys, self.new_at_half) = (self.size, new);
        grows && len + n <= self.keys
    }

    /// Whether nearly all look-ups since the table was empty found a new key; it has `len`.
    fn found_new(&self, len: usize) -> bool {
        len > 0 && self.looked_up / 17 * 16 <= len
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
    /// Where the keys go.
    mode: Mode,
    /// The number of keys that have bypassed the table since the last flush.
    bypassed: usize,
    /// The sizes of the ranges at the last flush.
    lengths: Vec<usize>,
}

/// Where keys go. A table saves nothing if nearly all keys are new.
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// To the table, at least until it has been flushed this many times.
    Table(usize),
    /// To the ranges, until as many keys as fill the table have gone there this many times.
    Bypass(usize),
}

/// How often the table is bypassed before it is used again, and how often it is used after a bypass
/// that ended early.
const TIMES: usize = 15;

/// The bypass ends if a range got one of this many keys, four times its share: they may be one line,
/// which the table would count.
const SKEWED: usize = 128;

impl<K: Inline> Class<K> {
    /// No keys.
    pub fn new(seed: Seed, sizes: &Sizes) -> Self {
        Class {
            seed,
            table: Table::new(),
            quota: Quota::new(Buckets::<K>::keys_in(sizes.first_table)),
            flushed: None,
            mode: Mode::Table(0),
            bypassed: 0,
            lengths: Vec::new(),
        }
    }

    /// Lets the table grow to a size in bytes, if lines repeat.
    pub fn allow(&mut self, size: usize, sizes: &Sizes) {
        let most = size.clamp(sizes.first_table, sizes.table_of_repeated);
        let keys_in = Buckets::<K>::keys_in;
        let first = most.min(sizes.table_of_new);
        self.quota.allow(keys_in(first), keys_in(most));
    }

    /// Whether the table must be flushed before `n` more look-ups.
    #[inline(always)]
    pub fn is_spent(&mut self, n: usize) -> bool {
        let len = match self.mode {
            Mode::Table(_) => self.table.len(),
            Mode::Bypass(_) => self.bypassed,
        };
        self.quota.is_spent(len, n)
    }

    /// Whether keys bypass the table.
    #[inline(always)]
    pub fn is_bypassed(&self) -> bool {
        matches!(self.mode, Mode::Bypass(_))
    }

    /// Moves a key and its count to its range.
    #[inline(always)]
    pub fn bypass(&mut self, splitters: &Splitters, key: K, count: u64) {
        let flushed = self.flushed.as_mut();
        let flushed = flushed.expect("the table was flushed before it is bypassed");
        flushed.push(splitters, Slot { key, count });
        self.bypassed += 1;
    }

    /// Prefetches the place of a hash.
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

    /// Moves the keys from the table to their ranges, before `n` look-ups.
    pub fn flush(&mut self, splitters: &Splitters, sizes: &Sizes, n: usize) -> Result<(), Error> {
        let flushed = self
            .flushed
            .get_or_insert_with(|| Ranges::new(splitters, sizes));
        let found_new = self.quota.found_new(self.table.len());
        let most = self.bypassed / SKEWED;
        self.mode = match self.mode {
            Mode::Table(0) if found_new => Mode::Bypass(TIMES),
            Mode::Table(more) => Mode::Table(more.saturating_sub(1)),
            Mode::Bypass(_) if flushed.grew_by(&self.lengths, most) => Mode::Table(TIMES),
            Mode::Bypass(1) => Mode::Table(0),
            Mode::Bypass(more) => Mode::Bypass(more - 1),
        };
        self.table.drain(|slot| flushed.push(splitters, slot));
        let compacted = flushed.compact().map_err(too_large);
        flushed.lengths(&mut self.lengths);
        self.bypassed = 0;
        self.quota.restart(n);
        compacted
    }

    /// Takes all keys, by ranges.
    pub fn take(&mut self, splitters: &Splitters, sizes: &Sizes) -> Result<Ranges<K>, Error> {
        self.flush(splitters, sizes, 0)?;
        self.mode = Mode::Table(0);
        self.lengths.clear();
        Ok(self.flushed.take().expect("flushed just now"))
    }

    /// A copy of the keys in the table, by ranges.
    pub fn copy(&self, splitters: &Splitters, sizes: &Sizes) -> Ranges<K> {
        let mut ranges = Ranges::new(splitters, sizes);
        let keys = self.table.iter();
        keys.for_each(|slot| ranges.push(splitters, slot));
        ranges
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The number of keys at which a table of at most 64,000 is flushed, or None if it has all of
    /// them after a million look-ups. The quota of an empty table is 1,000.
    fn flushed_at(mut next: impl FnMut(f64) -> u64) -> Option<usize> {
        let mut quota = Quota::new(100);
        quota.allow(1_000, 64_000);
        let (mut table, mut random) = (HashSet::new(), 1u64);
        for _ in 0..1_000_000 {
            if quota.is_spent(table.len(), 1) {
                return Some(table.len());
            }
            random = random.wrapping_mul(6_364_136_223_846_793_005);
            random = random.wrapping_add(1_442_695_040_888_963_407);
            table.insert(next((random >> 11) as f64 / (1u64 << 53) as f64));
        }
        None
    }

    #[test]
    fn a_table_grows_for_keys_that_repeat() {
        let equally = |keys: f64| move |x: f64| (x * keys) as u64;
        for keys in [500.0, 1_500.0, 3_000.0] {
            assert_eq!(flushed_at(equally(keys)), None, "{keys}");
        }
        assert_eq!(flushed_at(equally(30_000.0)), Some(1_000));
        assert_eq!(flushed_at(equally(1e15)), Some(1_000));
        // Words: the frequency of a word is the inverse of its rank.
        assert_eq!(flushed_at(|x| 10_000f64.powf(x) as u64), None);
        assert_eq!(flushed_at(|x| 1e12f64.powf(x) as u64), Some(1_000));
    }
}

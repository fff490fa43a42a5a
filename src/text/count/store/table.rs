//! The hash table: lines that were counted recently.
//!
//! Nearly all counts fit in 32 bits. Their lower halves are in [`Buckets`], and the upper halves of
//! larger counts are in other ones.
//!
//! Why not `hashbrown`: in the rows `table` of `benches/kernels.rs`, which do the same work, this table
//! took 0.27 s, and `hashbrown` 0.52 s with the portable hash of this one. It looks up keys one by one;
//! this table can prefetch the places of many.

use super::buckets::Buckets;
use super::hash::Seed;
use super::key::{Inline, Key};
use super::simd::Simd;
use super::slot::Slot;

/// A hash table of keys and their counts.
#[derive(Debug, Default)]
pub struct Table<K: Key> {
    /// All keys, and the lower halves of their counts.
    low: Buckets<K>,
    /// The keys of large counts, and the upper halves.
    high: Option<Box<Buckets<K>>>,
}

impl<K: Key> Table<K> {
    /// An empty table.
    pub fn new() -> Self {
        Table::default()
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.low.used()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size of the table in bytes.
    pub fn size(&self) -> usize {
        self.low.size() + self.high.as_ref().map_or(0, |high| high.size())
    }

    /// Whether the next new key makes the table grow to twice its size.
    pub fn is_full(&self) -> bool {
        self.low.is_full()
    }

    /// Prefetches the place where the search for a hash begins.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        self.low.prefetch(hash);
    }

    /// Adds to the count of a key that is a line. Returns false if the sum does not fit in 64 bits;
    /// nothing has changed then.
    #[inline(always)]
    pub fn add_key(
        &mut self,
        seed: &Seed,
        simd: Option<Simd>,
        hash: u64,
        key: &K,
        count: u64,
    ) -> bool
    where
        K: Inline,
    {
        if let Some(low) = self.low.count_at_home(hash, key, simd)
            && let Ok(count) = u32::try_from(count)
            && let Some(sum) = low.checked_add(count)
        {
            *low = sum;
            return true;
        }
        self.add_elsewhere(seed, hash, key, count)
    }

    /// The same, if the key is not in its bucket, or its count is large.
    #[inline(never)]
    fn add_elsewhere(&mut self, seed: &Seed, hash: u64, key: &K, count: u64) -> bool
    where
        K: Inline,
    {
        let rehash = |known: &K| known.hash(*seed);
        self.add(hash, count, |known| known == key, || *key, rehash)
    }

    /// Adds to the count of a key: of the one that satisfies `is`, or of a new one that `make`
    /// returns. Returns false if the sum does not fit in 64 bits; the count has not changed
    /// then. `rehash` returns the hash of a key.
    pub fn add(
        &mut self,
        hash: u64,
        count: u64,
        is: impl Fn(&K) -> bool,
        make: impl FnOnce() -> K,
        rehash: impl Fn(&K) -> u64,
    ) -> bool {
        let (key, low) = self.low.entry(hash, is, make, &rehash);
        let sum = u64::from(*low) + (count & u64::from(u32::MAX));
        let carry = (count >> 32) + (sum >> 32);
        if carry > 0 {
            let high = self.high.get_or_insert_default();
            let (_, high) = high.entry(hash, |known| *known == key, || key, &rehash);
            let Ok(sum) = u32::try_from(u64::from(*high) + carry) else {
                return false;
            };
            *high = sum;
        }
        *low = sum as u32;
        true
    }

    /// Whether there is a key of this hash that satisfies `is`.
    pub fn contains(&self, hash: u64, is: impl Fn(&K) -> bool) -> bool {
        self.low.contains(hash, is)
    }

    /// Makes the table twice as large.
    pub fn grow(&mut self, rehash: impl Fn(&K) -> u64) {
        self.low.grow(rehash);
    }

    /// Removes all keys and passes them with their counts to `each`, large counts in two parts.
    /// The table keeps its size.
    pub fn drain(&mut self, mut each: impl FnMut(Slot<K>)) {
        self.low.drain(|key, count| each(lower(key, count)));
        if let Some(mut high) = self.high.take() {
            high.drain(|key, count| each(upper(key, count)));
        }
    }

    /// The keys and their counts, large ones in two parts.
    pub fn iter(&self) -> impl Iterator<Item = Slot<K>> {
        let low = self.low.iter().map(|(key, count)| lower(key, count));
        let high = self.high.iter().flat_map(|high| high.iter());
        low.chain(high.map(|(key, count)| upper(key, count)))
    }
}

/// The lower half of a count.
fn lower<K>(key: K, count: u32) -> Slot<K> {
    let count = count.into();
    Slot { key, count }
}

/// The upper half of a count.
fn upper<K>(key: K, count: u32) -> Slot<K> {
    let count = u64::from(count) << 32;
    Slot { key, count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::count::store::key::{Long, STRIDE, Short};
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn key(number: u64) -> Long {
        let place = 1;
        Long {
            order: number,
            place,
        }
    }

    fn add(table: &mut Table<Long>, number: u64, count: u64, hash: fn(u64) -> u64) -> bool {
        let is = |known: &Long| *known == key(number);
        let rehash = |known: &Long| hash(known.order);
        table.add(hash(number), count, is, || key(number), rehash)
    }

    fn all(table: &mut Table<Long>) -> HashMap<u64, u64> {
        let mut all = HashMap::new();
        table.drain(|slot| *all.entry(slot.key.order).or_insert(0) += slot.count);
        all
    }

    /// Hashes good and bad: a table must be right with any.
    const HASHES: [fn(u64) -> u64; 4] = [
        |key| key.wrapping_mul(0x9E37_79B9_7F4A_7C15),
        |_| 0,
        |_| u64::MAX,
        |key| key << 60,
    ];

    proptest! {
        #[test]
        fn as_a_map(keys in prop::collection::vec((0..3000u64, 0..5u64), 0..5000)) {
            let mut expected = HashMap::new();
            for &(key, count) in &keys {
                *expected.entry(key).or_insert(0) += count;
            }
            for hash in HASHES {
                let mut table = Table::new();
                // A table that was drained is as good as a new one.
                for _ in 0..2 {
                    for &(key, count) in &keys {
                        prop_assert!(add(&mut table, key, count, hash));
                    }
                    prop_assert_eq!(table.len(), expected.len());
                    for number in (0..3000).step_by(100) {
                        let is = |known: &Long| *known == key(number);
                        let contains = table.contains(hash(number), is);
                        prop_assert_eq!(contains, expected.contains_key(&number));
                    }
                    prop_assert_eq!(&all(&mut table), &expected);
                }
            }
        }
    }

    #[test]
    fn a_sum_beyond_64_bits_is_refused() {
        let mut table = Table::new();
        assert!(add(&mut table, 1, u64::MAX, HASHES[0]));
        assert!(!add(&mut table, 1, 1, HASHES[0]));
        assert_eq!(all(&mut table), HashMap::from([(1, u64::MAX)]));
    }

    proptest! {
        #[test]
        fn large_counts_add_up(
            counts in prop::collection::vec(
                (0..3u8, prop_oneof![0..3u64, u64::from(u32::MAX) - 2..1 << 33, Just(1 << 63), Just(u64::MAX)]),
                0..20,
            ),
        ) {
            let seed = Seed::random();
            let mut table = Table::new();
            let mut sums = HashMap::new();
            for (line, count) in counts {
                let key = Short::new(&[line; STRIDE], 3);
                let sum: &mut u64 = sums.entry(line).or_default();
                let fits = sum.checked_add(count);
                *sum = fits.unwrap_or(*sum);
                prop_assert_eq!(table.add_key(&seed, seed.simd, key.hash(seed), &key, count), fits.is_some());
            }
            let mut found = HashMap::new();
            table.drain(|slot: Slot<Short>| {
                let line = slot.key.line(&mut [0; STRIDE])[0];
                *found.entry(line).or_insert(0) += slot.count;
            });
            prop_assert_eq!(found, sums);
            prop_assert_eq!(table.size(), Table::<Short>::new().size());
        }
    }
}

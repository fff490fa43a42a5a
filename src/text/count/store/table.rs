//! The hash table: lines that were counted recently.
//!
//! Open addressing with linear probing. The upper bits of a hash give the place
//! of its key, so slots are nearly in the order of hashes, and a table grows by
//! one walk from front to back, without random access to memory.
//!
//! Why not `hashbrown`: in the rows `table` of `benches/kernels.rs`, which do the same work, it took
//! 0.767 s of CPU time per run with `foldhash`, and this table 0.417 s with its own hash. It looks up
//! keys one by one; this table can prefetch the slots of a batch.

use super::key::Key;
use super::slot::Slot;
use crate::common::sys;

/// The slots of a new table, as a power of 2.
const FIRST: u32 = 10;

/// A hash table of keys and their counts.
#[derive(Debug)]
pub struct Table<K> {
    slots: Vec<Slot<K>>,
    used: usize,
    /// The place of a hash is the hash, shifted right by this.
    shift: u32,
}

impl<K: Key> Table<K> {
    /// An empty table.
    pub fn new() -> Self {
        Table {
            slots: empty(1 << FIRST),
            used: 0,
            shift: u64::BITS - FIRST,
        }
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The size of the table in bytes.
    pub fn size(&self) -> usize {
        size_of_val(&self.slots[..])
    }

    /// Whether the next new key makes the table grow to twice its size.
    pub fn is_full(&self) -> bool {
        (self.used + 1) * 5 > self.slots.len() * 4
    }

    /// Prefetches the slot where the search for a hash begins.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        sys::prefetch(&self.slots, self.home(hash));
    }

    /// The slot where the search for a hash begins.
    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    #[inline(always)]
    fn next(&self, i: usize) -> usize {
        (i + 1) & (self.slots.len() - 1)
    }

    /// Adds to the count of a key: to the slot whose key satisfies `is`, or to a
    /// new one with the key that `make` returns. Returns false if the sum does
    /// not fit in 64 bits; nothing has changed then. `rehash` returns the hash of a key.
    #[inline(always)]
    pub fn add(
        &mut self,
        hash: u64,
        count: u64,
        is: impl Fn(&K) -> bool,
        make: impl FnOnce() -> K,
        rehash: impl Fn(&K) -> u64,
    ) -> bool {
        let mut i = self.home(hash);
        loop {
            let slot = &mut self.slots[i];
            if is(&slot.key) {
                let sum = slot.count.checked_add(count);
                slot.count = sum.unwrap_or(slot.count);
                return sum.is_some();
            }
            if slot.key.is_vacant() {
                *slot = Slot { key: make(), count };
                // Four of five slots: a smaller table misses the cache less often.
                let is_full = self.is_full();
                self.used += 1;
                if is_full {
                    self.grow(rehash);
                }
                return true;
            }
            i = self.next(i);
        }
    }

    /// Whether there is a key of this hash that satisfies `is`.
    pub fn contains(&self, hash: u64, is: impl Fn(&K) -> bool) -> bool {
        let mut i = self.home(hash);
        while !self.slots[i].key.is_vacant() {
            if is(&self.slots[i].key) {
                return true;
            }
            i = self.next(i);
        }
        false
    }

    /// Makes the table twice as large.
    #[cold]
    #[inline(never)]
    pub fn grow(&mut self, rehash: impl Fn(&K) -> u64) {
        let slots = empty(2 * self.slots.len());
        self.shift -= 1;
        for slot in std::mem::replace(&mut self.slots, slots) {
            if slot.key.is_vacant() {
                continue;
            }
            let mut i = self.home(rehash(&slot.key));
            while !self.slots[i].key.is_vacant() {
                i = self.next(i);
            }
            self.slots[i] = slot;
        }
    }

    /// Removes all slots and passes each to `each`. The table keeps its size.
    pub fn drain(&mut self, mut each: impl FnMut(Slot<K>)) {
        for slot in self.slots.iter_mut().filter(|slot| !slot.key.is_vacant()) {
            each(std::mem::take(slot));
        }
        self.used = 0;
    }

    /// The slots in use.
    pub fn iter(&self) -> impl Iterator<Item = &Slot<K>> {
        self.slots.iter().filter(|slot| !slot.key.is_vacant())
    }
}

impl<K: Key> Default for Table<K> {
    fn default() -> Self {
        Table::new()
    }
}

/// Empty slots. Large pages are requested before the first write.
fn empty<K: Key>(n: usize) -> Vec<Slot<K>> {
    let mut slots = Vec::with_capacity(n);
    sys::prefer_huge_pages(slots.spare_capacity_mut());
    slots.resize(n, Slot::default());
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::count::store::key::Long;
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
        table.drain(|slot| assert_eq!(all.insert(slot.key.order, slot.count), None));
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
}

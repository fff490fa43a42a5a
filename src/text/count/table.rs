//! The hash table: what has been counted lately.
//!
//! Open addressing with linear probing. A slot is `N` words, the key and its
//! count; an empty slot is all zeros, and a key's last word never is. The place
//! of a key is given by the upper bits of its hash: so slots stand, nearly, in
//! the order of hashes, and to grow is to walk from front to back, not to jump
//! about in memory.

use crate::common::sys;

/// The slots of a new table, as a power of 2.
const FIRST: u32 = 10;

/// A hash table of slots of `N` words: a key of `N - 1`, and its count.
#[derive(Debug)]
pub struct Table<const N: usize> {
    slots: Vec<[u64; N]>,
    used: usize,
    /// The place of a hash is what this shift leaves of it.
    shift: u32,
}

impl<const N: usize> Table<N> {
    /// An empty table.
    pub fn new() -> Self {
        let slots = vec![[0; N]; 1 << FIRST];
        Table {
            slots,
            used: 0,
            shift: u64::BITS - FIRST,
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.used
    }

    /// The size of the table, in bytes.
    pub fn size(&self) -> usize {
        size_of_val(&self.slots[..])
    }

    /// Whether the next new key makes the table grow, to twice its size.
    pub fn is_full(&self) -> bool {
        (self.used + 1) * 5 > self.slots.len() * 4
    }

    /// Tells the processor that a key of this hash will soon be looked for.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        sys::prefetch(&self.slots, self.home(hash));
    }

    /// Where the search for a hash begins.
    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    #[inline(always)]
    fn next(&self, i: usize) -> usize {
        (i + 1) & (self.slots.len() - 1)
    }

    /// Adds to the count of a key: to the slot that `is` recognises by its key,
    /// or to a new one with the key that `make` gives. False if the sum does
    /// not fit in 64 bits; then nothing has changed. `rehash` gives the hash of
    /// a key.
    #[inline(always)]
    pub fn add(
        &mut self,
        hash: u64,
        count: u64,
        is: impl Fn(&[u64]) -> bool,
        make: impl FnOnce() -> [u64; N],
        rehash: impl Fn(&[u64]) -> u64,
    ) -> bool {
        let mut i = self.home(hash);
        loop {
            let slot = &mut self.slots[i];
            if is(key(slot)) {
                let sum = slot[N - 1].checked_add(count);
                slot[N - 1] = sum.unwrap_or(slot[N - 1]);
                return sum.is_some();
            }
            if !is_used(slot) {
                *slot = make();
                slot[N - 1] = count;
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

    /// Whether there is a key of this hash that `is` recognises.
    pub fn contains(&self, hash: u64, is: impl Fn(&[u64]) -> bool) -> bool {
        let mut i = self.home(hash);
        while is_used(&self.slots[i]) {
            if is(key(&self.slots[i])) {
                return true;
            }
            i = self.next(i);
        }
        false
    }

    /// Makes the table twice as large.
    #[cold]
    #[inline(never)]
    pub fn grow(&mut self, rehash: impl Fn(&[u64]) -> u64) {
        let slots = vec![[0; N]; 2 * self.slots.len()];
        sys::prefer_huge_pages(&slots);
        self.shift -= 1;
        for slot in std::mem::replace(&mut self.slots, slots)
            .into_iter()
            .filter(is_used)
        {
            let mut i = self.home(rehash(key(&slot)));
            while is_used(&self.slots[i]) {
                i = self.next(i);
            }
            self.slots[i] = slot;
        }
    }

    /// Takes every slot out. The table keeps its size.
    pub fn drain(&mut self, mut each: impl FnMut([u64; N])) {
        for slot in self.slots.iter_mut().filter(|slot| is_used(slot)) {
            each(*slot);
            *slot = [0; N];
        }
        self.used = 0;
    }

    /// The slots in use.
    pub fn iter(&self) -> impl Iterator<Item = &[u64; N]> {
        self.slots.iter().filter(|slot| is_used(slot))
    }
}

/// The key of a slot.
#[inline(always)]
fn key<const N: usize>(slot: &[u64; N]) -> &[u64] {
    &slot[..N - 1]
}

#[inline(always)]
fn is_used<const N: usize>(slot: &[u64; N]) -> bool {
    slot[N - 2] != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn add(table: &mut Table<3>, key: u64, count: u64, hash: fn(u64) -> u64) -> bool {
        let is = |known: &[u64]| known == [key, 1];
        table.add(hash(key), count, is, || [key, 1, 0], |known| hash(known[0]))
    }

    fn all(table: &mut Table<3>) -> HashMap<u64, u64> {
        let mut all = HashMap::new();
        table.drain(|[key, _, count]| assert_eq!(all.insert(key, count), None));
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
                    for key in (0..3000).step_by(100) {
                        let is = |known: &[u64]| known == [key, 1];
                        prop_assert_eq!(table.contains(hash(key), is), expected.contains_key(&key));
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

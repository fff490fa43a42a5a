//! The hash table: what has been counted so far.
//!
//! Open addressing with linear probing. A slot is `N` words, the key and its
//! count; an empty slot is all zeros, and a key's last word never is. A table
//! is cut into parts by the upper bits of the hash; within a part, the place
//! of a key is its hash scaled to the size of the part. So slots stand, nearly,
//! in the order of hashes: to grow a part, or to add one table to another, is
//! to walk both from front to back, not to jump about in memory.
//!
//! Parts grow one by one, by half once they are large, so that little memory is
//! ever spare: with keys of two words 30 to 45 bytes a key, with three 40 to 60.

use crate::sys;

/// How many parts there are, as a power of 2.
const PARTS_LOG: u32 = 6;
/// How many parts there are.
pub const PARTS: usize = 1 << PARTS_LOG;

/// The slots of a new part.
const FIRST: usize = 64;
/// From so many slots on, parts grow by half and not to the double.
const LARGE: usize = 1 << 14;

/// A hash table of slots of `N` words: a key of `N - 1`, and its count.
#[derive(Debug)]
pub struct Table<const N: usize> {
    parts: Vec<Part<N>>,
}

impl<const N: usize> Table<N> {
    /// An empty table.
    pub fn new() -> Self {
        let parts = (0..PARTS).map(|_| Part::default()).collect();
        Table { parts }
    }

    /// Tells the processor that a key of this hash will soon be looked for.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        let part = &self.parts[part_of(hash)];
        sys::prefetch(&part.slots, part.home(hash));
    }

    /// Adds to the count of a key: of the slot that `is` recognises by its key,
    /// or of a new one with the key that `make` gives. False if the sum does
    /// not fit in 64 bits; then nothing has changed. `hash` gives the hash of a key.
    #[inline(always)]
    pub fn add(
        &mut self,
        at: u64,
        count: u64,
        is: impl Fn(&[u64]) -> bool,
        make: impl FnOnce() -> [u64; N],
        hash: impl Fn(&[u64]) -> u64,
    ) -> bool {
        self.parts[part_of(at)].add(at, count, is, make, hash)
    }

    /// The parts, to be taken apart.
    pub fn into_parts(self) -> Vec<Part<N>> {
        self.parts
    }
}

/// The part of a hash: its upper bits.
#[inline(always)]
fn part_of(hash: u64) -> usize {
    (hash >> (64 - PARTS_LOG)) as usize
}

/// One part of a table.
#[derive(Debug, Default)]
pub struct Part<const N: usize> {
    slots: Vec<[u64; N]>,
    used: usize,
}

impl<const N: usize> Part<N> {
    /// Where the search for a hash begins: the hash scaled to the part's size.
    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        let within = u128::from(hash << PARTS_LOG);
        ((within * self.slots.len() as u128) >> 64) as usize
    }

    #[inline(always)]
    fn next(&self, i: usize) -> usize {
        if i + 1 == self.slots.len() { 0 } else { i + 1 }
    }

    #[inline(always)]
    fn add(
        &mut self,
        at: u64,
        count: u64,
        is: impl Fn(&[u64]) -> bool,
        make: impl FnOnce() -> [u64; N],
        hash: impl Fn(&[u64]) -> u64,
    ) -> bool {
        if !self.slots.is_empty() {
            let mut i = self.home(at);
            while is_used(&self.slots[i]) {
                if is(key(&self.slots[i])) {
                    let sum = &mut self.slots[i][N - 1];
                    return match sum.checked_add(count) {
                        Some(more) => {
                            *sum = more;
                            true
                        }
                        None => false,
                    };
                }
                i = self.next(i);
            }
        }
        self.reserve(1, hash);
        let mut slot = make();
        slot[N - 1] = count;
        self.put(at, slot);
        true
    }

    /// Puts a new slot in its place; there must be room.
    #[inline(always)]
    fn put(&mut self, at: u64, slot: [u64; N]) {
        let mut i = self.home(at);
        while is_used(&self.slots[i]) {
            i = self.next(i);
        }
        self.slots[i] = slot;
        self.used += 1;
    }

    /// Makes room for some more keys: at most four of five slots are used.
    #[inline(always)]
    fn reserve(&mut self, more: usize, hash: impl Fn(&[u64]) -> u64) {
        if (self.used + more) * 5 > self.slots.len() * 4 {
            self.grow(more, hash);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize, hash: impl Fn(&[u64]) -> u64) {
        let now = self.slots.len();
        let larger = if now < LARGE { 2 * now } else { now + now / 2 };
        let needed = (self.used + more) * 5 / 4 + 1;
        let slots = vec![[0; N]; larger.max(needed).max(FIRST)];
        sys::prefer_huge_pages(&slots);
        let old = std::mem::replace(&mut self.slots, slots);
        self.used = 0;
        for slot in old.into_iter().filter(is_used) {
            self.put(hash(key(&slot)), slot);
        }
    }

    /// Adds all counts of another part, of the same hashes; `same` tells
    /// whether two keys are the same. False if a sum does not fit in 64 bits.
    pub fn merge(
        &mut self,
        other: Part<N>,
        same: impl Fn(&[u64], &[u64]) -> bool,
        hash: impl Fn(&[u64]) -> u64,
    ) -> bool {
        // Keys come in the order of their hashes: without room for all of them
        // ahead, they would pile up where the first ones go.
        self.reserve(other.used, &hash);
        other.into_slots().all(|slot| {
            let is = |known: &[u64]| same(known, key(&slot));
            self.add(hash(key(&slot)), slot[N - 1], is, || slot, &hash)
        })
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.used
    }

    /// The slots in use, nearly in the order of their hashes.
    pub fn into_slots(self) -> impl Iterator<Item = [u64; N]> {
        self.slots.into_iter().filter(is_used)
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

    fn all(table: Table<3>) -> HashMap<u64, u64> {
        let slots = table.into_parts().into_iter().flat_map(Part::into_slots);
        slots.map(|[key, _, count]| (key, count)).collect()
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
        fn as_a_map(keys in prop::collection::vec((0..300u64, 0..5u64), 0..1000), other in prop::collection::vec(0..600u64, 0..500)) {
            for hash in HASHES {
                let mut expected = HashMap::new();
                let mut tables = [Table::<3>::new(), Table::<3>::new()];
                for &(key, count) in &keys {
                    *expected.entry(key).or_insert(0) += count;
                    prop_assert!(add(&mut tables[0], key, count, hash));
                }
                for &key in &other {
                    *expected.entry(key).or_insert(0) += 1;
                    prop_assert!(add(&mut tables[1], key, 1, hash));
                }
                let [one, two] = tables;
                let mut sum = Table { parts: Vec::new() };
                for (mut a, b) in one.into_parts().into_iter().zip(two.into_parts()) {
                    prop_assert!(a.merge(b, |a, b| a == b, |known| hash(known[0])));
                    sum.parts.push(a);
                }
                prop_assert_eq!(all(sum), expected);
            }
        }
    }

    #[test]
    fn a_sum_beyond_64_bits_is_refused() {
        let mut table = Table::new();
        assert!(add(&mut table, 1, u64::MAX, HASHES[0]));
        assert!(!add(&mut table, 1, 1, HASHES[0]));
        assert_eq!(all(table), HashMap::from([(1, u64::MAX)]));
    }
}

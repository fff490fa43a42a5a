//! Slots that have left the tables, by ranges of lines.
//!
//! A hash table is fast while it fits in the cache. When a table reaches its
//! quota, all its slots are flushed, each to the range of lines that it
//! belongs to, and the table starts empty. It then works as a combiner:
//! frequent lines are counted in the cache, rare ones are written to memory in
//! sequence. At the end every range, whose size fits in the cache again, is
//! sorted by itself, and its equal lines are merged. The ranges in order are
//! the sorted whole.
//!
//! The first eight bytes of a line decide its range. The bounds of the ranges
//! come from a sample of the lines, which is taken once.

use super::key::{Inline, Key};
use super::slot::{Overflow, Slot, merge_equal};
use crate::text::count::sizes::Sizes;

/// The largest number of ranges.
const RANGES: usize = 512;

/// One of this many ranges is merged first, to estimate how many lines repeat.
const SAMPLE: usize = 16;

/// The bounds of the ranges: the first eight bytes of a line, as a big-endian
/// number. Lines before the first bound are a range, too.
#[derive(Debug)]
pub struct Splitters(Vec<u64>);

impl Splitters {
    /// Splitters that divide a sample of lines into equal ranges.
    pub fn new(mut sample: Vec<u64>) -> Self {
        sample.sort_unstable();
        let step = sample.len() / RANGES + 1;
        let mut splitters: Vec<u64> = sample.into_iter().skip(step).step_by(step).collect();
        splitters.dedup();
        Splitters(splitters)
    }

    /// The range of a line, by its first eight bytes.
    #[inline(always)]
    fn range(&self, start: u64) -> usize {
        self.0.partition_point(|&splitter| splitter <= start)
    }

    /// The number of ranges.
    pub fn ranges(&self) -> usize {
        self.0.len() + 1
    }
}

/// Slots of one class, by ranges.
#[derive(Debug)]
pub struct Ranges<K> {
    ranges: Vec<Vec<Slot<K>>>,
    /// The number of slots at which equal keys are merged.
    limit: usize,
    /// The first such limit.
    first: usize,
}

impl<K: Key> Ranges<K> {
    /// Empty ranges between these splitters.
    pub fn new(splitters: &Splitters, sizes: &Sizes) -> Self {
        Ranges {
            ranges: vec![Vec::new(); splitters.ranges()],
            limit: sizes.unmerged_slots,
            first: sizes.unmerged_slots,
        }
    }

    /// Adds a slot to its range.
    #[inline(always)]
    pub fn push(&mut self, splitters: &Splitters, slot: Slot<K>) {
        self.ranges[splitters.range(slot.key.start())].push(slot);
    }

    fn len(&self) -> usize {
        self.ranges.iter().map(Vec::len).sum()
    }

    /// The number of slots in each range, in `lengths`.
    pub fn lengths(&self, lengths: &mut Vec<usize>) {
        lengths.clear();
        lengths.extend(self.ranges.iter().map(Vec::len));
    }

    /// Whether a range has more than `most` slots more than it had.
    pub fn grew_by(&self, lengths: &[usize], most: usize) -> bool {
        let mut ranges = self.ranges.iter().zip(lengths);
        ranges.any(|(slots, before)| slots.len() > before + most)
    }

    /// The memory of the ranges in bytes.
    pub fn size(&self) -> usize {
        let slots: usize = self.ranges.iter().map(Vec::capacity).sum();
        slots * size_of::<Slot<K>>()
    }

    /// The slots of each range, in the order of the ranges.
    pub fn into_slots(self) -> impl Iterator<Item = Vec<Slot<K>>> {
        self.ranges.into_iter()
    }
}

impl<K: Inline> Ranges<K> {
    /// Merges equal keys if many may have come, so that memory grows with the
    /// distinct lines.
    pub fn compact(&mut self) -> Result<(), Overflow<K>> {
        let len = self.len();
        if len < self.limit {
            return Ok(());
        }
        match self.repeats(7, 8)? {
            true => self.merge_all(),
            false => {
                // Nearly all lines are new, so the next check can wait.
                self.limit = 8 * len;
                Ok(())
            }
        }
    }

    /// Whether at most `distinct` of each `of` keys are distinct, by a sample of the ranges.
    pub fn repeats(&mut self, distinct: usize, of: usize) -> Result<bool, Overflow<K>> {
        let (before, after) = self.merge_each(SAMPLE)?;
        Ok(after <= before / of * distinct)
    }

    /// Merges equal keys in all ranges.
    pub fn merge_all(&mut self) -> Result<(), Overflow<K>> {
        let (_, distinct) = self.merge_each(1)?;
        self.limit = self.first.max(2 * distinct);
        Ok(())
    }

    /// Merges equal keys in one of `step` ranges. Returns the number of slots in these
    /// ranges before and after.
    fn merge_each(&mut self, step: usize) -> Result<(usize, usize), Overflow<K>> {
        let (mut before, mut distinct) = (0, 0);
        for slots in self.ranges.iter_mut().step_by(step) {
            let len = slots.len();
            sort_and_merge(slots)?;
            // Otherwise the memory of the removed slots stays in use.
            if slots.len() < len / 8 * 7 {
                slots.shrink_to_fit();
            }
            before += len;
            distinct += slots.len();
        }
        Ok((before, distinct))
    }
}

/// Sorts slots in the order of their lines and merges equal ones.
pub fn sort_and_merge<K: Inline>(slots: &mut Vec<Slot<K>>) -> Result<(), Overflow<K>> {
    slots.sort_unstable_by_key(|slot| slot.key.order());
    merge_equal(slots, |a, b| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::count::store::key::{STRIDE, Short};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// The slot of a line of two numbers of eight bytes each, without the last byte.
    fn slot(a: u64, b: u8, count: u64) -> Slot<Short> {
        let mut bytes = [b; STRIDE];
        bytes[..8].copy_from_slice(&a.to_be_bytes());
        let key = Short::new(&bytes, 9);
        Slot { key, count }
    }

    fn sizes(unmerged_slots: usize) -> Sizes {
        Sizes {
            unmerged_slots,
            ..Sizes::SMALL
        }
    }

    proptest! {
        #[test]
        fn ranges_in_order_have_every_line_once_merged(
            sample in prop::collection::vec(0..1000u64, 0..600),
            slots in prop::collection::vec((0..1000u64, 0..3u8, 1..9u64), 0..1000),
        ) {
            let splitters = Splitters::new(sample);
            let mut ranges = Ranges::new(&splitters, &Sizes::SMALL);
            let mut expected = BTreeMap::new();
            for &(a, b, count) in &slots {
                *expected.entry((a, b)).or_insert(0) += count;
                ranges.push(&splitters, slot(a, b, count));
            }
            let mut found = Vec::new();
            for mut slots in ranges.into_slots() {
                prop_assert_eq!(sort_and_merge(&mut slots), Ok(()));
                found.extend(slots);
            }
            let expected: Vec<_> = expected.into_iter().map(|((a, b), count)| slot(a, b, count)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_sample_is_divided_into_equal_ranges() {
        let splitters = Splitters::new((1..200 * RANGES as u64).collect());
        assert_eq!(splitters.ranges(), RANGES);
        assert_eq!(Splitters::new(vec![7; 1000]).ranges(), 2);
        assert_eq!(Splitters::new(vec![]).ranges(), 1);
    }

    #[test]
    fn many_equal_lines_take_no_memory() {
        const FIRST: usize = 256;
        let splitters = Splitters::new((0..1000).collect());
        let mut ranges = Ranges::new(&splitters, &sizes(FIRST));
        for i in 0..100 * FIRST as u64 {
            ranges.push(&splitters, slot(i % 100, 1, 1));
            assert_eq!(ranges.compact(), Ok(()));
            assert!(ranges.len() <= 2 * FIRST);
        }
        ranges.push(&splitters, slot(1, 1, u64::MAX));
        ranges.limit = 0;
        assert_eq!(ranges.compact(), Err(Overflow(slot(1, 1, 0).key)));
    }
}

//! What left the tables: distinct lines and their counts, by ranges of lines.
//!
//! A hash table is fast while it fits in the cache. So when one has grown to
//! its limit, all its slots are moved out, each to the range of lines that it
//! belongs to, and the table starts anew. It then works as a combiner: frequent
//! lines are counted in the cache, rare ones are written to memory in sequence.
//! In the end every range, of a size that fits in the cache again, is sorted
//! by itself, its equal lines are added up, and one range after the other is
//! the sorted whole.
//!
//! Ranges are told apart by a line's first eight bytes. Where they begin is
//! taken from a sample of the lines, once.

/// How many ranges there are at the most.
const RANGES: usize = 512;

/// How many slots there are before equal lines are added up for the first
/// time; some 50 MB. (Few in tests, so that they see it.)
const FIRST: usize = if cfg!(test) { 1 << 8 } else { 1 << 21 };

/// One of so many ranges is looked at first.
const SAMPLE: usize = 16;

/// Where the ranges begin: the first eight bytes of a line, as a big-endian
/// number. Lines before the first of these are a range, too.
#[derive(Debug)]
pub struct Splitters(Vec<u64>);

impl Splitters {
    /// Splitters that cut a sample of lines into equal ranges.
    pub fn cutting(mut sample: Vec<u64>) -> Self {
        sample.sort_unstable();
        let step = sample.len() / RANGES + 1;
        let mut splitters: Vec<u64> = sample.into_iter().skip(step).step_by(step).collect();
        splitters.dedup();
        Splitters(splitters)
    }

    /// The range of a line, by its first eight bytes.
    #[inline(always)]
    fn range(&self, first: u64) -> usize {
        self.0.partition_point(|&splitter| splitter <= first)
    }

    /// How many ranges there are.
    pub fn ranges(&self) -> usize {
        self.0.len() + 1
    }
}

/// Slots of `N` words, by ranges: a key of `N - 1` words, and its count.
#[derive(Debug)]
pub struct Ranges<const N: usize> {
    ranges: Vec<Vec<[u64; N]>>,
    /// How many slots there may be before equal ones are added up.
    limit: usize,
}

impl<const N: usize> Ranges<N> {
    /// Empty ranges between these splitters.
    pub fn new(splitters: &Splitters) -> Self {
        let ranges = vec![Vec::new(); splitters.ranges()];
        Ranges {
            ranges,
            limit: FIRST,
        }
    }

    /// Moves a slot in.
    #[inline(always)]
    pub fn push(&mut self, splitters: &Splitters, slot: [u64; N]) {
        self.ranges[splitters.range(slot[0])].push(slot);
    }

    /// Adds up equal keys where many may have come, so that memory grows with
    /// the distinct lines.
    pub fn compact(&mut self) -> Result<(), Overflow<N>> {
        let len = self.len();
        if len < self.limit {
            return Ok(());
        }
        // Where nearly all lines were new, to look again soon is not worth it.
        match self.repeats(8, 7)? {
            true => self.add_up(),
            false => {
                self.limit = 8 * len;
                Ok(())
            }
        }
    }

    /// Whether of so many keys at most so many are distinct: a few ranges tell for all.
    pub fn repeats(&mut self, of: usize, distinct: usize) -> Result<bool, Overflow<N>> {
        let (before, after) = self.add_up_each(SAMPLE)?;
        Ok(after <= before / of * distinct)
    }

    /// Adds up equal keys everywhere.
    pub fn add_up(&mut self) -> Result<(), Overflow<N>> {
        let (_, distinct) = self.add_up_each(1)?;
        self.limit = FIRST.max(2 * distinct);
        Ok(())
    }

    /// Adds up equal keys in one of `step` ranges; how many slots these had
    /// before and have now.
    fn add_up_each(&mut self, step: usize) -> Result<(usize, usize), Overflow<N>> {
        let (mut before, mut distinct) = (0, 0);
        for slots in self.ranges.iter_mut().step_by(step) {
            let len = slots.len();
            slots.sort_unstable();
            add_up(slots, |a, b| a[..N - 1] == b[..N - 1])?;
            // Or the memory of those that are gone would stay in use.
            if slots.len() < len / 8 * 7 {
                slots.shrink_to_fit();
            }
            before += len;
            distinct += slots.len();
        }
        Ok((before, distinct))
    }

    fn len(&self) -> usize {
        self.ranges.iter().map(Vec::len).sum()
    }

    /// The memory that the ranges take, in bytes.
    pub fn size(&self) -> usize {
        let slots: usize = self.ranges.iter().map(Vec::capacity).sum();
        slots * size_of::<[u64; N]>()
    }

    /// The ranges, in order.
    pub fn into_slots(self) -> impl Iterator<Item = Vec<[u64; N]>> {
        self.ranges.into_iter()
    }
}

/// A slot whose count and that of an equal one add up to more than 64 bits hold.
pub type Overflow<const N: usize> = [u64; N];

/// Makes one slot of neighbours that are the same, with the sum of their counts.
pub fn add_up<const N: usize>(
    slots: &mut Vec<[u64; N]>,
    same: impl Fn(&[u64; N], &[u64; N]) -> bool,
) -> Result<(), Overflow<N>> {
    let mut fits = Ok(());
    slots.dedup_by(|next, sum| {
        let same = same(next, sum);
        if same {
            let (added, overflow) = sum[N - 1].overflowing_add(next[N - 1]);
            sum[N - 1] = added;
            if overflow {
                fits = Err(*sum);
            }
        }
        same
    });
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn ranges_in_order_hold_every_line_once_added_up(
            sample in prop::collection::vec(0..1000u64, 0..600),
            slots in prop::collection::vec((0..1000u64, 0..3u64, 1..9u64), 0..1000),
        ) {
            let splitters = Splitters::cutting(sample);
            let mut ranges = Ranges::new(&splitters);
            let mut expected = BTreeMap::new();
            for &(a, b, count) in &slots {
                *expected.entry((a, b)).or_insert(0) += count;
                ranges.push(&splitters, [a, b, count]);
            }
            let mut found = Vec::new();
            for mut slots in ranges.into_slots() {
                slots.sort_unstable();
                prop_assert_eq!(add_up(&mut slots, |a, b| a[..2] == b[..2]), Ok(()));
                found.extend(slots.into_iter().map(|[a, b, count]| ((a, b), count)));
            }
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_sample_is_cut_into_equal_ranges() {
        let splitters = Splitters::cutting((1..200 * RANGES as u64).collect());
        assert_eq!(splitters.ranges(), RANGES);
        assert_eq!(Splitters::cutting(vec![7; 1000]).ranges(), 2);
        assert_eq!(Splitters::cutting(vec![]).ranges(), 1);
    }

    #[test]
    fn many_equal_lines_take_no_memory() {
        let splitters = Splitters::cutting((0..1000).collect());
        let mut ranges = Ranges::new(&splitters);
        for i in 0..100 * FIRST as u64 {
            ranges.push(&splitters, [i % 100, 1, 1]);
            assert_eq!(ranges.compact(), Ok(()));
            assert!(ranges.len() <= 2 * FIRST);
        }
        ranges.push(&splitters, [1, 1, u64::MAX]);
        ranges.limit = 0;
        assert_eq!(ranges.compact().map_err(|[a, b, _]| (a, b)), Err((1, 1)));
    }
}

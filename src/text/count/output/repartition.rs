//! Divides large ranges again, by whole lines.
//!
//! The bounds of the ranges come from eight bytes of each line in a sample of the
//! first lines. If lines are in ascending order, or have a common prefix (URLs,
//! times), nearly all of them are in one range, and one thread would sort it
//! alone. Here all threads divide such a range into smaller ones.

use crate::text::count::spill::loser_tree::prefix;
use crate::text::count::store::arena::Arenas;
use crate::text::count::store::lines::Lines;
use crate::text::count::threads;
use std::sync::Mutex;

/// With several threads, a range is too large if it has this many times the slots of a part.
const LARGE: usize = 4;

/// The lines of the sample for each part.
const SAMPLE: usize = 32;

/// The largest number of parts. Lists that grow leave unused gaps in memory.
const PARTS: usize = 256;

/// How many slots of a class a thread divides at a time.
const SOME: usize = 1 << 12;

/// The ranges in order. If there are several threads, large ranges are divided into parts of
/// about `part_slots` slots.
pub fn all(ranges: Vec<Lines>, arenas: Arenas, threads: usize, part_slots: usize) -> Vec<Lines> {
    let total: usize = ranges.iter().map(Lines::len).sum();
    // A small part of the whole does not delay the other threads.
    let large = (total / threads / 4).max(LARGE * part_slots);
    let divide = |range: Lines| match range.len() > large && threads > 1 {
        true => divide(range, arenas, threads, part_slots),
        false => vec![range],
    };
    ranges.into_iter().flat_map(divide).collect()
}

/// Divides a range.
fn divide(range: Lines, arenas: Arenas, threads: usize, part_slots: usize) -> Vec<Lines> {
    let parts = (range.len() / part_slots).clamp(2, PARTS);
    let splitters = LineSplitters::new(range.sample(arenas, parts * SAMPLE), parts);
    let range = Mutex::new(range);
    let shared_out = threads::each(vec![(); threads], |()| {
        let mut parts: Vec<_> = splitters.parts().collect();
        loop {
            let some = range.lock().expect("no panic").take_some(SOME);
            if some.is_empty() {
                return parts;
            }
            some.share_out(
                arenas,
                |first, line| splitters.part(first, line),
                &mut parts,
            );
        }
    });
    let mut all: Vec<_> = splitters.parts().collect();
    for parts in shared_out {
        for (whole, part) in all.iter_mut().zip(parts) {
            whole.append(part);
        }
    }
    all
}

/// The bounds of the parts: the first 16 bytes of a line, and the line.
struct LineSplitters(Vec<(u128, Vec<u8>)>);

impl LineSplitters {
    /// Splitters that divide a sample of lines into equal parts.
    fn new(mut sample: Vec<Vec<u8>>, parts: usize) -> Self {
        sample.sort_unstable();
        let step = sample.len() / parts + 1;
        let mut splitters: Vec<_> = sample.into_iter().skip(step).step_by(step).collect();
        splitters.dedup();
        LineSplitters(
            splitters
                .into_iter()
                .map(|line| (prefix(&line), line))
                .collect(),
        )
    }

    /// The part of a line.
    fn part(&self, first: u128, line: &[u8]) -> usize {
        self.0.partition_point(|(prefix, splitter)| {
            *prefix < first || *prefix == first && splitter.as_slice() <= line
        })
    }

    /// All parts, empty.
    fn parts(&self) -> impl Iterator<Item = Lines> {
        (0..=self.0.len()).map(|_| Lines::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::count::store::key::{Inline, STRIDE, Short};
    use crate::text::count::store::slot::Slot;
    use proptest::prelude::*;

    const PART: usize = 50;

    /// The slot of a short line.
    fn slot(line: &str, count: u64) -> Slot<Short> {
        let mut bytes = [0; STRIDE];
        bytes[..line.len()].copy_from_slice(line.as_bytes());
        let key = Short::new(&bytes, line.len());
        Slot { key, count }
    }

    fn range(slots: Vec<Slot<Short>>) -> Lines {
        Lines::new(slots, Vec::new(), Vec::new())
    }

    /// The slots of ranges, each of them sorted, one range after the other.
    fn slots(ranges: Vec<Lines>) -> Vec<Slot<Short>> {
        let slots = ranges.into_iter().flat_map(|mut range| {
            range.short.sort_unstable_by_key(|slot| slot.key.order());
            range.short
        });
        slots.collect()
    }

    #[test]
    fn lines_with_a_common_prefix_are_divided_into_small_ranges() {
        let all = (0..5_000).map(|i| slot(&format!("all alike {i:05}"), i + 1));
        let expected: Vec<_> = all.collect();
        let mixed = expected.iter().cycle().step_by(7).take(expected.len());
        let large = range(mixed.copied().collect());
        let ranges = vec![range(vec![slot("a", 1)]), large, range(vec![slot("b", 1)])];
        let ranges = super::all(ranges, Arenas::all(&[]), 2, PART);
        assert!(ranges.len() > 50, "{}", ranges.len());
        assert!(ranges.iter().all(|range| range.len() < LARGE * PART));
        let slots = slots(ranges);
        assert_eq!(slots[0], slot("a", 1));
        assert_eq!(slots[1..=5_000], expected);
        assert_eq!(slots[5_001], slot("b", 1));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_equal_lines_stay_together(numbers in prop::collection::vec(0..300u64, 0..3_000), threads in 2..4usize) {
            let slot = |number: &u64| slot(&number.to_string(), 1);
            let mut expected: Vec<_> = numbers.iter().map(slot).collect();
            let ranges = super::all(vec![range(expected.clone())], Arenas::all(&[]), threads, PART);
            expected.sort_unstable_by_key(|slot| slot.key.order());
            prop_assert_eq!(slots(ranges), expected);
        }
    }
}

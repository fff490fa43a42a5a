//! A range of lines that came out too large is cut again, by whole lines.
//!
//! Where ranges begin was taken from a sample of the first lines, and of these
//! eight bytes. So where lines come in ascending order, or begin alike (URLs,
//! times), nearly all of them end up in one range, and one thread would sort it
//! alone. Here all threads share such a range out among smaller ones.

use super::arena::Arenas;
use super::lines::Lines;
use super::merge::prefix;
use super::threads;
use std::sync::Mutex;

/// How many slots a range has after the cut, about: some 6 MB. (Few in tests, so
/// that they see it.)
const PART: usize = if cfg!(test) { 50 } else { 1 << 18 };

/// A range with so many slots is too large, where there is more than one thread.
const LARGE: usize = 4 * PART;

/// How many lines are looked at for each part.
const SAMPLE: usize = 32;

/// How many parts there are at the most. Lists that grow leave holes in memory.
const PARTS: usize = 256;

/// How many slots of a class are shared out at a time.
const SOME: usize = 1 << 12;

/// The ranges in order, none of them much larger than the others, if so many
/// threads can gain by it.
pub fn all(ranges: Vec<Lines>, arenas: Arenas, threads: usize) -> Vec<Lines> {
    let total: usize = ranges.iter().map(Lines::len).sum();
    // A range that is small beside the whole holds nobody up for long.
    let large = (total / threads / 4).max(LARGE);
    let cut = |range: Lines| match range.len() > large && threads > 1 {
        true => cut(range, arenas, threads),
        false => vec![range],
    };
    ranges.into_iter().flat_map(cut).collect()
}

/// Cuts a range.
fn cut(range: Lines, arenas: Arenas, threads: usize) -> Vec<Lines> {
    let parts = (range.len() / PART).clamp(2, PARTS);
    let splitters = LineSplitters::new(range.sample(arenas, parts * SAMPLE), parts);
    let range = Mutex::new(range);
    let shared_out = threads::each(vec![(); threads], |()| {
        let mut parts: Vec<_> = splitters.parts().collect();
        loop {
            let some = range.lock().expect("no panic").take_some(SOME);
            if some.len() == 0 {
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

/// Where parts begin: the first 16 bytes of a line, and the line.
struct LineSplitters(Vec<(u128, Vec<u8>)>);

impl LineSplitters {
    /// Splitters that cut a sample of lines into equal parts.
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
    use crate::text::count::key;
    use proptest::prelude::*;

    /// The slot of a short line, counted so often.
    fn slot(line: &str, count: u64) -> [u64; 3] {
        let mut bytes = [0; 16];
        bytes[..line.len()].copy_from_slice(line.as_bytes());
        let [a, b] = key::short(&bytes, line.len());
        [a, b, count]
    }

    fn range(slots: Vec<[u64; 3]>) -> Lines {
        Lines::new(slots, Vec::new(), Vec::new())
    }

    /// The slots of ranges, each of them sorted, one range after the other.
    fn slots(ranges: Vec<Lines>) -> Vec<[u64; 3]> {
        let slots = ranges.into_iter().flat_map(|mut range| {
            let mut slots = range.take_some(usize::MAX).into_short();
            slots.sort_unstable();
            slots
        });
        slots.collect()
    }

    #[test]
    fn lines_that_begin_alike_are_cut_into_small_ranges() {
        let all = (0..5_000).map(|i| slot(&format!("all alike {i:05}"), i + 1));
        let expected: Vec<_> = all.collect();
        let mixed = expected.iter().cycle().step_by(7).take(expected.len());
        let large = range(mixed.copied().collect());
        let ranges = vec![range(vec![slot("a", 1)]), large, range(vec![slot("b", 1)])];
        let ranges = super::all(ranges, Arenas::all(&[]), 2);
        assert!(ranges.len() > 50, "{}", ranges.len());
        assert!(ranges.iter().all(|range| range.len() < 4 * PART));
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
            let ranges = super::all(vec![range(expected.clone())], Arenas::all(&[]), threads);
            expected.sort_unstable();
            prop_assert_eq!(slots(ranges), expected);
        }
    }
}

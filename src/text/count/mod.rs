//! `count`: how often each line occurs.
//!
//! What `LC_ALL=C sort | uniq -c` prints, without the padding: for each
//! distinct line, in the order of its bytes, `COUNT LINE`. Lines are counted
//! as they come, and the distinct ones sorted at the end, so that memory grows
//! with the distinct lines, not with the input.
//!
//! The story, chapter by chapter:
//!
//! 1. `source`: threads take turns in reading blocks of whole lines.
//! 2. `key`: a line of up to 23 bytes becomes a few words, its key.
//! 3. `hash`: the key is hashed, with a seed that nobody can foresee.
//! 4. `worker`: each thread looks up a batch of keys at a time (`batch`) ...
//! 5. `table`: ... in tables of its own, where keys are compared in full (one for
//!    each `class` of keys; longer lines stand in an `arena`).
//! 6. `ranges`: a table that is full is flushed, to ranges of lines.
//! 7. `order`: each range is sorted and added up (`lines`), and written; one that
//!    came out too large is cut again first (`recut`).
//!
//! That is all while the distinct lines fit into the memory that there is. Where
//! they do not:
//!
//! 8. `spill`: what a thread holds goes to a temporary file ...
//! 9. `parts`: ... range by range, to be read back so and sorted as above;
//! 10. `run`: or else, where a range would not fit, as a sorted run;
//! 11. `merge`: many runs become one, by a tree of losers;
//! 12. `gather`: and the last ones, with the ranges, the answer.
//!
//! What differs by case alone is counted together by two such counts: `alike`.
//!
//! Partial counts that are in order need none of this but the tree: `sorted`.
//!
//! What is written depends on the lines alone: not on threads, seeds, blocks or memory.

mod alike;
mod arena;
mod batch;
mod class;
mod gather;
mod hash;
mod key;
mod lines;
pub(crate) mod merge;
mod order;
mod parts;
mod ranges;
mod recut;
pub(crate) mod run;
mod sorted;
mod source;
mod spill;
mod table;
mod threads;
mod worker;

pub use alike::{Keys, parts_of_key, write_alike};
pub use sorted::merge_sorted;

use crate::common::error::{Error, TOO_LARGE};
use crate::common::memory::Size;
use crate::common::stream::{self, Blocks};
use crate::text::tally::Tally;
use hash::Seed;
use order::{Answer, PIECES};
use source::Source;
use spill::Spill;
use std::env;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use worker::{SharedSplitters, Worker};

/// How much of an input is read, in bytes, before more threads are started.
/// (Little in tests, so that they are.)
const ALONE: usize = if cfg!(test) { 1 << 10 } else { 4 << 20 };

/// The most threads that can work at once.
pub const THREADS: usize = 256;

/// How much memory a count takes, if not said.
const MEMORY: Size = Size::Percent(50);

/// What a count may use of the machine.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// How many threads count; if not said, one for each processor, but no more
    /// than four, for then most would wait for the input.
    pub threads: Option<NonZeroUsize>,
    /// How much memory they take together, about, or five times the longest
    /// line, if that is more; if not said, half of what is available to the process.
    pub memory: Option<Size>,
    /// Where that goes which does not fit, in turn; if empty, to `$TMPDIR`, or
    /// else `/tmp`.
    pub directories: Vec<PathBuf>,
}

impl Limits {
    /// The same with half of the memory, for each of two counts at a time.
    pub fn half(self) -> Limits {
        let memory = match self.memory.unwrap_or(MEMORY) {
            Size::Bytes(bytes) => Size::Bytes(bytes / 2),
            Size::Percent(percent) => Size::Percent(percent / 2),
        };
        Limits {
            memory: Some(memory),
            ..self
        }
    }

    /// Where what does not fit goes to, and when.
    fn spill(self) -> Spill {
        let memory = self.memory.unwrap_or(MEMORY);
        let mut directories = self.directories;
        if directories.is_empty() {
            directories.push(env::temp_dir());
        }
        Spill::new(memory, self.threads, directories)
    }
}

/// Distinct lines and how often each was seen.
#[derive(Debug)]
pub struct Counts {
    seed: Seed,
    splitters: SharedSplitters,
    spill: Arc<Spill>,
    /// One for each thread; the first one does all the work while there is little.
    workers: Vec<Worker>,
    /// How much was read by one alone, in bytes.
    seen: usize,
}

/// What a count took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many lines were read.
    pub lines: u64,
    /// How many distinct lines were written.
    pub distinct: u64,
    /// How often what a thread held went to a temporary file, and runs were merged.
    pub runs: u64,
    /// How many bytes these took there.
    pub spilled: u64,
    /// The longest line and the limit of memory, both in bytes, if the line is
    /// larger.
    pub oversize: Option<(u64, u64)>,
}

impl Counts {
    /// Nothing counted yet.
    pub fn new(limits: Limits) -> Self {
        let mut counts = Counts {
            seed: Seed::random(),
            splitters: SharedSplitters::default(),
            spill: Arc::new(limits.spill()),
            workers: Vec::new(),
            seen: 0,
        };
        counts.add_worker();
        counts
    }

    fn add_worker(&mut self) {
        if let Some(first) = self.workers.first_mut() {
            first.is_alone = false;
        }
        let number = self.workers.len() as u16;
        let (splitters, spill) = (self.splitters.clone(), Arc::clone(&self.spill));
        self.workers
            .push(Worker::new(self.seed, splitters, spill, number));
    }

    /// Counts the lines of an input.
    pub fn read(&mut self, input: &mut (dyn Read + Send), terminator: u8) -> Result<(), Error> {
        let source = Mutex::new(Source::new(input, terminator));
        self.share_out(&source, |worker, block| {
            let length = lock(&source).next(block)?;
            worker.count(source::padded(block, length), terminator)?;
            Ok(length)
        })
    }

    /// Adds up the records `COUNT LINE` of an input.
    ///
    /// A sum that does not fit in 64 bits is noticed here or by
    /// [`write`](Counts::write): [`Error::TooLarge`] names the line, or
    /// [`Error::Line`] the record that made it so.
    pub fn merge(&mut self, input: &mut (dyn Read + Send), terminator: u8) -> Result<(), Error> {
        let source = Mutex::new(Source::new(input, terminator));
        self.share_out(&source, |worker, block| {
            let (length, number) = lock(&source).next_numbered(block)?;
            worker.merge(&block.text()[..length], terminator, number)?;
            Ok(length)
        })
    }

    /// Has the workers work on an input, each on a block at a time. `work` gives
    /// the size of its block in bytes, 0 at the end, or where a line is too long.
    fn share_out<R: Read + Send>(
        &mut self,
        source: &Mutex<Source<R>>,
        work: impl Fn(&mut Worker, &mut Blocks) -> Result<usize, Error> + Sync,
    ) -> Result<(), Error> {
        loop {
            lock(source).halt_beyond(self.spill.longest());
            self.share_out_ordinary(source, &work)?;
            let Some(begun) = lock(source).halted() else {
                return Ok(());
            };
            self.foresee(begun)?;
        }
    }

    /// Makes room for a line that is longer than others were, and has so many
    /// bytes by now: where it takes too much of each worker's share, fewer go on.
    fn foresee(&mut self, begun: usize) -> Result<(), Error> {
        self.spill.foresee(begun);
        let working = self.working();
        let (active, retired) = self.workers.split_at_mut(working);
        let retired = threads::each(retired.iter_mut().collect(), Worker::retire);
        let active = threads::each(active.iter_mut().collect(), Worker::foresee);
        retired.into_iter().chain(active).collect()
    }

    /// How many of the workers work. Where there is one, the machine is not asked.
    fn working(&self) -> usize {
        match self.workers.len() {
            1 => 1,
            n => n.min(self.spill.workers()),
        }
    }

    /// The same as [`share_out`](Counts::share_out) up to a line that is too
    /// long: at first one works alone, then all of them.
    fn share_out_ordinary<R: Read + Send>(
        &mut self,
        source: &Mutex<Source<R>>,
        work: impl Fn(&mut Worker, &mut Blocks) -> Result<usize, Error> + Sync,
    ) -> Result<(), Error> {
        let mut block = Blocks::new();
        while self.seen < ALONE || self.spill.workers() == 1 {
            match work(&mut self.workers[0], &mut block)? {
                0 => return Ok(()),
                length => self.seen += length,
            }
        }
        while self.workers.len() < self.spill.workers() {
            self.add_worker();
        }
        let run = |worker: &mut Worker| {
            let mut block = Blocks::new();
            loop {
                match work(worker, &mut block) {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => {
                        lock(source).end();
                        return Err(error);
                    }
                }
            }
        };
        let working = self.working();
        let working = self.workers.iter_mut().take(working).collect();
        let ended = threads::each(working, run);
        // Blocks are taken in order, so the first bad line is among these.
        let place = |error: &Error| match error {
            Error::Line { number, .. } => *number,
            _ => u64::MAX,
        };
        let first = ended.into_iter().filter_map(Result::err).min_by_key(place);
        first.map_or(Ok(()), Err)
    }

    /// Writes the counts, in the order of the lines' bytes.
    ///
    /// Nothing is written before it is certain that all sums fit and all
    /// temporary files could be written.
    pub fn write(
        mut self,
        separator: u8,
        terminator: u8,
        output: &mut dyn Write,
    ) -> Result<Report, Error> {
        let mut threads = self.working();
        let lines = self.workers.iter().map(Worker::lines).sum();
        let total: u128 = self.workers.iter().map(Worker::total).sum();
        let longest = self.workers.iter().map(Worker::longest).max().unwrap_or(0) as u64;
        let mut workers = std::mem::take(&mut self.workers);
        let spill = &self.spill;
        let mut held = workers.iter().map(Worker::held).sum();
        // A sum can be too large only where the sum of all is.
        let may_overflow = total > u64::MAX.into();
        // Then it is added up once more, with copies.
        let copies = if may_overflow { 2 } else { 1 };
        if !self.fits(held * copies, threads) {
            let spilled = threads::each(workers.iter_mut().collect(), Worker::spill);
            spilled.into_iter().collect::<Result<(), Error>>()?;
            held = 0;
        }
        if threads > 1 && !spill.has_runs() {
            // Each thread holds a range, and pieces of output with a line in each.
            let each = spill.largest_part() + PIECES * spill.line();
            let room = spill.limit().saturating_sub(held);
            threads = threads.min(room / each.max(1)).max(1);
        }
        let counted = threads::each(workers.iter_mut().collect(), Worker::take);
        drop(workers);
        let counted: Result<Vec<_>, Error> = counted.into_iter().collect();
        let answer = Answer::of(counted?, spill.take_parts(), threads);
        let distinct = if spill.has_runs() {
            gather::write_runs(
                spill,
                answer,
                threads,
                may_overflow,
                separator,
                terminator,
                output,
            )?
        } else {
            if may_overflow {
                answer.check()?;
            }
            answer.write(separator, terminator, output)?
        };
        let report = spill.report(lines, distinct);
        let oversize = (report.runs > 0).then(|| (longest, spill.limit() as u64));
        let oversize = oversize.filter(|(longest, limit)| longest > limit);
        Ok(Report { oversize, ..report })
    }

    /// Whether the `held` bytes of the workers can stay in memory for the answer,
    /// beside what so many threads read back; a quarter is left for the lists that grow as the
    /// workers' are put together.
    fn fits(&self, held: usize, threads: usize) -> bool {
        if self.spill.spilled().runs == 0 {
            return true;
        }
        let loaded = threads * (self.spill.largest_part() + 2 * self.spill.line());
        !self.spill.has_runs() && held + loaded <= self.spill.limit() / 4 * 3
    }
}

/// The source of an input, for one of the threads that share it.
fn lock<R>(source: &Mutex<Source<R>>) -> MutexGuard<'_, Source<R>> {
    source.lock().expect("no panic")
}

/// Looks for the record that makes the sum of some lines' counts too large, in
/// one input after the other: an [`Error::Line`] says where it is. `is_meant` tells
/// which lines these are; `sum` is what the inputs before add up to.
pub fn find_too_large(
    mut is_meant: impl FnMut(&[u8]) -> bool,
    sum: &mut u64,
    input: &mut impl Read,
    terminator: u8,
) -> Result<(), Error> {
    let mut number = 0;
    stream::lines(input, terminator, |record| {
        number += 1;
        let tally = Tally::parse(record).map_err(|cause| Error::Line { number, cause })?;
        if is_meant(tally.line) {
            let cause = TOO_LARGE;
            *sum = sum
                .checked_add(tally.count)
                .ok_or(Error::Line { number, cause })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::common::stream::Out;
    use crate::text::tally;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn written(counts: Counts) -> Vec<u8> {
        let mut out = Vec::new();
        counts.write(b' ', b'\n', &mut out).unwrap();
        out
    }

    /// A count by so many threads, with so much memory.
    fn limited(threads: usize, memory: u64) -> Counts {
        Counts::new(Limits {
            threads: NonZeroUsize::new(threads),
            memory: Some(Size::Bytes(memory)),
            ..Limits::default()
        })
    }

    /// More memory than any test takes.
    const AMPLE: u64 = 1 << 30;

    fn counted(mut counts: Counts, text: &[u8], cuts: Vec<usize>) -> Vec<u8> {
        let mut input = arbitrary::pieces(text, cuts);
        counts.read(&mut input, b'\n').unwrap();
        written(counts)
    }

    /// The lines in an ordered map.
    fn naive(text: &[u8]) -> Vec<u8> {
        let mut map = BTreeMap::new();
        let lines = text.strip_suffix(b"\n").unwrap_or(text);
        if !text.is_empty() {
            lines
                .split(|&b| b == b'\n')
                .for_each(|line| *map.entry(line).or_insert(0) += 1);
        }
        let mut out = Out::default();
        map.into_iter()
            .for_each(|(line, count)| tally::put(count, b' ', line, b'\n', &mut out));
        out.as_slice().to_vec()
    }

    #[test]
    fn lines_are_bytes() {
        let text = b"b\na\n\nb\n\0\xFF";
        let expected = b"1 \n1 \0\xFF\n1 a\n2 b\n";
        assert_eq!(counted(limited(1, AMPLE), text, vec![3]), expected);
        assert_eq!(counted(limited(1, AMPLE), b"", vec![1]), b"");
    }

    #[test]
    fn a_sum_that_does_not_fit_is_an_error() {
        let text = format!("{} a\n1 b\n1 a\n", u64::MAX);
        let error = Counts::new(Limits::default())
            .merge(&mut text.as_bytes(), b'\n')
            .unwrap_err();
        assert!(error.to_string().starts_with("line 3: "), "{error}");
    }

    /// Different lines of all classes.
    fn distinct(n: u64) -> String {
        let line = |i: u64| {
            let hash = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let length = (hash % 40) as usize;
            format!("{i:0length$}\n")
        };
        (0..n).map(line).collect()
    }

    #[test]
    fn any_number_of_threads_and_any_memory_give_the_same() {
        let alike: String = (0..2_000)
            .map(|i| format!("these begin alike {}\n", i / 2))
            .collect();
        let text = distinct(5_000) + &distinct(20_000) + &alike + &distinct(8_000);
        let expected = naive(text.as_bytes());
        for threads in [1, 2, 3, 16] {
            for memory in [0, 20_000, 200_000, AMPLE] {
                let mut counts = limited(threads, memory);
                let mut input = arbitrary::pieces(text.as_bytes(), vec![usize::MAX, 1000]);
                counts.read(&mut input, b'\n').unwrap();
                let mut out = Vec::new();
                let report = counts.write(b' ', b'\n', &mut out).unwrap();
                assert!(out == expected, "{threads} threads, {memory} bytes");
                assert_eq!((report.lines, report.distinct), (35_000, 21_000));
                assert_eq!(report.runs == 0, memory == AMPLE);
            }
        }
    }

    #[test]
    fn long_lines_among_short_ones_give_the_same() {
        let long = |i: usize| format!("{i} {}\n", "long ".repeat(i << 13));
        let short = distinct(300);
        let text: String = (1..=20)
            .map(|i| short.clone() + &long(i % 13) + &long(7))
            .collect();
        let expected = naive(text.repeat(2).as_bytes());
        for memory in [20_000, 4 << 20, 64 << 20, AMPLE] {
            let mut counts = limited(4, memory);
            for _ in 0..2 {
                counts.read(&mut text.as_bytes(), b'\n').unwrap();
            }
            assert_eq!(counts.working() < 4, memory < 64 << 20, "{memory} bytes");
            assert!(written(counts) == expected, "{memory} bytes");
        }
    }

    #[test]
    fn ranges_on_disk_runs_and_both_give_the_same() {
        let in_order: String = (0..20_000).map(|i| format!("{i:05}\n")).collect();
        let mixed = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (i % 50);
        let spread: String = (0..20_000).map(|i| format!("{:x}\n", mixed(i))).collect();
        for (text, memory, has_runs) in [
            // Spread evenly; all beyond the first sample; so that one follows the other.
            (spread.clone(), 300_000, false),
            (in_order.clone(), 30_000, true),
            (spread + &in_order, 300_000, true),
        ] {
            let mut counts = limited(1, memory);
            counts.read(&mut text.as_bytes(), b'\n').unwrap();
            assert!(counts.spill.spilled().runs > 1);
            assert_eq!(counts.spill.has_runs(), has_runs);
            assert!(written(counts) == naive(text.as_bytes()));
        }
    }

    #[test]
    fn a_sum_that_grows_too_large_by_and_by_is_an_error_before_anything_is_written() {
        // The two large counts are far apart, whatever the memory: in two runs,
        // in two ranges, or in one table.
        let some: String = distinct(3_000)
            .lines()
            .map(|line| format!("1 {line}\n"))
            .collect();
        for (line, memory) in [
            ("a", 0),
            ("a", AMPLE),
            ("of middle length", 0),
            ("a line that is too long to be a key", 0),
        ] {
            let text = format!("{} {line}\n{some}1 {line}\n", u64::MAX);
            let mut counts = limited(1, memory);
            let merged = counts.merge(&mut text.as_bytes(), b'\n');
            let mut out = Vec::new();
            let result = merged.and_then(|()| counts.write(b' ', b'\n', &mut out).map(drop));
            let error = result.unwrap_err();
            assert!(
                matches!(&error, Error::TooLarge { line: found } if found == line.as_bytes()),
                "{error:?}"
            );
            assert_eq!(out, b"");

            let found = find_too_large(
                |found| found == line.as_bytes(),
                &mut 0,
                &mut text.as_bytes(),
                b'\n',
            );
            assert!(matches!(found, Err(Error::Line { number: 3_002, .. })));
            // Without the last record there is nothing wrong.
            let text = format!("{} {line}\n{some}", u64::MAX);
            let mut counts = limited(1, memory);
            counts.merge(&mut text.as_bytes(), b'\n').unwrap();
            assert!(!written(counts).is_empty());
        }
    }

    #[test]
    fn the_first_bad_record_is_named_whoever_reads_it() {
        let good: String = distinct(5_000)
            .lines()
            .map(|line| format!("2 {line}\n"))
            .collect();
        for threads in 1..4 {
            let text = format!("{good}x\n{good}\n{good}y\n");
            let error = limited(threads, 0)
                .merge(&mut text.as_bytes(), b'\n')
                .unwrap_err();
            assert_eq!(error.to_string(), "line 5001: no count before the line");
        }
    }

    /// Lines that are near one another in length and bytes, NULs included.
    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![10 => Just(b'a'), 1 => Just(0), 1 => Just(b'b'), 1 => Just(255), 3 => Just(b'\n')];
        let run = (byte, 1..30usize).prop_map(|(byte, n)| vec![byte; n]);
        prop::collection::vec(run, 0..100).prop_map(|runs| runs.concat())
    }

    /// Many different lines: tables overflow.
    fn many() -> impl Strategy<Value = Vec<u8>> {
        (0..2_000u64, 0..2_000u64).prop_map(|(a, b)| (distinct(a) + &distinct(b)).into_bytes())
    }

    fn any_lines() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![arbitrary::text(), lines(), many()]
    }

    /// Memory: none, little, or ample.
    fn memory() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), 0..100_000u64, Just(AMPLE)]
    }

    proptest! {
        #[test]
        fn as_an_ordered_map(text in any_lines(), cuts in arbitrary::cuts(), threads in 1..4usize, memory in memory()) {
            prop_assert_eq!(counted(limited(threads, memory), &text, cuts), naive(&text));
        }

        #[test]
        fn the_parts_add_up_to_the_whole(
            text in any_lines(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
            limits in prop::collection::vec((1..4usize, memory()), 10),
            order in any::<u64>(),
        ) {
            let ends: Vec<usize> = memchr::memchr_iter(b'\n', &text).map(|i| i + 1).chain([text.len()]).collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.get(&ends)).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let parts = cuts.windows(2).zip(limits.iter().skip(1));
            let mut parts: Vec<Vec<u8>> = parts
                .map(|(cut, &(threads, memory))| counted(limited(threads, memory), &text[cut[0]..cut[1]], vec![7]))
                .collect();
            let first = order as usize % parts.len();
            parts.rotate_left(first);
            let expected = naive(&text);

            let (threads, memory) = limits[0];
            let mut whole = limited(threads, memory);
            for part in &parts {
                whole.merge(&mut &part[..], b'\n').unwrap();
            }
            prop_assert_eq!(&written(whole), &expected);

            let inputs = parts.iter().map(|part| (String::new(), Ok(&part[..])));
            let mut out = Vec::new();
            merge_sorted(inputs, Limits::default(), b' ', b'\n', &mut out).unwrap();
            prop_assert_eq!(out, expected);
        }
    }
}

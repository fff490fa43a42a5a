//! The count itself: workers read, and at the end their lines are written.

use super::ingest::source::{Input, Source, padded};
use super::ingest::worker::{SharedSplitters, Worker};
use super::limits::{Limits, Report};
use super::output::sorter::{Format, Sorter};
use super::output::{self, write_runs};
use super::spill::Spill;
use super::spill::records::Records;
use super::store::hash::Seed;
use super::store::tables::Counted;
use super::threads;
use crate::common::error::Error;
use crate::common::stream::Blocks;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};

/// Distinct lines and how often each occurs.
///
/// ```
/// # use textmill::text::count::{Counts, Limits};
/// let mut counts = Counts::new(Limits::default());
/// counts.read(&mut "spam\nham\nspam\n".as_bytes(), b'\n')?;
/// // Partial counts add up.
/// counts.merge(&mut "2 ham\n".as_bytes(), b'\n')?;
/// let mut output = Vec::new();
/// let report = counts.write(b' ', b'\n', &mut output)?;
/// assert_eq!(output, b"3 ham\n2 spam\n");
/// assert_eq!(report.distinct, 2);
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Counts {
    seed: Seed,
    splitters: SharedSplitters,
    spill: Arc<Spill>,
    /// One for each thread. The first one works alone while the input is small.
    workers: Vec<Worker>,
    /// The bytes that the first worker has read alone.
    read_alone: usize,
}

impl Counts {
    /// No lines yet.
    pub fn new(limits: Limits) -> Self {
        let mut counts = Counts {
            seed: Seed::random(),
            splitters: SharedSplitters::default(),
            spill: Arc::new(Spill::new(limits)),
            workers: Vec::new(),
            read_alone: 0,
        };
        counts.add_worker();
        counts
    }

    /// The limits of the count.
    pub(super) fn limits(&self) -> &Limits {
        self.spill.limits()
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
        self.read_from(&Mutex::new(Source::new(input, terminator)), terminator)
    }

    /// The same, up to the next pause of a source.
    pub(super) fn read_from<I: Input + Send>(
        &mut self,
        source: &Mutex<Source<I>>,
        terminator: u8,
    ) -> Result<(), Error> {
        self.share_out(source, |worker, block| {
            let length = lock(source).next(block)?;
            worker.count(padded(block, length), terminator)?;
            Ok(length)
        })
    }

    /// Adds up the records `COUNT LINE` of an input.
    ///
    /// If a sum does not fit in 64 bits, this function or [`write`](Counts::write) fails:
    /// [`Error::TooLarge`] has the line, or [`Error::Line`] the number of the record.
    pub fn merge(&mut self, input: &mut (dyn Read + Send), terminator: u8) -> Result<(), Error> {
        self.merge_from(&Mutex::new(Source::new(input, terminator)), terminator)
    }

    /// The same, up to the next pause of a source.
    pub(super) fn merge_from<I: Input + Send>(
        &mut self,
        source: &Mutex<Source<I>>,
        terminator: u8,
    ) -> Result<(), Error> {
        self.share_out(source, |worker, block| {
            let (length, number) = lock(source).next_numbered(block)?;
            worker.merge(&block.text()[..length], terminator, number)?;
            Ok(length)
        })
    }

    /// Runs all workers on an input, each on a block at a time. `work` returns the
    /// size of its block in bytes; 0 at the end, at a pause, or at a line that is too long.
    fn share_out<I: Input + Send>(
        &mut self,
        source: &Mutex<Source<I>>,
        work: impl Fn(&mut Worker, &mut Blocks) -> Result<usize, Error> + Sync,
    ) -> Result<(), Error> {
        loop {
            lock(source).halt_beyond(self.spill.longest());
            self.share_out_up_to_long(source, &work)?;
            let Some(started) = lock(source).halted() else {
                return Ok(());
            };
            self.reserve(started)?;
        }
    }

    /// Reserves memory for a line that is longer than all before, of which `started` bytes
    /// were read. If it takes too much of each worker's share, fewer workers continue.
    fn reserve(&mut self, started: usize) -> Result<(), Error> {
        self.spill.reserve(started);
        let working = self.working();
        let (active, retired) = self.workers.split_at_mut(working);
        let retired = threads::each(retired.iter_mut().collect(), Worker::retire);
        let active = threads::each(active.iter_mut().collect(), Worker::reserve);
        retired.into_iter().chain(active).collect()
    }

    /// The number of workers that may work. A single one needs no budget.
    fn working(&self) -> usize {
        match self.workers.len() {
            1 => 1,
            n => n.min(self.spill.budget().workers()),
        }
    }

    /// The same as [`share_out`](Counts::share_out), up to a line that is too
    /// long. At first one worker works alone, then all of them.
    fn share_out_up_to_long<I: Input + Send>(
        &mut self,
        source: &Mutex<Source<I>>,
        work: impl Fn(&mut Worker, &mut Blocks) -> Result<usize, Error> + Sync,
    ) -> Result<(), Error> {
        let mut block = Blocks::new();
        while self.read_alone < self.spill.sizes().single_threaded
            || self.spill.budget().workers() == 1
        {
            match work(&mut self.workers[0], &mut block)? {
                0 => return Ok(()),
                length => self.read_alone += length,
            }
        }
        while self.workers.len() < self.spill.budget().workers() {
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
        // Blocks are read in order, so the first invalid line is among these.
        let place = |error: &Error| match error {
            Error::Line { number, .. } => *number,
            _ => u64::MAX,
        };
        let first = ended.into_iter().filter_map(Result::err).min_by_key(place);
        first.map_or(Ok(()), Err)
    }

    /// Writes the counts, in the order of the lines' bytes.
    ///
    /// Nothing is written until all sums are known to fit and all temporary files are
    /// written.
    pub fn write(
        mut self,
        separator: u8,
        terminator: u8,
        output: &mut dyn Write,
    ) -> Result<Report, Error> {
        let format = Format {
            separator,
            terminator,
        };
        let taken = self.take(usize::MAX)?;
        // The tables are not needed any more.
        self.workers.clear();
        let (spill, threads, may_overflow) = (&self.spill, taken.threads, taken.may_overflow);
        let Taken { lines, longest, .. } = taken;
        let sorter = taken.sorter(spill);
        let distinct = if spill.has_runs() {
            write_runs(spill, sorter, threads, may_overflow, format, output)?
        } else {
            if may_overflow {
                sorter.check()?;
            }
            sorter.write(format, output)?
        };
        let report = spill.report(lines, distinct);
        let limit = || spill.budget().limit as u64;
        let oversize = (report.runs > 0).then(|| (longest, limit()));
        let oversize = oversize.filter(|(longest, limit)| longest > limit);
        Ok(Report { oversize, ..report })
    }

    /// Takes the counts, as sorted streams of records, which are merged by the caller: each may
    /// have a part of the count of a line. The report has no distinct lines yet.
    pub(super) fn take_records(&mut self) -> Result<(Vec<Records<'static>>, Report), Error> {
        // Nothing to do, once in each interval without lines.
        if self.lines() == 0 {
            return Ok(Default::default());
        }
        let taken = self.take(1)?;
        let lines = taken.lines;
        let sorter = taken.sorter(&self.spill);
        let records = match self.spill.has_runs() {
            true => output::records(&self.spill, sorter)?,
            false => vec![Records::of(Arc::new(sorter).blocks(0, 1))],
        };
        Ok((records, self.spill.report(lines, 0)))
    }

    /// A copy of the counts, to be written while counting goes on. None if it may take more than
    /// `memory` bytes, if lines have left the tables, or if a sum may be too large.
    pub(super) fn copy(&self, memory: u64) -> Option<Sorter> {
        let size: usize = self.workers.iter().map(Worker::size).sum();
        if size as u64 > memory || self.spill.spilled().runs > 0 || self.may_overflow() {
            return None;
        }
        let splitters = self.workers[0].sample();
        let workers = self.workers.iter().collect();
        let counted = threads::each(workers, |worker: &Worker| worker.copy(&splitters));
        let counted = counted.into_iter().collect::<Option<_>>()?;
        let part_slots = self.spill.sizes().part_slots;
        Some(Sorter::new(counted, Default::default(), 1, part_slots))
    }

    /// The number of lines.
    pub(super) fn lines(&self) -> u64 {
        self.workers.iter().map(Worker::total_lines).sum()
    }

    /// Whether a sum may be too large: only if the sum of all counts is.
    fn may_overflow(&self) -> bool {
        let total: u128 = self.workers.iter().map(Worker::total).sum();
        total > u64::MAX.into()
    }

    /// Starts a new count within these limits, after the counts were taken. Tables keep their
    /// sizes, so that they need not grow again.
    pub(super) fn renew(&mut self, limits: Limits) {
        self.spill = Arc::new(Spill::new(limits));
        for worker in &mut self.workers {
            worker.renew(self.splitters.clone(), Arc::clone(&self.spill));
        }
    }

    /// Takes the lines of all workers. Up to `most` threads may sort them.
    fn take(&mut self, most: usize) -> Result<Taken, Error> {
        let mut threads = self.working().min(most);
        let lines = self.lines();
        let longest = self.workers.iter().map(Worker::longest).max().unwrap_or(0) as u64;
        let spill = &self.spill;
        let mut in_memory = self.workers.iter().map(Worker::size).sum();
        let may_overflow = self.may_overflow();
        // The sums are then checked with copies of the lines.
        let copies = if may_overflow { 2 } else { 1 };
        if !self.can_stay(in_memory * copies, threads) {
            let spilled = threads::each(self.workers.iter_mut().collect(), Worker::spill);
            spilled.into_iter().collect::<Result<(), Error>>()?;
            in_memory = 0;
        }
        if threads > 1 && !spill.has_runs() {
            let range = spill.largest_part();
            threads = spill.budget().sorting_threads(threads, in_memory, range);
        }
        let counted = threads::each(self.workers.iter_mut().collect(), Worker::take);
        Ok(Taken {
            counted: counted.into_iter().collect::<Result<_, Error>>()?,
            threads,
            may_overflow,
            lines,
            longest,
        })
    }

    /// Whether this many bytes of lines can stay in memory while they are written.
    fn can_stay(&self, in_memory: usize, threads: usize) -> bool {
        if self.spill.spilled().runs == 0 {
            return true;
        }
        let range = self.spill.largest_part();
        !self.spill.has_runs() && self.spill.budget().can_stay(in_memory, threads, range)
    }
}

/// The lines of all workers.
struct Taken {
    counted: Vec<Counted>,
    /// The number of threads that may sort and merge them.
    threads: usize,
    /// Whether a sum may be larger than 64 bits can represent.
    may_overflow: bool,
    /// The number of lines.
    lines: u64,
    /// The longest line that is too long to be a key, in bytes.
    longest: u64,
}

impl Taken {
    /// The lines by ranges, with those on disk that are not in runs.
    fn sorter(self, spill: &Spill) -> Sorter {
        let part_slots = spill.sizes().part_slots;
        Sorter::new(self.counted, spill.take_parts(), self.threads, part_slots)
    }
}

/// Locks the source of an input for one thread.
fn lock<R>(source: &Mutex<Source<R>>) -> MutexGuard<'_, Source<R>> {
    source.lock().expect("no panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::common::memory::Size;
    use crate::common::stream::Out;
    use crate::text::count::find_too_large;
    use crate::text::count::merge_sorted;
    use crate::text::count::sizes::Sizes;
    use crate::text::tally;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::num::NonZeroUsize;

    fn written(counts: Counts) -> Vec<u8> {
        let mut out = Vec::new();
        counts.write(b' ', b'\n', &mut out).unwrap();
        out
    }

    /// A count with these limits, and small sizes.
    fn limited(threads: usize, memory: u64) -> Counts {
        Counts::new(Limits {
            threads: NonZeroUsize::new(threads),
            memory: Some(Size::Bytes(memory)),
            sizes: Sizes::SMALL,
            ..Limits::default()
        })
    }

    /// More memory than any test needs.
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
            // Evenly distributed; all after the first sample; one after the other.
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
    fn a_sum_of_distant_counts_that_is_too_large_is_an_error_before_anything_is_written() {
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
            // The sum fits in 64 bits without the last record.
            let text = format!("{} {line}\n{some}", u64::MAX);
            let mut counts = limited(1, memory);
            counts.merge(&mut text.as_bytes(), b'\n').unwrap();
            assert!(!written(counts).is_empty());
        }
    }

    #[test]
    fn the_first_bad_record_is_named_by_any_number_of_threads() {
        let good: String = distinct(5_000)
            .lines()
            .map(|line| format!("2 {line}\n"))
            .collect();
        for threads in 1..4 {
            let text = format!("{good}x\n{good}\n{good}y\n");
            let error = limited(threads, 0)
                .merge(&mut text.as_bytes(), b'\n')
                .unwrap_err();
            assert_eq!(
                error.to_string(),
                "line 5001: no count before the line: 'x'"
            );
        }
    }

    /// Lines of similar length and bytes, NULs included.
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

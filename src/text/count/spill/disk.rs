//! When and where lines are spilled.
//!
//! If there are too many runs, the smallest half of them is merged to one, so the
//! number of open files stays small. Each line is then written again once for
//! about 64 times the input.
//!
//! Some memory depends on the length of lines: a block with a long line, and a block
//! of each run that is merged. The budget includes it. If lines turn out to be longer
//! than a small part of a worker's share, fewer workers continue.

use super::loser_tree::{Merge, Sorted};
use super::parts::{self, Parts};
use super::records::Records;
use super::run::{self, Run};
use super::run_writer::RunWriter;
use crate::common::error::Error;
use crate::common::stream::GROWTH;
use crate::text::count::budget::{Budget, ORDINARY};
use crate::text::count::limits::{Limits, Report};
use crate::text::count::sizes::Sizes;
use crate::text::count::store::arena::Arenas;
use crate::text::count::store::lines::Lines;
use rustix::process::{Resource, getrlimit};
use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

/// The number of threads by default is that of the processors, but at most this.
const DEFAULT_THREADS: usize = 4;

/// The budget of a count, and the lines that it has spilled.
#[derive(Debug)]
pub struct Spill {
    limits: Limits,
    /// The budget for ordinary lines, once it is needed.
    budget: OnceLock<Budget>,
    /// The longest line in bytes.
    longest: AtomicUsize,
    directories: Vec<Arc<Path>>,
    runs: Mutex<Runs>,
    parts: Mutex<Parts>,
}

/// The runs that were written.
#[derive(Debug, Default)]
struct Runs {
    all: Vec<Run>,
    spilled: Spilled,
    /// The number of runs that were started.
    started: usize,
}

/// How much was spilled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spilled {
    /// The number of runs, merged ones included.
    pub runs: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Spill {
    /// Nothing is spilled yet. The directories of the limits are used in turn.
    pub fn new(limits: Limits) -> Self {
        let directories = limits.directories();
        Spill {
            limits,
            budget: OnceLock::new(),
            longest: AtomicUsize::new(ORDINARY),
            directories,
            runs: Mutex::default(),
            parts: Mutex::default(),
        }
    }

    /// The limits of the count.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The sizes of the count.
    pub fn sizes(&self) -> &Sizes {
        &self.limits.sizes
    }

    /// The budget for the longest line up to now.
    pub fn budget(&self) -> Budget {
        // The machine is asked only when the budget is needed, because that takes half as long
        // as to count a few lines.
        let budget = self.budget.get_or_init(|| {
            let default = || {
                let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
                // One of them decodes.
                let decoders = usize::from(self.limits.decoders.taken() > 0);
                (processors - decoders.min(processors - 1)).min(DEFAULT_THREADS)
            };
            let threads = self.limits.threads.map_or_else(default, NonZeroUsize::get);
            let limit = self.limits.memory().bytes_now();
            let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
            Budget::new(limit, threads, files, self.sizes())
        });
        budget
            .with_longest(self.longest())
            .beside_decoders(self.limits.decoders.taken())
    }

    /// The longest line, in bytes, for which memory is reserved.
    pub fn longest(&self) -> usize {
        self.longest.load(Ordering::Relaxed)
    }

    /// Reserves memory for a longer line, while no worker counts: `started` bytes of it were
    /// read. It may well continue, so there is memory for some more of it.
    pub fn reserve(&self, started: usize) {
        let longest = started.saturating_add(started / GROWTH);
        self.longest.fetch_max(longest, Ordering::Relaxed);
    }

    /// How much was spilled so far.
    pub fn spilled(&self) -> Spilled {
        self.runs.lock().expect("no panic").spilled
    }

    /// Starts a run.
    pub fn writer(&self) -> Result<RunWriter, Error> {
        self.runs
            .lock()
            .expect("no panic")
            .writer(&self.directories)
    }

    /// Adds a run. If there are too many now, some are merged, in the memory of the worker that
    /// wrote it.
    pub fn add(&self, run: Run) -> Result<(), Error> {
        let mut runs = self.runs.lock().expect("no panic");
        runs.add(run);
        let budget = self.budget();
        while runs.all.len() >= budget.runs {
            // Half of them, so that the next merge is far away.
            let most = (budget.runs / 2).max(2);
            runs.merge_smallest(most, budget.intermediate_merge(), &self.directories)?;
        }
        Ok(())
    }

    /// Merges sorted inputs to a run.
    pub fn write_merged<S: Sorted>(&self, inputs: Vec<S>) -> Result<(), Error> {
        let mut writer = self.writer()?;
        merge(inputs, &mut writer)?;
        self.add(writer.run()?)
    }

    /// Writes lines range by range, if every range can be read back as a whole, with the
    /// parts of it that were written before. Returns whether it can.
    pub fn write_parts(&self, ranges: &mut Vec<Lines>, arenas: Arenas) -> Result<bool, Error> {
        let sizes = ranges.iter().map(|lines| lines.footprint(arenas));
        let sizes = sizes.collect();
        let most = self.budget().largest_range();
        if !self.parts.lock().expect("no panic").reserve(sizes, most) {
            return Ok(false);
        }
        let mut writer = self.part_writer()?;
        let before = writer.size();
        let starts = parts::write(std::mem::take(ranges), arenas, &mut writer)?;
        let bytes = writer.size() - before;
        let run = writer.run()?;
        self.runs.lock().expect("no panic").note(bytes);
        self.parts
            .lock()
            .expect("no panic")
            .add(starts, run, writer);
        Ok(true)
    }

    /// The file for the next parts. There is one for each directory, and one for each worker
    /// that writes.
    fn part_writer(&self) -> Result<RunWriter, Error> {
        let most = self.directories.len().min(self.budget().runs);
        let idle = self.parts.lock().expect("no panic").writer(most);
        idle.map_or_else(|| self.writer(), Ok)
    }

    /// The memory of the largest range on disk in bytes.
    pub fn largest_part(&self) -> usize {
        self.parts.lock().expect("no panic").largest()
    }

    /// Takes all ranges on disk.
    pub fn take_parts(&self) -> Parts {
        std::mem::take(&mut *self.parts.lock().expect("no panic"))
    }

    /// The report on the count.
    pub fn report(&self, lines: u64, distinct: u64) -> Report {
        let Spilled { runs, bytes } = self.spilled();
        Report {
            lines,
            distinct,
            runs,
            spilled: bytes,
            oversize: None,
        }
    }

    /// The size of the largest block of any run, in bytes.
    pub fn largest_block(&self) -> usize {
        let runs = self.runs.lock().expect("no panic");
        run::largest_block(&runs.all)
    }

    /// Whether there are runs.
    pub fn has_runs(&self) -> bool {
        !self.runs.lock().expect("no panic").all.is_empty()
    }

    /// Takes all runs, merged until one block of each fits into `memory` bytes.
    pub fn take(&self, memory: usize) -> Result<Vec<Run>, Error> {
        let mut runs = self.runs.lock().expect("no panic");
        // Two can always be read at once.
        while runs.all.len() > 2 && size_of_all(&runs.all) > memory {
            runs.merge_smallest(usize::MAX, memory, &self.directories)?;
        }
        Ok(std::mem::take(&mut runs.all))
    }
}

impl Runs {
    fn writer(&mut self, directories: &[Arc<Path>]) -> Result<RunWriter, Error> {
        self.started += 1;
        RunWriter::new(&directories[self.started % directories.len()])
    }

    fn add(&mut self, run: Run) {
        self.note(run.size);
        self.all.push(run);
    }

    /// Notes that a run of this size was written.
    fn note(&mut self, bytes: u64) {
        self.spilled.runs += 1;
        self.spilled.bytes += bytes;
    }

    /// Merges the smallest runs to one, as these take the fewest bytes to write again: at most
    /// `most` of them, as far as one block of each fits into `memory` bytes, but at least two.
    fn merge_smallest(
        &mut self,
        most: usize,
        memory: usize,
        directories: &[Arc<Path>],
    ) -> Result<(), Error> {
        self.all.sort_by_key(|run| Reverse(run.size));
        let (mut some, mut taken) = (Vec::new(), 0);
        while let Some(run) = self
            .all
            .pop_if(|run| some.len() < 2 || some.len() < most && taken + run.largest <= memory)
        {
            taken += run.largest;
            some.push(run);
        }
        let mut writer = self.writer(directories)?;
        merge(all_records(some), &mut writer)?;
        self.add(writer.run()?);
        Ok(())
    }
}

/// Merges inputs to a run.
fn merge<S: Sorted>(inputs: Vec<S>, writer: &mut RunWriter) -> Result<(), Error> {
    Merge::new(inputs)?.each(|count, line| writer.put(count, line, line.len()))
}

/// The records of each run.
pub fn all_records(runs: Vec<Run>) -> Vec<Records<'static>> {
    runs.into_iter().map(Run::records).collect()
}

/// The memory for one block of each run.
pub fn size_of_all(runs: &[Run]) -> usize {
    runs.iter().map(|run| run.largest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::memory::Size;
    use std::fs;

    fn spill(limit: u64, directory: &Path) -> Spill {
        Spill::new(Limits {
            memory: Some(Size::Bytes(limit)),
            threads: NonZeroUsize::new(1),
            directories: vec![directory.into()],
            sizes: Sizes::SMALL,
            ..Limits::default()
        })
    }

    /// A run of some lines, each counted once.
    fn add(spill: &Spill, lines: &[String]) {
        let mut writer = spill.writer().unwrap();
        for line in lines {
            writer.put(1, line.as_bytes(), line.len()).unwrap();
        }
        spill.add(writer.run().unwrap()).unwrap();
    }

    fn lines(spill: &Spill) -> Vec<(String, u64)> {
        let mut lines = Vec::new();
        let records = all_records(spill.take(spill.budget().limit).unwrap());
        let put = |count, line: &[u8]| {
            lines.push((String::from_utf8_lossy(line).into_owned(), count));
            Ok::<_, Error>(())
        };
        Merge::new(records).unwrap().each(put).unwrap();
        lines
    }

    #[test]
    fn few_of_many_runs_are_open() {
        let directory = tempfile::tempdir().unwrap();
        let spill = spill(1 << 30, directory.path());
        for i in 0..1000 {
            add(&spill, &[format!("{i:04}"), "x".to_string()]);
            assert!(spill.runs.lock().unwrap().all.len() < Sizes::SMALL.runs);
        }
        let spilled = spill.spilled();
        assert!((1300..1400).contains(&spilled.runs), "{spilled:?}");
        // Merging the smallest each time, a line is written log 1000 times.
        assert!(spilled.bytes < 10 * 1000 * 30, "{spilled:?}");
        let lines = lines(&spill);
        assert_eq!(lines.len(), 1001);
        assert_eq!(lines[7], ("0007".to_string(), 1));
        assert_eq!(lines[1000], ("x".to_string(), 1000));
    }

    #[test]
    fn very_long_lines_are_merged_two_runs_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let spill = spill(1 << 10, directory.path());
        let long = |i: u8| char::from(i).to_string().repeat(1 << 12);
        for letter in (b'a'..=b'z').rev() {
            add(&spill, &[long(letter)]);
        }
        let expected: Vec<_> = (b'a'..=b'z').map(|letter| (long(letter), 1)).collect();
        assert!(lines(&spill) == expected);
    }

    #[test]
    fn fewer_workers_continue_if_lines_are_long() {
        let spill = Spill::new(Limits {
            memory: Some(Size::Bytes(64 << 20)),
            threads: NonZeroUsize::new(8),
            ..Limits::default()
        });
        for (started, workers) in [(ORDINARY, 8), (1 << 19, 8), (2 << 20, 3), (20 << 20, 1)] {
            spill.reserve(started);
            assert_eq!(spill.budget().workers(), workers, "{started} bytes");
            assert!(spill.longest() > started);
            assert!(spill.budget().share().lines > 0);
        }
        // A shorter one makes no difference.
        spill.reserve(1 << 20);
        assert_eq!(spill.budget().workers(), 1);
    }

    #[test]
    fn files_have_no_names_and_an_error_names_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let spill = spill(0, directory.path());
        add(&spill, &["a".to_string()]);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);

        let missing = directory.path().join("missing");
        let error = self::spill(0, &missing).writer().unwrap_err();
        let expected = format!("{}: No such file or directory", missing.display());
        assert_eq!(error.to_string(), expected);
    }
}

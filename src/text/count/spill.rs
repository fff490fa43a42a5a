//! What does not fit in memory: temporary files.
//!
//! A worker that has used up its share of the memory writes all it holds, by
//! ranges (`parts`) or else as a run, and begins anew. When there are too many runs the smallest half of them
//! is merged to one, so the number of open files stays small; and each line is
//! written again once for about 64 times the input.
//!
//! Some memory depends on how long lines are: a block that holds one, and a block
//! of each run that is merged. It is part of the account. Where lines turn out
//! to be longer than a small part of what a worker may take, fewer workers go on.

use super::arena::Arenas;
use super::lines::Lines;
use super::merge::{Merge, Sorted};
use super::parts::{self, Parts};
use super::run::{self, Records, Run, RunWriter};
use super::{Report, THREADS};
use crate::common::error::Error;
use crate::common::memory::{self, Size};
use crate::common::stream::{self, GROWTH};
use rustix::process::{Resource, getrlimit};
use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

/// How many runs there are at the most before some are merged. (Few in tests,
/// so that there are levels.)
const RUNS: usize = if cfg!(test) { 8 } else { 128 };

/// How many files may be open besides the runs and one for each worker:
/// standard streams, an input, a run that others are merged to, and some more.
const OTHER_FILES: usize = 8;

/// The least memory that a worker is given, in bytes: with less, its runs would
/// not be worth it. (Hardly any in tests, so that they spill.)
const LEAST: usize = if cfg!(test) { 1 } else { 1 << 20 };

/// There are more workers than one only where each gets so much memory, in bytes.
const WORTH_A_WORKER: usize = 4 * LEAST;

/// And where the longest line fits so often into that: it is in a block, may be
/// in the blocks of some runs that are merged, and there should be many in memory.
const LINES: usize = 8;

/// How long a line may be, in bytes, and take no memory but that for
/// [`OVERHEAD`].
const ORDINARY: usize = stream::BLOCK;

/// How much memory a worker takes besides what it counts, in bytes: a block,
/// its stack, and what it writes.
const OVERHEAD: usize = LEAST / 4;

/// How often a line may be in memory where two runs are merged to the answer:
/// in a block of each, in the block that a range is read from, as the one that
/// is added up, and in the output.
pub const MERGED: usize = 5;

/// Where runs go, and when.
#[derive(Debug)]
pub struct Spill {
    memory: Size,
    /// How many workers there may be, if that was said.
    threads: Option<NonZeroUsize>,
    /// What that comes to, once somebody needs to know.
    plan: OnceLock<Plan>,
    /// How long lines may be, in bytes.
    longest: AtomicUsize,
    directories: Vec<Arc<Path>>,
    runs: Mutex<Runs>,
    parts: Mutex<Parts>,
}

/// How the means of the machine are shared out.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// How much memory there is for all, in bytes.
    limit: usize,
    /// Among how many workers.
    workers: usize,
    /// How many runs there are before some are merged.
    runs: usize,
}

/// The runs that were written.
#[derive(Debug, Default)]
struct Runs {
    all: Vec<Run>,
    spilled: Spilled,
    /// How many were begun.
    begun: usize,
}

/// How much was spilled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spilled {
    /// How many runs were written, merged ones included.
    pub runs: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Spill {
    /// Nothing has been spilled: so many workers, or as many as are of use, may
    /// together take so much memory; runs go to these directories in turn.
    pub fn new(memory: Size, threads: Option<NonZeroUsize>, directories: Vec<PathBuf>) -> Self {
        Spill {
            memory,
            threads,
            plan: OnceLock::new(),
            longest: AtomicUsize::new(ORDINARY),
            directories: directories.into_iter().map(Arc::from).collect(),
            runs: Mutex::default(),
            parts: Mutex::default(),
        }
    }

    /// Asks the machine only when somebody needs to know: that takes half of the
    /// time that counting a few lines does.
    fn plan(&self) -> Plan {
        *self.plan.get_or_init(|| {
            let default = || thread::available_parallelism().map_or(1, |n| n.get().min(4));
            let threads = self.threads.map_or_else(default, NonZeroUsize::get);
            let limit = self.memory.bytes(memory::available());
            let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(LEAST);
            let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
            let files = usize::try_from(files).unwrap_or(usize::MAX);
            let workers = threads.min(THREADS).min(limit / WORTH_A_WORKER);
            let workers = workers.min(files / 4).max(1);
            // Half of the files for runs, half for inputs that are merged.
            let runs = files.saturating_sub(OTHER_FILES + workers) / 2;
            Plan {
                limit,
                workers,
                runs: runs.clamp(2, RUNS),
            }
        })
    }

    /// How much memory there is for all, in bytes.
    pub fn limit(&self) -> usize {
        self.plan().limit
    }

    /// How long lines may be, in bytes, until longer ones are foreseen.
    pub fn longest(&self) -> usize {
        self.longest.load(Ordering::Relaxed)
    }

    /// Lines may be longer than that, while nobody counts: a line has begun that
    /// is. It may well go on, so there is memory for some more of it.
    pub fn foresee(&self, begun: usize) {
        let longest = begun.saturating_add(begun / GROWTH);
        self.longest.fetch_max(longest, Ordering::Relaxed);
    }

    /// How much memory a copy of the longest line takes, in bytes, beyond that of
    /// an ordinary one.
    pub fn line(&self) -> usize {
        self.longest() - ORDINARY
    }

    /// How much memory the block takes that a worker reads from, in bytes, beyond
    /// that of ordinary lines.
    pub fn block(&self) -> usize {
        self.line() + self.line() / GROWTH
    }

    /// How many workers that memory is enough for.
    pub fn workers(&self) -> usize {
        let Plan { limit, workers, .. } = self.plan();
        let line = self.line().max(1);
        workers.min(limit / LINES / line).max(1)
    }

    /// How many inputs may be merged at once.
    pub fn fan_in(&self) -> usize {
        self.plan().runs
    }

    /// How much memory there is for each worker, in bytes.
    pub fn share(&self) -> usize {
        let (limit, workers) = (self.limit(), self.workers());
        let overhead = if workers > 1 { OVERHEAD } else { 0 };
        (limit / workers).saturating_sub(overhead).max(LEAST)
    }

    /// How much was spilled up to now.
    pub fn spilled(&self) -> Spilled {
        self.runs.lock().expect("no panic").spilled
    }

    /// Begins a run.
    pub fn writer(&self) -> Result<RunWriter, Error> {
        self.runs
            .lock()
            .expect("no panic")
            .writer(&self.directories)
    }

    /// Adds a run that was written. Where there are too many by now, some are
    /// merged, in the memory of the worker that wrote it, which is free.
    pub fn add(&self, run: Run) -> Result<(), Error> {
        let mut runs = self.runs.lock().expect("no panic");
        runs.add(run);
        while runs.all.len() >= self.fan_in() {
            // Half of them, so that it is a while until the next time.
            let most = (self.fan_in() / 2).max(2);
            runs.merge_smallest(most, self.share() / 2, &self.directories)?;
        }
        Ok(())
    }

    /// Writes a run of what sorted inputs give together.
    pub fn write_merged<S: Sorted>(&self, inputs: Vec<S>) -> Result<(), Error> {
        let mut writer = self.writer()?;
        merge(inputs, &mut writer)?;
        self.add(writer.run()?)
    }

    /// Writes these lines, range by range, if every range can be read back as a
    /// whole, with what was written of it before; whether it can.
    pub fn write_parts(&self, ranges: &mut Vec<Lines>, arenas: Arenas) -> Result<bool, Error> {
        let sizes = ranges.iter().map(|lines| lines.size(arenas)).collect();
        // And beside runs that are merged, if it comes to that.
        let beside = MERGED * self.line();
        let most = (self.share() / 2).min(self.limit().saturating_sub(beside));
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

    /// Where the next parts go: a file of its own for each directory, and for
    /// each worker that writes.
    fn part_writer(&self) -> Result<RunWriter, Error> {
        let most = self.directories.len().min(self.fan_in());
        let idle = self.parts.lock().expect("no panic").writer(most);
        idle.map_or_else(|| self.writer(), Ok)
    }

    /// How much memory it takes to read back any range, in bytes.
    pub fn largest_part(&self) -> usize {
        self.parts.lock().expect("no panic").largest()
    }

    /// All that was written by ranges.
    pub fn take_parts(&self) -> Parts {
        std::mem::take(&mut *self.parts.lock().expect("no panic"))
    }

    /// A report on a count that took as much as this.
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

    /// All runs, merged as far as is needed to read them at once, in so much
    /// memory.
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
        self.begun += 1;
        RunWriter::new(&directories[self.begun % directories.len()])
    }

    fn add(&mut self, run: Run) {
        self.note(run.size);
        self.all.push(run);
    }

    /// Notes that so many bytes were written.
    fn note(&mut self, bytes: u64) {
        self.spilled.runs += 1;
        self.spilled.bytes += bytes;
    }

    /// Merges the smallest runs to one, at most so many, as far as they can be
    /// read at once in so much memory; two at the least. These are the least to
    /// write again.
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
        merge(records(some), &mut writer)?;
        self.add(writer.run()?);
        Ok(())
    }
}

/// Merges inputs to a run.
fn merge<S: Sorted>(inputs: Vec<S>, writer: &mut RunWriter) -> Result<(), Error> {
    Merge::new(inputs)?.each(|count, line| writer.put(count, line, line.len()))
}

/// The records of all these runs.
pub fn records(runs: Vec<Run>) -> Vec<Records> {
    runs.into_iter().map(Run::records).collect()
}

/// How much memory it takes to read these runs at once.
pub fn size_of_all(runs: &[Run]) -> usize {
    runs.iter().map(|run| run.largest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn spill(limit: u64, directory: &Path) -> Spill {
        Spill::new(
            Size::Bytes(limit),
            NonZeroUsize::new(1),
            vec![directory.into()],
        )
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
        let records = records(spill.take(spill.limit()).unwrap());
        let put = |count, line: &[u8]| {
            lines.push((String::from_utf8_lossy(line).into_owned(), count));
            Ok(())
        };
        Merge::new(records).unwrap().each(put).unwrap();
        lines
    }

    #[test]
    fn however_many_runs_there_are_few_are_open() {
        let directory = tempfile::tempdir().unwrap();
        let spill = spill(1 << 30, directory.path());
        for i in 0..1000 {
            add(&spill, &[format!("{i:04}"), "x".to_string()]);
            assert!(spill.runs.lock().unwrap().all.len() < RUNS);
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
    fn lines_too_large_to_hold_many_of_are_merged_by_twos() {
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
    fn fewer_workers_go_on_where_lines_are_long() {
        let spill = Spill::new(Size::Bytes(64 << 20), NonZeroUsize::new(8), Vec::new());
        for (begun, workers) in [(ORDINARY, 8), (1 << 19, 8), (2 << 20, 3), (20 << 20, 1)] {
            spill.foresee(begun);
            assert_eq!(spill.workers(), workers, "{begun} bytes");
            assert!(spill.longest() > begun);
            let share = spill.share();
            assert!(workers * share <= 64 << 20 && share > spill.block());
        }
        // A shorter one makes no difference.
        spill.foresee(1 << 20);
        assert_eq!(spill.workers(), 1);
    }

    #[test]
    fn files_have_no_names_and_a_directory_that_fails_is_named() {
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

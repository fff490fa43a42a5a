//! What does not fit in memory: sorted runs in temporary files.
//!
//! A worker that has used up its share of the memory writes all it holds as a
//! run and begins anew. When there are many runs they are merged to one, these
//! in turn when there are many of them, and so on: each line is written again
//! once for every level, of which there is one more for 64 times the input, and
//! the number of open files stays small.

use super::Report;
use super::merge::{Merge, Sorted};
use super::run::{self, Records, Run, RunWriter};
use crate::error::Error;
use crate::memory::{self, Size};
use crate::stream::Out;
use rustix::process::{Resource, getrlimit};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// How many runs are merged at once at the most. (Few in tests, so that there
/// are levels.)
const FAN_IN: usize = if cfg!(test) { 4 } else { 128 };

/// Of the files that a process may have open, one of so many may be a run of
/// one level.
const OF_OPEN_FILES: usize = 4;

/// The least memory that a worker takes, in bytes. (Hardly any in tests, so that they
/// spill.)
const LEAST: usize = if cfg!(test) { 1 } else { 1 << 20 };

/// Where runs go, and when.
#[derive(Debug)]
pub struct Spill {
    limit: Size,
    /// The limit in bytes, once somebody needs to know.
    bytes: OnceLock<usize>,
    /// Among how many workers the memory is shared out.
    workers: usize,
    directories: Vec<Arc<Path>>,
    /// How many runs are merged at once at the most.
    fan_in: usize,
    runs: Mutex<Runs>,
}

/// The runs that were written.
#[derive(Debug, Default)]
struct Runs {
    /// Those of each level: at the first as they were spilled, at the next
    /// merged from these, and so on.
    levels: Vec<Vec<Run>>,
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
    /// Nothing has been spilled: so many workers may together take so much
    /// memory, runs go to these directories in turn.
    pub fn new(limit: Size, workers: usize, directories: Vec<PathBuf>) -> Self {
        Spill {
            limit,
            bytes: OnceLock::new(),
            workers,
            directories: directories.into_iter().map(Arc::from).collect(),
            fan_in: fan_in(),
            runs: Mutex::default(),
        }
    }

    /// How much memory there is for all, in bytes.
    pub fn limit(&self) -> usize {
        *self.bytes.get_or_init(|| {
            let bytes = self.limit.bytes(memory::available());
            usize::try_from(bytes).unwrap_or(usize::MAX)
        })
    }

    /// How much memory there is for each worker, in bytes: at least what it
    /// needs to write runs that are worth it.
    pub fn share(&self) -> usize {
        (self.limit() / self.workers).max(LEAST)
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

    /// Adds a run that was written. Where there are many by now, they are
    /// merged, in the memory of the worker that wrote it, which is free.
    pub fn add(&self, run: Run) -> Result<(), Error> {
        let mut runs = self.runs.lock().expect("no panic");
        let mut run = runs.note(run);
        for level in 0.. {
            if level == runs.levels.len() {
                runs.levels.push(Vec::new());
            }
            runs.levels[level].push(run);
            if !self.is_full(&runs.levels[level], self.share() / 2) {
                break;
            }
            let full = std::mem::take(&mut runs.levels[level]);
            run = runs.merge(full, &self.directories)?;
        }
        Ok(())
    }

    /// Writes a run of what sorted inputs give together.
    pub fn write<S: Sorted>(&self, inputs: Vec<S>) -> Result<(), Error> {
        let mut writer = self.writer()?;
        merge(inputs, |block| writer.take(block))?;
        self.add(writer.finish())
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

    /// All runs, merged as far as is needed to read them at once.
    pub fn take(&self) -> Result<Vec<Run>, Error> {
        let mut runs = self.runs.lock().expect("no panic");
        let mut all: Vec<Run> = runs.levels.drain(..).flatten().collect();
        while self.is_too_many(&all, self.limit()) {
            // The smallest first: these are the least to write again.
            all.sort_by_key(|run| std::cmp::Reverse(run.size));
            let mut some = Vec::new();
            while let Some(run) = all.pop() {
                some.push(run);
                if self.is_full(&some, self.limit()) {
                    break;
                }
            }
            let run = runs.merge(some, &self.directories)?;
            all.push(run);
        }
        Ok(all)
    }

    /// How many inputs may be merged at once.
    pub fn fan_in(&self) -> usize {
        self.fan_in
    }

    /// Whether these runs are as many as are merged at once: for the number of
    /// open files, or for the memory that the reading takes.
    fn is_full(&self, runs: &[Run], memory: usize) -> bool {
        runs.len() >= self.fan_in || runs.len() >= 2 && size_of_all(runs) > memory
    }

    /// Whether these runs are more than can be read at once. Two always can.
    fn is_too_many(&self, runs: &[Run], memory: usize) -> bool {
        runs.len() > self.fan_in || runs.len() > 2 && size_of_all(runs) > memory
    }
}

impl Runs {
    fn writer(&mut self, directories: &[Arc<Path>]) -> Result<RunWriter, Error> {
        self.begun += 1;
        RunWriter::new(&directories[self.begun % directories.len()])
    }

    fn note(&mut self, run: Run) -> Run {
        self.spilled.runs += 1;
        self.spilled.bytes += run.size;
        run
    }

    /// Merges runs to one.
    fn merge(&mut self, runs: Vec<Run>, directories: &[Arc<Path>]) -> Result<Run, Error> {
        let mut writer = self.writer(directories)?;
        merge(records(runs), |block| writer.take(block))?;
        Ok(self.note(writer.finish()))
    }
}

/// Merges inputs to the blocks of one run, each of which is taken away by `take`.
pub fn merge<S: Sorted>(
    inputs: Vec<S>,
    mut take: impl FnMut(&mut Out) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut block = Out::default();
    Merge::new(inputs)?.each(|count, line| {
        run::put(count, line, &mut block);
        match block.as_slice().len() >= run::BLOCK {
            true => take(&mut block),
            false => Ok(()),
        }
    })?;
    match block.as_slice().is_empty() {
        true => Ok(()),
        false => take(&mut block),
    }
}

/// The records of all these runs.
pub fn records(runs: Vec<Run>) -> Vec<Records> {
    runs.into_iter().map(Run::records).collect()
}

/// How many runs are merged at once: as many as the limit on open files allows
/// for a few levels of them.
fn fan_in() -> usize {
    let open = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let open = usize::try_from(open).unwrap_or(usize::MAX);
    (open / OF_OPEN_FILES).clamp(2, FAN_IN)
}

/// How much memory it takes to read these runs at once.
fn size_of_all(runs: &[Run]) -> usize {
    runs.iter().map(|run| run.largest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn spill(limit: u64, directory: &Path) -> Spill {
        Spill::new(Size::Bytes(limit), 1, vec![directory.into()])
    }

    /// A run of some lines, each counted once.
    fn add(spill: &Spill, lines: &[String]) {
        let mut writer = spill.writer().unwrap();
        let mut block = Out::default();
        for line in lines {
            run::put(1, line.as_bytes(), &mut block);
        }
        writer.take(&mut block).unwrap();
        spill.add(writer.finish()).unwrap();
    }

    fn lines(spill: &Spill) -> Vec<(String, u64)> {
        let mut lines = Vec::new();
        let records = records(spill.take().unwrap());
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
            let open: usize = spill.runs.lock().unwrap().levels.iter().map(Vec::len).sum();
            assert!(open <= 5 * FAN_IN, "{open}");
        }
        let spilled = spill.spilled();
        assert!((1300..1400).contains(&spilled.runs), "{spilled:?}");
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

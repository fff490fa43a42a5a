//! What does not fit in memory, range by range.
//!
//! A worker that has used up its share of the memory writes all it holds, one
//! range of lines after the other, in no order within a range. In the end each
//! range is read back as a whole, from all places where there is some of it,
//! and sorted there as one that never left. So a line is written and read once,
//! and sorted once: a third less work than to write sorted runs and merge them.
//!
//! That is possible only where each range fits into the memory of one thread:
//! where its lines are spread over the ranges as the sample foretold, and up to
//! some 100 times the memory. What comes beyond that goes to sorted runs.

use super::arena::{Arena, Arenas};
use super::lines::{Lines, Size};
use super::merge::Sorted;
use super::run::{self, Run, RunWriter};
use crate::error::Error;
use crate::stream::Out;
use std::collections::VecDeque;

/// Parts of ranges in files.
#[derive(Debug, Default)]
pub struct Parts {
    /// What each range takes in memory.
    sizes: Vec<Size>,
    /// Files, and where the part of each range begins there, and the last one ends.
    written: Vec<(Run, Vec<u64>)>,
    /// Files that nobody writes to.
    idle: VecDeque<RunWriter>,
    /// How many files there are.
    files: usize,
}

impl Parts {
    /// Sees to it that these sizes of the ranges can be added, if no range then
    /// takes more than `most` bytes; whether that is so.
    pub fn reserve(&mut self, mut sizes: Vec<Size>, most: usize) -> bool {
        for (size, more) in self.sizes.iter().zip(&mut sizes) {
            *more = more.and(*size);
        }
        let fit = sizes.iter().all(|size| size.bytes() <= most);
        if fit {
            self.sizes = sizes;
        }
        fit
    }

    /// An idle file, once there are so many; else one more is to be made.
    pub fn writer(&mut self, most: usize) -> Option<RunWriter> {
        let idle = match self.files < most {
            true => None,
            false => self.idle.pop_front(),
        };
        self.files += usize::from(idle.is_none());
        idle
    }

    /// Adds parts that were written, which begin there.
    pub fn add(&mut self, starts: Vec<u64>, writer: RunWriter) {
        self.written.push((writer.run(), starts));
        self.idle.push_back(writer);
    }

    /// How many ranges there are; 0 if nothing was written.
    pub fn ranges(&self) -> usize {
        self.sizes.len()
    }

    /// What the largest range takes, in bytes.
    pub fn largest(&self) -> usize {
        self.sizes
            .iter()
            .map(|size| size.bytes())
            .max()
            .unwrap_or(0)
    }

    /// Reads a range, to be added to these lines. Long ones stand in the arena that comes with them.
    pub fn load(&self, range: usize, lines: &mut Lines) -> Result<Arena, Error> {
        let mut arena = Arena::default();
        let Some(&size) = self.sizes.get(range) else {
            return Ok(arena);
        };
        lines.reserve(size);
        arena.reserve(size.arena);
        let parts = self.written.iter().map(|(run, starts)| {
            let part = starts[range]..starts[range + 1];
            (run.clone(), part)
        });
        let mut records = run::records_of(parts.collect());
        while records.advance()? {
            let (line, padded) = records.padded();
            lines.push(records.count(), line, padded, &mut arena);
        }
        Ok(arena)
    }
}

/// Writes ranges, one after the other; where each begins, and the last one ends.
pub fn write(
    ranges: Vec<Lines>,
    arenas: Arenas,
    writer: &mut RunWriter,
) -> Result<Vec<u64>, Error> {
    let mut starts = vec![writer.size()];
    let mut block = Out::default();
    for lines in ranges {
        lines.each(arenas, |count, line, length| {
            run::put_padded(count, line, length, &mut block);
            match block.as_slice().len() >= run::BLOCK {
                true => writer.take(&mut block),
                false => Ok(()),
            }
        })?;
        if !block.as_slice().is_empty() {
            writer.take(&mut block)?;
        }
        starts.push(writer.size());
    }
    Ok(starts)
}

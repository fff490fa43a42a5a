//! Ranges of lines in files.
//!
//! When a worker has used up its share of the memory, it writes its lines range
//! by range, unsorted within a range. At the end each range is read back as a
//! whole, from all its parts, and is sorted in memory. So each line is written,
//! read and sorted once: a third less work than to write sorted runs and merge
//! them.
//!
//! Each range must fit into the memory of one thread. This is so if the sample
//! was typical and the distinct lines take no more than about 100 times the
//! memory. Other lines go to sorted runs.

use super::loser_tree::Sorted;
use super::run::{self, Run};
use super::run_writer::RunWriter;
use crate::common::error::Error;
use crate::text::count::store::arena::{Arena, Arenas};
use crate::text::count::store::lines::{Footprint, Lines};
use std::collections::VecDeque;

/// Parts of ranges in files.
#[derive(Debug, Default)]
pub struct Parts {
    /// The memory of each range.
    sizes: Vec<Footprint>,
    /// Files. Each has the start of the part of each range, and the end of the last one.
    written: Vec<(Run, Vec<u64>)>,
    /// Files that no worker writes to.
    idle: VecDeque<RunWriter>,
    /// The number of files.
    files: usize,
}

impl Parts {
    /// Reserves memory of these sizes for the ranges, unless a range would take more than
    /// `most` bytes. Returns whether it did.
    pub fn reserve(&mut self, mut sizes: Vec<Footprint>, most: usize) -> bool {
        for (size, more) in self.sizes.iter().zip(&mut sizes) {
            *more = more.and(*size);
        }
        let fit = sizes.iter().all(|size| size.bytes() <= most);
        if fit {
            self.sizes = sizes;
        }
        fit
    }

    /// An idle file, if there are `most` files; otherwise the caller creates one more.
    pub fn writer(&mut self, most: usize) -> Option<RunWriter> {
        let idle = match self.files < most {
            true => None,
            false => self.idle.pop_front(),
        };
        self.files += usize::from(idle.is_none());
        idle
    }

    /// Adds the parts of a file. The file is idle from now on.
    pub fn add(&mut self, starts: Vec<u64>, run: Run, writer: RunWriter) {
        self.written.push((run, starts));
        self.idle.push_back(writer);
    }

    /// The number of ranges; 0 if nothing was written.
    pub fn ranges(&self) -> usize {
        self.sizes.len()
    }

    /// The memory of the largest range in bytes.
    pub fn largest(&self) -> usize {
        self.sizes
            .iter()
            .map(|size| size.bytes())
            .max()
            .unwrap_or(0)
    }

    /// The size of the largest block in bytes. It takes this much memory to read a range.
    pub fn largest_block(&self) -> usize {
        run::largest_block(self.written.iter().map(|(run, _)| run))
    }

    /// Reads a range and adds it to these lines. Returns the arena of the long ones.
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

/// Writes ranges. Returns the start of each, and the end of the last one.
pub fn write(
    ranges: Vec<Lines>,
    arenas: Arenas,
    writer: &mut RunWriter,
) -> Result<Vec<u64>, Error> {
    let mut starts = vec![writer.size()];
    for lines in ranges {
        lines.each(arenas, |count, line, length| {
            writer.put(count, line, length)
        })?;
        writer.end_block()?;
        starts.push(writer.size());
    }
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::count::store::key::STRIDE;
    use crate::text::count::store::key::Short;
    use crate::text::count::store::slot::Slot;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// Lines of all classes, most of them short.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![9 => prop::collection::vec(any::<u8>(), 0..30), 1 => Just(vec![b'x'; 3 << 14])]
    }

    type Counted = Vec<(Vec<u8>, u64)>;

    /// These lines, and the arena of the long ones.
    fn lines(counted: &Counted) -> (Lines, Arena) {
        let (mut lines, mut arena) = (Lines::default(), Arena::default());
        for (line, count) in counted {
            let mut padded = [0xFF; STRIDE];
            let length = line.len().min(STRIDE);
            padded[..length].copy_from_slice(&line[..length]);
            lines.push(*count, line, &padded, &mut arena);
        }
        (lines, arena)
    }

    /// What lines there are, in order.
    fn counted(lines: &Lines, arena: &Arena) -> Counted {
        let mut counted = Vec::new();
        let put = |count, line: &[u8], length| {
            counted.push((line[..length].to_vec(), count));
            Ok::<_, Error>(())
        };
        lines.each(Arenas::all(&[]).and(arena), put).unwrap();
        counted.sort();
        counted
    }

    proptest! {
        #[test]
        fn each_range_is_read_as_it_was_written(
            times in prop::collection::vec(prop::collection::vec(prop::collection::vec((line(), any::<u64>()), 0..20), 5), 1..5),
            files in 1..3usize,
        ) {
            let mut parts = Parts::default();
            for ranges in &times {
                let (ranges, arenas): (Vec<_>, Vec<_>) = ranges.iter().map(lines).unzip();
                let sizes = ranges.iter().zip(&arenas).map(|(lines, arena)| lines.footprint(Arenas::all(&[]).and(arena)));
                prop_assert!(parts.reserve(sizes.collect(), usize::MAX));
                let mut writer = parts.writer(files).unwrap_or_else(|| RunWriter::new(&Arc::from(std::env::temp_dir())).unwrap());
                let mut starts = Vec::new();
                for (lines, arena) in ranges.into_iter().zip(&arenas) {
                    starts.pop();
                    starts.extend(write(vec![lines], Arenas::all(&[]).and(arena), &mut writer).unwrap());
                }
                parts.add(starts, writer.run().unwrap(), writer);
                prop_assert!(parts.files <= files);
            }
            let longest = times.iter().flatten().flatten().map(|(line, _)| line.len()).max();
            prop_assert!(longest.is_none_or(|longest| parts.largest_block() > longest));
            for range in 0..parts.ranges() {
                let mut expected: Counted = times.iter().flat_map(|ranges| ranges[range].clone()).collect();
                expected.sort();
                let mut lines = Lines::default();
                let arena = parts.load(range, &mut lines).unwrap();
                prop_assert_eq!(counted(&lines, &arena), expected);
                prop_assert!(lines.footprint(Arenas::all(&[]).and(&arena)).bytes() <= parts.largest());
            }
        }
    }

    #[test]
    fn a_range_that_would_not_fit_is_refused() {
        let mut parts = Parts::default();
        let line = (b"a".to_vec(), 1);
        let (lines, arena) = lines(&vec![line; 10]);
        let size = lines.footprint(Arenas::all(&[]).and(&arena));
        let most = 25 * size_of::<Slot<Short>>();
        assert!(parts.reserve(vec![size, Footprint::default()], most));
        assert!(parts.reserve(vec![size, Footprint::default()], most));
        assert!(!parts.reserve(vec![size, Footprint::default()], most));
        assert!(parts.reserve(vec![Footprint::default(), size], most));
        assert_eq!(parts.largest(), 20 * size_of::<Slot<Short>>());
    }
}

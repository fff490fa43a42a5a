//! Sorted counts in a [`Spool`]: in memory, or in a temporary file.
//!
//! They are blocks of records ([`record`]). Before each block are the number of its slot and its
//! size.

use crate::common::error::Error;
use crate::common::spool::Spool;
use crate::common::stream::Out;
use crate::text::count::spill::loser_tree::{Merge, Sorted};
use crate::text::count::spill::record::{self, RUN_BLOCK, SLACK};
use crate::text::count::spill::records::{Records, Supply};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The size of the two numbers before a block.
const HEAD: usize = 16;

/// The sorted counts of some slots, one after the other.
#[derive(Debug)]
pub struct Stored {
    spool: Spool,
    directory: Arc<Path>,
    /// The bytes that did not fit in memory.
    spilled: u64,
}

impl Stored {
    /// No counts. Beyond a number of bytes in memory they go to a file in a directory.
    pub fn new(memory: usize, directory: &Arc<Path>) -> Self {
        Stored {
            spool: Spool::in_directory(memory, directory),
            directory: Arc::clone(directory),
            spilled: 0,
        }
    }

    /// The size of all counts in bytes.
    pub fn len(&self) -> u64 {
        self.spool.len()
    }

    /// How many bytes did not fit in memory.
    pub fn spilled(&self) -> u64 {
        self.spilled
    }

    /// Adds the sums of sorted inputs, if `keep` says so of a sum.
    pub fn add<S: Sorted>(
        &mut self,
        slot: u64,
        inputs: Vec<S>,
        keep: impl Fn(u64) -> bool,
    ) -> Result<(), Error> {
        let mut block = Out::default();
        Merge::new(inputs)?.each(|count, line| {
            if keep(count) {
                record::put(count, line, &mut block);
                if block.as_slice().len() >= RUN_BLOCK {
                    self.push(slot, &mut block)?;
                }
            }
            Ok::<_, Error>(())
        })?;
        match block.as_slice().is_empty() {
            true => Ok(()),
            false => self.push(slot, &mut block),
        }
    }

    fn push(&mut self, slot: u64, block: &mut Out) -> Result<(), Error> {
        let size = block.as_slice().len();
        if !self.spool.fits_in_memory(HEAD + size) {
            self.spilled += (HEAD + size) as u64;
        }
        let head = [slot, size as u64].map(u64::to_le_bytes);
        let pushed = self.spool.push(head.as_flattened());
        let pushed = pushed.and_then(|()| self.spool.push(block.as_slice()));
        block.truncate(0);
        pushed.map_err(|error| self.failed(error))
    }

    /// The counts from one place to another: two values of [`len`](Stored::len), or of
    /// [`end_of`](Stored::end_of).
    pub fn records(&self, range: Range<u64>) -> Records<'_> {
        Records::of(Blocks {
            stored: self,
            range,
        })
    }

    /// The end of the counts of the slots up to this one.
    pub fn end_of(&self, slot: u64) -> Result<u64, Error> {
        let mut at = 0;
        while at < self.len() {
            let (of, size) = self.head(at)?;
            if of > slot {
                break;
            }
            at += HEAD as u64 + size;
        }
        Ok(at)
    }

    /// Removes the counts up to this place.
    pub fn remove(&mut self, end: u64) -> Result<(), Error> {
        let removed = self.spool.skip(end);
        removed.map_err(|error| self.failed(error))
    }

    /// The slot and the size of the block at this place.
    fn head(&self, at: u64) -> Result<(u64, u64), Error> {
        let (mut slot, mut size) = ([0; 8], [0; 8]);
        self.read(at, &mut slot)?;
        self.read(at + 8, &mut size)?;
        Ok((u64::from_le_bytes(slot), u64::from_le_bytes(size)))
    }

    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let read = self.spool.read_at(at, bytes);
        read.map_err(|error| self.failed(error))
    }

    /// The error if an operation on the file fails.
    fn failed(&self, error: io::Error) -> Error {
        Error::Read(error).of(self.directory.display().to_string())
    }
}

/// The blocks between two places.
struct Blocks<'a> {
    stored: &'a Stored,
    range: Range<u64>,
}

impl Supply for Blocks<'_> {
    fn next(&mut self, block: &mut Out) -> Result<bool, Error> {
        if self.range.is_empty() {
            return Ok(false);
        }
        let (_, size) = self.stored.head(self.range.start)?;
        let at = self.range.start + HEAD as u64;
        self.range.start = at + size;
        let size = size as usize;
        block.truncate(0);
        self.stored
            .read(at, &mut block.room(size + SLACK)[..size])?;
        block.advance(size);
        Ok(true)
    }

    fn damaged(&self) -> Error {
        self.stored.failed(io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts of some lines as `count` writes them.
    fn all(mut records: Records) -> String {
        let mut all = String::new();
        while records.advance().unwrap() {
            let line = String::from_utf8_lossy(records.line());
            all += &format!("{} {line}\n", records.count());
        }
        all
    }

    #[test]
    fn counts_are_removed_slot_by_slot_from_memory_and_from_a_file() {
        for memory in [0, 100, 1 << 10, 1 << 20, 1 << 30] {
            let lines = |slot: u64| {
                let lines = (0..3_000).map(|i| format!("{} {slot} {i:05}\n", i % 7));
                lines.collect::<String>()
            };
            let directory = Arc::from(std::env::temp_dir());
            let mut stored = Stored::new(memory, &directory);
            for slot in [2, 3, 7] {
                let mut one = Stored::new(usize::MAX, &directory);
                // From text to records.
                let text = lines(slot);
                let mut block = Out::default();
                for line in text.lines() {
                    let (count, line) = line.split_once(' ').unwrap();
                    record::put(count.parse().unwrap(), line.as_bytes(), &mut block);
                }
                one.push(0, &mut block).unwrap();
                let input = vec![one.records(0..one.len())];
                stored.add(slot, input, |count| count != 6).unwrap();
            }
            let expected = |slots: &[u64]| {
                let all: String = slots.iter().map(|&slot| lines(slot)).collect();
                let kept = all
                    .split_inclusive('\n')
                    .filter(|line| !line.starts_with('6'));
                kept.collect::<String>()
            };
            assert_eq!(stored.end_of(1).unwrap(), 0);
            assert_eq!(all(stored.records(0..stored.len())), expected(&[2, 3, 7]));
            let end = stored.end_of(5).unwrap();
            assert_eq!(all(stored.records(0..end)), expected(&[2, 3]));
            assert_eq!(all(stored.records(end..stored.len())), expected(&[7]));
            stored.remove(end).unwrap();
            assert_eq!(all(stored.records(0..stored.len())), expected(&[7]));
            assert_eq!(stored.spilled() > 0, memory < 1 << 20, "{memory}");
            stored.remove(stored.len()).unwrap();
            assert_eq!(stored.len(), 0);
        }
    }

    #[test]
    fn an_error_names_the_directory() {
        let directory = Arc::from(Path::new("/nonexistent"));
        let mut stored = Stored::new(0, &directory);
        let mut block = Out::default();
        record::put(1, b"a", &mut block);
        let error = stored.push(0, &mut block).unwrap_err();
        assert_eq!(error.to_string(), "/nonexistent: No such file or directory");
    }
}

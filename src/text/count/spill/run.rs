//! A sorted run: lines and their counts, in order, in a temporary file.
//!
//! A run is a sequence of blocks, and a block is a sequence of whole records
//! ([`record`](super::record)). Before each block are its size in the file and its size in
//! memory. If they differ, the block is compressed by lz4.

use super::record::SLACK;
use super::records::{Records, Supply};
use super::temporary::Temporary;
use crate::common::error::Error;
use crate::common::stream::Out;
use std::ops::Range;

/// The size of the two sizes before a block.
pub const HEAD: usize = 16;

/// A run in a file, which may be the first part of the file.
#[derive(Clone, Debug)]
pub struct Run {
    pub(super) from: Temporary,
    /// Its size in the file, in bytes.
    pub size: u64,
    /// The size of its largest block in bytes. It takes this much memory to read the run.
    pub largest: usize,
}

impl Run {
    /// A run in a file of this size, which fuzzing wrote.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn stored(from: Temporary, size: u64, largest: usize) -> Run {
        Run {
            from,
            size,
            largest,
        }
    }

    /// The records of the run.
    pub fn records(self) -> Records<'static> {
        let all = 0..self.size;
        Records::of(Stored(vec![(self, all)]))
    }
}

/// The size of the largest block of these runs, in bytes; 0 if there are none.
pub fn largest_block<'a>(runs: impl IntoIterator<Item = &'a Run>) -> usize {
    let sizes = runs.into_iter().map(|run| run.largest);
    sizes.max().unwrap_or(0)
}

/// The records of some parts of runs, the last part first. Each part is given by where its
/// blocks begin and end.
pub fn records_of(parts: Vec<(Run, Range<u64>)>) -> Records<'static> {
    Records::of(Stored(parts))
}

/// The blocks of parts of runs, the last part first.
struct Stored(Vec<(Run, Range<u64>)>);

impl Supply for Stored {
    fn next(&mut self, block: &mut Out) -> Result<bool, Error> {
        while self.0.pop_if(|(_, part)| part.is_empty()).is_some() {}
        let Some((run, part)) = self.0.last_mut() else {
            return Ok(false);
        };
        let mut head = [0; HEAD];
        run.from.read(&mut head, part.start)?;
        let [stored, size] = *head.as_chunks::<8>().0 else {
            unreachable!("16 bytes are two words");
        };
        let stored = u64::from_le_bytes(stored);
        let at = part.start + HEAD as u64;
        let size = u64::from_le_bytes(size) as usize;
        if stored > part.end.saturating_sub(at) || size > run.largest {
            return Err(run.from.damaged());
        }
        part.start = at + stored;
        block.truncate(0);
        let room = &mut block.room(size + SLACK)[..size];
        if stored == size as u64 {
            run.from.read(room, at)?;
        } else {
            let mut packed = vec![0; stored as usize];
            run.from.read(&mut packed, at)?;
            match lz4_flex::block::decompress_into(&packed, room) {
                Ok(whole) if whole == size => {}
                _ => return Err(run.from.damaged()),
            }
        }
        block.advance(size);
        Ok(true)
    }

    fn damaged(&self) -> Error {
        let (run, _) = self.0.last().expect("a block was read from it");
        run.from.damaged()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::count::spill::loser_tree::{Sorted, prefix};
    use crate::text::count::spill::record::RUN_BLOCK;
    use crate::text::count::spill::run_writer::{LONG, RunWriter};
    use proptest::prelude::*;
    use std::os::unix::fs::FileExt;
    use std::sync::Arc;

    fn writer() -> RunWriter {
        RunWriter::new(&Arc::from(std::env::temp_dir())).unwrap()
    }

    /// A run of these records, `each` to a block.
    fn run(records: &[(Vec<u8>, u64)], each: usize) -> Run {
        let mut writer = writer();
        for records in records.chunks(each) {
            for (line, count) in records {
                writer.put(*count, line, line.len()).unwrap();
            }
            writer.end_block().unwrap();
        }
        writer.run().unwrap()
    }

    fn read(run: Run) -> Result<Vec<(Vec<u8>, u64)>, Error> {
        let mut records = run.records();
        let mut read = Vec::new();
        while records.advance()? {
            assert_eq!(records.prefix(), prefix(records.line()));
            read.push((records.line().to_vec(), records.count()));
        }
        Ok(read)
    }

    proptest! {
        #[test]
        fn written_records_are_read_back(
            records in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..200), any::<u64>()), 0..50),
            each in 1..9usize,
        ) {
            prop_assert_eq!(read(run(&records, each)).unwrap(), records);
        }

        #[test]
        fn a_damaged_file_is_an_error_or_other_records(
            records in prop::collection::vec((prop::collection::vec(0..3u8, 0..200), any::<u64>()), 1..50),
            at in any::<prop::sample::Index>(),
            byte: u8,
        ) {
            let run = run(&records, 20);
            let at = at.index(run.size as usize) as u64;
            run.from.file().write_all_at(&[byte], at).unwrap();
            let _ = read(run);
        }
    }

    #[test]
    fn text_that_becomes_much_smaller_is_compressed() {
        let records = vec![(b"the same again and again".to_vec(), 1); 40_000];
        let run = run(&records, 1000);
        assert!(run.size < 40_000, "{}", run.size);
        assert_eq!(read(run).unwrap(), records);
    }

    #[test]
    fn a_long_line_is_a_block_by_itself() {
        let line = |length| (vec![b'x'; length], length as u64);
        let records = [3, LONG, LONG, 7, LONG - 1, LONG + 1].map(line);
        let run = run(&records, 2);
        assert!((LONG..LONG + RUN_BLOCK).contains(&run.largest));
        assert!(read(run).unwrap() == records);
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        let run = run(&[(b"a".to_vec(), 1)], 1);
        run.from.file().set_len(run.size - 1).unwrap();
        assert!(read(run).is_err());
    }
}

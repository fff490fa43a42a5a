//! A sorted run: lines and their counts, in order, in a temporary file.
//!
//! A run is a sequence of blocks, a block a sequence of whole records. A record
//! is the length of its line and its count, both as LEB128 (seven bits a byte,
//! the lowest first; DWARF 5, section 7.6), and the line. Before each block
//! stand its size in the file and its size in memory; where they differ, it
//! was compressed by lz4.

use super::key::STRIDE;
use super::merge::Sorted;
use crate::common::error::Error;
use crate::common::stream::{self, Out};
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// How large a block is, in bytes, about: less than this and one record.
pub const BLOCK: usize = 32 << 10;

/// A line of so many bytes is a block by itself, and written from where it
/// stands: neither copied nor compressed, it takes no memory a second time.
const LONG: usize = stream::BLOCK;

/// How many bytes behind the records of a block may be read with them.
const SLACK: usize = STRIDE;

/// The sizes before a block.
const HEAD: usize = 16;

/// One of so many blocks is compressed to see what it is worth.
const PROBE: u64 = 16;

/// What the numbers of a record take at the most.
const NUMBERS: usize = 20;

/// Appends a record to a block.
#[inline(always)]
pub fn put(count: u64, line: &[u8], block: &mut Out) {
    put_padded(count, line, line.len(), block);
}

/// The same of a line that is the first `length` of some bytes: where it is
/// short and these are at least [`STRIDE`], they are copied in one go.
#[inline(always)]
pub fn put_padded(count: u64, bytes: &[u8], length: usize, block: &mut Out) {
    // With the room for what follows the last record of a block, or it would
    // grow to twice its size for that.
    let room = block.room(NUMBERS + length.max(STRIDE) + SLACK);
    let at = put_numbers(count, length, room);
    match bytes.first_chunk::<STRIDE>() {
        Some(wide) if length <= STRIDE => room[at..at + STRIDE].copy_from_slice(wide),
        _ => room[at..at + length].copy_from_slice(&bytes[..length]),
    }
    block.advance(at + length);
}

/// Puts the numbers before a line; where they end.
#[inline(always)]
fn put_numbers(count: u64, length: usize, room: &mut [u8]) -> usize {
    let at = put_number(length as u64, room, 0);
    put_number(count, room, at)
}

#[inline(always)]
fn put_number(mut number: u64, room: &mut [u8], mut at: usize) -> usize {
    while number >= 0x80 {
        room[at] = number as u8 | 0x80;
        number >>= 7;
        at += 1;
    }
    room[at] = number as u8;
    at + 1
}

/// The number that begins at `at`, and where it ends; `None` if it does not.
#[inline(always)]
fn number(block: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *block.get(at)?;
        at += 1;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some((number, at));
        }
    }
    None
}

/// A file without a name, and the directory that it is in.
#[derive(Clone, Debug)]
struct Temporary {
    file: Arc<File>,
    directory: Arc<Path>,
}

impl Temporary {
    /// What an error line says when this file fails: the directory is all that
    /// a user can do something about.
    fn failed(&self, error: io::Error) -> Error {
        Error::Read(error).of(self.directory.display().to_string())
    }

    fn damaged(&self) -> Error {
        self.failed(io::ErrorKind::InvalidData.into())
    }

    fn write_all(&self, bytes: &[u8]) -> Result<(), Error> {
        let written = (&*self.file).write_all(bytes);
        written.map_err(|error| self.failed(error))
    }

    /// Appends what was put out, and empties it.
    fn write(&self, out: &mut Out) -> Result<(), Error> {
        self.write_all(out.as_slice())?;
        out.truncate(0);
        Ok(())
    }
}

/// A run that is being written.
#[derive(Debug)]
pub struct RunWriter {
    to: Temporary,
    /// The records of the block that is not complete.
    block: Out,
    /// What is still to be written to the file: blocks of ranges may be small.
    pending: Out,
    packed: Vec<u8>,
    /// Whether the block that was tried last became much smaller.
    pack: bool,
    blocks: u64,
    size: u64,
    largest: usize,
}

impl RunWriter {
    /// An empty run in a directory. Its file has no name: it is gone with the
    /// process, however that ends.
    pub fn new(directory: &Arc<Path>) -> Result<Self, Error> {
        let file = tempfile::tempfile_in(directory);
        let file = file.map_err(|error| Error::Read(error).of(directory.display().to_string()))?;
        Ok(RunWriter {
            to: Temporary {
                file: Arc::new(file),
                directory: Arc::clone(directory),
            },
            block: Out::default(),
            pending: Out::default(),
            packed: Vec::new(),
            pack: false,
            blocks: 0,
            size: 0,
            largest: 0,
        })
    }

    /// Appends a record, of a line as [`put_padded`] has it.
    #[inline(always)]
    pub fn put(&mut self, count: u64, bytes: &[u8], length: usize) -> Result<(), Error> {
        if length >= LONG {
            return self.put_long(count, &bytes[..length]);
        }
        put_padded(count, bytes, length, &mut self.block);
        match self.block.as_slice().len() >= BLOCK {
            true => self.end_block(),
            false => Ok(()),
        }
    }

    #[cold]
    fn put_long(&mut self, count: u64, line: &[u8]) -> Result<(), Error> {
        self.end_block()?;
        let mut numbers = [0; NUMBERS];
        let length = put_numbers(count, line.len(), &mut numbers);
        let size = length + line.len();
        self.put_head(size, size);
        self.pending.push(&numbers[..length]);
        self.to.write(&mut self.pending)?;
        self.to.write_all(line)
    }

    /// Ends a block: the next record begins another one.
    pub fn end_block(&mut self) -> Result<(), Error> {
        if self.block.as_slice().is_empty() {
            return Ok(());
        }
        let mut block = std::mem::take(&mut self.block);
        self.write(block.as_slice())?;
        block.truncate(0);
        self.block = block;
        Ok(())
    }

    /// Puts the sizes before a block, in the file and in memory.
    fn put_head(&mut self, stored: usize, size: usize) {
        let head = [stored as u64, size as u64].map(u64::to_le_bytes);
        self.pending.push(head.as_flattened());
        self.blocks += 1;
        self.size += (HEAD + stored) as u64;
        self.largest = self.largest.max(size);
    }

    fn write(&mut self, block: &[u8]) -> Result<(), Error> {
        let packed = self.pack(block);
        let length = if packed {
            self.packed.len()
        } else {
            block.len()
        };
        self.put_head(length, block.len());
        let stored = if packed { &self.packed[..] } else { block };
        if stored.len() >= BLOCK {
            // Not copied first.
            self.to.write(&mut self.pending)?;
            return self.to.write_all(stored);
        }
        self.pending.push(stored);
        match self.pending.as_slice().len() >= BLOCK {
            true => self.to.write(&mut self.pending),
            false => Ok(()),
        }
    }

    /// Compresses a block where that pays; whether it did. Half must be gained:
    /// of less than that a disk of today makes less than it costs.
    fn pack(&mut self, block: &[u8]) -> bool {
        if !self.pack && !self.blocks.is_multiple_of(PROBE) {
            return false;
        }
        self.packed
            .resize(lz4_flex::block::get_maximum_output_size(block.len()), 0);
        let packed = lz4_flex::block::compress_into(block, &mut self.packed);
        let packed = packed.unwrap_or(usize::MAX);
        self.packed.truncate(packed);
        self.pack = packed <= block.len() / 2;
        self.pack
    }

    /// How much was written, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All that was put up to now.
    pub fn run(&mut self) -> Result<Run, Error> {
        self.end_block()?;
        self.to.write(&mut self.pending)?;
        Ok(Run {
            from: self.to.clone(),
            size: self.size,
            largest: self.largest,
        })
    }
}

/// A run that was written.
#[derive(Clone, Debug)]
pub struct Run {
    from: Temporary,
    /// Its size in the file, in bytes.
    pub size: u64,
    /// The size of its largest block, in bytes: what reading it takes.
    pub largest: usize,
}

impl Run {
    /// A run in a file of this size, that fuzzing wrote.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn stored(file: File, size: u64, largest: usize) -> Run {
        let from = Temporary {
            file: Arc::new(file),
            directory: Arc::from(std::env::temp_dir()),
        };
        Run {
            from,
            size,
            largest,
        }
    }

    /// The records from the first on.
    pub fn records(self) -> Records {
        let all = 0..self.size;
        Records::of(Stored(vec![(self, all)]))
    }
}

/// The size of the largest block of these runs, in bytes; 0 if there are none.
pub fn largest_block<'a>(runs: impl IntoIterator<Item = &'a Run>) -> usize {
    let sizes = runs.into_iter().map(|run| run.largest);
    sizes.max().unwrap_or(0)
}

/// The records of some parts of runs, one after the other, the last part first;
/// each is given by where its blocks begin and end.
pub fn records_of(parts: Vec<(Run, Range<u64>)>) -> Records {
    Records::of(Stored(parts))
}

/// Where blocks of records come from.
pub trait Supply: Send {
    /// Puts the next block in the place of the last one; false if there is none.
    fn next(&mut self, block: &mut Out) -> Result<bool, Error>;

    /// What is wrong where a block does not hold what it should.
    fn damaged(&self) -> Error;
}

/// The blocks of parts of runs, from the last part on.
struct Stored(Vec<(Run, Range<u64>)>);

impl Supply for Stored {
    fn next(&mut self, block: &mut Out) -> Result<bool, Error> {
        while self.0.pop_if(|(_, part)| part.is_empty()).is_some() {}
        let Some((run, part)) = self.0.last_mut() else {
            return Ok(false);
        };
        let read = |bytes: &mut [u8], at| run.from.file.read_exact_at(bytes, at);
        let failed = |error| run.from.failed(error);
        let mut head = [0; HEAD];
        read(&mut head, part.start).map_err(failed)?;
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
            read(room, at).map_err(failed)?;
        } else {
            let mut packed = vec![0; stored as usize];
            read(&mut packed, at).map_err(failed)?;
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

/// The records of a sequence of blocks, one after the other.
pub struct Records {
    blocks: Box<dyn Supply>,
    block: Out,
    /// Where the records of the block end.
    end: usize,
    /// The line of the record at hand: from here ...
    start: usize,
    /// ... to here, where the next record begins.
    next: usize,
    count: u64,
}

impl Records {
    /// Before the first record.
    pub fn of(blocks: impl Supply + 'static) -> Self {
        Records {
            blocks: Box::new(blocks),
            block: Out::default(),
            end: 0,
            start: 0,
            next: 0,
            count: 0,
        }
    }

    #[cold]
    fn next_block(&mut self) -> Result<bool, Error> {
        if !self.blocks.next(&mut self.block)? {
            return Ok(false);
        }
        self.end = self.block.as_slice().len();
        self.block.push(&[0; SLACK]);
        self.next = 0;
        Ok(true)
    }

    #[inline(always)]
    fn next_record(&mut self) -> Option<()> {
        let block = &self.block.as_slice()[..self.end];
        let (length, at) = number(block, self.next)?;
        let (count, at) = number(block, at)?;
        if length > (self.end - at) as u64 {
            return None;
        }
        (self.start, self.next, self.count) = (at, at + length as usize, count);
        Some(())
    }

    /// The line at hand, and at least [`STRIDE`] bytes from its start on.
    #[inline(always)]
    pub fn padded(&self) -> (&[u8], &[u8; STRIDE]) {
        let padded = self.block.as_slice()[self.start..].first_chunk();
        (self.line(), padded.expect("slack"))
    }
}

impl Sorted for Records {
    #[inline(always)]
    fn advance(&mut self) -> Result<bool, Error> {
        if self.next == self.end && !self.next_block()? {
            return Ok(false);
        }
        match self.next_record() {
            Some(()) => Ok(true),
            None => Err(self.blocks.damaged()),
        }
    }

    #[inline(always)]
    fn line(&self) -> &[u8] {
        &self.block.as_slice()[self.start..self.next]
    }

    #[inline(always)]
    fn prefix(&self) -> u128 {
        let bytes = self.block.as_slice()[self.start..].first_chunk();
        let bytes = u128::from_be_bytes(*bytes.expect("slack"));
        match self.next - self.start {
            0 => 0,
            length @ 1..16 => bytes >> (8 * (16 - length)) << (8 * (16 - length)),
            _ => bytes,
        }
    }

    #[inline(always)]
    fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn writer() -> RunWriter {
        RunWriter::new(&Arc::from(std::env::temp_dir())).unwrap()
    }

    /// A run of these records, so many to a block.
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
            assert_eq!(
                records.prefix(),
                super::super::merge::prefix(records.line())
            );
            read.push((records.line().to_vec(), records.count()));
        }
        Ok(read)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
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
            run.from.file.write_all_at(&[byte], at).unwrap();
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
        assert!((LONG..LONG + BLOCK).contains(&run.largest));
        assert!(read(run).unwrap() == records);
    }

    #[test]
    fn a_file_that_was_cut_is_an_error() {
        let run = run(&[(b"a".to_vec(), 1)], 1);
        run.from.file.set_len(run.size - 1).unwrap();
        assert!(read(run).is_err());
    }
}

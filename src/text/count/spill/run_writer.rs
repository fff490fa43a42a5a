//! Writes runs and ranges of lines.

use super::record::{NUMBERS, RUN_BLOCK, put_numbers, put_padded};
use super::run::{HEAD, Run};
use super::temporary::Temporary;
use crate::common::error::Error;
use crate::common::stream::{self, Out};
use std::path::Path;
use std::sync::Arc;

/// A line of this many bytes is a block by itself. It is written from where it is, neither
/// copied nor compressed, so it takes no memory a second time.
pub const LONG: usize = stream::BLOCK;

/// One of this many blocks is compressed as a trial.
const TRIAL: u64 = 16;

/// A run that is being written.
#[derive(Debug)]
pub struct RunWriter {
    to: Temporary,
    /// The records of the incomplete block.
    block: Out,
    /// The blocks that are not written yet: those of ranges may be small.
    pending: Out,
    packed: Vec<u8>,
    /// Whether the last trial paid.
    pack: bool,
    blocks: u64,
    size: u64,
    /// The size of the largest block.
    largest: usize,
}

impl RunWriter {
    /// An empty run in a directory.
    pub fn new(directory: &Arc<Path>) -> Result<Self, Error> {
        Ok(RunWriter {
            to: Temporary::new(directory)?,
            block: Out::default(),
            pending: Out::default(),
            packed: Vec::new(),
            pack: false,
            blocks: 0,
            size: 0,
            largest: 0,
        })
    }

    /// Appends a record; the line is as for [`put_padded`].
    #[inline(always)]
    pub fn put(&mut self, count: u64, bytes: &[u8], length: usize) -> Result<(), Error> {
        if length >= LONG {
            return self.put_long(count, &bytes[..length]);
        }
        put_padded(count, bytes, length, &mut self.block);
        match self.block.as_slice().len() >= RUN_BLOCK {
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

    /// Ends a block. The next record begins another one.
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

    /// Writes the sizes of a block, in the file and in memory, before it.
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
        if stored.len() >= RUN_BLOCK {
            // Without a copy.
            self.to.write(&mut self.pending)?;
            return self.to.write_all(stored);
        }
        self.pending.push(stored);
        match self.pending.as_slice().len() >= RUN_BLOCK {
            true => self.to.write(&mut self.pending),
            false => Ok(()),
        }
    }

    /// Compresses a block if that pays, and returns whether it did. The block must become half
    /// as large: if less is gained, a modern disk writes faster than this compresses.
    fn pack(&mut self, block: &[u8]) -> bool {
        if !self.pack && !self.blocks.is_multiple_of(TRIAL) {
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

    /// The size of all blocks in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The run of all records up to now.
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

//! Reads records, block by block.

use super::loser_tree::Sorted;
use super::record::{SLACK, number};
use crate::common::error::Error;
use crate::common::stream::Out;
use crate::text::count::store::key::STRIDE;

/// A source of blocks of records.
pub trait Supply: Send {
    /// Replaces the content of `block` by the next block. Returns false if there is none.
    fn next(&mut self, block: &mut Out) -> Result<bool, Error>;

    /// The error if a block has invalid records.
    fn damaged(&self) -> Error;
}

/// The records of a sequence of blocks, one after the other.
pub struct Records<'a> {
    blocks: Box<dyn Supply + 'a>,
    block: Out,
    /// The end of the records in the block.
    end: usize,
    /// The start of the line of the current record.
    start: usize,
    /// Its end, where the next record begins.
    next: usize,
    count: u64,
}

impl<'a> Records<'a> {
    /// The records of these blocks. The first one is not read yet.
    pub fn of(blocks: impl Supply + 'a) -> Self {
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

    /// The current line, and [`STRIDE`] bytes from its start on.
    #[inline(always)]
    pub fn padded(&self) -> (&[u8], &[u8; STRIDE]) {
        let padded = self.block.as_slice()[self.start..].first_chunk();
        (self.line(), padded.expect("slack"))
    }
}

impl Sorted for Records<'_> {
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

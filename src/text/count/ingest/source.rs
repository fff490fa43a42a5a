//! An input that several threads share: each takes the next block of whole lines.
//!
//! The threads take turns under a lock and read into buffers of their own, so no
//! line is copied from one thread to another. An incomplete last line of a block
//! becomes the start of the next block.
//!
//! A line that is longer than its reservation halts the input for all threads
//! before more of it is read: memory for it must be reserved first.

use crate::common::error::Error;
use crate::common::stream::{BLOCK, Blocks};
use crate::text::count::store::key::STRIDE;
use std::io::Read;

/// An input, divided into blocks of whole lines.
pub struct Source<R> {
    input: R,
    terminator: u8,
    /// The number of lines before the next block, if lines are numbered.
    before: u64,
    /// The beginning of a line whose end has not been read.
    rest: Vec<u8>,
    /// The size in bytes at which such a line halts the input.
    longest: usize,
    /// The block with the start of that line, while the input is halted.
    halted: Option<Blocks>,
    ended: bool,
}

impl<R: Read> Source<R> {
    /// An input of lines that end in `terminator`.
    pub fn new(input: R, terminator: u8) -> Self {
        let rest = Vec::new();
        Source {
            input,
            terminator,
            before: 0,
            rest,
            longest: usize::MAX,
            halted: None,
            ended: false,
        }
    }

    /// Halts the input from now on at a line that is longer than this.
    pub fn halt_beyond(&mut self, longest: usize) {
        self.longest = longest;
    }

    /// The size of the part of the long line that was read, if the input is halted.
    pub fn halted(&self) -> Option<usize> {
        self.halted.as_ref().map(|block| block.text().len())
    }

    /// Reads the next lines into `block`. Returns their size in bytes; 0 at the end, or
    /// if the input is halted. The last line of the input may lack its terminator.
    pub fn next(&mut self, block: &mut Blocks) -> Result<usize, Error> {
        // A block that has grown for an earlier long line is freed.
        if block.size() / 8 > block.text().len().max(BLOCK) {
            *block = Blocks::new();
        }
        match self.halted.take() {
            Some(started) => *block = started,
            None => {
                block.keep(0);
                block.put(&self.rest);
                self.rest.clear();
            }
        }
        while !self.ended {
            let before = block.text().len();
            if before > self.longest {
                self.halted = Some(std::mem::take(block));
                return Ok(0);
            }
            if block.read(&mut self.input).map_err(Error::Read)? == 0 {
                self.ended = true;
                break;
            }
            let text = block.text();
            if let Some(end) = memchr::memrchr(self.terminator, &text[before..]) {
                let end = before + end + 1;
                self.rest.extend_from_slice(&text[end..]);
                return Ok(end);
            }
            // A line longer than the block.
            block.keep(text.len());
        }
        Ok(block.text().len())
    }

    /// The same, with the number of the first of these lines. Lines are numbered from 1.
    pub fn next_numbered(&mut self, block: &mut Blocks) -> Result<(usize, u64), Error> {
        let length = self.next(block)?;
        let number = self.before + 1;
        let lines = memchr::memchr_iter(self.terminator, &block.text()[..length]);
        self.before += lines.count() as u64;
        Ok((length, number))
    }

    /// Ends the input for all threads.
    pub fn end(&mut self) {
        self.ended = true;
        self.rest.clear();
        self.halted = None;
    }
}

/// The first `length` bytes of a block's text, and [`STRIDE`] bytes more.
pub fn padded(block: &Blocks, length: usize) -> &[u8] {
    block.padded(length + STRIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_halts_the_input_for_all_threads() {
        let long = [&b"x".repeat(10 * BLOCK)[..], b"\nb\n"].concat();
        let text = [b"a\n", &long[..]].concat();
        let mut source = Source::new(&text[..], b'\n');
        source.halt_beyond(2 * BLOCK);
        let (mut one, mut other) = (Blocks::new(), Blocks::new());
        assert_eq!(source.next(&mut one).unwrap(), 2);
        assert_eq!(source.halted(), None);
        for i in 0..3 {
            let block = if i == 1 { &mut other } else { &mut one };
            assert_eq!(source.next(block).unwrap(), 0);
            let started = source.halted().unwrap();
            assert!((2 * BLOCK..=3 * BLOCK).contains(&started), "{started}");
        }
        source.halt_beyond(20 * BLOCK);
        let mut read = Vec::new();
        loop {
            match source.next(&mut other).unwrap() {
                0 => break,
                length => read.extend_from_slice(&other.text()[..length]),
            }
        }
        assert!(read == long);
        assert_eq!(source.halted(), None);
    }
}

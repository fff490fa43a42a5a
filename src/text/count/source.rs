//! An input that several threads share: each takes the next block of whole lines.
//!
//! The threads read by turns, under a lock, straight into buffers of their own;
//! nobody hands lines to anybody. What a block leaves of its last line goes to
//! whoever reads next.
//!
//! A line that is longer than was foreseen halts the input, for everybody, before
//! more of it is read: first there must be memory for it.

use super::key::STRIDE;
use crate::common::error::Error;
use crate::common::stream::{BLOCK, Blocks};
use std::io::Read;

/// An input, cut into blocks of whole lines.
pub struct Source<R> {
    input: R,
    terminator: u8,
    /// How many lines there were before the next block, where somebody counts them.
    before: u64,
    /// The beginning of a line whose end has not been read.
    rest: Vec<u8>,
    /// The size of a block with such a line's beginning, in bytes, that halts the input.
    most: usize,
    /// That block, once it does.
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
            most: usize::MAX,
            halted: None,
            ended: false,
        }
    }

    /// Halts the input from now on where a line is found to be longer than this.
    pub fn halt_beyond(&mut self, longest: usize) {
        self.most = longest;
    }

    /// How much of a line has been read that halts the input, if one does.
    pub fn halted(&self) -> Option<usize> {
        self.halted.as_ref().map(|block| block.text().len())
    }

    /// Reads the next lines into `block`: their size in bytes, 0 at the end, or
    /// where the input is halted. The last line of the input may lack its terminator.
    pub fn next(&mut self, block: &mut Blocks) -> Result<usize, Error> {
        // A long line that has passed shall not be felt any more.
        if block.size() / 8 > block.text().len().max(BLOCK) {
            *block = Blocks::new();
        }
        match self.halted.take() {
            Some(begun) => *block = begun,
            None => {
                block.keep(0);
                block.put(&self.rest);
                self.rest.clear();
            }
        }
        while !self.ended {
            let before = block.text().len();
            if before > self.most {
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

    /// The same, and the number of the first of these lines; that of the first
    /// of all is 1.
    pub fn next_numbered(&mut self, block: &mut Blocks) -> Result<(usize, u64), Error> {
        let length = self.next(block)?;
        let number = self.before + 1;
        let lines = memchr::memchr_iter(self.terminator, &block.text()[..length]);
        self.before += lines.count() as u64;
        Ok((length, number))
    }

    /// Ends the input here, for everybody.
    pub fn end(&mut self) {
        self.ended = true;
        self.rest.clear();
        self.halted = None;
    }
}

/// The first `length` bytes of a block's text, and the bytes behind them that
/// may be read with it.
pub fn padded(block: &Blocks, length: usize) -> &[u8] {
    block.padded(length + STRIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_halts_the_input_for_everybody() {
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
            let begun = source.halted().unwrap();
            assert!((2 * BLOCK..=3 * BLOCK).contains(&begun), "{begun}");
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

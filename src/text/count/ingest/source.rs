//! An input that several threads share: each takes the next block of whole lines.
//!
//! The threads take turns under a lock and read into buffers of their own, so no
//! line is copied from one thread to another. An incomplete last line of a block
//! becomes the start of the next block.
//!
//! A line that is longer than its reservation halts the input for all threads
//! before more of it is read: memory for it must be reserved first. An input may also
//! pause, at the end of an interval.

use crate::common::error::Error;
use crate::common::stream::{BLOCK, Blocks};
use crate::text::count::store::key::STRIDE;
use std::io::{self, Read};

/// An input that is read into blocks.
pub trait Input {
    /// Appends bytes to the text of a block, whose size they do not exceed.
    fn fill(&mut self, block: &mut Blocks) -> io::Result<Filled>;
}

/// What an input has.
pub enum Filled {
    /// Bytes, which are now in the block.
    Some,
    /// No more until the source is resumed.
    Paused,
    /// No more.
    Ended,
}

impl<R: Read> Input for R {
    fn fill(&mut self, block: &mut Blocks) -> io::Result<Filled> {
        Ok(match block.read(self)? {
            0 => Filled::Ended,
            _ => Filled::Some,
        })
    }
}

/// An input, divided into blocks of whole lines.
pub struct Source<I> {
    input: I,
    terminator: u8,
    /// The number of lines before the next block, if lines are numbered.
    before: u64,
    /// The beginning of a line whose end has not been read.
    rest: Vec<u8>,
    /// The size in bytes at which such a line halts the input.
    longest: usize,
    /// The block with the start of a line, while the input is halted or paused.
    started: Option<Blocks>,
    /// Whether the input has paused.
    paused: bool,
    ended: bool,
}

impl<I: Input> Source<I> {
    /// An input of lines that end in `terminator`.
    pub fn new(input: I, terminator: u8) -> Self {
        let rest = Vec::new();
        Source {
            input,
            terminator,
            before: 0,
            rest,
            longest: usize::MAX,
            started: None,
            paused: false,
            ended: false,
        }
    }

    /// Halts the input from now on at a line that is longer than this.
    pub fn halt_beyond(&mut self, longest: usize) {
        self.longest = longest;
    }

    /// The size of the part of the long line that was read, if the input is halted.
    pub fn halted(&self) -> Option<usize> {
        let started = self.started.as_ref().filter(|_| !self.paused);
        started.map(|block| block.text().len())
    }

    /// Lets the input continue, and a line that has started. Returns whether it has paused.
    pub fn resume(&mut self) -> bool {
        std::mem::take(&mut self.paused)
    }

    /// The input itself.
    pub fn input(&mut self) -> &mut I {
        &mut self.input
    }

    /// Reads the next lines into `block`. Returns their size in bytes; 0 at the end, or
    /// if the input is halted or paused. The last line of the input may lack its terminator.
    pub fn next(&mut self, block: &mut Blocks) -> Result<usize, Error> {
        if self.paused {
            return Ok(0);
        }
        // A block that has grown for an earlier long line is freed.
        if block.size() / 8 > block.text().len().max(BLOCK) {
            *block = Blocks::new();
        }
        match self.started.take() {
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
                self.started = Some(std::mem::take(block));
                return Ok(0);
            }
            match self.input.fill(block).map_err(Error::Read)? {
                Filled::Some => {}
                Filled::Paused => {
                    self.paused = true;
                    self.started = Some(std::mem::take(block));
                    return Ok(0);
                }
                Filled::Ended => {
                    self.ended = true;
                    break;
                }
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
        self.started = None;
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
        assert!(!source.resume());
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

    /// Texts with a pause after each.
    struct Pausing<'a>(Vec<&'a [u8]>, bool);

    impl Input for Pausing<'_> {
        fn fill(&mut self, block: &mut Blocks) -> io::Result<Filled> {
            if std::mem::take(&mut self.1) {
                return Ok(Filled::Paused);
            }
            let Some(text) = self.0.pop() else {
                return Ok(Filled::Ended);
            };
            block.append(text);
            self.1 = true;
            Ok(Filled::Some)
        }
    }

    #[test]
    fn a_line_that_has_started_before_a_pause_is_read_after_it() {
        let long = vec![b'x'; BLOCK];
        let texts = vec![&b"last"[..], b"\n", &long, &long, b"", b"b\nc", b"a\n"];
        let mut source = Source::new(Pausing(texts, false), b'\n');
        source.halt_beyond(BLOCK);
        let (mut one, mut other) = (Blocks::new(), Blocks::new());
        let mut read: Vec<Vec<u8>> = Vec::new();
        let mut next = |source: &mut Source<Pausing>, block: &mut Blocks| {
            let length = source.next(block).unwrap();
            read.push(block.text()[..length].to_vec());
            length
        };
        for block in [&mut one, &mut other] {
            while next(&mut source, block) > 0 {}
            // All threads pause.
            assert_eq!((next(&mut source, block), source.halted()), (0, None));
            assert!(source.resume());
        }
        // A text without bytes, and a long one, whose line is halted.
        assert_eq!((next(&mut source, &mut one), source.halted()), (0, None));
        assert!(source.resume());
        assert_eq!(next(&mut source, &mut one), 0);
        assert_eq!(source.halted(), Some(BLOCK + 1));
        source.halt_beyond(10 * BLOCK);
        while next(&mut source, &mut other) > 0 || source.resume() {}
        read.retain(|lines| !lines.is_empty());
        let long = [b"c", &long[..], &long, b"\n"].concat();
        assert!(read == [b"a\n".to_vec(), b"b\n".to_vec(), long, b"last".to_vec()]);
    }
}

//! Blocks in, blocks out: how text flows through a filter.
//!
//! A filter is plain sequential code that is handed one block after the other.
//! [`filter`] does the reading and writing around it: what one `read` brought
//! is handled and written, in one `write`, before the next `read`, so that a
//! filter behind `tail -f` never sits on text it has seen. Two buffers, used
//! again and again, are all the memory there is.

use crate::error::Error;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

/// How much one `read` asks for, in bytes: large enough that system calls cost
/// nothing, small enough that a block and its answer stay in the cache.
pub const BLOCK: usize = 128 << 10;

/// What a pipe is asked to hold, in bytes: Linux's limit for everybody.
const PIPE: usize = 1 << 20;

/// A filter over a text: one block in, what follows from it out.
///
/// A block never ends within a character, unless the text itself does.
pub trait Filter {
    /// Takes the next block of the text and appends to `out` what is certain by now.
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error>;

    /// The text has ended: appends what was still held back. After that the
    /// filter is as new, ready for the next text.
    fn end(&mut self, out: &mut Out) -> Result<(), Error>;
}

/// What a filter has put out since the last write.
///
/// A buffer that keeps its bytes when it is emptied, so that a filter can
/// write into its [`room`](Out::room) by plain stores, without clearing it first.
#[derive(Debug, Default)]
pub struct Out {
    bytes: Vec<u8>,
    len: usize,
}

impl Out {
    /// At least `n` bytes of room behind what was put out; they hold anything.
    pub fn room(&mut self, n: usize) -> &mut [u8] {
        if self.bytes.len() - self.len < n {
            self.bytes.resize(self.len + n, 0);
        }
        &mut self.bytes[self.len..]
    }

    /// The first `n` bytes of the room were written to: they are put out.
    pub fn advance(&mut self, n: usize) {
        assert!(n <= self.bytes.len() - self.len);
        self.len += n;
    }

    /// Puts out some bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// All that was put out.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Takes back all but the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }
}

/// Two filters, one after the other, as one.
pub struct Chain<A, B> {
    first: A,
    second: B,
    between: Out,
}

impl<A: Filter, B: Filter> Chain<A, B> {
    /// The second filter reads what the first one puts out.
    pub fn new(first: A, second: B) -> Self {
        let between = Out::default();
        Chain {
            first,
            second,
            between,
        }
    }

    fn pass(&mut self, out: &mut Out) -> Result<(), Error> {
        self.second.block(self.between.as_slice(), out)?;
        self.between.truncate(0);
        Ok(())
    }
}

impl<A: Filter, B: Filter> Filter for Chain<A, B> {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        self.first.block(text, &mut self.between)?;
        self.pass(out)
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        self.first.end(&mut self.between)?;
        self.pass(out)?;
        self.second.end(out)
    }
}

/// Runs one whole text through a filter.
///
/// Where reading fails, what came before is still written and the text ended,
/// before the error is returned: the next text does not run into this one.
pub fn filter(
    input: &mut impl Read,
    filter: &mut (impl Filter + ?Sized),
    output: &mut impl Write,
) -> Result<(), Error> {
    let mut text = vec![0; BLOCK];
    let mut out = Out::default();
    // An unfinished character at the end of a block is the start of the next one.
    let mut held = 0;
    let ended = loop {
        match read(input, &mut text[held..]) {
            Ok(0) => break Ok(()),
            Ok(n) => {
                let end = held + n;
                let whole = end - unfinished(&text[..end]);
                filter.block(&text[..whole], &mut out)?;
                write(output, &mut out)?;
                text.copy_within(whole..end, 0);
                held = end - whole;
            }
            Err(error) => break Err(Error::Read(error)),
        }
    };
    filter.block(&text[..held], &mut out)?;
    filter.end(&mut out)?;
    write(output, &mut out)?;
    ended
}

/// Hands on every line of the input, without its terminator. A last line
/// without one counts; memory grows with the longest line only.
pub fn lines(
    input: &mut impl Read,
    terminator: u8,
    mut each: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut text = vec![0; BLOCK];
    let mut held = 0;
    loop {
        if held == text.len() {
            grow(&mut text)?;
        }
        let n = read(input, &mut text[held..]).map_err(Error::Read)?;
        let end = held + n;
        if n == 0 {
            return if end == 0 { Ok(()) } else { each(&text[..end]) };
        }
        let mut start = 0;
        // What was held has been searched before.
        for i in memchr::memchr_iter(terminator, &text[held..end]) {
            each(&text[start..held + i])?;
            start = held + i + 1;
        }
        text.copy_within(start..end, 0);
        held = end - start;
    }
}

/// Doubles the buffer of a line that does not fit; a line beyond the memory
/// there is becomes an error, not an abort.
pub(crate) fn grow(text: &mut Vec<u8>) -> Result<(), Error> {
    let more = text.len().max(BLOCK);
    text.try_reserve_exact(more)
        .map_err(|_| Error::Read(io::ErrorKind::OutOfMemory.into()))?;
    text.resize(text.len() + more, 0);
    Ok(())
}

/// Reads what there is, once; a signal is no reason to stop.
pub fn read(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Writes all of `out` and empties it.
fn write(output: &mut impl Write, out: &mut Out) -> Result<(), Error> {
    if !out.as_slice().is_empty() {
        output.write_all(out.as_slice()).map_err(Error::Write)?;
        out.truncate(0);
    }
    Ok(())
}

/// How many bytes at the end of the text begin a character without finishing it: 0 to 3.
fn unfinished(text: &[u8]) -> usize {
    for (n, &byte) in text.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return 0,
        };
        return if n + 1 < length { n + 1 } else { 0 };
    }
    0
}

/// Asks the kernel for a larger pipe, if this is one: fewer switches between
/// the processes at its ends. Where it refuses, the pipe works as it is.
pub fn enlarge_pipe(stream: impl AsFd) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(stream, PIPE);
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, PIPE);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes text through and marks where blocks end.
    struct Marks;

    impl Filter for Marks {
        fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
            out.push(text);
            out.push(b"|");
            Ok(())
        }
        fn end(&mut self, out: &mut Out) -> Result<(), Error> {
            out.push(b".");
            Ok(())
        }
    }

    /// Gives one piece a read.
    struct Pieces<'a>(Vec<&'a [u8]>);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            self.0.remove(0).read(buffer)
        }
    }

    fn marked(pieces: Vec<&[u8]>) -> String {
        let mut out = Vec::new();
        filter(&mut Pieces(pieces), &mut Marks, &mut out).unwrap();
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_block_ends_with_a_whole_character() {
        assert_eq!(marked(vec!["aé".as_bytes(), b"b"]), "aé|b||.");
        assert_eq!(marked(vec![b"a\xC3", b"\xA9b"]), "a|éb||.");
        assert_eq!(marked(vec![b"\xF0\x9F", b"\x98", b"\x80"]), "||😀||.");
    }

    #[test]
    fn what_no_byte_can_finish_is_not_held() {
        assert_eq!(unfinished(b"a\xFF"), 0);
        assert_eq!(unfinished(b"a\x80\x80\x80"), 0);
        assert_eq!(unfinished("aé".as_bytes()), 0);
        assert_eq!(unfinished(b"a\xE2\x82"), 2);
        // The text's own end gives what was held.
        assert_eq!(marked(vec![b"a\xC3"]), "a|\u{FFFD}|.");
    }

    #[test]
    fn lines_of_any_length_with_and_without_an_end() {
        let long = vec![b'x'; 3 * BLOCK + 1];
        let mut text = b"a\n\nb\n".to_vec();
        text.extend_from_slice(&long);
        let mut seen = Vec::new();
        lines(&mut &text[..], b'\n', |line| {
            seen.push(line.to_vec());
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [b"a".to_vec(), b"".to_vec(), b"b".to_vec(), long]);
    }
}

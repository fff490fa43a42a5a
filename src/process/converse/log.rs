//! The conversation, written down line by line with its directions marked.
//!
//! `> ` marks lines of the first command, `< ` those of the second. A line is written when
//! it is complete. `>+` and `<+` mark a part of a line, which is written
//! when the other command writes, when it is very long, or at the end.

use crate::common::error::Error;
use crate::common::output::Output;
use std::io::Write;

/// Longest piece of a line that waits in memory, in bytes.
const HELD: usize = 64 << 10;

/// Where the conversation is written down.
#[derive(Debug)]
pub struct Log {
    output: Output,
    /// Its name in an error line; none for standard output.
    name: Option<String>,
    /// The line that each command has begun.
    begun: [Vec<u8>; 2],
}

impl Log {
    /// A log in this output. One without a name is standard output.
    pub fn new(output: Output, name: Option<String>) -> Log {
        let begun = Default::default();
        Log {
            output,
            name,
            begun,
        }
    }

    /// Adds what a command wrote, 0 for the first.
    pub(super) fn add(&mut self, side: usize, bytes: &[u8]) -> Result<(), Error> {
        let mut text = Vec::new();
        self.break_off(1 - side, &mut text);
        let begun = &mut self.begun[side];
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            text.extend_from_slice(&[mark(side), b' ']);
            text.append(begun);
            text.extend_from_slice(&rest[..=end]);
            rest = &rest[end + 1..];
        }
        begun.extend_from_slice(rest);
        if begun.len() > HELD {
            self.break_off(side, &mut text);
        }
        self.write(&text)
    }

    /// Writes what has begun and will not go on.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        let mut text = Vec::new();
        self.break_off(0, &mut text);
        self.break_off(1, &mut text);
        self.write(&text)
    }

    fn break_off(&mut self, side: usize, text: &mut Vec<u8>) {
        if !self.begun[side].is_empty() {
            text.extend_from_slice(&[mark(side), b'+']);
            text.append(&mut self.begun[side]);
            text.push(b'\n');
        }
    }

    fn write(&mut self, text: &[u8]) -> Result<(), Error> {
        self.output
            .write_all(text)
            .map_err(|error| match &self.name {
                Some(name) => Error::Write(error).of(name),
                None => Error::Write(error),
            })
    }
}

fn mark(side: usize) -> u8 {
    [b'>', b'<'][side]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek};

    #[test]
    fn lines_and_pieces() {
        let file = tempfile::tempfile().unwrap();
        let mut log = Log::new(Output::raw(file.try_clone().unwrap()), None);
        for (side, said) in [
            (0, "a\nb"),
            (0, "c\n"),
            (0, "name? "),
            (1, "x\n\ny\n"),
            (0, "\n"),
            (1, "z"),
        ] {
            log.add(side, said.as_bytes()).unwrap();
        }
        log.end().unwrap();
        let mut text = String::new();
        let mut file = file;
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "> a\n> bc\n>+name? \n< x\n< \n< y\n> \n<+z\n");
    }

    /// A line without an end is not buffered as a whole.
    #[test]
    fn a_long_line_is_written_in_parts() {
        let mut file = tempfile::tempfile().unwrap();
        let mut log = Log::new(Output::raw(file.try_clone().unwrap()), None);
        let part = vec![b'x'; HELD / 2 + 1];
        for _ in 0..5 {
            log.add(0, &part).unwrap();
            assert!(log.begun[0].len() <= HELD);
        }
        log.add(0, b"y\n").unwrap();
        log.end().unwrap();
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        let part = "x".repeat(part.len());
        assert_eq!(text, format!(">+{part}{part}\n>+{part}{part}\n> {part}y\n"));
    }
}

//! Lines that end in CR and LF, read as lines that end in LF: `--crlf`.
//!
//! A CR is dropped where a newline or the end of the input follows. Any other CR is a
//! byte like all others.

use crate::common::stream;
use std::io::{self, Read};
use std::mem;

/// How much is read at a time, in bytes.
const BLOCK: usize = stream::BLOCK;

/// An input without the CR at the end of each line.
#[derive(Debug)]
pub struct WithoutCr<R> {
    input: R,
    block: Vec<u8>,
    /// Bytes to return, and how many of them were returned.
    text: Vec<u8>,
    at: usize,
    /// The last byte that was read is a CR, which is not in the text.
    has_cr: bool,
}

impl<R: Read> WithoutCr<R> {
    /// Reads this input.
    pub fn new(input: R) -> Self {
        WithoutCr {
            input,
            block: vec![0; BLOCK],
            text: Vec::new(),
            at: 0,
            has_cr: false,
        }
    }

    /// Reads more text, if the input has some.
    fn fill(&mut self) -> io::Result<()> {
        while self.at == self.text.len() {
            let n = stream::read(&mut self.input, &mut self.block)?;
            if n == 0 {
                break;
            }
            let block = &self.block[..n];
            self.text.clear();
            self.at = 0;
            if mem::take(&mut self.has_cr) && block[0] != b'\n' {
                self.text.push(b'\r');
            }
            let mut start = 0;
            for cr in memchr::memchr_iter(b'\r', block) {
                match block.get(cr + 1) {
                    Some(b'\n') => {}
                    None => self.has_cr = true,
                    Some(_) => continue,
                }
                self.text.extend_from_slice(&block[start..cr]);
                start = cr + 1;
            }
            self.text.extend_from_slice(&block[start..]);
        }
        Ok(())
    }
}

impl<R: Read> Read for WithoutCr<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let text = &self.text[self.at..];
        let n = buffer.len().min(text.len());
        buffer[..n].copy_from_slice(&text[..n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use proptest::prelude::*;

    fn read(text: &[u8], cuts: Vec<usize>) -> Vec<u8> {
        let mut out = Vec::new();
        let input = arbitrary::pieces(text, cuts);
        WithoutCr::new(input).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn a_cr_before_the_end_of_a_line_is_dropped() {
        for (text, expected) in [
            (&b"a\r\nb\r\n"[..], &b"a\nb\n"[..]),
            (b"a\r\nb\r", b"a\nb"),
            (b"a\rb\n\r\n\n", b"a\rb\n\n\n"),
            (b"\r\r\n", b"\r\n"),
            (b"\r\r", b"\r"),
            (b"\r", b""),
            (b"", b""),
        ] {
            for cut in 1..4 {
                assert_eq!(read(text, vec![cut]), expected, "{text:?}, {cut}");
            }
        }
    }

    proptest! {
        #[test]
        fn as_a_regular_expression_has_it(
            text in prop::collection::vec(prop::sample::select(b"\r\r\n\na".to_vec()), 0..60),
            cuts in arbitrary::cuts(),
        ) {
            let ends = regex::bytes::Regex::new(r"\r(\n|\z)").unwrap();
            prop_assert_eq!(read(&text, cuts), ends.replace_all(&text, &b"$1"[..]).into_owned());
        }
    }
}

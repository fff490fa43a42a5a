//! `ngrams`: each N lines that follow one another, as one line.
//!
//! An empty line is a border: no N-gram contains lines before and after it. Cost: one pass.
//! Memory is a block and the longest N lines that follow one another.
//!
//! The lines of a window are adjacent in the input. So line ends become separators in the buffer,
//! and an N-gram is a copy of one run of bytes. Line ends are found by masks of 64 bytes, because
//! most lines are short.

use crate::common::error::Error;
use crate::common::stream::{self, BLOCK, Blocks, Out};
use crate::text::scan::{self, CHUNK};
use std::io::{Read, Write};
use std::ops::Range;

/// The largest N.
pub const LARGEST: usize = 16;

/// How many chunks are searched together.
const BATCH: usize = 16;

/// A short N-gram is copied with what follows it, up to this many bytes.
const WIDE: usize = 32;

/// Output is written when there is this much, in bytes: long lines are in up to N of the N-grams
/// of a block.
const FULL: usize = 8 * BLOCK;

/// The filter `ngrams`.
///
/// ```
/// # use textmill::text::ngrams::Ngrams;
/// let mut output = Vec::new();
/// let text = "to\nbe\nor\n\nnot\nto\n";
/// Ngrams::new(2, b' ', b'\n').read(&mut text.as_bytes(), &mut output)?;
/// assert_eq!(output, b"to be\nbe or\nnot to\n");
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ngrams {
    n: usize,
    separator: u8,
    terminator: u8,
}

impl Ngrams {
    /// N-grams of lines that end in `terminator`, with `separator` between their lines. `n` must
    /// be from 1 to [`LARGEST`].
    pub fn new(n: usize, separator: u8, terminator: u8) -> Self {
        assert!((1..=LARGEST).contains(&n));
        Ngrams {
            n,
            separator,
            terminator,
        }
    }

    /// Writes the N-grams of a text. If reading fails, those of the text so far are written before
    /// the error is returned.
    pub fn read(
        &self,
        input: &mut (impl Read + ?Sized),
        output: &mut (impl Write + ?Sized),
    ) -> Result<(), Error> {
        let mut blocks = Blocks::new();
        let mut window = Window::default();
        let mut out = Out::default();
        let ended = loop {
            let begin = blocks.text().len();
            match blocks.read(input) {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(Error::Read(error)),
            }
            let end = blocks.text().len();
            let text = blocks.padded_mut(end + WIDE);
            self.lines(text, begin..end, &mut window, &mut out, output)?;
            stream::write(output, &mut out)?;
            let kept = window.oldest(self.n - 1);
            window.move_by(kept);
            blocks.keep(end - kept);
        };
        // A last line without an end counts.
        let end = blocks.text().len();
        if let Some(start) = window.end_line(self.n, end) {
            self.put(&blocks.text()[start..end], &mut out, output)?;
        }
        stream::write(output, &mut out)?;
        ended
    }

    /// Takes the new part of a text, whose lines before it have separators for ends. The text is
    /// longer than that by [`WIDE`] bytes.
    fn lines(
        &self,
        text: &mut [u8],
        new: Range<usize>,
        window: &mut Window,
        out: &mut Out,
        output: &mut (impl Write + ?Sized),
    ) -> Result<(), Error> {
        let mut ends = [0; BATCH];
        for begin in new.clone().step_by(BATCH * CHUNK) {
            let batch = &mut text[begin..new.end.min(begin + BATCH * CHUNK)];
            let ends = &mut ends[..batch.len().div_ceil(CHUNK)];
            scan::find(self.terminator, batch, ends);
            for byte in batch {
                if *byte == self.terminator {
                    *byte = self.separator;
                }
            }
            for (begin, &ends) in (begin..).step_by(CHUNK).zip(ends.iter()) {
                self.chunk(text, begin, ends, window, out, output)?;
            }
        }
        Ok(())
    }

    /// Takes the line ends in a chunk of the text.
    #[inline(always)]
    fn chunk(
        &self,
        text: &[u8],
        begin: usize,
        ends: u64,
        window: &mut Window,
        out: &mut Out,
        output: &mut (impl Write + ?Sized),
    ) -> Result<(), Error> {
        let mut ends = ends;
        while ends != 0 {
            // Room for short N-grams at all these ends. Most are short.
            let room: Option<&mut [u8; CHUNK * WIDE]> = out.room(CHUNK * WIDE).first_chunk_mut();
            let room = room.expect("room for short N-grams");
            let mut used = 0;
            let mut long = None;
            while ends != 0 && long.is_none() {
                let end = begin + ends.trailing_zeros() as usize;
                ends &= ends - 1;
                let Some(start) = window.end_line(self.n, end) else {
                    continue;
                };
                let length = end - start;
                if length < WIDE {
                    room[used..][..WIDE].copy_from_slice(&text[start..][..WIDE]);
                    room[used + length] = self.terminator;
                    used += length + 1;
                } else {
                    long = Some(start..end);
                }
            }
            out.advance(used);
            if let Some(ngram) = long {
                self.put(&text[ngram], out, output)?;
            }
        }
        Ok(())
    }

    /// Appends an N-gram to the output, which is written before if it is full.
    fn put(
        &self,
        ngram: &[u8],
        out: &mut Out,
        output: &mut (impl Write + ?Sized),
    ) -> Result<(), Error> {
        if out.as_slice().len() + ngram.len() > FULL {
            stream::write(output, out)?;
        }
        out.push(ngram);
        out.push(&[self.terminator]);
        Ok(())
    }
}

/// Where lines begin in the buffered text.
#[derive(Debug, Default)]
struct Window {
    /// The starts of the last lines. That of line `i` is at `i % LARGEST`.
    starts: [usize; LARGEST],
    /// The number of complete lines since the last border.
    lines: usize,
    /// The start of the incomplete line.
    line: usize,
}

impl Window {
    /// Ends the line before `end`. Returns the start of the N-gram that this completes.
    #[inline(always)]
    fn end_line(&mut self, n: usize, end: usize) -> Option<usize> {
        let start = std::mem::replace(&mut self.line, end + 1);
        if start == end {
            self.lines = 0;
            return None;
        }
        self.starts[self.lines % LARGEST] = start;
        self.lines += 1;
        (self.lines >= n).then(|| self.starts[(self.lines - n) % LARGEST])
    }

    /// The start of the last `n` complete lines, or of as many as there are since the border.
    fn oldest(&self, n: usize) -> usize {
        match self.lines.min(n) {
            0 => self.line,
            n => self.starts[(self.lines - n) % LARGEST],
        }
    }

    /// The first `n` bytes of the buffered text were removed.
    fn move_by(&mut self, n: usize) {
        self.line -= n;
        for start in &mut self.starts {
            // Lines before the window have no start any more.
            *start = start.saturating_sub(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::text::scan::with_each;
    use proptest::prelude::*;
    use std::io;

    fn ngrams(n: usize, separator: u8, terminator: u8, text: &[u8], cuts: Vec<usize>) -> Vec<u8> {
        let mut out = Vec::new();
        let ngrams = Ngrams::new(n, separator, terminator);
        ngrams
            .read(&mut arbitrary::pieces(text, cuts), &mut out)
            .unwrap();
        out
    }

    /// Line by line, window by window.
    fn naive(n: usize, separator: u8, terminator: u8, text: &[u8]) -> Vec<u8> {
        let lines: Vec<&[u8]> = text.split(|&byte| byte == terminator).collect();
        let runs = lines.split(|line| line.is_empty());
        let windows = runs.flat_map(|run| run.windows(n));
        windows
            .flat_map(|lines| [&lines.join(&separator)[..], &[terminator]].concat())
            .collect()
    }

    /// Lines of few bytes, of about [`WIDE`], and some long ones.
    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let length = prop_oneof![
            2 => Just(0usize),
            20 => 1..9usize,
            5 => 1..40usize,
            1 => 1..3000usize,
        ];
        let byte = prop_oneof![8 => Just(b'\n'), 1 => Just(0u8), 1 => any::<u8>()];
        let line = (length, any::<u8>(), byte);
        let lines = prop::collection::vec(line, 0..200);
        lines.prop_map(|lines| {
            let line = |(length, byte, end)| [&vec![byte; length][..], &[end]].concat();
            lines.into_iter().flat_map(line).collect()
        })
    }

    proptest! {
        #[test]
        fn windows_of_lines(
            text in lines(),
            n in 1..=LARGEST,
            separator in prop::sample::select(b" \t".to_vec()),
            terminator in prop::sample::select(b"\n\0".to_vec()),
            cuts in arbitrary::cuts(),
        ) {
            with_each(|_| {
                let found = ngrams(n, separator, terminator, &text, cuts.clone());
                prop_assert_eq!(found, naive(n, separator, terminator, &text));
                Ok(())
            })?;
        }
    }

    #[test]
    fn a_border_is_not_crossed() {
        let two = |text: &str| {
            String::from_utf8(ngrams(2, b' ', b'\n', text.as_bytes(), vec![1])).unwrap()
        };
        assert_eq!(two("a\nb\n\nc\nd\ne\n"), "a b\nc d\nd e\n");
        assert_eq!(two("a\n\nb\n\n\n\nc"), "");
        assert_eq!(two("\n\na\nb"), "a b\n");
        assert_eq!(two("a\r\n\r\nb\n"), "a\r \r\n\r b\n");
        assert_eq!(two(""), "");
    }

    /// A writer that counts what is written at a time.
    #[derive(Default)]
    struct Writes {
        largest: usize,
        total: usize,
    }

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.largest = self.largest.max(bytes.len());
            self.total += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn long_lines_are_written_one_ngram_at_a_time() {
        // Short lines after a long one: each N-gram with it ends in the same block.
        let long = vec![b'x'; 3 << 20];
        let text = [&long[..], &b"\na".repeat(100)].concat();
        let mut writes = Writes::default();
        let sixteen = Ngrams::new(16, b' ', b'\n');
        sixteen.read(&mut &text[..], &mut writes).unwrap();
        let ngram = long.len() + 16 * 2;
        assert!(writes.total > long.len() && writes.largest <= ngram + FULL);

        let fifteen_long = [&long[..], b"\n"].concat().repeat(15);
        let text = [&fifteen_long[..], &b"a\n".repeat(100)].concat();
        let mut writes = Writes::default();
        sixteen.read(&mut &text[..], &mut writes).unwrap();
        assert!(writes.total > 100 * long.len());
        assert!(writes.largest <= fifteen_long.len() + 2 + FULL);
    }

    #[test]
    fn a_failed_read_ends_the_text() {
        struct Fails(&'static [u8]);
        impl Read for Fails {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                match self.0.is_empty() {
                    true => Err(io::Error::other("broken")),
                    false => self.0.read(buffer),
                }
            }
        }
        let mut out = Vec::new();
        let error = Ngrams::new(2, b' ', b'\n').read(&mut Fails(b"a\nb\nc"), &mut out);
        assert!(matches!(error, Err(Error::Read(_))));
        assert_eq!(out, b"a b\nb c\n");
    }
}

//! `lengths`: the length of each line.
//!
//! In characters (Unicode scalar values), as `wc -m` and Python's `len` count
//! them; a byte that is part of no character counts as one. Cost: one pass over
//! masks of 64 bytes, in constant memory, whatever the length of a line.
//!
//! Chapter: `graphemes` counts what a reader perceives as characters.

mod graphemes;

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::scan::{self, CHUNK};
use crate::text::tally;
use graphemes::{Graphemes, graphemes};

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters: Unicode scalar values, and bytes that are part of none.
    Characters,
    /// Bytes.
    Bytes,
    /// Extended grapheme clusters, which readers perceive as characters (Unicode Standard
    /// Annex 29).
    Graphemes,
}

/// How many chunks are searched together.
const BATCH: usize = 16;

/// The filter `lengths`.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::lengths::{Lengths, Unit};
/// let mut output = Vec::new();
/// let text = "naïve\n\ncafé\n";
/// stream::filter(&mut text.as_bytes(), &mut Lengths::new(Unit::Characters, b'\n'), &mut output)?;
/// assert_eq!(output, b"5\n0\n4\n");
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Lengths {
    unit: Unit,
    terminator: u8,
    /// The length so far of an incomplete line; `None` between two lines.
    line: Option<u64>,
    /// The graphemes of that line.
    graphemes: Graphemes,
}

impl Lengths {
    /// The lengths of lines that end in `terminator`, written one a line.
    pub fn new(unit: Unit, terminator: u8) -> Self {
        Lengths {
            unit,
            terminator,
            line: None,
            graphemes: Graphemes::default(),
        }
    }

    /// Lines of a text. `leads` returns the bytes of a chunk that count.
    fn by_masks(&mut self, text: &[u8], leads: impl Fn(&[u8]) -> u64, out: &mut Out) {
        let mut ends = [0; BATCH];
        let mut length = self.line.unwrap_or(0);
        for piece in text.chunks(BATCH * CHUNK) {
            let ends = &mut ends[..piece.len().div_ceil(CHUNK)];
            scan::find(self.terminator, piece, ends);
            for (chunk, &ends) in piece.chunks(CHUNK).zip(ends.iter()) {
                let mut ends = ends;
                let mut leads = leads(chunk) & u64::MAX >> (CHUNK - chunk.len());
                let room = out.room(CHUNK * (tally::DIGITS + 1));
                let mut at = 0;
                while ends != 0 {
                    // The bits before the end of this line.
                    let before = (ends & ends.wrapping_neg()) - 1;
                    length += u64::from((leads & before).count_ones());
                    at = put(length, room, at);
                    leads &= !(before << 1 | 1);
                    ends &= ends - 1;
                    length = 0;
                }
                length += u64::from(leads.count_ones());
                out.advance(at);
            }
        }
        self.line = (text.last() != Some(&self.terminator)).then_some(length);
    }

    /// Lines of a text that is not all UTF-8: valid parts by masks, and each other byte
    /// counts as one.
    fn by_parts(&mut self, text: &[u8], out: &mut Out) {
        for part in text.utf8_chunks() {
            if !part.valid().is_empty() {
                self.by_masks(part.valid().as_bytes(), leads, out);
            }
            if !part.invalid().is_empty() {
                self.line = Some(self.line.unwrap_or(0) + part.invalid().len() as u64);
            }
        }
    }

    fn by_graphemes(&mut self, text: &[u8], out: &mut Out) {
        let mut start = 0;
        for end in memchr::memchr_iter(self.terminator, text) {
            let line = &text[start..end];
            match self.line {
                None => self.line = Some(graphemes(line)),
                Some(length) => self.line = Some(length + self.graphemes.begun(line)),
            }
            self.end_line(out);
            start = end + 1;
        }
        if start < text.len() {
            let length = self.line.unwrap_or(0);
            self.line = Some(length + self.graphemes.begun(&text[start..]));
        }
    }

    fn end_line(&mut self, out: &mut Out) {
        let length = self.line.take().unwrap_or(0);
        self.graphemes.end();
        let room = out.room(tally::DIGITS + 1);
        let at = put(length, room, 0);
        out.advance(at);
    }
}

impl Filter for Lengths {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        match self.unit {
            Unit::Bytes => self.by_masks(text, |_| u64::MAX, out),
            Unit::Characters if text.is_ascii() => self.by_masks(text, |_| u64::MAX, out),
            Unit::Characters if std::str::from_utf8(text).is_ok() => {
                self.by_masks(text, leads, out);
            }
            Unit::Characters => self.by_parts(text, out),
            Unit::Graphemes => self.by_graphemes(text, out),
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        if self.line.is_some() {
            self.end_line(out);
        }
        Ok(())
    }
}

/// The bytes of a chunk of UTF-8 that begin a character: all but those of the form
/// `10xxxxxx`. The bits after a short chunk are set, too.
fn leads(chunk: &[u8]) -> u64 {
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // Bit 8i of eight bytes times this gives bit 56 + i and lower bits.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (words, rest) = chunk.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]).take(CHUNK / 8).enumerate();
    words.fold(u64::MAX, |leads, (i, &word)| {
        let word = u64::from_le_bytes(word);
        // The top bit of a byte is set, and the next lower one is not.
        let inner = word & !(word << 1) & TOPS;
        leads ^ (inner >> 7).wrapping_mul(GATHER) >> 56 << (8 * i)
    })
}

/// Writes a length and a newline at `at`. Returns where they end.
#[inline(always)]
fn put(length: u64, room: &mut [u8], at: usize) -> usize {
    // Most words are this short.
    if length < 10 {
        room[at] = b'0' + length as u8;
        room[at + 1] = b'\n';
        return at + 2;
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(length).as_bytes();
    let end = at + digits.len();
    room[at..end].copy_from_slice(digits);
    room[end] = b'\n';
    end + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{self, filtered};
    use crate::common::utf8;
    use graphemes::LONGEST;
    use graphemes::tests::joining;
    use proptest::prelude::*;

    fn lengths(unit: Unit, text: &[u8], cuts: Vec<usize>) -> Vec<u64> {
        let out = filtered(Lengths::new(unit, b'\n'), text, cuts);
        let out = String::from_utf8(out).unwrap();
        out.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// Line by line, character by character.
    fn naive(text: &[u8], length: impl Fn(&[u8]) -> usize) -> Vec<u64> {
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line));
        lines.map(|line| length(line) as u64).collect()
    }

    fn characters(mut line: &[u8]) -> usize {
        let mut n = 0;
        while !line.is_empty() {
            line = &line[utf8::first(line).1..];
            n += 1;
        }
        n
    }

    fn whole(line: &[u8]) -> usize {
        graphemes(line) as usize
    }

    #[test]
    fn a_line_is_searched_once_and_not_buffered() {
        // In blocks of a few bytes: the buffered bytes are searched each time.
        for (piece, graphemes) in [
            ("αβγδ", 4),
            ("\u{301}", 0),
            ("\u{200D}", 0),
            ("👩\u{200D}", 0),
            ("क\u{94D}", 0),
            ("\u{600}", 0),
            ("🇩🇪", 1),
            ("\u{1100}", 0),
        ] {
            let mut lengths = Lengths::new(Unit::Graphemes, b'\n');
            let mut out = Out::default();
            let n = 200_000;
            for _ in 0..n {
                lengths.block(piece.as_bytes(), &mut out).unwrap();
                assert!(lengths.graphemes.buffered() <= LONGEST);
            }
            lengths.end(&mut out).unwrap();
            let length = (n * graphemes).max(1);
            assert_eq!(out.as_slice(), format!("{length}\n").as_bytes(), "{piece}");
        }
    }

    #[test]
    fn each_unit_counts() {
        let text = "naïve\n\n👩‍👩‍👧 e\u{301}".as_bytes();
        assert_eq!(lengths(Unit::Characters, text, vec![1]), [5, 0, 8]);
        assert_eq!(lengths(Unit::Bytes, text, vec![1]), [6, 0, 22]);
        assert_eq!(lengths(Unit::Graphemes, text, vec![1]), [5, 0, 3]);
        assert_eq!(lengths(Unit::Characters, b"a\xFF\xFFb\n", vec![9]), [4]);
        assert_eq!(lengths(Unit::Characters, b"", vec![1]), [0; 0]);
    }

    proptest! {
        #[test]
        fn as_counted_one_by_one(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            prop_assert_eq!(lengths(Unit::Characters, &text, cuts.clone()), naive(&text, characters));
            prop_assert_eq!(lengths(Unit::Bytes, &text, cuts.clone()), naive(&text, <[u8]>::len));
            prop_assert_eq!(lengths(Unit::Graphemes, &text, cuts), naive(&text, whole));
        }

        #[test]
        fn graphemes_of_all_kinds_in_pieces(text in joining(10), cuts in arbitrary::cuts()) {
            prop_assert_eq!(lengths(Unit::Graphemes, text.as_bytes(), cuts), naive(text.as_bytes(), whole));
        }
    }
}

//! Picks words out of a text by its masks; `capwords` and `words` share this.
//!
//! A word is a run of word bytes: a run of ones in the mask. It starts at a word
//! byte without another one before it. An addition finds its end: a one added
//! at its start carries through the whole run, which becomes zeros, and sets
//! the bit after it. So a few operations find the picked words in 64 bytes, and
//! the byte after each. These bytes are then copied without gaps, with a newline
//! for each byte after a word. No branch depends on the positions of the words.
//!
//! The only state between blocks is whether a word is open, so a word of any
//! length needs no memory.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::scan::{self, CHUNK, Masks, ROOM, Scope};

/// Which words to pick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every word.
    All,
    /// Those that begin with an upper-case character.
    Capitalised,
}

/// A filter that writes the words it picks, one a line.
#[derive(Debug)]
pub struct Pick {
    which: Which,
    ascii: bool,
    /// Whether the text so far ends within a word.
    in_word: bool,
    /// Whether it ends within a picked word, whose first bytes are written already.
    open: bool,
}

impl Pick {
    /// Picks words of Unicode, or with `ascii` words of ASCII; all other bytes are then
    /// separators.
    pub fn new(which: Which, ascii: bool) -> Self {
        Pick {
            which,
            ascii,
            in_word: false,
            open: false,
        }
    }
}

impl Filter for Pick {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        // The byte after each word but the last becomes its newline, so the output is hardly
        // longer than the text.
        let room = out.room(text.len() + ROOM + CHUNK);
        let scope = match (self.ascii, self.which) {
            (true, _) => Scope::Ascii,
            (false, Which::All) => Scope::Words,
            (false, Which::Capitalised) => Scope::Capitals,
        };
        let used = scan::extract(text, scope, room, |masks, length| self.pick(masks, length));
        out.advance(used);
        Ok(())
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        if self.open {
            out.push(b"\n");
        }
        (self.in_word, self.open) = (false, false);
        Ok(())
    }
}

impl Pick {
    /// The bytes of picked words with the bytes right after them, and the latter alone, in the
    /// next chunk of `length` bytes.
    #[inline(always)]
    fn pick(&mut self, masks: Masks, length: usize) -> (u64, u64) {
        let word = masks.word;
        let mut starts = word & !(word << 1 | u64::from(self.in_word));
        if self.which == Which::Capitalised {
            starts &= masks.upper;
        }
        // An open word continues as if it started here. If it does not continue, its end is
        // the first byte.
        let (sum, over) = word.overflowing_add(starts | u64::from(self.open));
        let (words, ends) = (word & !sum, sum & !word);
        self.in_word = word >> (length - 1) & 1 == 1;
        if length == CHUNK {
            self.open = over;
            return (words | ends, ends);
        }
        // The byte after the text is not known yet.
        self.open = ends >> length & 1 == 1;
        let ends = ends & ((1 << length) - 1);
        (words | ends, ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::text::scan::with_each;
    use proptest::prelude::*;

    /// The matches of the regular expression, one a line, in each valid run by itself. Across
    /// an invalid byte, the regex crate looks back to the character before it, although the byte
    /// is a separator.
    fn naive(pattern: &str, text: &[u8]) -> Vec<u8> {
        let pattern = regex::Regex::new(pattern).unwrap();
        let mut out = Vec::new();
        for piece in text.utf8_chunks() {
            for word in pattern.find_iter(piece.valid()) {
                out.extend_from_slice(word.as_str().as_bytes());
                out.push(b'\n');
            }
        }
        out
    }

    /// The same for bytes.
    fn naive_bytes(pattern: &str, text: &[u8]) -> Vec<u8> {
        let pattern = regex::bytes::Regex::new(pattern).unwrap();
        let found = pattern.find_iter(text).map(|word| word.as_bytes());
        found.flat_map(|word| [word, b"\n"].concat()).collect()
    }

    /// Whether a filter returns what is expected, with each instruction set.
    fn finds(
        which: Which,
        ascii: bool,
        text: &[u8],
        cuts: &[usize],
        expected: &[u8],
    ) -> Result<(), TestCaseError> {
        with_each(|_| {
            let picked = arbitrary::filtered(Pick::new(which, ascii), text, cuts.to_vec());
            prop_assert_eq!(&picked, expected);
            Ok(())
        })
    }

    proptest! {
        #[test]
        fn capitalised_as_the_regular_expression(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let expected = naive(r"\b\p{Uppercase}\w*\b", &text);
            finds(Which::Capitalised, false, &text, &cuts, &expected)?;
        }

        #[test]
        fn all_as_the_regular_expression(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            finds(Which::All, false, &text, &cuts, &naive(r"\w+", &text))?;
        }

        #[test]
        fn bytewise_as_the_regular_expression(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let expected = naive_bytes(r"(?-u)\b[A-Z]\w*\b", &text);
            finds(Which::Capitalised, true, &text, &cuts, &expected)?;
            finds(Which::All, true, &text, &cuts, &naive_bytes(r"(?-u)\w+", &text))?;
        }
    }

    #[test]
    fn a_filter_is_as_new_after_the_end() {
        let mut pick = Pick::new(Which::All, false);
        let mut out = Out::default();
        for _ in 0..2 {
            pick.block(b"a bc", &mut out).unwrap();
            pick.end(&mut out).unwrap();
        }
        assert_eq!(out.as_slice(), b"a\nbc\na\nbc\n");
    }
}

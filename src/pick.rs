//! Picking words out of a text by its masks: what `capwords` and `words` share.
//!
//! A word is a run of word bytes. With a bit for each byte, words start where
//! a word byte has none before it, and end where one is not followed by
//! another; both come from one shift of the mask. The walk below then goes
//! from set bit to set bit, so its cost is by the word, not by the byte.
//!
//! Nothing of the text is kept between blocks, only whether a word is open: a
//! word of any length costs no memory.

use crate::error::Error;
use crate::scan::{self, CHUNK, Masks, Refiner};
use crate::stream::{Filter, Out};

/// How many chunks are scanned before their words are picked: their masks
/// stay in the first-level cache.
const BATCH: usize = 32;

/// What a copy of a short word takes along, in bytes: a fixed size is faster
/// than an exact one, and most words are shorter.
const STRIDE: usize = 32;

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
    /// The text so far ends within a word.
    in_word: bool,
    /// … and within one that is picked: its first bytes are put out already.
    open: bool,
}

impl Pick {
    /// Picks words of Unicode, or with `ascii` words of ASCII alone, to which
    /// any other byte is a separator.
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
        // A word ends in a byte that is not its own, so what is put out is no
        // longer than the text, but for the end of a word from the block before.
        let mut walk = Walk {
            text,
            room: out.room(text.len() + 2 + STRIDE),
            used: 0,
            which: self.which,
            in_word: self.in_word,
            open: self.open.then_some(0),
        };
        let mut refiner = None;
        let mut masks = [Masks::default(); BATCH];
        for (i, batch) in text.chunks(BATCH * CHUNK).enumerate() {
            let masks = &mut masks[..batch.len().div_ceil(CHUNK)];
            scan::classify(batch, masks);
            for (j, masks) in masks.iter_mut().enumerate() {
                let start = (i * BATCH + j) * CHUNK;
                // A character that reaches into this chunk makes it one that
                // needs refining, too.
                if masks.high != 0 && !self.ascii {
                    refiner
                        .get_or_insert_with(|| Refiner::new(text))
                        .refine(start, masks);
                }
                walk.chunk(start, (batch.len() - j * CHUNK).min(CHUNK), masks);
            }
        }
        self.in_word = walk.in_word;
        self.open = walk.open.is_some();
        let used = walk.finish();
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

/// The walk over the words of one block.
struct Walk<'a> {
    text: &'a [u8],
    room: &'a mut [u8],
    /// How much of the room is written to.
    used: usize,
    which: Which,
    /// The chunk before ended within a word.
    in_word: bool,
    /// Where the picked word that is not yet ended starts in the text.
    open: Option<usize>,
}

impl Walk<'_> {
    /// Takes the masks of the next chunk, of `length` bytes.
    #[inline(always)]
    fn chunk(&mut self, start: usize, length: usize, masks: &Masks) {
        let before = masks.word << 1 | u64::from(self.in_word);
        let mut starts = masks.word & !before;
        let mut ends = before & !masks.word;
        if length < CHUNK {
            // What lies behind the text ends nothing: the next block may go on.
            ends &= (1 << length) - 1;
        }
        if self.which == Which::Capitalised {
            starts &= masks.upper;
        }
        self.in_word = masks.word >> (length - 1) & 1 != 0;
        if let Some(from) = self.open {
            if ends == 0 {
                return;
            }
            self.word(from, start + ends.trailing_zeros() as usize);
            self.open = None;
        }
        while starts != 0 {
            let from = starts.trailing_zeros();
            let after = ends & (u64::MAX << from);
            if after == 0 {
                self.open = Some(start + from as usize);
                return;
            }
            self.word(
                start + from as usize,
                start + after.trailing_zeros() as usize,
            );
            starts &= starts - 1;
        }
    }

    /// Puts out a word and the end of its line.
    #[inline(always)]
    fn word(&mut self, from: usize, to: usize) {
        let length = to - from;
        let room = &mut self.room[self.used..];
        match self.text.get(from..from + STRIDE) {
            Some(stride) if length <= STRIDE => room[..STRIDE].copy_from_slice(stride),
            _ => room[..length].copy_from_slice(&self.text[from..to]),
        }
        room[length] = b'\n';
        self.used += length + 1;
    }

    /// Puts out the beginning of a word that the block does not end; how much
    /// was put out in all.
    fn finish(mut self) -> usize {
        if let Some(from) = self.open {
            let length = self.text.len() - from;
            self.room[self.used..self.used + length].copy_from_slice(&self.text[from..]);
            self.used += length;
        }
        self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary;
    use proptest::prelude::*;

    /// What the regular expression finds, one a line. It is held against each
    /// valid run by itself: across an invalid byte, the regex crate looks back
    /// to the character before it, where a separator stands.
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

    proptest! {
        #[test]
        fn capitalised_as_the_regular_expression(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let picked = arbitrary::filtered(Pick::new(Which::Capitalised, false), &text, cuts);
            prop_assert_eq!(picked, naive(r"\b\p{Uppercase}\w*\b", &text));
        }

        #[test]
        fn all_as_the_regular_expression(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let picked = arbitrary::filtered(Pick::new(Which::All, false), &text, cuts);
            prop_assert_eq!(picked, naive(r"\w+", &text));
        }

        #[test]
        fn bytewise_as_the_regular_expression(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let picked = arbitrary::filtered(Pick::new(Which::Capitalised, true), &text, cuts.clone());
            prop_assert_eq!(picked, naive_bytes(r"(?-u)\b[A-Z]\w*\b", &text));
            let picked = arbitrary::filtered(Pick::new(Which::All, true), &text, cuts);
            prop_assert_eq!(picked, naive_bytes(r"(?-u)\w+", &text));
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

//! Picking words out of a text by its masks: what `capwords` and `words` share.
//!
//! A word is a run of word bytes: a run of ones in the mask. It starts where a
//! word byte has none before it. An addition finds where it ends: a one added
//! at its start carries through the whole run, which turns to zeros, and
//! leaves a one behind it. So the words that are picked, and the bytes behind
//! them, come from a handful of operations for 64 bytes at once; these bytes
//! are then copied close together, with a newline for each byte behind a word.
//! Nothing in this depends on where the words are.
//!
//! Nothing of the text is kept between blocks, only whether a word is open: a
//! word of any length costs no memory.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::scan::{self, CHUNK, Masks, ROOM, Refiner};

/// How many chunks are scanned before their words are picked: their masks
/// stay in the first-level cache.
const BATCH: usize = 32;

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
        // Every word but one is followed by a byte of its own that becomes its
        // newline, so what is put out is hardly longer than the text.
        let room = out.room(text.len() + ROOM + CHUNK);
        let mut used = 0;
        let mut refiner = None;
        let mut masks = [Masks::default(); BATCH];
        for (i, batch) in text.chunks(BATCH * CHUNK).enumerate() {
            let masks = &mut masks[..batch.len().div_ceil(CHUNK)];
            scan::classify(batch, masks);
            let (chunks, rest) = batch.as_chunks::<CHUNK>();
            for (j, masks) in masks.iter_mut().enumerate() {
                // A character that reaches into this chunk makes it one that
                // needs refining, too.
                if masks.high != 0 && !self.ascii {
                    let start = (i * BATCH + j) * CHUNK;
                    refiner
                        .get_or_insert_with(|| Refiner::new(text))
                        .refine(start, masks);
                }
                let mut last = [0; CHUNK];
                let (chunk, length) = match chunks.get(j) {
                    Some(chunk) => (chunk, CHUNK),
                    None => {
                        last[..rest.len()].copy_from_slice(rest);
                        (&last, rest.len())
                    }
                };
                let (words, ends) = self.pick(masks, length);
                let room = room[used..]
                    .first_chunk_mut()
                    .expect("room for all of the text");
                used += scan::compress(chunk, words | ends, ends, room);
            }
        }
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
    /// The bytes of picked words, and the bytes right behind them, in the next
    /// chunk of `length` bytes.
    #[inline(always)]
    fn pick(&mut self, masks: &Masks, length: usize) -> (u64, u64) {
        let word = masks.word;
        let mut starts = word & !(word << 1 | u64::from(self.in_word));
        if self.which == Which::Capitalised {
            starts &= masks.upper;
        }
        // An open word goes on as if it started here. Where it does not go on,
        // its end is the first byte.
        let (sum, over) = word.overflowing_add(starts | u64::from(self.open));
        let (words, ends) = (word & !sum, sum & !word);
        self.in_word = word >> (length - 1) & 1 == 1;
        if length == CHUNK {
            self.open = over;
            return (words, ends);
        }
        // The byte behind the text is still to come.
        self.open = ends >> length & 1 == 1;
        (words, ends & ((1 << length) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
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

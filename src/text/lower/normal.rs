//! Normalization forms, streaming (Unicode Standard Annex 15), with and without marks.
//!
//! A text consists of segments that are normalized one by one: a segment begins with a character
//! that never combines with earlier ones. Most segments are a single character. What that becomes
//! is in a table, which is filled when a character first occurs. The last segment is buffered until
//! the next block, because it may combine with later characters: usually one letter, and at most
//! the longest run of combining marks. The end of a line is never buffered.

use super::table::Pages;
use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::unicode;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A normalization form: by default NFC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Compatibility characters are replaced, too: NFKC.
    pub compatibility: bool,
    /// Diacritical marks are removed: `é` becomes `e`.
    ///
    /// The text is decomposed, marks with a canonical combining class from 10 to 36 (points of
    /// Hebrew, Arabic and Syriac) or from 200 on (above, below and attached to a letter) are
    /// removed, and the rest is composed. All other marks, such as vowel signs of Thai and
    /// Devanagari and the voicing marks of Kana, stay.
    pub without_marks: bool,
}

impl Form {
    /// The characters of a text in this form.
    fn of(self, text: &str) -> impl Iterator<Item = char> {
        let is_kept = move |c: &char| !(self.without_marks && is_diacritic(*c));
        self.decomposed(text).filter(is_kept).nfc()
    }

    fn decomposed(self, text: &str) -> impl Iterator<Item = char> {
        match self.compatibility {
            true => text.nfkd(),
            false => text.nfd(),
        }
    }
}

/// Whether a character of a decomposed text is a diacritical mark.
fn is_diacritic(c: char) -> bool {
    matches!(canonical_combining_class(c), 10..=36 | 200..)
}

/// A character by itself.
#[derive(Clone, Copy, Default)]
struct Single {
    /// What it becomes, if that is short.
    text: [u8; SHORT],
    length: u8,
    is_short: bool,
    /// It stays as it is.
    is_unchanged: bool,
    /// It begins a segment.
    is_boundary: bool,
}

/// What most characters become has up to this many bytes.
const SHORT: usize = 8;

impl Single {
    fn new(form: Form, c: char) -> Single {
        let mut buffer = [0; 4];
        let alone: &str = c.encode_utf8(&mut buffer);
        // A character that our version of Unicode lacks stays, and combines with nothing.
        let known = unicode::has(c);
        let becomes: String = match known {
            true => form.of(alone).collect(),
            false => alone.to_string(),
        };
        let mut text = [0; SHORT];
        let is_short = becomes.len() <= SHORT;
        if is_short {
            text[..becomes.len()].copy_from_slice(becomes.as_bytes());
        }
        // Where a character is decomposed, the first part decides.
        let first = form.decomposed(alone).next().unwrap_or(c);
        let combines = canonical_combining_class(first) != 0
            || is_nfc_quick(std::iter::once(first)) != IsNormalized::Yes;
        Single {
            text,
            length: becomes.len() as u8,
            is_short,
            is_unchanged: becomes == alone,
            is_boundary: c.is_ascii() || !known || !combines,
        }
    }
}

/// The filter that brings text to a normalization form; invalid bytes pass through.
pub struct Normal {
    form: Form,
    singles: Pages<Single>,
    /// Text that may combine with later characters.
    pending: String,
}

impl Normal {
    pub fn new(form: Form) -> Self {
        Normal {
            form,
            singles: Pages::new(move |c| Single::new(form, c)),
            pending: String::new(),
        }
    }

    /// Writes a text of whole segments.
    fn put(&mut self, text: &str, out: &mut Out) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c.is_ascii() {
                // ASCII is the same in each form. The last letter may combine with what follows.
                let other = rest.bytes().position(|byte| !byte.is_ascii());
                let ascii = other.map_or(rest.len(), |other| other - 1);
                out.push(&rest.as_bytes()[..ascii]);
                rest = &rest[ascii..];
                if ascii > 0 {
                    continue;
                }
            }
            let single = self.singles.get(c);
            let length = c.len_utf8();
            let next = rest[length..].chars().next();
            let is_alone = next.is_none_or(|next| self.singles.get(next).is_boundary);
            if is_alone && single.is_short {
                out.room(SHORT)[..SHORT].copy_from_slice(&single.text);
                out.advance(single.length.into());
                rest = &rest[length..];
            } else {
                // Up to the next blank, to begin a normalization less often.
                let blank = rest.as_bytes()[length..]
                    .iter()
                    .position(|&byte| byte <= b' ');
                let (segments, after) = rest.split_at(blank.map_or(rest.len(), |at| length + at));
                self.put_segments(segments, out);
                rest = after;
            }
        }
    }

    /// The same, if most of them have several characters.
    fn put_segments(&mut self, text: &str, out: &mut Out) {
        let mut singles = text.chars().map(|c| self.singles.get(c));
        if singles.all(|single| single.is_unchanged)
            && is_nfc_quick(text.chars()) == IsNormalized::Yes
        {
            return out.push(text.as_bytes());
        }
        for piece in text.split_inclusive(|c| !unicode::has(c)) {
            let known = piece.trim_end_matches(|c| !unicode::has(c));
            let normal = self.form.of(known);
            normal.for_each(|c| out.push(c.encode_utf8(&mut [0; 4]).as_bytes()));
            out.push(&piece.as_bytes()[known.len()..]);
        }
    }

    fn release(&mut self, out: &mut Out) {
        let mut pending = std::mem::take(&mut self.pending);
        self.put(&pending, out);
        pending.clear();
        self.pending = pending;
    }
}

impl Filter for Normal {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        for piece in text.utf8_chunks() {
            let valid = piece.valid();
            let mut is_boundary = |c: char| self.singles.get(c).is_boundary;
            let last = valid.char_indices().rev().find(|&(_, c)| is_boundary(c));
            match last {
                Some((last, c)) => {
                    // The end of a line does not combine, so it is not buffered.
                    let last = last + usize::from(c.is_ascii_control());
                    // The text from the first such character on is not copied.
                    let first = valid.find(is_boundary).unwrap_or(last);
                    self.pending.push_str(&valid[..first]);
                    self.release(out);
                    self.put(&valid[first..last], out);
                    self.pending.push_str(&valid[last..]);
                }
                None => self.pending.push_str(valid),
            }
            if !piece.invalid().is_empty() {
                self.release(out);
                out.push(piece.invalid());
            }
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        self.release(out);
        Ok(())
    }
}

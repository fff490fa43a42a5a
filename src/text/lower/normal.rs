//! Normalization form C, streaming (Unicode Standard Annex 15).
//!
//! The text before a character that starts a sequence and never combines with
//! earlier characters can be normalized by itself. The text from the last such
//! character on is buffered until the next block, because it may combine with
//! later characters: usually one letter, and at most the longest run of combining
//! marks. The end of a line is never buffered.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::unicode;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The filter that brings text to normalization form C; invalid bytes pass through.
#[derive(Debug, Default)]
pub struct Nfc {
    /// Text that may combine with later characters.
    pending: String,
}

impl Nfc {
    fn put(text: &str, out: &mut Out) {
        // ASCII is the same in every form.
        if text.is_ascii() {
            return out.push(text.as_bytes());
        }
        // Unassigned characters do not combine.
        for piece in text.split_inclusive(|c| !unicode::has(c)) {
            let unassigned = piece.char_indices().next_back();
            let unassigned = unassigned.filter(|&(_, c)| !unicode::has(c));
            let end = unassigned.map_or(piece.len(), |(at, _)| at);
            Nfc::put_assigned(&piece[..end], out);
            out.push(&piece.as_bytes()[end..]);
        }
    }

    fn put_assigned(text: &str, out: &mut Out) {
        match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => out.push(text.as_bytes()),
            _ => text
                .nfc()
                .for_each(|c| out.push(c.encode_utf8(&mut [0; 4]).as_bytes())),
        }
    }

    fn release(&mut self, out: &mut Out) {
        Nfc::put(&self.pending, out);
        self.pending.clear();
    }
}

/// Whether no earlier character can combine with `c`.
fn is_boundary(c: char) -> bool {
    if !unicode::has(c) {
        return true;
    }
    // For a character that changes, its decomposition decides.
    let first = std::iter::once(c).nfd().next().unwrap_or(c);
    c.is_ascii()
        || canonical_combining_class(first) == 0
            && is_nfc_quick(std::iter::once(first)) == IsNormalized::Yes
}

impl Filter for Nfc {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        for piece in text.utf8_chunks() {
            let valid = piece.valid();
            let last = valid.char_indices().rev().find(|&(_, c)| is_boundary(c));
            match last {
                Some((last, c)) => {
                    // The end of a line does not combine, so it is not buffered.
                    let last = last + usize::from(c.is_ascii_control());
                    // The text from the first such character on is not copied.
                    let first = valid.find(is_boundary).unwrap_or(last);
                    self.pending.push_str(&valid[..first]);
                    self.release(out);
                    Nfc::put(&valid[first..last], out);
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

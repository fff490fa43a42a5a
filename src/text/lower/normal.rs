//! Normalization form C, streaming (Unicode Standard Annex 15).
//!
//! A character that starts a sequence and never combines with what stands
//! before it is a safe place to cut: all before it can be normalized by
//! itself. What follows the last such place waits for the next block, for it
//! may combine with what comes: one letter as a rule, and at the most the
//! longest run of combining marks. A line end never waits.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::unicode;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The filter that brings text to normalization form C; invalid bytes pass through.
#[derive(Debug, Default)]
pub struct Nfc {
    /// Text that may still combine with what comes.
    held: String,
}

impl Nfc {
    fn put(text: &str, out: &mut Out) {
        // ASCII is the same in every form.
        if text.is_ascii() {
            return out.push(text.as_bytes());
        }
        // With a character that is not assigned, nothing combines.
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
        Nfc::put(&self.held, out);
        self.held.clear();
    }
}

/// True if nothing before `c` can combine with it.
fn cuts(c: char) -> bool {
    if !unicode::has(c) {
        return true;
    }
    // What a character is made of decides, where it does not stay as it is.
    let first = std::iter::once(c).nfd().next().unwrap_or(c);
    c.is_ascii()
        || canonical_combining_class(first) == 0
            && is_nfc_quick(std::iter::once(first)) == IsNormalized::Yes
}

impl Filter for Nfc {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        for piece in text.utf8_chunks() {
            let valid = piece.valid();
            let last = valid.char_indices().rev().find(|&(_, c)| cuts(c));
            match last {
                Some((last, c)) => {
                    // With the end of a line nothing combines: it need not wait.
                    let last = last + usize::from(c.is_ascii_control());
                    // From the first place to cut on, nothing is copied.
                    let first = valid.find(cuts).unwrap_or(last);
                    self.held.push_str(&valid[..first]);
                    self.release(out);
                    Nfc::put(&valid[first..last], out);
                    self.held.push_str(&valid[last..]);
                }
                None => self.held.push_str(valid),
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

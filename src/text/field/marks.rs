//! Marks: where the bytes that matter are in a text, a bit for each byte.
//!
//! The marks of 64 bytes are one number, made by the kernels of [`scan`]. The n-th mark of a line is
//! found by clearing bits, without a look at the text.

use crate::text::scan::{self, Nth, Separators};

/// The marks of a text.
#[derive(Debug, Default)]
pub struct Marks {
    masks: Vec<u64>,
}

/// Bits of a mask.
const BITS: usize = 64;

impl Marks {
    /// Marks this byte.
    pub fn find(&mut self, byte: u8, text: &[u8]) {
        self.masks.resize(text.len().div_ceil(BITS), 0);
        scan::find(byte, text, &mut self.masks);
    }

    /// The place of the first mark from `from` on; `limit` if there is none before that.
    #[inline]
    pub fn next(&self, from: usize, limit: usize) -> usize {
        self.nth(0, from, limit)
    }

    /// The place of the mark with this number, from 0, from `from` on; `limit` if there is none
    /// before that.
    #[inline]
    pub fn nth(&self, mut n: usize, from: usize, limit: usize) -> usize {
        if from >= limit {
            return limit;
        }
        let mut at = from / BITS;
        let mut mask = self.masks[at] & (!0 << (from % BITS));
        loop {
            while mask != 0 {
                if n == 0 {
                    return limit.min(at * BITS + mask.trailing_zeros() as usize);
                }
                n -= 1;
                mask &= mask - 1;
            }
            at += 1;
            if at * BITS >= limit {
                return limit;
            }
            mask = self.masks[at];
        }
    }
}

impl Marks {
    /// The place of the mark with this number, from 0 and from the end, between `start` and `end`.
    #[inline]
    pub fn nth_back(&self, mut n: usize, start: usize, end: usize) -> Option<usize> {
        if start >= end {
            return None;
        }
        let mut at = (end - 1) / BITS;
        let mut mask = self.masks[at] & (!0 >> (BITS - 1 - (end - 1) % BITS));
        loop {
            while mask != 0 {
                let bit = BITS - 1 - mask.leading_zeros() as usize;
                if n == 0 {
                    let place = at * BITS + bit;
                    return (place >= start).then_some(place);
                }
                n -= 1;
                mask ^= 1 << bit;
            }
            if at * BITS <= start {
                return None;
            }
            at -= 1;
            mask = self.masks[at];
        }
    }
}

/// The ends of lines, and what separates the fields in them.
#[derive(Debug, Default)]
pub struct FieldMarks {
    /// Line ends.
    pub ends: Marks,
    /// Separators, or the edges of runs of blanks: where a field begins, and where it ends.
    pub marks: Marks,
}

impl FieldMarks {
    /// Marks the lines and fields of a text.
    pub fn find(&mut self, separators: Separators, text: &[u8]) {
        let masks = text.len().div_ceil(BITS);
        self.ends.masks.resize(masks, 0);
        self.marks.masks.resize(masks, 0);
        scan::find_fields(
            separators,
            text,
            &mut self.ends.masks,
            &mut self.marks.masks,
        );
    }

    /// Passes the mark with this number, from 0, of each line to `each`.
    #[inline]
    pub fn each_nth(&self, n: usize, text: &[u8], each: impl FnMut(Nth)) {
        scan::each_nth(n, text.len(), &self.ends.masks, &self.marks.masks, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_as_a_search_has_them(
            text in prop::collection::vec(prop::sample::select(b"\tab".to_vec()), 0..300),
            n in 0..20usize,
            from in 0..300usize,
            limit in 0..300usize,
        ) {
            let limit = limit.min(text.len());
            let mut marks = Marks::default();
            marks.find(b'\t', &text);
            let is_mark = |i: &usize| text[*i] == b'\t';
            let expected = (from..limit).filter(is_mark).nth(n).unwrap_or(limit);
            prop_assert_eq!(marks.nth(n, from, limit), expected);
            let expected = (from..limit).rev().filter(is_mark).nth(n);
            prop_assert_eq!(marks.nth_back(n, from, limit), expected);
        }
    }
}

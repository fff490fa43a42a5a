//! Marks: where the bytes that matter are in a text, a bit for each byte.
//!
//! The marks of 64 bytes are one number, made by the kernels of [`scan`]. The n-th mark of a line is
//! found by clearing bits, without a look at the text.

use crate::text::scan;

/// The marks of a text.
#[derive(Debug, Default)]
pub struct Marks {
    masks: Vec<u64>,
}

/// Bits of a mask.
const BITS: usize = 64;

impl Marks {
    /// Marks each of these bytes.
    pub fn find(&mut self, bytes: [u8; 2], text: &[u8]) {
        self.masks.resize(text.len().div_ceil(BITS), 0);
        match bytes {
            [a, b] if a == b => scan::find(a, text, &mut self.masks),
            _ => scan::find_either(bytes, text, &mut self.masks),
        }
    }

    /// Makes the marks of separators into those of edges: where a field begins, and where blanks
    /// begin after one. The lines of the text end at `ends`.
    pub fn make_edges(&mut self, ends: &Marks) {
        // A text begins as if a blank were before it.
        let mut before = 1;
        for (mask, ends) in self.masks.iter_mut().zip(&ends.masks) {
            let blank = *mask | ends;
            *mask = blank ^ (blank << 1 | before);
            before = blank >> (BITS - 1);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_as_a_search_has_them(
            text in prop::collection::vec(prop::sample::select(b" \t\nab".to_vec()), 0..300),
            n in 0..20usize,
            from in 0..300usize,
            limit in 0..300usize,
        ) {
            let limit = limit.min(text.len());
            let mut marks = Marks::default();
            marks.find([b' ', b'\t'], &text);
            let is_mark = |i: &usize| matches!(text[*i], b' ' | b'\t');
            let expected = (from..limit).filter(is_mark).nth(n).unwrap_or(limit);
            prop_assert_eq!(marks.nth(n, from, limit), expected);

            let mut ends = Marks::default();
            ends.find([b'\n', b'\n'], &text);
            marks.make_edges(&ends);
            let is_blank = |i: usize| i == 0 || text[i - 1].is_ascii_whitespace();
            let is_edge = |i: &usize| is_blank(*i) != is_blank(*i + 1);
            let expected = (from..limit).filter(is_edge).nth(n).unwrap_or(limit);
            prop_assert_eq!(marks.nth(n, from, limit), expected);
        }
    }
}

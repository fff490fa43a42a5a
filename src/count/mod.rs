//! `count`: how often each line occurs.
//!
//! What `LC_ALL=C sort | uniq -c` prints, without the padding: for each
//! distinct line, in the order of its bytes, `COUNT LINE`. Lines are counted
//! as they come, in a hash table that compares every key in full and is seeded
//! at random, and the distinct ones sorted at the end. Memory grows with the
//! distinct lines, not with the input.

use crate::error::Error;
use crate::stream;
use crate::tally::Tally;
use std::collections::HashMap;
use std::io::{BufWriter, Read, Write};

/// How many bytes of output are written at once.
const WRITE: usize = 256 << 10;

/// Distinct lines and how often each was seen.
#[derive(Debug, Default)]
pub struct Counts {
    counts: HashMap<Box<[u8]>, u64>,
}

impl Counts {
    /// Counts the lines of an input.
    pub fn read(&mut self, input: &mut impl Read, terminator: u8) -> Result<(), Error> {
        stream::lines(input, terminator, |line| {
            self.add(line, 1);
            Ok(())
        })
    }

    /// Adds up the records `COUNT LINE` of an input.
    pub fn merge(&mut self, input: &mut impl Read, terminator: u8) -> Result<(), Error> {
        let mut number = 0;
        stream::lines(input, terminator, |record| {
            number += 1;
            let error = |cause| Error::Line { number, cause };
            let tally = Tally::parse(record).map_err(error)?;
            match self.add(tally.line, tally.count) {
                true => Ok(()),
                false => Err(error("the sum of its counts is larger than 64 bits hold")),
            }
        })
    }

    /// Adds to the count of a line; false if the sum does not fit.
    fn add(&mut self, line: &[u8], n: u64) -> bool {
        match self.counts.get_mut(line) {
            Some(count) => match count.checked_add(n) {
                Some(sum) => *count = sum,
                None => return false,
            },
            None => {
                self.counts.insert(line.into(), n);
            }
        }
        true
    }

    /// Writes the counts: in the order of the lines' bytes, or with `sorted`
    /// false in no order.
    pub fn write(
        self,
        sorted: bool,
        separator: u8,
        terminator: u8,
        output: &mut impl Write,
    ) -> Result<(), Error> {
        let mut counts: Vec<_> = self.counts.into_iter().collect();
        if sorted {
            counts.sort_unstable();
        }
        let mut output = BufWriter::with_capacity(WRITE, output);
        for (line, count) in &counts {
            let tally = Tally {
                count: *count,
                line,
            };
            tally
                .write(separator, terminator, &mut output)
                .map_err(Error::Write)?;
        }
        output.flush().map_err(Error::Write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn written(counts: Counts) -> Vec<u8> {
        let mut out = Vec::new();
        counts.write(true, b' ', b'\n', &mut out).unwrap();
        out
    }

    fn counted(text: &[u8]) -> Vec<u8> {
        let mut counts = Counts::default();
        counts.read(&mut &*text, b'\n').unwrap();
        written(counts)
    }

    #[test]
    fn lines_are_bytes() {
        assert_eq!(counted(b"b\na\n\nb\n\0\xFF"), b"1 \n1 \0\xFF\n1 a\n2 b\n");
        assert_eq!(counted(b""), b"");
    }

    #[test]
    fn a_sum_that_does_not_fit_is_an_error() {
        let text = format!("{} a\n1 b\n1 a\n", u64::MAX);
        let error = Counts::default()
            .merge(&mut text.as_bytes(), b'\n')
            .unwrap_err();
        assert!(error.to_string().starts_with("line 3: "), "{error}");
    }

    proptest! {
        #[test]
        fn as_an_ordered_map(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let mut map = BTreeMap::new();
            let lines = text.strip_suffix(b"\n").unwrap_or(&text);
            if !text.is_empty() {
                lines.split(|&b| b == b'\n').for_each(|line| *map.entry(line).or_insert(0) += 1);
            }
            let mut expected = Vec::new();
            for (line, count) in map {
                Tally { count, line }.write(b' ', b'\n', &mut expected).unwrap();
            }
            let mut counts = Counts::default();
            counts.read(&mut arbitrary::pieces(&text, cuts), b'\n').unwrap();
            prop_assert_eq!(written(counts), expected);
        }

        #[test]
        fn the_parts_add_up_to_the_whole(text in arbitrary::text(), at in any::<prop::sample::Index>()) {
            let ends: Vec<usize> = memchr::memchr_iter(b'\n', &text).map(|i| i + 1).chain([text.len()]).collect();
            let (a, b) = text.split_at(*at.get(&ends));
            let mut whole = Counts::default();
            for part in [b, a] {
                whole.merge(&mut &counted(part)[..], b'\n').unwrap();
            }
            prop_assert_eq!(written(whole), counted(&text));
        }
    }
}

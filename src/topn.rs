//! `topn`: the N records with the largest counts.
//!
//! What `LC_ALL=C sort -nr | head -n N` prints, in one pass: by count, largest
//! first; among equal counts by the bytes of the whole record, largest first.
//! Holds N records and the longest line, however long the input is.

use crate::error::Error;
use crate::stream;
use crate::tally::Tally;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{Read, Write};

/// The records with the largest counts seen so far.
#[derive(Debug)]
pub struct Top {
    n: usize,
    /// The smallest on top, ready to be replaced.
    heap: BinaryHeap<Reverse<(u64, Vec<u8>)>>,
    /// The sum of the counts that are not, or no longer, in the heap, if there are any.
    other: Option<u128>,
}

impl Top {
    /// Keeps the `n` largest.
    pub fn new(n: usize) -> Self {
        let heap = BinaryHeap::new();
        let other = None;
        Top { n, heap, other }
    }

    /// Reads records from an input.
    pub fn read(&mut self, input: &mut dyn Read, terminator: u8) -> Result<(), Error> {
        let mut number = 0;
        stream::lines(input, terminator, |record| {
            number += 1;
            let tally = Tally::parse(record).map_err(|cause| Error::Line { number, cause })?;
            self.add(tally.count, record);
            Ok(())
        })
    }

    fn add(&mut self, count: u64, record: &[u8]) {
        if self.heap.len() < self.n {
            self.heap.push(Reverse((count, record.to_vec())));
            return;
        }
        let left;
        match self.heap.peek_mut() {
            Some(mut smallest) if (smallest.0.0, &smallest.0.1[..]) < (count, record) => {
                let (smallest, bytes) = &mut smallest.0;
                left = std::mem::replace(smallest, count);
                bytes.clear();
                bytes.extend_from_slice(record);
                // A long record leaves no more memory behind than a short one.
                bytes.shrink_to(2 * record.len());
            }
            _ => left = count,
        }
        self.other = Some(self.other.unwrap_or(0) + u128::from(left));
    }

    /// Writes the records as they were read, the largest first; with `other`,
    /// one more of the name `(other)` with the sum of the counts of all the
    /// rest, if there is a rest.
    pub fn write(self, terminator: u8, other: bool, output: &mut dyn Write) -> Result<(), Error> {
        let mut text = Vec::new();
        for Reverse((_, record)) in self.heap.into_sorted_vec() {
            text.extend_from_slice(&record);
            text.push(terminator);
        }
        if let Some(sum) = self.other.filter(|_| other) {
            text.extend_from_slice(format!("{sum} (other)").as_bytes());
            text.push(terminator);
        }
        output.write_all(&text).map_err(Error::Write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::pieces;
    use proptest::prelude::*;

    fn top(n: usize, other: bool, text: &str) -> Result<String, String> {
        let mut top = Top::new(n);
        top.read(&mut text.as_bytes(), b'\n')
            .map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        top.write(b'\n', other, &mut out).unwrap();
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn ties_are_in_descending_order() {
        let text = "9 we\n30 dreamhost\n9 web\n11 hosting\n";
        assert_eq!(
            top(3, false, text).unwrap(),
            "30 dreamhost\n11 hosting\n9 web\n"
        );
        assert_eq!(top(0, false, text).unwrap(), "");
    }

    #[test]
    fn other_is_the_sum_of_the_rest() {
        let text = "1 a\n2 b\n3 c\n4 d";
        assert_eq!(top(2, true, text).unwrap(), "4 d\n3 c\n3 (other)\n");
        assert_eq!(top(4, true, text).unwrap(), "4 d\n3 c\n2 b\n1 a\n");
        assert_eq!(top(1, true, "0 a\n0 b\n").unwrap(), "0 b\n0 (other)\n");
        let huge = format!("{0} a\n{0} b\n{0} c\n", u64::MAX);
        assert!(
            top(1, true, &huge)
                .unwrap()
                .ends_with("\n36893488147419103230 (other)\n")
        );
    }

    #[test]
    fn a_record_without_a_count_is_named_by_its_line() {
        let error = top(1, false, "1 a\nb\n").unwrap_err();
        assert_eq!(error, "line 2: no count before the line");
    }

    proptest! {
        #[test]
        fn as_sorting_it_all(
            records in prop::collection::vec((0..20u64, "[a-c]{0,3}"), 0..60),
            n in 0..70usize,
            cuts in crate::arbitrary::cuts(),
        ) {
            let text: String = records.iter().map(|(count, line)| format!("{count} {line}\n")).collect();
            let mut sorted: Vec<_> = records.iter().map(|(count, line)| (*count, format!("{count} {line}\n"))).collect();
            sorted.sort_by(|a, b| b.cmp(a));
            let expected: String = sorted.into_iter().take(n).map(|(_, record)| record).collect();
            let mut top = Top::new(n);
            top.read(&mut pieces(text.as_bytes(), cuts), b'\n').unwrap();
            let mut out = Vec::new();
            top.write(b'\n', false, &mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}

//! `topn`: the N records with the largest counts, or the smallest.
//!
//! The output of `LC_ALL=C sort -nr | head -n N`, in one pass: by count, largest
//! first; equal counts by the bytes of the whole record, largest first. The
//! smallest are in the opposite order, that of `LC_ALL=C sort -n`. Memory is for N
//! records and the longest line, however long the input is; with ties, also for
//! the records that have the count of the last of the N.
//!
//! Each of several pages ([`pages`]) has its own first records.

use crate::common::error::Error;
use crate::common::stream::BLOCK;
use crate::text::pages::{self, AtEnd};
use crate::text::tally::Tally;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io::{Read, Write};

/// Which records are selected.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// The number of records.
    pub n: usize,
    /// Select the smallest counts, not the largest.
    pub least: bool,
    /// Also select all others that have the count of the last of the `n`.
    pub ties: bool,
}

/// The first records, in the order of the output, of those on a page so far.
///
/// ```
/// # use textmill::text::topn::{Choice, Top};
/// let mut top = Top::new(Choice { n: 2, ..Choice::default() });
/// let (mut first, mut last) = (Vec::new(), Vec::new());
/// let mut input = "2 ham\n1 eggs\n9 spam\n\x0c\n3 eggs\n".as_bytes();
/// top.read(&mut input, b'\n', &mut |top| top.write(b'\n', true, &mut first))?;
/// top.write(b'\n', true, &mut last)?;
/// assert_eq!(first, b"9 spam\n2 ham\n1 (other)\n");
/// assert_eq!(last, b"3 eggs\n0 (other)\n");
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Top {
    choice: Choice,
    /// The last one is on top, to be replaced.
    heap: BinaryHeap<Reverse<Entry>>,
    /// The other records with the count of that one, if ties are selected.
    tied: Vec<Vec<u8>>,
    /// The sum of the counts of all other records.
    rest: u128,
    /// The byte after the count of the first record that has a line.
    separator: Option<u8>,
}

/// A record in the heap. The greater one comes first.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    count: u64,
    record: Vec<u8>,
    least: bool,
}

impl Entry {
    fn compare(&self, count: u64, record: &[u8]) -> Ordering {
        let order = self.count.cmp(&count);
        let order = order.then_with(|| self.record[..].cmp(record));
        if self.least { order.reverse() } else { order }
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other.count, &other.record)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Top {
    /// No records yet.
    pub fn new(choice: Choice) -> Self {
        Top {
            choice,
            heap: BinaryHeap::new(),
            tied: Vec::new(),
            rest: 0,
            separator: None,
        }
    }

    /// Reads records from an input. At the end of each page `at_end` is called, which must
    /// [`write`](Top::write) it. Returns whether there are records after the last page that ended.
    pub fn read(
        &mut self,
        input: &mut dyn Read,
        terminator: u8,
        at_end: AtEnd<Top>,
    ) -> Result<bool, Error> {
        pages::read(self, input, terminator, Top::add, at_end)
    }

    /// Adds a record, `COUNT LINE`. The error is a short description.
    fn add(&mut self, record: &[u8]) -> Result<(), &'static str> {
        let tally = Tally::parse(record)?;
        if self.separator.is_none() {
            let before = record.len() - tally.line.len();
            let last = record[..before].last().copied();
            self.separator = last.filter(|byte| b" \t".contains(byte));
        }
        self.place(tally.count, record);
        Ok(())
    }

    fn place(&mut self, count: u64, record: &[u8]) {
        let Choice { n, least, ties } = self.choice;
        if self.heap.len() < n {
            let record = record.to_vec();
            let entry = Entry {
                count,
                record,
                least,
            };
            return self.heap.push(Reverse(entry));
        }
        let Some(mut last) = self.heap.peek_mut() else {
            self.rest += u128::from(count);
            return;
        };
        if ties && last.0.count == count {
            self.tied.push(record.to_vec());
        } else if last.0.compare(count, record).is_lt() {
            let Reverse(entry) = &mut *last;
            let left = std::mem::replace(&mut entry.count, count);
            if ties {
                let record = std::mem::replace(&mut entry.record, record.to_vec());
                drop(last);
                self.leave(left, record);
            } else {
                entry.record.clear();
                entry.record.extend_from_slice(record);
                // The memory of an earlier long record is freed.
                entry.record.shrink_to(2 * record.len());
                self.rest += u128::from(left);
            }
        } else {
            self.rest += u128::from(count);
        }
    }

    /// Moves a record that has left the heap: it ties with the last one there, or it and all
    /// that tied with it are part of the rest.
    fn leave(&mut self, count: u64, record: Vec<u8>) {
        let last = self.heap.peek();
        if last.is_some_and(|last| last.0.count == count) {
            return self.tied.push(record);
        }
        let left = std::mem::take(&mut self.tied).len() as u128 + 1;
        self.rest += left * u128::from(count);
    }

    /// Writes the records as they were read, in order, and removes them: the next record is the
    /// first of another page. With `other`, the last record is `(other)`, with the sum of the
    /// counts of all other records. Its separator is that of the first record.
    pub fn write(
        &mut self,
        terminator: u8,
        other: bool,
        output: &mut dyn Write,
    ) -> Result<(), Error> {
        let page = std::mem::replace(self, Top::new(self.choice));
        let last = page.heap.peek().map_or(0, |last| last.0.count);
        let mut entries: Vec<Entry> = page.heap.into_iter().map(|entry| entry.0).collect();
        entries.extend(page.tied.into_iter().map(|record| Entry {
            count: last,
            record,
            least: page.choice.least,
        }));
        entries.sort_unstable_by(|a, b| b.cmp(a));
        let mut text = Vec::new();
        for entry in &entries {
            text.extend_from_slice(&entry.record);
            text.push(terminator);
            if text.len() >= BLOCK {
                output.write_all(&text).map_err(Error::Write)?;
                text.clear();
            }
        }
        if other {
            text.extend_from_slice(page.rest.to_string().as_bytes());
            text.push(page.separator.unwrap_or(b' '));
            text.extend_from_slice(b"(other)");
            text.push(terminator);
        }
        output.write_all(&text).map_err(Error::Write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::pieces;
    use proptest::prelude::*;

    fn chosen(choice: Choice, other: bool, text: &str) -> Result<String, String> {
        let mut top = Top::new(choice);
        let mut pages = Vec::new();
        top.read(&mut text.as_bytes(), b'\n', &mut |top| {
            top.write(b'\n', other, &mut pages)?;
            pages.extend(pages::end(b'\n'));
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        top.write(b'\n', other, &mut pages).unwrap();
        Ok(String::from_utf8(pages).unwrap())
    }

    fn top(n: usize, other: bool, text: &str) -> Result<String, String> {
        let choice = Choice {
            n,
            ..Choice::default()
        };
        chosen(choice, other, text)
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
        assert_eq!(top(1, true, "0 a\n0 b\n").unwrap(), "0 b\n0 (other)\n");
        let huge = format!("{0} a\n{0} b\n{0} c\n", u64::MAX);
        assert!(
            top(1, true, &huge)
                .unwrap()
                .ends_with("\n36893488147419103230 (other)\n")
        );
    }

    /// A script can rely on the last line: it is written even if no records are left.
    #[test]
    fn other_is_always_the_last_line() {
        let text = "1 a\n2 b\n";
        assert_eq!(top(2, true, text).unwrap(), "2 b\n1 a\n0 (other)\n");
        assert_eq!(top(9, true, text).unwrap(), "2 b\n1 a\n0 (other)\n");
        assert_eq!(top(0, true, text).unwrap(), "3 (other)\n");
        assert_eq!(top(9, true, "").unwrap(), "0 (other)\n");
        // A line of that name is above it.
        let named = "5 (other)\n1 a\n";
        assert_eq!(top(1, true, named).unwrap(), "5 (other)\n1 (other)\n");
        assert_eq!(top(2, true, named).unwrap(), "5 (other)\n1 a\n0 (other)\n");
    }

    #[test]
    fn other_has_the_separator_of_the_lines() {
        assert_eq!(top(1, true, "1\ta\n2\tb\n").unwrap(), "2\tb\n1\t(other)\n");
        assert_eq!(
            top(1, true, "   1 a\tb\n   2 b\n").unwrap(),
            "   2 b\n1 (other)\n"
        );
        // The first record has none: its line is empty and its blank was removed.
        assert_eq!(top(1, true, "1\n2\tb\n").unwrap(), "2\tb\n1\t(other)\n");
        assert_eq!(top(0, true, "1\n").unwrap(), "1 (other)\n");
    }

    #[test]
    fn the_least_mirror_the_largest() {
        let text = "9 we\n30 dreamhost\n9 web\n1 z\n";
        let choice = Choice {
            n: 2,
            least: true,
            ties: false,
        };
        assert_eq!(
            chosen(choice, true, text).unwrap(),
            "1 z\n9 we\n39 (other)\n"
        );
        let choice = Choice {
            ties: true,
            ..choice
        };
        assert_eq!(
            chosen(choice, true, text).unwrap(),
            "1 z\n9 we\n9 web\n30 (other)\n"
        );
    }

    #[test]
    fn ties_that_are_overtaken_are_part_of_the_rest() {
        let choice = Choice {
            n: 2,
            least: false,
            ties: true,
        };
        let mut text = String::from("1 a\n1 b\n1 c\n1 d\n2 e\n");
        assert_eq!(
            chosen(choice, true, &text).unwrap(),
            "2 e\n1 d\n1 c\n1 b\n1 a\n0 (other)\n"
        );
        text += "3 f\n";
        assert_eq!(
            chosen(choice, true, &text).unwrap(),
            "3 f\n2 e\n4 (other)\n"
        );
    }

    #[test]
    fn a_record_without_a_count_is_named_by_its_line() {
        let error = top(1, false, "1 a\nb\n").unwrap_err();
        assert_eq!(error, "line 2: no count before the line: 'b'");
    }

    /// Nothing of a page is on the next one: no record, sum, tie or separator.
    #[test]
    fn a_form_feed_ends_a_page() {
        let text = "2\ta\n3\tb\n\x0c\n1 c\n1 d\n\x0c\n\x0c\n5\te";
        assert_eq!(
            top(1, true, text).unwrap(),
            "3\tb\n2\t(other)\n\x0c\n1 d\n1 (other)\n\x0c\n0 (other)\n\x0c\n5\te\n0\t(other)\n"
        );
        assert_eq!(
            top(1, false, text).unwrap(),
            "3\tb\n\x0c\n1 d\n\x0c\n\x0c\n5\te\n"
        );
        let error = top(1, false, "1 a\n\x0c\n1 a\n\x0cb\n").unwrap_err();
        assert_eq!(error, r"line 4: no count before the line: '\u{c}b'");
    }

    proptest! {
        #[test]
        fn pages_as_texts_of_their_own(
            parts in prop::collection::vec("([0-9]{1,2}[ \t][a-c]{0,2}\n){0,8}", 1..6),
            n in 0..6usize,
            least: bool,
            ties: bool,
            other: bool,
        ) {
            let choice = Choice { n, least, ties };
            let alone: Vec<_> = parts.iter().map(|part| chosen(choice, other, part).unwrap()).collect();
            let whole = chosen(choice, other, &parts.join("\x0c\n")).unwrap();
            prop_assert_eq!(whole, alone.join("\x0c\n"));
        }

        #[test]
        fn as_sorting_it_all(
            records in prop::collection::vec((0..20u64, "[a-c]{0,3}"), 0..60),
            n in 0..70usize,
            least: bool,
            ties: bool,
            other: bool,
            cuts in crate::common::arbitrary::cuts(),
        ) {
            let mut sorted: Vec<_> = records.iter().map(|(count, line)| (*count, format!("{count} {line}\n"))).collect();
            let text: String = sorted.iter().map(|(_, record)| record.as_str()).collect();
            sorted.sort();
            if !least {
                sorted.reverse();
            }
            let mut end = n.min(sorted.len());
            while ties && 0 < end && end < sorted.len() && sorted[end].0 == sorted[n - 1].0 {
                end += 1;
            }
            let rest: u64 = sorted[end..].iter().map(|(count, _)| count).sum();
            let mut expected: String = sorted[..end].iter().map(|(_, record)| record.as_str()).collect();
            if other {
                expected += &format!("{rest} (other)\n");
            }
            let mut top = Top::new(Choice { n, least, ties });
            top.read(&mut pieces(text.as_bytes(), cuts), b'\n', &mut |_| unreachable!()).unwrap();
            let mut out = Vec::new();
            top.write(b'\n', other, &mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        }

        /// Many records of few counts, in any order: ties change often.
        #[test]
        fn ties_in_memory_are_those_of_the_last_count(
            counts in prop::collection::vec(0..4u64, 0..200),
            n in 1..20usize,
            least: bool,
        ) {
            let mut top = Top::new(Choice { n, least, ties: true });
            let mut seen = Vec::new();
            for count in counts {
                top.place(count, format!("{count} x").as_bytes());
                seen.push(count);
                seen.sort();
                if !least {
                    seen.reverse();
                }
                if let Some(last) = seen.get(n - 1) {
                    let first = seen.iter().filter(|&count| count.cmp(last) == if least { Ordering::Less } else { Ordering::Greater }).count();
                    let tied = seen.iter().filter(|&count| count == last).count();
                    prop_assert_eq!(top.heap.len() + top.tied.len(), first + tied);
                }
            }
        }
    }
}

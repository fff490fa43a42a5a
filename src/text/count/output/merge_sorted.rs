//! `count --merge --sorted`: merges partial counts that are sorted.
//!
//! Each input is read once, and a line is written as soon as all inputs are past
//! it, as `sort -m` does. Memory is for one block of each input, however long
//! the inputs are. If there are many inputs, groups of them are first merged to
//! runs.

use super::final_merge::{write, write_runs};
use super::sorter::{Format, Sorter};
use crate::common::error::{Error, TOO_LARGE};
use crate::common::stream::Blocks;
use crate::text::count::ingest::source::Source;
use crate::text::count::limits::{Limits, Report};
use crate::text::count::spill::Spill;
use crate::text::count::spill::loser_tree::Sorted;
use crate::text::tally::Tally;
use std::cell::Cell;
use std::io::{self, Read, Write};
use std::ops::Range;

/// The error for a line after a larger one.
const DISORDER: &str = "not in order, as --sorted promises";

/// Adds up partial counts, each in the order in which `count` writes them, and
/// writes the sums in that order.
///
/// An input is its name in error messages, and its reader, which is opened when it is
/// needed. An error about a line names its input; part of the output may have been written
/// by then.
///
/// ```
/// # use textmill::text::count::{Limits, merge_sorted};
/// let monday = ("monday".to_string(), Ok(&b"2 ham\n1 spam\n"[..]));
/// let tuesday = ("tuesday".to_string(), Ok(&b"1 eggs\n3 ham\n"[..]));
/// let mut output = Vec::new();
/// let inputs = [monday, tuesday].into_iter();
/// merge_sorted(inputs, Limits::default(), b' ', b'\n', &mut output)?;
/// assert_eq!(output, b"1 eggs\n5 ham\n1 spam\n");
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn merge_sorted<R: Read>(
    inputs: impl Iterator<Item = (String, io::Result<R>)>,
    limits: Limits,
    separator: u8,
    terminator: u8,
    output: &mut dyn Write,
) -> Result<Report, Error> {
    let total = Total::default();
    let mut inputs = inputs.map(|(name, input)| match input {
        Ok(input) => Ok(Partial::new(name, input, terminator, &total)),
        Err(error) => Err(Error::Read(error).of(name)),
    });
    let format = Format {
        separator,
        terminator,
    };
    let spill = Spill::new(limits);
    let most = spill.budget().runs;
    let mut open = inputs
        .by_ref()
        .take(most)
        .collect::<Result<Vec<_>, Error>>()?;
    for next in inputs {
        if open.len() == most {
            spill.write_merged(std::mem::take(&mut open))?;
        }
        open.push(next?);
    }
    let distinct = match spill.spilled().runs {
        0 => write(open, format, output)?,
        _ => {
            spill.write_merged(open)?;
            let may_overflow = total.counts.get() > u64::MAX.into();
            let ranges = Sorter::default();
            let threads = spill.budget().workers();
            write_runs(&spill, ranges, threads, may_overflow, format, output)?
        }
    };
    Ok(spill.report(total.lines.get(), distinct))
}

/// The sums over all inputs.
#[derive(Default)]
struct Total {
    lines: Cell<u64>,
    counts: Cell<u128>,
}

/// The records of one input.
struct Partial<'a, R> {
    name: String,
    source: Source<R>,
    terminator: u8,
    block: Blocks,
    /// The size of the whole lines in the block.
    end: usize,
    /// Where the next record begins.
    next: usize,
    /// The current line, without its count.
    line: Range<usize>,
    count: u64,
    /// The number of the current record, from 1.
    number: u64,
    /// The previous line.
    last: Vec<u8>,
    total: &'a Total,
}

impl<'a, R: Read> Partial<'a, R> {
    fn new(name: String, input: R, terminator: u8, total: &'a Total) -> Self {
        Partial {
            name,
            source: Source::new(input, terminator),
            terminator,
            block: Blocks::new(),
            end: 0,
            next: 0,
            line: 0..0,
            count: 0,
            number: 0,
            last: Vec::new(),
            total,
        }
    }

    /// The error for the current record.
    fn wrong(&self, cause: &'static str) -> Error {
        Error::line(self.number, cause).of(&self.name)
    }

    /// The same; the record is shown.
    fn malformed(&self, cause: &'static str, record: &[u8]) -> Error {
        Error::bad_line(self.number, cause, record).of(&self.name)
    }
}

impl<R: Read> Sorted for Partial<'_, R> {
    fn advance(&mut self) -> Result<bool, Error> {
        self.last.clear();
        self.last
            .extend_from_slice(&self.block.text()[self.line.clone()]);
        if self.next >= self.end {
            let read = self.source.next(&mut self.block);
            self.end = read.map_err(|error| error.of(&self.name))?;
            (self.next, self.line) = (0, 0..0);
            if self.end == 0 {
                return Ok(false);
            }
        }
        self.number += 1;
        let text = &self.block.text()[self.next..self.end];
        let length = memchr::memchr(self.terminator, text).unwrap_or(text.len());
        let record = &text[..length];
        let tally = Tally::parse(record).map_err(|cause| self.malformed(cause, record))?;
        if tally.line < &self.last[..] {
            return Err(self.malformed(DISORDER, record));
        }
        let end = self.next + length;
        self.line = end - tally.line.len()..end;
        self.count = tally.count;
        self.next = end + 1;
        let Total { lines, counts } = self.total;
        lines.set(lines.get() + 1);
        counts.set(counts.get() + u128::from(tally.count));
        Ok(true)
    }

    fn line(&self) -> &[u8] {
        &self.block.text()[self.line.clone()]
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn too_large(&self) -> Error {
        self.wrong(TOO_LARGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::memory::Size;
    use crate::text::count::sizes::Sizes;

    fn merged(inputs: &[&str]) -> (Vec<u8>, Result<Report, Error>) {
        let inputs = inputs.iter().enumerate();
        let inputs = inputs.map(|(i, text)| (format!("file {i}"), Ok(text.as_bytes())));
        let limits = Limits {
            memory: Some(Size::Bytes(0)),
            sizes: Sizes::SMALL,
            ..Limits::default()
        };
        let mut out = Vec::new();
        let result = merge_sorted(inputs, limits, b' ', b'\n', &mut out);
        (out, result)
    }

    fn error(inputs: &[&str]) -> String {
        merged(inputs).1.unwrap_err().to_string()
    }

    #[test]
    fn partial_counts_in_order_add_up() {
        let (out, report) = merged(&["1 a\n2 b\n", "", "3 \n10 b\n1 ba\n", "5 b"]);
        assert_eq!(out, b"3 \n1 a\n17 b\n1 ba\n");
        assert_eq!(
            report.unwrap(),
            Report {
                lines: 6,
                distinct: 4,
                ..Report::default()
            }
        );
        // Equal neighbours are in order.
        assert_eq!(merged(&["1 a\n2 a\n"]).0, b"3 a\n");
        assert_eq!(merged(&[]).0, b"");
    }

    #[test]
    fn more_inputs_than_can_be_open_at_once() {
        let inputs: Vec<String> = (0..50).map(|i| format!("1 {i:03}\n1 x\n")).collect();
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let (out, report) = merged(&inputs);
        let expected: String = (0..50).map(|i| format!("1 {i:03}\n")).collect();
        assert_eq!(String::from_utf8(out).unwrap(), expected + "50 x\n");
        let report = report.unwrap();
        assert_eq!((report.lines, report.distinct), (100, 51));
        assert!(report.runs > 10);
    }

    #[test]
    fn an_error_names_file_and_line() {
        let disorder = "file 1: line 3: not in order, as --sorted promises: '1 b'";
        assert_eq!(error(&["1 x\n", "1 a\n1 c\n1 b\n"]), disorder);
        let malformed = "file 0: line 2: no count before the line: 'y'";
        assert_eq!(error(&["1 x\ny\n"]), malformed);
        let overflow = "file 1: line 2: a sum of counts is larger than 64 bits hold";
        let max = format!("1 a\n{} b\n", u64::MAX);
        assert_eq!(error(&[&max, "1 a\n1 b\n"]), overflow);
        assert_eq!(merged(&[&max, "1 a\n"]).1.unwrap().distinct, 2);
    }

    #[test]
    fn nothing_is_written_if_many_inputs_overflow() {
        let max = format!("1 a\n{} b\n", u64::MAX);
        let mut inputs = vec!["1 a\n"; 20];
        inputs[3] = &max;
        assert_eq!(merged(&inputs).1.unwrap().distinct, 2);
        inputs[17] = "1 b\n";
        let (out, result) = merged(&inputs);
        assert!(matches!(result, Err(Error::TooLarge { line }) if line == b"b"));
        assert_eq!(out, b"");
    }
}

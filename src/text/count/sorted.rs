//! `count --merge --sorted`: partial counts that are in order, as a stream.
//!
//! Each input is read once and a line is written as soon as all inputs are
//! beyond it, as `sort -m` does it: memory does not grow with the inputs, but
//! for one block of each. Many inputs are merged some at a time, to runs.

use super::merge::Sorted;
use super::order::Answer;
use super::source::Source;
use super::{Limits, Report, gather};
use crate::common::error::{Error, TOO_LARGE};
use crate::common::stream::Blocks;
use crate::text::tally::Tally;
use std::cell::Cell;
use std::io::{self, Read, Write};
use std::ops::Range;

/// What is wrong with a line that stands behind a larger one.
const DISORDER: &str = "not in order, as --sorted promises";

/// Adds up partial counts, each in the order in which `count` writes them, and
/// writes the sums in that order.
///
/// The inputs are the names that errors give them, and their readers, which
/// are asked for when they are needed. An error about a line says in which
/// input it is; what has been written by then is where the answer begins.
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
    let spill = limits.spill();
    let most = spill.fan_in();
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
        0 => gather::write(open, separator, terminator, output)?,
        _ => {
            spill.write_merged(open)?;
            let may_overflow = total.counts.get() > u64::MAX.into();
            let none = Answer::default();
            gather::write_runs(
                &spill,
                none,
                spill.workers(),
                may_overflow,
                separator,
                terminator,
                output,
            )?
        }
    };
    Ok(spill.report(total.lines.get(), distinct))
}

/// What was read.
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
    /// How much of the block is whole lines.
    end: usize,
    /// Where the next record begins.
    next: usize,
    /// The line at hand, without its count.
    line: Range<usize>,
    count: u64,
    /// The number of the record at hand; the first is 1.
    number: u64,
    /// The line before.
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

    /// What is wrong with the record at hand.
    fn wrong(&self, cause: &'static str) -> Error {
        let number = self.number;
        Error::Line { number, cause }.of(&self.name)
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
        let tally = Tally::parse(&text[..length]).map_err(|cause| self.wrong(cause))?;
        if tally.line < &self.last[..] {
            return Err(self.wrong(DISORDER));
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

    fn merged(inputs: &[&str]) -> (Vec<u8>, Result<Report, Error>) {
        let inputs = inputs.iter().enumerate();
        let inputs = inputs.map(|(i, text)| (format!("file {i}"), Ok(text.as_bytes())));
        let limits = Limits {
            memory: Some(Size::Bytes(0)),
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
        // A line that comes again at once is in order.
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
    fn a_broken_promise_names_file_and_line() {
        let disorder = "file 1: line 3: not in order, as --sorted promises";
        assert_eq!(error(&["1 x\n", "1 a\n1 c\n1 b\n"]), disorder);
        let malformed = "file 0: line 2: no count before the line";
        assert_eq!(error(&["1 x\ny\n"]), malformed);
        let overflow = "file 1: line 2: a sum of counts is larger than 64 bits hold";
        let max = format!("1 a\n{} b\n", u64::MAX);
        assert_eq!(error(&[&max, "1 a\n1 b\n"]), overflow);
        assert_eq!(merged(&[&max, "1 a\n"]).1.unwrap().distinct, 2);
    }

    #[test]
    fn nothing_is_written_where_many_inputs_overflow() {
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

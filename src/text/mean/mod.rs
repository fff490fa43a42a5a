//! `mean`: the mean of numbers, and other statistics of one pass.
//!
//! The sums of the numbers and of their squares are exact, in as many bits as necessary
//! (`crate::text::exact`). Only the results are rounded, each to the nearest value that its
//! format can represent. A number with a point or an exponent is the double nearest to it. The
//! variance is computed from the two sums, without loss because they are exact. Cost: one pass,
//! constant memory; for percentiles memory for the distinct numbers, up to a limit.
//!
//! Chapters:
//!
//! 1. `number`: a line becomes a number.
//! 2. `sums`: numbers are added up, and the mean is formatted.
//! 3. `partial`: sums as a line of text, to be merged.
//! 4. `percentile`: the numbers are sorted by [`crate::text::count`].

mod number;
mod partial;
mod percentile;
mod sums;

pub use percentile::Percentile;

use crate::common::error::Error;
use crate::common::stream::{self, LONGEST_NUMBER, TOO_LONG};
use crate::text::count::Limits;
use crate::text::tally::Tally;
use number::Number;
use percentile::Multiset;
use std::io::{Read, Write};
use sums::{Sums, shown};

/// The format of the input lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Numbers.
    #[default]
    Numbers,
    /// `COUNT NUMBER`, as `count` and `uniq -c` write them.
    Counts,
    /// Partial results.
    Partials,
}

/// The output of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The mean.
    #[default]
    Mean,
    /// The number of numbers, their sum, smallest, largest, mean and standard deviation; then
    /// percentiles.
    All(Vec<Percentile>),
    /// Percentiles.
    Percentiles(Vec<Percentile>),
    /// A partial result.
    Partial,
}

impl Output {
    fn percentiles(&self) -> &[Percentile] {
        match self {
            Output::All(percentiles) | Output::Percentiles(percentiles) => percentiles,
            Output::Mean | Output::Partial => &[],
        }
    }
}

/// The numbers so far, the format of the input and the output.
///
/// ```
/// # use textmill::text::count::Limits;
/// # use textmill::text::mean::{Format, Mean, Output, Percentile};
/// let percentiles = vec![Percentile::median(), "99".parse()?];
/// let output = Output::All(percentiles);
/// let mut mean = Mean::new(Format::Numbers, output, Limits::default());
/// mean.read(&mut "1\n2\n6\n".as_bytes(), b'\n')?;
/// let mut output = Vec::new();
/// mean.write(&mut output)?;
/// let expected = "n 3\nsum 9\nmin 1\nmax 6\nmean 3\nsd 2.6457513110645907\nmedian 2\np99 5.92\n";
/// assert_eq!(output, expected.as_bytes());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Mean {
    format: Format,
    output: Output,
    sums: Sums,
    /// The numbers themselves, for percentiles.
    numbers: Option<Multiset>,
}

impl Mean {
    /// No numbers yet. For percentiles, the numbers take memory up to the limit, and temporary
    /// files beyond it. Partial results have no percentiles.
    pub fn new(format: Format, output: Output, limits: Limits) -> Self {
        let all = matches!(output, Output::All(_) | Output::Partial);
        let has_percentiles = !output.percentiles().is_empty();
        Mean {
            format,
            output,
            sums: Sums::new(all),
            numbers: has_percentiles.then(|| Multiset::new(limits, format == Format::Counts)),
        }
    }

    /// Reads an input.
    pub fn read(&mut self, input: &mut dyn Read, terminator: u8) -> Result<(), Error> {
        match self.format {
            Format::Numbers if self.numbers.is_none() => self.add_up(input, terminator),
            Format::Numbers => self.each(input, terminator, |line| Ok((Number::parse(line)?, 1))),
            Format::Counts => self.each(input, terminator, |line| {
                if line.len() > LONGEST_NUMBER {
                    return Err(TOO_LONG);
                }
                let tally = Tally::parse(line)?;
                Ok((Number::parse(tally.line)?, tally.count))
            }),
            Format::Partials => {
                let mut number = 0;
                stream::short_lines(input, terminator, LONGEST_NUMBER, |line| {
                    number += 1;
                    let added = partial::read(line).and_then(|part| self.sums.add_all(&part));
                    added.map_err(|cause| Error::bad_line(number, cause, line))
                })
            }
        }
    }

    /// Adds the numbers of an input, one a line, if there are no percentiles.
    fn add_up(&mut self, input: &mut dyn Read, terminator: u8) -> Result<(), Error> {
        let mut line = 0;
        stream::short_lines(input, terminator, LONGEST_NUMBER, |text| {
            line += 1;
            if let Some(number) = number::small(text) {
                self.sums.add_small(number);
                return Ok(());
            }
            let added = Number::parse_other(text).and_then(|number| self.sums.add(number, 1));
            added.map_err(|cause| Error::bad_line(line, cause, text))
        })
    }

    /// Adds the number of each line of an input as often as it occurs.
    fn each(
        &mut self,
        input: &mut dyn Read,
        terminator: u8,
        parse: impl Fn(&[u8]) -> Result<(Number, u64), &'static str>,
    ) -> Result<(), Error> {
        let mut line = 0;
        stream::short_lines(input, terminator, LONGEST_NUMBER, |text| {
            line += 1;
            let added = parse(text).and_then(|(number, times)| {
                self.sums.add(number, times)?;
                Ok((number, times))
            });
            let (number, times) = added.map_err(|cause| Error::bad_line(line, cause, text))?;
            match &mut self.numbers {
                Some(numbers) => numbers.add(number, times),
                None => Ok(()),
            }
        })
    }

    /// Writes the output: one line for the mean, for each percentile, or for a partial result.
    /// [`Output::All`] is a line each for the number of numbers, their sum, the smallest, the
    /// largest, the mean, and the standard deviation of the sample (`-` for a single number);
    /// then one for each percentile.
    pub fn write(self, output: &mut dyn Write) -> Result<(), Error> {
        let text = match self.output {
            Output::Partial => partial::written(&self.sums) + "\n",
            _ => self.statistics()?,
        };
        output.write_all(text.as_bytes()).map_err(Error::Write)
    }

    fn statistics(self) -> Result<String, Error> {
        let n = self.sums.n;
        if n == 0 {
            return Err(Error::Data("no numbers, so no mean"));
        }
        let style = self.sums.style();
        let percentiles = self.output.percentiles();
        let values = match self.numbers {
            Some(numbers) => numbers.percentiles(percentiles, n, style)?,
            None => Vec::new(),
        };
        if let Output::Percentiles(_) = self.output {
            return Ok(values.iter().map(|value| format!("{value}\n")).collect());
        }
        let mean = self.sums.mean(style);
        let (Output::All(_), Some((min, max))) = (&self.output, self.sums.extremes()) else {
            return Ok(format!("{mean}\n"));
        };
        let sum = self.sums.total().ok_or(Error::Data(TOO_LARGE))?;
        let deviation = match n {
            1 => "-".to_string(),
            _ => match self.sums.deviation() {
                deviation if deviation.is_finite() => deviation.to_string(),
                _ => return Err(Error::Data(TOO_LARGE)),
            },
        };
        let (min, max) = (shown(min, style), shown(max, style));
        let mut text =
            format!("n {n}\nsum {sum}\nmin {min}\nmax {max}\nmean {mean}\nsd {deviation}\n");
        for (percentile, value) in percentiles.iter().zip(values) {
            text += &format!("{percentile} {value}\n");
        }
        Ok(text)
    }
}

/// The error for a result that is larger than all doubles.
const TOO_LARGE: &str = "the sum or the deviation is too large";

#[cfg(test)]
mod tests;

//! `mean`: the mean of numbers, and what else one pass can tell of them.
//!
//! All sums are exact, of numbers and of their squares, in as many bits as it takes
//! ([`crate::text::exact`]). So nothing is rounded but the answers, each to the nearest of what can be
//! shown. A number with a point or an exponent is the double nearest to it. The variance comes
//! of the sum and of the sum of the squares, without loss here. Cost: one pass, constant memory;
//! for percentiles memory for the distinct numbers, up to a limit.
//!
//! Chapters:
//!
//! 1. `number`: a line becomes a number.
//! 2. `sums`: numbers are added up; how the mean is shown.
//! 3. `partial`: sums as a line, so that parts add up to the whole.
//! 4. `percentile`: the numbers in order, by [`crate::text::count`].

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
pub enum Form {
    /// Numbers.
    #[default]
    Numbers,
    /// `COUNT NUMBER`, as `count` and `uniq -c` write them.
    Counts,
    /// Partial results.
    Partials,
}

/// The answer that the program writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// The mean.
    #[default]
    Mean,
    /// Their number, sum, smallest and largest, mean and standard deviation; then percentiles.
    All(Vec<Percentile>),
    /// Percentiles.
    Percentiles(Vec<Percentile>),
    /// A partial result.
    Partial,
}

impl Answer {
    fn percentiles(&self) -> &[Percentile] {
        match self {
            Answer::All(percentiles) | Answer::Percentiles(percentiles) => percentiles,
            Answer::Mean | Answer::Partial => &[],
        }
    }
}

/// The state of the program: what it reads, what it will write, and the numbers so far.
#[derive(Debug)]
pub struct Mean {
    form: Form,
    answer: Answer,
    sums: Sums,
    /// The numbers themselves, if percentiles are asked for.
    numbers: Option<Multiset>,
}

impl Mean {
    /// No numbers yet. With percentiles, the numbers take as much memory as `means` say, and
    /// temporary files beyond it. Partial results have none.
    pub fn new(form: Form, answer: Answer, limits: Limits) -> Self {
        let all = matches!(answer, Answer::All(_) | Answer::Partial);
        let has_percentiles = !answer.percentiles().is_empty();
        Mean {
            form,
            answer,
            sums: Sums::new(all),
            numbers: has_percentiles.then(|| Multiset::new(limits, form == Form::Counts)),
        }
    }

    /// Reads an input.
    pub fn read(&mut self, input: &mut dyn Read, terminator: u8) -> Result<(), Error> {
        match self.form {
            Form::Numbers if self.numbers.is_none() => self.add_up(input, terminator),
            Form::Numbers => self.each(input, terminator, |line| Ok((Number::parse(line)?, 1))),
            Form::Counts => self.each(input, terminator, |line| {
                if line.len() > LONGEST_NUMBER {
                    return Err(TOO_LONG);
                }
                let tally = Tally::parse(line)?;
                Ok((Number::parse(tally.line)?, tally.count))
            }),
            Form::Partials => {
                let mut number = 0;
                stream::short_lines(input, terminator, LONGEST_NUMBER, |line| {
                    number += 1;
                    let added = partial::read(line).and_then(|part| self.sums.add_all(&part));
                    added.map_err(|cause| Error::Line { number, cause })
                })
            }
        }
    }

    /// Adds the numbers of an input, one a line, where there are no percentiles.
    fn add_up(&mut self, input: &mut dyn Read, terminator: u8) -> Result<(), Error> {
        let mut line = 0;
        stream::short_lines(input, terminator, LONGEST_NUMBER, |text| {
            line += 1;
            if let Some(number) = number::small(text) {
                self.sums.add_small(number);
                return Ok(());
            }
            let added = Number::parse_other(text).and_then(|number| self.sums.add(number, 1));
            added.map_err(|cause| Error::Line {
                number: line,
                cause,
            })
        })
    }

    /// Adds what each line of an input is: a number, and how often it occurs.
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
            let (number, times) = added.map_err(|cause| Error::Line {
                number: line,
                cause,
            })?;
            match &mut self.numbers {
                Some(numbers) => numbers.add(number, times),
                None => Ok(()),
            }
        })
    }

    /// Writes the answer: one line for the mean, for each percentile, and for a partial
    /// result. If all is to be told, a line each for the number of numbers, their sum, the smallest,
    /// the largest, the mean, and the standard deviation of the sample, which takes two
    /// numbers; then one for each percentile.
    pub fn write(self, output: &mut dyn Write) -> Result<(), Error> {
        let text = match self.answer {
            Answer::Partial => partial::written(&self.sums) + "\n",
            _ => self.told()?,
        };
        output.write_all(text.as_bytes()).map_err(Error::Write)
    }

    fn told(self) -> Result<String, Error> {
        let n = self.sums.n;
        if n == 0 {
            return Err(Error::Data("no numbers, so no mean"));
        }
        let style = self.sums.style();
        let percentiles = self.answer.percentiles();
        let answers = match self.numbers {
            Some(numbers) => numbers.answers(percentiles, n, style)?,
            None => Vec::new(),
        };
        if let Answer::Percentiles(_) = self.answer {
            return Ok(answers.iter().map(|answer| format!("{answer}\n")).collect());
        }
        let mean = self.sums.mean(style);
        let (Answer::All(_), Some((min, max))) = (&self.answer, self.sums.extremes()) else {
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
        for (percentile, answer) in percentiles.iter().zip(answers) {
            text += &format!("{percentile} {answer}\n");
        }
        Ok(text)
    }
}

/// What is wrong with an answer that is beyond all doubles.
const TOO_LARGE: &str = "the sum or the deviation is too large";

#[cfg(test)]
mod tests;

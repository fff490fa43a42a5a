//! `bars`: a bar chart of `COUNT LINE`.
//!
//! Each line of the chart is the count, a bar and the line. The line is last, because the width of
//! some scripts differs between terminals: so it moves nothing else. The length of a bar is a
//! number of eighths of a column, computed in whole numbers: it is the same on each machine.
//! Each of several pages ([`pages`]) is a chart of its own.
//! Cost: the records of a chart are stored, since the largest count is known at the end; then
//! there is a pass over them.
//!
//! Chapters: `decimal` (counts), `scale` (lengths of bars), `label` (lines as they are shown).

mod decimal;
mod label;
mod scale;

pub use decimal::Decimal;

use crate::common::error::Error;
use crate::common::stream::BLOCK;
use crate::text::pages::{self, AtEnd};
use crate::text::tally;
use decimal::Digits;
use scale::{Length, Scale, share};
use std::io::{Read, Write};

/// How a chart is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The width of a line, in columns. The bars have two fifths of it, and at least
    /// 10 columns.
    pub width: usize,
    /// Cut labels, so that no line is wider. Otherwise they are written in full.
    pub cut: bool,
    /// Draw with `#`, not with the block elements of Unicode.
    pub ascii: bool,
    /// Color the bars.
    pub color: bool,
    /// Write the share of the sum of all counts after each count.
    pub percent: bool,
    /// The length of a bar is the logarithm of one more than the count. The first line of the
    /// chart says so.
    pub log: bool,
    /// The count of a whole bar, in place of the largest count. A bar of a larger count ends
    /// with a `+`.
    pub max: Option<Decimal>,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            width: 80,
            cut: false,
            ascii: false,
            color: false,
            percent: false,
            log: false,
            max: None,
        }
    }
}

impl Style {
    /// The width of a whole bar, in columns.
    fn bar(&self) -> usize {
        (self.width * 2 / 5).max(10)
    }

    /// How many steps a bar of one column has.
    fn steps(&self) -> usize {
        if self.ascii { 1 } else { EIGHTHS.len() }
    }
}

/// The part of a column that is drawn, in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The first line of a chart with a logarithmic scale.
const LOG_SCALE: &str = "log scale: log(1 + COUNT)\n";

const COLOR: &str = "\x1b[36m";
const NO_COLOR: &str = "\x1b[0m";

/// The records of a chart.
///
/// ```
/// # use textmill::text::bars::{Chart, Style};
/// let mut chart = Chart::new(Style { width: 25, ..Style::default() });
/// let (mut first, mut last) = (Vec::new(), Vec::new());
/// let mut input = "32 eggs\n8 ham\n\x0c\n5 ham\n".as_bytes();
/// chart.read(&mut input, b'\n', &mut |chart| chart.draw(&mut first))?;
/// chart.draw(&mut last)?;
/// assert_eq!(String::from_utf8(first)?, "32 ██████████ eggs\n 8 ██▌        ham\n");
/// assert_eq!(String::from_utf8(last)?, "5 ██████████ ham\n");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Chart {
    style: Style,
    records: Vec<Record>,
    /// The counts and lines of all records, without anything between them.
    text: Vec<u8>,
    /// The digits of all counts.
    digits: Digits,
}

/// A record of a chart. Its text begins where that of the record before it ends.
#[derive(Debug)]
struct Record {
    count: Decimal,
    /// Where the count ends in the text.
    count_end: usize,
    /// Where the line ends in the text.
    end: usize,
}

impl Chart {
    /// An empty chart.
    pub fn new(style: Style) -> Chart {
        let mut chart = Chart {
            style,
            records: Vec::new(),
            text: Vec::new(),
            digits: Digits::default(),
        };
        chart.clear();
        chart
    }

    /// Adds all records of an input. At the end of each page `at_end` is called, which must
    /// [`draw`](Chart::draw) it. Returns whether there are records after the last page that ended.
    /// After an error, the chart is incomplete.
    pub fn read(
        &mut self,
        input: &mut dyn Read,
        terminator: u8,
        at_end: AtEnd<Chart>,
    ) -> Result<bool, Error> {
        pages::read(self, input, terminator, Chart::add, at_end)
    }

    /// Sets the width of a line, in columns: that of the chart that is drawn next.
    pub fn set_width(&mut self, columns: usize) {
        self.style.width = columns;
    }

    /// Adds a record, `COUNT LINE`. The error is a short description.
    pub fn add(&mut self, record: &[u8]) -> Result<(), &'static str> {
        let (text, line) = tally::parts(record);
        let count = Decimal::parse(text)?;
        self.digits = self.digits.and(count)?;
        self.text.extend_from_slice(text);
        let count_end = self.text.len();
        self.text.extend_from_slice(line);
        self.records.push(Record {
            count,
            count_end,
            end: self.text.len(),
        });
        Ok(())
    }

    /// Draws the chart, in the order of its records, and removes them: the next record is the
    /// first of another chart.
    pub fn draw(&mut self, output: &mut dyn Write) -> Result<(), Error> {
        let columns = self.columns()?;
        let mut out = Vec::new();
        if self.style.log && !self.records.is_empty() {
            out.extend_from_slice(LOG_SCALE.as_bytes());
        }
        let mut start = 0;
        for record in &self.records {
            let count = &self.text[start..record.count_end];
            let line = &self.text[record.count_end..record.end];
            columns.put(record.count, count, line, &mut out);
            start = record.end;
            if out.len() >= BLOCK {
                output.write_all(&out).map_err(Error::Write)?;
                out.clear();
            }
        }
        output.write_all(&out).map_err(Error::Write)?;
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.records.clear();
        self.text.clear();
        self.digits = Digits::default();
        if let Some(max) = self.style.max {
            // A number that was parsed has few enough digits.
            self.digits = self.digits.and(max).unwrap_or_default();
        }
    }

    /// What all lines of the chart have in common.
    fn columns(&self) -> Result<Columns, Error> {
        let style = self.style;
        let places = self.digits.places();
        let counts = || {
            self.records
                .iter()
                .map(|record| record.count.scaled(places))
        };
        let largest = counts().max().unwrap_or(0);
        let sum = match style.percent {
            true => counts().try_fold(0, add).ok_or(Error::Data(TOO_LARGE))?,
            false => 0,
        };
        let mut start = 0;
        let lengths = self.records.iter().map(|record| {
            let length = record.count_end - start;
            start = record.end;
            length
        });
        let bar = style.bar();
        Ok(Columns {
            style,
            places,
            count: lengths.max().unwrap_or(0),
            percent: percent(largest, sum).len(),
            sum,
            scale: Scale::new(
                bar * style.steps(),
                style.max.map_or(largest, |max| max.scaled(places)),
                10u128.pow(places),
                style.log,
            ),
            full: if style.ascii { "#" } else { "█" }.repeat(bar),
            blanks: " ".repeat(bar),
        })
    }
}

/// The error for a sum that is too large for percentages.
const TOO_LARGE: &str = "the sum of the counts is too large";

/// Adds a count to a sum, which must be small enough for [`share`].
fn add(sum: u128, count: u128) -> Option<u128> {
    sum.checked_add(count).filter(|&sum| sum < scale::LIMIT)
}

/// A share of a sum, in percent, with a digit after the point. A half is rounded up.
fn percent(count: u128, sum: u128) -> String {
    // Half of the floor of 2 x, rounded up, is x rounded.
    let tenths = share(2000, count, sum).div_ceil(2);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// The columns of a chart.
struct Columns {
    style: Style,
    /// The digits after the point of all counts, in units.
    places: u32,
    /// The width of the counts.
    count: usize,
    /// The width of the percentages.
    percent: usize,
    /// The sum of the counts, in units.
    sum: u128,
    scale: Scale,
    /// A whole bar.
    full: String,
    /// As many blanks.
    blanks: String,
}

impl Columns {
    /// Appends a line of the chart.
    fn put(&self, count: Decimal, text: &[u8], line: &[u8], out: &mut Vec<u8>) {
        let count = count.scaled(self.places);
        put_right(text, self.count, out);
        out.push(b' ');
        let mut width = self.count + 1 + self.style.bar();
        if self.style.percent {
            put_right(percent(count, self.sum).as_bytes(), self.percent, out);
            out.push(b' ');
            width += self.percent + 1;
        }
        self.put_bar(self.scale.length(count), out);
        if !self.style.cut {
            out.push(b' ');
            label::put(line, out);
        } else if let Some(room @ 1..) = self.style.width.checked_sub(width + 1) {
            out.push(b' ');
            let mark = if self.style.ascii { "..." } else { "…" };
            label::put_cut(line, room, mark, out);
        }
        out.push(b'\n');
    }

    /// Appends a bar, and blanks up to the width of a whole one.
    fn put_bar(&self, length: Length, out: &mut Vec<u8>) {
        let bar = self.style.bar();
        let (whole, rest) = match length {
            Length::Steps(n) => {
                let (whole, rest) = (n / self.style.steps(), n % self.style.steps());
                (whole, EIGHTHS[rest])
            }
            Length::Over => (bar - 1, "+"),
        };
        let drawn = whole + usize::from(!rest.is_empty());
        let has_color = self.style.color && drawn > 0;
        if has_color {
            out.extend_from_slice(COLOR.as_bytes());
        }
        let bytes_of_one = self.full.len() / bar;
        out.extend_from_slice(&self.full.as_bytes()[..whole * bytes_of_one]);
        out.extend_from_slice(rest.as_bytes());
        if has_color {
            out.extend_from_slice(NO_COLOR.as_bytes());
        }
        out.extend_from_slice(&self.blanks.as_bytes()[drawn..]);
    }
}

/// Appends a text, with blanks before it up to this width.
fn put_right(text: &[u8], width: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + width.saturating_sub(text.len()), b' ');
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests;

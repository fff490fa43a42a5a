//! Percentiles: exact, in bounded memory.
//!
//! The definition is type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages"
//! (The American Statistician 50, 1996): of n sorted numbers, x0 to x(n-1), the percentile P is at
//! the position (n - 1) P / 100. Between two numbers it is interpolated linearly. numpy
//! (`percentile`), R (`quantile`), Excel (`PERCENTILE.INC`) and Python's
//! `statistics.quantiles(method="inclusive")` have the same definition. P = 50 is the median, 0 the
//! smallest number, 100 the largest.
//!
//! Position and interpolation are exact: the percentile is the weighted mean of two numbers.
//! [`crate::text::count`] counts and sorts the distinct numbers, and uses temporary files if they
//! do not fit in memory.

use super::number::{Number, of_key, put_key};
use super::sums::{Style, Sums};
use crate::common::error::Error;
use crate::common::stream::BLOCK;
use crate::text::count::{Counts, Limits};
use crate::text::tally::Tally;
use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::str::FromStr;

/// A percentile, such as `50` or `99.9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Percentile {
    /// Its name in the output.
    name: String,
    /// It is at this part of the positions, from the smallest number to the largest; `of` is
    /// the whole.
    part: u64,
    of: u64,
}

/// The largest number of decimal places of a percentile.
const PLACES: usize = 9;

impl Percentile {
    /// The median.
    pub fn median() -> Self {
        Percentile {
            name: "median".to_string(),
            part: 1,
            of: 2,
        }
    }

    /// The positions of the two nearest of `n` numbers, at least one, and the weight of each.
    /// The weights add up to `of`.
    fn places(&self, n: u64) -> [(u64, u64); 2] {
        let way = u128::from(n - 1) * u128::from(self.part);
        let of = u128::from(self.of);
        // Both fit: a part is no more than the whole.
        let (place, rest) = ((way / of) as u64, (way % of) as u64);
        [(place, self.of - rest), (place.saturating_add(1), rest)]
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Percentile {
    type Err = &'static str;

    /// Parses a percentile from 0 to 100. The error is a short description.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "use a number from 0 to 100 with at most 9 decimal places";
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) || fraction.len() > PLACES {
            return Err(WRONG);
        }
        let of = 10u64.pow(PLACES as u32);
        let whole: u64 = whole.parse().map_err(|_| WRONG)?;
        let fraction: u64 = format!("{fraction:0<PLACES$}").parse().map_err(|_| WRONG)?;
        let part = whole.checked_mul(of).ok_or(WRONG)? + fraction;
        match part <= 100 * of {
            true => Ok(Percentile {
                name: format!("p{text}"),
                part,
                of: 100 * of,
            }),
            false => Err(WRONG),
        }
    }
}

/// Numbers to be sorted.
#[derive(Debug)]
pub struct Multiset {
    counts: Counts,
    /// Whether each number has a count.
    has_counts: bool,
    /// Lines that are not yet counted.
    lines: Vec<u8>,
}

/// The byte after the key of a number.
const END: u8 = b'\n';

impl Multiset {
    /// No numbers yet.
    pub fn new(limits: Limits, has_counts: bool) -> Self {
        // The numbers come one by one, so one thread counts them.
        let threads = NonZeroUsize::new(1);
        Multiset {
            counts: Counts::new(Limits { threads, ..limits }),
            has_counts,
            lines: Vec::new(),
        }
    }

    /// Adds a number that occurs so many times.
    pub fn add(&mut self, number: Number, times: u64) -> Result<(), Error> {
        if times == 0 {
            return Ok(());
        }
        if self.has_counts {
            let mut buffer = itoa::Buffer::new();
            self.lines
                .extend_from_slice(buffer.format(times).as_bytes());
            self.lines.push(b' ');
        }
        put_key(number, &mut self.lines);
        self.lines.push(END);
        match self.lines.len() < BLOCK {
            true => Ok(()),
            false => self.count(),
        }
    }

    fn count(&mut self) -> Result<(), Error> {
        let mut lines = &self.lines[..];
        match self.has_counts {
            true => self.counts.merge(&mut lines, END)?,
            false => self.counts.read(&mut lines, END)?,
        }
        self.lines.clear();
        Ok(())
    }

    /// The percentiles of the `n` numbers, at least one.
    pub fn percentiles(
        mut self,
        percentiles: &[Percentile],
        n: u64,
        style: Style,
    ) -> Result<Vec<String>, Error> {
        self.count()?;
        let places = percentiles
            .iter()
            .flat_map(|percentile| percentile.places(n));
        let mut places: Vec<u64> = places.map(|(place, _)| place.min(n - 1)).collect();
        places.sort_unstable();
        places.dedup();
        let mut selection = Selection {
            places: &places,
            numbers: Vec::new(),
            before: 0,
            rest: Vec::new(),
        };
        self.counts.write(b' ', END, &mut selection)?;
        let numbers = selection.numbers;
        let at = |place: u64| {
            let found = places.binary_search(&place.min(n - 1)).ok();
            found.and_then(|i| numbers.get(i).copied())
        };
        let value = |percentile: &Percentile| {
            let mut between = Sums::default();
            for (place, weight) in percentile.places(n) {
                // The weights are at most 10^11.
                let number = at(place).ok_or(Error::Data(DAMAGED))?;
                between.add(number, weight).map_err(Error::Data)?;
            }
            Ok(between.mean(style))
        };
        percentiles.iter().map(value).collect()
    }
}

const DAMAGED: &str = "the numbers in temporary files are damaged";

/// Receives records `COUNT KEY` in order, and selects the numbers at some positions.
struct Selection<'a> {
    /// The positions in order, from 0.
    places: &'a [u64],
    /// The numbers at the first of these positions.
    numbers: Vec<Number>,
    /// The number of numbers before the next record.
    before: u64,
    /// The start of an incomplete record.
    rest: Vec<u8>,
}

impl Selection<'_> {
    fn select(&mut self, record: &[u8]) -> io::Result<()> {
        let damaged = |_| io::Error::other(DAMAGED);
        let tally = Tally::parse(record).map_err(damaged)?;
        let end = self.before.saturating_add(tally.count);
        while self
            .places
            .get(self.numbers.len())
            .is_some_and(|&place| place < end)
        {
            let number = of_key(tally.line).ok_or(DAMAGED);
            self.numbers.push(number.map_err(io::Error::other)?);
        }
        self.before = end;
        Ok(())
    }
}

impl Write for Selection<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(END, rest) {
            let (record, more) = (&rest[..end], &rest[end + 1..]);
            if self.rest.is_empty() {
                self.select(record)?;
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(record);
                self.select(&whole)?;
            }
            rest = more;
        }
        self.rest.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_0_to_100() {
        for (text, part) in [
            ("0", 0),
            ("50", 50_000_000_000),
            ("99.9", 99_900_000_000),
            ("0.000000001", 1),
            ("100", 100_000_000_000),
            ("100.0", 100_000_000_000),
        ] {
            let percentile: Percentile = text.parse().unwrap();
            assert_eq!((percentile.part, percentile.of), (part, 100_000_000_000));
            assert_eq!(percentile.to_string(), format!("p{text}"));
        }
        for text in [
            "",
            ".",
            "5.",
            ".5",
            "-1",
            "+1",
            "100.1",
            "101",
            "1e1",
            "nan",
            "0.0000000001",
            "1,5",
            "99999999999999999999",
            "18446744073709551615",
        ] {
            assert!(text.parse::<Percentile>().is_err(), "{text}");
        }
    }

    #[test]
    fn places_of_the_largest_numbers() {
        let max = u64::MAX;
        let median = Percentile::median();
        assert_eq!(median.places(1), [(0, 2), (1, 0)]);
        assert_eq!(median.places(2), [(0, 1), (1, 1)]);
        assert_eq!(median.places(max), [((max - 1) / 2, 2), (max / 2 + 1, 0)]);
        let last: Percentile = "100".parse().unwrap();
        assert_eq!(last.places(max), [(max - 1, last.of), (max, 0)]);
    }

    #[test]
    fn records_that_come_in_pieces() {
        let mut keys = Vec::new();
        for (count, number) in [(2, 7), (1, 8), (3, 1 << 60)] {
            keys.extend_from_slice(format!("{count} ").as_bytes());
            put_key(Number::Whole(number), &mut keys);
            keys.push(END);
        }
        for size in 1..keys.len() {
            let places = [0, 2, 5];
            let mut selection = Selection {
                places: &places,
                numbers: Vec::new(),
                before: 0,
                rest: Vec::new(),
            };
            for piece in keys.chunks(size) {
                selection.write_all(piece).unwrap();
            }
            let expected = [7.0, 8.0, (1u64 << 60) as f64].map(Number::Decimal);
            assert_eq!(selection.numbers, expected);
        }
    }
}

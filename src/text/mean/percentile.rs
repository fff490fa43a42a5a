//! Percentiles: exact, in bounded memory.
//!
//! The definition is type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages"
//! (The American Statistician 50, 1996): of n numbers in order, x0 to x(n-1), the percentile P is at
//! the place (n - 1) P / 100, and between two numbers it is interpolated linearly. So it is in
//! numpy (`percentile`), R (`quantile`), Excel (`PERCENTILE.INC`) and Python's
//! `statistics.quantiles(method="inclusive")`; P = 50 is the median, 0 the smallest, 100 the largest.
//!
//! Place and interpolation are computed exactly, as the mean of two numbers, each with a weight.
//! The numbers in order are the distinct ones, counted by [`crate::text::count`], which takes
//! temporary files for what does not fit in memory.

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

/// A percentile that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Percentile {
    /// Its name in an answer.
    name: String,
    /// The part of the way from the smallest number to the largest ...
    part: u64,
    /// ... of so many.
    of: u64,
}

/// How many decimal places a percentile may have.
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

    /// The places of the two numbers between which it is among `n`, at least one, and the weight
    /// of each; the weights add up to `of`.
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

    /// Reads a percentile from 0 to 100; the error says in a few words what is wrong with it.
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

/// Numbers that are to be put in order.
#[derive(Debug)]
pub struct Multiset {
    counts: Counts,
    /// Whether each number comes with how often it occurs.
    has_counts: bool,
    /// Lines that are still to be counted.
    lines: Vec<u8>,
}

/// What ends the key of a number.
const END: u8 = b'\n';

impl Multiset {
    /// No numbers yet. The numbers take so much memory, and temporary files in these folders.
    pub fn new(limits: Limits, has_counts: bool) -> Self {
        // They come one by one, so one thread counts them.
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
            self.lines.extend_from_slice(times.to_string().as_bytes());
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

    /// The percentiles of the numbers, of which there are `n`, at least one.
    pub fn answers(
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
        let mut picked = Picked {
            places: &places,
            numbers: Vec::new(),
            before: 0,
            rest: Vec::new(),
        };
        self.counts.write(b' ', END, &mut picked)?;
        let numbers = picked.numbers;
        let at = |place: u64| {
            let found = places.binary_search(&place.min(n - 1)).ok();
            found.and_then(|i| numbers.get(i).copied())
        };
        let answer = |percentile: &Percentile| {
            let mut between = Sums::default();
            for (place, weight) in percentile.places(n) {
                // Their weights are no more than 10^11.
                let number = at(place).ok_or(Error::Data(DAMAGED))?;
                between.add(number, weight).map_err(Error::Data)?;
            }
            Ok(between.mean(style))
        };
        percentiles.iter().map(answer).collect()
    }
}

const DAMAGED: &str = "the numbers in temporary files are damaged";

/// Takes records `COUNT KEY` in order, and picks the numbers at some places.
struct Picked<'a> {
    /// The places in order; the first number has 0.
    places: &'a [u64],
    /// The numbers at the first of these places.
    numbers: Vec<Number>,
    /// How many numbers come before the next record.
    before: u64,
    /// The beginning of a record.
    rest: Vec<u8>,
}

impl Picked<'_> {
    fn pick(&mut self, record: &[u8]) -> io::Result<()> {
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

impl Write for Picked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(END, rest) {
            let (record, more) = (&rest[..end], &rest[end + 1..]);
            if self.rest.is_empty() {
                self.pick(record)?;
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(record);
                self.pick(&whole)?;
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
            let mut picked = Picked {
                places: &places,
                numbers: Vec::new(),
                before: 0,
                rest: Vec::new(),
            };
            for piece in keys.chunks(size) {
                picked.write_all(piece).unwrap();
            }
            let expected = [7.0, 8.0, (1u64 << 60) as f64].map(Number::Decimal);
            assert_eq!(picked.numbers, expected);
        }
    }
}

//! `mean`: the mean of numbers, and what else one pass can tell of them.
//!
//! Whole numbers are added up exactly, in 128 bits, and the mean is the nearest
//! double to the true one. Numbers with a fraction or an exponent are added up
//! with compensation (Neumaier 1974): what rounding loses is carried along. The
//! standard deviation is Welford's (1962). Cost: one pass, constant memory.

use crate::error::Error;
use crate::stream;
use std::io::{Read, Write};

/// What is known of the numbers so far.
#[derive(Clone, Debug, Default)]
pub struct Mean {
    /// Whether to know more than the mean, which takes a division for each number.
    all: bool,
    /// How many there were.
    n: u64,
    /// The sum of the whole ones.
    whole: i128,
    /// The sum of the others: what doubles hold, and what they lost.
    sum: f64,
    lost: f64,
    /// Whether there are others.
    has_others: bool,
    extremes: Option<(Number, Number)>,
    /// Welford's mean, and sum of squared distances from it.
    center: f64,
    squares: f64,
}

/// A number as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Whole(i128),
    Other(f64),
}

impl Number {
    fn value(self) -> f64 {
        match self {
            Number::Whole(number) => number as f64,
            Number::Other(number) => number,
        }
    }

    fn is_less(self, other: Number) -> bool {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a < b,
            _ => self.value() < other.value(),
        }
    }

    fn shown(self) -> String {
        match self {
            Number::Whole(number) => number.to_string(),
            Number::Other(number) => number.to_string(),
        }
    }
}

const NO_NUMBER: &str = "not a number";
const TOO_LARGE: &str = "a number or a sum is too large";

impl Mean {
    /// No numbers yet. With `all`, more than the mean will be told of them.
    pub fn new(all: bool) -> Self {
        Mean {
            all,
            ..Mean::default()
        }
    }

    /// Reads numbers, one a line; blanks around them do not matter.
    pub fn read(&mut self, input: &mut impl Read, terminator: u8) -> Result<(), Error> {
        let mut line = 0;
        stream::lines(input, terminator, |text| {
            line += 1;
            let added = parse(text).and_then(|number| self.add(number));
            added.map_err(|cause| Error::Line {
                number: line,
                cause,
            })
        })
    }

    fn add(&mut self, number: Number) -> Result<(), &'static str> {
        match number {
            Number::Whole(number) => {
                self.whole = self.whole.checked_add(number).ok_or(TOO_LARGE)?;
            }
            Number::Other(number) => {
                let sum = self.sum + number;
                self.lost += match self.sum.abs() >= number.abs() {
                    true => (self.sum - sum) + number,
                    false => (number - sum) + self.sum,
                };
                self.sum = sum;
                self.has_others = true;
                if !sum.is_finite() {
                    return Err(TOO_LARGE);
                }
            }
        }
        self.n += 1;
        if self.all {
            self.spread(number);
        }
        Ok(())
    }

    /// Where the numbers lie, and how far apart.
    fn spread(&mut self, number: Number) {
        let value = number.value();
        let distance = value - self.center;
        self.center += distance / self.n as f64;
        self.squares += distance * (value - self.center);
        let (smallest, largest) = self.extremes.get_or_insert((number, number));
        if number.is_less(*smallest) {
            *smallest = number;
        }
        if largest.is_less(number) {
            *largest = number;
        }
    }

    /// The sum of all.
    fn sum(&self) -> Number {
        match self.has_others {
            false => Number::Whole(self.whole),
            true => Number::Other(self.whole as f64 + (self.sum + self.lost)),
        }
    }

    /// The mean; `None` of no numbers.
    fn mean(&self) -> Option<f64> {
        match self.sum() {
            _ if self.n == 0 => None,
            Number::Whole(sum) => Some(ratio(sum, self.n)),
            Number::Other(sum) => Some(sum / self.n as f64),
        }
    }

    /// Writes the mean; if all is to be told, a line each for the number of numbers, their
    /// sum, the smallest, the largest, the mean, and the standard deviation of
    /// the sample, which takes two numbers.
    pub fn write(&self, output: &mut impl Write) -> Result<(), Error> {
        let Some(mean) = self.mean() else {
            return Err(Error::Data("no numbers, so no mean"));
        };
        let mut text = format!("{mean}\n");
        if let Some((smallest, largest)) = self.extremes {
            let deviation = match self.n {
                1 => "-".to_string(),
                n => (self.squares / (n - 1) as f64).sqrt().to_string(),
            };
            text = format!(
                "n {}\nsum {}\nmin {}\nmax {}\nmean {mean}\nsd {deviation}\n",
                self.n,
                self.sum().shown(),
                smallest.shown(),
                largest.shown(),
            );
        }
        output.write_all(text.as_bytes()).map_err(Error::Write)
    }
}

/// The double nearest to a ratio.
fn ratio(sum: i128, n: u64) -> f64 {
    /// Up to here doubles are exact, and so is the rounding of their ratio.
    const EXACT: u128 = 1 << f64::MANTISSA_DIGITS;
    if sum.unsigned_abs() <= EXACT && u128::from(n) <= EXACT {
        return sum as f64 / n as f64;
    }
    // Long division to more digits than a double can tell apart, and the
    // rounding of the digits to the nearest by those who know how.
    let n = u128::from(n);
    let (whole, mut rest) = (sum.unsigned_abs() / n, sum.unsigned_abs() % n);
    let mut text = format!("{}{whole}.", if sum < 0 { "-" } else { "" });
    for _ in 0..40 {
        rest *= 10;
        text.push(char::from(b'0' + (rest / n) as u8));
        rest %= n;
    }
    text.parse().unwrap_or(f64::NAN)
}

/// Reads a number.
fn parse(text: &[u8]) -> Result<Number, &'static str> {
    let text = text.trim_ascii();
    if let Some(number) = small(text) {
        return Ok(Number::Whole(number.into()));
    }
    let digits = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    if !text.iter().all(digits) {
        // Infinity and NaN are no numbers that have a mean.
        return Err(NO_NUMBER);
    }
    let text = std::str::from_utf8(text).map_err(|_| NO_NUMBER)?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() {
        return text.parse().map(Number::Whole).map_err(|_| TOO_LARGE);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Number::Other(number)),
        Ok(_) => Err(TOO_LARGE),
        Err(_) => Err(NO_NUMBER),
    }
}

/// A number of a few digits: nearly all there are.
#[inline(always)]
fn small(text: &[u8]) -> Option<u64> {
    const DIGITS: usize = 18;
    if text.is_empty() || text.len() > DIGITS {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| number * 10 + u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(all: bool, text: &str) -> Result<String, Error> {
        let mut mean = Mean::new(all);
        mean.read(&mut text.as_bytes(), b'\n')?;
        let mut out = Vec::new();
        mean.write(&mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn error(text: &str) -> String {
        told(false, text).unwrap_err().to_string()
    }

    #[test]
    fn whole_numbers_are_exact() {
        assert_eq!(told(false, "1\n2\n").unwrap(), "1.5\n");
        assert_eq!(told(false, "-7").unwrap(), "-7\n");
        let max = i64::MAX;
        assert_eq!(
            told(
                false,
                &format!("{max}\n{max}\n{max}\n-{max}\n-{max}\n-{max}\n1")
            )
            .unwrap(),
            format!("{}\n", 1.0 / 7.0)
        );
        // In doubles the ones would vanish beside the large number.
        let ones = "1\n".repeat(9);
        assert_eq!(
            told(true, &format!("{}\n{ones}{}\n", 1u64 << 60, -(1i64 << 60)))
                .unwrap()
                .lines()
                .nth(1),
            Some("sum 9")
        );
    }

    #[test]
    fn fractions_are_compensated() {
        assert_eq!(told(false, &"0.1\n".repeat(10)).unwrap(), "0.1\n");
        assert_eq!(told(false, "1e100\n1.0\n-1e100\n1.0").unwrap(), "0.5\n");
        assert_eq!(told(false, " 1.5 \n\t2\n").unwrap(), "1.75\n");
    }

    #[test]
    fn all_there_is_to_tell() {
        let told_all = told(true, "2\n4\n4\n4\n5\n5\n7\n9\n").unwrap();
        let sd = (32.0f64 / 7.0).sqrt();
        assert_eq!(
            told_all,
            format!("n 8\nsum 40\nmin 2\nmax 9\nmean 5\nsd {sd}\n")
        );
        assert_eq!(
            told(true, "3\n").unwrap(),
            "n 1\nsum 3\nmin 3\nmax 3\nmean 3\nsd -\n"
        );
    }

    #[test]
    fn what_is_no_number() {
        assert_eq!(error(""), "no numbers, so no mean");
        for bad in [
            "", "x", "inf", "nan", "NaN", "0x10", "1 2", "--1", "1e", "+", ".", "1_000", "1,5",
        ] {
            assert_eq!(
                error(&format!("1\n{bad}\n")),
                "line 2: not a number",
                "{bad}"
            );
        }
        for large in ["1e999", "999999999999999999999999999999999999999999"] {
            assert_eq!(error(large), "line 1: a number or a sum is too large");
        }
    }

    proptest! {
        #[test]
        fn the_nearest_double(numbers in prop::collection::vec(any::<i64>(), 1..50)) {
            let text: String = numbers.iter().map(|n| format!("{n}\n")).collect();
            let mean: f64 = told(false, &text).unwrap().trim().parse().unwrap();
            // No other double is nearer: sum = n * mean + error, all in whole numbers.
            let sum: i128 = numbers.iter().map(|&n| i128::from(n)).sum();
            let n = numbers.len() as i128;
            let distance = |mean: f64| {
                let scaled = (mean * 1024.0) as i128;
                (sum * 1024 - n * scaled).abs()
            };
            prop_assert!(distance(mean) <= distance(mean.next_up()).min(distance(mean.next_down())));
        }

        #[test]
        fn welford_as_two_passes(numbers in prop::collection::vec(-1000i32..1000, 2..50)) {
            let text: String = numbers.iter().map(|n| format!("{n}\n")).collect();
            let all = told(true, &text).unwrap();
            let sd: f64 = all.lines().last().unwrap()[3..].parse().unwrap();
            let n = numbers.len() as f64;
            let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            let squares: f64 = numbers.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
            prop_assert!((sd - (squares / (n - 1.0)).sqrt()).abs() < 1e-9 * (1.0 + sd));
        }
    }
}

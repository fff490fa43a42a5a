//! `mean`: the mean of numbers, and what else one pass can tell of them.
//!
//! All sums are exact: those of whole numbers in 128 bits, those of others and of
//! squares in as many as it takes ([`crate::exact`]). So nothing is rounded but
//! the answers, each to the nearest double of what the numbers, or the doubles
//! nearest to those with a fraction, have. The variance comes of the sum and of
//! the sum of the squares, without loss here. Cost: one pass, constant memory.

use crate::error::Error;
use crate::exact::{self, Natural, UNIT};
use crate::stream::{self, LONGEST_NUMBER, TOO_LONG};
use std::io::{Read, Write};

/// What is known of the numbers so far.
#[derive(Clone, Debug, Default)]
pub struct Mean {
    /// Whether to know more than the mean.
    all: bool,
    /// How many there were.
    n: u64,
    /// The sum of the whole ones.
    whole: i128,
    /// The sums of the others, in units of doubles: of those above and below zero.
    above: Natural,
    below: Natural,
    /// Whether there are others.
    has_others: bool,
    extremes: Option<(Number, Number)>,
    /// The sum of the squares of whole numbers: what 128 bits hold, and the rest.
    squares: u128,
    large_squares: Natural,
    /// The sum of the squares of the others, in squared units.
    other_squares: Natural,
}

/// A number as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Whole(i128),
    Other(f64),
}

impl Number {
    fn is_less(self, other: Number) -> bool {
        /// All whole numbers lie from minus this one to below it.
        const END: f64 = (1u128 << 127) as f64;
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a < b,
            (Number::Other(a), Number::Other(b)) => a < b,
            (Number::Whole(a), Number::Other(b)) => b >= END || a < b.ceil() as i128,
            (Number::Other(a), Number::Whole(b)) => a < -END || (a.floor() as i128) < b,
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
    pub fn read(&mut self, input: &mut dyn Read, terminator: u8) -> Result<(), Error> {
        let mut line = 0;
        stream::short_lines(input, terminator, LONGEST_NUMBER, |text| {
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
                if self.all {
                    self.square(number.unsigned_abs());
                }
            }
            Number::Other(number) => {
                // Sums that only grow: a carry seldom goes far.
                let sum = match number < 0.0 {
                    true => &mut self.below,
                    false => &mut self.above,
                };
                let (units, shift) = exact::units(number);
                sum.add(units.into(), shift);
                self.has_others = true;
                if self.all {
                    let square = u128::from(units) * u128::from(units);
                    self.other_squares.add(square, 2 * shift);
                }
            }
        }
        self.n += 1;
        if self.all {
            let (smallest, largest) = self.extremes.get_or_insert((number, number));
            if number.is_less(*smallest) {
                *smallest = number;
            }
            if largest.is_less(number) {
                *largest = number;
            }
        }
        Ok(())
    }

    /// Adds the square of a whole number.
    #[inline]
    fn square(&mut self, number: u128) {
        if number > u64::MAX.into() {
            return self.large_squares.add_square(number);
        }
        let (squares, is_over) = self.squares.overflowing_add(number * number);
        self.squares = squares;
        if is_over {
            self.large_squares.add(1, u128::BITS as usize);
        }
    }

    /// The sum of all, in units: its size, and whether it is below zero.
    fn sum(&self) -> (Natural, bool) {
        let (mut above, mut below) = (self.above.clone(), self.below.clone());
        let side = if self.whole < 0 {
            &mut below
        } else {
            &mut above
        };
        side.add(self.whole.unsigned_abs(), WHOLE);
        above.distance(&below)
    }

    /// The standard deviation of the sample.
    fn deviation(&self) -> f64 {
        let mut squares = self.other_squares.clone();
        squares.add(self.squares, 2 * WHOLE);
        squares.add_all(&self.large_squares, 2 * WHOLE);
        // The variance is (n * squares - sum * sum) / (n * (n - 1)).
        let (sum, _) = self.sum();
        let scaled = squares.times(&Natural::from(u128::from(self.n)));
        let (spread, _) = scaled.distance(&sum.times(&sum));
        spread.root_of_ratio(self.n, self.n - 1, 2 * UNIT)
    }

    /// Writes the mean; if all is to be told, a line each for the number of numbers, their
    /// sum, the smallest, the largest, the mean, and the standard deviation of
    /// the sample, which takes two numbers.
    pub fn write(&self, output: &mut dyn Write) -> Result<(), Error> {
        if self.n == 0 {
            return Err(Error::Data("no numbers, so no mean"));
        }
        let (sum, is_below) = self.sum();
        // There is no zero below zero.
        let signed = |size: f64| if is_below && size > 0.0 { -size } else { size };
        let mean = signed(sum.ratio(self.n, UNIT));
        let mut text = format!("{mean}\n");
        if let Some((smallest, largest)) = self.extremes {
            let sum = match self.has_others {
                false => Number::Whole(self.whole).shown(),
                true => told(signed(sum.ratio(1, UNIT)))?,
            };
            let deviation = match self.n {
                1 => "-".to_string(),
                _ => told(self.deviation())?,
            };
            text = format!(
                "n {}\nsum {sum}\nmin {}\nmax {}\nmean {mean}\nsd {deviation}\n",
                self.n,
                smallest.shown(),
                largest.shown(),
            );
        }
        output.write_all(text.as_bytes()).map_err(Error::Write)
    }
}

/// How many bits of a number in units are behind the point.
const WHOLE: usize = UNIT.unsigned_abs() as usize;

/// An answer, unless it is beyond all doubles, as a sum of them may be.
fn told(answer: f64) -> Result<String, Error> {
    match answer.is_finite() {
        true => Ok(answer.to_string()),
        false => Err(Error::Data("the sum or the deviation is too large")),
    }
}

/// Reads a number.
fn parse(line: &[u8]) -> Result<Number, &'static str> {
    if line.len() > LONGEST_NUMBER {
        return Err(TOO_LONG);
    }
    let text = line.trim_ascii();
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
    fn fractions_lose_nothing() {
        assert_eq!(told(false, &"0.1\n".repeat(10)).unwrap(), "0.1\n");
        assert_eq!(told(false, "1e100\n1.0\n-1e100\n1.0").unwrap(), "0.5\n");
        assert_eq!(told(false, " 1.5 \n\t2\n").unwrap(), "1.75\n");
        // A sum that no double holds has a mean all the same.
        assert_eq!(
            told(false, "1.5e308\n1.5e308").unwrap(),
            format!("{}\n", 1.5e308)
        );
        let sum = told(true, "1e308\n1e308").unwrap_err().to_string();
        assert_eq!(sum, "the sum or the deviation is too large");
        assert_eq!(
            told(true, "1.7e308\n-1.7e308").unwrap_err().to_string(),
            sum
        );
        assert_eq!(told(false, "-5e-324\n0\n-0.0").unwrap(), "0\n");
    }

    #[test]
    fn whole_numbers_and_fractions_meet_exactly() {
        assert_eq!(
            told(false, "100000000000000000001\n-1e20").unwrap(),
            "0.5\n"
        );
        assert_eq!(
            told(false, "-1e20\n100000000000000000001\n").unwrap(),
            "0.5\n"
        );
        assert_eq!(
            told(true, "9007199254740993\n9007199254740992.0\n").unwrap(),
            "n 2\nsum 18014398509481984\nmin 9007199254740992\nmax 9007199254740993\n\
             mean 9007199254740992\nsd 0.7071067811865476\n"
        );
    }

    #[test]
    fn deviations_far_from_zero_and_of_any_size() {
        let sd = |numbers: &[&str]| {
            let all = told(true, &numbers.join("\n")).unwrap();
            all.lines().last().unwrap().to_string()
        };
        let times = [
            "1763864400000000001",
            "1763864400000000101",
            "1763864400000000201",
        ];
        assert_eq!(sd(&times), "sd 100");
        let large = [
            "1000000000000000001",
            "1000000000000000002",
            "1000000000000000003",
        ];
        assert_eq!(sd(&large), "sd 1");
        assert_eq!(sd(&["5", "5", "5"]), "sd 0");
        assert_eq!(
            sd(&["1e200", "-1e200"]),
            format!("sd {}", 2f64.sqrt() * 1e200)
        );
        assert_eq!(
            sd(&["1e308", "-1e308"]),
            format!("sd {}", 2f64.sqrt() * 1e308)
        );
        assert_eq!(
            sd(&["5e-324", "-5e-324"]),
            format!("sd {}", f64::from_bits(1))
        );
        let max = i128::MAX.to_string();
        let sum = format!("sd {}", 2f64.powi(127) * 2f64.sqrt());
        assert_eq!(sd(&[&max, &format!("-{max}")]), sum);
    }

    #[test]
    fn no_number_is_that_long() {
        let zeros = |n: usize| "0".repeat(n);
        let long = format!("{}\n{}7\n", zeros(LONGEST_NUMBER), zeros(LONGEST_NUMBER));
        assert_eq!(error(&long), "line 2: too long for a number");
        assert_eq!(error(&" ".repeat(9 << 20)), "line 1: too long for a number");
        // It is not read to its end.
        let mut endless = b"1\n".chain(std::io::repeat(b'1'));
        let ended = Mean::new(false).read(&mut endless, b'\n').unwrap_err();
        assert_eq!(ended.to_string(), "line 2: too long for a number");
        // All the digits of the smallest double, and more.
        let smallest = format!("{:.1200}\n", f64::from_bits(1));
        assert_eq!(
            told(false, &smallest).unwrap(),
            format!("{}\n", f64::from_bits(1))
        );
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
        fn the_deviation_in_whole_numbers(
            start in -1i128 << 120..1i128 << 120,
            distances in prop::collection::vec(-1i64 << 40..1i64 << 40, 2..50),
            bits in 0..40,
            scale in -900..900i32,
        ) {
            let distances: Vec<i128> = distances.iter().map(|d| i128::from(d >> bits)).collect();
            let n = distances.len() as i128;
            let sum: i128 = distances.iter().sum();
            let squares: i128 = distances.iter().map(|d| d * d).sum();
            let exact = ((n * squares - sum * sum) as f64 / (n * (n - 1)) as f64).sqrt();
            let sd = |text: String| {
                let all = told(true, &text).unwrap();
                all.lines().last().unwrap()[3..].parse::<f64>().unwrap()
            };
            // Far from zero, where a square takes 240 bits.
            let whole = sd(distances.iter().map(|d| format!("{}\n", start + d)).collect());
            prop_assert!((whole - exact).abs() <= 1e-15 * exact, "{whole} {exact}");
            // And the same as doubles of any size.
            let scale = 2f64.powi(scale);
            let others = sd(distances.iter().map(|&d| format!("{:e}\n", d as f64 * scale)).collect());
            prop_assert!((others / scale - exact).abs() <= 1e-15 * exact, "{others} {exact}");
        }

        #[test]
        fn the_smallest_and_the_largest_of_both_kinds(a: i64, digits in 0..4i64, b in -1e20..1e20) {
            // As doubles, some of these would be equal.
            let double = a.saturating_sub(digits) as f64;
            let (whole, near) = (Number::Whole(a.into()), Number::Other(double));
            let (a, exact) = (i128::from(a), double as i128);
            prop_assert_eq!(near.is_less(whole), exact < a);
            prop_assert_eq!(whole.is_less(near), a < exact);
            let other = Number::Other(b);
            let floor = b.floor() as i128;
            prop_assert_eq!(other.is_less(whole), floor < a);
            prop_assert_eq!(whole.is_less(other), a < b.ceil() as i128);
        }
    }
}

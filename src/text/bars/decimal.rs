//! Counts: whole numbers and decimals, without a sign.

use std::str::FromStr;

/// The most digits of a count, before and after the point. All counts of a chart together are
/// in units of their last decimal place, of at most this number of digits, which 127 bits
/// can represent.
const MOST: u32 = 38;

const NO_COUNT: &str = "no count before the line";
const NEGATIVE: &str = "negative count";
const TOO_LONG: &str = "the counts so far need more than 38 digits";

/// A count: a number of units of a decimal place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    units: u128,
    places: u32,
}

impl Decimal {
    /// Parses digits with at most one point among them, as `7`, `0.50` or `.5`. The error is a
    /// short description.
    pub(super) fn parse(text: &[u8]) -> Result<Decimal, &'static str> {
        let mut decimal = Decimal {
            units: 0,
            places: 0,
        };
        let mut point = None;
        for (i, &byte) in text.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                let units = decimal.units.checked_mul(10);
                let units = units.and_then(|units| units.checked_add(digit.into()));
                decimal.units = units.ok_or(TOO_LONG)?;
            } else if byte == b'.' && point.is_none() {
                point = Some(i);
            } else {
                return Err(cause(text));
            }
        }
        let digits = text.len() - usize::from(point.is_some());
        if digits == 0 {
            return Err(NO_COUNT);
        }
        let places = point.map_or(0, |point| digits - point);
        decimal.places = u32::try_from(places).map_err(|_| TOO_LONG)?;
        Digits::default().and(decimal).map(|_| decimal)
    }

    /// The number of units of the last of `places` decimal places: those of the [`Digits`] of this
    /// count and others.
    pub(super) fn scaled(self, places: u32) -> u128 {
        self.units * 10u128.pow(places - self.places)
    }
}

/// What is wrong with a text that is not a count.
fn cause(text: &[u8]) -> &'static str {
    let digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    match text {
        [b'-', number @ ..] if !number.is_empty() && number.iter().all(digit) => NEGATIVE,
        _ => NO_COUNT,
    }
}

impl FromStr for Decimal {
    type Err = String;

    /// Parses a number that is larger than 0.
    fn from_str(text: &str) -> Result<Decimal, Self::Err> {
        match Decimal::parse(text.as_bytes()) {
            Ok(decimal) if decimal.units > 0 => Ok(decimal),
            _ => Err(format!(
                "invalid number '{text}' (use a number larger than 0, of at most {MOST} digits)"
            )),
        }
    }
}

/// The digits before and after the point that represent each of several counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Digits {
    before: u32,
    after: u32,
}

impl Digits {
    /// The digits for one count more; an error if they are too many.
    pub fn and(self, count: Decimal) -> Result<Digits, &'static str> {
        let digits = count.units.checked_ilog10().map_or(0, |log| log + 1);
        let digits = Digits {
            before: self.before.max(digits.saturating_sub(count.places)),
            after: self.after.max(count.places),
        };
        match digits.before.saturating_add(digits.after) <= MOST {
            true => Ok(digits),
            false => Err(TOO_LONG),
        }
    }

    /// The digits after the point.
    pub fn places(self) -> u32 {
        self.after
    }
}

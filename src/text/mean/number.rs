//! A number of the input, and its key, whose bytes are in the order of the numbers.

use crate::common::stream::{LONGEST_NUMBER, TOO_LONG};

/// A number of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number, with all its digits.
    Whole(i128),
    /// Any other: the nearest double.
    Decimal(f64),
}

/// From this size on, not every whole number is a double.
pub const LARGE: u64 = 1 << f64::MANTISSA_DIGITS;

const NO_NUMBER: &str = "not a number";
const TOO_LARGE: &str = "the number is too large";

impl Number {
    /// Whether it is less than another one, of any kind.
    pub fn is_less(self, other: Number) -> bool {
        /// All whole numbers are at least minus this one, and less than it.
        const END: f64 = (1u128 << 127) as f64;
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a < b,
            (Number::Decimal(a), Number::Decimal(b)) => a < b,
            (Number::Whole(a), Number::Decimal(b)) => b >= END || a < b.ceil() as i128,
            (Number::Decimal(a), Number::Whole(b)) => a < -END || (a.floor() as i128) < b,
        }
    }

    /// Parses a number; blanks around it are ignored.
    pub fn parse(line: &[u8]) -> Result<Number, &'static str> {
        match small(line) {
            Some(number) => Ok(Number::Whole(number.into())),
            None => Number::parse_other(line),
        }
    }

    /// Parses a number that [`small`] does not parse.
    #[inline(always)]
    pub fn parse_other(line: &[u8]) -> Result<Number, &'static str> {
        if line.len() > LONGEST_NUMBER {
            return Err(TOO_LONG);
        }
        let text = line.trim_ascii();
        let small = (text.len() < line.len()).then(|| small(text)).flatten();
        match small {
            Some(number) => Ok(Number::Whole(number.into())),
            None => Number::of_any_size(text),
        }
    }

    #[inline(always)]
    fn of_any_size(text: &[u8]) -> Result<Number, &'static str> {
        let digits = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        if !text.iter().all(digits) {
            // Infinity and NaN have no mean.
            return Err(NO_NUMBER);
        }
        let text = std::str::from_utf8(text).map_err(|_| NO_NUMBER)?;
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() {
            return text.parse().map(Number::Whole).map_err(|_| TOO_LARGE);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Number::Decimal(number)),
            Ok(_) => Err(TOO_LARGE),
            Err(_) => Err(NO_NUMBER),
        }
    }
}

/// Parses a number of at most 18 digits and nothing else. Most numbers are like this.
#[inline(always)]
pub fn small(text: &[u8]) -> Option<u64> {
    const DIGITS: usize = 18;
    if text.is_empty() || text.len() > DIGITS {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| number * 10 + u64::from(digit))
    })
}

// A key is the nearest double, and for large numbers the difference between the number and that
// double. If the bits of negative doubles are inverted, the bits are in the order of the doubles.
// Each byte has seven bits, and its highest bit is set, so none is a newline or a digit.

/// The number of bytes of a double.
const DOUBLE: usize = 10;
/// The number of bytes of the difference between a whole number and the nearest double. It is
/// at most half of the distance between two doubles, 2^73.
const REST: usize = 11;
/// This is added to the difference, so that it is not negative.
const BIAS: i128 = 1 << 76;

/// Appends the key of a number.
pub fn put_key(number: Number, keys: &mut Vec<u8>) {
    let (near, rest) = match number {
        // There is one zero.
        Number::Decimal(number) => (number + 0.0, 0),
        Number::Whole(number) => {
            let near = number as f64;
            (near, number.wrapping_sub(whole(near)))
        }
    };
    let bits = near.to_bits();
    let ordered = match near.is_sign_negative() {
        true => !bits,
        false => bits | 1 << 63,
    };
    put_bits::<DOUBLE>(ordered.into(), keys);
    if near.abs() >= LARGE as f64 {
        put_bits::<REST>((rest + BIAS) as u128, keys);
    }
}

/// A number that is equal to the number of the key; `None` if the key is invalid.
pub fn of_key(key: &[u8]) -> Option<Number> {
    let (double, rest) = key.split_first_chunk::<DOUBLE>()?;
    let ordered = bits(double) as u64;
    let near = f64::from_bits(match ordered >> 63 {
        0 => !ordered,
        _ => ordered ^ 1 << 63,
    });
    let rest = match rest.len() {
        0 => 0,
        REST => bits(rest) as i128 - BIAS,
        _ => return None,
    };
    Some(match rest {
        0 => Number::Decimal(near),
        rest => Number::Whole(whole(near).wrapping_add(rest)),
    })
}

/// A whole double, modulo 2^128, because 2^127 is too large.
fn whole(near: f64) -> i128 {
    match near >= (1u128 << 127) as f64 {
        true => i128::MIN,
        false => near as i128,
    }
}

fn put_bits<const N: usize>(bits: u128, keys: &mut Vec<u8>) {
    let key: [u8; N] = std::array::from_fn(|i| 0x80 | (bits >> (7 * (N - 1 - i))) as u8);
    keys.extend_from_slice(&key);
}

fn bits(key: &[u8]) -> u128 {
    let next = |bits, byte: &u8| bits << 7 | u128::from(byte & 0x7F);
    key.iter().fold(0, next)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of both kinds and of all sizes, also close to each other.
    pub fn number() -> impl Strategy<Value = Number> {
        let near = (any::<i128>(), 0..127u32, -3..4i128)
            .prop_map(|(number, bits, more)| (number >> bits).saturating_add(more));
        let double = any::<u64>().prop_map(f64::from_bits);
        prop_oneof![
            near.clone().prop_map(Number::Whole),
            near.prop_map(|number| Number::Decimal(number as f64)),
            (-99..99i128).prop_map(Number::Whole),
            (-99..99i32).prop_map(|tenths| Number::Decimal(f64::from(tenths) / 10.0)),
            double
                .prop_filter("finite", |number| number.is_finite())
                .prop_map(Number::Decimal),
            prop::sample::select(vec![
                Number::Whole(i128::MIN),
                Number::Whole(i128::MAX),
                Number::Whole(i128::from(LARGE)),
                Number::Whole(i128::from(LARGE) + 1),
                Number::Whole(-i128::from(LARGE) - 1),
                Number::Decimal(-0.0),
                Number::Decimal(f64::MAX),
                Number::Decimal(5e-324),
                Number::Decimal((1u128 << 127) as f64),
                Number::Decimal(-((1u128 << 127) as f64)),
            ]),
        ]
    }

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_their_numbers(a in number(), b in number()) {
            let key = |number| {
                let mut key = Vec::new();
                put_key(number, &mut key);
                key
            };
            let order = match (a.is_less(b), b.is_less(a)) {
                (true, _) => std::cmp::Ordering::Less,
                (_, true) => std::cmp::Ordering::Greater,
                _ => std::cmp::Ordering::Equal,
            };
            prop_assert_eq!(key(a).cmp(&key(b)), order);
            let again = of_key(&key(a)).unwrap();
            prop_assert!(!a.is_less(again) && !again.is_less(a), "{:?}", again);
            prop_assert!(key(a).iter().all(|&byte| byte >= 0x80));
        }

        #[test]
        fn the_order_of_both_kinds(a: i64, digits in 0..4i64, b in -1e20..1e20) {
            // As doubles, some of these would be equal.
            let double = a.saturating_sub(digits) as f64;
            let (whole, near) = (Number::Whole(a.into()), Number::Decimal(double));
            let (a, exact) = (i128::from(a), double as i128);
            prop_assert_eq!(near.is_less(whole), exact < a);
            prop_assert_eq!(whole.is_less(near), a < exact);
            let other = Number::Decimal(b);
            let floor = b.floor() as i128;
            prop_assert_eq!(other.is_less(whole), floor < a);
            prop_assert_eq!(whole.is_less(other), a < b.ceil() as i128);
        }
    }
}

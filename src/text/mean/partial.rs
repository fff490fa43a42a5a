//! A partial result as a line: `mean --partial` writes it, and `mean --merge` adds it up.
//!
//! ```text
//! mean-partial 1 n=3 sum=0x7p+0 squares=0x19p+0 min=1 max=3 decimals=0 large=0 xxh3=…
//! ```
//!
//! Single blanks separate the fields. All fields are present, in this order. The 1 is the version
//! of the format.
//!
//! - `n`: the number of numbers, up to 2^64 - 1.
//! - `sum`, `squares`: the sums of the numbers and of their squares, exactly: a hexadecimal whole
//!   number times two to the power after the `p`, as C's `%a` writes it.
//! - `min`, `max`: the smallest and the largest number; a whole number in decimal digits, any other
//!   as above; `-` if there are no numbers.
//! - `decimals`: 1 if there are numbers with a point or an exponent, else 0.
//! - `large`: 1 if there are whole numbers of 2^53 or more in size, else 0.
//! - `xxh3`: the 128 bits of XXH3 of all bytes before ` xxh3=`, in hexadecimal digits, as
//!   `xxhsum -H128` prints them.

use super::number::Number;
use super::sums::Sums;
use crate::text::exact::{Natural, UNIT, units};
use std::fmt::Write;
use twox_hash::XxHash3_128;

const NAME: &str = "mean-partial";
const VERSION: &str = "1";
const HASH: &str = " xxh3=";

const NO_PARTIAL: &str = "not a partial result, as mean --partial writes it";
const OTHER_VERSION: &str = "a partial result of another version (expected version 1)";
const DAMAGED: &str = "a damaged partial result: its checksum does not match";
const MALFORMED: &str = "a malformed partial result";

/// The largest number of bits of a sum of 2^64 numbers, in units, and of a sum of their squares, in
/// squared units.
const SUM_BITS: usize = 2176;
const SQUARES_BITS: usize = 4352;

/// The line, without its terminator.
pub fn written(sums: &Sums) -> String {
    let (sum, is_below) = sums.sum();
    let sign = if is_below { "-" } else { "" };
    let (min, max) = match sums.extremes() {
        Some((min, max)) => (extreme(min), extreme(max)),
        None => ("-".to_string(), "-".to_string()),
    };
    let mut line = format!(
        "{NAME} {VERSION} n={} sum={sign}{} squares={} min={min} max={max} decimals={} large={}",
        sums.n,
        hexadecimal(&sum, UNIT),
        hexadecimal(&sums.sum_of_squares(), 2 * UNIT),
        u8::from(sums.has_decimals),
        u8::from(sums.has_large()),
    );
    let hash = XxHash3_128::oneshot(line.as_bytes());
    write!(line, "{HASH}{hash:032x}").expect("a string takes all");
    line
}

/// A natural number of units, as an odd number and a power of two.
fn hexadecimal(number: &Natural, unit: i32) -> String {
    let (odd, bits) = number.odd();
    match odd.hexadecimal().as_str() {
        "0" => "0x0p+0".to_string(),
        digits => format!("0x{digits}p{:+}", unit + bits as i32),
    }
}

fn extreme(number: Number) -> String {
    match number {
        Number::Whole(number) => number.to_string(),
        Number::Decimal(number) => {
            let (units, shift) = units(number);
            let mut size = Natural::default();
            size.add(units.into(), shift);
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}{}", hexadecimal(&size, UNIT))
        }
    }
}

/// Parses such a line.
pub fn read(line: &[u8]) -> Result<Sums, &'static str> {
    let text = std::str::from_utf8(line).map_err(|_| NO_PARTIAL)?;
    let fields = text
        .strip_prefix(NAME)
        .and_then(|text| text.strip_prefix(' '));
    let fields = fields.ok_or(NO_PARTIAL)?;
    let (version, _) = fields.split_once(' ').ok_or(DAMAGED)?;
    if version != VERSION {
        return Err(OTHER_VERSION);
    }
    let (body, hash) = text.rsplit_once(HASH).ok_or(DAMAGED)?;
    if hash != format!("{:032x}", XxHash3_128::oneshot(body.as_bytes())) {
        return Err(DAMAGED);
    }
    let sums = fields_of(body).ok_or(MALFORMED)?;
    is_possible(&sums).then_some(sums).ok_or(MALFORMED)
}

fn fields_of(body: &str) -> Option<Sums> {
    let mut fields = body.split(' ').skip(2);
    let mut field = |name: &str| {
        let field = fields.next()?.strip_prefix(name)?;
        field.strip_prefix('=')
    };
    let n = digits(field("n")?)?.parse().ok()?;
    let sum = field("sum")?;
    let (sign, size) = signed(sum);
    let sum = (natural(size, UNIT, SUM_BITS)?, sign);
    let squares = natural(field("squares")?, 2 * UNIT, SQUARES_BITS)?;
    let extremes = match (field("min")?, field("max")?) {
        ("-", "-") => None,
        (min, max) => Some((number(min)?, number(max)?)),
    };
    let mut flag = |name| match field(name)? {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    let flags = (flag("decimals")?, flag("large")?);
    fields
        .next()
        .is_none()
        .then(|| Sums::restored(n, sum, squares, extremes, flags))
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text),
    }
}

fn digits(text: &str) -> Option<&str> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then_some(text)
}

/// A natural number of units, of at most `bits` bits.
fn natural(text: &str, unit: i32, bits: usize) -> Option<Natural> {
    let (hexadecimal, exponent) = text.strip_prefix("0x")?.split_once('p')?;
    let sign: i32 = match exponent.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let exponent: i32 = digits(&exponent[1..])?.parse().ok()?;
    let shift = usize::try_from(exponent.checked_mul(sign)?.checked_sub(unit)?).ok()?;
    if hexadecimal.is_empty() || hexadecimal.len() > bits / 4 || shift > bits {
        return None;
    }
    let mut number = Natural::default();
    for (i, digit) in hexadecimal.chars().rev().enumerate() {
        number.add(digit.to_digit(16)?.into(), shift + 4 * i);
    }
    Some(number)
}

/// A number of either kind.
fn number(text: &str) -> Option<Number> {
    let (is_below, size) = signed(text);
    if !size.starts_with("0x") {
        digits(size)?;
        return text.parse().ok().map(Number::Whole);
    }
    let size = natural(size, UNIT, SUM_BITS)?;
    let near = size.ratio(1, UNIT);
    let number = if is_below { -near } else { near };
    // It must be exactly a double.
    let is_double = near.is_finite() && extreme(Number::Decimal(near)) == hexadecimal(&size, UNIT);
    is_double.then_some(Number::Decimal(number))
}

/// Whether such sums are possible for any numbers.
fn is_possible(sums: &Sums) -> bool {
    match (sums.n, sums.extremes()) {
        (0, None) => {
            let (sum, _) = sums.sum();
            sum.is_zero() && sums.sum_of_squares().is_zero()
        }
        (0, Some(_)) | (_, None) => false,
        (_, Some((min, max))) => !max.is_less(min) && sums.spread().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::number::tests::number as any_number;
    use super::*;
    use proptest::prelude::*;

    fn sums(numbers: &[(Number, u64)]) -> Sums {
        let mut sums = Sums::new(true);
        for &(number, times) in numbers {
            sums.add(number, times).unwrap();
        }
        sums
    }

    /// A changed line with a matching checksum.
    fn signed_again(line: &str) -> String {
        let (body, _) = line.rsplit_once(HASH).unwrap();
        format!("{body}{HASH}{:032x}", XxHash3_128::oneshot(body.as_bytes()))
    }

    #[test]
    fn the_documented_format() {
        let numbers = [1, 3, 3].map(|number| (Number::Whole(number), 1));
        assert_eq!(
            written(&sums(&numbers)).rsplit_once(HASH).unwrap().0,
            "mean-partial 1 n=3 sum=0x7p+0 squares=0x13p+0 min=1 max=3 decimals=0 large=0"
        );
        let numbers = [
            (Number::Decimal(-0.5), 2),
            (Number::Whole(1 << 60), 1),
            (Number::Decimal(-0.0), 1),
        ];
        assert_eq!(
            written(&sums(&numbers)).rsplit_once(HASH).unwrap().0,
            "mean-partial 1 n=4 sum=0xfffffffffffffffp+0 squares=0x2000000000000000000000000000001p-1 \
             min=-0x1p-1 max=1152921504606846976 decimals=1 large=1"
        );
        assert_eq!(
            written(&sums(&[])).rsplit_once(HASH).unwrap().0,
            "mean-partial 1 n=0 sum=0x0p+0 squares=0x0p+0 min=- max=- decimals=0 large=0"
        );
    }

    #[test]
    fn impossible_sums_are_refused() {
        let line = written(&sums(&[(Number::Whole(7), 2), (Number::Decimal(0.5), 1)]));
        assert!(read(signed_again(&line).as_bytes()).is_ok());
        for (from, to) in [
            ("n=3", "n=0"),
            ("n=3", "n=-3"),
            ("n=3", "n=18446744073709551616"),
            ("n=3", "m=3"),
            ("min=0x1p-1", "min=8"),
            ("min=0x1p-1", "min=-"),
            ("min=0x1p-1", "min=0x1p-1075"),
            ("min=0x1p-1", "min=0x1p+1024"),
            ("min=0x1p-1", "min=0x20000000000001p+0"),
            ("min=0x1p-1", "min=x"),
            ("max=7", "max=170141183460469231731687303715884105728"),
            ("sum=0x1dp-1", "sum=0xffffp-1"),
            ("sum=0x1dp-1", "sum=0x1dp+999999999"),
            ("sum=0x1dp-1", "sum=0x1dp-99999999999"),
            ("sum=0x1dp-1", "sum=0x1dp1"),
            ("sum=0x1dp-1", "sum=0x+1dp+1"),
            ("sum=0x1dp-1", "sum=0xp-1"),
            ("squares", "sqares"),
            ("decimals=1", "decimals=2"),
            ("large=0", "large=0 more=1"),
            (" large=0", ""),
        ] {
            assert!(line.contains(from), "{from}: {line}");
            let line = signed_again(&line.replace(from, to));
            assert_eq!(read(line.as_bytes()).unwrap_err(), MALFORMED, "{to}");
        }
        let error = |line: &str| read(line.as_bytes()).unwrap_err();
        assert_eq!(
            error(&line.replace("partial 1", "partial 2")),
            OTHER_VERSION
        );
        for other in ["", "7", "mean-partial", "3 mean-partial 1"] {
            assert_eq!(error(other), NO_PARTIAL, "{other}");
        }
        assert_eq!(error("mean-partial 1"), DAMAGED);
        assert_eq!(error("mean-partial 1 n=1"), DAMAGED);
    }

    proptest! {
        #[test]
        fn a_written_line_is_read_back(numbers in prop::collection::vec((any_number(), any::<u32>()), 0..20), extreme: bool) {
            let mut numbers: Vec<_> = numbers.into_iter().map(|(number, times)| (number, u64::from(times))).collect();
            if extreme {
                numbers = vec![(Number::Decimal(f64::MAX), u64::MAX - 1), (Number::Decimal(5e-324), 1)];
            }
            let sums = sums(&numbers);
            let line = written(&sums);
            prop_assert!(line.len() <= crate::common::stream::LONGEST_NUMBER);
            prop_assert_eq!(written(&read(line.as_bytes()).unwrap()), line);
        }

        #[test]
        fn any_damage_is_found(
            numbers in prop::collection::vec((any_number(), 1..9u64), 0..9),
            at in any::<prop::sample::Index>(),
            byte: u8,
            cut: bool,
        ) {
            let line = written(&sums(&numbers)).into_bytes();
            let at = at.index(line.len());
            let mut damaged = line.clone();
            match cut {
                true => damaged.truncate(at),
                false => damaged[at] = byte,
            }
            prop_assert_eq!(read(&damaged).is_ok(), damaged == line);
        }
    }
}

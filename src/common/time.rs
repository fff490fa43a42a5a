//! Durations on the command line: `500ms`, `3s`, `2m`, `1h`, `1d`, `1w`, `1h30m`; a bare number is seconds.

use std::time::Duration;

/// The longest duration, in seconds: a leap year. All clocks can add it.
const LONGEST: f64 = 366.0 * 24.0 * 3600.0;

/// The units and their seconds, the longest first.
const UNITS: [(&str, f64); 6] = [
    ("w", 7.0 * 24.0 * 3600.0),
    ("d", 24.0 * 3600.0),
    ("h", 3600.0),
    ("m", 60.0),
    ("s", 1.0),
    ("ms", 0.001),
];

/// Reads a duration: a decimal number and a unit, `ms`, `s`, `m`, `h`, `d` or `w`;
/// without a unit it is seconds. Several of them, the longest unit first, add up:
/// `1h30m`; then only the last number may have a fraction. Zero is an error.
pub fn parse(text: &str) -> Result<Duration, String> {
    match pause(text)? {
        Duration::ZERO => Err(invalid(text, "it must be longer than 0")),
        time => Ok(time),
    }
}

/// Reads a duration that may be zero, such as a pause; else like [`parse`].
pub fn pause(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text).ok_or_else(|| invalid(text, "use ms, s, m, h, d or w"))?;
    if seconds > LONGEST {
        return Err(invalid(text, "at most 366d"));
    }
    // Whole milliseconds: the resolution of the kernel's timers and of messages.
    Ok(Duration::from_millis((seconds * 1000.0).round() as u64))
}

fn invalid(text: &str, cause: &str) -> String {
    format!("invalid duration '{text}' ({cause})")
}

/// The seconds of a duration; `None` if it is not one.
fn seconds(text: &str) -> Option<f64> {
    if !text.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return number(text);
    }
    let (mut rest, mut units, mut sum) = (text, &UNITS[..], 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (digits, unit) = rest.split_at(digits);
        let end = unit.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, later) = unit.split_at(end.unwrap_or(unit.len()));
        let at = units.iter().position(|(name, _)| *name == unit)?;
        if digits.contains('.') && !later.is_empty() {
            return None;
        }
        sum += number(digits)? * units[at].1;
        (rest, units) = (later, &units[at + 1..]);
    }
    Some(sum)
}

/// A plain decimal number. Rust reads signs, exponents and names such as `inf` as well.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    text.parse().ok().filter(|_| plain)
}

/// Writes a time as [`parse`] reads it, in the largest unit that has no fraction.
pub fn shown(time: Duration) -> String {
    let ms = time.as_millis();
    if ms == 0 {
        "0s".to_string()
    } else if !ms.is_multiple_of(1000) {
        format!("{ms}ms")
    } else if !ms.is_multiple_of(60_000) {
        format!("{}s", ms / 1000)
    } else if !ms.is_multiple_of(3_600_000) {
        format!("{}m", ms / 60_000)
    } else {
        format!("{}h", ms / 3_600_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units() {
        for (text, ms) in [
            ("500ms", 500),
            ("3s", 3000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("7", 7000),
            ("0.5", 500),
            (".5", 500),
            ("1.5m", 90_000),
            ("2d", 172_800_000),
            ("1w", 604_800_000),
            ("1h30m", 5_400_000),
            ("1w2d3h4m5s6ms", 788_645_006),
            ("1m1.5s", 61_500),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for bad in [
            "", "s", ".", "-1", "+1", "1e3", "1 s", "inf", "nan", "0", "0.0001s", "1y", "9999h",
            "1.2.3", "3S", "1x", "30m1h", "1h1h", "1h30", "1.5h30m", "1h 30m", "h30m", "1h-1m",
            "52w3d",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(error.starts_with(&format!("invalid duration '{bad}' (")));
        }
        // case web-28
        assert_eq!(pause("0"), Ok(Duration::ZERO));
        assert_eq!(pause("0ms"), Ok(Duration::ZERO));
        assert!(pause("").is_err() && pause("-0").is_err());
        assert_eq!(shown(Duration::ZERO), "0s");
    }

    proptest! {
        #[test]
        fn compound_times_add_up(parts in proptest::array::uniform6(0..8u64)) {
            let units = ["w", "d", "h", "m", "s", "ms"];
            let pairs = || parts.iter().zip(units).filter(|(n, _)| **n > 0);
            let text: String = pairs().map(|(n, unit)| format!("{n}{unit}")).collect();
            let sum = pairs().map(|(n, unit)| parse(&format!("{n}{unit}")).unwrap()).sum();
            if !text.is_empty() {
                prop_assert_eq!(parse(&text), Ok(sum));
            }
        }

        #[test]
        fn what_is_shown_is_read_back(ms in 1..31_000_000_000u64) {
            let time = Duration::from_millis(ms);
            prop_assert_eq!(parse(&shown(time)), Ok(time));
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn numbers_with_units(n in 1..50u64, unit in 0..7usize) {
            let (hour, day) = (3_600_000, 86_400_000);
            let units = [("ms", 1), ("s", 1000), ("", 1000), ("m", 60_000), ("h", hour), ("d", day), ("w", 7 * day)];
            let (unit, ms) = units[unit];
            prop_assert_eq!(parse(&format!("{n}{unit}")), Ok(Duration::from_millis(n * ms)));
        }
    }
}

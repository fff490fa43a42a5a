//! Times on the command line: `500ms`, `3s`, `2m`, `1h`, `1d`, `1w`; a bare number is seconds.

use std::time::Duration;

/// Longer than anybody waits, shorter than any clock's range: a year, in seconds.
const LONGEST: f64 = 366.0 * 24.0 * 3600.0;

/// Reads a time: a decimal number and a unit, `ms`, `s`, `m`, `h`, `d` or `w`;
/// without a unit it is seconds. Zero is refused, as it would never wait.
pub fn parse(text: &str) -> Result<Duration, String> {
    match pause(text)? {
        Duration::ZERO => Err("too short a time".to_string()),
        time => Ok(time),
    }
}

/// Reads the time of a pause: like [`parse`], and zero is no pause.
pub fn pause(text: &str) -> Result<Duration, String> {
    let end = text
        .trim_end_matches(|c: char| c.is_ascii_alphabetic())
        .len();
    let (number, unit) = text.split_at(end);
    let unit = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 24.0 * 3600.0,
        "w" => 7.0 * 24.0 * 3600.0,
        _ => {
            return Err(format!(
                "invalid unit of time '{unit}' (use ms, s, m, h, d or w)"
            ));
        }
    };
    // f64 reads signs, exponents and names as well, which are no times.
    let plain = number.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    let number: f64 = match number.parse() {
        Ok(number) if plain => number,
        _ => return Err("invalid time (use a number and ms, s, m, h, d or w)".to_string()),
    };
    let seconds = number * unit;
    if seconds > LONGEST {
        return Err("longer than a year".to_string());
    }
    // Whole milliseconds: what the kernel's timers and a message can tell apart.
    Ok(Duration::from_millis((seconds * 1000.0).round() as u64))
}

/// Writes a time as [`parse`] reads it, in the largest unit that has no fraction.
pub fn shown(time: Duration) -> String {
    let ms = time.as_millis();
    if !ms.is_multiple_of(1000) {
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
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for bad in [
            "", "s", ".", "-1", "+1", "1e3", "1 s", "inf", "nan", "0", "0.0001s", "1y", "9999h",
            "1.2.3", "3S",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        // case web-28
        assert_eq!(pause("0"), Ok(Duration::ZERO));
        assert_eq!(pause("0ms"), Ok(Duration::ZERO));
        assert!(pause("").is_err() && pause("-0").is_err());
    }

    proptest! {
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

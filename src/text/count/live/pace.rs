//! When pages are written, and what they show.

use crate::common::time;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

/// The distance between two pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// A number of lines.
    Lines(NonZeroU64),
    /// A time.
    Time(Duration),
}

impl FromStr for Interval {
    type Err = String;

    /// Parses a number of lines, as in `10000`, or a time with a unit, as in `2s` or `1m30s`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.ends_with(|c: char| c.is_ascii_alphabetic()) {
            return time::parse(text).map(Interval::Time);
        }
        let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
        let lines = text.parse().ok().filter(|_| is_whole);
        lines.map(Interval::Lines).ok_or_else(|| {
            format!("invalid interval '{text}' (use a time such as 2s, or a number of lines)")
        })
    }
}

/// How often a page is written, and which lines it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub(super) every: Interval,
    /// The number of intervals in the window; none if a page shows all lines.
    pub(super) window: Option<u64>,
}

impl Pace {
    /// A page after each interval, of all lines, or only of those of the last `window`, which is a
    /// multiple of the interval. The error is a short description.
    pub fn new(every: Interval, window: Option<Interval>) -> Result<Self, &'static str> {
        let Some(window) = window else {
            return Ok(Pace {
                every,
                window: None,
            });
        };
        let (interval, window) = match (every, window) {
            (Interval::Lines(every), Interval::Lines(window)) => {
                (every.get().into(), window.get().into())
            }
            (Interval::Time(every), Interval::Time(window)) => {
                (every.as_nanos(), window.as_nanos())
            }
            _ => return Err("--window needs the unit of --every: both times, or both lines"),
        };
        match window.checked_rem(interval) {
            Some(0) if window > 0 => {
                let slots = u64::try_from(window / interval).unwrap_or(u64::MAX);
                Ok(Pace {
                    every,
                    window: Some(slots),
                })
            }
            _ => Err("--window must be a multiple of --every"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(n: u64) -> Interval {
        Interval::Lines(NonZeroU64::new(n).unwrap())
    }

    fn time(ms: u64) -> Interval {
        Interval::Time(Duration::from_millis(ms))
    }

    #[test]
    fn a_time_has_a_unit_and_lines_have_none() {
        for (text, interval) in [
            ("1", lines(1)),
            ("10000", lines(10_000)),
            ("2s", time(2000)),
            ("500ms", time(500)),
            ("1m30s", time(90_000)),
            ("0.5s", time(500)),
        ] {
            assert_eq!(text.parse(), Ok(interval), "{text}");
        }
        for wrong in [
            "",
            "0",
            "+1",
            "-1",
            "1.5",
            "1e3",
            "99999999999999999999",
            "1 ",
        ] {
            let error = wrong.parse::<Interval>().unwrap_err();
            assert!(error.starts_with(&format!("invalid interval '{wrong}' (")));
        }
        for wrong in ["0s", "s", "1x", "999d"] {
            let error = wrong.parse::<Interval>().unwrap_err();
            assert!(error.starts_with(&format!("invalid duration '{wrong}' (")));
        }
    }

    #[test]
    fn a_window_is_some_intervals() {
        let window = |every, window| Pace::new(every, Some(window)).map(|pace| pace.window);
        assert_eq!(window(lines(10), lines(30)), Ok(Some(3)));
        assert_eq!(window(time(500), time(60_000)), Ok(Some(120)));
        assert_eq!(window(time(500), time(500)), Ok(Some(1)));
        let multiple = Err("--window must be a multiple of --every");
        assert_eq!(window(lines(10), lines(15)), multiple);
        assert_eq!(window(time(2000), time(1000)), multiple);
        assert_eq!(window(time(0), time(1000)), multiple);
        assert_eq!(window(time(1000), time(0)), multiple);
        assert!(window(time(1000), lines(1000)).is_err());
        assert!(window(lines(1000), time(1000)).is_err());
        assert_eq!(Pace::new(lines(1), None).unwrap().window, None);
    }
}

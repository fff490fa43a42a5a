//! How long to wait before asking again.
//!
//! The waits double, from [`Options::retry_delay`](super::Options) on, each of
//! them shortened at random by up to a half, so that many clients whose server
//! fell do not come back all at once. If the server says when (`Retry-After`),
//! it is not before then. No wait is longer than [`LONGEST`].

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, SystemTime};
use ureq::http::header::{HeaderMap, RETRY_AFTER};

/// No wait is longer, whatever the server asks for.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// The wait before try number `n`, the first of them being 1, counted from
/// `first`; `asked` is what the server asked for.
pub(super) fn delay(first: Duration, n: u32, asked: Option<Duration>) -> Duration {
    let full = first.saturating_mul(2u32.saturating_pow(n.saturating_sub(1)));
    let full = full.min(LONGEST);
    let delay = full.mul_f64(0.5 + random() / 2.0);
    delay.max(asked.unwrap_or_default()).min(LONGEST)
}

/// A number from 0 to 1: the standard library seeds its hash maps well.
fn random() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

/// How long the server wants to be left alone.
pub(super) fn after(headers: &HeaderMap) -> Option<Duration> {
    parse_after(headers.get(RETRY_AFTER)?.to_str().ok()?, SystemTime::now())
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): a number of seconds, or a date. A
/// date in the past is no wait.
fn parse_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
        // More seconds than fit are more than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seconds_and_dates() {
        let now = httpdate::parse_http_date("Sun, 22 Nov 2026 08:00:00 GMT").unwrap();
        let seconds = |text: &str| parse_after(text, now).map(|time| time.as_secs());
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds(" 120 "), Some(120));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(seconds("Sun, 22 Nov 2026 08:01:40 GMT"), Some(100));
        assert_eq!(seconds("Sunday, 22-Nov-26 08:01:40 GMT"), Some(100));
        assert_eq!(seconds("Sun, 22 Nov 2026 07:00:00 GMT"), Some(0));
        for none in ["", "-1", "+1", "1.5", "soon", "1s"] {
            assert_eq!(seconds(none), None, "{none}");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let first = Duration::from_millis(100);
        for n in 1..100 {
            let full = first.saturating_mul(1 << (n - 1).min(20)).min(LONGEST);
            let delay = delay(first, n, None);
            assert!(full / 2 <= delay && delay <= full, "{n}: {delay:?}");
        }
        assert_eq!(delay(first, 1, Some(Duration::from_secs(7))).as_secs(), 7);
        assert_eq!(delay(first, 1, Some(Duration::MAX)), LONGEST);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "\\PC*", date in "[A-Za-z]{3,6}, [0-9A-Za-z: -]{0,30}") {
            let _ = parse_after(&text, SystemTime::now());
            let _ = parse_after(&date, SystemTime::now());
        }

        #[test]
        fn any_number_of_seconds(n: u64) {
            let time = parse_after(&n.to_string(), SystemTime::UNIX_EPOCH);
            prop_assert_eq!(time, Some(Duration::from_secs(n)));
        }
    }
}

//! The waits before retries. `Failure::is_transient` decides which failures and statuses are
//! retried.
//!
//! The waits double, starting with [`Options::retry_delay`](crate::web::fetch::Options). Each
//! is shortened at random by up to a half, so that the clients of a restarted server do not
//! return all at once. A `Retry-After` of the server is the minimum. No wait is longer than
//! [`MAX_DELAY`].

use crate::common::random;
use std::time::{Duration, SystemTime};
use ureq::http::header::{HeaderMap, RETRY_AFTER};

/// The longest wait, also for `Retry-After`.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(60);

/// The wait before retry number `n`, counted from 1. `first` is the first wait, `requested`
/// the `Retry-After` of the server.
pub(crate) fn delay(first: Duration, n: u32, requested: Option<Duration>) -> Duration {
    let full = first.saturating_mul(2u32.saturating_pow(n.saturating_sub(1)));
    let full = full.min(MAX_DELAY);
    let delay = full.mul_f64(0.5 + random() / 2.0);
    delay.max(requested.unwrap_or_default()).min(MAX_DELAY)
}

/// A random number from 0 to 1.
fn random() -> f64 {
    random::number() as f64 / u64::MAX as f64
}

/// The wait that the server requests.
pub(crate) fn after(headers: &HeaderMap) -> Option<Duration> {
    parse_after(headers.get(RETRY_AFTER)?.to_str().ok()?, SystemTime::now())
}

/// Parses `Retry-After` (RFC 9110, 10.2.3): a number of seconds, or a date. A date in the
/// past is a wait of 0.
fn parse_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
        // A number beyond 64 bits is longer than the longest wait.
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
            let full = first.saturating_mul(1 << (n - 1).min(20)).min(MAX_DELAY);
            let delay = delay(first, n, None);
            assert!(full / 2 <= delay && delay <= full, "{n}: {delay:?}");
        }
        assert_eq!(delay(first, 1, Some(Duration::from_secs(7))).as_secs(), 7);
        assert_eq!(delay(first, 1, Some(Duration::MAX)), MAX_DELAY);
    }

    proptest! {
        #[test]
        fn any_text(text in "\\PC*", date in "[A-Za-z]{3,6}, [0-9A-Za-z: -]{0,30}") {
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

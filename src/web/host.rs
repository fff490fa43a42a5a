//! One host: its name, and when a request to it may start.
//!
//! [`Requests`] has the one rule. It has no queue, no lock and no clock: `fetch` blocks a
//! thread until a request may start, `linkcheck` orders its tasks by that time.

use std::time::{Duration, Instant};
use url::{Position, Url};

/// The scheme, the host, and the port unless it is the scheme's default. Limits, connections
/// and robots.txt are for all URLs with the same origin.
pub(crate) fn origin(url: &Url) -> String {
    format!("{}://{}", url.scheme(), authority(url))
}

/// The host, and the port unless it is the scheme's default.
pub(crate) fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

/// The limits of a host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// The number of requests in flight.
    pub(crate) in_flight: usize,
    /// The time between the starts of two requests.
    pub(crate) delay: Duration,
}

/// The requests to one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    in_flight: usize,
    /// No request may start before this time: the end of a pause or of a delay.
    not_before: Option<Instant>,
}

/// Whether a request may start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Enter {
    /// It starts now.
    Permit,
    /// Not before this time.
    At(Instant),
    /// Not before another request has ended.
    Full,
}

impl Requests {
    /// Starts a request, if the limit and the pauses of the host permit it now.
    pub(crate) fn enter(&mut self, limit: Limit, now: Instant) -> Enter {
        match self.not_before {
            Some(time) if time > now => Enter::At(time),
            _ if self.in_flight >= limit.in_flight => Enter::Full,
            _ => {
                self.in_flight += 1;
                self.not_before = Some(now + limit.delay);
                Enter::Permit
            }
        }
    }

    /// A request has ended.
    pub(crate) fn leave(&mut self) {
        self.in_flight -= 1;
    }

    /// A permit is returned unused: no delay follows.
    #[cfg(feature = "linkcheck")]
    pub(crate) fn cancel(&mut self) {
        self.leave();
        self.not_before = None;
    }

    /// Starts a pause of the host, or makes it longer.
    pub(crate) fn pause(&mut self, until: Instant) {
        self.not_before = self.not_before.max(Some(until));
    }

    /// The earliest time of the next request; None if there was neither a request nor a pause.
    pub(crate) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// Whether nothing is in flight, and the next request may start now.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.in_flight == 0 && self.not_before.is_none_or(|time| time <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_request() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        // In flight, not before; limit, delay; now; the result, then not before.
        let rows = [
            (0, None, 1, 0, 0, Enter::Permit, Some(0)),
            (0, None, 1, 5, 7, Enter::Permit, Some(12)),
            (0, Some(7), 1, 5, 7, Enter::Permit, Some(12)),
            (1, Some(7), 2, 0, 8, Enter::Permit, Some(8)),
            (1, None, 1, 5, 0, Enter::Full, None),
            (3, Some(7), 1, 5, 8, Enter::Full, Some(7)),
            (0, None, 0, 0, 0, Enter::Full, None),
            (9, None, usize::MAX, 0, 0, Enter::Permit, Some(0)),
            // The number in flight makes no difference before that time.
            (0, Some(9), 1, 5, 8, Enter::At(at(9)), Some(9)),
            (1, Some(9), 1, 0, 8, Enter::At(at(9)), Some(9)),
        ];
        for (n, (in_flight, before, limit, delay, now, result, after)) in
            rows.into_iter().enumerate()
        {
            let mut requests = Requests {
                in_flight,
                not_before: before.map(at),
            };
            let limit = Limit {
                in_flight: limit,
                delay: Duration::from_secs(delay),
            };
            let enters = usize::from(result == Enter::Permit);
            assert_eq!(requests.enter(limit, at(now)), result, "row {n}");
            let expected = Requests {
                in_flight: in_flight + enters,
                not_before: after.map(at),
            };
            assert_eq!(requests, expected, "row {n}");
        }
    }

    #[test]
    fn ends_and_pauses() {
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let limit = Limit {
            in_flight: 2,
            delay: Duration::from_secs(1),
        };
        let mut requests = Requests::default();
        assert!(requests.is_idle(now));
        assert_eq!(requests.enter(limit, now), Enter::Permit);
        requests.pause(later);
        requests.pause(now);
        assert_eq!(requests.not_before(), Some(later));
        assert!(!requests.is_idle(later));
        requests.leave();
        assert!(!requests.is_idle(now) && requests.is_idle(later));
        assert_eq!(requests.enter(limit, later), Enter::Permit);
        requests.leave();
        assert!(!requests.is_idle(later));
    }

    #[cfg(feature = "linkcheck")]
    #[test]
    fn an_unused_permit_causes_no_delay() {
        let now = Instant::now();
        let limit = Limit {
            in_flight: 1,
            delay: Duration::from_secs(1),
        };
        let mut requests = Requests::default();
        assert_eq!(requests.enter(limit, now), Enter::Permit);
        requests.cancel();
        assert_eq!(requests, Requests::default());
    }

    #[test]
    fn names() {
        for (url, origin) in [
            ("http://me:secret@A.example:80/x?y#z", "http://a.example"),
            ("https://a.example", "https://a.example"),
            ("https://a.example:80/", "https://a.example:80"),
            ("http://[0:0::1]:8080/", "http://[::1]:8080"),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(super::origin(&url), origin);
            assert_eq!(super::origin(&url), url.origin().ascii_serialization());
        }
    }
}

//! How long to wait for the network.

use std::io;
use std::time::{Duration, Instant};

/// The time limits of one wait for the network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    /// The longest time without a byte.
    pub(crate) stall: Duration,
    /// The deadline, and the limit that it comes from.
    pub(crate) until: Option<(Instant, Limit)>,
}

/// A time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The limit for the whole URL, and its length.
    Whole(Duration),
    /// The limit for looking up a host.
    Lookup,
    /// The limit for connecting.
    Connect,
}

impl Wait {
    /// The longest time that the next wait may take. An error of kind `TimedOut` is that the
    /// deadline has passed.
    pub(crate) fn next(&self) -> io::Result<Duration> {
        let left = match self.until {
            Some((until, _)) => self
                .stall
                .min(until.saturating_duration_since(Instant::now())),
            None => self.stall,
        };
        match left.is_zero() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(left),
        }
    }

    /// The limit that is exceeded, if the deadline has passed.
    pub(crate) fn exceeded(&self) -> Option<Limit> {
        let (until, limit) = self.until?;
        (Instant::now() >= until).then_some(limit)
    }

    /// The same, with a deadline of its own unless the present deadline is earlier.
    pub(crate) fn within(self, time: Duration, limit: Limit) -> Wait {
        let deadline = Instant::now().checked_add(time);
        let earlier = deadline.filter(|at| self.until.is_none_or(|(until, _)| *at < until));
        Wait {
            until: earlier.map(|at| (at, limit)).or(self.until),
            ..self
        }
    }
}

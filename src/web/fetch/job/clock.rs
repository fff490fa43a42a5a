//! The time of one URL: `--max-time`.
//!
//! The clock starts with the first request. Redirects, retries and the waits between them
//! count; a URL in the queue does not use up its time. The time that a body waits
//! *downstream* does not count: for its turn, for spool space, for a slow reader. So a body
//! that is ahead of its turn does not time out.
//!
//! Every wait for the network is limited to the rest of the time ([`Wait`](super::wait::Wait)),
//! also while a server sends a head byte by byte or without end.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// The time that one URL has taken, and its limit.
#[derive(Debug)]
pub(crate) struct Clock {
    start: OnceLock<Instant>,
    limit: Option<Duration>,
    /// The time since the start that does not count, in nanoseconds.
    paused: AtomicU64,
}

impl Clock {
    /// A clock that starts with its first use.
    pub(crate) fn new(limit: Option<Duration>) -> Clock {
        Clock {
            start: OnceLock::new(),
            limit,
            paused: AtomicU64::new(0),
        }
    }

    /// The time of the start: now, unless the clock was started before.
    pub(crate) fn start(&self) -> Instant {
        *self.start.get_or_init(Instant::now)
    }

    /// The time since the start, pauses included.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start().elapsed()
    }

    /// Does some work whose time does not count.
    pub(crate) fn pause<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.limit.is_none() {
            return work();
        }
        let start = Instant::now();
        let result = work();
        let time = start.elapsed().as_nanos().try_into().unwrap_or(u64::MAX);
        self.paused.fetch_add(time, Relaxed);
        result
    }

    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// The time at which the limit is reached.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let paused = Duration::from_nanos(self.paused.load(Relaxed));
        Some(self.start() + self.limit? + paused)
    }

    /// Sleeps, and returns true; returns false at once if the deadline is earlier.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let in_time = self
            .deadline()
            .is_none_or(|deadline| Instant::now() + time < deadline);
        if in_time {
            thread::sleep(time);
        }
        in_time
    }
}

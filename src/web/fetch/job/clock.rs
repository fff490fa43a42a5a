//! The time that one URL may take, `--max-time`.
//!
//! It is the time from the first request on, redirects, retries and the waits
//! between them included: a URL that nobody has begun with loses none. What a
//! body waits for *downstream* is taken out: for its turn, for room, for a
//! reader who takes his time. So a transfer is never given up for being well
//! ahead.
//!
//! Every wait for the network is cut down to what is left of the time
//! ([`Wait`](super::http::Wait)). A head that drips, or one without end, ends there, too.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// The time that one URL has taken, and may take.
#[derive(Debug)]
pub(super) struct Clock {
    /// When it was first asked for.
    start: OnceLock<Instant>,
    limit: Option<Duration>,
    /// What of the time since then does not count, in nanoseconds.
    paused: AtomicU64,
}

impl Clock {
    /// A clock that starts when it is first asked.
    pub(super) fn new(limit: Option<Duration>) -> Clock {
        Clock {
            start: OnceLock::new(),
            limit,
            paused: AtomicU64::new(0),
        }
    }

    /// When it started: now, if it has not.
    pub(super) fn start(&self) -> Instant {
        *self.start.get_or_init(Instant::now)
    }

    /// How long it has been, all told.
    pub(super) fn elapsed(&self) -> Duration {
        self.start().elapsed()
    }

    /// Does some work that waits for others than the network: its time does not count.
    pub(super) fn pause<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.limit.is_none() {
            return work();
        }
        let start = Instant::now();
        let result = work();
        let time = start.elapsed().as_nanos().try_into().unwrap_or(u64::MAX);
        self.paused.fetch_add(time, Relaxed);
        result
    }

    /// How long it may take.
    pub(super) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// When the time is over.
    pub(super) fn until(&self) -> Option<Instant> {
        let paused = Duration::from_nanos(self.paused.load(Relaxed));
        Some(self.start() + self.limit? + paused)
    }

    /// Waits, unless the time were over by then: false at once.
    pub(super) fn sleep(&self, time: Duration) -> bool {
        let there = self
            .until()
            .is_none_or(|until| Instant::now() + time < until);
        if there {
            thread::sleep(time);
        }
        there
    }
}

//! One URL in flight: the state that the chapters share.

use super::transfer::LastResponse;
use clock::Clock;
use cookies::Jar;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use url::{Origin, Url};
use wait::{Limit, Wait};

pub(crate) mod clock;
pub(crate) mod cookies;
pub(crate) mod wait;

/// One URL in flight. Other threads may read its progress.
#[derive(Debug)]
pub struct Job {
    url: String,
    pub(crate) clock: Clock,
    received: AtomicU64,
    /// The total plus one; 0 if the total is unknown.
    total: AtomicU64,
    retries: AtomicU32,
    urgent: AtomicBool,
    in_flight: AtomicBool,
    /// The origin of the URL, which alone gets the user's fields and credentials.
    origin: OnceLock<Origin>,
    last_response: Mutex<Option<LastResponse>>,
    jar: Mutex<Jar>,
}

impl Job {
    pub(crate) fn new(url: &str, max_time: Option<Duration>) -> Job {
        Job {
            url: url.to_string(),
            clock: Clock::new(max_time),
            received: AtomicU64::new(0),
            total: AtomicU64::new(0),
            retries: AtomicU32::new(0),
            urgent: AtomicBool::new(false),
            in_flight: AtomicBool::new(false),
            origin: OnceLock::new(),
            last_response: Mutex::default(),
            jar: Mutex::default(),
        }
    }

    /// The URL as the caller passed it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of bytes of the body that were received, each counted once.
    pub fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// The number of bytes of the whole body, if it is known.
    pub fn total(&self) -> Option<u64> {
        self.total.load(Relaxed).checked_sub(1)
    }

    /// The number of retries.
    pub fn retries(&self) -> u32 {
        self.retries.load(Relaxed)
    }

    /// Whether the job has started and has not finished.
    pub fn is_in_flight(&self) -> bool {
        self.in_flight.load(Relaxed)
    }

    /// Starts the job and its clock.
    pub(crate) fn start(&self) {
        self.clock.start();
        self.in_flight.store(true, Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.in_flight.store(false, Relaxed);
    }

    /// The limits of a wait for the network; `stall` is the longest time without a byte.
    pub(crate) fn wait(&self, stall: Duration) -> Wait {
        let limit = self.clock.limit();
        let deadline = self.clock.deadline();
        Wait {
            stall,
            until: deadline.zip(limit.map(Limit::Whole)),
        }
    }

    /// The cookies that servers have set.
    pub(crate) fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(|lock| lock.into_inner())
    }

    /// Stores the head of the last response; None before a response.
    pub(crate) fn set_last_response(&self, response: Option<LastResponse>) {
        *self.last_response() = response;
    }

    pub(crate) fn take_last_response(&self) -> Option<LastResponse> {
        self.last_response().take()
    }

    fn last_response(&self) -> MutexGuard<'_, Option<LastResponse>> {
        let last = self.last_response.lock();
        last.unwrap_or_else(|lock| lock.into_inner())
    }

    /// Whether a URL has the origin of the first request. The first call stores the origin,
    /// so that a resumed body behind a redirect is compared with the same origin.
    pub(crate) fn is_origin(&self, url: &Url) -> bool {
        let origin = url.origin();
        *self.origin.get_or_init(|| origin.clone()) == origin
    }

    pub(crate) fn add_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn set_total(&self, total: Option<u64>) {
        let total = total.map_or(0, |total| total.saturating_add(1));
        self.total.store(total, Relaxed);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// Whether all other jobs wait for this one: it is the body's turn.
    pub(crate) fn is_urgent(&self) -> bool {
        self.urgent.load(Relaxed)
    }

    pub(crate) fn set_urgent(&self) {
        self.urgent.store(true, Relaxed);
    }
}

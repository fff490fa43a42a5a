//! One URL on its way: what its chapters tell each other.

use super::clock::Clock;
use super::cookies::Jar;
use super::http::{Limit, Wait};
use super::transfer::Answered;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use url::{Origin, Url};

/// One URL on its way. Others may look at how far it is.
#[derive(Debug)]
pub struct Errand {
    url: String,
    pub(super) clock: Clock,
    got: AtomicU64,
    /// One more than the total, 0 if that is not known.
    total: AtomicU64,
    retries: AtomicU32,
    urgent: AtomicBool,
    under_way: AtomicBool,
    /// The origin of the URL: what the user said in secret is for no other.
    home: OnceLock<Origin>,
    /// What was answered last.
    answered: Mutex<Option<Answered>>,
    jar: Mutex<Jar>,
}

impl Errand {
    pub(super) fn new(url: &str, max_time: Option<Duration>) -> Errand {
        Errand {
            url: url.to_string(),
            clock: Clock::new(max_time),
            got: AtomicU64::new(0),
            total: AtomicU64::new(0),
            retries: AtomicU32::new(0),
            urgent: AtomicBool::new(false),
            under_way: AtomicBool::new(false),
            home: OnceLock::new(),
            answered: Mutex::default(),
            jar: Mutex::default(),
        }
    }

    /// The URL as it was asked for.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many bytes of the body have come over the wire, each counted once.
    pub fn got(&self) -> u64 {
        self.got.load(Relaxed)
    }

    /// How many bytes there will be, if that is known.
    pub fn total(&self) -> Option<u64> {
        self.total.load(Relaxed).checked_sub(1)
    }

    /// How often it was asked for again.
    pub fn retries(&self) -> u32 {
        self.retries.load(Relaxed)
    }

    /// It was begun, and is not over.
    pub fn is_under_way(&self) -> bool {
        self.under_way.load(Relaxed)
    }

    /// From now on its time counts.
    pub(super) fn begin(&self) {
        self.clock.start();
        self.under_way.store(true, Relaxed);
    }

    pub(super) fn end(&self) {
        self.under_way.store(false, Relaxed);
    }

    /// How long to wait for the network: for a byte not longer than `stall`.
    pub(super) fn wait(&self, stall: Duration) -> Wait {
        let limit = self.clock.limit();
        let until = self.clock.until();
        Wait {
            stall,
            until: until.zip(limit.map(Limit::Whole)),
        }
    }

    /// The cookies that its servers have set.
    pub(super) fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(|held| held.into_inner())
    }

    /// Notes the last answer; none, as long as one is waited for.
    pub(super) fn set_answered(&self, answered: Option<Answered>) {
        *self.last() = answered;
    }

    /// Takes the last answer that was noted.
    pub(super) fn take_answered(&self) -> Option<Answered> {
        self.last().take()
    }

    fn last(&self) -> MutexGuard<'_, Option<Answered>> {
        let last = self.answered.lock();
        last.unwrap_or_else(|held| held.into_inner())
    }

    /// Whether this URL is of the origin that was asked first, also where a
    /// body is resumed behind a redirect.
    pub(super) fn is_home(&self, url: &Url) -> bool {
        let origin = url.origin();
        *self.home.get_or_init(|| origin.clone()) == origin
    }

    pub(super) fn came(&self, bytes: usize) {
        self.got.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn expect(&self, total: Option<u64>) {
        let total = total.map_or(0, |total| total.saturating_add(1));
        self.total.store(total, Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// All others wait for this one: it is its turn.
    pub(super) fn is_urgent(&self) -> bool {
        self.urgent.load(Relaxed)
    }

    pub(super) fn hurry(&self) {
        self.urgent.store(true, Relaxed);
    }
}

//! The rate limit of each host: the number of requests at a time, and the pauses that hosts
//! request by `Retry-After`. A request waits for its permit.
//!
//! A request that all other jobs wait for exceeds the limit: the requests below the limit may
//! wait for its end, which would be a deadlock.

use crate::web::fetch::failure::Failure;
use crate::web::fetch::job::Job;
use crate::web::host::{Enter, Limit, Requests, origin};
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use url::Url;

#[derive(Debug)]
pub(crate) struct RateLimit {
    per_host: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// By origin.
    hosts: HashMap<String, Requests>,
    /// The number of requests that wait.
    waiting: usize,
}

/// The permit of one request, released when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    rate_limit: Arc<RateLimit>,
    host: String,
}

impl RateLimit {
    pub(crate) fn new(per_host: usize) -> Arc<RateLimit> {
        Arc::new(RateLimit {
            per_host: per_host.max(1),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Waits for a permit for the URL's host. The time of the job's clock pauses while the
    /// limit is reached, but not during a pause of the host. Without `honor_pauses`, pauses
    /// are recorded only.
    pub(crate) fn acquire(
        self: &Arc<RateLimit>,
        url: &Url,
        job: &Job,
        honor_pauses: bool,
    ) -> Result<Permit, Failure> {
        let name = origin(url);
        let mut state = self.lock();
        loop {
            let host = state.hosts.entry(name.clone()).or_default();
            let in_flight = match job.is_urgent() {
                true => usize::MAX,
                false => self.per_host,
            };
            let delay = Duration::ZERO;
            let now = Instant::now();
            let time = match honor_pauses {
                true => now,
                // As if the pause were over.
                false => host.not_before().map_or(now, |end| end.max(now)),
            };
            match host.enter(Limit { in_flight, delay }, time) {
                Enter::Permit => break,
                Enter::At(until) => {
                    drop(state);
                    if !job.clock.sleep(until - now) {
                        let message = "the host requests a longer wait (Retry-After)";
                        return Err(Failure::TimedOut(message.into()));
                    }
                    state = self.lock();
                }
                Enter::Full => {
                    state.waiting += 1;
                    let woken = job.clock.pause(|| self.changed.wait(state));
                    state = woken.unwrap_or_else(|lock| lock.into_inner());
                    state.waiting -= 1;
                }
            }
        }
        Ok(Permit {
            rate_limit: Arc::clone(self),
            host: name,
        })
    }

    /// No request to the URL's host before this time, because of a pause; it may have passed.
    #[cfg(feature = "linkcheck")]
    pub(crate) fn paused_until(&self, url: &Url) -> Option<Instant> {
        self.lock().hosts.get(&origin(url))?.not_before()
    }

    /// Wakes the waiting requests after one of their jobs has become urgent.
    pub(crate) fn wake(&self) {
        if self.lock().waiting > 0 {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|lock| lock.into_inner())
    }
}

impl Permit {
    /// Starts a pause of the host, or makes it longer.
    pub(crate) fn pause_host(&self, time: Duration) {
        let until = Instant::now() + time;
        if let Some(host) = self.rate_limit.lock().hosts.get_mut(&self.host) {
            host.pause(until);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.rate_limit.lock();
        if let Some(host) = state.hosts.get_mut(&self.host) {
            host.leave();
            if host.is_idle(Instant::now()) {
                state.hosts.remove(&self.host);
            }
        }
        if state.waiting > 0 {
            self.rate_limit.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn an_urgent_job_exceeds_the_limit() {
        let limit = RateLimit::new(1);
        let url = Url::parse("http://a.example/x").unwrap();
        let other = Url::parse("http://a.example:81/x").unwrap();
        let job = || Job::new("", None);
        let first = limit.acquire(&url, &job(), true).unwrap();
        // Another port has a limit of its own.
        drop(limit.acquire(&other, &job(), true).unwrap());
        let urgent = Arc::new(job());
        let waiting = {
            let (limit, url, urgent) = (Arc::clone(&limit), url.clone(), Arc::clone(&urgent));
            thread::spawn(move || limit.acquire(&url, &urgent, true).is_ok())
        };
        while limit.lock().waiting == 0 {
            thread::yield_now();
        }
        urgent.set_urgent();
        limit.wake();
        assert!(waiting.join().unwrap());
        drop(first);
        assert!(limit.lock().hosts.is_empty());
    }

    #[test]
    fn requests_wait_for_the_end_of_a_pause() {
        let limit = RateLimit::new(1);
        let url = Url::parse("http://a.example/").unwrap();
        let time = Duration::from_millis(50);
        let permit = limit.acquire(&url, &Job::new("", None), true).unwrap();
        permit.pause_host(time);
        drop(permit);
        let start = Instant::now();
        drop(limit.acquire(&url, &Job::new("", None), true).unwrap());
        assert!(start.elapsed() >= time / 2);
        let permit = limit.acquire(&url, &Job::new("", None), true).unwrap();
        permit.pause_host(Duration::from_secs(60));
        drop(permit);
        // The pause is longer than the job's limit.
        let hurried = Job::new("", Some(Duration::from_secs(1)));
        assert!(limit.acquire(&url, &hurried, true).is_err());
    }
}

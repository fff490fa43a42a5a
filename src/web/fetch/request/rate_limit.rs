//! Being polite to hosts: so many requests at a time, and none at all for as
//! long as a host asked to be left alone.
//!
//! A request that everything else waits for is let in above the limit: those
//! inside may be waiting for its end, and would wait for ever.

use super::errand::Errand;
use super::failure::Failure;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use url::{Position, Url};

#[derive(Debug)]
pub(super) struct Hosts {
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    hosts: HashMap<String, Host>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Host {
    /// How many requests are there.
    busy: usize,
    /// Not before then.
    until: Option<Instant>,
}

/// A request's place at a host, given up when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    hosts: Arc<Hosts>,
    name: String,
}

impl Hosts {
    pub(super) fn new(limit: usize) -> Arc<Hosts> {
        Arc::new(Hosts {
            limit: limit.max(1),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Waits for a place at the URL's host. The time until there is room does
    /// not count as the URL's, the time that the host asked for does.
    pub(super) fn enter(
        self: &Arc<Hosts>,
        url: &Url,
        errand: &Errand,
        heed_rest: bool,
    ) -> Result<Place, Failure> {
        let name = name(url).to_string();
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let host = state.hosts.entry(name.clone()).or_default();
            if let Some(until) = host.until.filter(|until| heed_rest && *until > now) {
                drop(state);
                if !errand.clock.sleep(until - now) {
                    return Err(Failure::TimedOut("the host asked for more time".into()));
                }
                state = self.lock();
            } else if host.busy < self.limit || errand.is_urgent() {
                host.busy += 1;
                let hosts = Arc::clone(self);
                return Ok(Place { hosts, name });
            } else {
                state.waiting += 1;
                let wait = || self.changed.wait(state);
                let woken = errand.clock.pause(wait);
                state = woken.unwrap_or_else(|held| held.into_inner());
                state.waiting -= 1;
            }
        }
    }

    /// Until when the URL's host wants to be left alone.
    pub(super) fn rests_until(&self, url: &Url) -> Option<Instant> {
        self.lock().hosts.get(name(url))?.until
    }

    /// Something about the waiting requests has changed.
    pub(super) fn look_again(&self) {
        if self.lock().waiting > 0 {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|held| held.into_inner())
    }
}

/// What tells one host from another: its name and port.
fn name(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

impl Place {
    /// The host wants to be left alone for a while.
    pub(super) fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        if let Some(host) = self.hosts.lock().hosts.get_mut(&self.name) {
            host.until = host.until.max(Some(until));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.hosts.lock();
        if let Some(host) = state.hosts.get_mut(&self.name) {
            host.busy -= 1;
            let resting = host.until.is_some_and(|until| until > Instant::now());
            if host.busy == 0 && !resting {
                state.hosts.remove(&self.name);
            }
        }
        if state.waiting > 0 {
            self.hosts.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn full_is_full_but_for_the_one_that_all_wait_for() {
        let hosts = Hosts::new(1);
        let url = Url::parse("http://a.example/x").unwrap();
        let other = Url::parse("http://a.example:81/x").unwrap();
        let errand = || Errand::new("", None);
        let first = hosts.enter(&url, &errand(), true).unwrap();
        // Another port is another server.
        drop(hosts.enter(&other, &errand(), true).unwrap());
        let urgent = Arc::new(errand());
        let waiting = {
            let (hosts, url, urgent) = (Arc::clone(&hosts), url.clone(), Arc::clone(&urgent));
            thread::spawn(move || hosts.enter(&url, &urgent, true).is_ok())
        };
        while hosts.lock().waiting == 0 {
            thread::yield_now();
        }
        urgent.hurry();
        hosts.look_again();
        assert!(waiting.join().unwrap());
        drop(first);
        assert!(hosts.lock().hosts.is_empty());
    }

    #[test]
    fn a_host_at_rest_is_left_alone() {
        let hosts = Hosts::new(1);
        let url = Url::parse("http://a.example/").unwrap();
        let time = Duration::from_millis(50);
        let place = hosts.enter(&url, &Errand::new("", None), true).unwrap();
        place.rest(time);
        drop(place);
        let start = Instant::now();
        drop(hosts.enter(&url, &Errand::new("", None), true).unwrap());
        assert!(start.elapsed() >= time / 2);
        let place = hosts.enter(&url, &Errand::new("", None), true).unwrap();
        place.rest(Duration::from_secs(60));
        drop(place);
        // Longer than there is time.
        let hurried = Errand::new("", Some(Duration::from_secs(1)));
        assert!(hosts.enter(&url, &hurried, true).is_err());
    }
}

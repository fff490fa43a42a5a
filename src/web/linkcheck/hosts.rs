//! Chooses the next task. Tasks are queued by host: each host has its own limits, and
//! none delays another.
//!
//! A host has a limit of requests in flight, and a delay between the starts of two
//! requests ([`Requests`]). It gets none before the time that its `Retry-After` names, or
//! while its robots.txt is not known. No thread sleeps for that: a host that has to wait is
//! in a heap, ordered by time. A host that fails [`MAX_FAILURES`] times and never answers
//! is given up: its other tasks fail with the same cause.

use crate::web::host::{Enter, Limit, Requests};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// After this many failures without an answer, a host is given up.
const MAX_FAILURES: u32 = 10;

/// Tasks `T` by host, in the order in which they were added. The tasks of a host that is
/// given up fail with the cause `C`.
#[derive(Debug)]
pub(super) struct Hosts<T, C> {
    numbers: HashMap<String, usize>,
    hosts: Vec<Host<T, C>>,
    /// Hosts that may have a task now.
    ready: VecDeque<usize>,
    /// Hosts that have to wait until a time.
    later: BinaryHeap<Reverse<(Instant, usize)>>,
    waiting: usize,
}

#[derive(Debug)]
struct Host<T, C> {
    queue: VecDeque<T>,
    limit: Limit,
    requests: Requests,
    /// It is in `ready` or `later`.
    is_listed: bool,
    /// Only its first task may run: the others wait for [`open`](Hosts::open).
    is_locked: bool,
    failures: u32,
    has_answered: bool,
    given_up: Option<C>,
}

/// The next task.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T, C> {
    /// A task, for the host of this number.
    Task(usize, T),
    /// A task that fails: its host is given up, for this cause.
    GivenUp(usize, T, C),
    /// No task can run before this time.
    Wait(Instant),
    /// No task can run.
    Idle,
}

impl<T, C: Clone> Hosts<T, C> {
    pub(super) fn new() -> Self {
        Hosts {
            numbers: HashMap::new(),
            hosts: Vec::new(),
            ready: VecDeque::new(),
            later: BinaryHeap::new(),
            waiting: 0,
        }
    }

    /// The number of a host, by its name. A new host gets the next number, and this
    /// limit.
    pub(super) fn number(&mut self, name: &str, limit: Limit) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.hosts.len();
        self.numbers.insert(name.to_string(), number);
        self.hosts.push(Host {
            queue: VecDeque::new(),
            limit,
            requests: Requests::default(),
            is_listed: false,
            is_locked: false,
            failures: 0,
            has_answered: false,
            given_up: None,
        });
        number
    }

    /// Adds a task for a host.
    pub(super) fn push(&mut self, host: usize, task: T) {
        self.hosts[host].queue.push_back(task);
        self.waiting += 1;
        self.list(host);
    }

    /// Adds a task for a host before all others, which wait until the host is
    /// [`open`](Hosts::open).
    pub(super) fn push_first(&mut self, host: usize, task: T) {
        self.hosts[host].queue.push_front(task);
        self.hosts[host].is_locked = true;
        self.waiting += 1;
        self.list(host);
    }

    /// The first task is done: the others may run, with this delay at least.
    pub(super) fn open(&mut self, host: usize, delay: Duration) {
        let it = &mut self.hosts[host];
        it.is_locked = false;
        it.limit.delay = it.limit.delay.max(delay);
        self.list(host);
    }

    /// No task of this host may run before this time.
    pub(super) fn pause(&mut self, host: usize, until: Instant) {
        self.hosts[host].requests.pause(until);
    }

    /// A task has ended.
    pub(super) fn finished(&mut self, host: usize) {
        self.hosts[host].requests.leave();
        self.list(host);
    }

    /// A task has ended without a request.
    pub(super) fn not_requested(&mut self, host: usize) {
        self.hosts[host].requests.cancel();
        self.list(host);
    }

    /// The host answered, with any status.
    pub(super) fn answered(&mut self, host: usize) {
        self.hosts[host].has_answered = true;
    }

    /// The host did not answer, for this cause.
    pub(super) fn failed(&mut self, host: usize, cause: impl FnOnce() -> C) {
        let it = &mut self.hosts[host];
        it.failures += 1;
        if it.failures >= MAX_FAILURES && !it.has_answered && it.given_up.is_none() {
            it.given_up = Some(cause());
        }
    }

    /// The host will never answer.
    pub(super) fn give_up(&mut self, host: usize, cause: C) {
        self.hosts[host].given_up = Some(cause);
    }

    /// Whether no task waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    pub(super) fn next(&mut self, now: Instant) -> Next<T, C> {
        while let Some(&Reverse((time, host))) = self.later.peek()
            && time <= now
        {
            self.later.pop();
            self.ready.push_back(host);
        }
        while let Some(host) = self.ready.pop_front() {
            let it = &mut self.hosts[host];
            it.is_listed = false;
            let cause = it.given_up.clone();
            if cause.is_none() {
                // While the host is locked, only its first task is in flight.
                let in_flight = match it.is_locked {
                    true => 1,
                    false => it.limit.in_flight,
                };
                let limit = Limit {
                    in_flight,
                    ..it.limit
                };
                match it.requests.enter(limit, now) {
                    Enter::Permit => {}
                    Enter::At(time) => {
                        it.is_listed = true;
                        self.later.push(Reverse((time, host)));
                        continue;
                    }
                    Enter::Full => continue,
                }
            }
            // A listed host has a task.
            let Some(task) = it.queue.pop_front() else {
                continue;
            };
            self.waiting -= 1;
            self.list(host);
            return match cause {
                Some(cause) => Next::GivenUp(host, task, cause),
                None => Next::Task(host, task),
            };
        }
        match self.later.peek() {
            Some(&Reverse((time, _))) => Next::Wait(time),
            None => Next::Idle,
        }
    }

    /// Makes a host `ready` if it has tasks.
    fn list(&mut self, host: usize) {
        let it = &mut self.hosts[host];
        if !it.is_listed && !it.queue.is_empty() {
            it.is_listed = true;
            self.ready.push_back(host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(in_flight: usize, delay: u64) -> Limit {
        let delay = Duration::from_secs(delay);
        Limit { in_flight, delay }
    }

    #[test]
    fn hosts_take_turns_and_none_waits_for_another() {
        let mut hosts = Hosts::<u32, ()>::new();
        let a = hosts.number("a", limit(1, 0));
        let b = hosts.number("b", limit(2, 10));
        assert_eq!((hosts.number("a", limit(2, 0)), b), (a, 1));
        for task in 0..3 {
            hosts.push(a, task);
            hosts.push(b, 10 + task);
        }
        let now = Instant::now();
        assert_eq!(hosts.next(now), Next::Task(a, 0));
        assert_eq!(hosts.next(now), Next::Task(b, 10));
        // `a` is full, `b` has a delay.
        assert_eq!(hosts.next(now), Next::Wait(now + Duration::from_secs(10)));
        hosts.finished(a);
        assert_eq!(hosts.next(now), Next::Task(a, 1));
        let later = now + Duration::from_secs(10);
        assert_eq!(hosts.next(later), Next::Task(b, 11));
        hosts.finished(b);
        hosts.finished(a);
        hosts.pause(a, later + Duration::from_secs(60));
        let Next::Wait(time) = hosts.next(later) else {
            panic!("nothing is due");
        };
        assert_eq!(time, later + Duration::from_secs(10));
        assert_eq!(hosts.next(time), Next::Task(b, 12));
        hosts.finished(b);
        assert_eq!(
            hosts.next(later + Duration::from_secs(60)),
            Next::Task(a, 2)
        );
        hosts.finished(a);
        assert!(hosts.is_empty());
        assert_eq!(hosts.next(later), Next::Idle);
    }

    #[test]
    fn a_closed_host_has_one_task() {
        let mut hosts = Hosts::<u32, ()>::new();
        let a = hosts.number("a", limit(5, 0));
        hosts.push(a, 1);
        hosts.push_first(a, 0);
        let now = Instant::now();
        assert_eq!(hosts.next(now), Next::Task(a, 0));
        hosts.push(a, 2);
        assert_eq!(hosts.next(now), Next::Idle);
        hosts.finished(a);
        hosts.open(a, Duration::from_secs(5));
        assert_eq!(hosts.next(now), Next::Task(a, 1));
        assert_eq!(hosts.next(now), Next::Wait(now + Duration::from_secs(5)));
    }

    #[test]
    fn a_host_that_never_answers_is_given_up() {
        let mut hosts = Hosts::<u32, &str>::new();
        let a = hosts.number("a", limit(1, 0));
        let now = Instant::now();
        for task in 0..MAX_FAILURES {
            hosts.push(a, task);
            assert_eq!(hosts.next(now), Next::Task(a, task));
            hosts.failed(a, || "down");
            hosts.finished(a);
        }
        hosts.push(a, 100);
        hosts.push(a, 101);
        assert_eq!(hosts.next(now), Next::GivenUp(a, 100, "down"));
        assert_eq!(hosts.next(now), Next::GivenUp(a, 101, "down"));
        assert_eq!(hosts.next(now), Next::Idle);
    }
}

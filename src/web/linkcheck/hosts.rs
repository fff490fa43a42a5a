//! Whose turn it is: tasks wait by host, so that each host is asked politely
//! and none waits for another.
//!
//! A host has so many requests at a time, with so much time between their
//! beginnings, and none at all for as long as it wants to be left alone, or
//! while its robots.txt is not known. Nobody sleeps for that: a host whose time
//! has not come waits in a heap, and the others go on. A host that fails so
//! often and never answers is given up: what it failed with answers for the rest.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// So many failures to connect and never an answer, and a host is given up.
const PATIENCE: u32 = 10;

/// How polite to be to a host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manners {
    /// Requests at a time.
    pub(super) at_a_time: usize,
    /// Between the beginnings of two requests.
    pub(super) delay: Duration,
}

/// Tasks `T` by host, in the order in which they came. A host that was given up
/// answers with a `C`.
#[derive(Debug)]
pub(super) struct Hosts<T, C> {
    numbers: HashMap<String, usize>,
    hosts: Vec<Host<T, C>>,
    /// Hosts that may have something for now.
    ready: VecDeque<usize>,
    /// Hosts whose time is to come.
    later: BinaryHeap<Reverse<(Instant, usize)>>,
    waiting: usize,
}

#[derive(Debug)]
struct Host<T, C> {
    queue: VecDeque<T>,
    manners: Manners,
    busy: usize,
    not_before: Instant,
    /// It is in one of the two queues of hosts.
    is_listed: bool,
    /// One task is for it to pass before all others.
    is_closed: bool,
    failures: u32,
    has_answered: bool,
    given_up: Option<C>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T, C> {
    /// This, at the host of this number.
    Task(usize, T),
    /// Nothing: the host was given up, this is the answer.
    Given(usize, T, C),
    /// Nothing before then.
    Wait(Instant),
    /// Nothing, unless something else happens.
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

    /// The number of a host, by its name: the next one, with these manners, if
    /// it is new.
    pub(super) fn number(&mut self, name: &str, manners: Manners) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.hosts.len();
        self.numbers.insert(name.to_string(), number);
        self.hosts.push(Host {
            queue: VecDeque::new(),
            manners,
            busy: 0,
            not_before: Instant::now(),
            is_listed: false,
            is_closed: false,
            failures: 0,
            has_answered: false,
            given_up: None,
        });
        number
    }

    /// A task for a host.
    pub(super) fn push(&mut self, host: usize, task: T) {
        self.hosts[host].queue.push_back(task);
        self.waiting += 1;
        self.list(host);
    }

    /// A task for a host, before all others; these wait until it is
    /// [`open`](Hosts::open).
    pub(super) fn push_first(&mut self, host: usize, task: T) {
        self.hosts[host].queue.push_front(task);
        self.hosts[host].is_closed = true;
        self.waiting += 1;
        self.list(host);
    }

    /// The first task is done: the others may go on, at so long a distance at least.
    pub(super) fn open(&mut self, host: usize, delay: Duration) {
        let it = &mut self.hosts[host];
        it.is_closed = false;
        it.manners.delay = it.manners.delay.max(delay);
        self.list(host);
    }

    /// Nothing before then from this host.
    pub(super) fn rest(&mut self, host: usize, until: Instant) {
        let it = &mut self.hosts[host];
        it.not_before = it.not_before.max(until);
    }

    /// A task is over, and the host has room again.
    pub(super) fn finished(&mut self, host: usize) {
        self.hosts[host].busy -= 1;
        self.list(host);
    }

    /// A task was none: the host was not asked for anything.
    pub(super) fn unasked(&mut self, host: usize, now: Instant) {
        self.hosts[host].not_before = now;
        self.finished(host);
    }

    /// The host answered, whatever it said.
    pub(super) fn answered(&mut self, host: usize) {
        self.hosts[host].has_answered = true;
    }

    /// The host did not answer, for this cause.
    pub(super) fn failed(&mut self, host: usize, cause: impl FnOnce() -> C) {
        let it = &mut self.hosts[host];
        it.failures += 1;
        if it.failures >= PATIENCE && !it.has_answered && it.given_up.is_none() {
            it.given_up = Some(cause());
        }
    }

    /// The host will never answer.
    pub(super) fn give_up(&mut self, host: usize, cause: C) {
        self.hosts[host].given_up = Some(cause);
    }

    /// True if no task waits.
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
            if let Some(cause) = &it.given_up {
                let cause = cause.clone();
                if let Some(task) = it.queue.pop_front() {
                    self.waiting -= 1;
                    self.list(host);
                    return Next::Given(host, task, cause);
                }
                continue;
            }
            if it.not_before > now {
                it.is_listed = true;
                self.later.push(Reverse((it.not_before, host)));
                continue;
            }
            // Behind a closed door only the first task of all is in flight.
            if it.busy >= it.manners.at_a_time || it.is_closed && it.busy > 0 {
                continue;
            }
            let Some(task) = it.queue.pop_front() else {
                continue;
            };
            it.busy += 1;
            it.not_before = now + it.manners.delay;
            self.waiting -= 1;
            self.list(host);
            return Next::Task(host, task);
        }
        match self.later.peek() {
            Some(&Reverse((time, _))) => Next::Wait(time),
            None => Next::Idle,
        }
    }

    /// Has a host looked at, if there is anything to see.
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

    fn manners(at_a_time: usize, delay: u64) -> Manners {
        let delay = Duration::from_secs(delay);
        Manners { at_a_time, delay }
    }

    #[test]
    fn hosts_take_turns_and_none_waits_for_another() {
        let mut hosts = Hosts::<u32, ()>::new();
        let a = hosts.number("a", manners(1, 0));
        let b = hosts.number("b", manners(2, 10));
        assert_eq!((hosts.number("a", manners(2, 0)), b), (a, 1));
        for task in 0..3 {
            hosts.push(a, task);
            hosts.push(b, 10 + task);
        }
        let now = Instant::now();
        assert_eq!(hosts.next(now), Next::Task(a, 0));
        assert_eq!(hosts.next(now), Next::Task(b, 10));
        // The one is full, the other wants some time between.
        assert_eq!(hosts.next(now), Next::Wait(now + Duration::from_secs(10)));
        hosts.finished(a);
        assert_eq!(hosts.next(now), Next::Task(a, 1));
        let later = now + Duration::from_secs(10);
        assert_eq!(hosts.next(later), Next::Task(b, 11));
        hosts.finished(b);
        hosts.finished(a);
        hosts.rest(a, later + Duration::from_secs(60));
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
        let a = hosts.number("a", manners(5, 0));
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
        let a = hosts.number("a", manners(1, 0));
        let now = Instant::now();
        for task in 0..PATIENCE {
            hosts.push(a, task);
            assert_eq!(hosts.next(now), Next::Task(a, task));
            hosts.failed(a, || "down");
            hosts.finished(a);
        }
        hosts.push(a, 100);
        hosts.push(a, 101);
        assert_eq!(hosts.next(now), Next::Given(a, 100, "down"));
        assert_eq!(hosts.next(now), Next::Given(a, 101, "down"));
        assert_eq!(hosts.next(now), Next::Idle);
    }
}

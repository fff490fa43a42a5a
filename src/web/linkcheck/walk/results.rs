//! The results of tasks.

use super::super::cause::Cause;
use super::super::frontier::Answer;
use super::super::robots::Robots;
use super::super::summary::Observer;
use super::super::worker::{Event, Outcome, Reason, Task};
use super::state::Walk;
use std::mem;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use url::Url;

impl Walk {
    /// Receives events of the workers, and waits for the first one up to this time.
    pub(crate) fn listen(&mut self, wait: Duration, observer: &mut impl Observer) {
        match self.events.recv_timeout(wait) {
            Ok(events) => self.take_all(events, observer),
            Err(RecvTimeoutError::Timeout) => return,
            Err(RecvTimeoutError::Disconnected) => {
                unreachable!("the workers end after the coordinator")
            }
        }
        while let Ok(events) = self.events.try_recv() {
            self.take_all(events, observer);
        }
    }

    pub(super) fn take_all(&mut self, events: Vec<Event>, observer: &mut impl Observer) {
        for event in events {
            self.take(event, observer);
        }
    }

    pub(super) fn take(&mut self, event: Event, observer: &mut impl Observer) {
        match event {
            Event::Links(id, batch) => self.frontier.links(id, batch),
            Event::Warning(id, cause) => self.frontier.warn_of_page(id, cause),
            Event::Unreadable(object, cause) => {
                self.is_complete = false;
                observer.note(&object, &cause);
            }
            Event::Sitemap(url) => self.add_sitemap(&url, observer),
            Event::Done(host, task, outcome) => {
                self.in_flight -= 1;
                self.at_servers -= usize::from(!self.sites[host].is_folder);
                self.hosts.finished(host);
                self.done(host, task, outcome, observer);
            }
        }
    }

    /// The outcome of a task.
    pub(super) fn done(
        &mut self,
        host: usize,
        task: Task,
        outcome: Outcome,
        observer: &mut impl Observer,
    ) {
        let (cause, reason) = match outcome {
            Outcome::Failed(cause, reason) => (cause, reason),
            outcome => {
                self.hosts.answered(host);
                match outcome {
                    Outcome::Answered(answer) => self.answered(&task, answer),
                    Outcome::Cut(answer, cause) => {
                        self.note(
                            &task,
                            &format!("{cause}: the rest is not checked"),
                            observer,
                        );
                        self.answered(&task, answer);
                    }
                    Outcome::Robots(robots) => self.robots(host, robots, observer),
                    Outcome::Listed(id, listed) => {
                        self.frontier.forget_links(id);
                        if listed == 0 {
                            let cause = match self.sites[host].is_folder {
                                true => "no HTML file in it",
                                false => "the sitemap lists no page",
                            };
                            self.note(&task, cause, observer);
                        }
                    }
                    Outcome::Failed(..) => {}
                }
                return;
            }
        };
        match reason {
            Reason::NoAnswer => self.hosts.failed(host, || cause.given_up()),
            Reason::NoHost => self.hosts.give_up(host, cause.clone()),
            Reason::Final | Reason::Transient => self.hosts.answered(host),
        }
        let may_pass = matches!(reason, Reason::Transient | Reason::NoAnswer);
        if may_pass && task.tries() < self.options.retry {
            // It was parsed before.
            if let Ok(url) = Url::parse(task.url()) {
                let fetcher = &self.settings.fetchers(task.url()).plain;
                self.hosts
                    .pause(host, fetcher.retry_at(&url, task.tries() + 1));
            }
            self.hosts.push(host, task.again());
            return;
        }
        self.broken(host, &task, cause, observer);
    }

    pub(super) fn answered(&mut self, task: &Task, answer: Answer) {
        if let Task::Read { id, .. } | Task::Look { id, .. } = task {
            self.frontier.answered(*id, answer);
        }
    }

    /// The task failed for good.
    pub(super) fn broken(
        &mut self,
        host: usize,
        task: &Task,
        cause: Cause,
        observer: &mut impl Observer,
    ) {
        match task {
            Task::Read { id, .. } | Task::Look { id, .. } => {
                self.frontier.answered(*id, Answer::Broken(cause));
            }
            Task::Sitemap { id, .. } => {
                self.frontier.forget_links(*id);
                self.note(task, &cause.text, observer);
            }
            Task::Robots { .. } => {
                // If robots.txt cannot be read, nothing is allowed.
                if self.obeys_robots(host) {
                    let cause = format!("{cause}: no page of it is checked");
                    self.note(task, &cause, observer);
                }
                self.robots(host, Robots::disallow_all(), observer);
            }
        }
    }

    /// The robots.txt of a host is known.
    pub(super) fn robots(&mut self, host: usize, robots: Robots, observer: &mut impl Observer) {
        let site = &mut self.sites[host];
        if mem::take(&mut site.wants_sitemaps) {
            let mut sitemaps = robots.sitemaps().to_vec();
            if sitemaps.is_empty() {
                sitemaps.push(format!("{}/sitemap.xml", site.origin));
            }
            for url in sitemaps {
                self.add_sitemap(&url, observer);
            }
        }
        let delay = match self.sites[host].is_loopback {
            true => Duration::ZERO,
            false => robots.delay(),
        };
        self.sites[host].robots = Some(robots);
        self.hosts.open(host, delay);
    }
}

//! Tasks for URLs: which is next, and which are not allowed.

use super::super::frontier::{Answer, Id};
use super::super::hosts::Next;
use super::super::summary::Observer;
use super::super::worker::Task;
use super::state::Walk;
use std::time::{Duration, Instant};
use url::Url;

/// How many tasks are queued for each worker while files are read, so that the workers
/// need not wait for the coordinator.
const TASKS_PER_WORKER: usize = 4;

/// The longest time between two reports of progress.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

impl Walk {
    /// Queues tasks for the workers. Returns how long there are no more.
    pub(crate) fn dispatch(&mut self, observer: &mut impl Observer) -> Duration {
        loop {
            while let Some(id) = self.frontier.next() {
                self.queue(id);
            }
            let jobs = self.options.jobs.max(1);
            if self.at_servers >= jobs || self.in_flight >= TASKS_PER_WORKER * jobs {
                return LOOK;
            }
            let now = Instant::now();
            match self.hosts.next(now) {
                Next::Task(host, task) if self.is_disallowed(host, &task) => {
                    self.hosts.not_requested(host);
                    self.answered(&task, Answer::Skipped);
                }
                Next::Task(host, task) => {
                    self.in_flight += 1;
                    self.at_servers += usize::from(!self.sites[host].is_folder);
                    self.tasks.add(host, task);
                }
                Next::GivenUp(host, task, cause) => self.broken(host, &task, cause, observer),
                Next::Wait(time) => return time - now,
                Next::Idle => return LOOK,
            }
        }
    }

    /// Queues the task for a URL.
    pub(super) fn queue(&mut self, id: Id) {
        let url = self.frontier.url(id).to_string();
        // It was parsed before.
        let Ok(parsed) = Url::parse(&url) else { return };
        let host = self.host(&parsed);
        let task = match self.frontier.is_in_scope(id) {
            true => {
                if self.obeys_robots(host) {
                    self.ask_for_robots(host);
                }
                Task::Read { id, url, tries: 0 }
            }
            false => Task::Look { id, url, tries: 0 },
        };
        self.hosts.push(host, task);
    }

    /// Queues the robots.txt of a host, once.
    pub(super) fn ask_for_robots(&mut self, host: usize) {
        if !self.sites[host].asked_for_robots {
            self.sites[host].asked_for_robots = true;
            let url = format!("{}/robots.txt", self.sites[host].origin);
            self.hosts.push_first(host, Task::Robots { url });
        }
    }

    /// Whether the robots.txt of a host is obeyed.
    pub(super) fn obeys_robots(&self, host: usize) -> bool {
        if self.sites[host].is_folder {
            return false;
        }
        let decided = self.options.robots;
        decided.unwrap_or(!self.sites[host].is_loopback)
    }

    /// Whether robots.txt disallows the task. Starts are always allowed.
    pub(super) fn is_disallowed(&self, host: usize, task: &Task) -> bool {
        let Task::Read { id, url, .. } = task else {
            return false;
        };
        let robots = self.sites[host].robots.as_ref();
        self.obeys_robots(host)
            && robots
                .zip(Url::parse(url).ok())
                .is_some_and(|(robots, url)| !robots.allow(&url))
            && !self.frontier.is_root(*id)
    }

    /// Queues a sitemap, unless it is known.
    pub(super) fn add_sitemap(&mut self, url: &str, observer: &mut impl Observer) {
        let mapped = self.frontier.mapped(url);
        let url = mapped.as_deref().unwrap_or(url);
        let Ok(parsed) = Url::parse(url) else {
            self.is_complete = false;
            observer.note(url, "invalid URL of a sitemap");
            return;
        };
        let new = self.sitemaps.len() < self.options.max_urls
            && matches!(parsed.scheme(), "http" | "https")
            && self.sitemaps.insert(parsed.to_string());
        if new {
            let id = self.frontier.sitemap(&parsed);
            let host = self.host(&parsed);
            let url = parsed.into();
            self.hosts.push(host, Task::Sitemap { id, url, tries: 0 });
        }
    }
}

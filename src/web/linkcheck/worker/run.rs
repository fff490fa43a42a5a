//! Carries out a task, and sends what it finds.

use super::super::cause::Cause;
use super::super::folder;
use super::super::frontier::Answer;
use super::super::robots::Robots;
use super::fetchers::{Fetchers, Settings};
use super::task::{Event, Outcome, Reason, Task};
use crate::common::error::Error;
use crate::web::fetch::Failure;
use std::cell::{Cell, RefCell};
use std::sync::mpsc::SyncSender;

/// Carries out tasks, one after the other.
pub(crate) struct Worker {
    pub(super) settings: Settings,
    events: SyncSender<Vec<Event>>,
    /// Events that are sent with the next one.
    waiting: RefCell<Vec<Event>>,
    /// The coordinator takes no more events.
    is_closed: Cell<bool>,
}

impl Worker {
    pub(crate) fn new(settings: Settings, events: SyncSender<Vec<Event>>) -> Worker {
        Worker {
            settings,
            events,
            waiting: RefCell::default(),
            is_closed: Cell::new(false),
        }
    }

    /// Carries out a task at the host of this number. `buffer` is for reads.
    pub(crate) fn run(&self, host: usize, task: Task, buffer: &mut [u8]) {
        let folder = folder::of(&self.settings.folders, task.url());
        let outcome = match (&task, folder) {
            (Task::Read { .. } | Task::Look { .. }, Some(folder)) => {
                self.file(&task, folder, buffer)
            }
            (Task::Sitemap { id, .. }, Some(folder)) => {
                Ok(Outcome::Listed(*id, self.pages(*id, folder)))
            }
            (Task::Read { id, url, .. }, None) => {
                let page = self
                    .settings
                    .fetchers(url)
                    .plain
                    .get(&self.settings.with_user(url));
                page.and_then(|page| self.read(*id, url, page, buffer))
            }
            (Task::Look { url, tries, .. }, None) => self.look(url, *tries),
            (Task::Sitemap { id, url, .. }, None) => {
                (self.list(*id, url)).map(|listed| Outcome::Listed(*id, listed))
            }
            (Task::Robots { url }, _) => {
                let Fetchers { patient, agent, .. } = self.settings.fetchers(url);
                Robots::fetch(patient, &self.settings.with_user(url), agent).map(Outcome::Robots)
            }
        };
        let outcome = outcome.unwrap_or_else(|error| self.failed(&error));
        self.send(Event::Done(host, task, outcome));
    }

    /// Sends an event together with the next one.
    pub(super) fn send_with_next(&self, event: Event) {
        self.waiting.borrow_mut().push(event);
    }

    /// Sends an event, and those that wait for it.
    pub(super) fn send(&self, event: Event) {
        let mut events = self.waiting.take();
        events.push(event);
        if self.events.send(events).is_err() {
            self.is_closed.set(true);
        }
    }

    /// Whether the rest of the task is of no use: the coordinator takes no more events.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    /// Finds out whether a URL exists: by HEAD, and by GET if HEAD fails. After 429 and
    /// 503, the GET is a later try.
    pub(super) fn look(&self, url: &str, tries: u32) -> Result<Outcome, Error> {
        let fetcher = &self.settings.fetchers(url).plain;
        let url = &self.settings.with_user(url);
        let answer = match tries {
            0 => fetcher
                .head(url)
                .or_else(|error| match Failure::of(&error) {
                    // The method makes no difference.
                    Some(Failure::Moved { .. } | Failure::Host(_)) => Err(error),
                    Some(Failure::Status(429 | 503)) => Err(error),
                    Some(Failure::Status(status)) if self.settings.accepts(*status) => Err(error),
                    _ => fetcher.get(url),
                }),
            _ => fetcher.get(url),
        };
        answer.map(|_| Outcome::Answered(Answer::Other(String::new())))
    }

    /// The outcome of a task that ended with this error.
    pub(super) fn failed(&self, error: &Error) -> Outcome {
        let reason = match Failure::of(error) {
            Some(Failure::Moved { status, to }) => {
                let (status, mut to) = (*status, to.clone());
                self.settings.without_user(&mut to);
                return Outcome::Answered(Answer::Moved { status, to });
            }
            // A part that was not requested: the URL works.
            Some(Failure::Status(200..=299)) => {
                return Outcome::Answered(Answer::Other(String::new()));
            }
            Some(Failure::Status(status)) if self.settings.accepts(*status) => {
                return Outcome::Answered(Answer::Other(format!("status {status}")));
            }
            Some(Failure::Host(_)) => Reason::NoHost,
            Some(Failure::Truncated(_) | Failure::Garbled(_)) => Reason::Transient,
            Some(failure @ Failure::Status(_)) if failure.is_transient() => Reason::Transient,
            Some(failure) if failure.is_transient() => Reason::NoAnswer,
            _ => Reason::Final,
        };
        Outcome::Failed(Cause::of(error), reason)
    }
}

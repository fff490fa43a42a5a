//! Tasks for workers, and the events that workers send.

use super::super::batch::Batch;
use super::super::cause::Cause;
use super::super::frontier::{Answer, Id};
use super::super::robots::Robots;

/// A task. `tries` is the number of failed tries.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// Read a page and its links.
    Read { id: Id, url: String, tries: u32 },
    /// Find out whether the URL exists.
    Look { id: Id, url: String, tries: u32 },
    /// Read a sitemap.
    Sitemap { id: Id, url: String, tries: u32 },
    /// Read the robots.txt at this URL.
    Robots { url: String },
}

impl Task {
    pub(crate) fn url(&self) -> &str {
        match self {
            Task::Read { url, .. }
            | Task::Look { url, .. }
            | Task::Sitemap { url, .. }
            | Task::Robots { url } => url,
        }
    }

    /// A robots.txt is not retried: it is fetched with retries.
    pub(crate) fn tries(&self) -> u32 {
        match self {
            Task::Read { tries, .. } | Task::Look { tries, .. } | Task::Sitemap { tries, .. } => {
                *tries
            }
            Task::Robots { .. } => u32::MAX,
        }
    }

    /// The same task for the next try.
    pub(crate) fn again(mut self) -> Task {
        if let Task::Read { tries, .. } | Task::Look { tries, .. } | Task::Sitemap { tries, .. } =
            &mut self
        {
            *tries += 1;
        }
        self
    }
}

/// What a worker sends.
#[derive(Debug)]
pub(crate) enum Event {
    /// Some of the links of a page.
    Links(Id, Batch),
    /// The URL of a sitemap, which another one lists.
    Sitemap(String),
    /// A warning for a page that browsers show nevertheless.
    Warning(Id, String),
    /// A part of a folder that cannot be read, and the cause.
    Unreadable(String, String),
    /// The outcome of a task for the host of this number. It is the last event of the
    /// task.
    Done(usize, Task, Outcome),
}

/// The outcome of a task.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The answer for a URL.
    Answered(Answer),
    /// The answer for a page that is too large: its beginning counts.
    Cut(Answer, Cause),
    /// The task failed.
    Failed(Cause, Reason),
    /// A sitemap was read, and lists this number of URLs.
    Listed(Id, u64),
    /// The content of robots.txt.
    Robots(Robots),
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A retry does not help.
    Final,
    /// A retry may help.
    Transient,
    /// A retry may help, but the host did not answer.
    NoAnswer,
    /// The host does not exist.
    NoHost,
}

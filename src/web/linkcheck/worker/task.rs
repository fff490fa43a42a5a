//! Tasks for workers, and the events that workers send.

use super::super::batch::Batch;
use super::super::cause::Cause;
use super::super::frontier::{Answer, Id};
use super::super::robots::Robots;

/// What to do. `tries` is the number of tries that failed.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// Read a page and its links.
    Read { id: Id, url: String, tries: u32 },
    /// Find out whether it is there.
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

    /// A robots.txt is not tried again: its first try was a patient one.
    pub(crate) fn tries(&self) -> u32 {
        match self {
            Task::Read { tries, .. } | Task::Look { tries, .. } | Task::Sitemap { tries, .. } => {
                *tries
            }
            Task::Robots { .. } => u32::MAX,
        }
    }

    /// The same, once more.
    pub(crate) fn again(mut self) -> Task {
        if let Task::Read { tries, .. } | Task::Look { tries, .. } | Task::Sitemap { tries, .. } =
            &mut self
        {
            *tries += 1;
        }
        self
    }
}

/// What a worker has to tell.
#[derive(Debug)]
pub(crate) enum Event {
    /// Some of the links of a page.
    Links(Id, Batch),
    /// A sitemap that a sitemap lists.
    Sitemap(String),
    /// A page is odd in this way; browsers show it all the same.
    Odd(Id, String),
    /// A part of a folder cannot be read, for this cause.
    Unread(String, String),
    /// What came of a task at the host of this number: its last event.
    Done(usize, Task, Outcome),
}

/// What came of a task.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// What a URL has come to.
    Answered(Answer),
    /// A page that is too large: all before the cut counts.
    Cut(Answer, Cause),
    /// It did not work out.
    Failed(Cause, Reason),
    /// A sitemap is read, and lists this number of URLs.
    Listed(Id, u64),
    /// What robots.txt allows.
    Robots(Robots),
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// For good.
    Final,
    /// Another try may help.
    Passing,
    /// Another try may help, but the host did not answer at all.
    Silence,
    /// There is no such host.
    NoHost,
}

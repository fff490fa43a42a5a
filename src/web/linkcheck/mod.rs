//! `linkcheck`: walks over a web site and tells which of its links are broken.
//!
//! The talk's link checker is ten workers over one queue that they both fill
//! and drain, so they can all wait for room in it, for ever; it reads pages
//! again and again, and a host that cannot be reached ends a worker. Here the
//! work is split otherwise:
//!
//! 1. One coordinator, the `walk`, owns all that is known: the `frontier` of URLs,
//!    which are in `scope`, the `anchors` of pages. It never waits for room.
//! 2. It hands a task at a time to each `worker`, which fetches a URL and sends
//!    back what it finds: links in a `batch`, then what came of the URL.
//!    A worker may wait for the coordinator, never for another worker.
//! 3. Which task is next say the `hosts`: a host that wants time between
//!    requests, or failed and is tried again later, holds up no other. What a
//!    host allows robots to read, its `robots` file says; which pages there are,
//!    perhaps a `sitemap`; a `folder` of files needs no server; what a page is, its `media` type. What was fine may be
//!    kept in a `cache` between runs.
//! 4. What is found out is a `finding`, a line of output, with its `cause`, or a
//!    part of the entry of its target, a `group`. What is fine, and not as it
//!    should be, is in `advice`.
//! 5. It is over when no task waits and none is in flight.
//!
//! Each URL is asked for once, whatever links to it: with HEAD where only its
//! being there is of interest. (Once in vain is not at all: what may pass is
//! tried again.)
//!
//! Costs: a thread and a connection for each worker. Memory grows with the
//! number of URLs, some 400 bytes each, and not with the size of pages, which
//! are read as a stream; [`Options::max_urls`] bounds it.

use crate::common::error::Error;
use std::io::Write;
use url::Url;

mod accept;
mod advice;
mod anchors;
mod batch;
mod cache;
mod cause;
mod finding;
mod folder;
mod frontier;
mod group;
mod hosts;
mod media;
mod options;
mod problem;
pub mod progress;
mod robots;
mod scope;
mod sitemap;
mod summary;
mod walk;
mod worker;

pub use accept::{Remap, Statuses};
pub use cache::Cache;
pub use finding::Format;
pub use folder::Folder;
pub use frontier::Tally;
pub use options::Options;
pub use problem::Problem;
pub use scope::{Patterns, Scope};
pub use summary::{Observer, Summary};

use walk::{LOOK, Walk};

/// What names us to servers.
pub fn user_agent() -> String {
    format!("{}/{}", robots::AGENT, env!("CARGO_PKG_VERSION"))
}

/// Checks what is to be found from these URLs on. What is found is written as it
/// is found, so the order is that in which the servers answer.
///
/// An error is one of the output, or of the files that the options name.
pub fn check(
    options: Options,
    starts: &[Url],
    output: &mut impl Write,
    observer: &mut impl Observer,
) -> Result<Summary, Error> {
    let folders = options.folders.clone();
    let mut walk = Walk::new(options, starts)?;
    for folder in &folders {
        walk.start_in(folder);
    }
    for start in starts {
        walk.start(start);
    }
    loop {
        let wait = walk.dispatch(observer);
        walk.tell(output)?;
        observer.progress(walk.tally(), walk.in_flight());
        if walk.is_over() {
            return Ok(walk.summary(observer));
        }
        walk.listen(wait.min(LOOK), observer);
    }
}

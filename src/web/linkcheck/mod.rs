//! `linkcheck`: finds the broken links of a web site.
//!
//! In the talk's link checker, ten workers fill and drain one bounded queue, so all of
//! them may wait for room in it; it reads pages more than once, and a host that cannot be
//! reached ends a worker. This one is different:
//!
//! 1. One coordinator, the `walk`, owns the state: the `frontier` of URLs, their `scope`,
//!    and the `anchors` of pages. It never waits for room.
//! 2. It gives tasks to each `worker`, which fetches a URL and sends back the links that
//!    it finds, in a `batch`, and then the result. A worker may wait for the coordinator,
//!    never for another worker.
//! 3. `hosts` chooses the next task: a host with a delay between requests, or one that is
//!    retried later, does not delay another. `robots` reads what a host allows, and
//!    `sitemap` lists of pages; a `folder` of files needs no server; `media` decides
//!    whether a body is a page. A `cache` stores URLs that are fine between runs.
//! 4. A `finding` is a line of output, with its `cause`; `group` joins those of one
//!    target. `advice` has the warnings for links that work.
//! 5. The check ends when no task waits and none is in flight.
//!
//! Each URL is requested once, however many links lead to it: with HEAD if only its
//! existence matters. Transient failures are retried.
//!
//! Cost: a thread and a connection for each worker. Memory grows with the number of URLs,
//! some 400 bytes each, up to [`Options::max_urls`]. It does not depend on the size of
//! pages, which are read as a stream.

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

/// The default User-Agent.
pub fn user_agent() -> String {
    format!("{}/{}", robots::AGENT, env!("CARGO_PKG_VERSION"))
}

/// Checks the links of the sites that begin at these URLs. Findings are written as soon
/// as they are known, so their order is that of the responses.
///
/// An error is one of the output, of a file that the options name, or of a thread.
///
/// ```
/// use textmill::web::linkcheck::{self, Folder, Observer, Options, Tally};
///
/// struct Silent;
///
/// impl Observer for Silent {
///     fn note(&mut self, _object: &str, _cause: &str) {}
///     fn progress(&mut self, _tally: &Tally, _in_flight: usize) {}
/// }
///
/// let site = tempfile::tempdir()?;
/// std::fs::write(site.path().join("index.html"), "<a href=/>ok</a> <a href=no.html>broken</a>")?;
/// let options = Options {
///     folders: vec![Folder::new(site.path(), None, 1)?],
///     ..Options::default()
/// };
/// let mut output = Vec::new();
/// let summary = linkcheck::check(options, &[], &mut output, &mut Silent)?;
/// assert_eq!((summary.tally.pages, summary.tally.broken), (1, 1));
/// assert!(String::from_utf8_lossy(&output).contains("/no.html (No such file or directory)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
        walk.report(output)?;
        observer.progress(walk.tally(), walk.in_flight());
        if walk.is_over() {
            return Ok(walk.summary(observer));
        }
        walk.listen(wait.min(LOOK), observer);
    }
}

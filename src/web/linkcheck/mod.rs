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
use crate::web::fetch;
use std::collections::HashSet;
use std::io::Write;
use std::time::Duration;
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
pub mod progress;
mod robots;
mod scope;
mod sitemap;
mod walk;
mod worker;

pub use accept::{Remap, Statuses};
pub use cache::Cache;
pub use finding::Format;
pub use folder::Folder;
pub use frontier::Tally;
pub use scope::Scope;

use walk::Walk;

/// How often, at least, somebody is told how far it all is.
const LOOK: Duration = Duration::from_millis(100);

/// What to check, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many levels of pages, the start's included, of which the last is not
    /// entered: 2 is a page and what it links to. None is the whole site.
    pub levels: Option<u32>,
    /// How many URLs to check at a time.
    pub jobs: usize,
    /// How many of them at one host, and how much time to let pass between two
    /// requests. Neither goes for this machine itself (loopback).
    pub per_host: usize,
    /// See [`per_host`](Options::per_host).
    pub delay: Duration,
    /// How often to try again what may have failed in passing.
    pub retry: u32,
    /// How many URLs to check at most.
    pub max_urls: usize,
    /// How much of a page to read at most, in bytes, content encodings taken off.
    pub max_size: u64,
    /// Which URLs.
    pub scope: Scope,
    /// Look whether the fragments of links are there, on pages of the site.
    pub fragments: bool,
    /// Obey robots.txt; undecided, everywhere but on this machine itself.
    pub robots: Option<bool>,
    /// Begin with the pages of the site's sitemaps, too.
    pub sitemap: bool,
    /// Tell of redirected links, too.
    pub redirects: bool,
    /// Tell of links that work and should be mended, too: moved for good, down to
    /// http, with a password in them.
    pub warnings: bool,
    /// Tell of what is no fault, too: links to other schemes, what is no page.
    pub verbose: bool,
    /// How to write what is found.
    pub format: Format,
    /// One entry for all findings of one target, at the end.
    pub group: bool,
    /// Folders of files to check, besides the URLs.
    pub folders: Vec<Folder>,
    /// Statuses that are fine, besides 200 to 299.
    pub accept: Vec<Statuses>,
    /// What to ask for in place of the URLs that pages have: the first that fits counts.
    pub remap: Vec<Remap>,
    /// Links to http are broken where https works, too.
    pub require_https: bool,
    /// External URLs that are known to be fine, and not asked for; none if those
    /// that are fine are not to be told.
    pub fine: Option<HashSet<String>>,
    /// How to fetch. Redirects and retries are dealt with here.
    pub fetch: fetch::Options,
}

/// Somebody who is told what else happens, and how far it all is.
pub trait Observer {
    /// Something could not be done, so that the result is not complete.
    fn note(&mut self, object: &str, cause: &str);
    /// How far it is; some times a second.
    fn progress(&mut self, tally: &Tally, in_flight: usize);
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The numbers.
    pub tally: Tally,
    /// All was looked at that was to be: otherwise there was a note.
    pub is_complete: bool,
    /// The starts that could not be read, with their causes.
    pub failed_starts: Vec<(String, String)>,
    /// The external URLs that were asked for, and are fine: see [`Options::fine`].
    pub fine: Vec<String>,
}

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

//! What to check, and how.

use super::accept::{Remap, Statuses};
use super::finding::Format;
use super::folder::Folder;
use super::scope::Scope;
use crate::web::fetch;
use std::collections::HashSet;
use std::time::Duration;

/// What to check, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The number of levels of pages, with that of the start. The last one is not
    /// entered: 2 is a page and its links. `None` is the whole site.
    pub levels: Option<u32>,
    /// How many URLs to check at a time.
    pub jobs: usize,
    /// How many of them at one host. Loopback addresses have no limit.
    pub per_host: usize,
    /// The time between two requests to one host. Loopback addresses have no delay.
    pub delay: Duration,
    /// How often to retry after a transient failure.
    pub retry: u32,
    /// How many URLs to check at most.
    pub max_urls: usize,
    /// How much of a page to read at most, in bytes, decompressed.
    pub max_size: u64,
    /// Which URLs to enter, and which to check.
    pub scope: Scope,
    /// Check the fragments of links to pages of the site.
    pub fragments: bool,
    /// Obey robots.txt. `None`: except on loopback addresses.
    pub robots: Option<bool>,
    /// Begin with the pages of the site's sitemaps, too.
    pub sitemap: bool,
    /// Report redirected links, too.
    pub redirects: bool,
    /// Report links that work but should be changed, too: moved permanently, from https
    /// to http, with a password.
    pub warnings: bool,
    /// Report information, too: links of other schemes, and URLs that are not pages.
    pub verbose: bool,
    /// The format of findings.
    pub format: Format,
    /// One entry for all findings of one target, at the end.
    pub group: bool,
    /// Folders of files to check, besides the URLs.
    pub folders: Vec<Folder>,
    /// Statuses that are accepted, besides 200 to 299.
    pub accept: Vec<Statuses>,
    /// Replacements for the URLs that pages have: the first that matches counts.
    pub remap: Vec<Remap>,
    /// Report links to http as broken if https works, too.
    pub require_https: bool,
    /// External URLs that are fine, and not requested. `None` if
    /// [`Summary::fine`](super::Summary::fine) is not wanted.
    pub fine: Option<HashSet<String>>,
    /// How to fetch. Its limits, redirects and retries are replaced by those of the
    /// check.
    pub fetch: fetch::Options,
}

/// The whole site, with the defaults of the program, except the User-Agent.
impl Default for Options {
    fn default() -> Self {
        Options {
            levels: None,
            jobs: 10,
            per_host: 4,
            delay: Duration::from_millis(100),
            retry: 2,
            max_urls: 1_000_000,
            max_size: 64 << 20,
            scope: Scope::default(),
            fragments: true,
            robots: None,
            sitemap: false,
            redirects: false,
            warnings: false,
            verbose: false,
            format: Format::default(),
            group: false,
            folders: Vec::new(),
            accept: Vec::new(),
            remap: Vec::new(),
            require_https: false,
            fine: None,
            fetch: fetch::Options::default(),
        }
    }
}

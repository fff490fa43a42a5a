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

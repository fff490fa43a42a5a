//! What to find, and the numbers of it.

use super::super::accept::Remap;
use std::collections::HashSet;

/// The whole site: as many levels as there are.
pub(crate) const ALL_LEVELS: u32 = u32::MAX;

/// What to find, besides broken links.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// How many levels of pages there are, the start's included; the last one
    /// is checked, not entered.
    pub(crate) levels: u32,
    /// How many URLs to know at most.
    pub(crate) max_urls: usize,
    /// Look for the fragments of links.
    pub(crate) fragments: bool,
    /// Tell of links that are redirected.
    pub(crate) redirects: bool,
    /// Tell of links that work, and should be mended all the same.
    pub(crate) warnings: bool,
    /// What to ask for in place of the URLs that pages have.
    pub(crate) remap: Vec<Remap>,
    /// Find links to http that work with https.
    pub(crate) require_https: bool,
    /// External URLs that are known to be fine.
    pub(crate) fine: Option<HashSet<String>>,
}

/// The numbers of it all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pages whose links were followed.
    pub pages: u64,
    /// Links found on them: a URL with its fragment counts once a page.
    pub links: u64,
    /// URLs to check.
    pub urls: u64,
    /// URLs that were checked.
    pub checked: u64,
    /// Broken links found.
    pub broken: u64,
    /// URLs that robots.txt keeps us from.
    pub disallowed: u64,
    /// Links to URLs that were left out because there were too many.
    pub left_out: u64,
}

/// The level of what a page of this level leads to.
pub(super) fn below(level: u32) -> u32 {
    match level {
        ALL_LEVELS => ALL_LEVELS,
        level => level.saturating_sub(1),
    }
}

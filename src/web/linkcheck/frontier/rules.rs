//! What to find, and the numbers of it.

use super::super::accept::Remap;
use std::collections::HashSet;

/// All levels: the whole site.
pub(crate) const ALL_LEVELS: u32 = u32::MAX;

/// What to find.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// The number of levels, with that of the start. The last one is checked, not
    /// entered.
    pub(crate) levels: u32,
    /// The limit of known URLs.
    pub(crate) max_urls: usize,
    /// Check the fragments of links.
    pub(crate) fragments: bool,
    /// Report links that are redirected.
    pub(crate) redirects: bool,
    /// Report links that work, but should be changed.
    pub(crate) warnings: bool,
    /// Replacements for the URLs that pages have.
    pub(crate) remap: Vec<Remap>,
    /// Report links to http that work with https.
    pub(crate) require_https: bool,
    /// External URLs that are fine.
    pub(crate) fine: Option<HashSet<String>>,
}

/// The numbers of a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pages whose links were followed.
    pub pages: u64,
    /// Links on them: a URL with its fragment counts once for each page.
    pub links: u64,
    /// URLs to check.
    pub urls: u64,
    /// URLs that were checked.
    pub checked: u64,
    /// Broken links found.
    pub broken: u64,
    /// URLs that robots.txt disallows.
    pub disallowed: u64,
    /// Links to URLs that were left out because there were too many.
    pub left_out: u64,
}

/// The level of the pages that a page of this level leads to.
pub(super) fn below(level: u32) -> u32 {
    match level {
        ALL_LEVELS => ALL_LEVELS,
        level => level.saturating_sub(1),
    }
}

//! Errors of `linkcheck` alone.

use crate::common::error::Error;
use std::path::PathBuf;

/// Errors of `linkcheck` alone; the text is that of the error line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A start is a FIFO or a device.
    #[error("not a regular file")]
    NotAFile,
    /// A start is not in the root that was given.
    #[error("not in the folder {}", .0.display())]
    NotInFolder(PathBuf),
    /// [`Statuses`](super::Statuses) cannot be read.
    #[error("invalid status (use 100 to 999, or a range like 500-599)")]
    Status,
    /// A [`Remap`](super::Remap) cannot be read.
    #[error("expected FROM=TO, two beginnings of http or https URLs")]
    Remap,
    /// This line of a [`Cache`](super::Cache) cannot be read.
    #[error("line {0} is not SECONDS URL: not a cache of linkcheck, or damaged")]
    Cache(u64),
    /// [`Patterns`](super::Patterns) cannot be read.
    #[error("{cause}")]
    Pattern {
        /// What is wrong, in one line.
        cause: String,
        /// The error of the regular expression.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A sitemap is not valid XML.
    #[error("not XML: {0}")]
    Xml(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A sitemap is text, but not a list of URLs.
    #[error("not a sitemap: neither XML nor a URL a line")]
    NotASitemap,
    /// A sitemap is larger than is read.
    #[error("a sitemap of more than 100 MiB: the rest is not read")]
    SitemapTooLarge,
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::own(problem)
    }
}

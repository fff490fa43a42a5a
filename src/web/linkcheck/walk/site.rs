//! A host, and its robots.txt.

use super::super::robots::Robots;
use url::{Host, Url};

/// A host.
pub(super) struct KnownHost {
    /// Scheme, host and port, as URLs begin.
    pub(super) origin: String,
    pub(super) is_loopback: bool,
    /// It is a folder of files.
    pub(super) is_folder: bool,
    pub(super) robots: Option<Robots>,
    pub(super) asked_for_robots: bool,
    /// Its sitemaps have to be read.
    pub(super) wants_sitemaps: bool,
}

/// Whether a URL is on this machine, by its name or address.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

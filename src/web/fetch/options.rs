//! The options of a fetcher.

use super::headers::{Field, User};
#[cfg(doc)]
use crate::web::html::pages;
use std::path::PathBuf;
use std::time::Duration;
use ureq::http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Write the bytes as the server sends them: request no content encoding, decode none,
    /// convert no text.
    pub raw: bool,
    /// Write a mark that contains the URL ([`pages`]) before each body that is HTML by its
    /// content type. Has no effect with `raw` or `head`.
    pub base: bool,
    /// The time limit for looking up the host, and the limit for connecting, TLS included.
    pub connect_timeout: Duration,
    /// The longest time without a byte from the server. The time in which a slow reader
    /// takes no bytes does not count.
    pub stall_timeout: Duration,
    /// The time limit for one URL, redirects and retries included. The time in which the
    /// body waits for the output does not count.
    pub max_time: Option<Duration>,
    /// The number of retries in a row without a new byte.
    pub retry: u32,
    /// The wait before the first retry. Each next wait is twice as long, up to a minute.
    pub retry_delay: Duration,
    /// The number of URLs in flight.
    pub jobs: usize,
    /// The number of requests in flight to one host.
    pub per_host: usize,
    /// Follow redirects; otherwise a redirect is a [`Failure::Moved`](super::Failure::Moved).
    pub follow: bool,
    /// Wait as long as a host's `Retry-After` requests; otherwise requests are sent
    /// during its pauses, too.
    pub honor_retry_after: bool,
    /// Follow redirects from https to http.
    pub allow_downgrade: bool,
    /// The size limit for one body in bytes, content encodings removed. A larger body is an
    /// error.
    pub max_size: Option<u64>,
    /// Send HEAD requests, and write the heads of the responses.
    pub head: bool,
    /// Header fields for the origin of the URL. Other origins do not get them.
    pub fields: Vec<Field>,
    /// The field User-Agent ([`user_agent`](super::user_agent)) instead of `textmill/VERSION`.
    pub user_agent: Option<Field>,
    /// The credentials for the origin of the URL, if the URL contains none. Other origins do
    /// not get them.
    pub user: Option<User>,
    /// Look up credentials in the file that `$NETRC` names, by default `~/.netrc`.
    pub netrc: bool,
    /// Trust the certificates in this file (PEM) instead of the system's.
    pub cacert: Option<PathBuf>,
    /// The client certificate (PEM), and the file of its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Accept any certificate.
    pub insecure: bool,
    /// Use addresses of this family only.
    pub family: Option<Family>,
    /// Compute the SHA-256 of the written bytes.
    pub digest: bool,
    /// The output file, by device and inode: fetching it is an error.
    pub output_file: Option<(u64, u64)>,
}

impl Options {
    /// Whether the user's fields request the body only if it has changed (RFC 9110, 13.1).
    pub(crate) fn has_condition(&self) -> bool {
        let conditions = [IF_NONE_MATCH, IF_MODIFIED_SINCE];
        self.fields
            .iter()
            .any(|field| conditions.contains(&field.name))
    }
}

/// A family of internet addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            raw: false,
            base: false,
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
            max_time: None,
            retry: 3,
            retry_delay: Duration::from_millis(500),
            jobs: 10,
            per_host: 10,
            follow: true,
            honor_retry_after: true,
            allow_downgrade: false,
            max_size: None,
            head: false,
            fields: Vec::new(),
            user_agent: None,
            user: None,
            netrc: false,
            cacert: None,
            identity: None,
            insecure: false,
            family: None,
            digest: false,
            output_file: None,
        }
    }
}

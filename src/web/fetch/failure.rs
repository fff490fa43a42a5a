//! Why a URL could not be fetched: a message for people, a word of [`WORDS`] for scripts, and
//! whether a retry may help.
//!
//! This is the one place that maps an error to its message and its word. The exit status is
//! 1 for each of them (`cli`).

use super::redact::without_user;
use crate::common::error::{self, Error};
use crate::common::time;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error as ThisError;
use url::Url;

/// Why a URL could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Failure {
    /// The URL is invalid, or its scheme is not http, https or file.
    #[error(transparent)]
    Url(Detail),
    /// The host does not exist.
    #[error(transparent)]
    Host(Detail),
    /// The look-up of the host failed: the host may exist.
    #[error(transparent)]
    Lookup(Detail),
    /// The connection failed, or it was closed before the response.
    #[error(transparent)]
    Connect(Detail),
    /// The TLS connection failed: an untrusted certificate, a failed handshake.
    #[error(transparent)]
    Tls(Detail),
    /// Looking up the host or connecting to it took too long.
    #[error(transparent)]
    TimedOut(Detail),
    /// The server sent no byte for this long.
    #[error("no data for {}", time::shown(*.0))]
    Stalled(Duration),
    /// The whole URL took longer than this.
    #[error("timed out after {}", time::shown(*.0))]
    TooLong(Duration),
    /// The response is invalid HTTP.
    #[error(transparent)]
    Protocol(Detail),
    /// The status of the response is not a success.
    #[error("{}", with_reason(*.0))]
    Status(u16),
    /// The status is 304, because a condition of the user's header fields is met.
    #[error("304 Not Modified")]
    NotModified,
    /// The proxy failed, not the server.
    #[error("proxy {proxy}: {because}")]
    Proxy {
        /// The proxy, `HOST:PORT`.
        proxy: String,
        /// What failed at the proxy.
        #[source]
        because: Box<Failure>,
    },
    /// The target of a redirect failed.
    #[error("redirected to {to}: {because}")]
    Redirected {
        /// The target, without user name and password.
        to: String,
        /// What failed at the target.
        #[source]
        because: Box<Failure>,
    },
    /// The redirect is invalid, refused, or one of too many.
    #[error(transparent)]
    Redirect(Detail),
    /// The response is a redirect, and the options follow none.
    #[error("{}, to {}", with_reason(*.status), without_user(Url::clone(.to)))]
    Moved {
        /// The status of the response.
        status: u16,
        /// The target.
        to: Box<Url>,
    },
    /// The body ended too early.
    #[error("body truncated: {0}")]
    Truncated(#[source] Detail),
    /// The framing of the body is invalid.
    #[error("body garbled {0}")]
    Garbled(Detail),
    /// The body was truncated, and the server now has another body.
    #[error("the body changed: {0}")]
    Changed(Detail),
    /// The content encoding is unknown, or its data is corrupt.
    #[error(transparent)]
    Encoding(Detail),
    /// The body is complete, but more data follows the end of its content encoding.
    #[error("{coding} data goes on after its end")]
    TrailingData {
        /// The content encoding.
        coding: &'static str,
    },
    /// The body is larger than the limit.
    #[error(transparent)]
    TooLarge(Detail),
    /// The body was truncated, and the request for the rest failed.
    #[error("{broken}; not resumed: {because}")]
    NotResumed {
        /// How the body was truncated.
        broken: Box<Failure>,
        /// Why the request for the rest failed.
        #[source]
        because: Box<Failure>,
    },
}

/// The message of a [`Failure`], and the error that caused it, if another library or the
/// system reported one.
#[derive(Debug, Clone)]
pub struct Detail {
    message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Detail {
    /// A message for an error of another library or of the system.
    pub(crate) fn new(
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Detail {
        Detail {
            message: message.into(),
            source: Some(Arc::new(source)),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Detail {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&**self.source.as_ref()?)
    }
}

/// Details are equal if their messages are.
impl PartialEq for Detail {
    fn eq(&self, other: &Detail) -> bool {
        self.message == other.message
    }
}

impl Eq for Detail {}

impl From<String> for Detail {
    fn from(message: String) -> Detail {
        Detail {
            message,
            source: None,
        }
    }
}

impl From<&str> for Detail {
    fn from(message: &str) -> Detail {
        message.to_string().into()
    }
}

/// The words for failures and their meanings, as help and docs/programs/fetch.md list them. Scripts rely
/// on them: the meaning of a word never changes.
pub const WORDS: &[(&str, &str)] = &[
    ("url", "the URL cannot be read"),
    ("file", "the file cannot be read"),
    ("dns", "the host's name has no address"),
    ("connect", "no connection, or no answer on it"),
    ("tls", "no secure connection"),
    ("timeout", "a time limit was exceeded"),
    ("protocol", "the answer is not HTTP as it should be"),
    ("status", "the server's status is not a success"),
    ("not-modified", "304, as a condition of -H asked for"),
    ("redirect", "a redirect is refused or leads nowhere"),
    ("truncated", "the body broke off"),
    ("changed", "the body changed while it was resumed"),
    ("encoding", "the content encoding is unknown or corrupt"),
    ("too-large", "the body is larger than it may be"),
    ("interrupted", "the output failed"),
];

/// The status for a range beyond the end of the body.
pub(crate) const RANGE_NOT_SATISFIABLE: u16 = 416;

impl Failure {
    /// The word of [`WORDS`] for this failure.
    pub fn word(&self) -> &'static str {
        match self {
            Failure::Url(_) => "url",
            Failure::Host(_) | Failure::Lookup(_) => "dns",
            Failure::Connect(_) => "connect",
            Failure::Tls(_) => "tls",
            Failure::TimedOut(_) | Failure::Stalled(_) | Failure::TooLong(_) => "timeout",
            Failure::Protocol(_) | Failure::Garbled(_) => "protocol",
            Failure::Status(_) => "status",
            Failure::NotModified => "not-modified",
            Failure::Proxy { because, .. } | Failure::Redirected { because, .. } => because.word(),
            Failure::Redirect(_) | Failure::Moved { .. } => "redirect",
            Failure::Truncated(_) => "truncated",
            Failure::Changed(_) => "changed",
            Failure::Encoding(_) | Failure::TrailingData { .. } => "encoding",
            Failure::TooLarge(_) => "too-large",
            Failure::NotResumed { broken, .. } => broken.word(),
        }
    }

    /// The word of [`WORDS`] for an error that ended a fetch.
    pub fn word_of(error: &Error) -> &'static str {
        match error {
            Error::Read(cause) => match Failure::within(cause) {
                Some(failure) => failure.word(),
                None => "file",
            },
            _ => "interrupted",
        }
    }

    /// The failure within an error, without its proxy or redirect.
    pub fn of(error: &Error) -> Option<&Failure> {
        match error {
            Error::Read(error) => Failure::within(error),
            _ => None,
        }
    }

    /// The failure within the error of a reader, without its proxy or redirect.
    fn within(error: &io::Error) -> Option<&Failure> {
        Some(Failure::carried(error)?.root())
    }

    /// The failure within the error of a reader.
    pub(crate) fn carried(error: &io::Error) -> Option<&Failure> {
        error.get_ref()?.downcast_ref()
    }

    /// The failure without its proxy or redirect.
    fn root(&self) -> &Failure {
        match self {
            Failure::Proxy { because, .. } | Failure::Redirected { because, .. } => because.root(),
            failure => failure,
        }
    }

    /// Whether the URL took longer than its limit.
    pub(crate) fn is_too_long(&self) -> bool {
        matches!(self.root(), Failure::TooLong(_))
    }

    /// Whether a request that failed like this, before any body, may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self.root() {
            Failure::Lookup(_)
            | Failure::Connect(_)
            | Failure::TimedOut(_)
            | Failure::Stalled(_) => true,
            Failure::Status(code) => {
                // Cloudflare sends 520 to 527 if the server behind it fails.
                matches!(code, 408 | 425 | 429 | 500 | 502..=504 | 520..=527)
            }
            _ => false,
        }
    }

    /// Whether a request for the rest of a body that failed like this may succeed a moment
    /// later. Unlike a first request, it may also fail by a truncated body.
    pub(crate) fn is_resumable(&self) -> bool {
        self.is_transient()
            || matches!(
                self.root(),
                Failure::Truncated(_)
                    | Failure::Garbled(_)
                    | Failure::TooLong(_)
                    | Failure::Status(RANGE_NOT_SATISFIABLE)
            )
    }

    /// The failure of a body that was truncated as `broken` says and could not be resumed
    /// because of this failure.
    pub(crate) fn after(self, broken: Failure) -> Failure {
        match self {
            Failure::Changed(_)
            | Failure::TooLong(_)
            | Failure::Truncated(_)
            | Failure::Garbled(_) => self,
            because if because == broken => because,
            because => Failure::NotResumed {
                broken: Box::new(broken),
                because: Box::new(because),
            },
        }
    }
}

/// A status with its reason phrase.
fn with_reason(code: u16) -> String {
    let status = ureq::http::StatusCode::from_u16(code).ok();
    match status.and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{code} {reason}"),
        None => format!("status {code}"),
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> io::Error {
        io::Error::other(failure)
    }
}

/// The failure within the error of a reader; any other error truncates the body.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match Failure::carried(&error) {
            Some(failure) => failure.clone(),
            None => Failure::Truncated(Detail::new(error::cause(&error), error)),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error::Read(failure.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn the_source_is_the_error_of_the_system() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let failure = Failure::Redirected {
            to: "http://a.example/".into(),
            because: Box::new(Failure::Connect(Detail::new("connection refused", refused))),
        };
        assert_eq!(
            failure.to_string(),
            "redirected to http://a.example/: connection refused"
        );
        let source = failure.source().and_then(|because| because.source());
        let source = source.and_then(|error| error.downcast_ref::<io::Error>());
        assert_eq!(
            source.map(io::Error::kind),
            Some(io::ErrorKind::ConnectionRefused)
        );
        assert!(Failure::Url("invalid URL".into()).source().is_none());
    }
}

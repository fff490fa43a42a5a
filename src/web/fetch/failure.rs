//! Why a URL could not be fetched: in a sentence for people, in one of
//! [`WORDS`] for scripts.

use super::address::without_user;
use super::decode;
use crate::common::error::Error;
use crate::common::time;
use std::fmt;
use std::io;
use std::time::Duration;
use url::Url;

/// What came between a URL and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The URL cannot be read, or its scheme is none of ours.
    Url(String),
    /// There is no such host.
    Host(String),
    /// Whether there is such a host could not be found out.
    Lookup(String),
    /// No connection to the host.
    Connect(String),
    /// No secure connection: a certificate that is not trusted, a handshake that failed.
    Tls(String),
    /// Finding the host or connecting to it took too long.
    TimedOut(String),
    /// Not a byte for this long.
    Stalled(Duration),
    /// The whole of it took longer than this.
    TooLong(Duration),
    /// The answer is not HTTP as it should be.
    Protocol(String),
    /// The server answered with this status, and no body is what was asked for.
    Status(u16),
    /// The server answered a condition that the user set: what the user has is still true.
    NotModified,
    /// It failed at the proxy, and not at the server.
    Proxy {
        /// The proxy, `HOST:PORT`.
        proxy: String,
        /// What failed there.
        because: Box<Failure>,
    },
    /// It failed where a redirect led to.
    Redirected {
        /// The URL there, without user name and password.
        to: String,
        /// What failed there.
        because: Box<Failure>,
    },
    /// A redirect that leads nowhere, or where nobody should go.
    Redirect(String),
    /// A redirect, where none is to be followed.
    Moved {
        /// The status of the answer.
        status: u16,
        /// Where it points to.
        to: Box<Url>,
    },
    /// The body broke off.
    Truncated(String),
    /// The body's framing is broken.
    Garbled(String),
    /// The body broke off, and there is another one by now: no splicing them.
    Changed(String),
    /// The content encoding is unknown or its data corrupt.
    Encoding(String),
    /// The body is larger than it may be.
    TooLarge(String),
    /// The body broke off, and asking for the rest of it failed in its own way.
    NotResumed {
        /// How the body broke off.
        broken: Box<Failure>,
        /// Why there is no rest of it.
        because: Box<Failure>,
    },
    /// Nobody wants it any more.
    Interrupted,
}

/// The words for failures, and what each stands for, as help and docs/programs/fetch.md list
/// them. They never change their meaning: scripts may rely on them.
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

/// The status for a range that is not there.
pub(super) const NO_RANGE: u16 = 416;

impl Failure {
    /// The one of [`WORDS`] that this is.
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
            Failure::Encoding(_) => "encoding",
            Failure::TooLarge(_) => "too-large",
            Failure::NotResumed { broken, .. } => broken.word(),
            Failure::Interrupted => "interrupted",
        }
    }

    /// The word for an error that ended a fetch.
    pub fn word_of(error: &Error) -> &'static str {
        match error {
            Error::Read(cause) => match Failure::within(cause) {
                Some(failure) => failure.word(),
                None => "file",
            },
            _ => "interrupted",
        }
    }

    /// The failure that an error carries.
    pub fn of(error: &Error) -> Option<&Failure> {
        match error {
            Error::Read(error) => Failure::within(error),
            _ => None,
        }
    }

    /// The failure that an error of a reader carries, wherever it happened.
    pub fn within(error: &io::Error) -> Option<&Failure> {
        Some(Failure::carried(error)?.root())
    }

    /// The same, with the place where it happened.
    fn carried(error: &io::Error) -> Option<&Failure> {
        error.get_ref()?.downcast_ref()
    }

    /// What failed, wherever that was.
    fn root(&self) -> &Failure {
        match self {
            Failure::Proxy { because, .. } | Failure::Redirected { because, .. } => because.root(),
            failure => failure,
        }
    }

    /// Whether the time was over.
    pub(super) fn is_too_long(&self) -> bool {
        matches!(self.root(), Failure::TooLong(_))
    }

    /// Whether all of the body was read, and data that is none of it follows.
    pub fn is_trailing(&self) -> bool {
        decode::is_trailing(self)
    }

    /// Whether asking for the rest of a body may succeed in a moment if it
    /// failed like this: by a new break of the body, too.
    pub(super) fn may_pass(&self) -> bool {
        self.is_transient()
            || matches!(
                self.root(),
                Failure::Truncated(_)
                    | Failure::Garbled(_)
                    | Failure::TooLong(_)
                    | Failure::Status(NO_RANGE)
            )
    }

    /// This is what ended a body that broke off as `broken` says. Where it
    /// tells the whole story, it is told alone.
    pub(super) fn ending(self, broken: Failure) -> Failure {
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

    /// Whether a request that failed like this, before any body, may fare
    /// better in a moment.
    pub fn is_transient(&self) -> bool {
        match self.root() {
            Failure::Lookup(_)
            | Failure::Connect(_)
            | Failure::TimedOut(_)
            | Failure::Stalled(_) => true,
            Failure::Status(code) => {
                // 520 and more are what Cloudflare says when a server fails behind it.
                matches!(code, 408 | 425 | 429 | 500 | 502..=504 | 520..=527)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Url(cause)
            | Failure::Host(cause)
            | Failure::Lookup(cause)
            | Failure::Connect(cause)
            | Failure::Tls(cause)
            | Failure::TimedOut(cause)
            | Failure::Protocol(cause)
            | Failure::Redirect(cause)
            | Failure::Encoding(cause)
            | Failure::TooLarge(cause) => f.write_str(cause),
            Failure::Truncated(how) => write!(f, "body truncated: {how}"),
            Failure::Garbled(how) => write!(f, "body garbled {how}"),
            Failure::Changed(how) => write!(f, "the body changed: {how}"),
            Failure::Stalled(limit) => write!(f, "no data for {}", time::shown(*limit)),
            Failure::TooLong(limit) => write!(f, "timed out after {}", time::shown(*limit)),
            Failure::NotResumed { broken, because } => {
                write!(f, "{broken}; not resumed: {because}")
            }
            Failure::Proxy { proxy, because } => write!(f, "proxy {proxy}: {because}"),
            Failure::Redirected { to, because } => write!(f, "redirected to {to}: {because}"),
            Failure::NotModified => f.write_str("304 Not Modified"),
            Failure::Interrupted => f.write_str("interrupted"),
            Failure::Status(code) => status(f, *code),
            Failure::Moved { status: code, to } => {
                status(f, *code)?;
                write!(f, ", to {}", without_user(Url::clone(to)))
            }
        }
    }
}

/// A status with the words for it.
fn status(f: &mut fmt::Formatter<'_>, code: u16) -> fmt::Result {
    let reason = ureq::http::StatusCode::from_u16(code).ok();
    match reason.and_then(|status| status.canonical_reason()) {
        Some(reason) => write!(f, "{code} {reason}"),
        None => write!(f, "status {code}"),
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> io::Error {
        io::Error::other(failure)
    }
}

/// The failure within an error of a reader, or that the reader failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match Failure::carried(&error) {
            Some(failure) => failure.clone(),
            None => Failure::Truncated(crate::common::error::cause(&error)),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error::Read(failure.into())
    }
}

//! Why a URL could not be fetched, in short words.

use super::time;
use crate::error::{self, Error};
use std::fmt;
use std::io;
use std::time::Duration;
use ureq::Timeout;

/// What came between a URL and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The URL cannot be read, or its scheme is none of ours.
    Url(String),
    /// The host's name has no address, or none could be found out.
    Host(String),
    /// No connection to the host.
    Connect(String),
    /// No secure connection: a certificate that is not trusted, a handshake that failed.
    Tls(String),
    /// Not a byte for this long.
    Stalled(Duration),
    /// The answer is not HTTP as it should be.
    Protocol(String),
    /// The server answered with this status, and no body is what was asked for.
    Status(u16),
    /// A redirect that is not followed.
    Redirect(String),
    /// The body broke off.
    Truncated(String),
    /// The content encoding is unknown or its data corrupt.
    Encoding(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Url(cause)
            | Failure::Host(cause)
            | Failure::Connect(cause)
            | Failure::Tls(cause)
            | Failure::Protocol(cause)
            | Failure::Redirect(cause)
            | Failure::Encoding(cause) => f.write_str(cause),
            Failure::Truncated(how) => write!(f, "body truncated: {how}"),
            Failure::Stalled(limit) => write!(f, "no byte for {}", time::shown(*limit)),
            Failure::Status(code) => {
                let reason = ureq::http::StatusCode::from_u16(*code).ok();
                match reason.and_then(|status| status.canonical_reason()) {
                    Some(reason) => write!(f, "{code} {reason}"),
                    None => write!(f, "status {code}"),
                }
            }
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> io::Error {
        io::Error::other(failure)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error::Read(failure.into())
    }
}

/// How a connection ended that should have gone on. It travels through ureq as
/// the cause of an [`io::Error`] of a kind that ureq takes for no clean end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// By RST, or by a time limit of the kernel.
    Reset,
    /// By FIN, while TLS had not said that this is the end.
    Unannounced,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Broken::Reset => "connection reset",
            Broken::Unannounced => "connection closed in the middle of TLS",
        })
    }
}

impl std::error::Error for Broken {}

/// True if the connection ended before the answer, without a word. To a
/// connection that was kept open this happens when the server lost patience
/// just then; it is worth another try.
pub(super) fn hung_up(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => {
            broken(error).is_some()
                || matches!(
                    error.kind(),
                    io::ErrorKind::UnexpectedEof
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::BrokenPipe
                )
        }
        _ => false,
    }
}

fn broken(error: &io::Error) -> Option<Broken> {
    error.get_ref()?.downcast_ref().copied()
}

/// The words for an error of ureq that came instead of an answer.
pub(super) fn unanswered(error: ureq::Error, stall_timeout: Duration) -> Failure {
    use ureq::Error as E;
    match error {
        E::Timeout(Timeout::Resolve) => Failure::Host("timed out looking up the host".into()),
        E::Timeout(Timeout::Connect) => Failure::Connect("timed out connecting".into()),
        E::Timeout(_) => Failure::Stalled(stall_timeout),
        E::HostNotFound => Failure::Host("no such host".into()),
        E::Rustls(error) => Failure::Tls(tls(&error.to_string())),
        E::Tls(cause) => Failure::Tls(cause.into()),
        E::Protocol(error) => {
            Failure::Protocol(format!("not an HTTP answer: {}", protocol(&error)))
        }
        E::LargeResponseHeader(..) => Failure::Protocol("header too large".into()),
        E::BadUri(cause) => Failure::Url(format!("no URL: {cause}")),
        E::Http(error) => Failure::Url(format!("no URL: {error}")),
        E::ConnectProxyFailed(cause) => Failure::Connect(format!("proxy: {cause}")),
        E::Io(error) => io_words(&error),
        error => Failure::Connect(error.to_string()),
    }
}

/// The words for an error of the system, or of rustls in the middle of a read.
fn io_words(error: &io::Error) -> Failure {
    use io::ErrorKind as Kind;
    if let Some(broken) = broken(error) {
        return Failure::Connect(format!("{broken} before the answer"));
    }
    let cause = error::cause(error);
    if let Some(why) = cause.strip_prefix("failed to lookup address information: ") {
        // The system's words for "no such name" and "no address for this name".
        let none = [
            "not known",
            "nodename nor servname",
            "No address associated",
        ];
        return Failure::Host(match none.iter().any(|words| why.contains(words)) {
            true => "no such host".into(),
            false => format!("cannot look up the host: {why}"),
        });
    }
    // An error that came out of rustls, which says so by its type alone.
    if error.kind() == Kind::InvalidData {
        return Failure::Tls(tls(&cause));
    }
    Failure::Connect(match error.kind() {
        Kind::ConnectionRefused => "connection refused".into(),
        Kind::TimedOut => "timed out connecting".into(),
        Kind::UnexpectedEof | Kind::BrokenPipe => "connection closed before the answer".into(),
        Kind::ConnectionReset | Kind::ConnectionAborted => {
            "connection reset before the answer".into()
        }
        _ => cause,
    })
}

/// The words for what is not HTTP.
fn protocol(error: &impl fmt::Display) -> String {
    let cause = error.to_string();
    cause
        .strip_prefix("http parse fail: ")
        .unwrap_or(&cause)
        .to_string()
}

/// The words for an error of rustls.
fn tls(cause: &str) -> String {
    match cause.strip_prefix("invalid peer certificate: ") {
        Some("UnknownIssuer") => "certificate not trusted: unknown issuer".into(),
        Some(why) if why.starts_with("certificate ") => why.into(),
        Some(why) => {
            let wrapped = why.strip_prefix("Other(OtherError(");
            let why = wrapped
                .and_then(|why| why.strip_suffix("))"))
                .unwrap_or(why);
            format!("certificate not trusted: {why}")
        }
        None => format!("TLS: {cause}"),
    }
}

/// The words for an error of ureq within a body, of which `got` bytes had
/// come, of `length` if that is known.
pub(super) fn cut(
    error: ureq::Error,
    got: u64,
    length: Option<u64>,
    stall_timeout: Duration,
) -> Failure {
    use ureq::Error as E;
    let so_far = match length {
        Some(length) => format!("{got} of {length} bytes"),
        None => format!("{got} bytes"),
    };
    match error {
        E::Timeout(_) => Failure::Stalled(stall_timeout),
        E::Protocol(error) => {
            Failure::Protocol(format!("body garbled after {so_far}: {}", protocol(&error)))
        }
        // ureq's word for an end within the last, empty chunk.
        E::BodyStalled => Failure::Truncated(format!("{so_far}, then the connection was closed")),
        E::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => match length {
            Some(_) => Failure::Truncated(so_far),
            None => Failure::Truncated(format!("{so_far}, then the connection was closed")),
        },
        E::Io(error) => match broken(&error) {
            Some(broken) => Failure::Truncated(format!("{so_far}, then {broken}")),
            None => Failure::Truncated(format!("{so_far}, then {}", error::cause(&error))),
        },
        error => Failure::Truncated(format!("{so_far}, then {error}")),
    }
}

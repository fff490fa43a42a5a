//! What the system, rustls and the parser of heads say about a failure, in our words.

use super::failure::Failure;
use super::http::{Limit, Wait};
use crate::common::error;
use std::fmt;
use std::io;

/// What came instead of the bytes that were waited for.
#[derive(Debug)]
pub(super) enum Broken {
    /// The end of the connection.
    Closed,
    /// Something that is no head of an answer.
    NotHttp(String),
    /// Something that is no framing.
    Garbled(&'static str),
    /// Framing without end, or heads.
    Endless,
    /// An error of the system, or of TLS within one.
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Io(error)
    }
}

/// How a connection broke, in the words for its error; None if it did not.
fn break_of(error: &io::Error) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
            Some("connection reset")
        }
        // The end of what is below TLS, while TLS had not said that this is the end.
        Kind::UnexpectedEof => Some("connection closed in the middle of TLS"),
        _ => None,
    }
}

/// Which of the limits it was, if it was one of ours.
fn late(error: &io::Error, wait: Wait) -> Option<Failure> {
    let is_ours = error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none();
    is_ours.then(|| match wait.over() {
        Some(Limit::Whole(limit)) => Failure::TooLong(limit),
        Some(Limit::Lookup) => Failure::TimedOut("timed out looking up the host".into()),
        Some(Limit::Connect) => Failure::TimedOut("timed out connecting".into()),
        None => Failure::Stalled(wait.stall),
    })
}

/// Why there is no connection.
pub(super) fn unconnected(error: io::Error, wait: Wait) -> Failure {
    if let Some(failure) = late(&error, wait) {
        return failure;
    }
    if error.kind() == io::ErrorKind::TimedOut {
        return Failure::TimedOut("timed out connecting".into());
    }
    if let Some(failure) = tls(&error) {
        return failure;
    }
    Failure::Connect(match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        _ => match break_of(&error) {
            Some(how) => format!("{how} before the answer"),
            None => error::cause(&error),
        },
    })
}

/// Why the addresses of a host were not found.
pub(super) fn not_found(error: io::Error, wait: Wait) -> Failure {
    if let Some(failure) = late(&error, wait) {
        return failure;
    }
    let cause = error::cause(&error);
    let why = cause.strip_prefix("failed to lookup address information: ");
    // The system's words for "no such name" and "no address for this name".
    let none = [
        "not known",
        "nodename nor servname",
        "No address associated",
    ];
    match why {
        Some(why) if none.iter().any(|words| why.contains(words)) => {
            Failure::Host("no such host".into())
        }
        _ => Failure::Lookup(format!(
            "cannot look up the host: {}",
            why.unwrap_or(&cause)
        )),
    }
}

/// Why there is no head of an answer on a connection.
pub(super) fn unanswered(broken: Broken, wait: Wait) -> Failure {
    match broken {
        Broken::Closed => Failure::Connect("connection closed before the answer".into()),
        Broken::NotHttp(why) => Failure::Protocol(format!("not an HTTP answer: {why}")),
        Broken::Garbled(why) => Failure::Protocol(why.into()),
        Broken::Endless => Failure::Protocol("header too large".into()),
        Broken::Io(error) => late(&error, wait)
            .or_else(|| tls(&error))
            .unwrap_or_else(|| {
                Failure::Connect(match break_of(&error) {
                    Some(how) => format!("{how} before the answer"),
                    None => error::cause(&error),
                })
            }),
    }
}

/// How much of a body has come.
pub(super) fn so_far(got: u64, length: Option<u64>) -> String {
    match length {
        Some(length) => format!("{got} of {length} bytes"),
        None => format!("{got} bytes"),
    }
}

/// How a body broke off, of which `got` bytes had come, of `length` if that is known.
pub(super) fn cut(broken: Broken, got: u64, length: Option<u64>, wait: Wait) -> Failure {
    let so_far = so_far(got, length);
    match broken {
        Broken::Closed if length.is_some() => Failure::Truncated(so_far),
        Broken::Closed => Failure::Truncated(format!("{so_far}, then the connection was closed")),
        Broken::NotHttp(why) => Failure::Garbled(format!("after {so_far}: {why}")),
        Broken::Garbled(why) => Failure::Garbled(format!("after {so_far}: {why}")),
        Broken::Endless => Failure::Garbled(format!("after {so_far}: framing without end")),
        Broken::Io(error) => late(&error, wait).unwrap_or_else(|| {
            let how = break_of(&error).map_or_else(|| error::cause(&error), Into::into);
            Failure::Truncated(format!("{so_far}, then {how}"))
        }),
    }
}

/// The words for an error of rustls, if it is one.
fn tls(error: &io::Error) -> Option<Failure> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(Failure::Tls(of_tls(&error)))
}

fn of_tls(error: &impl fmt::Display) -> String {
    let cause = error.to_string();
    match cause.strip_prefix("invalid peer certificate: ") {
        Some("UnknownIssuer") => "certificate not trusted: unknown issuer".into(),
        Some(why) if why.starts_with("certificate ") => why.into(),
        // What `openssl req -x509` makes, if nothing else is said.
        Some(why) if why.contains("CaUsedAsEndEntity") => {
            "certificate not trusted: it is made to sign others (CA:TRUE), not for a server".into()
        }
        Some(why) => {
            let wrapped = why.strip_prefix("Other(OtherError(");
            let why = wrapped
                .and_then(|why| why.strip_suffix("))"))
                .unwrap_or(why);
            format!("certificate not trusted: {why}")
        }
        None if cause == "received fatal alert: CertificateRequired" => {
            "the server requires a client certificate (see --cert)".into()
        }
        None => format!("TLS: {cause}"),
    }
}

//! What ureq, rustls and the system say about a failure, in our words.

use super::Options;
use super::failure::Failure;
use crate::error;
use std::fmt;
use std::io;
use ureq::Timeout;

/// How a connection ended that should have gone on. It travels through ureq as
/// the cause of an [`io::Error`] of a kind that ureq takes for no clean end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// By RST, or by a time limit of the kernel.
    Reset,
    /// By FIN, while TLS had not said that this is the end.
    Unannounced,
    /// By us: there was no end to what is no body.
    Endless,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Broken::Reset => "connection reset",
            Broken::Unannounced => "connection closed in the middle of TLS",
            Broken::Endless => "framing without end",
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
            broken(error).is_some_and(|broken| broken != Broken::Endless)
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
pub(super) fn unanswered(error: ureq::Error, options: &Options) -> Failure {
    use ureq::Error as E;
    match error {
        E::Timeout(Timeout::Resolve) => Failure::TimedOut("timed out looking up the host".into()),
        E::Timeout(Timeout::Connect) => Failure::TimedOut("timed out connecting".into()),
        E::Timeout(timeout) => late(timeout, options),
        E::HostNotFound => Failure::Host("no such host".into()),
        E::Rustls(error) => Failure::Tls(tls(&error.to_string())),
        E::Tls(cause) => Failure::Tls(cause.into()),
        E::Protocol(error) => {
            Failure::Protocol(format!("not an HTTP answer: {}", protocol(&error)))
        }
        E::LargeResponseHeader(..) => Failure::Protocol("header too large".into()),
        E::BadUri(cause) => Failure::Url(format!("invalid URL: {cause}")),
        E::Http(error) => Failure::Url(format!("invalid URL: {error}")),
        E::ConnectProxyFailed(cause) => Failure::Connect(format!("proxy: {cause}")),
        E::Io(error) => io_words(&error),
        error => Failure::Connect(error.to_string()),
    }
}

/// Which of the limits it was. The global one is not ureq's: see [`super::clock`].
fn late(timeout: Timeout, options: &Options) -> Failure {
    match (timeout, options.max_time) {
        (Timeout::Global, Some(limit)) => Failure::TooLong(limit),
        _ => Failure::Stalled(options.stall_timeout),
    }
}

/// The words for an error of the system, or of rustls in the middle of a read.
fn io_words(error: &io::Error) -> Failure {
    use io::ErrorKind as Kind;
    if let Some(broken) = broken(error) {
        if broken == Broken::Endless {
            return Failure::Protocol("header too large".into());
        }
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
        return match none.iter().any(|words| why.contains(words)) {
            true => Failure::Host("no such host".into()),
            false => Failure::Lookup(format!("cannot look up the host: {why}")),
        };
    }
    // An error that came out of rustls, which says so by its type alone.
    if error.kind() == Kind::InvalidData {
        return Failure::Tls(tls(&cause));
    }
    if error.kind() == Kind::TimedOut {
        return Failure::TimedOut("timed out connecting".into());
    }
    Failure::Connect(match error.kind() {
        Kind::ConnectionRefused => "connection refused".into(),
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
        None => format!("TLS: {cause}"),
    }
}

/// How much of a body has come.
pub(super) fn so_far(got: u64, length: Option<u64>) -> String {
    match length {
        Some(length) => format!("{got} of {length} bytes"),
        None => format!("{got} bytes"),
    }
}

/// The words for an error of ureq within a body, of which `got` bytes had
/// come, of `length` if that is known.
pub(super) fn cut(error: ureq::Error, got: u64, length: Option<u64>, options: &Options) -> Failure {
    use ureq::Error as E;
    let so_far = so_far(got, length);
    match error {
        E::Timeout(timeout) => late(timeout, options),
        E::Protocol(error) => Failure::Garbled(format!("after {so_far}: {}", protocol(&error))),
        // ureq's word for an end within the last, empty chunk.
        E::BodyStalled => Failure::Truncated(format!("{so_far}, then the connection was closed")),
        E::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => match length {
            Some(_) => Failure::Truncated(so_far),
            None => Failure::Truncated(format!("{so_far}, then the connection was closed")),
        },
        E::Io(error) => match broken(&error) {
            Some(Broken::Endless) => {
                Failure::Garbled(format!("after {so_far}: {}", Broken::Endless))
            }
            Some(broken) => Failure::Truncated(format!("{so_far}, then {broken}")),
            None => Failure::Truncated(format!("{so_far}, then {}", error::cause(&error))),
        },
        error => Failure::Truncated(format!("{so_far}, then {error}")),
    }
}

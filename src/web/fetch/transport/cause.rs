//! Errors of the system, of rustls and of the parser of heads as [`Failure`]s.

use crate::common::error;
use crate::web::fetch::failure::{Detail, Failure};
use crate::web::fetch::job::wait::{Limit, Wait};
use rustls::{AlertDescription, CertificateError};
use std::io;

/// Why there is no head of a response, or no more of its body.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    /// The connection was closed.
    UnexpectedEof,
    /// The bytes are not the head of an HTTP response.
    NotHttp(String),
    /// The framing of the body is invalid.
    Framing(&'static str),
    /// The heads, or the framing without data, exceed the limit.
    TooLarge,
    /// An error of the system, or of TLS within an error of the system.
    Io(io::Error),
}

impl From<io::Error> for ExchangeError {
    fn from(error: io::Error) -> ExchangeError {
        ExchangeError::Io(error)
    }
}

/// The message for a broken connection; None for other errors.
fn connection_error(error: &io::Error) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
            Some("connection reset")
        }
        // The connection was closed without a closing alert of TLS.
        Kind::UnexpectedEof => Some("connection closed in the middle of TLS"),
        _ => None,
    }
}

/// The failure for a time limit of `wait`; None for other errors, including the time limits
/// of the system.
fn timeout(error: &io::Error, wait: Wait) -> Option<Failure> {
    let is_own_limit = error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none();
    is_own_limit.then(|| match wait.exceeded() {
        Some(Limit::Whole(limit)) => Failure::TooLong(limit),
        Some(Limit::Lookup) => Failure::TimedOut("timed out looking up the host".into()),
        Some(Limit::Connect) => Failure::TimedOut("timed out connecting".into()),
        None => Failure::Stalled(wait.stall),
    })
}

/// The failure of a look-up.
pub(crate) fn lookup_failed(error: io::Error, wait: Wait) -> Failure {
    timeout(&error, wait).unwrap_or_else(|| resolver_failure(error))
}

/// The failure for an error of getaddrinfo.
///
/// std turns a code of getaddrinfo into a message: the error has no code, no kind and no
/// source. The messages of `EAI_NONAME` and `EAI_NODATA` are those of glibc, musl and macOS.
fn resolver_failure(error: io::Error) -> Failure {
    const PREFIX: &str = "failed to lookup address information: ";
    const NO_SUCH_HOST: [&str; 3] = [
        "not known",
        "nodename nor servname",
        "No address associated",
    ];
    let cause = error::cause(&error);
    let message = cause.strip_prefix(PREFIX);
    match message {
        Some(message) if NO_SUCH_HOST.iter().any(|words| message.contains(words)) => {
            Failure::Host(Detail::new("no such host", error))
        }
        _ => {
            let message = message.unwrap_or(&cause);
            let message = format!("cannot look up the host: {message}");
            Failure::Lookup(Detail::new(message, error))
        }
    }
}

/// The failure of a connection that was not established.
pub(crate) fn connect_failed(error: io::Error, wait: Wait) -> Failure {
    if let Some(failure) = timeout(&error, wait) {
        return failure;
    }
    match error.kind() {
        io::ErrorKind::TimedOut => Failure::TimedOut(Detail::new("timed out connecting", error)),
        io::ErrorKind::ConnectionRefused => {
            Failure::Connect(Detail::new("connection refused", error))
        }
        _ => broken_before_response(error),
    }
}

/// The failure of a request without a response.
pub(crate) fn exchange_failed(error: ExchangeError, wait: Wait) -> Failure {
    match error {
        ExchangeError::UnexpectedEof => {
            Failure::Connect("connection closed before the answer".into())
        }
        ExchangeError::NotHttp(why) => {
            Failure::Protocol(format!("not an HTTP answer: {why}").into())
        }
        ExchangeError::Framing(why) => Failure::Protocol(why.into()),
        ExchangeError::TooLarge => Failure::Protocol("header too large".into()),
        ExchangeError::Io(error) => {
            timeout(&error, wait).unwrap_or_else(|| broken_before_response(error))
        }
    }
}

fn broken_before_response(error: io::Error) -> Failure {
    tls(&error).unwrap_or_else(|| {
        let message = match connection_error(&error) {
            Some(how) => format!("{how} before the answer"),
            None => error::cause(&error),
        };
        Failure::Connect(Detail::new(message, error))
    })
}

/// The part of a body that was received, for messages.
pub(crate) fn progress(received: u64, total: Option<u64>) -> String {
    match total {
        Some(total) => format!("{received} of {total} bytes"),
        None => format!("{received} bytes"),
    }
}

/// The failure of a body of which `received` bytes were received, of `total` if it is known.
pub(crate) fn body_failed(
    error: ExchangeError,
    received: u64,
    total: Option<u64>,
    wait: Wait,
) -> Failure {
    let progress = progress(received, total);
    match error {
        ExchangeError::UnexpectedEof if total.is_some() => Failure::Truncated(progress.into()),
        ExchangeError::UnexpectedEof => {
            Failure::Truncated(format!("{progress}, then the connection was closed").into())
        }
        ExchangeError::NotHttp(why) => Failure::Garbled(format!("after {progress}: {why}").into()),
        ExchangeError::Framing(why) => Failure::Garbled(format!("after {progress}: {why}").into()),
        ExchangeError::TooLarge => {
            Failure::Garbled(format!("after {progress}: framing without end").into())
        }
        ExchangeError::Io(error) => timeout(&error, wait).unwrap_or_else(|| {
            let how = connection_error(&error).map_or_else(|| error::cause(&error), Into::into);
            Failure::Truncated(Detail::new(format!("{progress}, then {how}"), error))
        }),
    }
}

/// The failure for an error of rustls within an error of the system.
fn tls(error: &io::Error) -> Option<Failure> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(Failure::Tls(Detail::new(tls_message(error), error.clone())))
}

fn tls_message(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate_message(error),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server requires a client certificate (see --cert)".into()
        }
        error => format!("TLS: {error}"),
    }
}

fn certificate_message(error: &CertificateError) -> String {
    use CertificateError as Certificate;
    match error {
        Certificate::UnknownIssuer => "certificate not trusted: unknown issuer".into(),
        // The messages of these say what is wrong with the certificate.
        Certificate::NotValidForNameContext { .. }
        | Certificate::ExpiredContext { .. }
        | Certificate::NotValidYetContext { .. }
        | Certificate::ExpiredRevocationListContext { .. }
        | Certificate::InvalidPurposeContext { .. } => error.to_string(),
        Certificate::Other(error) => match error.0.downcast_ref::<webpki::Error>() {
            // `openssl req -x509` makes such certificates by default.
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "certificate not trusted: it is made to sign others (CA:TRUE), not for a server"
                    .into()
            }
            _ => format!("certificate not trusted: {}", error.0),
        },
        error => format!("certificate not trusted: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::crypto::ring;
    use rustls::pki_types::{ServerName, UnixTime};
    use std::net::ToSocketAddrs;
    use std::sync::Arc;

    /// rustls wraps this error of webpki as an unknown error. tests/fetch.rs has the messages
    /// for other certificates.
    #[test]
    fn a_certificate_of_an_authority_is_not_trusted_as_that_of_a_server() {
        let mut params = CertificateParams::new(["a.example".to_string()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = verifier.build().unwrap();
        let name = ServerName::try_from("a.example").unwrap();
        let der = certificate.der();
        let verified = verifier.verify_server_cert(der, &[], &name, &[], UnixTime::now());
        assert_eq!(
            tls_message(&verified.unwrap_err()),
            "certificate not trusted: it is made to sign others (CA:TRUE), not for a server"
        );
    }

    /// An address with an invalid scope needs no name server.
    #[test]
    fn the_resolver_of_the_system_reports_that_a_host_does_not_exist() {
        let error = ("::1%no-such-scope", 80).to_socket_addrs().unwrap_err();
        let failure = resolver_failure(error);
        assert!(matches!(failure, Failure::Host(_)), "{failure:?}");
        let other = resolver_failure(io::Error::from_raw_os_error(libc::EMFILE));
        assert_eq!(
            other.to_string(),
            "cannot look up the host: Too many open files"
        );
    }
}

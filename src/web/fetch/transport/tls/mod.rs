//! TLS: whose certificates are trusted and what certificate we show
//! (`--cacert`, `--insecure`, `--cert`), and the stream on top of another one.
//!
//! TLS comes in records of 16 KiB at most. One read of the socket brings many of
//! them, and all that have come are handed on at once: so a body over https flows in
//! as large blocks as one over http, and a byte that has come never waits for the next.

use super::stream::{Stream, Wait};
use crate::common::error::Error;
use crate::common::stream::Pages;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// The certificate that we show to servers, and its key: files in PEM.
#[derive(Debug, Clone, Copy)]
pub(in crate::web::fetch) struct Identity<'a> {
    /// The certificate, and those between it and the root.
    pub(in crate::web::fetch) certificate: &'a Path,
    /// Its private key; it may be in the same file.
    pub(in crate::web::fetch) key: &'a Path,
}

/// What TLS goes by: the system's roots of trust, or only those in the file
/// `cacert` (PEM), or nothing at all. The error names the file.
pub(in crate::web::fetch) fn config(
    cacert: Option<&Path>,
    insecure: bool,
    identity: Option<Identity>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(tls)?;
    let verifier: Arc<dyn ServerCertVerifier> = match cacert {
        // The file is read all the same: a wrong name is an error.
        Some(path) => {
            let roots = Arc::new(in_file(path, roots)?);
            let verifier =
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
            verifier.build().map_err(tls)?
        }
        None if insecure => Arc::new(Anyone(Arc::clone(&provider))),
        None => Arc::new(Verifier::new(Arc::clone(&provider)).map_err(tls)?),
    };
    let verifier = match insecure {
        true => Arc::new(Anyone(provider)),
        false => verifier,
    };
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some(Identity { certificate, key }) => {
            let chain = in_file(certificate, certificates)?;
            let secret = in_file(key, private_key)?;
            let config = builder.with_client_auth_cert(chain, secret);
            config.map_err(|error| {
                let cause = match error {
                    rustls::Error::InconsistentKeys(_) => {
                        "the key does not match the certificate".to_string()
                    }
                    error => error.to_string(),
                };
                Error::Read(io::Error::other(cause)).of(key.to_string_lossy())
            })
        }
    }
}

fn tls(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Read(io::Error::other(error)).of("TLS")
}

/// Reads something out of a file; the error names it.
fn in_file<T>(path: &Path, read: impl Fn(&[u8]) -> io::Result<T>) -> Result<T, Error> {
    let read = fs::read(path).and_then(|text| read(&text));
    read.map_err(|error| Error::Read(error).of(path.to_string_lossy()))
}

fn roots(text: &[u8]) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(text)?);
    match added {
        0 => Err(io::Error::other("no certificate that can be read in it")),
        _ => Ok(roots),
    }
}

/// All certificates in a file, of which there must be one; keys may stand beside them.
fn certificates(text: &[u8]) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|_| io::Error::other("malformed PEM"))?;
    match certificates.is_empty() {
        true => Err(io::Error::other("no certificate in it")),
        false => Ok(certificates),
    }
}

/// The first private key in a file.
fn private_key(text: &[u8]) -> io::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        pem::Error::NoItemsFound if is_encrypted(text) => {
            io::Error::other("the key is encrypted: decrypt it by `openssl pkey`")
        }
        pem::Error::NoItemsFound => io::Error::other("no private key in it"),
        _ => io::Error::other("malformed PEM"),
    })
}

fn is_encrypted(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"ENCRYPTED PRIVATE KEY").is_some()
}

/// Trusts any certificate: `--insecure`. That the server has its key is still verified.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// TLS on top of another stream.
#[derive(Debug)]
pub(super) struct Tls {
    inner: Box<dyn Stream>,
    session: ClientConnection,
    /// What has come, of which `from..to` is not yet taken by the session.
    input: Pages,
    from: usize,
    to: usize,
}

impl Tls {
    /// Shakes hands with the server of this name. `size` is how much is received at once.
    pub(super) fn open(
        inner: Box<dyn Stream>,
        config: &Arc<ClientConfig>,
        name: ServerName<'static>,
        size: usize,
        wait: Wait,
    ) -> io::Result<Tls> {
        let session = ClientConnection::new(Arc::clone(config), name).map_err(invalid)?;
        let mut tls = Tls {
            inner,
            session,
            input: Pages::new(size),
            from: 0,
            to: 0,
        };
        while tls.session.is_handshaking() {
            tls.send(wait)?;
            if tls.session.is_handshaking() && !tls.take(wait)? {
                tls.receive(wait)?;
            }
        }
        tls.send(wait)?;
        Ok(tls)
    }

    /// Sends what the session has to say.
    fn send(&mut self, wait: Wait) -> io::Result<()> {
        while self.session.wants_write() {
            let inner = &mut *self.inner;
            self.session.write_tls(&mut Writer { inner, wait })?;
        }
        Ok(())
    }

    /// Waits for more of the stream; its end is an error, if TLS had not said so.
    fn receive(&mut self, wait: Wait) -> io::Result<()> {
        self.from = 0;
        self.to = self.inner.read(&mut self.input, wait)?;
        match self.to {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Has the session take what has come, and answer it; false if nothing has.
    fn take(&mut self, wait: Wait) -> io::Result<bool> {
        if self.from == self.to {
            return Ok(false);
        }
        let taken = self
            .session
            .read_tls(&mut &self.input[self.from..self.to])?;
        self.from += taken;
        let processed = self.session.process_new_packets();
        // An alert says what was wrong, and is worth a try.
        let sent = self.send(wait);
        processed.map_err(invalid)?;
        sent?;
        Ok(true)
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl Stream for Tls {
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
        let mut n = 0;
        while n < buffer.len() {
            match self.session.reader().read(&mut buffer[n..]) {
                Ok(0) => break,
                Ok(more) => n += more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.take(wait) {
                        Ok(true) => {}
                        Ok(false) if n > 0 => break,
                        Ok(false) => self.receive(wait)?,
                        // It comes again with the next read.
                        Err(_) if n > 0 => break,
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(n)
    }

    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let n = self.session.writer().write(rest)?;
            rest = &rest[n..];
            self.send(wait)?;
        }
        Ok(())
    }

    fn is_silent(&mut self) -> bool {
        self.from == self.to && self.inner.is_silent()
    }
}

/// Where the session writes to.
struct Writer<'a> {
    inner: &'a mut dyn Stream,
    wait: Wait,
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write_all(bytes, self.wait)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

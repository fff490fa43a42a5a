//! The trusted certificates, and the client certificate: `--cacert`, `--insecure`, `--cert`.

use crate::common::error::Error;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The client certificate and its key: files in PEM.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity<'a> {
    /// The certificate, followed by the intermediate certificates.
    pub(crate) certificate: &'a Path,
    /// The private key, possibly in the same file.
    pub(crate) key: &'a Path,
}

/// Builds the configuration of TLS: the trusted certificates are the system's, or those in
/// the file `cacert` (PEM), or all. The error names the file.
pub(crate) fn load(
    cacert: Option<&Path>,
    insecure: bool,
    identity: Option<Identity>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(tls)?;
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier(cacert, insecure, provider)?);
    let Some(Identity { certificate, key }) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = in_file(certificate, certificates)?;
    let secret = in_file(key, private_key)?;
    let config = builder.with_client_auth_cert(chain, secret);
    config.map_err(|error| {
        let error = match error {
            rustls::Error::InconsistentKeys(_) => {
                io::Error::other("the key does not match the certificate")
            }
            error => io::Error::other(error),
        };
        Error::Read(error).of(key.to_string_lossy())
    })
}

fn verifier(
    cacert: Option<&Path>,
    insecure: bool,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    // The file is read also with `insecure`: a wrong name is an error.
    let roots = cacert.map(|path| in_file(path, roots)).transpose()?;
    if insecure {
        return Ok(Arc::new(NoVerification(provider)));
    }
    Ok(match roots {
        Some(roots) => WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(tls)?,
        None => Arc::new(Verifier::new(provider).map_err(tls)?),
    })
}

fn tls(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Read(io::Error::other(error)).of("TLS")
}

/// Reads a file and parses it; the error names the file.
fn in_file<T>(path: &Path, read: impl Fn(&[u8]) -> io::Result<T>) -> Result<T, Error> {
    let read = fs::read(path).and_then(|text| read(&text));
    read.map_err(|error| Error::Read(error).of(path.to_string_lossy()))
}

fn roots(text: &[u8]) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(text)?);
    match added {
        0 => Err(io::Error::other("no readable certificate in the file")),
        _ => Ok(roots),
    }
}

/// All certificates in a file, at least one. Keys are skipped.
fn certificates(text: &[u8]) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|_| io::Error::other("malformed PEM"))?;
    match certificates.is_empty() {
        true => Err(io::Error::other("no certificate in the file")),
        false => Ok(certificates),
    }
}

/// The first private key in a file.
fn private_key(text: &[u8]) -> io::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        pem::Error::NoItemsFound if is_encrypted(text) => {
            io::Error::other("the key is encrypted: decrypt it by `openssl pkey`")
        }
        pem::Error::NoItemsFound => io::Error::other("no private key in the file"),
        _ => io::Error::other("malformed PEM"),
    })
}

fn is_encrypted(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"ENCRYPTED PRIVATE KEY").is_some()
}

/// Accepts any certificate: `--insecure`.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
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

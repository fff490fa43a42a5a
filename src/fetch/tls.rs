//! Whose certificates are trusted: `--cacert` and `--insecure`.

use crate::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// What TLS goes by: the system's roots of trust, or only those in the file
/// `cacert` (PEM), or nothing at all. The error names the file.
pub(super) fn config(cacert: Option<&Path>, insecure: bool) -> Result<TlsConfig, Error> {
    let roots = match cacert {
        Some(path) => roots(path).map_err(|error| Error::Read(error).of(path.to_string_lossy()))?,
        None => RootCerts::PlatformVerifier,
    };
    let config = TlsConfig::builder().root_certs(roots);
    Ok(config.disable_verification(insecure).build())
}

/// All certificates in a file, of which there must be one; keys may stand
/// beside them.
fn roots(path: &Path) -> io::Result<RootCerts> {
    let text = fs::read(path)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        let item = item.map_err(|_| io::Error::other("malformed PEM"))?;
        if let PemItem::Certificate(certificate) = item {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(io::Error::other("no certificate in it"));
    }
    Ok(certificates.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread;
    use ureq::config::{Config, IpFamily};

    /// The PEM of a root, and the port of a server on localhost that it vouches for.
    fn server() -> (String, u16) {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_string()]).unwrap();
        let certificate = params.signed_by(&key, &root).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider);
        let config = config
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = config
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let session = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = BufReader::new(StreamOwned::new(session, socket.unwrap()));
                let mut line = String::new();
                while stream.read_line(&mut line).unwrap_or(0) > 2 {
                    line.clear();
                }
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
                let _ = stream.get_mut().write_all(answer);
            }
        });
        (root.pem(), port)
    }

    fn get(tls: TlsConfig, family: IpFamily, port: u16) -> Result<String, ureq::Error> {
        let config = Config::builder()
            .tls_config(tls)
            .ip_family(family)
            .proxy(None);
        let url = format!("https://localhost:{port}/");
        let agent: ureq::Agent = config.build().into();
        agent.get(url).call()?.body_mut().read_to_string()
    }

    #[test]
    fn who_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, others) = (folder.path().join("ours"), folder.path().join("others"));
        let (pem, port) = server();
        let other = KeyPair::generate().unwrap().serialize_pem() + &server().0;
        std::fs::write(&ours, other.clone() + &pem).unwrap();
        std::fs::write(&others, other).unwrap();
        let get = |cacert, insecure, family| get(config(cacert, insecure).unwrap(), family, port);
        assert_eq!(get(Some(&ours), false, IpFamily::Any).unwrap(), "body");
        assert_eq!(
            get(Some(&others), true, IpFamily::Ipv4Only).unwrap(),
            "body"
        );
        assert_eq!(get(None, true, IpFamily::Any).unwrap(), "body");
        let error = get(Some(&others), false, IpFamily::Any)
            .unwrap_err()
            .to_string();
        assert!(error.contains("invalid peer certificate"), "{error}");
        assert!(get(None, false, IpFamily::Any).is_err());
        // Nobody listens there, or localhost has no such address.
        assert!(get(Some(&ours), false, IpFamily::Ipv6Only).is_err());
    }

    #[test]
    fn files_without_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let message = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let message = config(Some(&file), false).unwrap_err().to_string();
            message.rsplit_once("file: ").unwrap().1.to_string()
        };
        assert_eq!(message(""), "no certificate in it");
        assert_eq!(
            message(&KeyPair::generate().unwrap().serialize_pem()),
            "no certificate in it"
        );
        assert_eq!(message("-----BEGIN CERTIFICATE-----\nx"), "malformed PEM");
        let missing = config(Some(&folder.path().join("none")), false).unwrap_err();
        assert!(
            missing
                .to_string()
                .ends_with("none: No such file or directory")
        );
    }
}

//! Opening a stream to the server of a URL: directly or through a proxy, with
//! TLS on top for https.

use super::connect::connect;
use super::connection::Connection;
use super::names::Names;
use super::stream::{Limit, Socket, Stream, Wait};
use super::tls::{self, Tls};
use super::{socks, via};
use crate::common::stream;
use crate::web::fetch::failure::Failure;
use crate::web::fetch::proxy::ProxyUrl;
use crate::web::fetch::{Family, cause};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// The most there is in one TLS record, in bytes.
const RECORD: usize = 16 << 10;

/// What all TLS connections may receive at once, in bytes, however many they are:
/// each receives its part of that, a record at least.
const INPUT: usize = 2 << 20;

/// How streams are opened.
#[derive(Debug)]
pub(super) struct Dial {
    names: Names,
    /// What TLS goes by. The system's roots are read when they are needed first.
    tls: OnceLock<Arc<ClientConfig>>,
    /// How long a look-up may take, and as long again to connect, TLS included.
    timeout: Duration,
    /// How much a TLS connection receives at once, in bytes.
    size: usize,
}

impl Dial {
    pub(super) fn new(
        tls: Option<ClientConfig>,
        timeout: Duration,
        family: Option<Family>,
        jobs: usize,
    ) -> Dial {
        Dial {
            names: Names::new(family),
            tls: tls.map(Arc::new).map(OnceLock::from).unwrap_or_default(),
            timeout,
            size: (INPUT / jobs.max(1)).clamp(RECORD, stream::BLOCK),
        }
    }

    /// A stream to the server of the URL; within, if that is https, TLS.
    pub(super) fn open(
        &self,
        url: &Url,
        proxy: Option<&ProxyUrl>,
        wait: Wait,
    ) -> Result<Box<dyn Stream>, Failure> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(80);
        let (stream, wait) = match proxy {
            None => self.socket(host, port, wait)?,
            Some(proxy) => {
                let (stream, wait) = self
                    .proxied(host, port, proxy, wait)
                    .map_err(|failure| via(Some(proxy), failure))?;
                let tunnels = !proxy.is_socks() && !proxy.forwards(url);
                match tunnels {
                    true => (tunnel(stream, host, port, proxy, wait)?, wait),
                    false => (stream, wait),
                }
            }
        };
        match url.scheme() {
            "https" => self.secured(stream, host, wait),
            _ => Ok(stream),
        }
    }

    /// A stream to a proxy, or through one that tunnels anything (SOCKS).
    fn proxied(
        &self,
        host: &str,
        port: u16,
        proxy: &ProxyUrl,
        wait: Wait,
    ) -> Result<(Box<dyn Stream>, Wait), Failure> {
        if proxy.is_socks() {
            let wait = wait.within(self.timeout, Limit::Connect);
            let stream = socks::connect(&self.names, proxy, host, port, wait);
            let stream = stream.map_err(|error| cause::unconnected(error, wait))?;
            return Ok((stream, wait));
        }
        let (stream, wait) = self.socket(&proxy.host, proxy.port, wait)?;
        match proxy.is_https() {
            true => Ok((self.secured(stream, &proxy.host, wait)?, wait)),
            false => Ok((stream, wait)),
        }
    }

    /// A plain connection, and how long it may be waited for that it is ready.
    fn socket(
        &self,
        host: &str,
        port: u16,
        wait: Wait,
    ) -> Result<(Box<dyn Stream>, Wait), Failure> {
        let lookup = wait.within(self.timeout, Limit::Lookup);
        let addresses = self.names.find(host, port, lookup);
        let addresses = addresses.map_err(|error| cause::not_found(error, lookup))?;
        if addresses.is_empty() {
            return Err(Failure::Host("no such host".into()));
        }
        let wait = wait.within(self.timeout, Limit::Connect);
        let connected = connect(&addresses, wait);
        let (stream, address) = connected.map_err(|error| cause::unconnected(error, wait))?;
        self.names.answered(host, address);
        Ok((Box::new(Socket::new(stream)), wait))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, Failure> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = tls::config(None, false, None);
        let config = config.map_err(|error| Failure::Tls(error.to_string()))?;
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }

    /// TLS with the host, on top of a stream to it.
    fn secured(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        wait: Wait,
    ) -> Result<Box<dyn Stream>, Failure> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_string());
        let name = name.map_err(|_| Failure::Tls("TLS: not a name for a certificate".into()))?;
        match Tls::open(stream, &self.tls()?, name, self.size, wait) {
            Ok(tls) => Ok(Box::new(tls)),
            Err(error) => Err(cause::unconnected(error, wait)),
        }
    }
}

/// Has a proxy connect to a host, and hand on everything (RFC 9110, 9.3.6).
fn tunnel(
    stream: Box<dyn Stream>,
    host: &str,
    port: u16,
    proxy: &ProxyUrl,
    wait: Wait,
) -> Result<Box<dyn Stream>, Failure> {
    let mut message = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    message.push_str(&proxy.authorization().unwrap_or_default());
    message.push_str("\r\n");
    let mut connection = Connection::new(stream);
    let failed = |failure| via(Some(proxy), failure);
    match connection.ask(message.as_bytes(), wait) {
        Ok(head) if head.status.is_success() => Ok(connection.into_stream()),
        Ok(head) => Err(failed(Failure::Status(head.status.as_u16()))),
        Err(broken) => Err(failed(cause::unanswered(broken, wait))),
    }
}

//! Opening a stream to the server of a URL: directly or through a proxy, with TLS for https.

use super::cause;
use super::connect::connect;
use super::connection::Connection;
use super::proxy::{ProxyUrl, at_proxy};
use super::resolve::Resolver;
use super::socks;
use super::stream::{Socket, Stream};
use super::tls::config as tls_config;
use super::tls::stream::Tls;
use crate::common::stream;
use crate::web::fetch::failure::{Detail, Failure};
use crate::web::fetch::job::wait::{Limit, Wait};
use crate::web::fetch::options::Family;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// The maximum size of a TLS record, in bytes.
const RECORD: usize = 16 << 10;

/// The total size of the input buffers of all TLS connections, in bytes. Each has an equal
/// part, at least one record.
const TLS_INPUT: usize = 2 << 20;

/// How streams are opened.
#[derive(Debug)]
pub(crate) struct Dial {
    resolver: Resolver,
    /// The configuration of TLS. The system's root certificates are read with the first use.
    tls: OnceLock<Arc<ClientConfig>>,
    /// The time limit for a look-up, and the limit for connecting, TLS included.
    timeout: Duration,
    /// The size of the input buffer of a TLS connection, in bytes.
    size: usize,
}

impl Dial {
    pub(crate) fn new(
        tls: Option<ClientConfig>,
        timeout: Duration,
        family: Option<Family>,
        jobs: usize,
    ) -> Dial {
        Dial {
            resolver: Resolver::new(family),
            tls: tls.map(Arc::new).map(OnceLock::from).unwrap_or_default(),
            timeout,
            size: (TLS_INPUT / jobs.max(1)).clamp(RECORD, stream::BLOCK),
        }
    }

    /// A stream to the server of the URL, with TLS for https.
    pub(crate) fn open(
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
                    .map_err(|failure| at_proxy(Some(proxy), failure))?;
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
            let stream = socks::connect(&self.resolver, proxy, host, port, wait);
            let stream = stream.map_err(|error| cause::connect_failed(error, wait))?;
            return Ok((stream, wait));
        }
        let (stream, wait) = self.socket(&proxy.host, proxy.port, wait)?;
        match proxy.is_https() {
            true => Ok((self.secured(stream, &proxy.host, wait)?, wait)),
            false => Ok((stream, wait)),
        }
    }

    /// A plain connection, and the rest of the time limit for connecting.
    fn socket(
        &self,
        host: &str,
        port: u16,
        wait: Wait,
    ) -> Result<(Box<dyn Stream>, Wait), Failure> {
        let lookup = wait.within(self.timeout, Limit::Lookup);
        let addresses = self.resolver.find(host, port, lookup);
        let addresses = addresses.map_err(|error| cause::lookup_failed(error, lookup))?;
        if addresses.is_empty() {
            return Err(Failure::Host("no such host".into()));
        }
        let wait = wait.within(self.timeout, Limit::Connect);
        let connected = connect(&addresses, wait);
        let (stream, address) = connected.map_err(|error| cause::connect_failed(error, wait))?;
        self.resolver.prefer(host, address);
        Ok((Box::new(Socket::new(stream)), wait))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, Failure> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = tls_config::load(None, false, None);
        let config = config.map_err(|error| Failure::Tls(Detail::new(error.to_string(), error)))?;
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }

    /// TLS on top of a stream to the host.
    fn secured(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        wait: Wait,
    ) -> Result<Box<dyn Stream>, Failure> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_string());
        let name = name.map_err(|_| {
            Failure::Tls("TLS: the host is not a valid name in a certificate".into())
        })?;
        match Tls::open(stream, &self.tls()?, name, self.size, wait) {
            Ok(tls) => Ok(Box::new(tls)),
            Err(error) => Err(cause::connect_failed(error, wait)),
        }
    }
}

/// Opens a tunnel to a host through a proxy (RFC 9110, 9.3.6).
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
    let failed = |failure| at_proxy(Some(proxy), failure);
    match connection.send(message.as_bytes(), wait) {
        Ok(head) if head.status.is_success() => Ok(connection.into_stream()),
        Ok(head) => Err(failed(Failure::Status(head.status.as_u16()))),
        Err(error) => Err(failed(cause::exchange_failed(error, wait))),
    }
}

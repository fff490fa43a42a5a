//! Streams through SOCKS proxies, by ureq, which speaks SOCKS 4, 4a, 5 and 5h.
//!
//! ureq calls this interface unversioned; that is why Cargo.toml pins it.

use super::names::Names;
use super::stream::{Stream, Wait};
use crate::web::fetch::proxy::ProxyUrl;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::{Duration as Time, Instant};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, NextTimeout, SocksConnector, Transport, TransportAdapter,
};

/// Connects to a host through a SOCKS proxy.
pub(super) fn connect(
    names: &Names,
    proxy: &ProxyUrl,
    host: &str,
    port: u16,
    wait: Wait,
) -> io::Result<Box<dyn Stream>> {
    let settings = proxy.to_ureq().map_err(io::Error::other)?;
    // What the proxy is asked for: an address, if it does not look names up itself.
    let looks_up = !settings.resolve_target();
    let config = Config::builder().proxy(Some(settings)).build();
    let uri = format!("http://{host}:{port}/").parse::<Uri>();
    let uri = uri.map_err(|error| io::Error::other(error.to_string()))?;
    let resolver = Found(names.find(&proxy.host, proxy.port, wait)?);
    let target = match looks_up {
        true => Vec::new(),
        false => names.find(host, port, wait)?,
    };
    let addrs = addresses(&resolver, &target);
    let details = ConnectionDetails {
        uri: &uri,
        addrs,
        config: &config,
        request_level: false,
        resolver: &resolver,
        now: Instant::now(),
        timeout: timeout(wait)?,
        current_time: Arc::new(Instant::now),
        run_connector: Arc::new(|_| Err(Error::ConnectionFailed)),
        register_shutdown: Arc::new(|_| Ok(())),
    };
    let connector = SocksConnector::default();
    let transport = Connector::<()>::connect(&connector, &details, None).map_err(plain)?;
    let transport: Box<dyn Transport> = match transport {
        Some(transport) => Box::new(transport),
        None => return Err(io::Error::other("no connection to the proxy")),
    };
    let adapter = TransportAdapter::new(transport, Arc::new(Instant::now));
    Ok(Box::new(Through(adapter)))
}

/// A connection that ureq has opened.
struct Through(TransportAdapter);

impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Through").finish_non_exhaustive()
    }
}

impl Stream for Through {
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
        self.0.set_timeout(timeout(wait)?);
        crate::common::stream::read(&mut self.0, buffer).map_err(late)
    }

    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()> {
        self.0.set_timeout(timeout(wait)?);
        self.0
            .write_all(bytes)
            .and_then(|()| self.0.flush())
            .map_err(late)
    }

    fn is_silent(&mut self) -> bool {
        let transport = self.0.get_mut();
        transport.buffers().input().is_empty() && transport.is_open()
    }
}

fn timeout(wait: Wait) -> io::Result<NextTimeout> {
    Ok(NextTimeout {
        after: Time::Exact(wait.next()?),
        ..NextTimeout::default()
    })
}

/// The addresses of the proxy, the one name that ureq asks for.
#[derive(Debug)]
struct Found(Vec<SocketAddr>);

impl Resolver for Found {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        match self.0.is_empty() {
            true => Err(Error::HostNotFound),
            false => Ok(addresses(self, &self.0)),
        }
    }
}

/// Some addresses, as ureq has them: as many as it has room for.
fn addresses(resolver: &Found, from: &[SocketAddr]) -> ResolvedSocketAddrs {
    const ROOM: usize = 16;
    let mut addresses = resolver.empty();
    from.iter()
        .take(ROOM)
        .for_each(|&address| addresses.push(address));
    addresses
}

/// The error of the system in an error of ureq.
fn plain(error: Error) -> io::Error {
    match error {
        // Not an end within TLS, which has not begun.
        Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            io::Error::other("connection closed")
        }
        // What the proxy answers has no number of the system.
        Error::Io(error) if error.get_ref().is_some() => {
            io::Error::other(format!("SOCKS: {error}"))
        }
        Error::Io(error) => error,
        Error::Timeout(_) => io::ErrorKind::TimedOut.into(),
        error => io::Error::other(error.to_string()),
    }
}

/// ureq's errors travel as causes of errors of the system.
fn late(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(Error::Timeout(_)) => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

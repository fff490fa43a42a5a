//! Streams through SOCKS proxies, by ureq, which supports SOCKS 4, 4a, 5 and 5h.
//!
//! This is an unversioned interface of ureq. Therefore Cargo.toml pins the version of ureq.

use super::proxy::ProxyUrl;
use super::resolve::Resolver;
use super::stream::Stream;
use crate::web::fetch::job::wait::Wait;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver as UreqResolver};
use ureq::unversioned::transport::time::{Duration as Time, Instant};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, NextTimeout, SocksConnector, Transport, TransportAdapter,
};

/// Connects to a host through a SOCKS proxy.
pub(crate) fn connect(
    names: &Resolver,
    proxy: &ProxyUrl,
    host: &str,
    port: u16,
    wait: Wait,
) -> io::Result<Box<dyn Stream>> {
    let settings = proxy.to_ureq().map_err(io::Error::other)?;
    // Some proxies look names up themselves; the others need an address.
    let proxy_looks_up = !settings.resolve_target();
    let config = Config::builder().proxy(Some(settings)).build();
    let uri = format!("http://{host}:{port}/").parse::<Uri>();
    let uri = uri.map_err(|error| io::Error::other(error.to_string()))?;
    let resolver = FixedResolver(names.find(&proxy.host, proxy.port, wait)?);
    let target = match proxy_looks_up {
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
    let transport = Connector::<()>::connect(&connector, &details, None).map_err(io_error)?;
    let transport: Box<dyn Transport> = match transport {
        Some(transport) => Box::new(transport),
        None => return Err(io::Error::other("no connection to the proxy")),
    };
    let adapter = TransportAdapter::new(transport, Arc::new(Instant::now));
    Ok(Box::new(SocksStream(adapter)))
}

/// A connection of ureq.
struct SocksStream(TransportAdapter);

impl fmt::Debug for SocksStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocksStream").finish_non_exhaustive()
    }
}

impl Stream for SocksStream {
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
        self.0.set_timeout(timeout(wait)?);
        crate::common::stream::read(&mut self.0, buffer).map_err(timed_out)
    }

    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()> {
        self.0.set_timeout(timeout(wait)?);
        self.0
            .write_all(bytes)
            .and_then(|()| self.0.flush())
            .map_err(timed_out)
    }

    fn would_wait(&mut self) -> bool {
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

/// A resolver with the addresses of the proxy, the only name that ureq looks up.
#[derive(Debug)]
struct FixedResolver(Vec<SocketAddr>);

impl UreqResolver for FixedResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        match self.0.is_empty() {
            true => Err(Error::HostNotFound),
            false => Ok(addresses(self, &self.0)),
        }
    }
}

/// Addresses in the type of ureq, which limits their number.
fn addresses(resolver: &FixedResolver, from: &[SocketAddr]) -> ResolvedSocketAddrs {
    const MAX: usize = 16;
    let mut addresses = resolver.empty();
    from.iter()
        .take(MAX)
        .for_each(|&address| addresses.push(address));
    addresses
}

/// An error of ureq as an error of the system.
fn io_error(error: Error) -> io::Error {
    match error {
        // `UnexpectedEof` would mean a connection closed within TLS.
        Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            io::Error::other("connection closed")
        }
        // An error without a number of the system is a response of the proxy.
        Error::Io(error) if error.get_ref().is_some() => {
            io::Error::other(format!("SOCKS: {error}"))
        }
        Error::Io(error) => error,
        Error::Timeout(_) => io::ErrorKind::TimedOut.into(),
        error => io::Error::other(error),
    }
}

/// ureq reports its time limits as sources of errors of the system.
fn timed_out(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(Error::Timeout(_)) => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

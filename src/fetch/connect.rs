//! Connections that tell a cut from an end, and hand on much at once.
//!
//! ureq 3.5 takes a connection reset, and TLS that was closed without saying
//! so, for the end of a body that has no length. [`Whole`] wraps every
//! connection and gives such errors a kind that ureq lets through. (A plain FIN
//! after a body without length is how HTTP/1.0 ends one: nobody can tell it
//! from a cut.)
//!
//! TLS comes in records of 16 KiB at most, and rustls hands on one at a time.
//! Below it, one read of the socket has brought many of them. [`Whole`] goes on
//! taking records for as long as no read would have to wait: a [`Gate`] under
//! rustls is shut meanwhile. So a body over https flows in as large blocks as
//! one over http, and a byte that has come never waits for the next.
//!
//! Names are looked up once a minute at most: ureq would ask for every request,
//! those on connections that are open included, and start a thread for it.
//!
//! All this uses what ureq calls `unversioned`; that is why Cargo.toml pins it.

use super::cause::Broken;
use super::clock::cut_down;
use super::decode;
use super::failure::Failure;
use super::forward::ForwardConnector;
use super::headers::Field;
use super::overhead;
use super::proxy::{Proxies, ProxyUrl};
use super::socket::SocketConnector;
use super::{Family, Options};
use crate::stream;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::config::{Config, IpFamily};
use ureq::http::Uri;
use ureq::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName, USER_AGENT};
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration as UreqDuration;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector,
    SocksConnector, Transport,
};
use url::Url;

/// The most plaintext there is in one TLS record, in bytes.
const RECORD: usize = 16 << 10;

/// What is written to a connection is a request's header only.
const REQUEST: usize = 16 << 10;

/// What all the connections may hold of what came in, in bytes, however many
/// they are: each holds its part of that, a TLS record at least.
const INPUT: usize = 2 << 20;

/// How long the addresses of a name are remembered: as long as curl does.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The HTTP clients: one for each proxy, and one for no proxy. (To give a
/// request a proxy of its own would set TLS up anew for each connection.)
#[derive(Debug)]
pub(super) struct Agents {
    proxies: Proxies,
    tls: TlsConfig,
    known: Mutex<HashMap<Option<ProxyUrl>, ureq::Agent>>,
}

impl Agents {
    /// None yet.
    pub(super) fn new(proxies: Proxies, tls: TlsConfig) -> Agents {
        let known = Mutex::default();
        Agents {
            proxies,
            tls,
            known,
        }
    }

    /// The one that a URL is asked for by.
    pub(super) fn for_url(&self, url: &Url, options: &Options) -> Result<ureq::Agent, Failure> {
        let proxy = self.proxies.for_url(url)?;
        let mut known = self.known.lock().unwrap_or_else(|held| held.into_inner());
        if let Some(agent) = known.get(&proxy) {
            return Ok(agent.clone());
        }
        let agent = agent(options, proxy.as_ref(), self.tls.clone())?;
        known.insert(proxy, agent.clone());
        Ok(agent)
    }
}

/// An HTTP client, set up so that nothing is done behind our back: redirects,
/// encodings, statuses and the choice of a proxy are ours.
fn agent(
    options: &Options,
    proxy: Option<&ProxyUrl>,
    tls: TlsConfig,
) -> Result<ureq::Agent, Failure> {
    let wanted = |name: HeaderName, value: &'static str| match options.leaves_out(&name) {
        true => "",
        false => value,
    };
    let encodings = if options.raw { "" } else { decode::ACCEPTED };
    let own_name = concat!("textmill/", env!("CARGO_PKG_VERSION"));
    let config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(wanted(USER_AGENT, own_name))
        .accept(wanted(ACCEPT, "*/*"))
        .accept_encoding(wanted(ACCEPT_ENCODING, encodings))
        .proxy(proxy.map(ProxyUrl::to_ureq).transpose()?)
        .ip_family(match options.family {
            None => IpFamily::Any,
            Some(Family::V4) => IpFamily::Ipv4Only,
            Some(Family::V6) => IpFamily::Ipv6Only,
        })
        .tls_config(tls)
        .timeout_resolve(Some(options.connect_timeout))
        .timeout_connect(Some(options.connect_timeout))
        .timeout_per_read(Some(options.stall_timeout))
        .timeout_per_write(Some(options.stall_timeout))
        .input_buffer_size((INPUT / options.jobs.max(1)).clamp(RECORD, stream::BLOCK))
        .output_buffer_size(REQUEST)
        .max_idle_connections(options.jobs.max(1))
        .max_idle_connections_per_host(options.jobs.max(1))
        .build();
    let plain =
        ().chain(SocksConnector::default())
            .chain(ForwardConnector::default())
            .chain(ConnectProxyConnector::default())
            .chain(SocketConnector::default());
    let tls = RustlsConnector::default();
    let dial = Dial { plain, tls };
    Ok(ureq::Agent::with_parts(config, dial, Memory::default()))
}

impl Options {
    /// Whether the user wants this header field not to be sent.
    fn leaves_out(&self, name: &HeaderName) -> bool {
        let fields = self.fields.iter().chain(&self.user_agent);
        fields
            .into_iter()
            .any(|field| matches!(field, Field::Leave(out) if out == name))
    }
}

/// Looks names up, and remembers what it found for a while.
#[derive(Debug, Default)]
struct Memory {
    known: Mutex<HashMap<String, (ResolvedSocketAddrs, Instant)>>,
}

impl Resolver for Memory {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let timeout = cut_down(timeout)?;
        // With a scheme there is a port, said or not.
        let name = match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) => DefaultResolver::host_and_port(scheme, authority),
            _ => None,
        };
        let Some(name) = name else {
            return look_up(uri, config, timeout);
        };
        let known = || self.known.lock().unwrap_or_else(|held| held.into_inner());
        if let Some((addresses, since)) = known().get(&name)
            && since.elapsed() < REMEMBERED
        {
            return Ok(addresses.clone());
        }
        let addresses = look_up(uri, config, timeout)?;
        let mut known = known();
        // Of many names only those of the last minute are kept.
        known.retain(|_, (_, since)| since.elapsed() < REMEMBERED);
        known.insert(name, (addresses.clone(), Instant::now()));
        Ok(addresses)
    }
}

/// Looks a name up, within the time limit as far as there is a thread to be had
/// that may be left behind: ureq would panic without.
fn look_up(uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
    let unlimited = NextTimeout {
        after: UreqDuration::NotHappening,
        ..timeout
    };
    let here = || DefaultResolver::default().resolve(uri, config, unlimited);
    // An address needs no look-up.
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    if host.parse::<IpAddr>().is_ok() {
        return here();
    }
    let (sender, found) = mpsc::sync_channel(1);
    let (asked, how) = (uri.clone(), config.clone());
    let started = thread::Builder::new().spawn(move || {
        // Nobody may wait for it any more.
        let _ = sender.send(DefaultResolver::default().resolve(&asked, &how, unlimited));
    });
    if started.is_err() {
        return here();
    }
    match found.recv_timeout(*timeout.after) {
        Ok(found) => found,
        Err(_) => Err(Error::Timeout(timeout.reason)),
    }
}

/// Opens connections: plain ones by `plain`, and TLS over them.
#[derive(Debug)]
struct Dial<P> {
    plain: P,
    tls: RustlsConnector,
}

impl<P: Connector> Connector for Dial<P> {
    type Out = Whole;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<Whole>, Error> {
        let details = &ConnectionDetails {
            uri: details.uri,
            addrs: details.addrs.clone(),
            config: details.config,
            request_level: details.request_level,
            resolver: details.resolver,
            now: details.now,
            timeout: cut_down(details.timeout)?,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        let Some(plain) = self.plain.connect(details, chained)? else {
            return Ok(None);
        };
        let shut = Arc::new(AtomicBool::new(false));
        let gate = Gate {
            inner: Box::new(plain),
            shut: Arc::clone(&shut),
        };
        let inner = self.tls.connect(details, Some(gate))?;
        Ok(inner.map(|inner| Whole {
            inner: Box::new(inner),
            shut,
            idle: false,
        }))
    }
}

/// A connection below TLS that can be told not to wait for its socket.
#[derive(Debug)]
struct Gate {
    inner: Box<dyn Transport>,
    shut: Arc<AtomicBool>,
}

impl Transport for Gate {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        match self.shut.load(Ordering::Relaxed) {
            true => Err(Error::Io(io::ErrorKind::WouldBlock.into())),
            false => self.inner.await_input(timeout),
        }
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// A connection whose cuts are errors.
#[derive(Debug)]
struct Whole {
    inner: Box<dyn Transport>,
    shut: Arc<AtomicBool>,
    /// It was given back to the pool and has done nothing since.
    idle: bool,
}

impl Whole {
    /// Takes the records that have come already.
    fn take_more(&mut self, timeout: NextTimeout) {
        self.shut.store(true, Ordering::Relaxed);
        while self.inner.buffers().input_append_buf().len() >= RECORD {
            match self.inner.await_input(timeout) {
                Ok(true) => {}
                // The gate, the end, or an error that rustls will give again.
                Ok(false) | Err(_) => break,
            }
        }
        self.shut.store(false, Ordering::Relaxed);
    }
}

impl Transport for Whole {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.idle = false;
        self.inner.transmit_output(amount, cut_down(timeout)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = cut_down(timeout)?;
        let buffers = self.inner.buffers();
        let before = buffers.input().len();
        // Nothing can be made of all that fits: reading on would look like an end.
        if buffers.input_append_buf().is_empty() {
            return Err(broken(Broken::Endless));
        }
        let more = self.inner.await_input(timeout).map_err(not_an_end)?;
        if more && self.inner.is_tls() {
            self.take_more(timeout);
        }
        let came = self.inner.buffers().input().len() - before;
        overhead::came(came).map_err(broken)?;
        Ok(more)
    }

    /// Asked twice, when it is given back and when it is taken again. The
    /// second answer is the one that counts, and costs system calls.
    fn is_open(&mut self) -> bool {
        !std::mem::replace(&mut self.idle, true) || self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Gives the errors that ureq takes for the end of a body a kind that it does not.
fn not_an_end(error: Error) -> Error {
    match &error {
        Error::Io(cause) => match cause.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                broken(Broken::Reset)
            }
            io::ErrorKind::UnexpectedEof => broken(Broken::Unannounced),
            _ => error,
        },
        _ => error,
    }
}

fn broken(how: Broken) -> Error {
    Error::Io(io::Error::other(how))
}

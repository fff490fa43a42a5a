//! HTTP/1.1 over one connection: a request out, the head of its answer and its
//! body in.
//!
//! 1. [`Client::exchange`] takes an idle connection to the origin (`pool`), or
//!    opens one: `dial` finds the host's addresses (`names`), `connect` tries them
//!    side by side, `socks` asks a SOCKS proxy, `tls` puts TLS on top. Each of
//!    these is a `stream`.
//! 2. The `connection` writes the request and reads the head of the answer,
//!    which `head` parses.
//! 3. A [`Body`] (`body`) takes off the framing: a length, chunks (`chunked`), or
//!    the end of the connection. At its true end the connection is idle again.
//!
//! How long a wait for the network may last is an argument of each call: a [`Wait`].
//! docs/exchange.md tells why this is not left to ureq.

use super::failure::Failure;
use super::proxy::{Proxies, ProxyUrl};
use super::{Family, cause};
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{HeaderMap, StatusCode, Version};
use url::{Position, Url};

mod body;
mod chunked;
mod connect;
mod connection;
mod dial;
mod head;
mod names;
mod pool;
mod socks;
mod stream;
pub(super) mod tls;

pub(super) use body::{Body, Framing};
pub(super) use head::{items, spelled};
pub(super) use stream::{Limit, Wait};

use connection::Connection;
use dial::Dial;
use pool::Pool;

/// What is common to all requests: connections that are idle, and how to open more.
#[derive(Debug)]
pub(super) struct Client {
    proxies: Proxies,
    dial: Dial,
    pool: Arc<Pool>,
}

/// A request without a body.
pub(super) struct Request<'a> {
    /// `GET` or `HEAD`.
    pub(super) method: &'static str,
    /// Its user and fragment are not sent.
    pub(super) url: &'a Url,
    /// The header, a line for each field, each with its CRLF.
    pub(super) fields: Vec<u8>,
}

/// The status line and the header of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) version: Version,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

impl Client {
    /// A client without any connection. `jobs` requests at most are in flight. Without
    /// `tls`, the system's roots of trust count.
    pub(super) fn new(
        proxies: Proxies,
        tls: Option<ClientConfig>,
        connect_timeout: Duration,
        family: Option<Family>,
        jobs: usize,
    ) -> Client {
        Client {
            proxies,
            dial: Dial::new(tls, connect_timeout, family, jobs),
            pool: Arc::new(Pool::new(jobs)),
        }
    }

    /// Sends a request, and reads the head of the final answer.
    ///
    /// An idle connection may have been closed by the server just then, or be out
    /// of step. So where one fails before an answer, a new one is opened.
    pub(super) fn exchange(
        &self,
        request: &Request,
        wait: Wait,
    ) -> Result<(Head, Result<Body, Failure>), Failure> {
        let proxy = self.proxies.for_url(request.url)?;
        let key = key(request.url, proxy.as_ref());
        let forward = proxy.as_ref().filter(|proxy| proxy.forwards(request.url));
        let message = message(request, forward);
        if let Some(mut idle) = self.pool.take(&key)
            && let Ok(head) = idle.ask(&message, wait)
        {
            return Ok(self.answer(request, key, idle, head));
        }
        let stream = self.dial.open(request.url, proxy.as_ref(), wait)?;
        let mut connection = Connection::new(stream);
        match connection.ask(&message, wait) {
            // The proxy wants credentials, and answers in the server's place. To HEAD, its head
            // is the answer.
            Ok(head)
                if forward.is_some() && head.status.as_u16() == 407 && request.method != "HEAD" =>
            {
                Err(via(proxy.as_ref(), Failure::Status(407)))
            }
            Ok(head) => Ok(self.answer(request, key, connection, head)),
            Err(broken) => Err(via(forward, cause::unanswered(broken, wait))),
        }
    }

    /// The head, and the body, if its framing can be understood.
    fn answer(
        &self,
        request: &Request,
        key: String,
        connection: Connection,
        head: Head,
    ) -> (Head, Result<Body, Failure>) {
        let framing = match request.method {
            "HEAD" => Ok(Framing::Sized(0)),
            _ => body::framing(&head),
        };
        let home = head::is_kept_open(&head).then(|| (Arc::clone(&self.pool), key));
        let body = framing.map(|framing| Body::new(connection, framing, home));
        (head, body)
    }
}

/// Names a proxy as the place of a failure.
fn via(proxy: Option<&ProxyUrl>, failure: Failure) -> Failure {
    match proxy {
        Some(proxy) => Failure::Proxy {
            proxy: proxy.to_string(),
            because: Box::new(failure),
        },
        None => failure,
    }
}

/// What makes two requests fit for one connection: the origin, and the way there.
fn key(url: &Url, proxy: Option<&ProxyUrl>) -> String {
    let origin = format!("{}://{}", url.scheme(), authority(url));
    match proxy {
        Some(proxy) => format!("{origin} {}", proxy.identity()),
        None => origin,
    }
}

/// The host, and the port if it is not the scheme's own.
pub(super) fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

/// The request as it is sent. Through a proxy that forwards it, its first line has the
/// whole URL (RFC 9112, 3.2.2), and the header says who asks.
fn message(request: &Request, forward: Option<&ProxyUrl>) -> Vec<u8> {
    let url = request.url;
    let mut message = format!("{} ", request.method).into_bytes();
    if forward.is_some() {
        message.extend_from_slice(format!("{}://{}", url.scheme(), authority(url)).as_bytes());
    }
    message.extend_from_slice(url[Position::BeforePath..Position::AfterQuery].as_bytes());
    message.extend_from_slice(b" HTTP/1.1\r\n");
    message.extend_from_slice(&request.fields);
    if let Some(line) = forward.and_then(ProxyUrl::authorization) {
        message.extend_from_slice(line.as_bytes());
    }
    message.extend_from_slice(b"\r\n");
    message
}

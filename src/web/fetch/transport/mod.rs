//! HTTP/1.1 over one connection: a request out, the head of its response and the body in.
//!
//! 1. [`Client::exchange`] takes an idle connection to the origin (`pool`), or opens one:
//!    `dial` looks up the host (`resolve`), `connect` tries its addresses side by side,
//!    `proxy` and `socks` reach it through a proxy, `tls` adds TLS. Each layer is a `stream`.
//! 2. The `connection` sends the request (`message`) and reads the head of the response,
//!    which `head` parses.
//! 3. A [`Body`] (`body`) removes the framing: a length, chunks (`chunked`), or the end of
//!    the connection. At the end of the body the connection is idle again.
//!
//! Each call that waits for the network has a [`Wait`] as an argument. `cause` maps errors
//! to failures. docs/exchange.md explains why ureq does not do this.

use super::failure::Failure;
use super::job::wait::Wait;
use super::options::Options;
use crate::web::host::origin;
use body::Body;
use connection::Connection;
use dial::Dial;
use framing::Framing;
use message::{HttpHead, HttpRequest};
use pool::Pool;
use proxy::{Proxies, ProxyUrl, at_proxy};
use rustls::ClientConfig;
use std::sync::Arc;
use url::Url;

pub(crate) mod body;
pub(crate) mod cause;
pub(crate) mod chunked;
mod connect;
mod connection;
mod dial;
pub(crate) mod framing;
pub(crate) mod head;
pub(crate) mod message;
mod pool;
pub(crate) mod proxy;
mod resolve;
mod socks;
mod stream;
pub(crate) mod tls;

/// The idle connections, and how to open more.
#[derive(Debug)]
pub(crate) struct Client {
    proxies: Proxies,
    dial: Dial,
    pool: Arc<Pool>,
}

impl Client {
    /// A client without connections. `tls` is None for the system's root certificates.
    pub(crate) fn new(proxies: Proxies, tls: Option<ClientConfig>, options: &Options) -> Client {
        Client {
            proxies,
            dial: Dial::new(tls, options.connect_timeout, options.family, options.jobs),
            pool: Arc::new(Pool::new(options.jobs)),
        }
    }

    /// Sends a request, and reads the head of the final response. The body is an error if
    /// its framing is unknown.
    ///
    /// The server may close an idle connection at any time. So if an idle connection fails
    /// before the response, the request is sent over a new connection.
    pub(crate) fn exchange(
        &self,
        request: &HttpRequest,
        wait: Wait,
    ) -> Result<(HttpHead, Result<Body, Failure>), Failure> {
        let proxy = self.proxies.for_url(request.url)?;
        let key = pool_key(request.url, proxy.as_ref());
        let forward = proxy.as_ref().filter(|proxy| proxy.forwards(request.url));
        let message = request.encode(forward);
        if let Some(mut idle) = self.pool.take(&key)
            && let Ok(head) = idle.send(&message, wait)
        {
            return Ok(self.response(request, key, idle, head));
        }
        let stream = self.dial.open(request.url, proxy.as_ref(), wait)?;
        let mut connection = Connection::new(stream);
        match connection.send(&message, wait) {
            // The proxy requires credentials. A HEAD request reports this head.
            Ok(head)
                if forward.is_some() && head.status.as_u16() == 407 && request.method != "HEAD" =>
            {
                Err(at_proxy(proxy.as_ref(), Failure::Status(407)))
            }
            Ok(head) => Ok(self.response(request, key, connection, head)),
            Err(error) => Err(at_proxy(forward, cause::exchange_failed(error, wait))),
        }
    }

    fn response(
        &self,
        request: &HttpRequest,
        key: String,
        connection: Connection,
        head: HttpHead,
    ) -> (HttpHead, Result<Body, Failure>) {
        let framing = match request.method {
            "HEAD" => Ok(Framing::Sized(0)),
            _ => Framing::of(&head),
        };
        let pool = head::is_kept_open(&head).then(|| (Arc::clone(&self.pool), key));
        let body = framing.map(|framing| Body::new(connection, framing, pool));
        (head, body)
    }
}

/// Requests with the same key can use the same connection.
fn pool_key(url: &Url, proxy: Option<&ProxyUrl>) -> String {
    match proxy {
        Some(proxy) => format!("{} {}", origin(url), proxy.identity()),
        None => origin(url),
    }
}

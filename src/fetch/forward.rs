//! Plain http through a proxy, as proxies expect it: the whole URL in the
//! request line (absolute-form, RFC 9112, 3.2.2) instead of a tunnel, which
//! many a proxy allows to port 443 only.
//!
//! ureq can only tunnel, and the URI type it uses has no room for such a
//! request line. So [`Forward`] rewrites the beginning of each request on its
//! way to the connection. What it relies on: ureq writes a request line whole
//! at the beginning of what it transmits first, and reads an answer between two
//! requests.

use super::headers::basic;
use super::socket::SocketConnector;
use std::fmt::Write as _;
use std::io;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, RustlsConnector, Transport,
};
use ureq::{Error, Proxy, ProxyProtocol};

/// Connects to the proxy where a plain URL goes through one that speaks HTTP.
/// It stands before ureq's connector for tunnels.
#[derive(Debug, Default)]
pub(super) struct ForwardConnector {
    tls: RustlsConnector,
}

impl<In: Transport> Connector<In> for ForwardConnector {
    type Out = Either<In, Forward>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(connection) = chained {
            return Ok(Some(Either::A(connection)));
        }
        let speaks_http =
            |proxy: &&Proxy| matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https);
        let proxy = details.config.proxy().filter(speaks_http);
        let Some(proxy) =
            proxy.filter(|proxy| !details.needs_tls() && !proxy.is_no_proxy(details.uri))
        else {
            return Ok(None);
        };
        let (resolver, uri) = (details.resolver, proxy.uri());
        let details_of_proxy = ConnectionDetails {
            uri,
            addrs: resolver.resolve(uri, details.config, details.timeout)?,
            config: details.config,
            request_level: details.request_level,
            resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        let plain = Connector::<()>::connect(&SocketConnector::default(), &details_of_proxy, None)?;
        let connection = self.tls.connect(&details_of_proxy, plain)?;
        Ok(connection
            .map(|connection| Either::B(Forward::new(Box::new(connection), details, proxy))))
    }
}

/// A connection to a proxy that is told the whole URL.
#[derive(Debug)]
pub(super) struct Forward {
    inner: Box<dyn Transport>,
    /// What stands before the path: `http://HOST:PORT`.
    origin: String,
    /// Header lines for the proxy.
    lines: Vec<u8>,
    /// The beginning of this request was sent.
    begun: bool,
}

impl Forward {
    fn new(inner: Box<dyn Transport>, details: &ConnectionDetails, proxy: &Proxy) -> Forward {
        let mut origin = format!("http://{}", details.uri.host().unwrap_or_default());
        if let Some(port) = details.uri.port_u16() {
            // Writing to a string never fails.
            let _ = write!(origin, ":{port}");
        }
        let mut lines = Vec::new();
        if proxy.username().is_some() || proxy.password().is_some() {
            let name = proxy.username().unwrap_or_default();
            let password = proxy.password().unwrap_or_default();
            let value = basic(name.as_bytes(), password.as_bytes());
            lines = [b"Proxy-Authorization: ", value.as_bytes(), b"\r\n"].concat();
        }
        Forward {
            inner,
            origin,
            lines,
            begun: false,
        }
    }
}

/// The beginning of a request with the whole URL in its first line; none if it
/// does not have the form that we know.
fn absolute(request: &[u8], origin: &str, lines: &[u8]) -> Option<Vec<u8>> {
    let path = memchr::memchr(b' ', request)? + 1;
    let end = path + memchr::memmem::find(&request[path..], b"\r\n")? + 2;
    let (method, rest) = request.split_at(path);
    if !rest.starts_with(b"/") {
        return None;
    }
    let (target, rest) = rest.split_at(end - path);
    Some([method, origin.as_bytes(), target, lines, rest].concat())
}

impl Transport for Forward {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.begun {
            return self.inner.transmit_output(amount, timeout);
        }
        self.begun = true;
        let request = &self.inner.buffers().output()[..amount];
        let request = absolute(request, &self.origin, &self.lines);
        let request = request.ok_or_else(|| io::Error::other("no request for a proxy"))?;
        // It is longer than it was: perhaps longer than the buffer.
        let mut rest = request.as_slice();
        while !rest.is_empty() {
            let buffer = self.inner.buffers().output();
            let n = rest.len().min(buffer.len());
            buffer[..n].copy_from_slice(&rest[..n]);
            self.inner.transmit_output(n, timeout)?;
            rest = &rest[n..];
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.begun = false;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    /// Even if there is TLS to the proxy, there is none to the server.
    fn is_tls(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;
    use ureq::config::Config;
    use ureq::unversioned::resolver::DefaultResolver;
    use ureq::unversioned::transport::{ConnectProxyConnector, TcpConnector};

    /// A proxy that knows all the answers. It gives its port and the heads of
    /// the requests, as `CONNECTION NUMBER: HEAD`.
    fn proxy() -> (u16, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heads, received) = channel();
        thread::spawn(move || {
            for (number, socket) in listener.incoming().enumerate() {
                let (heads, socket) = (heads.clone(), socket.unwrap());
                thread::spawn(move || serve(number, socket, &heads));
            }
        });
        (port, received)
    }

    fn serve(number: usize, socket: TcpStream, heads: &Sender<String>) {
        let mut socket = BufReader::new(socket);
        let mut head = String::new();
        while socket.read_line(&mut head).unwrap_or(0) > 0 {
            if head.ends_with("\r\n\r\n") {
                let _ = heads.send(format!("{number}: {head}"));
                head.clear();
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
                socket.get_mut().write_all(answer).unwrap();
            }
        }
    }

    fn agent(proxy: &str, buffer: usize) -> ureq::Agent {
        let config = Config::builder().proxy(Some(Proxy::new(proxy).unwrap()));
        let config = config
            .output_buffer_size(buffer)
            .user_agent("me")
            .accept("")
            .accept_encoding("");
        let chain =
            ().chain(ForwardConnector::default())
                .chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default());
        ureq::Agent::with_parts(config.build(), chain, DefaultResolver::default())
    }

    #[test]
    fn the_whole_url_on_connections_that_stay_open() {
        let (port, heads) = proxy();
        let agent = agent(&format!("http://me:secret@127.0.0.1:{port}"), 16 << 10);
        for (url, target, host) in [
            ("http://a.example/b?c", "http://a.example/b?c", "a.example"),
            ("http://a.example", "http://a.example/", "a.example"),
            ("http://[::1]:81/", "http://[::1]:81/", "[::1]:81"),
        ] {
            let body = agent.get(url).call().unwrap().body_mut().read_to_string();
            assert_eq!(body.unwrap(), "body");
            let connection = if host == "a.example" { 0 } else { 1 };
            let head = heads.recv().unwrap().to_ascii_lowercase();
            let lines: Vec<&str> = head.lines().collect();
            assert_eq!(lines[0], format!("{connection}: get {target} http/1.1"));
            assert_eq!(lines[1], "proxy-authorization: basic bwu6c2vjcmv0");
            assert_eq!(lines.len(), 5, "{head}");
            assert!(lines.contains(&&*format!("host: {host}")), "{head}");
        }
    }

    #[test]
    fn a_request_longer_than_the_buffer() {
        let (port, heads) = proxy();
        let agent = agent(&format!("http://127.0.0.1:{port}"), 200);
        let path = "x".repeat(150);
        for _ in 0..2 {
            let mut request = agent.get(format!("http://a.example/{path}"));
            for i in 0..9 {
                request = request.header(format!("X-{i}"), &path);
            }
            let body = request.call().unwrap().body_mut().read_to_string();
            assert_eq!(body.unwrap(), "body");
            let head = heads.recv().unwrap();
            assert!(head.starts_with(&format!("0: GET http://a.example/{path} HTTP/1.1\r\n")));
            assert_eq!(head.matches(&path).count(), 10);
            assert_eq!(head.matches("http://").count(), 1);
        }
    }

    proptest! {
        #[test]
        fn only_the_first_line_changes(path in "/[!-~]{0,20}", rest in "([!-~ ]{0,9}\r\n){0,5}") {
            let request = format!("GET {path} HTTP/1.1\r\n{rest}");
            let expected = format!("GET http://a:1{path} HTTP/1.1\r\nX: y\r\n{rest}");
            let changed = absolute(request.as_bytes(), "http://a:1", b"X: y\r\n");
            prop_assert_eq!(changed, Some(expected.into_bytes()));
        }

        #[test]
        fn no_request_is_too_odd(bytes: Vec<u8>) {
            let _ = absolute(&bytes, "http://a", b"");
        }
    }
}

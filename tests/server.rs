//! A web server on loopback that answers, and fails, as a test requires.
//!
//! A test hands [`Server::start`] a function from the request to the [`Step`]s
//! of the answer. Each connection has a thread and gets one answer; then it is
//! closed, by FIN, unless a step did worse, or [`Step::Keep`] keeps it open for
//! the next request. [`Server::tls`] is the same over TLS.
//!
//! ```ignore
//! let server = Server::start(|request| match request.path.as_str() {
//!     "/cut" => vec![Step::send(page(&[], b"whole")), Step::Reset],
//!     _ => vec![Step::send(status("404 Not Found"))],
//! });
//! let url = server.url("/cut");
//! ```

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What came from the client.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET or HEAD.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The header lines.
    headers: Vec<String>,
}

impl Request {
    /// The value of a header; `name` is in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One thing that the server does to a connection.
#[derive(Clone)]
pub enum Step {
    /// Send these bytes, at once.
    Send(Vec<u8>),
    /// Do nothing for a while.
    Pause(Duration),
    /// Call this, and go on when it returns.
    Call(Arc<dyn Fn() + Send + Sync>),
    /// Close by RST.
    Reset,
    /// Over TLS: close by FIN, without TLS's own end.
    Cut,
    /// Keep the connection open and answer the next request on it.
    Keep,
}

impl Step {
    /// Sends bytes.
    pub fn send(bytes: impl Into<Vec<u8>>) -> Step {
        Step::Send(bytes.into())
    }
}

/// A running server. It runs until the test process ends.
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    log: Arc<Mutex<Log>>,
}

/// What has happened.
#[derive(Default)]
struct Log {
    requests: Vec<Request>,
    connections: usize,
}

type Answer = dyn Fn(&Request) -> Vec<Step> + Send + Sync;

impl Server {
    /// Starts a server that answers every request with the steps of `answer`.
    pub fn start(answer: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static) -> Server {
        Server::listen("http", Arc::new(answer), None)
    }

    /// Starts a server that answers every request with this page of HTML.
    pub fn serving(html: Vec<u8>) -> Server {
        let answer = page(&["Content-Type: text/html"], &html);
        Server::start(move |_| vec![Step::send(answer.clone())])
    }

    /// [`start`](Server::start) over TLS.
    pub fn tls(
        config: Arc<rustls::ServerConfig>,
        answer: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static,
    ) -> Server {
        Server::listen("https", Arc::new(answer), Some(config))
    }

    /// The URL of a path on this server.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The server's address, as URLs have it: `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().requests.clone()
    }

    /// How many connections there have been that asked for something.
    pub fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    fn listen(
        scheme: &'static str,
        answer: Arc<Answer>,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (answer, tls, log) = (Arc::clone(&answer), tls.clone(), Arc::clone(&shared));
                // A client that closes the connection is an error here, but not of the server.
                thread::spawn(move || serve(socket?, &*answer, tls, &log));
            }
        });
        Server {
            address,
            scheme,
            log,
        }
    }
}

fn serve(
    socket: TcpStream,
    answer: &Answer,
    tls: Option<Arc<rustls::ServerConfig>>,
    log: &Mutex<Log>,
) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut stream = match tls {
        None => Stream::Plain(socket),
        Some(config) => {
            let session = rustls::ServerConnection::new(config).unwrap();
            Stream::Tls(Box::new(rustls::StreamOwned::new(session, socket)))
        }
    };
    let mut kept = false;
    while let Some(request) = read_request(&mut stream)? {
        {
            let mut log = log.lock().unwrap();
            log.connections += usize::from(!kept);
            log.requests.push(request.clone());
        }
        kept = false;
        for step in answer(&request) {
            match step {
                Step::Send(bytes) => {
                    stream.write_all(&bytes)?;
                    stream.flush()?;
                }
                Step::Pause(time) => thread::sleep(time),
                Step::Call(call) => call(),
                Step::Reset => {
                    // The client must have had time to read what was sent.
                    thread::sleep(Duration::from_millis(100));
                    rustix::net::sockopt::set_socket_linger(stream.socket(), Some(Duration::ZERO))?;
                    return Ok(());
                }
                Step::Cut => return Ok(()),
                Step::Keep => kept = true,
            }
        }
        if !kept {
            break;
        }
    }
    if let Stream::Tls(stream) = &mut stream {
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}

/// The next request; None where there is no more.
fn read_request(stream: &mut Stream) -> std::io::Result<Option<Request>> {
    let mut lines = Vec::new();
    let mut reader = BufReader::with_capacity(1, stream);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_string()),
        }
    }
    let Some(first) = lines.first().cloned() else {
        return Ok(None);
    };
    Ok(Some(Request {
        method: first.split(' ').next().unwrap_or_default().to_string(),
        path: first.split(' ').nth(1).unwrap_or_default().to_string(),
        headers: lines.split_off(1),
    }))
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<rustls::StreamOwned<rustls::ServerConnection, TcpStream>>),
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

/// The head of an answer: a status line, `Connection: close` and these header lines.
pub fn head(status: &str, headers: &[&str]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for line in headers {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A whole answer of status 200, with a Content-Length.
pub fn page(headers: &[&str], body: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}", body.len());
    let headers = [headers, &[&length]].concat();
    [head("200 OK", &headers), body.to_vec()].concat()
}

/// A complete response with this status, and a body that must not be printed.
pub fn status(status: &str) -> Vec<u8> {
    let body = b"an error page";
    let length = format!("Content-Length: {}", body.len());
    [head(status, &[&length]), body.to_vec()].concat()
}

/// A redirect.
pub fn redirect(location: &str) -> Vec<u8> {
    let location = format!("Location: {location}");
    head("302 Found", &[&location, "Content-Length: 0"])
}

/// The body in chunks of `size` bytes, the last of them empty.
pub fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(size) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

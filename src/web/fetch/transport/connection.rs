//! One connection: a request out, the head of its response and the bytes after it in.

use super::cause::ExchangeError;
use super::head;
use super::message::HttpHead;
use super::stream::{Socket, Stream};
use crate::web::fetch::job::wait::Wait;
use std::io;
use ureq::http::StatusCode;

/// The size of one read of a head, in bytes.
const READ: usize = 16 << 10;

/// The maximum size of all heads of one response, in bytes: a server can send any number of
/// `103 Early Hints`.
const MAX_HEADS: usize = 256 << 10;

/// A connection, and its input beyond the last head.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    /// The input; `from..` is unused.
    input: Vec<u8>,
    from: usize,
}

impl Connection {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Connection {
        Connection {
            stream,
            input: Vec::new(),
            from: 0,
        }
    }

    /// Whether all input is used.
    pub(crate) fn is_drained(&self) -> bool {
        self.from == self.input.len()
    }

    /// Whether it can be reused: it is open, and there is no unexpected input.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.is_drained() && self.stream.would_wait()
    }

    /// The stream of an open tunnel, whose input is all used.
    pub(crate) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    /// Sends a request and reads the head of its final response.
    pub(crate) fn send(&mut self, message: &[u8], wait: Wait) -> Result<HttpHead, ExchangeError> {
        let sent = self.stream.write_all(message, wait);
        // The server may respond and close the connection before it has read the whole request.
        if let Err(error) = sent
            && error.kind() != io::ErrorKind::BrokenPipe
            && error.kind() != io::ErrorKind::ConnectionReset
        {
            return Err(error.into());
        }
        let mut seen = 0;
        loop {
            let (head, len) = self.head(MAX_HEADS.saturating_sub(seen), wait)?;
            self.from += len;
            seen += len;
            // Interim responses are skipped. 101 is final: no request asks for it.
            if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
                return Ok(head);
            }
        }
    }

    /// The next head, and its length.
    fn head(&mut self, max: usize, wait: Wait) -> Result<(HttpHead, usize), ExchangeError> {
        loop {
            let input = &self.input[self.from..];
            if !input.is_empty()
                && let Some(found) = head::parse(input).map_err(ExchangeError::NotHttp)?
            {
                return Ok(found);
            }
            if input.len() >= max {
                return Err(ExchangeError::TooLarge);
            }
            if self.from > 0 {
                self.input.drain(..self.from);
                self.from = 0;
            }
            let len = self.input.len();
            self.input.resize(len + READ, 0);
            let read = self.stream.read(&mut self.input[len..], wait);
            self.input.truncate(len + *read.as_ref().unwrap_or(&0));
            if read? == 0 {
                return Err(ExchangeError::UnexpectedEof);
            }
        }
    }

    /// Reads the bytes after the head; 0 at the end of the connection.
    pub(crate) fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
        let unused = &self.input[self.from..];
        if unused.is_empty() {
            return self.stream.read(buffer, wait);
        }
        let n = unused.len().min(buffer.len());
        buffer[..n].copy_from_slice(&unused[..n]);
        self.from += n;
        Ok(n)
    }

    /// The socket, if all input is used and the stream is the plain socket.
    pub(crate) fn socket(&mut self) -> Option<&mut Socket> {
        match self.is_drained() {
            true => self.stream.socket(),
            false => None,
        }
    }
}

//! One connection: a request out, the head of its answer in, and then what follows.

use super::Head;
use super::head;
use super::stream::{Socket, Stream, Wait};
use crate::web::fetch::cause::Broken;
use std::io;
use ureq::http::StatusCode;

/// How much is read at once while a head is waited for, in bytes.
const READ: usize = 16 << 10;

/// The most bytes of all heads of one answer: `103 Early Hints` may come again and again.
const MOST: usize = 256 << 10;

/// A connection, and what was read of it beyond the last head.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// What has come; `from..` of it is not yet used.
    input: Vec<u8>,
    from: usize,
}

impl Connection {
    pub(super) fn new(stream: Box<dyn Stream>) -> Connection {
        Connection {
            stream,
            input: Vec::new(),
            from: 0,
        }
    }

    /// Whether nothing of what came is left.
    pub(super) fn is_in_step(&self) -> bool {
        self.from == self.input.len()
    }

    /// Whether it can be used again: it is open, and nothing came that was not asked for.
    pub(super) fn is_idle(&mut self) -> bool {
        self.is_in_step() && self.stream.is_silent()
    }

    /// The stream, where a tunnel to a server is open: what came is all used.
    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    /// Sends a request and reads the head of its final answer.
    pub(super) fn ask(&mut self, message: &[u8], wait: Wait) -> Result<Head, Broken> {
        let sent = self.stream.write_all(message, wait);
        // The server may have answered and closed the connection before it read all.
        if let Err(error) = sent
            && error.kind() != io::ErrorKind::BrokenPipe
            && error.kind() != io::ErrorKind::ConnectionReset
        {
            return Err(error.into());
        }
        let mut seen = 0;
        loop {
            let (head, len) = self.head(MOST.saturating_sub(seen), wait)?;
            self.from += len;
            seen += len;
            // Interim answers; 101 is final, and one that was not asked for.
            if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
                return Ok(head);
            }
        }
    }

    /// The next head, and its length.
    fn head(&mut self, most: usize, wait: Wait) -> Result<(Head, usize), Broken> {
        loop {
            let input = &self.input[self.from..];
            if !input.is_empty()
                && let Some(found) = head::parse(input).map_err(Broken::NotHttp)?
            {
                return Ok(found);
            }
            if input.len() >= most {
                return Err(Broken::Endless);
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
                return Err(Broken::Closed);
            }
        }
    }

    /// Reads what follows the head; 0 at the end of the connection.
    pub(super) fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
        let there = &self.input[self.from..];
        if there.is_empty() {
            return self.stream.read(buffer, wait);
        }
        let n = there.len().min(buffer.len());
        buffer[..n].copy_from_slice(&there[..n]);
        self.from += n;
        Ok(n)
    }

    /// The socket, if all that was read is used, and nothing stands between.
    pub(super) fn socket(&mut self) -> Option<&mut Socket> {
        match self.is_in_step() {
            true => self.stream.socket(),
            false => None,
        }
    }
}

//! The body of one answer, framing taken off. At its true end, the connection is
//! idle again.

use super::chunked::Chunked;
use super::connection::Connection;
use super::pool::Pool;
use super::stream::Wait;
use super::{Head, items};
use crate::common::stream;
use crate::web::fetch::cause::Broken;
use crate::web::fetch::failure::Failure;
use std::sync::Arc;
use ureq::http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use ureq::http::{StatusCode, Version};

/// The most bytes of framing without one byte of the body: trailers may go on and on.
const MOST: usize = 4 * stream::BLOCK;

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::fetch) enum Framing {
    /// By its length.
    Sized(u64),
    /// By an empty chunk.
    Chunked,
    /// By the end of the connection.
    Close,
}

impl Framing {
    /// How many bytes the body has, if its head says so.
    pub(in crate::web::fetch) fn length(self) -> Option<u64> {
        match self {
            Framing::Sized(length) => Some(length),
            Framing::Chunked | Framing::Close => None,
        }
    }
}

/// How the body of an answer is framed (RFC 9112, 6.3). A transfer coding that is
/// not chunked, or that is in the old protocol that has none, would be handed on as if it
/// were the body.
pub(super) fn framing(head: &Head) -> Result<Framing, Failure> {
    let mut codings = items(&head.headers, TRANSFER_ENCODING);
    if codings.iter().all(|coding| coding == "identity") {
        codings.clear();
    }
    match codings.as_slice() {
        [] if matches!(
            head.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        ) =>
        {
            Ok(Framing::Sized(0))
        }
        [] => Ok(length(&head.headers)?.map_or(Framing::Close, Framing::Sized)),
        [only] if only == "chunked" && head.version >= Version::HTTP_11 => Ok(Framing::Chunked),
        codings => Err(Failure::Protocol(format!(
            "transfer encoding {} not understood",
            codings.join(", ")
        ))),
    }
}

/// The length that the header tells: the same, if it tells it more than once.
fn length(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let mut lengths = items(headers, CONTENT_LENGTH);
    lengths.dedup();
    let wrong = |how: &str| {
        let lengths = lengths.join(", ");
        Err(Failure::Protocol(format!("Content-Length {lengths} {how}")))
    };
    match lengths.as_slice() {
        [] => Ok(None),
        [digits] if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(length) => Ok(Some(length)),
            Err(_) => wrong("is too large"),
        },
        [_] => wrong("is not a number"),
        _ => wrong("is ambiguous"),
    }
}

/// A body on its way.
#[derive(Debug)]
pub(in crate::web::fetch) struct Body {
    /// None behind the end.
    connection: Option<Connection>,
    state: State,
    /// Where the connection goes at the end, if the server keeps it open.
    home: Option<(Arc<Pool>, String)>,
    framing: Framing,
}

#[derive(Debug)]
enum State {
    /// So many bytes are to come.
    Sized(u64),
    Chunked(Chunked),
    Close,
}

impl Body {
    pub(super) fn new(
        connection: Connection,
        framing: Framing,
        home: Option<(Arc<Pool>, String)>,
    ) -> Body {
        let mut body = Body {
            connection: Some(connection),
            state: match framing {
                Framing::Sized(length) => State::Sized(length),
                Framing::Chunked => State::Chunked(Chunked::new()),
                Framing::Close => State::Close,
            },
            home,
            framing,
        };
        if framing == Framing::Sized(0) {
            body.end();
        }
        body
    }

    /// How its end is marked.
    pub(in crate::web::fetch) fn framing(&self) -> Framing {
        self.framing
    }

    /// The end has come: the connection is idle, if nothing follows.
    fn end(&mut self) {
        if let (Some(connection), Some((pool, key))) = (self.connection.take(), self.home.take())
            && connection.is_in_step()
        {
            pool.give(key, connection);
        }
    }

    /// Reads some bytes; 0 at the true end. After an error there is nothing to read.
    pub(in crate::web::fetch) fn read(
        &mut self,
        buffer: &mut [u8],
        wait: Wait,
    ) -> Result<usize, Broken> {
        let read = self.attempt(buffer, wait);
        match &read {
            Ok(0) if !buffer.is_empty() => self.end(),
            Ok(_) => {}
            Err(_) => self.connection = None,
        }
        read
    }

    fn attempt(&mut self, buffer: &mut [u8], wait: Wait) -> Result<usize, Broken> {
        let Some(connection) = &mut self.connection else {
            return Ok(0);
        };
        match &mut self.state {
            State::Close => Ok(connection.read(buffer, wait)?),
            State::Sized(left) => {
                let room = usize::try_from(*left).unwrap_or(usize::MAX);
                let room = room.min(buffer.len());
                if room == 0 {
                    return Ok(0);
                }
                let n = connection.read(&mut buffer[..room], wait)?;
                *left -= n as u64;
                match n {
                    0 => Err(Broken::Closed),
                    // The end is here, and needs no read of its own.
                    n if *left == 0 => {
                        self.end();
                        Ok(n)
                    }
                    n => Ok(n),
                }
            }
            State::Chunked(chunked) => {
                let mut framing = 0;
                chunked.check().map_err(Broken::Garbled)?;
                while !chunked.is_over() && !buffer.is_empty() {
                    let n = match connection.read(buffer, wait) {
                        Ok(n @ 1..) => n,
                        // Only trailers are missing (RFC 9112, 8).
                        Ok(0) | Err(_) if chunked.has_all_data() => {
                            self.home = None;
                            return Ok(0);
                        }
                        Ok(_) => return Err(Broken::Closed),
                        Err(error) => return Err(error.into()),
                    };
                    let step = chunked
                        .take_off(&mut buffer[..n])
                        .map_err(Broken::Garbled)?;
                    if step.used < n {
                        // More than the answer: the connection is out of step.
                        self.home = None;
                    }
                    if step.data > 0 {
                        return Ok(step.data);
                    }
                    framing += n;
                    if framing > MOST {
                        return Err(Broken::Endless);
                    }
                }
                Ok(0)
            }
        }
    }

    /// Moves some bytes to a pipe, within the kernel. None where that cannot be
    /// done now, but a read can. An error of kind `BrokenPipe` is the pipe's.
    #[cfg(target_os = "linux")]
    pub(in crate::web::fetch) fn splice(
        &mut self,
        pipe: rustix::fd::BorrowedFd,
        wait: Wait,
    ) -> Option<std::io::Result<usize>> {
        /// As much as the pipe takes, in bytes.
        const AT_ONCE: usize = 1 << 20;
        let most = match self.state {
            State::Sized(left) => usize::try_from(left).unwrap_or(AT_ONCE).min(AT_ONCE),
            State::Close => AT_ONCE,
            State::Chunked(_) => return None,
        };
        let socket = self.connection.as_mut()?.socket()?;
        let moved = socket.splice(pipe, most, wait);
        if let (State::Sized(left), Ok(n)) = (&mut self.state, &moved) {
            *left -= *n as u64;
        }
        Some(moved)
    }
}

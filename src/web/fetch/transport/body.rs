//! The body of one response without its framing. At its end the connection is idle again.

use super::cause::ExchangeError;
use super::chunked::Chunked;
use super::connection::Connection;
use super::framing::Framing;
use super::pool::Pool;
use crate::common::stream;
use crate::web::fetch::job::wait::Wait;
use std::sync::Arc;

/// The maximum number of bytes of framing without a byte of data: trailers can be endless.
const MAX_FRAMING: usize = 4 * stream::BLOCK;

/// The body of a response, to be read.
#[derive(Debug)]
pub(crate) struct Body {
    /// None after the end.
    connection: Option<Connection>,
    state: State,
    /// The pool for the connection, if the server keeps it open, and its key there.
    pool: Option<(Arc<Pool>, String)>,
    framing: Framing,
}

#[derive(Debug)]
enum State {
    /// The number of bytes left.
    Sized(u64),
    Chunked(Chunked),
    Close,
}

impl Body {
    pub(crate) fn new(
        connection: Connection,
        framing: Framing,
        pool: Option<(Arc<Pool>, String)>,
    ) -> Body {
        let mut body = Body {
            connection: Some(connection),
            state: match framing {
                Framing::Sized(length) => State::Sized(length),
                Framing::Chunked => State::Chunked(Chunked::new()),
                Framing::Close => State::Close,
            },
            pool,
            framing,
        };
        if framing == Framing::Sized(0) {
            body.finish();
        }
        body
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    /// Returns the connection to the pool, unless the server sent more than the body.
    fn finish(&mut self) {
        if let (Some(connection), Some((pool, key))) = (self.connection.take(), self.pool.take())
            && connection.is_drained()
        {
            pool.put(key, connection);
        }
    }

    /// Reads some bytes; 0 at the end of the body, and after an error.
    pub(crate) fn read(&mut self, buffer: &mut [u8], wait: Wait) -> Result<usize, ExchangeError> {
        let Some(connection) = &mut self.connection else {
            return Ok(0);
        };
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.state {
            State::Close => connection.read(buffer, wait).map_err(ExchangeError::Io),
            State::Sized(left) => read_sized(connection, left, buffer, wait),
            State::Chunked(chunked) => {
                read_chunked(connection, chunked, &mut self.pool, buffer, wait)
            }
        };
        match read {
            Ok(0) => self.finish(),
            // The end needs no read of its own.
            Ok(_) if matches!(self.state, State::Sized(0)) => self.finish(),
            Ok(_) => {}
            Err(_) => self.connection = None,
        }
        read
    }

    /// Moves some bytes to a pipe within the kernel. None if that is not possible now, but a
    /// read is. An error of kind `BrokenPipe` is an error of the pipe.
    #[cfg(target_os = "linux")]
    pub(crate) fn splice(
        &mut self,
        pipe: rustix::fd::BorrowedFd,
        wait: Wait,
    ) -> Option<std::io::Result<usize>> {
        /// The maximum number of bytes of one call; a pipe limits it further.
        const MAX_SPLICE: usize = 1 << 20;
        let max = match self.state {
            State::Sized(left) => usize::try_from(left).unwrap_or(MAX_SPLICE).min(MAX_SPLICE),
            State::Close => MAX_SPLICE,
            State::Chunked(_) => return None,
        };
        let socket = self.connection.as_mut()?.socket()?;
        let moved = socket.splice(pipe, max, wait);
        if let (State::Sized(left), Ok(n)) = (&mut self.state, &moved) {
            *left -= *n as u64;
        }
        Some(moved)
    }
}

/// Reads some of the `left` bytes of a body.
fn read_sized(
    connection: &mut Connection,
    left: &mut u64,
    buffer: &mut [u8],
    wait: Wait,
) -> Result<usize, ExchangeError> {
    let max = usize::try_from(*left).unwrap_or(usize::MAX);
    let max = max.min(buffer.len());
    if max == 0 {
        return Ok(0);
    }
    let n = connection.read(&mut buffer[..max], wait)?;
    *left -= n as u64;
    match n {
        0 => Err(ExchangeError::UnexpectedEof),
        n => Ok(n),
    }
}

/// Reads until there is some data, or the end of the chunks. The connection does not return
/// to the pool if a part of the framing is missing, or if more bytes follow it.
fn read_chunked(
    connection: &mut Connection,
    chunked: &mut Chunked,
    pool: &mut Option<(Arc<Pool>, String)>,
    buffer: &mut [u8],
    wait: Wait,
) -> Result<usize, ExchangeError> {
    let mut framing = 0;
    chunked.check().map_err(ExchangeError::Framing)?;
    while !chunked.is_finished() {
        let n = match connection.read(buffer, wait) {
            Ok(n @ 1..) => n,
            // The data is complete without the trailers (RFC 9112, 8).
            Ok(0) | Err(_) if chunked.has_all_data() => {
                *pool = None;
                return Ok(0);
            }
            Ok(_) => return Err(ExchangeError::UnexpectedEof),
            Err(error) => return Err(error.into()),
        };
        let step = chunked
            .decode(&mut buffer[..n])
            .map_err(ExchangeError::Framing)?;
        if step.used < n {
            *pool = None;
        }
        if step.data > 0 {
            return Ok(step.data);
        }
        framing += n;
        if framing > MAX_FRAMING {
            return Err(ExchangeError::TooLarge);
        }
    }
    Ok(0)
}

//! Streams of bytes to a server: a socket, or a layer on top of another stream.

use crate::web::fetch::job::wait::Wait;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, recv};
use std::fmt;
use std::io::{self, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// A stream of bytes in both directions. An error of kind `TimedOut` is that a time limit is
/// exceeded.
pub(crate) trait Stream: Send + fmt::Debug {
    /// Reads some bytes, and waits for the first; 0 at the end.
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize>;

    /// Writes all bytes.
    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()>;

    /// Whether a read would wait: there is neither a byte nor the end.
    fn would_wait(&mut self) -> bool;

    /// The socket, if the stream is the plain socket.
    fn socket(&mut self) -> Option<&mut Socket> {
        None
    }
}

/// A plain connection.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Socket {
        Socket {
            stream,
            read_timeout: None,
            write_timeout: None,
        }
    }

    /// Limits the next read. A system call sets the limit only if it has changed.
    fn limit_read(&mut self, wait: Wait) -> io::Result<()> {
        let limit = Some(wait.next()?);
        if limit != self.read_timeout {
            self.stream.set_read_timeout(limit)?;
            self.read_timeout = limit;
        }
        Ok(())
    }

    /// Moves some bytes to a pipe, within the kernel; 0 at the end.
    #[cfg(target_os = "linux")]
    pub(crate) fn splice(
        &mut self,
        pipe: rustix::fd::BorrowedFd,
        max: usize,
        wait: Wait,
    ) -> io::Result<usize> {
        use rustix::pipe::{SpliceFlags, splice};
        loop {
            self.limit_read(wait)?;
            let start = Instant::now();
            match splice(&self.stream, None, pipe, None, max, SpliceFlags::MOVE) {
                Ok(n) => return Ok(n),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) if start.elapsed() < wait.next()? / 2 => {
                    // The pipe is full: a non-blocking pipe does not wait.
                    let mut pipe = [PollFd::from_borrowed_fd(pipe, PollFlags::OUT)];
                    let _ = poll(&mut pipe, None);
                }
                Err(error) => return Err(timed_out(error.into())),
            }
        }
    }
}

impl Stream for Socket {
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
        match recv(&self.stream, &mut *buffer, RecvFlags::DONTWAIT) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            Ok((n, _)) => return Ok(n),
            Err(error) => return Err(error.into()),
        }
        // Another thread may run before this thread sleeps: by then the server may have
        // responded, and no thread needs to be woken. 2,000 pages of 2 KiB from nginx on
        // loopback, ten at a time, take 77 ms; without the yield they take 106 ms.
        thread::yield_now();
        self.limit_read(wait)?;
        // A signal restarts the wait; fetch gets no periodic signals.
        crate::common::stream::read(&mut &self.stream, buffer).map_err(timed_out)
    }

    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()> {
        let limit = Some(wait.next()?);
        if limit != self.write_timeout {
            self.stream.set_write_timeout(limit)?;
            self.write_timeout = limit;
        }
        self.stream.write_all(bytes).map_err(timed_out)
    }

    fn would_wait(&mut self) -> bool {
        let mut stream = [PollFd::new(&self.stream, PollFlags::IN)];
        poll(&mut stream, Some(&Timespec::default())) == Ok(0)
    }

    fn socket(&mut self) -> Option<&mut Socket> {
        Some(self)
    }
}

/// The system reports the time limit of a socket as `WouldBlock`.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

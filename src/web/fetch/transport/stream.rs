//! Streams of bytes to a server, each on top of another one or of a socket, and
//! how long to wait for them.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, recv};
use std::fmt;
use std::io::{self, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for the network.
#[derive(Debug, Clone, Copy)]
pub(in crate::web::fetch) struct Wait {
    /// The longest time without a byte.
    pub(in crate::web::fetch) stall: Duration,
    /// When the time is over, and whose time that is.
    pub(in crate::web::fetch) until: Option<(Instant, Limit)>,
}

/// What a time limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::fetch) enum Limit {
    /// The whole URL, which may take this long.
    Whole(Duration),
    /// The look-up of a name.
    Lookup,
    /// Connecting.
    Connect,
}

impl Wait {
    /// How long the next wait may last. The error is that it may not.
    pub(super) fn next(&self) -> io::Result<Duration> {
        let left = match self.until {
            Some((until, _)) => self
                .stall
                .min(until.saturating_duration_since(Instant::now())),
            None => self.stall,
        };
        match left.is_zero() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(left),
        }
    }

    /// Whose time is over, if it is.
    pub(in crate::web::fetch) fn over(&self) -> Option<Limit> {
        let (until, limit) = self.until?;
        (Instant::now() >= until).then_some(limit)
    }

    /// The same, but over after this time at the latest.
    pub(super) fn within(self, time: Duration, limit: Limit) -> Wait {
        let then = Instant::now().checked_add(time);
        let earlier = then.filter(|then| self.until.is_none_or(|(until, _)| *then < until));
        Wait {
            until: earlier.map(|then| (then, limit)).or(self.until),
            ..self
        }
    }
}

/// A stream of bytes in both directions. An error of kind `TimedOut` is that the
/// wait was over.
pub(super) trait Stream: Send + fmt::Debug {
    /// Reads what there is, or waits for it; 0 at the end.
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize>;

    /// Writes it all.
    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()>;

    /// Whether a read would have to wait: neither bytes nor an end are there.
    fn is_silent(&mut self) -> bool;

    /// The socket, if the stream's bytes are the socket's.
    fn socket(&mut self) -> Option<&mut Socket> {
        None
    }
}

/// A plain connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Socket {
        Socket {
            stream,
            read_timeout: None,
            write_timeout: None,
        }
    }

    /// Limits the next read. Only a new limit is worth a system call.
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
    pub(super) fn splice(
        &mut self,
        pipe: rustix::fd::BorrowedFd,
        most: usize,
        wait: Wait,
    ) -> io::Result<usize> {
        use rustix::pipe::{SpliceFlags, splice};
        loop {
            self.limit_read(wait)?;
            let start = Instant::now();
            match splice(&self.stream, None, pipe, None, most, SpliceFlags::MOVE) {
                Ok(n) => return Ok(n),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) if start.elapsed() < wait.next()? / 2 => {
                    // It is the pipe that does not wait by itself: it is full.
                    let mut pipe = [PollFd::from_borrowed_fd(pipe, PollFlags::OUT)];
                    let _ = poll(&mut pipe, None);
                }
                Err(error) => return Err(late(error.into())),
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
        // Before it sleeps, a thread lets others run: the server may have answered by
        // then, and neither has to wake the other. 2,000 pages of 2 KiB from nginx on
        // loopback, ten at a time, take 77 ms so, and 106 without.
        thread::yield_now();
        self.limit_read(wait)?;
        // A signal begins the wait anew: fetch gets none that come again and again.
        crate::common::stream::read(&mut &self.stream, buffer).map_err(late)
    }

    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()> {
        let limit = Some(wait.next()?);
        if limit != self.write_timeout {
            self.stream.set_write_timeout(limit)?;
            self.write_timeout = limit;
        }
        self.stream.write_all(bytes).map_err(late)
    }

    fn is_silent(&mut self) -> bool {
        let mut stream = [PollFd::new(&self.stream, PollFlags::IN)];
        poll(&mut stream, Some(&Timespec::default())) == Ok(0)
    }

    fn socket(&mut self) -> Option<&mut Socket> {
        Some(self)
    }
}

/// The system's word for a time limit on a socket is that it would have to wait.
fn late(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

//! Plain connections that read into whole pages.
//!
//! ureq's own connections read into a `Vec`, which the allocator puts 16 bytes
//! behind the beginning of a page, and the kernel is slow to copy there: it took
//! 0.85 s to receive a GiB over loopback, against 0.27 s to a page (AMD EPYC,
//! whose `rep movsb` dislikes addresses that differ a little but for their pages).
//! So [`SocketConnector`] takes the place of ureq's `TcpConnector`, and does the
//! same in all else.

use crate::stream::Pages;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, ShutdownHandle, Transport,
};
use ureq::{Error, Timeout};

/// How long the first of many addresses is tried at least.
const LEAST: Duration = Duration::from_millis(10);

/// Opens plain connections, where nothing before it in the chain has.
#[derive(Debug, Default)]
pub(super) struct SocketConnector(());

impl<In: Transport> Connector<In> for SocketConnector {
    type Out = Either<In, Socket>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(connection) = chained {
            return Ok(Some(Either::A(connection)));
        }
        let stream = Arc::new(open(details)?);
        let config = details.config;
        if config.no_delay() {
            stream.set_nodelay(true)?;
        }
        (details.register_shutdown)(Arc::downgrade(&stream) as Weak<dyn ShutdownHandle>)?;
        Ok(Some(Either::B(Socket {
            stream,
            buffers: InPages::new(config.input_buffer_size(), config.output_buffer_size()),
            read_timeout: None,
            write_timeout: None,
        })))
    }
}

/// Tries one address after the other, each but the last for half of the time
/// that is left.
fn open(details: &ConnectionDetails) -> Result<TcpStream, Error> {
    let timeout = details.timeout;
    let start = Instant::now();
    let mut last = Error::Io(io::ErrorKind::ConnectionRefused.into());
    for (i, address) in details.addrs.iter().enumerate() {
        let attempt = match timeout.not_zero() {
            None => TcpStream::connect(address),
            Some(limit) => {
                let left = limit.saturating_sub(start.elapsed());
                let is_last = i + 1 == details.addrs.len();
                let share = if is_last { left } else { left / 2 };
                TcpStream::connect_timeout(address, share.max(LEAST))
            }
        };
        last = match attempt {
            Ok(stream) => return Ok(stream),
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    Error::Timeout(match timeout.reason {
                        Timeout::Global if is_over(timeout, start) => Timeout::Global,
                        _ => Timeout::Connect,
                    })
                }
                // What keeps this address from being reached may not keep others.
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::NetworkDown
                | io::ErrorKind::AddrNotAvailable => Error::Io(error),
                _ => return Err(Error::Io(error)),
            },
        };
        if is_over(timeout, start) {
            return Err(Error::Timeout(timeout.reason));
        }
    }
    Err(last)
}

fn is_over(timeout: NextTimeout, start: Instant) -> bool {
    timeout
        .not_zero()
        .is_some_and(|limit| start.elapsed() >= *limit)
}

/// A plain connection.
#[derive(Debug)]
pub(super) struct Socket {
    /// Shared with ureq, which may want to shut it down.
    stream: Arc<TcpStream>,
    buffers: InPages,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = timeout.for_write();
        let limit = limit(timeout)?;
        // Only a new limit is worth a system call.
        if limit != self.write_timeout {
            self.stream.set_write_timeout(limit)?;
            self.write_timeout = limit;
        }
        let output = &self.buffers.output()[..amount];
        let written = (&*self.stream).write_all(output);
        written.map_err(|error| late(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let limit = limit(timeout)?;
        if limit != self.read_timeout {
            self.stream.set_read_timeout(limit)?;
            self.read_timeout = limit;
        }
        // Before it sleeps, a thread lets others run: the server may have answered by
        // then, and neither has to wake the other. 2,000 pages of 2 KiB from nginx on
        // loopback, ten at a time, take 77 ms so, and 106 without.
        if self.is_silent() {
            thread::yield_now();
        }
        let room = self.buffers.input_append_buf();
        // A signal begins the wait anew: fetch gets none that come again and again.
        let n = crate::stream::read(&mut &*self.stream, room);
        let n = n.map_err(|error| late(error, timeout))?;
        self.buffers.input_appended(n);
        Ok(n > 0)
    }

    /// Open is what has nothing to say: neither its end nor bytes that nobody asked for.
    fn is_open(&mut self) -> bool {
        self.is_silent()
    }
}

impl Socket {
    /// Whether a read would have to wait, and for no error either.
    fn is_silent(&self) -> bool {
        let mut stream = [PollFd::new(&*self.stream, PollFlags::IN)];
        poll(&mut stream, Some(&Timespec::default())) == Ok(0)
    }
}

/// How long may be waited, if there is a limit.
fn limit(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    match timeout.after.is_zero() {
        true => Err(Error::Timeout(timeout.reason)),
        false => Ok(timeout.not_zero().map(|limit| *limit)),
    }
}

fn late(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

/// Buffers of which that for the input begins at a page. There is none before
/// it is needed.
#[derive(Debug)]
struct InPages {
    input_size: usize,
    output_size: usize,
    input: Pages,
    /// Of the input, these bytes are there and not consumed.
    from: usize,
    to: usize,
    output: Vec<u8>,
    /// Something was consumed the last time.
    progress: bool,
}

impl InPages {
    fn new(input_size: usize, output_size: usize) -> InPages {
        InPages {
            input_size,
            output_size,
            input: Pages::default(),
            from: 0,
            to: 0,
            output: Vec::new(),
            progress: false,
        }
    }
}

impl Buffers for InPages {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(self.output_size, 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.from..self.to]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        if self.input.is_empty() {
            self.input = Pages::new(self.input_size);
        }
        if self.from > 0 {
            self.input.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        &mut self.input[self.to..]
    }

    fn input_appended(&mut self, amount: usize) {
        assert!(amount <= self.input.len() - self.to);
        self.to += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        assert!(amount <= self.to - self.from);
        self.progress = amount > 0;
        self.from += amount;
    }

    /// For the body of a request, which none of ours has.
    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.input_append_buf();
        self.output();
        (&mut self.input[self.to..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.from < self.to && self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ureq::unversioned::transport::LazyBuffers;

    proptest! {
        /// The same as ureq's buffers do.
        #[test]
        fn bytes_come_out_as_they_went_in(steps in prop::collection::vec((0..3000usize, 0..3000usize), 0..40)) {
            let mut ours = InPages::new(8192, 16);
            let mut theirs = LazyBuffers::new(8192, 16);
            let mut next = 0u8;
            for (append, consume) in steps {
                let start = ours.input_append_buf().as_ptr() as usize;
                prop_assert_eq!((start - ours.input().len()) % 4096, 0);
                let room = ours.input_append_buf().len().min(theirs.input_append_buf().len());
                let n = append.min(room);
                for byte in 0..n {
                    next = next.wrapping_add(1);
                    ours.input_append_buf()[byte] = next;
                    theirs.input_append_buf()[byte] = next;
                }
                ours.input_appended(n);
                theirs.input_appended(n);
                let n = consume.min(ours.input().len());
                ours.input_consume(n);
                theirs.input_consume(n);
                prop_assert_eq!(ours.input(), theirs.input());
                prop_assert_eq!(ours.can_use_input(), theirs.can_use_input());
            }
        }
    }
}

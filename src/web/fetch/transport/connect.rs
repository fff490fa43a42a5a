//! Connecting to a host that has several addresses: happy eyeballs, RFC 8305.
//!
//! Each address is tried [`STAGGER`] after the address before it, or as soon as that fails.
//! The attempts run side by side, and the first connection is used. So an address that does
//! not respond costs a quarter of a second.

use crate::web::fetch::job::wait::{Limit, Wait};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect as begin, socket_with, sockopt};
use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The time between two attempts (RFC 8305, 8).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first address that accepts, until the deadline.
pub(crate) fn connect(addresses: &[SocketAddr], wait: Wait) -> io::Result<(TcpStream, SocketAddr)> {
    let Some((deadline, _)) = wait.until else {
        return connect(addresses, wait.within(wait.stall, Limit::Connect));
    };
    let mut attempts = Attempts {
        waiting: interleaved(addresses).into(),
        started: Vec::new(),
        last_error: io::ErrorKind::AddrNotAvailable.into(),
        next_at: Instant::now(),
    };
    loop {
        let connected = match attempts.next_address() {
            Some(address) => attempts.start(address),
            None if attempts.started.is_empty() => return Err(attempts.last_error),
            None => attempts.wait(deadline)?,
        };
        if let Some((socket, address)) = connected {
            return Ok((blocking(socket)?, address));
        }
    }
}

/// The connections that are being established.
struct Attempts {
    waiting: VecDeque<SocketAddr>,
    started: Vec<(OwnedFd, SocketAddr)>,
    last_error: io::Error,
    /// The time of the next attempt.
    next_at: Instant,
}

impl Attempts {
    /// The address to try now, if it is time.
    fn next_address(&mut self) -> Option<SocketAddr> {
        match self.started.is_empty() || Instant::now() >= self.next_at {
            true => self.waiting.pop_front(),
            false => None,
        }
    }

    /// Starts to connect. The connection, if it is established at once.
    fn start(&mut self, address: SocketAddr) -> Option<(OwnedFd, SocketAddr)> {
        self.next_at = Instant::now() + STAGGER;
        match start(address) {
            Ok((socket, true)) => return Some((socket, address)),
            Ok((socket, false)) => self.started.push((socket, address)),
            Err(error) => self.last_error = error.into(),
        }
        None
    }

    /// Waits until a connection is established or fails, or it is time for the next attempt.
    fn wait(&mut self, deadline: Instant) -> io::Result<Option<(OwnedFd, SocketAddr)>> {
        let mut time = deadline.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if !self.waiting.is_empty() {
            time = time.min(self.next_at.saturating_duration_since(Instant::now()));
        }
        let time = Timespec::try_from(time).unwrap_or(Timespec {
            tv_sec: i32::MAX.into(),
            tv_nsec: 0,
        });
        let mut polled: Vec<PollFd> = self
            .started
            .iter()
            .map(|(socket, _)| PollFd::new(socket, PollFlags::OUT))
            .collect();
        match poll(&mut polled, Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = polled.iter().map(|fd| !fd.revents().is_empty());
        let ready: Vec<bool> = ready.collect();
        for i in (0..ready.len()).rev().filter(|&i| ready[i]) {
            let (socket, address) = self.started.remove(i);
            match sockopt::socket_error(&socket)? {
                Ok(()) => return Ok(Some((socket, address))),
                Err(error) => {
                    self.last_error = error.into();
                    self.next_at = Instant::now();
                }
            }
        }
        Ok(None)
    }
}

/// The addresses with the families in turns (RFC 8305, 4).
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_family = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == first_family);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::with_capacity(addresses.len());
    while all.len() < addresses.len() {
        all.extend(first.next());
        all.extend(second.next());
    }
    all
}

/// Starts to connect; true if the connection is established at once.
fn start(address: SocketAddr) -> Result<(OwnedFd, bool), Errno> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    match begin(&socket, &address) {
        Ok(()) => Ok((socket, true)),
        Err(Errno::INPROGRESS | Errno::INTR) => Ok((socket, false)),
        Err(error) => Err(error),
    }
}

fn blocking(socket: OwnedFd) -> io::Result<TcpStream> {
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{bind, getsockname, listen};
    use std::net::{Ipv4Addr, TcpListener};

    const WAIT: Wait = Wait {
        stall: Duration::from_secs(10),
        until: None,
    };

    /// An address that accepts no connection: its queue is full.
    fn black_hole() -> (OwnedFd, Vec<OwnedFd>, SocketAddr) {
        let flags = SocketFlags::CLOEXEC;
        let hole = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
        bind(&hole, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        listen(&hole, 0).unwrap();
        let address = SocketAddr::try_from(getsockname(&hole).unwrap()).unwrap();
        let mut queue = Vec::new();
        // The first waits in the queue; the others get no response.
        for _ in 0..4 {
            queue.push(start(address).unwrap().0);
            std::thread::sleep(Duration::from_millis(5));
        }
        (hole, queue, address)
    }

    // case fetch-4
    #[test]
    fn an_address_that_does_not_respond_does_not_delay_the_next() {
        let (_hole, _queue, hole) = black_hole();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = server.local_addr().unwrap();
        let (_stream, address) = connect(&[hole, hole, open], WAIT).unwrap();
        assert_eq!(address, open);
        let short = Wait {
            stall: Duration::from_millis(20),
            ..WAIT
        };
        let error = connect(&[hole], short).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_refused_connection_starts_the_next_at_once() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let refused = closed.local_addr().unwrap();
        drop(closed);
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = server.local_addr().unwrap();
        assert_eq!(connect(&[refused, open], WAIT).unwrap().1, open);
        let error = connect(&[refused, refused], WAIT).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect(&[], WAIT).is_err());
    }

    #[test]
    fn families_of_addresses_take_turns() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1", "1.0.0.2:1"].map(address);
        let turns = ["[::1]:1", "1.0.0.1:1", "[::2]:1", "1.0.0.2:1", "[::3]:1"].map(address);
        assert_eq!(interleaved(&all), turns);
        assert_eq!(interleaved(&[]), []);
    }
}

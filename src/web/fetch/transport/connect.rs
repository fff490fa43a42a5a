//! Connecting to a host that has several addresses: happy eyeballs, RFC 8305.
//!
//! The addresses are tried one after the other, each [`STAGGER`] after the one
//! before it or as soon as that one fails. All those that have begun go on; the
//! first that answers is used. So an address where nothing answers costs a
//! quarter of a second.

use super::stream::{Limit, Wait};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect as begin, socket_with, sockopt};
use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long an address is waited for before the next is tried, too (RFC 8305, 8).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first address that answers, until the time is over.
pub(super) fn connect(addresses: &[SocketAddr], wait: Wait) -> io::Result<(TcpStream, SocketAddr)> {
    let Some((until, _)) = wait.until else {
        return connect(addresses, wait.within(wait.stall, Limit::Connect));
    };
    let mut waiting: VecDeque<SocketAddr> = in_turns(addresses).into();
    let mut begun: Vec<(OwnedFd, SocketAddr)> = Vec::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    let mut next_at = Instant::now();
    loop {
        if (begun.is_empty() || Instant::now() >= next_at)
            && let Some(address) = waiting.pop_front()
        {
            next_at = Instant::now() + STAGGER;
            match start(address) {
                Ok((socket, true)) => return Ok((blocking(socket)?, address)),
                Ok((socket, false)) => begun.push((socket, address)),
                Err(error) => last = error.into(),
            }
            continue;
        }
        if begun.is_empty() {
            return Err(last);
        }
        let mut time = until.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if !waiting.is_empty() {
            time = time.min(next_at.saturating_duration_since(Instant::now()));
        }
        let time = Timespec::try_from(time).unwrap_or(Timespec {
            tv_sec: i32::MAX.into(),
            tv_nsec: 0,
        });
        let mut polled: Vec<PollFd> = begun
            .iter()
            .map(|(socket, _)| PollFd::new(socket, PollFlags::OUT))
            .collect();
        match poll(&mut polled, Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = polled.iter().map(|fd| !fd.revents().is_empty());
        let ready: Vec<bool> = ready.collect();
        for i in (0..begun.len()).rev().filter(|&i| ready[i]) {
            let (socket, address) = begun.remove(i);
            match sockopt::socket_error(&socket)? {
                Ok(()) => return Ok((blocking(socket)?, address)),
                Err(error) => {
                    last = error.into();
                    next_at = Instant::now();
                }
            }
        }
    }
}

/// The addresses, their kinds in turns, as long as there are both (RFC 8305, 4).
fn in_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_kind = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == first_kind);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::with_capacity(addresses.len());
    while all.len() < addresses.len() {
        all.extend(first.next());
        all.extend(second.next());
    }
    all
}

/// Begins to connect; true if that is done at once.
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

    /// An address where no connection is ever accepted: its queue is full.
    fn black_hole() -> (OwnedFd, Vec<OwnedFd>, SocketAddr) {
        let flags = SocketFlags::CLOEXEC;
        let hole = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
        bind(&hole, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        listen(&hole, 0).unwrap();
        let address = SocketAddr::try_from(getsockname(&hole).unwrap()).unwrap();
        let mut queue = Vec::new();
        // One waits to be accepted; those behind it get no answer.
        for _ in 0..4 {
            queue.push(start(address).unwrap().0);
            std::thread::sleep(Duration::from_millis(5));
        }
        (hole, queue, address)
    }

    // case fetch-4
    #[test]
    fn an_address_without_an_answer_does_not_hold_up_the_next() {
        let (_hole, _queue, hole) = black_hole();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = server.local_addr().unwrap();
        let (_stream, address) = connect(&[hole, hole, there], WAIT).unwrap();
        assert_eq!(address, there);
        let short = Wait {
            stall: Duration::from_millis(20),
            ..WAIT
        };
        let error = connect(&[hole], short).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn one_that_refuses_leads_to_the_next_at_once() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let refused = closed.local_addr().unwrap();
        drop(closed);
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = server.local_addr().unwrap();
        assert_eq!(connect(&[refused, there], WAIT).unwrap().1, there);
        let error = connect(&[refused, refused], WAIT).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect(&[], WAIT).is_err());
    }

    #[test]
    fn kinds_of_addresses_take_turns() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1", "1.0.0.2:1"].map(address);
        let turns = ["[::1]:1", "1.0.0.1:1", "[::2]:1", "1.0.0.2:1", "[::3]:1"].map(address);
        assert_eq!(in_turns(&all), turns);
        assert_eq!(in_turns(&[]), []);
    }
}

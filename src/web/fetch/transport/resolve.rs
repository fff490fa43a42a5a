//! The addresses of hosts.
//!
//! Names are looked up once a minute at most, as curl does. The address that
//! answered comes first from then on.

use super::stream::Wait;
use crate::web::fetch::Family;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, MutexGuard, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How long the addresses of a name are remembered.
const REMEMBERED: Duration = Duration::from_secs(60);

/// What was looked up.
#[derive(Debug)]
pub(super) struct Names {
    family: Option<Family>,
    known: Mutex<HashMap<(String, u16), Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl Names {
    /// Only addresses of this family count, if there is one.
    pub(super) fn new(family: Option<Family>) -> Names {
        let known = Mutex::default();
        Names { family, known }
    }

    /// The addresses of a host, of which there may be none. An error of kind
    /// `TimedOut` is that the time is over.
    pub(super) fn find(&self, host: &str, port: u16, wait: Wait) -> io::Result<Vec<SocketAddr>> {
        let key = (host.to_string(), port);
        if let Some(known) = self.known().get(&key)
            && known.since.elapsed() < REMEMBERED
        {
            return Ok(known.addresses.clone());
        }
        let mut addresses = match itself(host) {
            Some(found) => found.iter().map(|&ip| SocketAddr::new(ip, port)).collect(),
            None => look_up(host, port, wait)?,
        };
        addresses.retain(|address| match self.family {
            None => true,
            Some(Family::V4) => address.is_ipv4(),
            Some(Family::V6) => address.is_ipv6(),
        });
        let since = Instant::now();
        let mut known = self.known();
        // Of many names only those of the last minute are kept.
        known.retain(|_, known| known.since.elapsed() < REMEMBERED);
        let addresses_kept = addresses.clone();
        known.insert(
            key,
            Known {
                addresses: addresses_kept,
                since,
            },
        );
        Ok(addresses)
    }

    /// This address answered: it is tried first from now on.
    pub(super) fn answered(&self, host: &str, address: SocketAddr) {
        let mut known = self.known();
        let Some(known) = known.get_mut(&(host.to_string(), address.port())) else {
            return;
        };
        let place = known.addresses.iter().position(|known| *known == address);
        if let Some(place) = place {
            known.addresses[..=place].rotate_right(1);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(String, u16), Known>> {
        self.known.lock().unwrap_or_else(|held| held.into_inner())
    }
}

/// The addresses of a host that needs no look-up: an address, or a name below
/// `localhost`, which always is this machine (RFC 6761, 6.3).
fn itself(host: &str) -> Option<Vec<IpAddr>> {
    let bare = host.trim_matches(['[', ']']);
    if let Ok(ip) = bare.parse() {
        return Some(vec![ip]);
    }
    let name = bare.trim_end_matches('.').to_ascii_lowercase();
    let loopback = || vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let is_loopback = name.ends_with(".localhost") || name == "localhost" && bare.ends_with('.');
    is_loopback.then(loopback)
}

/// Looks a name up, within the time limit as far as there is a thread to be had
/// that may be left behind.
fn look_up(host: &str, port: u16, wait: Wait) -> io::Result<Vec<SocketAddr>> {
    let limit = match wait.until {
        Some((until, _)) => until.saturating_duration_since(Instant::now()),
        None => wait.stall,
    };
    let (sender, found) = mpsc::sync_channel(1);
    let name = host.to_string();
    let started = thread::Builder::new().spawn(move || {
        // It may come too late.
        let _ = sender.send(
            (name.as_str(), port)
                .to_socket_addrs()
                .map(Iterator::collect),
        );
    });
    match started {
        Ok(_) => found
            .recv_timeout(limit)
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        Err(_) => (host, port).to_socket_addrs().map(Iterator::collect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Wait = Wait {
        stall: Duration::from_secs(10),
        until: None,
    };

    // case fetch-24
    #[test]
    fn names_below_localhost_are_this_machine() {
        let names = Names::new(None);
        let find = |host| names.find(host, 80, WAIT).unwrap();
        let here = ["127.0.0.1:80", "[::1]:80"].map(|text| text.parse::<SocketAddr>().unwrap());
        assert_eq!(find("app.localhost"), here);
        assert_eq!(find("A.B.LocalHost."), here);
        assert_eq!(find("localhost."), here);
        assert_eq!(find("127.0.0.2"), ["127.0.0.2:80".parse().unwrap()]);
        assert_eq!(find("[::1]"), here[1..]);
        let only_six = Names::new(Some(Family::V6));
        let found = only_six.find("app.localhost", 80, WAIT);
        assert_eq!(found.unwrap(), here[1..]);
    }

    #[test]
    fn the_address_that_answered_comes_first() {
        let names = Names::new(None);
        let find = || names.find("x.localhost", 1, WAIT).unwrap();
        let [first, second] = find()[..] else {
            panic!()
        };
        names.answered("x.localhost", second);
        assert_eq!(find(), [second, first]);
        names.answered("x.localhost", "1.2.3.4:1".parse().unwrap());
        assert_eq!(find(), [second, first]);
    }
}

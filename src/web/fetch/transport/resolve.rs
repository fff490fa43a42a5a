//! The addresses of hosts.
//!
//! A name is looked up once a minute at most, as in curl. The address of the last connection
//! is the first of its host.

use crate::web::fetch::job::wait::Wait;
use crate::web::fetch::options::Family;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, MutexGuard, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How long the addresses of a name are cached.
const MAX_AGE: Duration = Duration::from_secs(60);

/// A cache of look-ups.
#[derive(Debug)]
pub(crate) struct Resolver {
    family: Option<Family>,
    cache: Mutex<HashMap<(String, u16), Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl Resolver {
    /// A resolver for addresses of this family, or of both.
    pub(crate) fn new(family: Option<Family>) -> Resolver {
        let cache = Mutex::default();
        Resolver { family, cache }
    }

    /// The addresses of a host, possibly none. An error of kind `TimedOut` is that the
    /// deadline has passed.
    pub(crate) fn find(&self, host: &str, port: u16, wait: Wait) -> io::Result<Vec<SocketAddr>> {
        let key = (host.to_string(), port);
        if let Some(entry) = self.cache().get(&key)
            && entry.since.elapsed() < MAX_AGE
        {
            return Ok(entry.addresses.clone());
        }
        let mut addresses = match without_lookup(host) {
            Some(found) => found.iter().map(|&ip| SocketAddr::new(ip, port)).collect(),
            None => look_up(host, port, wait)?,
        };
        addresses.retain(|address| match self.family {
            None => true,
            Some(Family::V4) => address.is_ipv4(),
            Some(Family::V6) => address.is_ipv6(),
        });
        let since = Instant::now();
        let mut cache = self.cache();
        // The cache does not grow: old entries are removed.
        cache.retain(|_, entry| entry.since.elapsed() < MAX_AGE);
        let entry = Entry {
            addresses: addresses.clone(),
            since,
        };
        cache.insert(key, entry);
        Ok(addresses)
    }

    /// Puts an address first for the next connections.
    pub(crate) fn prefer(&self, host: &str, address: SocketAddr) {
        let mut cache = self.cache();
        let Some(entry) = cache.get_mut(&(host.to_string(), address.port())) else {
            return;
        };
        let place = entry.addresses.iter().position(|known| *known == address);
        if let Some(place) = place {
            entry.addresses[..=place].rotate_right(1);
        }
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<(String, u16), Entry>> {
        self.cache.lock().unwrap_or_else(|lock| lock.into_inner())
    }
}

/// The addresses of a host that needs no look-up: an address, or a name below `localhost`,
/// which is the loopback address (RFC 6761, 6.3).
fn without_lookup(host: &str) -> Option<Vec<IpAddr>> {
    let bare = host.trim_matches(['[', ']']);
    if let Ok(ip) = bare.parse() {
        return Some(vec![ip]);
    }
    let name = bare.trim_end_matches('.').to_ascii_lowercase();
    let loopback = || vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let is_loopback = name.ends_with(".localhost") || name == "localhost" && bare.ends_with('.');
    is_loopback.then(loopback)
}

/// Looks a name up on a thread of its own, which the time limit leaves behind. If no
/// thread can be started, the look-up has no time limit.
fn look_up(host: &str, port: u16, wait: Wait) -> io::Result<Vec<SocketAddr>> {
    let limit = match wait.until {
        Some((until, _)) => until.saturating_duration_since(Instant::now()),
        None => wait.stall,
    };
    let (sender, found) = mpsc::sync_channel(1);
    let name = host.to_string();
    let started = thread::Builder::new().spawn(move || {
        // After the time limit there is no receiver.
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
    fn names_below_localhost_are_loopback() {
        let resolver = Resolver::new(None);
        let find = |host| resolver.find(host, 80, WAIT).unwrap();
        let loopback = ["127.0.0.1:80", "[::1]:80"].map(|text| text.parse::<SocketAddr>().unwrap());
        assert_eq!(find("app.localhost"), loopback);
        assert_eq!(find("A.B.LocalHost."), loopback);
        assert_eq!(find("localhost."), loopback);
        assert_eq!(find("127.0.0.2"), ["127.0.0.2:80".parse().unwrap()]);
        assert_eq!(find("[::1]"), loopback[1..]);
        let only_six = Resolver::new(Some(Family::V6));
        let found = only_six.find("app.localhost", 80, WAIT);
        assert_eq!(found.unwrap(), loopback[1..]);
    }

    #[test]
    fn the_preferred_address_is_first() {
        let resolver = Resolver::new(None);
        let find = || resolver.find("x.localhost", 1, WAIT).unwrap();
        let [first, second] = find()[..] else {
            panic!()
        };
        resolver.prefer("x.localhost", second);
        assert_eq!(find(), [second, first]);
        resolver.prefer("x.localhost", "1.2.3.4:1".parse().unwrap());
        assert_eq!(find(), [second, first]);
    }
}

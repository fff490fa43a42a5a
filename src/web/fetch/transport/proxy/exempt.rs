//! The hosts without a proxy.
//!
//! `no_proxy` or `NO_PROXY` lists hosts, separated by commas or blanks: `*` is every host; a
//! domain, with or without a leading dot, includes its subdomains; an address is that
//! address; `10.0.0.0/8` is a network. A port may follow each of them, unlike in curl.
//! Loopback addresses are not exempt by default.

use std::net::IpAddr;
use url::Host;

/// Hosts without a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exempt {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    /// A domain and its subdomains; in lower case, IDNA, without leading and trailing dots.
    Domain(String),
    /// A network: an address, and the number of its leading bits.
    Net(IpAddr, u32),
}

/// Parses the list. Invalid items are skipped.
pub(crate) fn exempt(list: &str) -> Vec<Exempt> {
    let items = list.split(|c: char| c == ',' || c.is_ascii_whitespace());
    items.filter_map(Exempt::parse).collect()
}

impl Exempt {
    fn parse(item: &str) -> Option<Exempt> {
        if let Some(hosts) = Hosts::parse(item) {
            return Some(Exempt { hosts, port: None });
        }
        let (hosts, port) = item.rsplit_once(':')?;
        let port = Some(port.parse().ok()?);
        Hosts::parse(hosts).map(|hosts| Exempt { hosts, port })
    }

    /// Whether it includes this host.
    pub(crate) fn covers(&self, host: &Host<&str>, port: Option<u16>) -> bool {
        self.hosts.cover(host) && (self.port.is_none() || self.port == port)
    }
}

impl Hosts {
    fn parse(text: &str) -> Option<Hosts> {
        if text == "*" {
            return Some(Hosts::All);
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let bare = bare.unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Some(Hosts::Net(address, bits(address)));
        }
        if let Some((address, length)) = bare.split_once('/') {
            let address = address.parse().ok()?;
            let length = length.parse().ok()?;
            return (length <= bits(address)).then_some(Hosts::Net(address, length));
        }
        let domain = text.strip_prefix('.').unwrap_or(text);
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        match Host::parse(domain).ok()? {
            Host::Domain(domain) => Some(Hosts::Domain(domain)),
            Host::Ipv4(address) => Some(Hosts::Net(address.into(), 32)),
            Host::Ipv6(address) => Some(Hosts::Net(address.into(), 128)),
        }
    }

    fn cover(&self, host: &Host<&str>) -> bool {
        let address = match *host {
            Host::Domain(host) => return self.cover_name(host),
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
        };
        match *self {
            Hosts::All => true,
            Hosts::Domain(_) => false,
            Hosts::Net(net, length) => in_net(address, net, length),
        }
    }

    fn cover_name(&self, host: &str) -> bool {
        match self {
            Hosts::All => true,
            Hosts::Net(..) => false,
            Hosts::Domain(domain) => {
                let host = host.strip_suffix('.').unwrap_or(host);
                let below = host.strip_suffix(domain.as_str());
                below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
            }
        }
    }
}

/// The length of an address in bits.
fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Whether two addresses are of the same family and have the first `length` bits in common.
fn in_net(address: IpAddr, net: IpAddr, length: u32) -> bool {
    match (address, net) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= length,
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= length,
        _ => false,
    }
}

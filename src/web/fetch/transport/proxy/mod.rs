//! The proxy of a URL, from the environment as in curl.
//!
//! `http_proxy` is for http (in lower case only: in a CGI script, HTTP_PROXY is a header
//! field of the client), `https_proxy` or `HTTPS_PROXY` is for https, `all_proxy` or
//! `ALL_PROXY` is the default of both. A proxy is `[SCHEME://][USER:PASSWORD@]HOST[:PORT]`.
//! The scheme is http (the default), https, socks4, socks4a, socks5 or socks5h. The default
//! port is 1080, and 443 for https.
//!
//! `no_proxy` or `NO_PROXY` lists the hosts without a proxy (`exempt`).
//!
//! An empty variable counts as unset. Lower case takes precedence.

use crate::web::fetch::failure::{Detail, Failure};
use crate::web::fetch::headers::basic;
use exempt::{Exempt, exempt};
use percent_encoding::percent_decode_str;
use std::fmt;
use ureq::{Proxy, ProxyProtocol};
use url::Url;

mod exempt;

/// The proxies of the environment.
#[derive(Debug, Default)]
pub(crate) struct Proxies {
    http: Option<Setting>,
    https: Option<Setting>,
    exempt: Vec<Exempt>,
}

/// A variable's name and its value.
#[derive(Debug, Clone)]
struct Setting {
    name: &'static str,
    value: String,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProxyUrl {
    pub(crate) protocol: ProxyProtocol,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// User name and password.
    pub(crate) user: Option<(String, String)>,
}

impl Proxies {
    /// Reads the environment. An invalid proxy is an error of the URLs that need it.
    pub(crate) fn from_env(env: impl Fn(&str) -> Option<String>) -> Proxies {
        let set = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let value = env(name).filter(|value| !value.is_empty())?;
                Some(Setting { name, value })
            })
        };
        let all = ["all_proxy", "ALL_PROXY"];
        let hosts = set(&["no_proxy", "NO_PROXY"]).map(|setting| setting.value);
        Proxies {
            http: set(&["http_proxy", all[0], all[1]]),
            https: set(&["https_proxy", "HTTPS_PROXY", all[0], all[1]]),
            exempt: exempt(&hosts.unwrap_or_default()),
        }
    }

    /// The proxy for a URL, if there is one.
    pub(crate) fn for_url(&self, url: &Url) -> Result<Option<ProxyUrl>, Failure> {
        let setting = match url.scheme() {
            "http" => &self.http,
            "https" => &self.https,
            _ => &None,
        };
        let (Some(setting), Some(host)) = (setting, url.host()) else {
            return Ok(None);
        };
        let port = url.port_or_known_default();
        if self.exempt.iter().any(|exempt| exempt.covers(&host, port)) {
            return Ok(None);
        }
        let invalid = |why| Failure::Connect(format!("${}: {why}", setting.name).into());
        ProxyUrl::parse(&setting.value).map(Some).map_err(invalid)
    }
}

impl ProxyUrl {
    /// Parses a proxy. The error is a few words without the password.
    fn parse(text: &str) -> Result<ProxyUrl, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (protocol, port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (ProxyProtocol::Http, 1080),
            "https" => (ProxyProtocol::Https, 443),
            "socks4" | "socks" => (ProxyProtocol::Socks4, 1080),
            "socks4a" => (ProxyProtocol::Socks4A, 1080),
            "socks5" => (ProxyProtocol::Socks5, 1080),
            "socks5h" => (ProxyProtocol::Socks5h, 1080),
            scheme => {
                return Err(format!(
                    "unknown kind of proxy '{scheme}' (use http, https, socks4, socks4a, socks5 or socks5h)"
                ));
            }
        };
        // A scheme of its own, since the default port of a known scheme would be left out.
        let url = Url::parse(&format!("proxy://{rest}"));
        let url = url.map_err(|error| format!("invalid proxy URL: {error}"))?;
        let host = url.host_str().unwrap_or_default();
        let host = url::Host::parse(host).map_err(|error| format!("invalid proxy URL: {error}"))?;
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let password = url.password().unwrap_or_default();
        let has_user = !url.username().is_empty() || url.password().is_some();
        Ok(ProxyUrl {
            protocol,
            host: host.to_string(),
            port: url.port().unwrap_or(port),
            user: has_user.then(|| (decoded(url.username()), decoded(password))),
        })
    }

    /// Whether the protocol is SOCKS, which tunnels any connection.
    pub(crate) fn is_socks(&self) -> bool {
        !matches!(self.protocol, ProxyProtocol::Http | ProxyProtocol::Https)
    }

    /// Whether the connection to the proxy uses TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.protocol == ProxyProtocol::Https
    }

    /// Whether the proxy forwards requests for this URL, without a tunnel: many proxies allow
    /// tunnels to port 443 only.
    pub(crate) fn forwards(&self, url: &Url) -> bool {
        !self.is_socks() && url.scheme() == "http"
    }

    /// The header line with the credentials.
    pub(crate) fn authorization(&self) -> Option<String> {
        let (name, password) = self.user.as_ref()?;
        let value = basic(name.as_bytes(), password.as_bytes());
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        Some(format!("Proxy-Authorization: {value}\r\n"))
    }

    /// A key: connections through proxies with the same key are interchangeable.
    pub(crate) fn identity(&self) -> String {
        let (name, password) = self.user.clone().unwrap_or_default();
        format!("{:?} {self} {name}\0{password}", self.protocol)
    }

    /// The proxy in the type of ureq.
    pub(crate) fn to_ureq(&self) -> Result<Proxy, Failure> {
        let mut proxy = Proxy::builder(self.protocol)
            .host(&self.host)
            .port(self.port);
        if let Some((name, password)) = &self.user {
            proxy = proxy.username(name).password(password);
        }
        proxy
            .build()
            .map_err(|error| Failure::Connect(Detail::new(format!("proxy: {error}"), error)))
    }
}

/// The proxy in messages: without its user.
impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Leaves out the password, so that no log contains it.
impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}:{}", self.protocol, self.host, self.port)
    }
}

/// The failure at a proxy, if there is a proxy.
pub(crate) fn at_proxy(proxy: Option<&ProxyUrl>, failure: Failure) -> Failure {
    match proxy {
        Some(proxy) => Failure::Proxy {
            proxy: proxy.to_string(),
            because: Box::new(failure),
        },
        None => failure,
    }
}

#[cfg(test)]
mod tests;

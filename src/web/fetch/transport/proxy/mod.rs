//! Which proxy a URL is fetched through: the environment's word, with curl's meaning.
//!
//! `http_proxy` is for http (in lower case only: a CGI script's HTTP_PROXY is a
//! header that its client sent), `https_proxy` or `HTTPS_PROXY` for https,
//! `all_proxy` or `ALL_PROXY` for both where these are not set. A proxy is
//! `[SCHEME://][USER:PASSWORD@]HOST[:PORT]`; the scheme is http, https, socks4,
//! socks4a, socks5 or socks5h, http if there is none; the port is 1080, or 443
//! for https.
//!
//! Which hosts `no_proxy` or `NO_PROXY` lists, to be asked directly, is in `exempt`.
//!
//! In all of them, what is empty is not set, and lower case wins.

use super::failure::Failure;
use super::headers::basic;
use exempt::{Exempt, exempt};
use percent_encoding::percent_decode_str;
use std::fmt;
use ureq::{Proxy, ProxyProtocol};
use url::Url;

mod exempt;

/// What the environment says about proxies.
#[derive(Debug, Default)]
pub(super) struct Proxies {
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
pub(super) struct ProxyUrl {
    pub(super) protocol: ProxyProtocol,
    pub(super) host: String,
    pub(super) port: u16,
    /// User name and password.
    pub(super) user: Option<(String, String)>,
}

impl Proxies {
    /// Reads the environment. What is wrong with it is said only to a URL that it is for.
    pub(super) fn from_env(env: impl Fn(&str) -> Option<String>) -> Proxies {
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
    pub(super) fn for_url(&self, url: &Url) -> Result<Option<ProxyUrl>, Failure> {
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
        let wrong = |why| Failure::Connect(format!("${}: {why}", setting.name));
        ProxyUrl::parse(&setting.value).map(Some).map_err(wrong)
    }
}

impl ProxyUrl {
    /// The error is a few words, and has no password in it.
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
        // A scheme that no standard knows has no port of its own, which would be left out.
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

    /// Whether it speaks SOCKS, which tunnels anything.
    pub(super) fn is_socks(&self) -> bool {
        !matches!(self.protocol, ProxyProtocol::Http | ProxyProtocol::Https)
    }

    /// Whether the connection to the proxy itself is by TLS.
    pub(super) fn is_https(&self) -> bool {
        self.protocol == ProxyProtocol::Https
    }

    /// Whether it is asked for this URL itself, and not for a tunnel: many a proxy
    /// allows tunnels to port 443 only.
    pub(super) fn forwards(&self, url: &Url) -> bool {
        !self.is_socks() && url.scheme() == "http"
    }

    /// The line of the header that says who asks.
    pub(super) fn authorization(&self) -> Option<String> {
        let (name, password) = self.user.as_ref()?;
        let value = basic(name.as_bytes(), password.as_bytes());
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        Some(format!("Proxy-Authorization: {value}\r\n"))
    }

    /// What tells it from others whose connections cannot be used in its place.
    pub(super) fn identity(&self) -> String {
        let (name, password) = self.user.clone().unwrap_or_default();
        format!("{:?} {self} {name}\0{password}", self.protocol)
    }

    /// The same, as ureq has it.
    pub(super) fn to_ureq(&self) -> Result<Proxy, Failure> {
        let mut proxy = Proxy::builder(self.protocol)
            .host(&self.host)
            .port(self.port);
        if let Some((name, password)) = &self.user {
            proxy = proxy.username(name).password(password);
        }
        proxy
            .build()
            .map_err(|error| Failure::Connect(format!("proxy: {error}")))
    }
}

/// As messages call it: without its user.
impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A log has no password in it by accident.
impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}:{}", self.protocol, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The proxy for a URL in an environment of `NAME=VALUE …`.
    fn proxy(env: &[(&str, &str)], url: &str) -> Result<Option<ProxyUrl>, Failure> {
        let value = |name: &str| {
            let found = env.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_string())
        };
        Proxies::from_env(value).for_url(&Url::parse(url).unwrap())
    }

    fn shown(env: &[(&str, &str)], url: &str) -> String {
        match proxy(env, url) {
            Ok(Some(proxy)) => format!("{proxy:?}"),
            Ok(None) => "direct".into(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn which_variable() {
        let all = [
            ("http_proxy", "a"),
            ("HTTP_PROXY", "b"),
            ("https_proxy", ""),
            ("HTTPS_PROXY", "c"),
            ("ALL_PROXY", "d"),
        ];
        assert_eq!(shown(&all, "http://x/"), "Http a:1080");
        assert_eq!(shown(&all[1..], "http://x/"), "Http d:1080");
        assert_eq!(shown(&all[1..2], "http://x/"), "direct");
        assert_eq!(shown(&all, "https://x/"), "Http c:1080");
        assert_eq!(shown(&all[4..], "https://x/"), "Http d:1080");
        assert_eq!(shown(&all, "file:///x"), "direct");
        assert_eq!(shown(&all, "http://127.0.0.1/"), "Http a:1080");
        assert_eq!(shown(&[], "http://x/"), "direct");
    }

    #[test]
    fn what_a_proxy_is() {
        for (text, seen) in [
            ("proxy", "Http proxy:1080"),
            ("proxy:80", "Http proxy:80"),
            ("http://PROXY.example:80/", "Http proxy.example:80"),
            ("https://proxy", "Https proxy:443"),
            ("SOCKS5h://127.0.0.1", "Socks5h 127.0.0.1:1080"),
            ("socks://[::1]:9", "Socks4 [::1]:9"),
            (
                "ftp://proxy",
                "$all_proxy: unknown kind of proxy 'ftp' (use http, https, socks4, socks4a, socks5 or socks5h)",
            ),
            ("http://", "$all_proxy: invalid proxy URL: empty host"),
            (
                "me:secret@proxy:x",
                "$all_proxy: invalid proxy URL: invalid port number",
            ),
        ] {
            assert_eq!(shown(&[("all_proxy", text)], "http://x/"), seen);
        }
        let user = proxy(&[("all_proxy", "a%40b:c%3Ad@proxy")], "http://x/");
        let user = user.unwrap().unwrap();
        assert_eq!(user.user, Some(("a@b".into(), "c:d".into())));
        let ureq = user.to_ureq().unwrap();
        assert_eq!((ureq.host(), ureq.port()), ("proxy", 1080));
        assert_eq!(
            (ureq.username(), ureq.password()),
            (Some("a@b"), Some("c:d"))
        );
        let six = proxy(&[("all_proxy", "socks5://[::1]:9")], "http://x/");
        assert_eq!(six.unwrap().unwrap().to_ureq().unwrap().port(), 9);
    }

    #[test]
    fn which_hosts_are_exempt() {
        for (list, direct, not) in [
            ("*", "a [::1] 1.2.3.4", ""),
            (
                "a.example",
                "a.example A.example. x.y.a.example",
                "ba.example example a.example.b",
            ),
            (".a.example.", "a.example x.a.example", "ba.example"),
            ("b,, a\tc", "a b c", "d"),
            (
                "bücher.example",
                "bücher.example xn--bcher-kva.example",
                "b.example",
            ),
            ("1.2.3.4", "1.2.3.4", "1.2.3.5 5.1.2.3.4.example"),
            (
                "10.0.0.0/8,192.168.64.0/18",
                "10.1.2.3 192.168.127.1",
                "11.0.0.0 192.168.128.1 [::a00:1]",
            ),
            ("0.0.0.0/0", "1.2.3.4", "a [::1]"),
            (
                "::1 [fe80::]/10 fd00::/8",
                "[::1] [fd12::1]",
                "[::2] 127.0.0.1",
            ),
            ("[2001:db8::1]", "[2001:db8::1]", "[2001:db8::2]"),
            (
                "a:81,[::1]:81,1.2.3.4:81",
                "a:81 [::1]:81 1.2.3.4:81",
                "a [::1] 1.2.3.4:82",
            ),
            ("a:443", "https://a https://a:443", "a https://a:80"),
            (
                "10.0.0.0/33,10.0.0.0/x,a:,/8,:80,.,http://b",
                "",
                "10.0.0.0 a b",
            ),
        ] {
            for (hosts, exempt) in [(direct, true), (not, false)] {
                for host in hosts.split_whitespace() {
                    let url = if host.contains("://") {
                        host.to_string()
                    } else {
                        format!("http://{host}")
                    };
                    let env = [("all_proxy", "proxy"), ("NO_PROXY", list)];
                    assert_eq!(shown(&env, &url) == "direct", exempt, "{list}: {host}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn an_item_covers_what_it_says(
            domain in "[a-z]{1,5}(\\.[a-z]{1,5}){0,3}",
            below in "[a-z]{1,5}",
            before in "[a-z0-9.]{0,8}",
            dot: bool,
        ) {
            let list = format!("{before}, {}{domain}\n", if dot { "." } else { "" });
            for host in [domain.clone(), format!("{below}.{domain}"), domain.to_uppercase()] {
                let env = [("http_proxy", "proxy"), ("no_proxy", &*list)];
                prop_assert_eq!(shown(&env, &format!("http://{host}/")), "direct");
            }
            let list = format!("{below}.{domain}");
            let env = [("http_proxy", "proxy"), ("no_proxy", &*list)];
            prop_assert_ne!(shown(&env, &format!("http://{domain}/")), "direct");
        }

        #[test]
        fn networks(address: u32, net: u32, length in 0..=32u32) {
            let (ip, network) = (std::net::Ipv4Addr::from(address), std::net::Ipv4Addr::from(net));
            let same = u64::from(address) >> (32 - length) == u64::from(net) >> (32 - length);
            let list = format!("{network}/{length}");
            let env = [("http_proxy", "proxy"), ("no_proxy", &*list)];
            prop_assert_eq!(shown(&env, &format!("http://{ip}/")) == "direct", same);
            let list = format!("::ffff:{network}/{}", 96 + length);
            let env = [("http_proxy", "proxy"), ("no_proxy", &*list)];
            prop_assert_eq!(shown(&env, &format!("http://[::ffff:{ip}]/")) == "direct", same);
        }

        #[test]
        fn no_environment_is_too_odd(value in "\\PC*", list in "(\\PC|[]*.,:/0-9\\[]){0,20}") {
            let env = [("http_proxy", &*value), ("no_proxy", &*list)];
            for url in ["http://a.example:8080/", "http://[::1]/", "http://1.2.3.4/"] {
                if let Ok(Some(proxy)) = proxy(&env, url) {
                    let _ = proxy.to_ureq();
                }
            }
        }
    }
}

//! The environment, and the proxies that follow from it.

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
fn precedence_of_variables() {
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
fn urls_of_proxies() {
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
fn exempt_hosts() {
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
    fn an_item_covers_its_domain(
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
    fn any_environment(value in "\\PC*", list in "(\\PC|[]*.,:/0-9\\[]){0,20}") {
        let env = [("http_proxy", &*value), ("no_proxy", &*list)];
        for url in ["http://a.example:8080/", "http://[::1]/", "http://1.2.3.4/"] {
            if let Ok(Some(proxy)) = proxy(&env, url) {
                let _ = proxy.to_ureq();
            }
        }
    }
}

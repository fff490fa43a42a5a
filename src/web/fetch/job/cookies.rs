//! Cookies for the duration of one URL (RFC 6265).
//!
//! A server may set a cookie with a redirect and expect it in the next request. Domain, path
//! and secure are checked. A public suffix, below which anyone can register names, is not a
//! valid domain. Nothing is stored: each URL starts without cookies.

use cookie_store::{CookieDomain, CookieStore, RawCookie};
use std::cmp::Reverse;
use ureq::http::header::{HeaderMap, SET_COOKIE};
use url::Url;

/// The maximum number of cookies of one URL; further cookies are ignored.
const MAX_COOKIES: usize = 100;

/// The cookies that the servers of one URL have set.
#[derive(Debug, Default)]
pub(crate) struct Jar(CookieStore);

impl Jar {
    /// Adds the cookies of a response. Malformed cookies and those of other domains are ignored.
    pub(crate) fn add(&mut self, url: &Url, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let text = String::from_utf8_lossy(line.as_bytes());
            if let Ok(cookie) = RawCookie::parse(text.as_ref())
                && !has_public_suffix(&cookie, url)
                && self.0.iter_any().count() < MAX_COOKIES
            {
                let _ = self.0.insert_raw(&cookie.into_owned(), url);
            }
        }
    }

    /// The value of the field Cookie for a request; None without cookies.
    pub(crate) fn field(&self, url: &Url) -> Option<String> {
        let mut cookies = self.0.matches(url);
        // By length of path, descending, then by time of creation (RFC 6265, 5.4).
        cookies.sort_by_key(|cookie| Reverse(cookie.path.len()));
        let pairs = cookies.iter().map(|cookie| cookie.name_value());
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// Whether a cookie's domain is a public suffix other than the host itself (RFC 6265, 5.3.5).
fn has_public_suffix(cookie: &RawCookie, url: &Url) -> bool {
    let Some(domain) = cookie.domain() else {
        return false;
    };
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let is_host =
        matches!(CookieDomain::host_only(url), Ok(CookieDomain::HostOnly(host)) if host == domain);
    // For a name that is not on the list, such as a name within a company, the last label is the suffix.
    !is_host && psl::domain_str(&domain).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::HeaderValue;

    /// What is sent to `to` when `from` has set these cookies.
    fn sent(from: &str, cookies: &[&str], to: &str) -> Option<String> {
        let mut jar = Jar::default();
        let lines = cookies
            .iter()
            .map(|cookie| HeaderValue::from_str(cookie).unwrap());
        let headers = lines.map(|line| (SET_COOKIE, line)).collect();
        jar.add(&Url::parse(from).unwrap(), &headers);
        jar.field(&Url::parse(to).unwrap())
    }

    // case fetch-6
    #[test]
    fn cookies_are_sent_back_by_domain_path_and_secure() {
        let all = Some("a=b".to_string());
        for (from, cookie, to, is_sent) in [
            ("http://h.example/x", "a=b", "http://h.example/y", true),
            (
                "http://h.example:1/",
                "a=b; HttpOnly",
                "http://h.example:2/",
                true,
            ),
            ("http://h.example/", "a=b", "http://i.example/", false),
            ("http://h.example/", "a=b", "http://www.h.example/", false),
            (
                "http://w.h.example/",
                "a=b; Domain=h.example",
                "http://v.h.example/",
                true,
            ),
            (
                "http://h.example/",
                "a=b; Domain=i.example",
                "http://i.example/",
                false,
            ),
            ("http://h.example/x/y", "a=b", "http://h.example/x/z", true),
            ("http://h.example/x/y", "a=b", "http://h.example/z", false),
            (
                "http://h.example/",
                "a=b; Path=/p",
                "http://h.example/p/q",
                true,
            ),
            (
                "http://h.example/",
                "a=b; Path=/p",
                "http://h.example/pq",
                false,
            ),
            (
                "https://h.example/",
                "a=b; Secure",
                "http://h.example/",
                false,
            ),
            (
                "https://h.example/",
                "a=b; Secure",
                "https://h.example/",
                true,
            ),
            (
                "http://h.example/",
                "a=b; Max-Age=0",
                "http://h.example/",
                false,
            ),
            (
                "http://a.co.uk/",
                "a=b; Domain=co.uk",
                "http://b.co.uk/",
                false,
            ),
            (
                "http://a.github.io/",
                "a=b; Domain=github.io",
                "http://b.github.io/",
                false,
            ),
            ("http://127.0.0.1:1/", "a=b", "http://127.0.0.1:1/", true),
            (
                "http://localhost/",
                "a=b; Domain=localhost",
                "http://localhost/",
                true,
            ),
        ] {
            let expected = all.clone().filter(|_| is_sent);
            assert_eq!(sent(from, &[cookie], to), expected, "{from} {cookie} {to}");
        }
    }

    #[test]
    fn a_url_has_a_limited_number() {
        let cookies: Vec<_> = (0..MAX_COOKIES + 50).map(|n| format!("c{n}=v")).collect();
        let cookies: Vec<_> = cookies.iter().map(|cookie| &cookie[..]).collect();
        let field = sent("http://h.example/", &cookies, "http://h.example/").unwrap();
        let expected: Vec<_> = cookies[..MAX_COOKIES].to_vec();
        assert_eq!(field, expected.join("; "));
    }

    #[test]
    fn several_and_malformed_ones() {
        let cookies = ["z=1", "=", "", "b=2; Path=", "a=5", "c=4; Path=/x", "z=3"];
        let sent = |to| sent("http://h.example/x/", &cookies, to);
        assert_eq!(sent("http://h.example/x/y").unwrap(), "z=3; b=2; a=5; c=4");
        assert_eq!(sent("http://h.example/y"), None);
    }
}

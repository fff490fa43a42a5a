//! Where a server sends us on to, and where we do not follow.

use super::address::{shown, without_user};
use super::failure::Failure;
use crate::web::html::Charset;
use crate::web::html::address as html;
use url::Url;

/// How many redirects are followed for one URL.
pub(super) const LIMIT: u32 = 20;

/// True for the statuses that mean: it is over there.
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The URL that `location`, the header's bytes, means when `from` sent it.
///
/// Only http and https are followed, so that no server can make us read a file,
/// and not from https to http, unless that is allowed. User name and password go along within the
/// same origin only.
pub(super) fn next(from: &Url, location: &[u8], downgrade: bool) -> Result<Url, Failure> {
    let refused = |why: String| Failure::Redirect(format!("redirect refused: {why}"));
    let location = ascii(location);
    let mut to = html::parse(location.as_bytes(), Some(from), Charset::UTF_8)
        .map_err(|error| refused(format!("{}: invalid URL: {error}", shown(&location))))?;
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => {}
        (_, "http") if downgrade => {}
        (_, "http") => {
            let to = without_user(to);
            return Err(refused(format!("from https down to {to}")));
        }
        (_, scheme) => {
            let to = without_user(to.clone());
            return Err(refused(format!(
                "{to}: scheme {scheme} is not http or https"
            )));
        }
    }
    if from.origin() == to.origin() && to.username().is_empty() && to.password().is_none() {
        // Same host, same scheme: what the one can have the other can.
        let _ = to.set_username(from.username());
        let _ = to.set_password(from.password());
    }
    Ok(to)
}

/// The header's bytes with those beyond ASCII percent-encoded, whatever
/// charset the server meant them in: it will get back what it sent.
fn ascii(location: &[u8]) -> String {
    let mut text = String::with_capacity(location.len());
    for &byte in location {
        match byte.is_ascii() {
            true => text.push(byte.into()),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(from: &str, location: &[u8]) -> String {
        match next(&Url::parse(from).unwrap(), location, false) {
            Ok(url) => url.to_string(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn relative_and_absolute() {
        assert_eq!(to("http://a/b/c?d", b"e"), "http://a/b/e");
        assert_eq!(to("http://a/b/c", b"/e f"), "http://a/e%20f");
        assert_eq!(to("http://a/b/c", b"//e/f"), "http://e/f");
        assert_eq!(to("http://a/b/c", b"///e/f"), "http://e/f");
        assert_eq!(to("https://a/", b"https://b/"), "https://b/");
        assert_eq!(to("http://a/", b"https://a/"), "https://a/");
        assert_eq!(to("http://a/", b"/\xFC\xC3\xBC"), "http://a/%FC%C3%BC");
    }

    #[test]
    fn refusals() {
        for (from, location, cause) in [
            (
                "https://a/",
                "http://u:p@b/",
                "redirect refused: from https down to http://b/",
            ),
            (
                "http://a/",
                "file:///etc/passwd",
                "redirect refused: file:///etc/passwd: scheme file is not http or https",
            ),
            (
                "http://a/",
                "data:,x",
                "redirect refused: data:,x: scheme data is not http or https",
            ),
        ] {
            assert_eq!(to(from, location.as_bytes()), cause);
        }
        assert!(to("http://a/", b"http://[").contains("invalid URL"));
    }

    #[test]
    fn down_to_http_if_allowed() {
        let from = Url::parse("https://u:p@a/").unwrap();
        let to = next(&from, b"http://a/", true).unwrap();
        assert_eq!(to.as_str(), "http://a/");
        assert!(next(&from, b"file:///etc/passwd", true).is_err());
    }

    #[test]
    fn a_password_stays_with_its_origin() {
        assert_eq!(to("http://u:p@a/b", b"/c"), "http://u:p@a/c");
        assert_eq!(to("http://u:p@a/b", b"http://a/c"), "http://u:p@a/c");
        assert_eq!(to("http://u:p@a/b", b"http://v:q@a/c"), "http://v:q@a/c");
        assert_eq!(to("http://u:p@a/b", b"http://a:81/c"), "http://a:81/c");
        assert_eq!(to("http://u:p@a/b", b"https://a/c"), "https://a/c");
    }
}

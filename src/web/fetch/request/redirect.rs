//! The targets of redirects, and redirects that are refused.

use crate::web::fetch::failure::{Detail, Failure};
use crate::web::fetch::redact::{shown, without_user};
use crate::web::html::Charset;
use crate::web::html::address as html;
use url::Url;

/// The maximum number of redirects of one URL.
pub(crate) const MAX_REDIRECTS: u32 = 20;

/// Whether a status is a redirect.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The URL of a `Location` in a response of `from`.
///
/// Only http and https are followed: a server cannot cause a local file to be read. A redirect
/// from https to http must be allowed. User name and password are kept within the same origin
/// only.
pub(crate) fn next(from: &Url, location: &[u8], downgrade: bool) -> Result<Url, Failure> {
    let refused = |why: String| Failure::Redirect(format!("redirect refused: {why}").into());
    let location = ascii(location);
    let mut to = html::parse(location.as_bytes(), Some(from), Charset::UTF_8).map_err(|error| {
        let url = shown(&location);
        let message = format!("redirect refused: {url}: invalid URL: {error}");
        Failure::Redirect(Detail::new(message, error))
    })?;
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
        // The same origin gets the same credentials.
        let _ = to.set_username(from.username());
        let _ = to.set_password(from.password());
    }
    Ok(to)
}

/// The field with non-ASCII bytes percent-encoded: the server gets the bytes that it sent,
/// whatever their charset.
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

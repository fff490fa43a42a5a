//! URLs as users type them, and as `fetch` parses them.

use super::failure::{Detail, Failure};
use crate::web::html::address::text;
use std::net::Ipv6Addr;
use url::Url;

/// Turns a URL as users type it into a URL with a scheme. The default scheme is http:
/// `example.com/x`, `localhost:8000`. Text that begins with `/` or `.` stays as it is: it
/// names a file, and fetching it fails with [`Failure::Url`].
///
/// Bytes that are not UTF-8 are percent-encoded: the server gets the same bytes, whatever
/// the charset.
pub fn operand(bytes: &[u8]) -> String {
    let text = text(bytes);
    let has_scheme = match text.split_once(':') {
        Some((scheme, rest)) => {
            is_scheme(scheme) && !begins_with_port(rest) && !is_password(scheme, rest)
        }
        None => false,
    };
    match has_scheme || text.is_empty() || text.starts_with(['/', '.', '~', '#', '?']) {
        true => text,
        false => format!("http://{text}"),
    }
}

/// RFC 3986, 3.1.
fn is_scheme(text: &str) -> bool {
    let mut bytes = text.trim_start().bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Whether the text begins with a port, as it follows a host.
fn begins_with_port(text: &str) -> bool {
    let end = text.trim_start_matches(|c: char| c.is_ascii_digit());
    end.len() < text.len() && (end.is_empty() || end.starts_with(['/', '?', '#']))
}

/// Whether `rest` begins with the password of a user `name`, as in
/// `me:secret@a.example/x`, so that `name` is not a scheme.
fn is_password(name: &str, rest: &str) -> bool {
    /// Schemes whose URLs contain an `@` but no password.
    const ADDRESSES: &[&str] = &[
        "acct", "cid", "im", "mailto", "mid", "pres", "sip", "sips", "xmpp",
    ];
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_address = ADDRESSES
        .iter()
        .any(|scheme| scheme.eq_ignore_ascii_case(name));
    authority.contains('@') && !is_address
}

/// Parses a URL as browsers do (the WHATWG's URL standard): spaces and non-ASCII
/// characters are encoded.
pub(crate) fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => relative(text),
        error => match bare_ipv6(text) {
            Some(address) => {
                Failure::Url(format!("invalid URL; the address is [{address}]").into())
            }
            None => Failure::Url(Detail::new(format!("invalid URL: {error}"), error)),
        },
    })?;
    // The standard parses file:name as file:///name.
    if url.scheme() == "file" && !text.trim_start()["file:".len()..].starts_with(['/', '\\']) {
        return Err(relative(&text.trim_start()["file:".len()..]));
    }
    match url.scheme() {
        "http" | "https" | "file" => Ok(url),
        scheme => Err(Failure::Url(
            format!("scheme {scheme} is not one of http, https, file").into(),
        )),
    }
}

/// The IPv6 address of a URL without the brackets, such as `http://::1`.
fn bare_ipv6(text: &str) -> Option<Ipv6Addr> {
    let (_, rest) = text.split_once("://")?;
    rest.split(['/', '?', '#']).next()?.parse().ok()
}

/// Why a URL without a scheme cannot be fetched. If it is a path, the message suggests the
/// file's URL.
fn relative(text: &str) -> Failure {
    let file = std::path::absolute(text).ok();
    let file = file.and_then(|path| Url::from_file_path(path).ok());
    Failure::Url(match file {
        Some(file) if !text.starts_with("//") => format!("invalid URL; the file is {file}").into(),
        _ => "invalid URL: a URL begins with http:, https: or file:".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_encoded() {
        assert_eq!(operand(b"http://a/\xFFb\xC3"), "http://a/%FFb%C3");
        assert_eq!(
            operand("http://ü.a/é?\u{FFFD}".as_bytes()),
            "http://ü.a/é?\u{FFFD}"
        );
    }

    #[test]
    fn without_a_scheme_it_is_http() {
        for (typed, url) in [
            ("example.com", "http://example.com"),
            ("example.com/a:b", "http://example.com/a:b"),
            ("localhost:8000", "http://localhost:8000"),
            ("127.0.0.1:80/x", "http://127.0.0.1:80/x"),
            ("[::1]:80/x", "http://[::1]:80/x"),
            ("a.example:80?q", "http://a.example:80?q"),
            ("http://a.example:80", "http://a.example:80"),
            ("HTTPS://a.example", "HTTPS://a.example"),
            ("ftp://a.example", "ftp://a.example"),
            ("mailto:a", "mailto:a"),
            ("mailto:a@b.example", "mailto:a@b.example"),
            ("me:secret@a.example/x", "http://me:secret@a.example/x"),
            ("me:secret@a.example:80", "http://me:secret@a.example:80"),
            ("me@a.example", "http://me@a.example"),
            ("file:name", "file:name"),
            ("./name", "./name"),
            ("/name", "/name"),
            ("", ""),
        ] {
            assert_eq!(operand(typed.as_bytes()), url);
        }
    }

    #[test]
    fn paths_are_invalid_but_their_files_have_urls() {
        let here = std::env::current_dir().unwrap();
        for path in ["./a b", "/etc/hosts", "file:a"] {
            let file = here.join(path.trim_start_matches("file:"));
            let file = Url::from_file_path(std::path::absolute(file).unwrap()).unwrap();
            let error = parse(path).unwrap_err().to_string();
            assert_eq!(error, format!("invalid URL; the file is {file}"));
        }
        assert!(parse("FILE:/etc/hosts").is_ok() && parse(" file:///x").is_ok());
    }

    #[test]
    fn addresses_without_brackets() {
        for typed in ["::1", "2001:db8::1/x"] {
            let url = operand(format!("http://{typed}").as_bytes());
            let error = parse(&url).unwrap_err().to_string();
            let address = typed.split('/').next().unwrap();
            assert_eq!(error, format!("invalid URL; the address is [{address}]"));
        }
    }

    #[test]
    fn only_three_schemes() {
        assert!(parse("http://a.example/a b?ü").is_ok());
        assert!(parse("file:///tmp").is_ok());
        for bad in [
            "",
            "a.example",
            "ftp://a.example/",
            "data:,x",
            "http://",
            "localhost:80",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

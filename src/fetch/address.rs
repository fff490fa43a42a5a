//! URLs as they are read, as they are asked for, and as messages call them.

use super::Failure;
use url::Url;

/// The bytes of a URL as text: those that are not UTF-8 are percent-encoded,
/// so that the server gets what was meant, in whatever charset that is.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Reads a URL as browsers do (the WHATWG's URL standard): spaces and names
/// beyond ASCII are encoded.
pub(super) fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            Failure::Url("no URL: it does not begin with http:, https: or file:".into())
        }
        error => Failure::Url(format!("no URL: {error}")),
    })?;
    match url.scheme() {
        "http" | "https" | "file" => Ok(url),
        scheme => Err(Failure::Url(format!(
            "scheme {scheme} is not one of http, https, file"
        ))),
    }
}

/// The URL as messages call it: without user name and password.
pub fn shown(text: &str) -> String {
    if !text.contains('@') {
        return text.to_string();
    }
    match Url::parse(text) {
        Ok(url) if url.has_authority() && !url.cannot_be_a_base() => {
            if url.username().is_empty() && url.password().is_none() {
                text.to_string()
            } else {
                without_user(url).to_string()
            }
        }
        // Who knows where a password begins in what is no URL.
        _ => {
            let scheme = text.find(':').map_or(0, |i| i + 1);
            let at = text.rfind('@').map_or(0, |i| i + 1);
            format!("{}…{}", &text[..scheme.min(at)], &text[at..])
        }
    }
}

/// The URL without user name and password.
pub(super) fn without_user(mut url: Url) -> Url {
    // These fail for URLs that have no host, and so no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_show_a_password() {
        for (url, seen) in [
            ("http://a.example/x", "http://a.example/x"),
            ("http://a.example/x@y", "http://a.example/x@y"),
            ("HTTP://me:secret@a.example/x", "http://a.example/x"),
            ("https://secret@a.example", "https://a.example/"),
            ("http:\\\\me:secret@a.example", "http://a.example/"),
            ("http://me:sec/ret@a.example", "http:…a.example"),
            ("http://me:secret@[a.example/", "http:…[a.example/"),
            ("me:secret@a.example", "me:…a.example"),
            ("//secret@a.example", "…a.example"),
        ] {
            assert_eq!(shown(url), seen);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_encoded() {
        assert_eq!(text(b"http://a/\xFFb\xC3"), "http://a/%FFb%C3");
        assert_eq!(
            text("http://ü.a/é?\u{FFFD}".as_bytes()),
            "http://ü.a/é?\u{FFFD}"
        );
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

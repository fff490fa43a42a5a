//! URLs without user name and password, for messages and reports.

use url::Url;

/// A URL for messages: without user name and password.
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
        // A mail address has no password.
        Ok(url) if url.scheme() == "mailto" => text.to_string(),
        // In an invalid URL the beginning of the password is unknown.
        _ => {
            let scheme = text.find(':').map_or(0, |i| i + 1);
            let at = text.rfind('@').map_or(0, |i| i + 1);
            format!("{}…{}", &text[..scheme.min(at)], &text[at..])
        }
    }
}

/// The URL without user name and password.
pub(crate) fn without_user(mut url: Url) -> Url {
    // These fail for URLs without a host. Those have no user either.
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
            ("mailto:a@b.example", "mailto:a@b.example"),
        ] {
            assert_eq!(shown(url), seen);
        }
    }
}

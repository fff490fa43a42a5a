//! Which records are pages.

use super::record::{Kind, Record};
use crate::web::fetch::charset::content_type::media_type;
use std::str::FromStr;

/// A media type, or several: `text/html`, `text/*`, `*/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRange(String);

impl FromStr for MediaRange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<MediaRange, Self::Err> {
        let is_name = |name: &str| {
            let is_plain = |c: u8| c.is_ascii_graphic() && !b"*/;,\"".contains(&c);
            name == "*" || !name.is_empty() && name.bytes().all(is_plain)
        };
        match text.split_once('/') {
            Some((kind, name))
                if is_name(kind) && is_name(name) && (kind != "*" || name == "*") =>
            {
                Ok(MediaRange(text.to_ascii_lowercase()))
            }
            _ => Err("invalid type (use one like text/html, text/* or */*)"),
        }
    }
}

impl MediaRange {
    /// Whether a media type in lower case is one of them; an unknown one is in `*/*` only.
    pub(super) fn contains(&self, media_type: Option<&str>) -> bool {
        match (self.0.strip_suffix('*'), media_type) {
            (Some("*/"), _) => true,
            (Some(start), Some(media_type)) => media_type.starts_with(start),
            (None, Some(media_type)) => self.0 == media_type,
            (_, None) => false,
        }
    }
}

/// The types of pages and texts that are read by default. Style sheets and scripts are texts
/// only by their types.
const PAGES: [&str; 3] = ["text/html", "application/xhtml+xml", "text/plain"];

/// Whether a content type is one of these, or one of a page by default.
pub(super) fn has_type(types: &[MediaRange], content_type: Option<&str>) -> bool {
    let own = content_type.map(media_type);
    let own = own.as_deref();
    match types {
        [] => own.is_some_and(|own| PAGES.contains(&own)),
        types => types.iter().any(|range| range.contains(own)),
    }
}

/// Whether the URL is that of a page or a file. Crawlers store their settings and notes below
/// other ones, as `metadata:` (wget), `urn:` and `dns:`.
pub(super) fn is_of_page(url: &[u8]) -> bool {
    let starts = |scheme: &&[u8]| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    [
        &b"http://"[..],
        b"https://",
        b"ftp://",
        b"ftps://",
        b"file://",
    ]
    .iter()
    .any(starts)
}

/// Whether the block of a record is an HTTP message, and not a body.
pub(super) fn is_http(record: &Record) -> bool {
    record.kind == Kind::Response
        && match &record.content_type {
            Some(content_type) => media_type(content_type) == "application/http",
            None => is_of_page(&record.url),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(range: &str, own: Option<&str>) -> bool {
        range.parse::<MediaRange>().unwrap().contains(own)
    }

    #[test]
    fn media_ranges() {
        let html = Some("text/html");
        assert!(contains("Text/HTML", html) && contains("text/*", html) && contains("*/*", html));
        assert!(!contains("text/htm", html) && !contains("text/htmlx", html));
        assert!(!contains("image/*", html) && !contains("text/*", Some("textual/x")));
        assert!(contains("*/*", None) && !contains("text/*", None) && !contains("text/html", None));
        for text in [
            "",
            "html",
            "text/",
            "/html",
            "*/html",
            "text/html;x",
            "te*t/html",
            "a/b/c",
        ] {
            assert!(text.parse::<MediaRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn pages_by_default() {
        for (own, expected) in [
            (Some("text/html; charset=x"), true),
            (Some("Application/XHTML+XML"), true),
            (Some("text/plain"), true),
            (Some("text/css"), false),
            (Some("image/png"), false),
            (None, false),
        ] {
            assert_eq!(has_type(&[], own), expected, "{own:?}");
        }
        assert!(is_of_page(b"HTTP://host/") && is_of_page(b"file:///a"));
        assert!(!is_of_page(b"metadata://gnu.org/x") && !is_of_page(b"http") && !is_of_page(b""));
    }
}

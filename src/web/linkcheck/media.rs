//! Whether a body is a page, as in browsers: by its content type, or without one by its
//! first bytes (MIME Sniffing standard).

use crate::web::fetch::Page;

/// How many bytes are read for that (MIME Sniffing standard, 5.2).
pub(super) const HEAD: usize = 1445;

/// The kind of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Media {
    Html,
    Xhtml,
    /// A style sheet.
    Css,
    /// It depends on the first bytes: [`is_html`].
    Unknown,
    /// Another media type.
    Other(String),
}

impl Media {
    pub(super) fn of(page: &Page) -> Media {
        let sniffs = page.headers().all(|(name, value)| {
            name != "x-content-type-options" || !value.trim_ascii().eq_ignore_ascii_case(b"nosniff")
        });
        match (Media::named(page.media_type().as_deref()), sniffs) {
            // A browser shows its text.
            (Media::Unknown, false) => Media::Other(NONE.to_string()),
            (media, _) => media,
        }
    }

    fn named(media_type: Option<&str>) -> Media {
        match media_type.unwrap_or_default() {
            "text/html" => Media::Html,
            "application/xhtml+xml" => Media::Xhtml,
            "text/css" => Media::Css,
            "unknown/unknown" | "application/unknown" | "*/*" => Media::Unknown,
            other if !other.contains('/') => Media::Unknown,
            other => Media::Other(other.to_string()),
        }
    }
}

/// The media type in reports of a body that has no content type and is not a page.
pub(super) const NONE: &str = "no content type";

/// Whether a body that begins like this is HTML (MIME Sniffing standard, 7.1).
pub(super) fn is_html(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let begins = |start: &&[u8]| {
        let Some((begin, rest)) = head.split_at_checked(start.len()) else {
            return false;
        };
        begin.eq_ignore_ascii_case(start)
            && (*start == b"<!--" || matches!(rest.first(), Some(b' ' | b'>')))
    };
    STARTS.iter().any(begins)
}

const STARTS: &[&[u8]] = &[
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
    b"<!--",
];

#[cfg(test)]
mod tests {
    use super::*;

    // case web-24
    #[test]
    fn types_and_first_bytes() {
        for (name, media) in [
            (Some("text/html"), Media::Html),
            (Some("application/xhtml+xml"), Media::Xhtml),
            (None, Media::Unknown),
            (Some(""), Media::Unknown),
            (Some("html"), Media::Unknown),
            (Some("unknown/unknown"), Media::Unknown),
            (Some("text/plain"), Media::Other("text/plain".to_string())),
        ] {
            assert_eq!(Media::named(name), media, "{name:?}");
        }
        for html in [
            "<!DOCTYPE HTML>",
            "\n\t <Html lang=en>",
            "<!--x",
            "<p>",
            "<A HREF=x>",
        ] {
            assert!(is_html(html.as_bytes()), "{html}");
        }
        for other in [
            "",
            "<",
            "text",
            "<!doctype htmlx",
            "<article>",
            "%PDF-<p>",
            "<p",
        ] {
            assert!(!is_html(other.as_bytes()), "{other}");
        }
    }
}

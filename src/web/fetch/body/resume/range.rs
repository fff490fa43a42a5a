//! The part of a body in a response, and the version of the body: `Content-Range` (RFC 9110,
//! 14.4) and validators (8.8).

use std::time::Duration;
use ureq::http::header::{
    ACCEPT_RANGES, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED,
};

/// A strong validator: a response with the same validator has the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Validator {
    /// A strong entity tag with its quotes.
    Tag(String),
    /// The time of the last modification, if it is strong.
    Modified(String),
}

impl Validator {
    /// The strong validator of a response, if it has one.
    ///
    /// A response with a tag, even a weak one, has no other validator (13.1.5). A time is strong
    /// only if the date of the response is a minute later by the server's clock: then the body
    /// was not modified twice in that second (8.8.2.2 requires a second; a minute allows for
    /// an inaccurate clock).
    pub(crate) fn of(headers: &HeaderMap) -> Option<Validator> {
        if let Some(tag) = text(headers, ETAG) {
            return is_strong(tag).then(|| Validator::Tag(tag.to_string()));
        }
        let modified = text(headers, LAST_MODIFIED)?;
        let changed = httpdate::parse_http_date(modified).ok()?;
        let sent = httpdate::parse_http_date(text(headers, DATE)?).ok()?;
        let since = sent.duration_since(changed).ok()?;
        (since >= Duration::from_secs(60)).then(|| Validator::Modified(modified.to_string()))
    }

    /// The value for `If-Range`.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Validator::Tag(text) | Validator::Modified(text) => text,
        }
    }

    /// Whether a response has this validator; `default` is the result if it has none.
    pub(crate) fn matches(&self, headers: &HeaderMap, default: bool) -> bool {
        let (name, own) = match self {
            Validator::Tag(tag) => (ETAG, tag),
            Validator::Modified(time) => (LAST_MODIFIED, time),
        };
        match headers.get(&name) {
            Some(value) => value.as_bytes().trim_ascii() == own.as_bytes(),
            None => default,
        }
    }
}

/// Whether the server supports ranges, if it says so.
pub(crate) fn are_offered(headers: &HeaderMap) -> Option<bool> {
    let units = text(headers, ACCEPT_RANGES)?;
    let mut units = units.split(',').map(str::trim);
    Some(units.any(|unit| unit.eq_ignore_ascii_case("bytes")))
}

/// A `Content-Range`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// The bytes from `first` to `last`, inclusive, and the length of the body, if it is known.
    Part {
        first: u64,
        last: u64,
        total: Option<u64>,
    },
    /// The range is beyond the end of the body, which has this length.
    Unsatisfied { total: u64 },
}

impl ContentRange {
    /// The `Content-Range` of a response; None if it is missing or invalid.
    pub(crate) fn of(headers: &HeaderMap) -> Option<ContentRange> {
        let mut values = headers.get_all(CONTENT_RANGE).iter();
        let (first, second) = (values.next()?, values.next());
        second.is_none().then_some(())?;
        ContentRange::parse(first.to_str().ok()?)
    }

    /// Parses `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
    pub(crate) fn parse(text: &str) -> Option<ContentRange> {
        let (unit, range) = text.trim().split_once([' ', '\t'])?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (part, total) = range.trim().split_once('/')?;
        let total = match total.trim() {
            "*" => None,
            digits => Some(number(digits)?),
        };
        if part.trim() == "*" {
            return Some(ContentRange::Unsatisfied { total: total? });
        }
        let (first, last) = part.trim().split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let fits = first <= last && total.is_none_or(|total| last < total);
        // The end is `last + 1`, which must not overflow.
        let fits = fits && last < u64::MAX;
        fits.then_some(ContentRange::Part { first, last, total })
    }
}

/// Parses digits without a sign.
fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn is_strong(tag: &str) -> bool {
    tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"')
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ureq::http::HeaderValue;

    fn headers(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        let lines = lines.iter().cloned();
        lines
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn validators() {
        const SUNDAY: &str = "Sun, 22 Nov 2026 08:00:00 GMT";
        const A_SECOND_LATER: &str = "Sun, 22 Nov 2026 08:00:01 GMT";
        const MONDAY: &str = "Mon, 23 Nov 2026 08:00:00 GMT";
        let of = |lines: &[_]| Validator::of(&headers(lines)).map(|v| v.as_str().to_string());
        assert_eq!(of(&[(ETAG, "\"a\"")]).as_deref(), Some("\"a\""));
        assert_eq!(of(&[(ETAG, "\"\"")]).as_deref(), Some("\"\""));
        let modified = [(LAST_MODIFIED, SUNDAY), (DATE, MONDAY)];
        assert_eq!(of(&modified).as_deref(), Some(SUNDAY));
        for none in [
            &[][..],
            &[(ETAG, "W/\"a\"")],
            &[(ETAG, "a")],
            &[(ETAG, "\"")],
            &[(ETAG, "W/\"a\""), modified[0].clone(), modified[1].clone()],
            &[(LAST_MODIFIED, SUNDAY)],
            &[(LAST_MODIFIED, SUNDAY), (DATE, A_SECOND_LATER)],
            &[(LAST_MODIFIED, MONDAY), (DATE, SUNDAY)],
            &[(LAST_MODIFIED, "yesterday"), (DATE, MONDAY)],
        ] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }

    #[test]
    fn content_ranges() {
        let part = |first, last, total| Some(ContentRange::Part { first, last, total });
        for (text, range) in [
            ("bytes 5-9/10", part(5, 9, Some(10))),
            (" Bytes  0-0/* ", part(0, 0, None)),
            ("bytes */7", Some(ContentRange::Unsatisfied { total: 7 })),
            ("bytes 5-9/9", None),
            ("bytes 5-4/9", None),
            ("bytes */*", None),
            ("bytes 5-/9", None),
            ("bytes -5/9", None),
            ("bytes +1-2/9", None),
            ("bytes=5-9/10", None),
            ("lines 5-9/10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 0-99999999999999999999/*", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), range, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(first: u64, more in 0..1000u64, rest in 1..1000u64) {
            let first = first / 2;
            let (last, total) = (first + more, first + more + rest);
            let text = format!("bytes {first}-{last}/{total}");
            let range = ContentRange::Part { first, last, total: Some(total) };
            prop_assert_eq!(ContentRange::parse(&text), Some(range));
        }

        #[test]
        fn any_text(text in "\\PC*", range in "(bytes )?[0-9*/ -]{0,30}") {
            let _ = ContentRange::parse(&text);
            if let Some(ContentRange::Part { first, last, total }) = ContentRange::parse(&range) {
                prop_assert!(first <= last && total.is_none_or(|total| last < total));
            }
        }
    }
}

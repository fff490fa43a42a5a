//! Which part of which version of a body an answer holds: `Content-Range`
//! (RFC 9110, 14.4) and the validators (8.8).

use std::time::Duration;
use ureq::http::header::{
    ACCEPT_RANGES, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED,
};

/// A version's name, under which a server gives the same bytes each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Validator {
    /// An entity tag that is not weak, quotes included.
    Tag(String),
    /// The time of the last change, long enough ago to be the last one.
    Modified(String),
}

impl Validator {
    /// The strong validator of an answer, if it has one.
    ///
    /// A time is none as soon as there is a tag, even a weak one (13.1.5), and
    /// it is strong only if there cannot have been two changes in that second:
    /// if the answer was given at least a minute later by the server's own
    /// clock (8.8.2.2 asks for a second; a minute forgives a clock that is off).
    pub(super) fn of(headers: &HeaderMap) -> Option<Validator> {
        if let Some(tag) = text(headers, ETAG) {
            return is_strong(tag).then(|| Validator::Tag(tag.to_string()));
        }
        let modified = text(headers, LAST_MODIFIED)?;
        let changed = httpdate::parse_http_date(modified).ok()?;
        let sent = httpdate::parse_http_date(text(headers, DATE)?).ok()?;
        let since = sent.duration_since(changed).ok()?;
        (since >= Duration::from_secs(60)).then(|| Validator::Modified(modified.to_string()))
    }

    /// As `If-Range` has it.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Validator::Tag(text) | Validator::Modified(text) => text,
        }
    }

    /// Whether these headers are of the same version. `silent` says what it
    /// means if they name none.
    pub(super) fn is_of(&self, headers: &HeaderMap, silent: bool) -> bool {
        let (name, own) = match self {
            Validator::Tag(tag) => (ETAG, tag),
            Validator::Modified(time) => (LAST_MODIFIED, time),
        };
        match headers.get(&name) {
            Some(value) => value.as_bytes().trim_ascii() == own.as_bytes(),
            None => silent,
        }
    }
}

/// Whether the server says that it can give parts.
pub(super) fn are_offered(headers: &HeaderMap) -> Option<bool> {
    let units = text(headers, ACCEPT_RANGES)?;
    let mut units = units.split(',').map(str::trim);
    Some(units.any(|unit| unit.eq_ignore_ascii_case("bytes")))
}

/// What `Content-Range` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// These bytes, the last one included, of so many in all, if that is known.
    Part {
        first: u64,
        last: u64,
        total: Option<u64>,
    },
    /// None: there are only so many in all.
    Beyond { total: u64 },
}

impl ContentRange {
    /// From an answer's headers; None if there is none, or none that makes sense.
    pub(super) fn of(headers: &HeaderMap) -> Option<ContentRange> {
        let mut values = headers.get_all(CONTENT_RANGE).iter();
        let (first, second) = (values.next()?, values.next());
        second.is_none().then_some(())?;
        ContentRange::parse(first.to_str().ok()?)
    }

    /// Reads `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
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
            return Some(ContentRange::Beyond { total: total? });
        }
        let (first, last) = part.trim().split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let fits = first <= last && total.is_none_or(|total| last < total);
        // So that one more than the last is a number, too.
        let fits = fits && last < u64::MAX;
        fits.then_some(ContentRange::Part { first, last, total })
    }
}

/// Reads digits, and nothing but digits.
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
            ("bytes */7", Some(ContentRange::Beyond { total: 7 })),
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
        fn no_text_is_too_odd(text in "\\PC*", range in "(bytes )?[0-9*/ -]{0,30}") {
            let _ = ContentRange::parse(&text);
            if let Some(ContentRange::Part { first, last, total }) = ContentRange::parse(&range) {
                prop_assert!(first <= last && total.is_none_or(|total| last < total));
            }
        }
    }
}

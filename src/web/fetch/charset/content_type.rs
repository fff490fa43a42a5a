//! Content types in header fields.

use ureq::http::header::{CONTENT_TYPE, HeaderMap};

/// The media type of a content type: `type/subtype` in lower case, without parameters.
pub(crate) fn media_type(content_type: &str) -> String {
    parse_content_type(content_type).0
}

/// Splits a content type into its essence, `type/subtype` in lower case, and the value of its
/// first parameter `charset` (RFC 9110, 8.3; malformed parameters are skipped).
pub(crate) fn parse_content_type(value: &str) -> (String, Option<String>) {
    let (essence, mut rest) = value.split_once(';').unwrap_or((value, ""));
    let essence = essence.trim().to_ascii_lowercase();
    while !rest.is_empty() {
        let (name, after) = match rest.find(['=', ';']) {
            Some(i) if rest[i..].starts_with('=') => (&rest[..i], &rest[i + 1..]),
            // A parameter without a value.
            Some(i) => {
                rest = &rest[i + 1..];
                continue;
            }
            None => break,
        };
        let (value, after) = parameter_value(after.trim_start());
        if name.trim().eq_ignore_ascii_case("charset") && !value.is_empty() {
            return (essence, Some(value));
        }
        rest = after;
    }
    (essence, None)
}

/// The content type of a response.
pub(crate) fn of(headers: &HeaderMap) -> Option<String> {
    let fields = headers.get_all(CONTENT_TYPE).iter();
    let fields: Vec<_> = fields
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    extract(fields.iter().map(|field| &**field))
}

/// The content type of fields that may contain several (Fetch standard, "extract a MIME
/// type"): the last valid content type. Without a charset it has the charset of the content
/// type before it, if that has the same essence.
pub(crate) fn extract<'a>(fields: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut found: Option<(String, String)> = None;
    let mut first = None;
    for value in fields.flat_map(values) {
        let value = value.trim();
        first = first.or(Some(value));
        let (essence, charset) = parse_content_type(value);
        let is_type = essence.split_once('/').is_some_and(|(kind, name)| {
            let is_token = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
            is_token(kind) && is_token(name)
        });
        if !is_type || essence == "*/*" {
            continue;
        }
        let mut value = value.to_string();
        // Other parameters are left out: a quote in them may be open.
        if let Some((before, text)) = &found
            && *before == essence
            && charset.is_none()
            && let (_, Some(charset)) = parse_content_type(text)
        {
            let charset = charset.replace('\\', r"\\").replace('"', "\\\"");
            value = format!("{essence};charset=\"{charset}\"");
        }
        found = Some((essence, value));
    }
    // Without a valid content type the first invalid one is reported.
    found.map(|(_, value)| value).or(first.map(str::to_string))
}

/// Whether a token of HTTP may have this byte (RFC 9110, 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The values of a field, separated by commas outside of quotes.
fn values(field: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    field.split(move |c| {
        let is_end = c == ',' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        is_end
    })
}

/// A value, as a token or a quoted string, and the text after it and its semicolon.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) = text.split_once(';').unwrap_or((text, ""));
        // Some servers send charset='utf-8', without a standard.
        return (value.trim().trim_matches('\'').to_string(), after);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => {
                let after = &quoted[i + 1..];
                return (value, after.split_once(';').map_or("", |(_, after)| after));
            }
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The examples of the Fetch standard.
    // case web-24
    #[test]
    fn several_content_types() {
        for (fields, expected) in [
            (&["text/plain"][..], "text/plain"),
            (&["text/html, text/html"], "text/html"),
            (&["text/plain", "text/html"], "text/html"),
            (
                &["text/html;charset=gbk, text/plain", "text/html"],
                "text/html",
            ),
            (
                &["text/html;charset=gbk", "text/html"],
                "text/html;charset=\"gbk\"",
            ),
            // A quote in the charset, and one that is not closed.
            (
                &["text/html;charset=g\"b", "text/html;x=\"y"],
                "text/html;charset=\"g\\\"b\"",
            ),
            (
                &["text/html;x=\"a,b/c\";y, d/e\""],
                "text/html;x=\"a,b/c\";y",
            ),
            (
                &["text/html;charset=gbk;x=\"a,b\"", "*/*"],
                "text/html;charset=gbk;x=\"a,b\"",
            ),
            (&["text/html", "cannot-parse", ""], "text/html"),
            (&["", "x"], ""),
            (&["html"], "html"),
        ] {
            assert_eq!(
                extract(fields.iter().copied()).as_deref(),
                Some(expected),
                "{fields:?}"
            );
        }
        assert_eq!(extract(std::iter::empty()), None);
    }

    #[test]
    fn content_types() {
        for (value, essence, charset) in [
            ("text/html", "text/html", None),
            (" Text/HTML ; charset=UTF-8", "text/html", Some("UTF-8")),
            ("text/html;charset=\"a\\\"b\"", "text/html", Some("a\"b")),
            (
                "a/b; x=\"; charset=no\"; CHARSET = yes ; z",
                "a/b",
                Some("yes"),
            ),
            ("a/b; charset; charset=; charset='x'", "a/b", Some("x")),
            ("a/b; charset=\"open", "a/b", Some("open")),
            ("a/b; xcharset=no", "a/b", None),
            ("", "", None),
        ] {
            let charset = charset.map(str::to_string);
            assert_eq!(
                parse_content_type(value),
                (essence.to_string(), charset),
                "{value}"
            );
        }
    }

    proptest! {
        #[test]
        fn charset_in_any_form(
            label in "[A-Za-z0-9_:.-]{1,20}",
            name in "[cC][hH][aA][rR][sS][eE][tT]",
            space in " {0,2}",
            other in "(; ?[a-z]{1,6}=(\"[a-z;= ]{0,8}\"|[a-z]{1,8})){0,2}",
            quoted: bool,
        ) {
            let value = if quoted { format!("\"{label}\"") } else { label.clone() };
            let header = format!("text/html{other};{space}{name}={value}{space};b=c");
            prop_assert_eq!(parse_content_type(&header), ("text/html".to_string(), Some(label)));
        }

        #[test]
        fn any_header(value in "\\PC*") {
            let _ = parse_content_type(&value);
        }
    }
}

//! Heads of responses: the status line and the header fields (RFC 9112, 4 and 5).
//!
//! Two errors are accepted, as in browsers: a blank before a colon, and a folded field
//! (RFC 9112, 5.2).

use super::message::HttpHead;
use httparse::{EMPTY_HEADER, ParserConfig, Response, Status};
use ureq::http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use ureq::http::{StatusCode, Version};

/// The number of lines of most heads; more lines need an allocation.
const LINES: usize = 64;

/// Parses a head, and returns it with its length; None if it is incomplete.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(HttpHead, usize)>, String> {
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    match lines < LINES {
        true => parse_lines(bytes, &mut [EMPTY_HEADER; LINES]),
        // The size limit of a head limits the number of lines.
        false => parse_lines(bytes, &mut vec![EMPTY_HEADER; lines]),
    }
}

fn parse_lines<'a>(
    bytes: &'a [u8],
    lines: &mut [httparse::Header<'a>],
) -> Result<Option<(HttpHead, usize)>, String> {
    let mut response = Response::new(lines);
    let parsed = ParserConfig::default()
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .parse_response(&mut response, bytes);
    let len = match parsed {
        Ok(Status::Complete(len)) => len,
        Ok(Status::Partial) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let status = response.code.map(StatusCode::from_u16);
    let Some(Ok(status)) = status else {
        return Err("invalid status".to_string());
    };
    let version = match response.version {
        Some(0) => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    let mut headers = HeaderMap::with_capacity(response.headers.len().min(LINES));
    for line in response.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let name = name.map_err(|_| "invalid header name".to_string())?;
        let value = value(line.value).ok_or("invalid header value")?;
        let added = headers.try_append(name, value);
        added.map_err(|_| "too many header fields".to_string())?;
    }
    let head = HttpHead {
        version,
        status,
        headers,
    };
    Ok(Some((head, len)))
}

/// The value of a field. Folded lines are joined.
fn value(bytes: &[u8]) -> Option<HeaderValue> {
    if memchr::memchr(b'\n', bytes).is_none() {
        return HeaderValue::from_bytes(bytes).ok();
    }
    let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let unfolded = lines.collect::<Vec<_>>().join(&b' ');
    HeaderValue::from_bytes(unfolded.trim_ascii()).ok()
}

/// Whether the server keeps the connection open after the body (RFC 9112, 9.3).
pub(crate) fn is_kept_open(head: &HttpHead) -> bool {
    let options = items(&head.headers, CONNECTION);
    let has = |option: &str| options.iter().any(|own| own == option);
    match head.version {
        Version::HTTP_11 => !has("close"),
        _ => has("keep-alive"),
    }
}

/// The items of a list field, in lower case, over all its lines.
pub(crate) fn items(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let mut items = Vec::new();
    for value in headers.get_all(name) {
        for item in String::from_utf8_lossy(value.as_bytes()).split(',') {
            match item.trim().to_ascii_lowercase() {
                item if item.is_empty() => {}
                item => items.push(item),
            }
        }
    }
    items
}

/// The name of a field in its usual spelling, `Accept-Encoding`, as some old servers require.
pub(crate) fn title_case(name: &HeaderName) -> String {
    let mut name_in_title_case = String::with_capacity(name.as_str().len());
    let mut at_start = true;
    for c in name.as_str().chars() {
        name_in_title_case.push(match at_start {
            true => c.to_ascii_uppercase(),
            false => c,
        });
        at_start = c == '-';
    }
    name_in_title_case
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(bytes: &str) -> Vec<(String, String)> {
        let (head, len) = parse(bytes.as_bytes()).unwrap().unwrap();
        assert_eq!(len, bytes.len());
        let lines = head.headers.iter();
        lines
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_string()))
            .collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_string(), value.to_string())
    }

    // case fetch-5, case web-20
    #[test]
    fn folded_lines_and_blanks_before_a_colon() {
        assert_eq!(
            headers("HTTP/1.1 200 OK\r\nX-Policy: a;\r\n b;\r\n\t c\r\nAge : 5\r\n\r\n"),
            [pair("x-policy", "a; b; c"), pair("age", "5")]
        );
        assert_eq!(
            headers("HTTP/1.0  200\nA:\n b\nC:\n\n"),
            [pair("a", "b"), pair("c", "")]
        );
    }

    // case fetch-7
    #[test]
    fn any_number_of_lines() {
        for n in [0, 63, 64, 65, 129, 5000] {
            let lines: String = (0..n).map(|i| format!("X-{i}: y\r\n")).collect();
            let text = format!("HTTP/1.1 204 None\r\n{lines}\r\n");
            assert_eq!(headers(&text).len(), n);
        }
        let most: String = (0..1 << 16).map(|i| format!("A{i}:\n")).collect();
        let error = parse(format!("HTTP/1.1 200 OK\n{most}\n").as_bytes()).unwrap_err();
        assert_eq!(error, "too many header fields");
    }

    #[test]
    fn invalid_heads() {
        for (bytes, error) in [
            ("SSH-2.0-x\r\n", "invalid HTTP version"),
            ("HTTP/1.1 20 OK\r\n\r\n", "invalid HTTP status"),
            ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "invalid header name"),
        ] {
            assert!(
                parse(bytes.as_bytes()).unwrap_err().contains(&error[..8]),
                "{bytes}"
            );
        }
        assert!(parse(b"HTTP/1.1 200 OK\r\nA: b\r\n").unwrap().is_none());
    }

    #[test]
    fn usual_spelling() {
        let name = |text: &str| HeaderName::try_from(text).unwrap();
        assert_eq!(title_case(&name("accept-encoding")), "Accept-Encoding");
        assert_eq!(title_case(&name("host")), "Host");
        assert_eq!(title_case(&name("x--a")), "X--A");
    }

    proptest! {
        #[test]
        fn any_head(bytes: Vec<u8>, lines in "(([!-~]{0,5}: ?)?[ -~\t]{0,9}\r?\n){0,9}") {
            let _ = parse(&bytes);
            let _ = parse(format!("HTTP/1.1 200 OK\r\n{lines}\r\n").as_bytes());
        }
    }
}

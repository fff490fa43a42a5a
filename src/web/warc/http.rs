//! The HTTP response in a record: the status line and the header.

use super::fields::{self, Fields};
use crate::web::fetch::charset::content_type;
use crate::web::fetch::failure::Failure;

/// What the head of a response says about its body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    /// The encodings of the body, in the order in which they were applied.
    pub(super) encodings: Vec<String>,
    pub(super) is_chunked: bool,
    /// The length of the body in bytes, if it is not chunked and has one.
    pub(super) length: Option<u64>,
}

impl Response {
    /// Parses a head. Any version of HTTP is accepted: browsers write `HTTP/2 200`.
    pub(super) fn parse(head: &[u8]) -> Result<Response, Failure> {
        let end = memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1);
        let (line, rest) = head.split_at(end);
        let invalid = || Failure::Protocol("invalid status line of HTTP".into());
        let status = status(line).ok_or_else(invalid)?;
        let header = Fields(rest);
        let types = header.all("Content-Type").collect::<Vec<_>>();
        let types: Vec<_> = types
            .iter()
            .map(|own| String::from_utf8_lossy(own))
            .collect();
        let mut encodings = header.items("Content-Encoding");
        // Transfer codings are applied last.
        let mut transfer = header.items("Transfer-Encoding");
        let is_chunked = transfer.iter().any(|coding| coding == "chunked");
        transfer.retain(|coding| coding != "chunked");
        encodings.append(&mut transfer);
        let mut lengths = header.items("Content-Length");
        lengths.dedup();
        let length = match &lengths[..] {
            [length] if !is_chunked => fields::number(length.as_bytes()),
            _ => None,
        };
        Ok(Response {
            status,
            content_type: content_type::extract(types.iter().map(|own| &**own))
                .filter(|own| !own.is_empty()),
            encodings,
            is_chunked,
            length,
        })
    }
}

/// The status in a status line.
fn status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/")?;
    let mut words = rest
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let (version, status) = (words.next()?, words.next()?);
    let is_version = version
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'.');
    match status {
        [b'1'..=b'9', rest @ ..] if is_version && rest.len() == 2 => {
            std::str::from_utf8(status).ok()?.parse().ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines() {
        for (line, expected) in [
            ("HTTP/1.1 200 OK\r\n", Some(200)),
            ("HTTP/1.0  404\n", Some(404)),
            ("HTTP/2 200\r\n", Some(200)),
            ("HTTP/3 301 ", Some(301)),
            ("HTTP/1.1 2000 OK\r\n", None),
            ("HTTP/1.1 2x0 OK\r\n", None),
            ("HTTP/1.1 +20 OK\r\n", None),
            ("HTTP/1.1 020 OK\r\n", None),
            ("HTTP/1.1 OK\r\n", None),
            ("HTTP/x 200 OK\r\n", None),
            ("ICY 200 OK\r\n", None),
            ("", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn heads() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Type: Text/HTML;\r\n \
            charset=koi8-r\r\nno colon\r\nContent-Encoding: gzip\r\nTransfer-Encoding: br, Chunked\r\n\
            Content-Length: 5\r\n\r\n";
        let expected = Response {
            status: 200,
            content_type: Some("Text/HTML; charset=koi8-r".into()),
            encodings: vec!["gzip".into(), "br".into()],
            is_chunked: true,
            length: None,
        };
        assert_eq!(Response::parse(head), Ok(expected));
        let length = |text: &str| Response::parse(text.as_bytes()).unwrap().length;
        assert_eq!(
            length("HTTP/1.1 200\nContent-Length: 5\ncontent-length: 5\n\n"),
            Some(5)
        );
        assert_eq!(length("HTTP/1.1 200\nContent-Length: 5, 6\n\n"), None);
    }
}

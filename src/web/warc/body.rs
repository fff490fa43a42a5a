//! The body of a record: its framing removed.
//!
//! Some crawlers store a body without its chunks or its content encoding, but keep the header:
//! Common Crawl did so until 2018, for content encodings. So a body that does not begin as its
//! header says is taken as it is.

use super::http::Response;
use super::record::Block;
use crate::common::stream;
use crate::web::fetch::body::Body;
use crate::web::fetch::body::source::Source;
use crate::web::fetch::failure::Failure;
use crate::web::fetch::transport::chunked::Chunked;
use std::io::{self, Read};

/// How many bytes show whether a body is chunked: a size, and the blanks that some servers add.
pub(super) const CHUNK_START: usize = 32;

/// How many bytes show whether a body has its content encoding.
const ENCODING_START: usize = 4;

/// How the body was framed and encoded.
#[derive(Default)]
pub(super) struct Framing {
    is_chunked: bool,
    /// In the order in which they were applied.
    encodings: Vec<String>,
}

impl Framing {
    /// That of the body of a response, which begins with these bytes.
    pub(super) fn of(response: Option<&Response>, start: &[u8]) -> Framing {
        let framing = |response: &Response| Framing {
            is_chunked: response.is_chunked && may_be_chunked(start),
            encodings: response.encodings.clone(),
        };
        response.map(framing).unwrap_or_default()
    }
}

/// Whether a body that begins with these bytes may be chunked.
fn may_be_chunked(start: &[u8]) -> bool {
    let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
    let digits = start.iter().take_while(is_digit).count();
    let mut rest = start[digits..].iter().filter(|byte| !b" \t".contains(byte));
    digits > 0 && matches!(rest.next(), None | Some(b';' | b'\r' | b'\n'))
}

/// Whether a body that begins with these bytes may have this content encoding. Only two of them
/// begin with a mark.
fn may_be_encoded(name: &str, start: &[u8]) -> bool {
    let agrees = |mark: &[u8]| start.starts_with(mark) || mark.starts_with(start);
    match name {
        "gzip" | "x-gzip" => agrees(b"\x1F\x8B"),
        // A frame, or a skippable frame.
        "zstd" => agrees(b"\x28\xB5\x2F\xFD") || matches!(start, [0x50..=0x5F, ..]),
        _ => true,
    }
}

/// The body of a record.
pub(super) fn body<'a>(
    block: Block<'a, '_>,
    framing: Framing,
    content_type: Option<String>,
) -> io::Result<Body<'a>> {
    let mut encodings = framing.encodings;
    let mut content = Content {
        block,
        chunked: framing.is_chunked.then(Chunked::new),
        start: Vec::new(),
    };
    if !encodings.is_empty() {
        content.read_start()?;
    }
    let is_wrong = |name: &String| !may_be_encoded(name, &content.start);
    while encodings.last().is_some_and(is_wrong) {
        encodings.pop();
    }
    Ok(Body {
        source: Box::new(content),
        encodings,
        content_type,
        is_framed: true,
        max_size: None,
    })
}

/// The content of a block, without its chunks.
struct Content<'a, 'i> {
    block: Block<'a, 'i>,
    chunked: Option<Chunked>,
    /// The first bytes, which were read ahead.
    start: Vec<u8>,
}

impl Content<'_, '_> {
    /// Reads the first bytes ahead.
    fn read_start(&mut self) -> io::Result<()> {
        let mut start = [0; ENCODING_START];
        let mut len = 0;
        while len < start.len() {
            match self.read_content(&mut start[len..])? {
                0 => break,
                n => len += n,
            }
        }
        self.start = start[..len].to_vec();
        Ok(())
    }

    fn read_content(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(chunked) = &mut self.chunked else {
            return self.block.read(out);
        };
        let garbled = |how| io::Error::from(Failure::Garbled(format!("({how})").into()));
        chunked.check().map_err(garbled)?;
        while !chunked.is_finished() && !out.is_empty() {
            let n = stream::read(&mut self.block, out)?;
            if n == 0 {
                // The body is complete without the trailers, as in fetch.
                return match chunked.has_all_data() {
                    true => Ok(0),
                    false => Err(Failure::Truncated("its last chunk is missing".into()).into()),
                };
            }
            let step = chunked.decode(&mut out[..n]);
            let step = step.map_err(garbled)?;
            if step.data > 0 {
                return Ok(step.data);
            }
        }
        Ok(0)
    }
}

impl Read for Content<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start.is_empty() {
            return self.read_content(out);
        }
        let n = (&self.start[..]).read(out)?;
        self.start.drain(..n);
        Ok(n)
    }
}

impl Source for Content<'_, '_> {}

/// A body that the crawler truncated: it ends where its data does.
pub(super) struct Truncated<'a>(pub(super) Box<dyn Source + 'a>);

impl Read for Truncated<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out) {
            Err(error) if matches!(Failure::carried(&error), Some(Failure::Truncated(_))) => Ok(0),
            result => result,
        }
    }
}

impl Source for Truncated<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_bodies_begin() {
        for start in [
            "5\r\n",
            "0005;a=b\n",
            "1f  \r\nx",
            "5\n",
            "a",
            "00000000000000000000",
        ] {
            assert!(may_be_chunked(start.as_bytes()), "{start}");
        }
        for start in ["", "<p>", "\r\n5\r\n", "bad weather", "5x\r\n", " 5\r\n"] {
            assert!(!may_be_chunked(start.as_bytes()), "{start}");
        }
        for (name, start, expected) in [
            ("gzip", &b"\x1F\x8B\x08"[..], true),
            ("x-gzip", b"\x1F", true),
            ("gzip", b"", true),
            ("gzip", b"<p>", false),
            ("zstd", b"\x28\xB5\x2F\xFD", true),
            ("zstd", b"\x5A\x2A\x4D\x18", true),
            ("zstd", b"", true),
            ("zstd", b"<p>t", false),
            ("br", b"<p>t", true),
        ] {
            assert_eq!(may_be_encoded(name, start), expected, "{name} {start:?}");
        }
    }
}

//! An answer and its body: from the wire to the output, by way of content
//! decoding and charset.

use super::address::without_user;
use super::limit::Limit;
use super::request::Head;
use super::{Options, charset, decode};
use crate::common::error::Error;
use crate::common::stream::{self, Blocks};
use crate::web::html::Charset;
use crate::web::html::address::Found;
use crate::web::html::pages::Marker;
use rustix::fd::BorrowedFd;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use ureq::http::header::{CONTENT_TYPE, HeaderMap};
use ureq::http::{StatusCode, Version};
use url::Url;

/// An answer with its body on the way.
pub struct Page {
    pub(super) url: Url,
    pub(super) status: Option<(Version, StatusCode)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

/// A body on its way, and what its sender said about it.
pub(super) struct Body {
    pub(super) bytes: Box<dyn Source>,
    /// The content encodings, in the order in which they were applied.
    pub(super) encodings: Vec<String>,
    /// The content type, as the header has it.
    pub(super) content_type: Option<String>,
    /// Whether the end of the bytes is marked, so that none at all is a body too.
    pub(super) framed: bool,
    /// How many bytes there may be, content encodings taken off.
    pub(super) most: Option<u64>,
}

/// The bytes of a body, to be read, or moved within the kernel.
pub(super) trait Source: Read + Send {
    /// Moves some bytes to a pipe; how many that were, 0 at the end. None where that
    /// cannot be done now, but a read can.
    fn splice(&mut self, _pipe: BorrowedFd) -> Option<Result<usize, Error>> {
        None
    }
}

impl Source for File {}
impl Source for io::Empty {}
impl<R: Read + Send> Source for BufReader<R> {}
impl Source for Box<dyn BufRead + Send> {}
impl<R: Read + Send> Source for Limit<R> {}

impl Page {
    /// An answer with this body.
    pub(super) fn new(head: Head, body: Body) -> Page {
        Page {
            url: head.url,
            status: Some((head.version, head.status)),
            headers: head.headers,
            body,
        }
    }

    /// Where the page was in the end, without user name and password.
    pub fn url(&self) -> String {
        without_user(self.url.clone()).into()
    }

    /// The status of the answer; a file has none.
    pub fn status(&self) -> Option<u16> {
        self.status.map(|(_, status)| status.as_u16())
    }

    /// The headers of the answer, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.headers.iter();
        lines.map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// The content type, as the header has it; a file's is that of its name.
    pub fn content_type(&self) -> Option<&str> {
        self.body.content_type.as_deref()
    }

    /// The media type of the body, `type/subtype` in lower case, its parameters left out.
    pub fn media_type(&self) -> Option<String> {
        self.content_type().map(charset::media_type)
    }

    /// Takes the body for one of this content type.
    pub fn assume(&mut self, content_type: &str) {
        self.body.content_type = Some(content_type.to_string());
    }

    /// Takes the body as it is if one of its content encodings is unknown, as
    /// browsers do. The name of that one.
    pub fn ignore_unknown_encodings(&mut self) -> Option<String> {
        let encodings = &mut self.body.encodings;
        let unknown = encodings
            .iter()
            .find(|name| !decode::is_known(name))?
            .clone();
        encodings.clear();
        Some(unknown)
    }

    /// The head of the answer: a line with the status, unless it is a file, a
    /// line for each header, an empty line.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut text = match self.status {
            Some((version, status)) => format!("{version:?} {status}\n").into_bytes(),
            None => Vec::new(),
        };
        for (name, value) in self.headers() {
            text.extend([name.as_bytes(), b": ", value, b"\n"].concat());
        }
        text.push(b'\n');
        text
    }

    /// Writes the body, text as UTF-8, or, if it is to be `raw`, as it came.
    pub fn write_to(self, raw: bool, output: &mut impl Write) -> Result<(), Error> {
        let mut out = Out {
            output: &mut Written(output),
            written: 0,
            digest: None,
        };
        self.body.copy(raw, None, &mut Blocks::new(), &mut out)
    }

    /// Writes the body as the options have it, by way of these blocks, which
    /// hold nothing that matters.
    pub(super) fn copy(
        self,
        options: &Options,
        blocks: &mut Blocks,
        output: &mut Out<impl Output>,
    ) -> Result<(), Error> {
        let is_html = matches!(
            self.media_type().as_deref(),
            Some("text/html" | "application/xhtml+xml")
        );
        let has_mark = options.base && !options.raw && is_html;
        let marker = has_mark.then(|| Marker::new(without_user(self.url)));
        self.body.copy(options.raw, marker, blocks, output)
    }

    /// The body with its content encodings taken off, its charset as it is.
    /// Errors carry a [`Failure`](super::Failure).
    pub fn into_reader(self) -> Result<impl Read + Send, Error> {
        self.body.decoded()
    }

    /// The body as [`write_to`](Page::write_to) writes it, to be read: text is
    /// UTF-8. Errors carry a [`Failure`](super::Failure).
    pub fn into_text(self) -> Result<Text<impl Read + Send>, Error> {
        let charset = charset::Charset::new(self.body.content_type.as_deref());
        Ok(Text {
            bytes: self.body.decoded()?,
            charset,
            block: vec![0; TEXT],
            ready: Vec::new(),
            taken: 0,
            ended: false,
        })
    }
}

/// How much of a text is converted at once, in bytes.
const TEXT: usize = 16 << 10;

/// A body that is read as text in UTF-8, if it is text.
pub struct Text<R> {
    bytes: R,
    charset: Option<charset::Charset>,
    /// What is read at once, as long as it is converted.
    block: Vec<u8>,
    /// What was converted, and how much of it was read.
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R> Text<R> {
    /// The charset of the text before it was converted, as far as it was read:
    /// UTF-8 until it is found. It is found before the first character beyond
    /// ASCII is read.
    pub fn charset(&self) -> Charset {
        found(self.charset.as_ref()).charset()
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(charset) = &mut self.charset else {
            return self.bytes.read(buffer);
        };
        while self.taken == self.ready.len() && !self.ended {
            if charset.is_over() {
                return self.bytes.read(buffer);
            }
            let n = stream::read(&mut self.bytes, &mut self.block)?;
            self.ended = n == 0;
            self.ready.clear();
            self.taken = 0;
            let text = charset.text(&self.block[..n], self.ended);
            self.ready.extend_from_slice(text);
        }
        let n = (&self.ready[self.taken..]).read(buffer)?;
        self.taken += n;
        Ok(n)
    }
}

impl Body {
    fn decoded(self) -> Result<Box<dyn Source>, Error> {
        let mut bytes = self.bytes;
        if !self.encodings.is_empty() {
            let mut coded = BufReader::with_capacity(stream::BLOCK, bytes);
            // Servers name an encoding for bodies of nothing, too.
            let nothing = self.framed && coded.fill_buf().map_err(Error::Read)?.is_empty();
            bytes = match nothing {
                true => Box::new(coded),
                false => {
                    let packed = self.content_type.as_deref().and_then(decode::packed);
                    Box::new(decode::decoded(Box::new(coded), &self.encodings, packed)?)
                }
            };
        }
        Ok(limited(bytes, self.most))
    }

    fn copy(
        self,
        raw: bool,
        marker: Option<Marker>,
        blocks: &mut Blocks,
        output: &mut Out<impl Output>,
    ) -> Result<(), Error> {
        if raw {
            return copy(limited(self.bytes, self.most), None, None, blocks, output);
        }
        let charset = charset::Charset::new(self.content_type.as_deref());
        copy(self.decoded()?, charset, marker, blocks, output)
    }
}

/// The bytes, which may be this many at most.
fn limited(bytes: Box<dyn Source>, most: Option<u64>) -> Box<dyn Source> {
    match most {
        Some(most) => Box::new(Limit::new(bytes, most)),
        None => bytes,
    }
}

/// Where bodies go to.
pub(super) trait Output: Write {
    /// The pipe that they go to, if that is what it is, and nothing stands between.
    fn pipe(&mut self) -> io::Result<Option<BorrowedFd<'_>>>;
}

/// A writer, of which nothing more is known.
pub(super) struct Written<'a, W>(pub(super) &'a mut W);

impl<W: Write> Write for Written<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Output for Written<'_, W> {
    fn pipe(&mut self) -> io::Result<Option<BorrowedFd<'_>>> {
        Ok(None)
    }
}

/// The output, and what has become of it.
pub(super) struct Out<'a, W> {
    pub(super) output: &'a mut W,
    pub(super) written: u64,
    pub(super) digest: Option<Sha256>,
}

impl<W: Output> Out<'_, W> {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.output.write_all(bytes).map_err(Error::Write)?;
        self.written += bytes.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        Ok(())
    }

    /// Moves some bytes to the output, if it is a pipe and they can be moved; 0 at the end.
    fn splice(&mut self, bytes: &mut dyn Source) -> Result<Option<usize>, Error> {
        if self.digest.is_some() {
            return Ok(None);
        }
        let Some(pipe) = self.output.pipe().map_err(Error::Write)? else {
            return Ok(None);
        };
        let moved = bytes.splice(pipe).transpose()?;
        self.written += moved.unwrap_or(0) as u64;
        Ok(moved)
    }
}

pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let fields = headers.get_all(CONTENT_TYPE).iter();
    let fields: Vec<_> = fields
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    charset::extract(fields.iter().map(|field| &**field))
}

/// What is known of the charset of a body; one that is not text has none.
fn found(charset: Option<&charset::Charset>) -> Found {
    charset.map_or(Found::Declared(Charset::UTF_8), charset::Charset::found)
}

/// Copies a body, as it comes: every read is followed by its one write. Where
/// nothing needs to look at the bytes, they are moved to a pipe within the kernel.
///
/// Where reading fails, nothing that was held back for conversion is written:
/// it could come out as something else than it would have been. A head that was
/// held for the mark is written.
fn copy(
    mut bytes: Box<dyn Source>,
    mut charset: Option<charset::Charset>,
    mut marker: Option<Marker>,
    blocks: &mut Blocks,
    output: &mut Out<impl Output>,
) -> Result<(), Error> {
    loop {
        let is_same = marker.is_none() && charset.as_ref().is_none_or(charset::Charset::is_over);
        if is_same && let Some(moved) = output.splice(&mut *bytes)? {
            match moved {
                0 => return Ok(()),
                _ => continue,
            }
        }
        blocks.keep(0);
        let read = blocks.read(&mut bytes);
        let last = matches!(read, Ok(0));
        let (text, found) = match (&read, &mut charset) {
            (Err(_), charset) => (&b""[..], found(charset.as_ref())),
            (_, Some(charset)) => charset.text_and_charset(blocks.text(), last),
            (_, None) => (blocks.text(), found(None)),
        };
        let text = match &mut marker {
            Some(marker) => marker.text(text, last || read.is_err(), found),
            None => text,
        };
        if !text.is_empty() {
            output.write(text)?;
        }
        if read.map_err(Error::Read)? == 0 {
            return Ok(());
        }
    }
}

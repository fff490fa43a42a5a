//! A response with its body.

use crate::common::error::Error;
use crate::common::stream::Blocks;
use crate::web::fetch::body::Body;
use crate::web::fetch::body::copy::copy;
use crate::web::fetch::body::output::{CountedOutput, Output, PlainOutput};
use crate::web::fetch::body::text::Text;
use crate::web::fetch::charset::Charset;
use crate::web::fetch::charset::content_type::media_type;
use crate::web::fetch::decode;
use crate::web::fetch::options::Options;
use crate::web::fetch::redact::without_user;
use crate::web::fetch::request::message::ResponseHead;
use crate::web::html::pages::Marker;
use std::fmt;
use std::io::{self, Read, Write};
use ureq::http::{HeaderMap, StatusCode, Version};
use url::Url;

/// A response with its body, which is read from the connection as the caller reads it.
pub struct Page {
    url: Url,
    status: Option<(Version, StatusCode)>,
    headers: HeaderMap,
    body: Body<'static>,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("url", &self.url())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl Page {
    pub(crate) fn new(head: ResponseHead, body: Body<'static>) -> Page {
        Page {
            url: head.url,
            status: Some((head.version, head.status)),
            headers: head.headers,
            body,
        }
    }

    /// A file, with the header that a server would send.
    pub(crate) fn file(url: Url, headers: HeaderMap, body: Body<'static>) -> Page {
        Page {
            url,
            status: None,
            headers,
            body,
        }
    }

    pub(crate) fn drop_body(&mut self) {
        self.body.source = Box::new(io::empty());
    }

    /// The URL after redirects, without user name and password.
    pub fn url(&self) -> String {
        without_user(self.url.clone()).into()
    }

    /// The status of the response; None for a file.
    pub fn status(&self) -> Option<u16> {
        self.status.map(|(_, status)| status.as_u16())
    }

    /// The header fields of the response, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.headers.iter();
        lines.map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// The content type in the header; for a file, by its name.
    pub fn content_type(&self) -> Option<&str> {
        self.body.content_type.as_deref()
    }

    /// The media type of the body: `type/subtype` in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        self.content_type().map(media_type)
    }

    /// Sets the content type of the body.
    pub fn set_content_type(&mut self, content_type: &str) {
        self.body.content_type = Some(content_type.to_string());
    }

    /// Drops all content encodings if one of them is unknown, and returns its name: the body is
    /// read as it is, as in browsers.
    pub fn ignore_unknown_encodings(&mut self) -> Option<String> {
        let encodings = &mut self.body.encodings;
        let unknown = encodings
            .iter()
            .find(|name| !decode::is_known(name))?
            .clone();
        encodings.clear();
        Some(unknown)
    }

    /// The head of the response: the status line, unless it is a file, a line for each header
    /// field, an empty line.
    pub(crate) fn head(&self) -> Vec<u8> {
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

    /// Writes the body: text as UTF-8, or all of it unchanged if it is `raw`.
    pub fn write_to(self, raw: bool, output: &mut impl Write) -> Result<(), Error> {
        let mut output = PlainOutput(output);
        let mut output = CountedOutput::new(&mut output, false);
        self.copy_body(raw, None, &mut Blocks::new(), &mut output)
    }

    /// Writes the body as the options require, using these blocks as buffers.
    pub(crate) fn copy(
        self,
        options: &Options,
        blocks: &mut Blocks,
        output: &mut CountedOutput<impl Output>,
    ) -> Result<(), Error> {
        let is_html = matches!(
            self.media_type().as_deref(),
            Some("text/html" | "application/xhtml+xml")
        );
        let has_mark = options.base && !options.raw && is_html;
        let marker = has_mark.then(|| Marker::new(without_user(self.url.clone())));
        self.copy_body(options.raw, marker, blocks, output)
    }

    fn copy_body(
        self,
        raw: bool,
        marker: Option<Marker>,
        blocks: &mut Blocks,
        output: &mut CountedOutput<impl Output>,
    ) -> Result<(), Error> {
        if raw {
            return copy(self.body.raw(), None, None, blocks, output);
        }
        let charset = Charset::new(self.body.content_type.as_deref());
        copy(self.body.decoded()?, charset, marker, blocks, output)
    }

    /// The body without its content encodings, in its own charset. Read errors contain a
    /// [`Failure`](crate::web::fetch::Failure).
    pub fn into_reader(self) -> Result<impl Read + Send, Error> {
        self.body.decoded()
    }

    /// The body without its content encodings; text as UTF-8. Read errors contain a
    /// [`Failure`](crate::web::fetch::Failure).
    pub fn into_text(self) -> Result<Text<impl Read + Send>, Error> {
        let charset = Charset::new(self.body.content_type.as_deref());
        Ok(Text::new(self.body.decoded()?, charset))
    }
}

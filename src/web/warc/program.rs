//! The program `warc`: writes the pages of an archive, or a line for each.

use super::body::{CHUNK_START, Framing, Truncated, body};
use super::http::Response;
use super::record::{Archive, Kind, Record};
use super::select::{self, MediaRange};
use crate::common::error::Error;
use crate::common::stream::Blocks;
use crate::web::fetch::body::Body;
use crate::web::fetch::body::copy::copy;
use crate::web::fetch::body::output::{CountedOutput, PlainOutput};
use crate::web::fetch::charset::Charset;
use crate::web::fetch::charset::content_type::media_type;
use crate::web::fetch::failure::Failure;
use crate::web::fetch::redact::without_user;
use crate::web::html::pages::Marker;
use regex::bytes::Regex;
use std::io::{Read, Write};
use url::Url;

/// Which pages are written, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The media types to write. Empty: pages of HTML, and plain text.
    pub types: Vec<MediaRange>,
    /// The URLs to write. None: those of pages and files, and not those of a crawler's notes.
    pub url: Option<Regex>,
    /// Write a line for each page instead: status, media type and URL. All statuses, types and URLs
    /// are listed by default.
    pub list: bool,
}

/// Writes the bodies of the pages in an archive, or a line for each ([`Options::list`]). A page that
/// cannot be decoded goes to `report`, with its URL.
///
/// The pages are the responses with a status of success, and the records that contain a body without
/// a message, as far as the options select them. Text is converted to UTF-8. Each text is between
/// two marks ([`pages`](crate::web::html::pages)), other bodies are written unchanged.
///
/// What is complete is written before the next read. An archive that is invalid, or ends within a
/// record, is an error, after what comes before.
///
/// ```
/// use textmill::web::warc::{self, Options};
///
/// let http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>text";
/// let archive = format!(
///     "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://host/\r\n\
///      Content-Length: {}\r\n\r\n{http}\r\n\r\n",
///     http.len()
/// );
/// let mut output = Vec::new();
/// let mut report = |_: &str, _: &_| panic!();
/// warc::warc(&mut archive.as_bytes(), &Options::default(), &mut output, &mut report)?;
/// let expected = "<base data-page=\"http://host/\" href=\"http://host/\">\n<p>text\n<base data-page=\"\">\n";
/// assert_eq!(output, expected.as_bytes());
/// # Ok::<(), textmill::common::error::Error>(())
/// ```
pub fn warc(
    input: &mut (dyn Read + Send),
    options: &Options,
    output: &mut dyn Write,
    report: &mut dyn FnMut(&str, &Failure),
) -> Result<(), Error> {
    let mut archive = Archive::new(input);
    let mut blocks = Blocks::new();
    while let Some(record) = archive.next()? {
        if record.kind == Kind::Other || !options.has_url(&record.url) {
            continue;
        }
        let url = String::from_utf8_lossy(&record.url).into_owned();
        match options.write(&mut archive, record, &url, &mut blocks, output) {
            Ok(()) => {}
            Err(End::Page(failure)) => report(&url, &failure),
            Err(End::All(error)) => return Err(error),
        }
    }
    Ok(())
}

/// An error, and what ends with it.
enum End {
    /// The page. The next record can be read.
    Page(Failure),
    /// All: the archive cannot be read any further, or the output failed.
    All(Error),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> End {
        End::Page(failure)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> End {
        End::All(error)
    }
}

impl Options {
    fn has_url(&self, url: &[u8]) -> bool {
        match &self.url {
            Some(pattern) => pattern.is_match(url),
            None => self.list || select::is_of_page(url),
        }
    }

    fn has_type(&self, content_type: Option<&str>) -> bool {
        self.list && self.types.is_empty() || select::has_type(&self.types, content_type)
    }

    /// Writes the page in a record, if it is selected.
    fn write(
        &self,
        archive: &mut Archive<'_>,
        record: Record,
        url: &str,
        blocks: &mut Blocks,
        output: &mut dyn Write,
    ) -> Result<(), End> {
        let response = match select::is_http(&record) {
            true => {
                let head = archive.take_head()?;
                let head = head.ok_or_else(|| protocol("the header of HTTP has no end"))?;
                Some(Response::parse(&head)?)
            }
            false => None,
        };
        let status = response.as_ref().map(|response| response.status);
        let declared = match &response {
            Some(response) => response.content_type.clone(),
            None => record.content_type.clone(),
        };
        let content_type = declared.or_else(|| record.identified.clone());
        if !self.has_type(content_type.as_deref()) {
            return Ok(());
        }
        if self.list {
            return Ok(list(status, content_type.as_deref(), url, output)?);
        }
        if !status.is_none_or(|status| (200..300).contains(&status)) {
            return Ok(());
        }
        if record.is_segmented {
            return Err(protocol("segmented records are not supported").into());
        }
        let address = Url::parse(url).map_err(|error| Failure::Url(error.to_string().into()))?;
        let charset = Charset::new(content_type.as_deref());
        let marker = charset
            .is_some()
            .then(|| Marker::new(without_user(address)));
        let stored = archive.left();
        let start = archive.peek(CHUNK_START)?;
        let framing = Framing::of(response.as_ref(), start);
        let copied = body(archive.block(), framing, content_type)
            .map_err(Error::Read)
            .and_then(Body::decoded)
            .and_then(|source| {
                let source = match record.is_truncated {
                    true => Box::new(Truncated(source)),
                    false => source,
                };
                let mut output = output;
                let mut output = PlainOutput(&mut output);
                let mut output = CountedOutput::new(&mut output, false);
                copy(source, charset, marker, blocks, &mut output)
            });
        // The error of the body may be one of the archive.
        archive.check()?;
        match copied {
            Ok(()) => {}
            Err(Error::Read(error)) => return Err(Failure::from(error).into()),
            Err(error) => return Err(error.into()),
        }
        let length = response.and_then(|response| response.length);
        match length {
            // A response to HEAD, or with the status 304, has a length and no body.
            Some(length) if !record.is_truncated && (1..length).contains(&stored) => {
                let message = format!("{stored} of {length} bytes");
                Err(Failure::Truncated(message.into()).into())
            }
            _ => Ok(()),
        }
    }
}

fn protocol(message: &str) -> Failure {
    Failure::Protocol(message.into())
}

/// Writes the line of a record.
fn list(
    status: Option<u16>,
    content_type: Option<&str>,
    url: &str,
    output: &mut dyn Write,
) -> Result<(), Error> {
    let status = status.map_or("-".to_string(), |status| status.to_string());
    let media_type = content_type.map(media_type).unwrap_or_default();
    let is_plain = media_type.bytes().all(|byte| byte.is_ascii_graphic());
    let media_type = match is_plain && !media_type.is_empty() {
        true => &media_type,
        false => "-",
    };
    let url = url.replace(char::is_control, "");
    let line = format!("{status} {media_type} {url}\n");
    output.write_all(line.as_bytes()).map_err(Error::Write)
}

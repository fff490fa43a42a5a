//! `fetch`: the bodies of URLs, as text in UTF-8.
//!
//! What happens to one URL, in order, each step a chapter:
//!
//! 1. [`Fetcher::fetch`] reads the URL; `file:` is opened (`local`).
//! 2. `transfer` asks for it over a connection that tells a cut from an end
//!    (`connect`), and follows where the server points to (`redirect`). What it
//!    gives is the body as it came over the wire.
//! 3. `decode` takes off the content encodings: gzip, br.
//! 4. `charset` turns text into UTF-8.
//! 5. What a read brought is written before the next read.
//!
//! Every step is a reader over the one before. A body that breaks off, at any
//! step, is an error: what was written by then is a true beginning of it.
//!
//! Costs: one connection and a few buffers of [`stream::BLOCK`], 5 MB of memory
//! in all, https included, whatever the size of the body (br: up to 16 MB more).
//! A body that needs no conversion is copied once between the socket and the
//! output, in one write for each read.

use crate::error::Error;
use crate::stream::{self, Blocks};
use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;
use url::Url;

mod charset;
mod connect;
mod decode;
mod failure;
mod local;
mod redirect;
pub mod time;
mod transfer;

pub use failure::Failure;

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Hand on the bytes that came: ask for no content encoding, undo none, convert no text.
    pub raw: bool,
    /// How long finding the host may take, and as long again to connect, TLS included.
    pub connect_timeout: Duration,
    /// How long a server may be silent, before its answer and within it. The
    /// time in which a slow reader takes nothing does not count.
    pub stall_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            raw: false,
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
        }
    }
}

/// Fetches one URL after the other and keeps connections open between them.
#[derive(Debug)]
pub struct Fetcher {
    options: Options,
    agent: ureq::Agent,
}

/// A body on its way, and what its sender said about it.
struct Body {
    bytes: Box<dyn Read>,
    /// The content encodings, in the order in which they were applied.
    encodings: Vec<String>,
    /// The content type, as the header has it.
    content_type: Option<String>,
    /// Whether the end of the bytes is marked, so that none at all is a body too.
    framed: bool,
}

impl Fetcher {
    /// Makes a fetcher; connects to nothing yet.
    pub fn new(options: Options) -> Fetcher {
        let agent = connect::agent(&options);
        Fetcher { options, agent }
    }

    /// Writes the body that `url` stands for.
    ///
    /// An [`Error::Read`] says why there is none, or not all of it; mostly a
    /// [`Failure`] is its cause. The next URL can be fetched all the same.
    pub fn fetch(&self, url: &str, output: &mut impl Write) -> Result<(), Error> {
        let url = parse(url)?;
        let body = match url.scheme() {
            "file" => local::open(&url)?,
            _ => transfer::get(&self.agent, url, &self.options)?,
        };
        let mut bytes: Box<dyn BufRead> =
            Box::new(BufReader::with_capacity(stream::BLOCK, body.bytes));
        if self.options.raw {
            return copy(bytes, None, output);
        }
        if !body.encodings.is_empty() {
            // Servers name an encoding for bodies of nothing, too.
            let nothing = body.framed && bytes.fill_buf().map_err(Error::Read)?.is_empty();
            if !nothing {
                bytes = decode::decoded(bytes, &body.encodings)?;
            }
        }
        let charset = charset::Charset::new(body.content_type.as_deref());
        copy(bytes, charset, output)
    }
}

/// Copies a body, as it comes: every read is followed by its one write.
///
/// Where reading fails, nothing that was held back for conversion is written:
/// it could come out as something else than it would have been.
fn copy(
    mut bytes: impl Read,
    mut charset: Option<charset::Charset>,
    output: &mut impl Write,
) -> Result<(), Error> {
    let mut blocks = Blocks::new();
    loop {
        blocks.keep(0);
        let n = blocks.read(&mut bytes).map_err(Error::Read)?;
        let text = match &mut charset {
            Some(charset) => charset.text(blocks.text(), n == 0),
            None => blocks.text(),
        };
        if !text.is_empty() {
            output.write_all(text).map_err(Error::Write)?;
        }
        if n == 0 {
            return Ok(());
        }
    }
}

/// The bytes of a URL as text: those that are not UTF-8 are percent-encoded,
/// so that the server gets what was meant, in whatever charset that is.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Reads a URL as browsers do (the WHATWG's URL standard): spaces and names
/// beyond ASCII are encoded.
fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            Failure::Url("no URL: it does not begin with http:, https: or file:".into())
        }
        error => Failure::Url(format!("no URL: {error}")),
    })?;
    match url.scheme() {
        "http" | "https" | "file" => Ok(url),
        scheme => Err(Failure::Url(format!(
            "scheme {scheme} is not one of http, https, file"
        ))),
    }
}

/// The URL as messages call it: without user name and password.
pub fn shown(text: &str) -> String {
    if !text.contains('@') {
        return text.to_string();
    }
    match Url::parse(text) {
        Ok(url) if url.has_authority() && !url.cannot_be_a_base() => {
            if url.username().is_empty() && url.password().is_none() {
                text.to_string()
            } else {
                without_user(url).to_string()
            }
        }
        // Who knows where a password begins in what is no URL.
        _ => {
            let scheme = text.find(':').map_or(0, |i| i + 1);
            let at = text.rfind('@').map_or(0, |i| i + 1);
            format!("{}…{}", &text[..scheme.min(at)], &text[at..])
        }
    }
}

/// The URL without user name and password.
fn without_user(mut url: Url) -> Url {
    // These fail for URLs that have no host, and so no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_show_a_password() {
        for (url, seen) in [
            ("http://a.example/x", "http://a.example/x"),
            ("http://a.example/x@y", "http://a.example/x@y"),
            ("HTTP://me:secret@a.example/x", "http://a.example/x"),
            ("https://secret@a.example", "https://a.example/"),
            ("http:\\\\me:secret@a.example", "http://a.example/"),
            ("http://me:sec/ret@a.example", "http:…a.example"),
            ("http://me:secret@[a.example/", "http:…[a.example/"),
            ("me:secret@a.example", "me:…a.example"),
            ("//secret@a.example", "…a.example"),
        ] {
            assert_eq!(shown(url), seen);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_encoded() {
        assert_eq!(text(b"http://a/\xFFb\xC3"), "http://a/%FFb%C3");
        assert_eq!(
            text("http://ü.a/é?\u{FFFD}".as_bytes()),
            "http://ü.a/é?\u{FFFD}"
        );
    }

    #[test]
    fn only_three_schemes() {
        assert!(parse("http://a.example/a b?ü").is_ok());
        assert!(parse("file:///tmp").is_ok());
        for bad in [
            "",
            "a.example",
            "ftp://a.example/",
            "data:,x",
            "http://",
            "localhost:80",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

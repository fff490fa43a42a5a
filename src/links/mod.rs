//! `links`: what a page links to, as absolute URLs, in the order of the page.
//!
//! [`visit`] reads a page and tells a [`Visit`]or each link, already resolved,
//! and if it asks for them the names that links may lead to. Nothing is held of
//! a page but the tag at hand, and of that no more than [`LONGEST`] bytes of
//! an attribute.
//!
//! What counts is what a browser with scripts off would see in the tree: no
//! comments, scripts, or contents of `<textarea>`, `<title>` and `<template>`
//! (but for shadow roots); `<noscript>` counts. A relative URL is resolved
//! against the first `<base href>` from where that stands on, which is itself
//! resolved against the base URL that the caller gives.
//!
//! Chapters: `page` (which attributes of a page are links), [`css`] and
//! [`srcset`] (which parts of their values are), [`resolve`] (from what stands
//! there to the absolute URL).

pub mod css;
mod page;
pub mod resolve;
pub mod srcset;

use crate::error::Error;
use crate::html::Tokenizer;
use crate::stream::{self, BLOCK, Out};
use page::Page;
use std::fmt;
use std::io::{Read, Write};
use url::Url;

/// The longest URL, list of images or style attribute that is read, in bytes:
/// what browsers take for a URL.
pub const LONGEST: usize = 2 << 20;

/// Which links are told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Not only `a[href]` and `img[src]`, but all that a page makes use of.
    pub all: bool,
    /// Fragments, too. Links within the page (`#top`) are told only then.
    pub fragments: bool,
    /// Links of every scheme. Otherwise those of http, https and of the base
    /// URL that was given.
    pub schemes: bool,
}

/// A link of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// Where it leads: absolute, as the URL standard serializes it, without a
    /// fragment. It is printable ASCII, but for what may stand unescaped in
    /// URLs without a host (`mailto:…`), and holds no control characters at all.
    pub url: &'a str,
    /// The fragment as it is serialized (percent-encoded), without its `#`;
    /// nothing unless [`Options::fragments`] are asked for.
    pub fragment: Option<&'a str>,
    /// What holds the link.
    pub source: Source,
}

/// What in a page holds a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The element's name: `a`, `img`, …
    pub element: &'static str,
    /// The attribute's name, or `url()` for what the text of a `style` element holds.
    pub attribute: &'static str,
}

impl Source {
    /// Whether the link leads to a page that a reader enters: `a`, `area`,
    /// `iframe`, `frame`.
    pub fn enters(self) -> bool {
        matches!(self.element, "a" | "area" | "iframe" | "frame")
    }
}

/// What stands in place of a URL, and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid<'a> {
    /// What stands there, or the beginning of it.
    pub raw: &'a str,
    /// What is wrong with it.
    pub cause: Cause,
    /// What holds it.
    pub source: Source,
}

/// Why something is no URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The URL standard says so. `RelativeUrlWithoutBase` if there is no base
    /// to resolve it against.
    Url(url::ParseError),
    /// It is longer than [`LONGEST`].
    TooLong,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Url(url::ParseError::RelativeUrlWithoutBase) => {
                f.write_str("relative, and there is no base URL")
            }
            Cause::Url(error) => write!(f, "no URL: {error}"),
            Cause::TooLong => write!(f, "longer than {} MiB", LONGEST >> 20),
        }
    }
}

/// Who is told what a page holds, in its order. An error ends the visit.
pub trait Visit {
    /// Whether [`anchor`](Visit::anchor) is to be called.
    const ANCHORS: bool = false;

    /// A link.
    fn link(&mut self, link: &Link<'_>) -> Result<(), Error>;

    /// Something in place of a link that is no URL.
    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error>;

    /// A name that a fragment may lead to: the `id` of any element, the `name`
    /// of an `a`. Character references are decoded; percent signs are what they
    /// are. May hold any bytes.
    fn anchor(&mut self, _name: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    /// The page's `<base href>`, resolved: the first one, and only if it is a URL.
    fn base(&mut self, _url: &Url) {}

    /// All that was read is told; the next read may have to wait.
    fn pause(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Reads a page and tells its visitor what it links to. `base` is the URL of
/// the page, without which no relative link can be resolved.
///
/// Where reading fails, what came before is told and the error returned.
pub fn visit(
    input: &mut impl Read,
    base: Option<&Url>,
    options: Options,
    visitor: &mut impl Visit,
) -> Result<(), Error> {
    let mut links = Links::new(base, options, visitor);
    let mut buffer = vec![0; BLOCK];
    let ended = loop {
        match stream::read(input, &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(n) => links.block(&buffer[..n])?,
            Err(error) => break Err(Error::Read(error)),
        }
    };
    links.end()?;
    ended
}

/// The program: writes what a page links to, one a line, before each read that
/// may have to wait. `report` is told what is no URL.
pub fn links(
    input: &mut impl Read,
    base: Option<&Url>,
    options: Options,
    output: &mut impl Write,
    report: impl FnMut(&Invalid<'_>),
) -> Result<(), Error> {
    let out = Out::default();
    let mut print = Print {
        output,
        out,
        report,
    };
    visit(input, base, options, &mut print)
}

/// The visitor that writes links, and reports what is none.
struct Print<'a, W, R> {
    output: &'a mut W,
    out: Out,
    report: R,
}

impl<W: Write, R: FnMut(&Invalid<'_>)> Visit for Print<'_, W, R> {
    fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
        self.out.push(link.url.as_bytes());
        if let Some(fragment) = link.fragment {
            self.out.push(b"#");
            self.out.push(fragment.as_bytes());
        }
        self.out.push(b"\n");
        // Long links may be much more than the text that they stand in.
        match self.out.as_slice().len() {
            BLOCK.. => stream::write(self.output, &mut self.out),
            _ => Ok(()),
        }
    }

    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        (self.report)(invalid);
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Error> {
        stream::write(self.output, &mut self.out)
    }
}

/// The same for a page that comes in blocks, which may end anywhere.
pub struct Links<V> {
    tokenizer: Tokenizer,
    page: Page<V>,
}

impl<V: Visit> Links<V> {
    /// At the beginning of a page.
    pub fn new(base: Option<&Url>, options: Options, visitor: V) -> Self {
        Links {
            tokenizer: Tokenizer::new(),
            page: Page::new(base, options, visitor),
        }
    }

    /// The next block of the page. An error of the visitor is its end.
    pub fn block(&mut self, text: &[u8]) -> Result<(), Error> {
        self.tokenizer.block(text, &mut self.page);
        self.page.result()?;
        self.page.visitor.pause()
    }

    /// The page has ended. Gives the visitor back.
    pub fn end(mut self) -> Result<V, Error> {
        self.tokenizer.end(&mut self.page);
        self.page.result()?;
        self.page.visitor.pause()?;
        Ok(self.page.visitor)
    }
}

impl<V: Visit> Visit for &mut V {
    const ANCHORS: bool = V::ANCHORS;

    fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
        (**self).link(link)
    }
    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        (**self).invalid(invalid)
    }
    fn anchor(&mut self, name: &[u8]) -> Result<(), Error> {
        (**self).anchor(name)
    }
    fn base(&mut self, url: &Url) {
        (**self).base(url);
    }
    fn pause(&mut self) -> Result<(), Error> {
        (**self).pause()
    }
}

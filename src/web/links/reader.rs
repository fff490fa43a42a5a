//! Reads pages: one from a reader, one in blocks, or several in a row.

use super::page::Page;
use super::visit::{Options, Visit};
use crate::common::error::Error;
use crate::common::stream::{self, BLOCK, Pages};
use crate::web::html::pages::Part;
use crate::web::html::{Charset, Tokenizer};
use std::io::Read;
use url::Url;

/// Reads a page and reports its links to the visitor. `base` is the URL of the page,
/// without which relative links cannot be resolved.
///
/// If reading fails, the links before that are reported and the error is returned.
///
/// ```
/// use textmill::common::error::Error;
/// use textmill::web::links::{self, Invalid, Link, Options, Visit};
///
/// struct Urls(Vec<String>);
///
/// impl Visit for Urls {
///     fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
///         self.0.push(link.url.to_string());
///         Ok(())
///     }
///     fn invalid(&mut self, _: &Invalid<'_>) -> Result<(), Error> {
///         Ok(())
///     }
/// }
///
/// let page = b"<a href=b>text</a> <img src='/c.png?x&amp;y'>";
/// let base = url::Url::parse("http://host/a").unwrap();
/// let mut urls = Urls(Vec::new());
/// links::visit(&mut &page[..], Some(&base), Options::default(), &mut urls)?;
/// assert_eq!(urls.0, ["http://host/b", "http://host/c.png?x&y"]);
/// # Ok::<(), Error>(())
/// ```
pub fn visit(
    input: &mut impl Read,
    base: Option<&Url>,
    options: Options,
    visitor: &mut impl Visit,
) -> Result<(), Error> {
    let mut links = Links::new(base, options, visitor);
    let mut buffer = Pages::new(BLOCK);
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

/// Reads a page that comes in blocks, which may end anywhere, and reports its links.
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

    /// Sets the charset of the rest of the page, if it is found while the page is read.
    pub fn set_charset(&mut self, charset: Charset) {
        self.page.reporter.charset = charset;
    }

    /// Reads the next block of the page. An error is the visitor's.
    pub fn block(&mut self, text: &[u8]) -> Result<(), Error> {
        self.text(text)?;
        self.pause()
    }

    /// Ends the page, and returns the visitor.
    pub fn end(mut self) -> Result<V, Error> {
        self.end_page()?;
        self.pause()?;
        Ok(self.page.reporter.visitor)
    }

    /// Tells the visitor that the next read may block.
    pub(super) fn pause(&mut self) -> Result<(), Error> {
        self.page.reporter.visitor.pause()
    }

    /// Reads some text of the page.
    pub(super) fn text(&mut self, text: &[u8]) -> Result<(), Error> {
        self.tokenizer.block(text, &mut self.page);
        self.page.reporter.result()
    }

    fn end_page(&mut self) -> Result<(), Error> {
        self.tokenizer.end(&mut self.page);
        self.page.end_style();
        self.page.reporter.result()
    }

    /// Reads the next part of several pages in a row.
    pub(super) fn part(&mut self, part: Part<'_>) -> Result<(), Error> {
        match part {
            Part::Text(text) => self.text(text),
            Part::Page(url, charset) => {
                self.end_page()?;
                self.page.begin(url, charset);
                self.page.reporter.result()
            }
            Part::End => {
                self.end_page()?;
                self.page.begin_unmarked();
                Ok(())
            }
        }
    }
}

//! The receiver of a page's links, and what it can ask for.

use super::link::{Invalid, Link, Source};
use crate::common::error::Error;
use crate::web::html::Charset;
use url::Url;

/// Which links are reported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Not only `a[href]` and `img[src]`, but everything that a page uses.
    pub all: bool,
    /// Report fragments, and links within the page (`#top`).
    pub fragments: bool,
    /// Report links of every scheme. Otherwise the schemes are http, https and that of
    /// the base URL that was given.
    pub schemes: bool,
    /// The page is XHTML, by its content type: `<script/>` ends its element.
    pub xml: bool,
    /// The charset of the page before it was converted to UTF-8. The queries of its links
    /// are encoded in it, except in style sheets.
    pub charset: Charset,
}

/// Receives the links of a page, in page order. An error ends the visit.
pub trait Visit {
    /// Whether [`anchor`](Visit::anchor) is called.
    const ANCHORS: bool = false;

    /// Whether the lines of links are counted, which takes some time.
    const LINES: bool = false;

    /// A link.
    fn link(&mut self, link: &Link<'_>) -> Result<(), Error>;

    /// An invalid URL in place of a link.
    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error>;

    /// An empty value where a URL is expected, as in `<img src="">`; it is not a link. Not
    /// called for `a` and `area`, where an empty URL is that of the page.
    fn empty(&mut self, _source: Source, _line: Option<u64>) -> Result<(), Error> {
        Ok(())
    }

    /// A name that a fragment may lead to: the `id` of any element, the `name` of an `a`.
    /// Character references are decoded, percent-encoding is not. It may have any bytes.
    fn anchor(&mut self, _name: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    /// The page's `<base href>`, resolved: the first one, if its URL is valid.
    fn base(&mut self, _url: &Url) {}

    /// Everything that was read is reported; the next read may block.
    fn pause(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl<V: Visit> Visit for &mut V {
    const ANCHORS: bool = V::ANCHORS;
    const LINES: bool = V::LINES;

    fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
        (**self).link(link)
    }
    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        (**self).invalid(invalid)
    }
    fn empty(&mut self, source: Source, line: Option<u64>) -> Result<(), Error> {
        (**self).empty(source, line)
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

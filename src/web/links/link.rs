//! A link of a page, and a value that should be one.

use std::fmt;

/// The longest URL, list of images or style attribute that is read, in bytes. It is the
/// limit of browsers for a URL.
pub const LONGEST: usize = 2 << 20;

/// A link of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// The absolute URL, as the URL standard serializes it, without a fragment. It has
    /// no control characters. It is printable ASCII, except in what URLs without a host
    /// (`mailto:…`) need not escape.
    pub url: &'a str,
    /// The fragment as it is serialized (percent-encoded), without its `#`; `None`
    /// unless [`Options::fragments`](super::Options::fragments) is set.
    pub fragment: Option<&'a str>,
    /// The element and attribute that contain the link.
    pub source: Source,
    /// The line in which that element's tag begins; the first is 1. `None` unless the
    /// visitor wants [`LINES`](super::Visit::LINES).
    pub line: Option<u64>,
    /// Whether it is the target of a form that is sent by POST.
    pub posts: bool,
}

/// The element and attribute that contain a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The element's name: `a`, `img`, …
    pub element: &'static str,
    /// The attribute's name, or `url()` for the text of a `style` element.
    pub attribute: &'static str,
}

impl Source {
    /// The text of a `style` element, or a style sheet.
    pub(crate) const STYLE: Source = Source {
        element: "style",
        attribute: "url()",
    };

    /// Whether the link leads to a page that a reader enters: `a`, `area`,
    /// `iframe`, `frame`.
    pub fn enters(self) -> bool {
        matches!(self.element, "a" | "area" | "iframe" | "frame")
    }

    /// Whether the link is in CSS, whose URLs are always in UTF-8.
    pub(super) fn is_style(self) -> bool {
        matches!(self.attribute, "url()" | "style")
    }
}

/// A value that should be a URL, but is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid<'a> {
    /// The value, or its beginning.
    pub raw: &'a str,
    /// Why it is invalid.
    pub cause: Cause,
    /// The element and attribute that contain it.
    pub source: Source,
    /// The line, as in a [`Link`].
    pub line: Option<u64>,
}

/// Why a link is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The URL standard does not allow it. `RelativeUrlWithoutBase` if there is no base
    /// URL to resolve it against.
    Url(url::ParseError),
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It is a local file, and only a mark in the input says that the page is one.
    File,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Url(url::ParseError::RelativeUrlWithoutBase) => {
                f.write_str("relative, and there is no base URL")
            }
            Cause::Url(error) => write!(f, "invalid URL: {error}"),
            Cause::TooLong => write!(f, "longer than {} MiB", LONGEST >> 20),
            Cause::File => f.write_str("a local file (printed with --base file:///)"),
        }
    }
}

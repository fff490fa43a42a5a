//! Resolves the links of a page, and reports them to its visitor.

use super::link::{Cause, Invalid, Link, Source};
use super::resolve::Resolver;
use super::visit::{Options, Visit};
use crate::common::error::Error;
use crate::web::html::{Charset, address};
use url::Url;

/// Reports the links of one page after the other.
pub(super) struct Reporter<V> {
    pub(super) visitor: V,
    pub(super) options: Options,
    /// The charset of the page at hand.
    pub(super) charset: Charset,
    /// The line of the tag at hand, if the visitor wants it.
    pub(super) line: Option<u64>,
    /// The tag at hand sends a form by POST.
    pub(super) posts: bool,
    resolver: Resolver,
    /// The URL of a page without a mark. Links of its scheme are reported, like http.
    start: Option<Url>,
    /// The page is a local file, by its mark.
    is_file: bool,
    has_base: bool,
    result: Result<(), Error>,
}

/// The mark before a page.
const MARK: Source = Source {
    element: "base",
    attribute: "data-page",
};

/// How much of an invalid URL is reported, in bytes.
const SHOWN: usize = 200;

impl<V: Visit> Reporter<V> {
    pub(super) fn new(base: Option<&Url>, options: Options, visitor: V) -> Self {
        Reporter {
            visitor,
            options,
            charset: options.charset,
            line: None,
            posts: false,
            resolver: Resolver::new(base.cloned()),
            start: base.cloned(),
            is_file: false,
            has_base: false,
            result: Ok(()),
        }
    }

    /// Begins another page, whose mark contains this URL and this charset.
    pub(super) fn begin(&mut self, url: &[u8], charset: Charset) {
        let text = address::text(url);
        let base = Url::parse(&text);
        self.is_file = base.as_ref().is_ok_and(|base| base.scheme() == "file");
        if let Err(error) = base {
            self.invalid(text.as_bytes(), Cause::Url(error), MARK);
        }
        self.begin_at(base.ok(), charset);
    }

    /// Begins a page without a mark.
    pub(super) fn begin_unmarked(&mut self) {
        self.is_file = false;
        self.begin_at(self.start.clone(), self.options.charset);
    }

    fn begin_at(&mut self, base: Option<Url>, charset: Charset) {
        self.resolver = Resolver::new(base);
        self.charset = charset;
        self.has_base = false;
    }

    /// The first error of the visitor since the last call.
    pub(super) fn result(&mut self) -> Result<(), Error> {
        std::mem::replace(&mut self.result, Ok(()))
    }

    /// Reports a link. `is_cut` if `raw` is only its beginning.
    #[inline]
    pub(super) fn link(&mut self, raw: &[u8], is_cut: bool, source: Source) {
        if self.result.is_err() {
            return;
        }
        let raw = trim(raw);
        if raw.first() == Some(&b'#') && !self.options.fragments {
            return;
        }
        if is_cut {
            // A large image within the page (data:) is not a link.
            return self.invalid_link(raw, Cause::TooLong, source);
        }
        let charset = match source.is_style() {
            true => Charset::UTF_8,
            false => self.charset,
        };
        match self.resolver.resolve(raw, charset) {
            Ok(()) => self.resolved(raw, source),
            Err(error) => self.invalid_link(raw, Cause::Url(error), source),
        }
    }

    /// Reports the link that was just resolved.
    #[inline]
    fn resolved(&mut self, raw: &[u8], source: Source) {
        let (url, fragment) = self.resolver.resolved();
        // A scheme is short.
        let colon = url.bytes().position(|byte| byte == b':');
        let scheme = &url[..colon.unwrap_or(url.len())];
        let is_start = |url: &Url| scheme == url.scheme();
        if self.options.schemes
            || matches!(scheme, "http" | "https")
            || self.start.as_ref().is_some_and(is_start)
        {
            self.result = self.visitor.link(&Link {
                url,
                fragment: fragment.filter(|_| self.options.fragments),
                source,
                line: self.line,
                posts: self.posts,
            });
        } else if self.is_file && scheme == "file" {
            self.invalid(raw, Cause::File, source);
        }
    }

    /// Reports an invalid link, unless links of its scheme are not reported.
    #[cold]
    fn invalid_link(&mut self, raw: &[u8], cause: Cause, source: Source) {
        if scheme(raw).is_none_or(|scheme| self.reports(scheme)) {
            self.invalid(raw, cause, source);
        }
    }

    /// Whether links of this scheme are reported.
    fn reports(&self, scheme: &[u8]) -> bool {
        let own = self.start.as_ref().map_or("", Url::scheme);
        let reported = ["http", "https", own].map(str::as_bytes);
        self.options.schemes
            || reported
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known))
    }

    /// Reports an invalid URL.
    #[cold]
    pub(super) fn invalid(&mut self, raw: &[u8], cause: Cause, source: Source) {
        if self.result.is_err() {
            return;
        }
        let text = String::from_utf8_lossy(&raw[..raw.len().min(SHOWN)]);
        let raw = match raw.len() {
            ..=SHOWN => text.into_owned(),
            _ => format!("{}…", text.trim_end_matches(char::REPLACEMENT_CHARACTER)),
        };
        self.result = self.visitor.invalid(&Invalid {
            raw: &raw,
            cause,
            source,
            line: self.line,
        });
    }

    /// Reports an empty value where a URL is expected.
    pub(super) fn empty(&mut self, source: Source) {
        if self.result.is_ok() {
            self.result = self.visitor.empty(source, self.line);
        }
    }

    /// Reports a name that a fragment may lead to.
    pub(super) fn anchor(&mut self, name: &[u8]) {
        if self.result.is_ok() {
            self.result = self.visitor.anchor(name);
        }
    }

    /// Sets the base URL: only the first `<base href>` of a page counts.
    pub(super) fn base(&mut self, href: &[u8], is_cut: bool, source: Source) {
        if std::mem::replace(&mut self.has_base, true) {
            return;
        }
        if is_cut {
            return self.invalid(href, Cause::TooLong, source);
        }
        match self.resolver.rebase(href, self.charset) {
            Ok(Some(url)) => self.visitor.base(url),
            Ok(None) => {}
            Err(error) => self.invalid(href, Cause::Url(error), source),
        }
    }
}

/// The URL without the blanks and control characters around it, which the standard strips.
fn trim(raw: &[u8]) -> &[u8] {
    let is_kept = |&byte: &u8| byte > b' ';
    let start = raw.iter().position(is_kept).unwrap_or(raw.len());
    let end = raw.iter().rposition(is_kept).map_or(start, |last| last + 1);
    &raw[start..end]
}

/// The scheme that a URL begins with.
fn scheme(raw: &[u8]) -> Option<&[u8]> {
    let (scheme, _) = raw.split_at(memchr::memchr(b':', &raw[..raw.len().min(64)])?);
    let is_scheme = scheme.first()?.is_ascii_alphabetic()
        && (scheme.iter()).all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b));
    is_scheme.then_some(scheme)
}

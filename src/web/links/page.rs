//! Which attributes of a page are links.

use super::resolve::Resolver;
use super::{Cause, Invalid, LONGEST, Link, Options, Source, Visit, css, srcset};
use crate::common::error::Error;
use crate::web::html::{
    Attribute, Charset, Content, Context, Element, Name, Sink, address, character,
};
use url::Url;

/// Told by the tokenizer what the page holds, tells the visitor the links of it.
pub(super) struct Page<V> {
    pub(super) visitor: V,
    options: Options,
    pub(super) charset: Charset,
    resolver: Resolver,
    /// The URL of a page without a mark, whose scheme counts like http.
    start: Option<Url>,
    /// The page is a local file, by its mark.
    is_file: bool,
    has_base: bool,
    context: Context,
    element: Element,
    /// Where the tag at hand begins, if the visitor wants to know.
    line: Option<u64>,
    /// The tag at hand ends an element, or nothing in it counts.
    passes: bool,
    is_end: bool,
    /// The attributes of the tag at hand that count.
    kept: Vec<Kept>,
    /// Their values, one after the other, as they stand there.
    values: Vec<u8>,
    /// The style sheet at hand.
    css: Option<css::Scanner>,
    /// How the form at hand is sent, and what the tag at hand sends of it.
    form: Sends,
    sends: Sends,
    result: Result<(), Error>,
}

/// How a form is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sends {
    Get,
    Post,
    /// It closes a dialog.
    Nothing,
}

/// An attribute, where its value begins, and whether it was too long to keep.
#[derive(Clone, Copy)]
struct Kept {
    attribute: Attribute,
    start: usize,
    cut: bool,
}

/// What is kept of the memory that long values took, in bytes.
const ROOM: usize = 64 << 10;

impl<V: Visit> Page<V> {
    pub(super) fn new(base: Option<&Url>, options: Options, visitor: V) -> Self {
        Page {
            visitor,
            options,
            charset: options.charset,
            resolver: Resolver::new(base.cloned()),
            start: base.cloned(),
            is_file: false,
            has_base: false,
            context: Context::default(),
            element: Element::Other,
            line: None,
            passes: false,
            is_end: false,
            kept: Vec::new(),
            values: Vec::new(),
            css: None,
            form: Sends::Get,
            sends: Sends::Get,
            result: Ok(()),
        }
    }

    /// Begins another page, whose mark contains this URL and this charset. The one
    /// before has ended.
    pub(super) fn begin(&mut self, url: &[u8], charset: Charset) {
        let text = address::text(url);
        let base = Url::parse(&text);
        self.is_file = base.as_ref().is_ok_and(|base| base.scheme() == "file");
        if let Err(error) = base {
            self.invalid(text.as_bytes(), Cause::Url(error), MARK);
        }
        self.begin_at(base.ok(), charset);
    }

    /// Begins a page without a mark. The one before has ended.
    pub(super) fn begin_unmarked(&mut self) {
        self.is_file = false;
        self.begin_at(self.start.clone(), self.options.charset);
    }

    fn begin_at(&mut self, base: Option<Url>, charset: Charset) {
        self.resolver = Resolver::new(base);
        self.charset = charset;
        self.has_base = false;
        self.context = Context::default();
    }

    /// What the visitor said since the last time.
    pub(super) fn result(&mut self) -> Result<(), Error> {
        std::mem::replace(&mut self.result, Ok(()))
    }

    /// The style sheet at hand has ended, if there is one.
    #[inline]
    pub(super) fn end_style(&mut self) {
        if let Some(mut css) = self.css.take() {
            css.end(|url, cut| self.link(url, cut, STYLE));
        }
    }

    /// Whether this attribute of the tag at hand counts, or helps to say what counts.
    #[inline]
    fn counts(&self, attribute: Attribute) -> bool {
        use Attribute::*;
        let element = self.element;
        match attribute {
            Href if matches!(element, Element::A | Element::Base) => true,
            Src if matches!(element, Element::Img | Element::Image) => true,
            XlinkHref if element == Element::A => true,
            Id => V::ANCHORS,
            Name => V::ANCHORS && element == Element::A,
            ShadowRootMode => element == Element::Template,
            _ if !self.options.all => false,
            Style => true,
            Href => matches!(element, Element::Area | Element::Link) || is_svg_loader(element),
            XlinkHref => is_svg_loader(element),
            Src => matches!(
                element,
                Element::Script
                    | Element::Iframe
                    | Element::Frame
                    | Element::Source
                    | Element::Video
                    | Element::Audio
                    | Element::Track
                    | Element::Embed
                    | Element::Input
            ),
            Srcset => matches!(element, Element::Img | Element::Image | Element::Source),
            ImageSrcset | Rel => element == Element::Link,
            Poster => element == Element::Video,
            Data => element == Element::Object,
            Action | Method => element == Element::Form,
            FormAction | FormMethod | Type => matches!(element, Element::Button | Element::Input),
            Background => matches!(
                element,
                Element::Body
                    | Element::Table
                    | Element::Thead
                    | Element::Tbody
                    | Element::Tfoot
                    | Element::Tr
                    | Element::Td
                    | Element::Th
            ),
            HttpEquiv | Content => element == Element::Meta,
            Hidden | Open | Popover | Encoding | Other => false,
        }
    }

    /// Whether an attribute that counts is a link in a tag of HTML, or else of SVG
    /// or MathML, and with the other attributes of this tag.
    fn is_link(&self, attribute: Attribute, is_html: bool) -> bool {
        use Attribute::*;
        match (self.element, attribute) {
            (_, Rel | HttpEquiv | ShadowRootMode | Type | Method | FormMethod) => false,
            (_, Action | FormAction) if self.sends == Sends::Nothing => false,
            (_, Id | Name | Style) => true,
            (Element::A, Href) => true,
            (element, Href | XlinkHref) if element == Element::A || is_svg_loader(element) => {
                !is_html
            }
            _ if !is_html => false,
            (Element::Link, Href) => !self.only_connects(),
            (Element::Meta, _) => self.refreshes(),
            (Element::Input, Src) => self.has_type(&["image"]),
            (Element::Input, _) => self.has_type(&["submit", "image"]),
            // Without a type, or with an unknown one, a button submits.
            (Element::Button, _) => !self.has_type(&["button", "reset"]),
            _ => true,
        }
    }

    /// What stands there for an attribute.
    fn value(&self, i: usize) -> &[u8] {
        let end = self
            .kept
            .get(i + 1)
            .map_or(self.values.len(), |kept| kept.start);
        &self.values[self.kept[i].start..end]
    }

    /// The value of another attribute of the tag, by which to judge one.
    fn other(&self, attribute: Attribute) -> Option<&[u8]> {
        let i = self
            .kept
            .iter()
            .position(|kept| kept.attribute == attribute)?;
        Some(self.value(i))
    }

    /// Tells what the tag at hand holds.
    fn tell(&mut self, is_html: bool) {
        for i in 0..self.kept.len() {
            let Kept { attribute, cut, .. } = self.kept[i];
            let source = Source {
                element: self.element.name(),
                attribute: attribute.name(),
            };
            if !self.is_link(attribute, is_html) {
                continue;
            }
            let values = std::mem::take(&mut self.values);
            let end = self.kept.get(i + 1).map_or(values.len(), |kept| kept.start);
            let value = character::value(&values[self.kept[i].start..end]);
            match attribute {
                Attribute::Id | Attribute::Name => {
                    if !value.is_empty() && !cut && self.result.is_ok() {
                        self.result = self.visitor.anchor(&value);
                    }
                }
                Attribute::Href if self.element == Element::Base => self.base(&value, cut, source),
                Attribute::Srcset | Attribute::ImageSrcset => {
                    for url in srcset::urls(&value) {
                        self.link(url, false, source);
                    }
                    if cut {
                        self.invalid(&value, Cause::TooLong, source);
                    }
                }
                Attribute::Style => {
                    let mut scanner = css::Scanner::in_attribute();
                    scanner.text(&value, |url, cut| self.link(url, cut, source));
                    scanner.end(|url, cut| self.link(url, cut, source));
                    if cut {
                        self.invalid(&value, Cause::TooLong, source);
                    }
                }
                Attribute::Content => {
                    if let Some(url) = refresh(&value) {
                        self.link(url, cut, source);
                    }
                }
                // Elsewhere nothing means nothing, here the page itself.
                _ if value.trim_ascii().is_empty()
                    && !matches!(self.element, Element::A | Element::Area) =>
                {
                    self.empty(source);
                }
                _ => self.link(&value, cut, source),
            }
            drop(value);
            self.values = values;
        }
    }

    /// `<link>` that names a host, and no resource.
    fn only_connects(&self) -> bool {
        let rel = self.other(Attribute::Rel).unwrap_or_default();
        let has = |names: &[&str]| {
            rel.split(u8::is_ascii_whitespace).any(|word| {
                let mut names = names.iter();
                names.any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
            })
        };
        has(&["preconnect", "dns-prefetch"]) && !has(RESOURCES)
    }

    /// Whether the `type` of the tag at hand is one of these.
    fn has_type(&self, types: &[&str]) -> bool {
        let has = |value: &[u8]| {
            let mut types = types.iter();
            types.any(|name| value.eq_ignore_ascii_case(name.as_bytes()))
        };
        self.other(Attribute::Type).is_some_and(has)
    }

    /// What an attribute says about the sending of a form.
    fn method(&self, attribute: Attribute) -> Option<Sends> {
        let value = self.other(attribute)?;
        Some(match () {
            () if value.eq_ignore_ascii_case(b"post") => Sends::Post,
            () if value.eq_ignore_ascii_case(b"dialog") => Sends::Nothing,
            () => Sends::Get,
        })
    }

    /// `<meta>` that leads to another page.
    fn refreshes(&self) -> bool {
        self.other(Attribute::HttpEquiv)
            .is_some_and(|value| value.eq_ignore_ascii_case(b"refresh"))
    }

    /// Tells that nothing stands where a URL is expected.
    fn empty(&mut self, source: Source) {
        if self.result.is_ok() {
            self.result = self.visitor.empty(source, self.line);
        }
    }

    /// The first `<base href>` counts, if it is a URL.
    fn base(&mut self, href: &[u8], cut: bool, source: Source) {
        if std::mem::replace(&mut self.has_base, true) {
            return;
        }
        if cut {
            return self.invalid(href, Cause::TooLong, source);
        }
        match self.resolver.rebase(href, self.charset) {
            Ok(Some(url)) => self.visitor.base(url),
            Ok(None) => {}
            Err(error) => self.invalid(href, Cause::Url(error), source),
        }
    }

    /// Tells a link.
    #[inline]
    fn link(&mut self, raw: &[u8], cut: bool, source: Source) {
        if self.result.is_err() {
            return;
        }
        let raw = trim(raw);
        if raw.first() == Some(&b'#') && !self.options.fragments {
            return;
        }
        if cut {
            // Images within the page are large, and no links.
            match scheme(raw) {
                Some(scheme) if !self.tells(scheme) => {}
                _ => self.invalid(raw, Cause::TooLong, source),
            }
            return;
        }
        let charset = match source.is_style() {
            true => Charset::UTF_8,
            false => self.charset,
        };
        match self.resolver.resolve(raw, charset) {
            Ok(()) => {
                let (url, fragment) = self.resolver.resolved();
                let scheme = url.split(':').next().unwrap_or_default();
                if self.options.schemes
                    || matches!(scheme, "http" | "https")
                    || self
                        .start
                        .as_ref()
                        .is_some_and(|url| scheme == url.scheme())
                {
                    let fragment = fragment.filter(|_| self.options.fragments);
                    self.result = self.visitor.link(&Link {
                        url,
                        fragment,
                        source,
                        line: self.line,
                        posts: self.sends == Sends::Post,
                    });
                } else if self.is_file && scheme == "file" {
                    self.invalid(raw, Cause::File, source);
                }
            }
            Err(error) => match scheme(raw) {
                Some(scheme) if !self.tells(scheme) => {}
                _ => self.invalid(raw, Cause::Url(error), source),
            },
        }
    }

    /// Whether links of this scheme are told.
    fn tells(&self, scheme: &[u8]) -> bool {
        let own = self.start.as_ref().map_or("", Url::scheme);
        let told = ["http", "https", own].map(str::as_bytes);
        self.options.schemes || told.iter().any(|told| scheme.eq_ignore_ascii_case(told))
    }

    #[cold]
    fn invalid(&mut self, raw: &[u8], cause: Cause, source: Source) {
        if self.result.is_err() {
            return;
        }
        // As much of it as one needs to know it by.
        let text = String::from_utf8_lossy(&raw[..raw.len().min(SHOWN)]);
        let raw = match raw.len() {
            ..=SHOWN => text.into_owned(),
            _ => format!("{}…", text.trim_end_matches(char::REPLACEMENT_CHARACTER)),
        };
        let raw = &raw;
        self.result = self.visitor.invalid(&Invalid {
            raw,
            cause,
            source,
            line: self.line,
        });
    }
}

/// The link types that name a resource or a page (HTML standard, 4.6.7).
const RESOURCES: &[&str] = &[
    "alternate",
    "author",
    "canonical",
    "help",
    "icon",
    "license",
    "manifest",
    "modulepreload",
    "next",
    "pingback",
    "prefetch",
    "preload",
    "prev",
    "privacy-policy",
    "search",
    "stylesheet",
    "terms-of-service",
];

/// Whether an element of SVG loads what its `href` names.
fn is_svg_loader(element: Element) -> bool {
    matches!(
        element,
        Element::Image | Element::Use | Element::Script | Element::FeImage
    )
}

/// How much is shown of what is no URL, in bytes.
const SHOWN: usize = 200;

impl<V: Visit> Sink for Page<V> {
    const LINES: bool = V::LINES;

    fn line(&mut self, line: u64) {
        // What a style sheet holds stands behind its tag; here it ends.
        self.end_style();
        self.line = Some(line);
    }

    #[inline]
    fn wants_text(&self) -> bool {
        self.css.is_some()
    }

    fn text(&mut self, text: &[u8]) {
        if let Some(mut css) = self.css.take() {
            css.text(text, |url, cut| self.link(url, cut, STYLE));
            self.css = Some(css);
        }
    }

    #[inline]
    fn tag(&mut self, name: &Name, is_end: bool) {
        self.end_style();
        self.element = Element::named(name);
        self.is_end = is_end;
        self.passes = is_end || self.context.is_inert();
        self.kept.clear();
        if self.values.len() > ROOM {
            self.values = Vec::new();
        }
        self.values.clear();
    }

    #[inline]
    fn attribute(&mut self, name: &Name) -> bool {
        if self.passes {
            return false;
        }
        let attribute = Attribute::named(name);
        if !self.counts(attribute) || self.kept.iter().any(|kept| kept.attribute == attribute) {
            return false;
        }
        self.kept.push(Kept {
            attribute,
            start: self.values.len(),
            cut: false,
        });
        true
    }

    #[inline]
    fn value(&mut self, raw: &[u8]) {
        let Some(kept) = self.kept.last_mut() else {
            return;
        };
        let room = LONGEST - (self.values.len() - kept.start);
        kept.cut |= raw.len() > room;
        self.values.extend_from_slice(&raw[..raw.len().min(room)]);
    }

    #[inline]
    fn tag_end(&mut self, closes_itself: bool) -> Content {
        if self.is_end {
            self.context.close(self.element);
            return Content::Data;
        }
        let shadow = (self.other(Attribute::ShadowRootMode)).is_some_and(|mode| {
            mode.eq_ignore_ascii_case(b"open") || mode.eq_ignore_ascii_case(b"closed")
        });
        let (content, is_html) = self.context.open(self.element, closes_itself, shadow);
        match self.element {
            Element::Form => {
                self.form = self.method(Attribute::Method).unwrap_or(Sends::Get);
                self.sends = self.form;
            }
            // What a button says goes before what its form says.
            Element::Button | Element::Input => {
                self.sends = self.method(Attribute::FormMethod).unwrap_or(self.form);
            }
            _ => self.sends = Sends::Get,
        }
        if !self.kept.is_empty() {
            self.tell(is_html);
        }
        if self.options.xml && closes_itself {
            self.context.close(self.element);
            return Content::Data;
        }
        if self.element == Element::Style
            && self.options.all
            && !self.passes
            && (!closes_itself || is_html)
        {
            self.css = Some(css::Scanner::new());
        }
        content
    }

    fn has_cdata(&self) -> bool {
        self.context.is_foreign()
    }
}

/// The mark before a page.
const MARK: Source = Source {
    element: "base",
    attribute: "data-page",
};

/// What the text of a `style` element holds.
const STYLE: Source = Source {
    element: "style",
    attribute: "url()",
};

/// The URL without what the standard strips: blanks and control characters.
fn trim(raw: &[u8]) -> &[u8] {
    let start = raw
        .iter()
        .position(|&byte| byte > b' ')
        .unwrap_or(raw.len());
    let end = raw
        .iter()
        .rposition(|&byte| byte > b' ')
        .map_or(start, |last| last + 1);
    &raw[start..end]
}

/// The scheme that a URL begins with.
fn scheme(raw: &[u8]) -> Option<&[u8]> {
    let (scheme, _) = raw.split_at(memchr::memchr(b':', &raw[..raw.len().min(64)])?);
    let is_scheme = scheme.first()?.is_ascii_alphabetic()
        && (scheme.iter()).all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b));
    is_scheme.then_some(scheme)
}

/// The URL in the value of a refresh (HTML standard, 4.2.5.3, shared
/// declarative refresh steps): `5; url=page.html`.
pub(crate) fn refresh(value: &[u8]) -> Option<&[u8]> {
    let blank = |text: &[u8]| text.len() - text.trim_ascii_start().len();
    let skip = |text: &[u8], n: usize| -> usize { n + blank(&text[n..]) };
    let value = value.trim_ascii_start();
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 && value.first() != Some(&b'.') {
        return None;
    }
    let number = (value.iter())
        .take_while(|b| b.is_ascii_digit() || **b == b'.')
        .count();
    let rest = &value[number..];
    if !matches!(
        rest.first()?,
        b';' | b',' | b'\t' | b'\n' | b'\x0C' | b'\r' | b' '
    ) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let rest = rest
        .strip_prefix(b";")
        .or(rest.strip_prefix(b","))
        .unwrap_or(rest);
    let rest = rest.trim_ascii_start();
    let url = match rest.get(..3) {
        Some(word) if word.eq_ignore_ascii_case(b"url") => {
            let after = skip(rest, 3);
            match rest.get(after) {
                Some(b'=') => &rest[skip(rest, after + 1)..],
                _ => rest,
            }
        }
        _ => rest,
    };
    let url = match url.first() {
        Some(quote @ (b'"' | b'\'')) => url[1..].split(|b| b == quote).next()?,
        _ => url,
    };
    (!url.is_empty()).then_some(url)
}

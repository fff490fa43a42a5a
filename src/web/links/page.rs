//! Finds the links among the tokens of a page.

use super::link::{Cause, Source};
use super::report::Reporter;
use super::tag::{Method, Tag};
use super::visit::{Options, Visit};
use super::{css, refresh, srcset};
use crate::web::html::{Attribute, Charset, Content, Context, Element, Name, Sink, character};
use url::Url;

/// Receives the tokens of a page, and reports its links.
pub(super) struct Page<V> {
    pub(super) reporter: Reporter<V>,
    tag: Tag,
    context: Context,
    /// The style sheet at hand.
    css: Option<css::Scanner>,
}

impl<V: Visit> Page<V> {
    pub(super) fn new(base: Option<&Url>, options: Options, visitor: V) -> Self {
        Page {
            reporter: Reporter::new(base, options, visitor),
            tag: Tag::new(options.all, V::ANCHORS),
            context: Context::default(),
            css: None,
        }
    }

    /// Begins another page, whose mark contains this URL and this charset. The one
    /// before has ended.
    pub(super) fn begin(&mut self, url: &[u8], charset: Charset) {
        self.reporter.begin(url, charset);
        self.context = Context::default();
    }

    /// Begins a page without a mark. The one before has ended.
    pub(super) fn begin_unmarked(&mut self) {
        self.reporter.begin_unmarked();
        self.context = Context::default();
    }

    /// Ends the style sheet at hand, if there is one.
    #[inline(always)]
    pub(super) fn end_style(&mut self) {
        if self.css.is_some() {
            self.end_css();
        }
    }

    #[cold]
    fn end_css(&mut self) {
        if let Some(mut css) = self.css.take() {
            css.end(|url, is_cut| self.reporter.link(url, is_cut, Source::STYLE));
        }
    }

    /// Reports the links and names of the tag at hand.
    fn report(&mut self, is_html: bool) {
        let Page { tag, reporter, .. } = self;
        reporter.posts = tag.method == Method::Post;
        let element = tag.element;
        for (attribute, raw, is_cut) in tag.attributes() {
            if !tag.is_link(attribute, is_html) {
                continue;
            }
            let source = Source {
                element: element.name(),
                attribute: attribute.name(),
            };
            let value = &character::value(raw);
            match attribute {
                Attribute::Id | Attribute::Name => {
                    if !value.is_empty() && !is_cut {
                        reporter.anchor(value);
                    }
                }
                Attribute::Href if element == Element::Base => {
                    reporter.base(value, is_cut, source);
                }
                Attribute::Srcset | Attribute::ImageSrcset => {
                    for url in srcset::urls(value) {
                        reporter.link(url, false, source);
                    }
                    if is_cut {
                        reporter.invalid(value, Cause::TooLong, source);
                    }
                }
                Attribute::Style => {
                    let mut scanner = css::Scanner::new();
                    scanner.text(value, |url, is_cut| reporter.link(url, is_cut, source));
                    scanner.end(|url, is_cut| reporter.link(url, is_cut, source));
                    if is_cut {
                        reporter.invalid(value, Cause::TooLong, source);
                    }
                }
                Attribute::Content => {
                    if let Some(url) = refresh::url(value) {
                        reporter.link(url, is_cut, source);
                    }
                }
                // In `a` and `area`, an empty URL is that of the page.
                _ if value.trim_ascii().is_empty()
                    && !matches!(element, Element::A | Element::Area) =>
                {
                    reporter.empty(source);
                }
                _ => reporter.link(value, is_cut, source),
            }
        }
    }

    /// Completes a tag that may have links or open or close something.
    fn complete(&mut self, closes_itself: bool) -> Content {
        let element = self.tag.element;
        if self.tag.is_end {
            self.context.close(element);
            return Content::Data;
        }
        let shadow = (self.tag.get(Attribute::ShadowRootMode)).is_some_and(|mode| {
            mode.eq_ignore_ascii_case(b"open") || mode.eq_ignore_ascii_case(b"closed")
        });
        let (content, is_html) = self.context.open(element, closes_itself, shadow);
        self.tag.set_method();
        if !self.tag.is_empty() {
            self.report(is_html);
        }
        let Options { all, xml, .. } = self.reporter.options;
        if xml && closes_itself {
            self.context.close(element);
            return Content::Data;
        }
        let has_text = !closes_itself || is_html;
        if element == Element::Style && all && !self.tag.is_ignored && has_text {
            self.reporter.posts = false;
            self.css = Some(css::Scanner::new());
        }
        content
    }
}

impl<V: Visit> Sink for Page<V> {
    const LINES: bool = V::LINES;

    fn line(&mut self, line: u64) {
        // The links of a style sheet have the line of its tag.
        self.end_style();
        self.reporter.line = Some(line);
    }

    #[inline]
    fn wants_text(&self) -> bool {
        self.css.is_some()
    }

    fn text(&mut self, text: &[u8]) {
        let reporter = &mut self.reporter;
        if let Some(css) = &mut self.css {
            css.text(text, |url, is_cut| {
                reporter.link(url, is_cut, Source::STYLE)
            });
        }
    }

    #[inline(always)]
    fn tag(&mut self, name: &Name, is_end: bool) -> bool {
        self.end_style();
        self.tag.begin(name, is_end, self.context.is_inert())
    }

    #[inline]
    fn attribute(&mut self, name: &Name) -> bool {
        self.tag.add(name)
    }

    #[inline]
    fn value(&mut self, raw: &[u8]) {
        self.tag.add_value(raw);
    }

    #[inline(always)]
    fn tag_end(&mut self, closes_itself: bool) -> Content {
        let is_indifferent = self.context.is_indifferent_to(self.tag.element);
        if is_indifferent && self.tag.is_empty() && !self.tag.has_method() {
            return Content::Data;
        }
        self.complete(closes_itself)
    }

    fn has_cdata(&self) -> bool {
        self.context.is_foreign()
    }
}

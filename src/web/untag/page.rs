//! The tokens of a page, and which of them are text that is shown.

use super::effect::Attributes;
use super::elements::{is_block, is_inline, is_void};
use super::hidden::Hidden;
use super::layout::Layout;
use super::tag::{Effect, Tag};
use crate::common::stream::Out;
use crate::web::html::{Attribute, Content, Context, Element, Name, Sink, Tokenizer};

/// A page, read block by block.
#[derive(Default)]
pub(super) struct Page {
    tokenizer: Tokenizer,
    state: State,
}

impl Page {
    /// Reads the next block of the page, and writes its text.
    pub(super) fn text(&mut self, text: &[u8], out: &mut Out) {
        let page = &mut self.state;
        let text = match page.has_begun {
            true => text,
            // A byte order mark is not text.
            false => text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text),
        };
        page.has_begun |= !text.is_empty();
        self.tokenizer.block(text, &mut Shown { page, out });
    }

    /// Ends the page. Then another one may begin.
    pub(super) fn end(&mut self, out: &mut Out) {
        let page = &mut self.state;
        self.tokenizer.end(&mut Shown { page, out });
        page.layout.end(out);
        *page = State::default();
    }
}

/// Everything that is known at a position of the page.
#[derive(Default)]
struct State {
    has_begun: bool,
    context: Context,
    /// The tag at hand.
    element: Element,
    /// The name of the tag at hand, if `element` is `Other`.
    name: Name,
    is_end: bool,
    attributes: Attributes,
    /// The text up to the next tag is hidden.
    is_hidden: bool,
    /// The open elements that hide more than that.
    hidden: Hidden,
    /// A `p` is open.
    in_p: bool,
    layout: Layout,
}

/// Receives the tokens of a page, and writes the text that is shown.
struct Shown<'a> {
    page: &'a mut State,
    out: &'a mut Out,
}

impl Sink for Shown<'_> {
    #[inline]
    fn wants_text(&self) -> bool {
        !self.page.is_hidden && !self.page.hidden.hides() && !self.page.context.is_inert()
    }

    #[inline]
    fn text(&mut self, text: &[u8]) {
        self.page.layout.text(text, self.out);
    }

    fn tag(&mut self, name: &Name, is_end: bool) -> bool {
        let page = &mut *self.page;
        let element = Element::named(name);
        page.element = element;
        if element == Element::Other {
            page.name = *name;
        }
        page.is_end = is_end;
        page.attributes.clear();
        page.is_hidden = false;
        page.layout.is_raw = false;
        page.layout.skips_newline = false;
        !is_end
    }

    #[inline]
    fn attribute(&mut self, name: &Name) -> bool {
        self.page.attributes.add(Attribute::named(name))
    }

    fn value(&mut self, raw: &[u8]) {
        self.page.attributes.add_value(raw);
    }

    #[inline(always)]
    fn tag_end(&mut self, closes_itself: bool) -> Content {
        let page = &*self.page;
        let is_indifferent = page.context.is_indifferent_to(page.element)
            && is_inline(page.element)
            && page.hidden.is_empty()
            && page.attributes.is_empty();
        match is_indifferent {
            true => Content::Data,
            false => self.complete(closes_itself),
        }
    }

    fn has_cdata(&self) -> bool {
        self.page.context.is_foreign()
    }

    fn comment_end(&mut self) {
        self.page.layout.skips_newline = false;
    }

    fn doctype(&mut self) {
        self.page.layout.skips_newline = false;
    }
}

impl Shown<'_> {
    /// Completes a tag that may change the layout or hide something.
    fn complete(&mut self, closes_itself: bool) -> Content {
        let page = &mut *self.page;
        let element = page.element;
        if page.is_end {
            page.context.close(element);
            let was_shown = !page.context.is_inert()
                && (page.hidden.is_empty() || page.hidden.close(element, &page.name));
            if was_shown {
                self.close(element);
            }
            return Content::Data;
        }
        let shadow = page.attributes.open_shadow();
        let (content, is_html) = page.context.open(element, closes_itself, shadow);
        if !page.context.is_inert() && self.is_shown(element, is_html, closes_itself) {
            match is_html {
                true => self.open(element, content),
                false if element == Element::Text => self.page.layout.end_line(self.out),
                false => {}
            }
        }
        content
    }

    /// Whether the element that begins here is shown.
    #[inline]
    fn is_shown(&mut self, element: Element, is_html: bool, closes_itself: bool) -> bool {
        let page = &*self.page;
        let is_plain = is_html && page.hidden.is_empty() && page.attributes.hide_nothing(element);
        is_plain || self.may_be_shown(element, is_html, closes_itself)
    }

    /// The same, for an element that may hide something or be hidden.
    #[cold]
    fn may_be_shown(&mut self, element: Element, is_html: bool, closes_itself: bool) -> bool {
        let page = &mut *self.page;
        let effect = page.attributes.effect(element, is_html);
        if page.hidden.is_empty() && effect == Effect::None {
            return true;
        }
        let encodings = ["text/html", "application/xhtml+xml"];
        let tag = Tag {
            element,
            name: page.name,
            is_html,
            holds_html: element == Element::AnnotationXml
                && page.attributes.is(Attribute::Encoding, &encodings),
            effect,
        };
        let is_void = match is_html {
            true => is_void(element, &page.name),
            false => closes_itself,
        };
        page.hidden
            .open(tag, is_void, page.in_p, page.layout.in_row)
    }

    /// Opens an element of HTML that is shown.
    fn open(&mut self, element: Element, content: Content) {
        use Element::*;
        let page = &mut *self.page;
        let layout = &mut page.layout;
        match element {
            Br => layout.newline(self.out),
            Td | Th => {
                page.in_p = false;
                layout.begin_cell(self.out);
            }
            Table | Tr | Tbody | Thead | Tfoot => {
                page.in_p = false;
                layout.end_row(self.out);
            }
            element if is_block(element) => {
                page.in_p = element == P;
                layout.end_line(self.out);
            }
            _ => {}
        }
        layout.skips_newline = matches!(element, Pre | Listing | Textarea);
        match element {
            Pre | Listing => layout.pre += 1,
            Textarea | Xmp | Plaintext => layout.is_raw = true,
            _ => page.is_hidden = content != Content::Data,
        }
    }

    /// Closes an element that was shown.
    fn close(&mut self, element: Element) {
        use Element::*;
        let page = &mut *self.page;
        let layout = &mut page.layout;
        match element {
            Pre | Listing => {
                layout.end_line(self.out);
                layout.pre = layout.pre.saturating_sub(1);
            }
            Table | Tr | Tbody | Thead | Tfoot => layout.end_row(self.out),
            // The next cell makes it a TAB. Other text after a cell is another word.
            Td | Th => layout.end_line(self.out),
            Br | Text => layout.end_line(self.out),
            element if is_block(element) => {
                page.in_p = false;
                layout.end_line(self.out);
            }
            _ => {}
        }
    }
}

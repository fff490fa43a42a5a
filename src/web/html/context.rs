//! The open elements, as far as tokens depend on them, without a tree.
//!
//! Three things depend on the open elements: the kind of text after a tag, whether
//! `<![CDATA[` is markup, and whether text is part of the page at all (the contents of a
//! `<template>` are inert). For these it is enough to follow `<svg>`, `<math>` and the
//! elements in them that contain HTML again, and to count templates (HTML standard,
//! 13.2.6.5 and 13.2.6.4.7).
//!
//! Limit: SVG that is closed only by the end tag of an element around it ends later, at
//! the next tag that cannot be in SVG.
//!
//! Scripts are disabled, so `<noscript>` is an element like any other.

use super::names::Element;
use super::tokenizer::Content;

/// How deep foreign content is followed. Browsers have the same limit.
const DEEPEST: usize = 512;

/// The open elements that decide how tokens are read.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// `svg` and `math` elements, and the elements in them that contain HTML.
    foreign: Vec<Element>,
    /// How many templates are open, one in the other.
    templates: u64,
}

impl Context {
    /// Whether the next tag is one of SVG or MathML, not of HTML.
    #[inline]
    pub fn is_foreign(&self) -> bool {
        matches!(self.foreign.last(), Some(Element::Svg | Element::Math))
    }

    /// Whether the position is within a template, which is not part of the page.
    #[inline]
    pub fn is_inert(&self) -> bool {
        self.templates > 0
    }

    /// Whether neither a start tag nor an end tag of this element changes anything, and
    /// ordinary text follows.
    #[inline(always)]
    pub fn is_indifferent_to(&self, element: Element) -> bool {
        use Element::*;
        self.foreign.is_empty()
            && !matches!(
                element,
                Svg | Math
                    | Template
                    | Title
                    | Textarea
                    | Style
                    | Xmp
                    | Iframe
                    | Noembed
                    | Noframes
                    | Script
                    | Plaintext
            )
    }

    /// Opens an element. Returns the kind of text that follows, and whether the element
    /// is one of HTML.
    ///
    /// `shadow` is whether it is a template with `shadowrootmode`, whose contents are part
    /// of the page.
    pub fn open(&mut self, element: Element, closes_itself: bool, shadow: bool) -> (Content, bool) {
        if self.is_foreign()
            && let Some(stays) = self.open_foreign(element, closes_itself)
        {
            return stays;
        }
        let content = match element {
            Element::Svg | Element::Math => {
                if !closes_itself {
                    self.push(element);
                }
                return (Content::Data, false);
            }
            Element::Template => {
                if self.is_inert() || !shadow {
                    self.templates += 1;
                }
                Content::Data
            }
            Element::Title | Element::Textarea => Content::Rcdata,
            Element::Style
            | Element::Xmp
            | Element::Iframe
            | Element::Noembed
            | Element::Noframes => Content::Rawtext,
            Element::Script => Content::Script,
            Element::Plaintext => Content::Plaintext,
            _ => Content::Data,
        };
        (content, true)
    }

    /// Opens an element within SVG or MathML; `None` if it is one of HTML.
    fn open_foreign(&mut self, element: Element, closes_itself: bool) -> Option<(Content, bool)> {
        if breaks_out(element) {
            self.leave();
            return None;
        }
        let holds_html = match self.foreign.last() {
            Some(Element::Svg) => matches!(
                element,
                Element::ForeignObject | Element::Desc | Element::Title
            ),
            _ => matches!(
                element,
                Element::Mi | Element::Mo | Element::Mn | Element::Ms | Element::Mtext
            ),
        };
        let nested = self.foreign.last() == Some(&element);
        if !closes_itself && (holds_html || nested) {
            self.push(element);
        }
        Some((Content::Data, false))
    }

    /// Closes an element.
    #[inline]
    pub fn close(&mut self, element: Element) {
        if element == Element::Template {
            self.templates = self.templates.saturating_sub(1);
        } else if !self.foreign.is_empty() {
            self.close_foreign(element);
        }
    }

    #[cold]
    fn close_foreign(&mut self, element: Element) {
        match element {
            Element::P | Element::Br if self.is_foreign() => self.leave(),
            Element::Svg | Element::Math if !self.is_foreign() => {}
            element => {
                if let Some(at) = self.foreign.iter().rposition(|open| *open == element) {
                    self.foreign.truncate(at);
                }
            }
        }
    }

    fn push(&mut self, element: Element) {
        if self.foreign.len() < DEEPEST {
            self.foreign.push(element);
        }
    }

    /// Closes the elements up to HTML.
    fn leave(&mut self) {
        while self.is_foreign() {
            self.foreign.pop();
        }
    }
}

/// Whether the tag ends foreign content.
fn breaks_out(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        B | Big
            | Blockquote
            | Body
            | Br
            | Center
            | Code
            | Dd
            | Div
            | Dl
            | Dt
            | Em
            | Embed
            | H1
            | H2
            | H3
            | H4
            | H5
            | H6
            | Head
            | Hr
            | I
            | Img
            | Li
            | Listing
            | Menu
            | Meta
            | Nobr
            | Ol
            | P
            | Pre
            | Ruby
            | S
            | Small
            | Span
            | Strong
            | Strike
            | Sub
            | Sup
            | Table
            | Tt
            | U
            | Ul
            | Var
    )
}

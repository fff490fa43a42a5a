//! What of the tree one has to know without building it.
//!
//! Three things depend on which elements are open: what kind of text follows a
//! tag, whether `<![CDATA[` is markup, and whether anybody will ever see what
//! comes (the contents of a `<template>` are inert). For these it is enough to
//! follow `<svg>`, `<math>` and the elements in them that hold HTML again, and
//! to count templates (HTML standard, 13.2.6.5 and 13.2.6.4.7).
//!
//! What is not followed: SVG that is left open and closed by the end tag of
//! something around it goes on to the next tag that cannot stand in it.
//!
//! Scripts are taken to be off, so `<noscript>` is an element like any other.

use super::names::Element;
use super::tokenizer::Content;

/// How deep foreign content is followed. Browsers stop at 512 elements, too.
const DEEPEST: usize = 512;

/// Which elements are open, as far as it matters.
#[derive(Debug, Default)]
pub struct Context {
    /// `svg` and `math` elements, and what holds HTML in them.
    foreign: Vec<Element>,
    /// How many templates are open, one in the other.
    templates: u64,
}

impl Context {
    /// The next tag is one of SVG or MathML, not of HTML.
    #[inline]
    pub fn is_foreign(&self) -> bool {
        matches!(self.foreign.last(), Some(Element::Svg | Element::Math))
    }

    /// Within a template: nothing of it is part of the page.
    #[inline]
    pub fn is_inert(&self) -> bool {
        self.templates > 0
    }

    /// Opens an element. Gives the kind of text that follows, and whether the
    /// element is one of HTML.
    ///
    /// `shadow` says that it is a template with `shadowrootmode`, whose
    /// contents are part of the page.
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

    /// Opens an element within SVG or MathML; `None` if it is one of HTML after all.
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

    /// Back to HTML.
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

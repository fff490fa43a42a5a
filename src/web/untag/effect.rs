//! Whether a tag hides the text in its element, by its name and its attributes.
//!
//! A new hidden element has a line in `effect` and one in `hide_nothing`.

use super::elements::is_block;
use super::tag::Effect;
use crate::web::html::{Attribute, Element};

/// The attributes of the tag at hand that decide whether text is shown.
#[derive(Default)]
pub(super) struct Attributes {
    /// The attributes, each with the position where its value begins.
    names: Vec<(Attribute, usize)>,
    /// The beginnings of their values, one after the other, not decoded.
    values: Vec<u8>,
}

/// How much of a value is kept, in bytes: more than the values that are compared have.
const LONGEST_VALUE: usize = 32;

impl Attributes {
    /// Forgets the attributes of the last tag.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.values.clear();
    }

    /// Whether the tag has none of them.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Adds an attribute. Returns whether its value is wanted: of several attributes of
    /// one name, that of the first.
    #[inline]
    pub(super) fn add(&mut self, attribute: Attribute) -> bool {
        use Attribute::*;
        let counts = matches!(
            attribute,
            Encoding | Hidden | Open | Popover | ShadowRootMode
        );
        let is_new = counts && !self.has(attribute);
        if is_new {
            self.names.push((attribute, self.values.len()));
        }
        is_new
    }

    /// Adds to the value of the last attribute, up to [`LONGEST_VALUE`].
    pub(super) fn add_value(&mut self, raw: &[u8]) {
        if let Some((_, start)) = self.names.last() {
            let room = LONGEST_VALUE - (self.values.len() - start);
            self.values.extend_from_slice(&raw[..raw.len().min(room)]);
        }
    }

    fn has(&self, attribute: Attribute) -> bool {
        self.names.iter().any(|(name, _)| *name == attribute)
    }

    /// Whether the value of an attribute is one of these; case is ignored.
    pub(super) fn is(&self, attribute: Attribute, values: &[&str]) -> bool {
        let Some(at) = self.names.iter().position(|(name, _)| *name == attribute) else {
            return false;
        };
        let end = self.names.get(at + 1).map(|(_, start)| *start);
        let value = &self.values[self.names[at].1..end.unwrap_or(self.values.len())];
        let mut values = values.iter();
        values.any(|known| value.eq_ignore_ascii_case(known.as_bytes()))
    }

    /// Whether the tag opens a shadow root.
    #[inline]
    pub(super) fn open_shadow(&self) -> bool {
        !self.names.is_empty() && self.is(Attribute::ShadowRootMode, &["open", "closed"])
    }

    /// Whether an element of HTML certainly hides nothing.
    #[inline]
    pub(super) fn hide_nothing(&self, element: Element) -> bool {
        use Element::*;
        self.names.is_empty() && !matches!(element, Datalist | Details | Dialog | Rp)
    }

    /// The effect of an element on its contents.
    pub(super) fn effect(&self, element: Element, is_html: bool) -> Effect {
        use Element::*;
        if !is_html {
            return match element {
                Title | Desc | Metadata | Style | Script | Annotation | AnnotationXml => {
                    Effect::Hides
                }
                _ => Effect::None,
            };
        }
        let is_open = || self.has(Attribute::Open);
        match element {
            Datalist | Rp => return Effect::Hides,
            Dialog if !is_open() => return Effect::Hides,
            _ => {}
        }
        let until_found = self.is(Attribute::Hidden, &["until-found"]);
        let is_hidden = self.has(Attribute::Hidden) && !until_found
            || self.has(Attribute::Popover) && element != Dialog;
        match element {
            _ if is_hidden => Effect::Hides,
            _ if until_found && is_block(element) => Effect::Closed { summary: false },
            Details if !is_open() => Effect::Closed { summary: true },
            _ => Effect::None,
        }
    }
}

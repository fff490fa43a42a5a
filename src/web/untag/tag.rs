//! A tag, and its effect on the text in its element.

use super::elements::is_special;
use crate::web::html::{Element, Name};

/// The start tag of an element.
#[derive(Clone, Copy)]
pub(super) struct Tag {
    pub(super) element: Element,
    /// Its name, if `element` is `Other`.
    pub(super) name: Name,
    pub(super) is_html: bool,
    /// It is an element of MathML that contains HTML.
    pub(super) holds_html: bool,
    pub(super) effect: Effect,
}

/// The effect of an element on its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// They are shown if the element is shown.
    None,
    /// The element and its contents are hidden.
    Hides,
    /// They are hidden, except the first `summary`, if it has not come yet.
    Closed { summary: bool },
    /// They are shown if the `details` around the element is shown.
    Summary,
}

impl Tag {
    /// Whether it is the start tag of an element of this name.
    pub(super) fn is(&self, element: Element, name: &Name) -> bool {
        self.element == element
            && (element != Element::Other || self.name.as_bytes() == name.as_bytes())
    }

    /// Whether it is an element of HTML in the category "special".
    pub(super) fn is_special(&self) -> bool {
        self.is_html && is_special(self.element)
    }

    /// Whether this element of SVG or MathML may contain HTML.
    pub(super) fn may_hold_html(&self) -> bool {
        use Element::*;
        let holds = matches!(
            self.element,
            Title | Desc | ForeignObject | Mi | Mo | Mn | Ms | Mtext
        );
        holds || self.holds_html
    }
}

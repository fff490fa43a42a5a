//! Which text a browser hides, by the HTML standard's section on rendering (15.3.1,
//! 15.5.4, and its rules for `dialog`, `popover` and `details`).
//!
//! (`effect` decides which elements are hidden.) An element is hidden by its name (`datalist`, `rp`), by an attribute (`hidden`,
//! `popover`, `dialog` without `open`), or by a closed `details`, which shows only its
//! first `summary`. `hidden=until-found` hides the contents of blocks, as
//! `content-visibility: hidden` does. In SVG and MathML, titles, descriptions, metadata,
//! styles, scripts and annotations are hidden.
//!
//! Where a hidden element ends depends on the elements within it and around it. Those
//! within it are followed on a stack, as in the standard's tree construction (13.2.6).
//! While nothing is hidden, the stack is empty. Those around it are not known: an end tag
//! without an element on the stack counts as that of an element around it if the standard
//! would close that.
//!
//! Cost: nothing while nothing is hidden. The stack has up to [`DEEPEST`] elements.

use super::elements::{closes_p, is_formatting, is_heading, is_of_table, is_special};
use super::tag::{Effect, Tag};
use crate::web::html::{Element, Name};

/// How many elements are followed within a hidden one. Browsers have the same limit.
const DEEPEST: usize = 512;

struct Open {
    tag: Tag,
    /// Whether the element itself is shown, and its contents are hidden.
    is_shown: bool,
    hides: bool,
}

/// The elements that are open from the outermost one that hides something on.
#[derive(Default)]
pub(super) struct Hidden {
    open: Vec<Open>,
    /// How many more than [`DEEPEST`] are open.
    beyond: u64,
    /// Whether a `p` was open around the first one, or a row of a table.
    in_p: bool,
    in_row: bool,
}

/// How a search on the stack ended.
enum Found {
    At(usize),
    /// At an element that ends the search.
    Stopped,
    /// At the bottom of the stack.
    Outside,
}

impl Hidden {
    /// Whether text is hidden here.
    #[inline]
    pub(super) fn hides(&self) -> bool {
        self.open.last().is_some_and(|open| open.hides)
    }

    /// Whether nothing is hidden, and so no element is followed.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Opens an element, and returns whether it is shown. `in_p` and `in_row` are whether a
    /// `p` and a row of a table are open around it.
    pub(super) fn open(&mut self, mut tag: Tag, is_void: bool, in_p: bool, in_row: bool) -> bool {
        self.end_implied(&tag);
        if tag.is_html && tag.element == Element::Summary && tag.effect == Effect::None {
            tag.effect = self.first_summary();
        }
        let is_shown = match (tag.effect, self.open.last()) {
            (Effect::Hides, _) => false,
            (Effect::Summary, Some(details)) => details.is_shown,
            (_, last) => !last.is_some_and(|last| last.hides),
        };
        let is_root = self.open.is_empty();
        if is_root {
            (self.in_p, self.in_row) = (in_p, in_row);
        }
        // Within other elements, these tags open nothing.
        let opens =
            is_root || !matches!(tag.element, Element::Html | Element::Body | Element::Head);
        if is_void || !opens || is_root && tag.effect == Effect::None {
            return is_shown;
        }
        if self.open.len() == DEEPEST {
            self.beyond += 1;
            return is_shown;
        }
        let hides = !is_shown || matches!(tag.effect, Effect::Closed { .. });
        self.open.push(Open {
            tag,
            is_shown,
            hides,
        });
        is_shown
    }

    /// The effect of a `summary` here: the first one in a closed `details` is shown.
    fn first_summary(&mut self) -> Effect {
        match self.open.last_mut().map(|open| &mut open.tag.effect) {
            Some(Effect::Closed { summary }) => match std::mem::take(summary) {
                true => Effect::Summary,
                false => Effect::None,
            },
            _ => Effect::None,
        }
    }

    /// Closes an element, and returns whether it was shown.
    #[cold]
    pub(super) fn close(&mut self, element: Element, name: &Name) -> bool {
        if self.beyond > 0 {
            self.beyond -= 1;
            return !self.hides();
        }
        if matches!(element, Element::P | Element::Br) {
            self.leave_foreign();
        }
        let is_it = |tag: &Tag| {
            tag.is(element, name) || tag.is_html && is_heading(tag.element) && is_heading(element)
        };
        let found = self.search(is_it, |tag| stops_end_tag(tag, element));
        match found {
            Found::At(at) => {
                let was_shown = self.open[at].is_shown;
                match is_formatting(element) {
                    true => self.remove(at),
                    false => self.cut(at, element),
                }
                was_shown
            }
            Found::Outside if self.closes_outside(element) => {
                self.cut(0, element);
                true
            }
            _ => !self.hides(),
        }
    }

    /// Whether an end tag without an element on the stack closes one around it.
    fn closes_outside(&self, element: Element) -> bool {
        match element {
            // These stay open, or the end tag opens an element.
            Element::Html | Element::Body | Element::Head | Element::Br => false,
            // It is not followed here.
            Element::Template => false,
            Element::P => self.in_p && self.is_inline(),
            Element::Td | Element::Th | Element::Tr => true,
            _ if is_formatting(element) => false,
            // A heading ends an open one, whose end tag then closes nothing.
            _ if is_special(element) && !is_heading(element) => true,
            _ => self.is_inline(),
        }
    }

    /// Ends all elements from this one on, because of a tag. A formatting element is opened
    /// again after them ("reconstruct the active formatting elements"), unless its cell
    /// of a table ends.
    fn cut(&mut self, at: usize, by: Element) {
        let goes_on = |open: &Open| {
            open.tag.effect == Effect::Hides
                && open.tag.is_html
                && is_formatting(open.tag.element)
                && !is_of_table(by)
        };
        let mut i = 0;
        self.open.retain(|open| {
            i += 1;
            i <= at || goes_on(open)
        });
    }

    /// Removes a formatting element; the blocks in it stay open.
    fn remove(&mut self, at: usize) {
        if !self.open[at..].iter().any(|open| open.tag.is_special()) {
            self.cut(at + 1, Element::B);
            self.open.remove(at);
            return;
        }
        self.open.remove(at);
        let mut hides = at
            .checked_sub(1)
            .is_some_and(|below| self.open[below].hides);
        for open in &mut self.open[at..] {
            if open.tag.effect == Effect::Summary {
                return;
            }
            open.is_shown = !hides && open.tag.effect != Effect::Hides;
            open.hides = !open.is_shown || matches!(open.tag.effect, Effect::Closed { .. });
            hides = open.hides;
        }
        // If nothing is hidden, no element is followed.
        if self.open.iter().all(|open| open.tag.effect == Effect::None) {
            self.open.clear();
        }
    }

    /// Ends the elements that this start tag ends.
    fn end_implied(&mut self, tag: &Tag) {
        use Element::*;
        if !tag.is_html || self.open.is_empty() || self.beyond > 0 {
            return;
        }
        self.leave_foreign();
        let element = tag.element;
        match element {
            Li => self.end_item(&[Li]),
            Dd | Dt => self.end_item(&[Dd, Dt]),
            Option => self.end_last(&[Option]),
            Optgroup => {
                self.end_last(&[Option]);
                self.end_last(&[Optgroup]);
            }
            Rp | Rt => self.end_last(&[Rp, Rt]),
            H1 | H2 | H3 | H4 | H5 | H6 => {
                self.end_p();
                self.end_last(&[H1, H2, H3, H4, H5, H6]);
                return;
            }
            Button => {
                if let Found::At(at) = self.search(|tag| tag.element == Button, is_scope) {
                    self.cut(at, element);
                }
            }
            A => {
                if let Found::At(at) = self.search(|tag| tag.element == A, is_marker) {
                    self.remove(at);
                }
            }
            Td | Th => self.end_up_to(element, &[Tr, Tbody, Thead, Tfoot, Table]),
            Tr => self.end_up_to(element, &[Tbody, Thead, Tfoot, Table]),
            Tbody | Thead | Tfoot | Caption => self.end_up_to(element, &[Table]),
            _ => {}
        }
        if closes_p(element) {
            self.end_p();
        }
    }

    /// Ends the elements of SVG and MathML that cannot contain HTML.
    fn leave_foreign(&mut self) {
        let holds = |open: &Open| open.tag.is_html || open.tag.may_hold_html();
        while self.open.last().is_some_and(|open| !holds(open)) {
            self.open.pop();
        }
    }

    /// Ends a `p` that is open, on the stack or around it.
    fn end_p(&mut self) {
        let found = self.search(
            |tag| tag.element == Element::P,
            |tag| is_scope(tag) || tag.element == Element::Button,
        );
        match found {
            Found::At(at) => self.cut(at, Element::P),
            Found::Outside if self.in_p && self.is_inline() => {
                self.in_p = false;
                self.cut(0, Element::P);
            }
            _ => {}
        }
    }

    /// Ends the item of a list that is open, on the stack or around it.
    fn end_item(&mut self, items: &[Element]) {
        let passes = [Element::Address, Element::Div, Element::P];
        let found = self.search(
            |tag| items.contains(&tag.element),
            |tag| tag.is_special() && !passes.contains(&tag.element),
        );
        match found {
            Found::At(at) => self.cut(at, Element::Li),
            Found::Outside if self.is_inline() => self.cut(0, Element::Li),
            _ => {}
        }
    }

    /// Ends the last element, if it is one of these.
    fn end_last(&mut self, elements: &[Element]) {
        let last = self.open.last();
        if last.is_some_and(|open| open.tag.is_html && elements.contains(&open.tag.element)) {
            self.open.pop();
        }
    }

    /// Ends the elements that are open within the nearest of these parts of a table.
    fn end_up_to(&mut self, by: Element, parts: &[Element]) {
        match self.search(|tag| parts.contains(&tag.element), |_| false) {
            Found::At(at) => self.cut(at + 1, by),
            _ => {
                let root = self.open.first();
                if self.in_row || root.is_some_and(|root| is_of_table(root.tag.element)) {
                    self.cut(0, by);
                }
            }
        }
    }

    /// Searches down from the last element, up to one at which the search `stops`.
    fn search(&self, is_it: impl Fn(&Tag) -> bool, stops: impl Fn(&Tag) -> bool) -> Found {
        for (at, open) in self.open.iter().enumerate().rev() {
            if is_it(&open.tag) {
                return Found::At(at);
            }
            if stops(&open.tag) {
                return Found::Stopped;
            }
        }
        Found::Outside
    }

    /// Whether no block is on the stack.
    fn is_inline(&self) -> bool {
        !self.open.iter().any(|open| open.tag.is_special())
    }
}

/// Whether the search for the element that an end tag closes stops here.
fn stops_end_tag(tag: &Tag, element: Element) -> bool {
    match element {
        _ if is_of_table(element) => tag.element == Element::Table,
        _ if is_formatting(element) => is_marker(tag),
        Element::Li => is_scope(tag) || matches!(tag.element, Element::Ol | Element::Ul),
        _ if is_special(element) => is_scope(tag),
        _ => tag.is_special(),
    }
}

/// Whether an end tag in this element closes nothing around it (HTML standard, 13.2.4.2,
/// "has an element in scope").
fn is_scope(tag: &Tag) -> bool {
    match tag.is_html {
        true => is_marker(tag) || tag.element == Element::Table,
        false => tag.may_hold_html(),
    }
}

/// Whether formatting elements end with this element.
fn is_marker(tag: &Tag) -> bool {
    use Element::*;
    tag.is_html && matches!(tag.element, Caption | Td | Th | Object | Template)
}

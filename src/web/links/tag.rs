//! A tag, and which of its attributes are links.

use super::link::LONGEST;
use crate::web::html::{Attribute, Element, Name};

/// The tag at hand.
pub(super) struct Tag {
    pub(super) element: Element,
    pub(super) is_end: bool,
    /// None of its attributes counts: it is an end tag, or in a template.
    pub(super) is_ignored: bool,
    /// How this tag sends a form.
    pub(super) method: Method,
    /// How the last form is sent.
    form: Method,
    /// Report everything that a page uses.
    all: bool,
    /// Report names that fragments may lead to.
    anchors: bool,
    /// The attributes that count.
    kept: Vec<Kept>,
    /// Their values, one after the other, not decoded.
    values: Vec<u8>,
}

/// How a form is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    /// The form only closes a dialog.
    Dialog,
}

/// An attribute that counts.
#[derive(Clone, Copy)]
struct Kept {
    attribute: Attribute,
    /// Where its value begins.
    start: usize,
    /// Only the beginning of its value is kept.
    is_cut: bool,
}

/// How much memory for values is kept from tag to tag, in bytes.
const KEPT: usize = 64 << 10;

impl Tag {
    pub(super) fn new(all: bool, anchors: bool) -> Tag {
        Tag {
            element: Element::Other,
            is_end: false,
            is_ignored: false,
            method: Method::Get,
            form: Method::Get,
            all,
            anchors,
            kept: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Begins the next tag. Returns whether any of its attributes may count.
    #[inline(always)]
    pub(super) fn begin(&mut self, name: &Name, is_end: bool, is_inert: bool) -> bool {
        self.element = Element::named(name);
        self.is_end = is_end;
        self.is_ignored = is_end || is_inert;
        self.kept.clear();
        if self.values.len() > KEPT {
            self.values = Vec::new();
        }
        self.values.clear();
        let has_links = self.all || self.anchors || {
            use Element::*;
            matches!(self.element, A | Base | Image | Img | Template)
        };
        has_links && !self.is_ignored
    }

    /// Adds an attribute. Returns whether its value is wanted: of several attributes of
    /// one name, that of the first.
    #[inline]
    pub(super) fn add(&mut self, name: &Name) -> bool {
        let attribute = Attribute::named(name);
        if !self.counts(attribute) || self.kept.iter().any(|kept| kept.attribute == attribute) {
            return false;
        }
        self.kept.push(Kept {
            attribute,
            start: self.values.len(),
            is_cut: false,
        });
        true
    }

    /// Adds to the value of the last attribute, up to [`LONGEST`].
    #[inline]
    pub(super) fn add_value(&mut self, raw: &[u8]) {
        let Some(kept) = self.kept.last_mut() else {
            return;
        };
        let room = LONGEST - (self.values.len() - kept.start);
        kept.is_cut |= raw.len() > room;
        self.values.extend_from_slice(&raw[..raw.len().min(room)]);
    }

    /// Whether none of its attributes counts.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The attributes that count, each with its value, not decoded, and whether that is
    /// only the beginning of it.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (Attribute, &[u8], bool)> {
        let attributes = self.kept.iter().enumerate();
        attributes.map(|(i, kept)| (kept.attribute, self.value(i), kept.is_cut))
    }

    fn value(&self, i: usize) -> &[u8] {
        let next = self.kept.get(i + 1);
        let end = next.map_or(self.values.len(), |kept| kept.start);
        &self.values[self.kept[i].start..end]
    }

    /// The value of an attribute, if the tag has it.
    pub(super) fn get(&self, attribute: Attribute) -> Option<&[u8]> {
        let mut kept = self.kept.iter();
        let i = kept.position(|kept| kept.attribute == attribute)?;
        Some(self.value(i))
    }

    /// Whether it is a tag that decides how a form is sent.
    #[inline(always)]
    pub(super) fn has_method(&self) -> bool {
        use Element::*;
        matches!(self.element, Form | Button | Input)
    }

    /// Finds out how the tag sends a form. A button's own method precedes its form's.
    #[inline]
    pub(super) fn set_method(&mut self) {
        self.method = match self.element {
            Element::Form => {
                self.form = self.method_in(Attribute::Method).unwrap_or(Method::Get);
                self.form
            }
            Element::Button | Element::Input => {
                self.method_in(Attribute::FormMethod).unwrap_or(self.form)
            }
            _ => Method::Get,
        };
    }

    fn method_in(&self, attribute: Attribute) -> Option<Method> {
        let value = self.get(attribute)?;
        Some(match () {
            () if value.eq_ignore_ascii_case(b"post") => Method::Post,
            () if value.eq_ignore_ascii_case(b"dialog") => Method::Dialog,
            () => Method::Get,
        })
    }

    /// Whether this attribute is a link or a name, or decides whether another one is.
    #[inline]
    fn counts(&self, attribute: Attribute) -> bool {
        use Attribute::*;
        let element = self.element;
        match attribute {
            Href if matches!(element, Element::A | Element::Base) => true,
            Src if matches!(element, Element::Img | Element::Image) => true,
            XlinkHref if element == Element::A => true,
            Id => self.anchors,
            Name => self.anchors && element == Element::A,
            ShadowRootMode => element == Element::Template,
            _ if !self.all => false,
            Style => true,
            Href => matches!(element, Element::Area | Element::Link) || is_svg_loader(element),
            XlinkHref => is_svg_loader(element),
            Src => has_src(element),
            Srcset => matches!(element, Element::Img | Element::Image | Element::Source),
            ImageSrcset | Rel => element == Element::Link,
            Poster => element == Element::Video,
            Data => element == Element::Object,
            Action | Method => element == Element::Form,
            FormAction | FormMethod | Type => matches!(element, Element::Button | Element::Input),
            Background => has_background(element),
            HttpEquiv | Content => element == Element::Meta,
            Hidden | Open | Popover | Encoding | Other => false,
        }
    }

    /// Whether an attribute that counts is a link or a name, given the other attributes,
    /// and whether the element is one of HTML or else of SVG or MathML.
    pub(super) fn is_link(&self, attribute: Attribute, is_html: bool) -> bool {
        use Attribute::*;
        match (self.element, attribute) {
            (_, Rel | HttpEquiv | ShadowRootMode | Type | Method | FormMethod) => false,
            (_, Action | FormAction) if self.method == self::Method::Dialog => false,
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

    /// Whether a `link` names only a host to connect to.
    fn only_connects(&self) -> bool {
        let rel = self.get(Attribute::Rel).unwrap_or_default();
        let has = |names: &[&str]| {
            rel.split(u8::is_ascii_whitespace).any(|word| {
                let mut names = names.iter();
                names.any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
            })
        };
        has(&["preconnect", "dns-prefetch"]) && !has(RESOURCES)
    }

    /// Whether the `type` of the tag is one of these.
    fn has_type(&self, types: &[&str]) -> bool {
        let has = |value: &[u8]| {
            let mut types = types.iter();
            types.any(|name| value.eq_ignore_ascii_case(name.as_bytes()))
        };
        self.get(Attribute::Type).is_some_and(has)
    }

    /// Whether a `meta` leads to another page.
    fn refreshes(&self) -> bool {
        self.get(Attribute::HttpEquiv)
            .is_some_and(|value| value.eq_ignore_ascii_case(b"refresh"))
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

/// Whether an element of SVG loads the resource of its `href`.
fn is_svg_loader(element: Element) -> bool {
    use Element::*;
    matches!(element, Image | Use | Script | FeImage)
}

/// Whether an element has a `src`, besides images.
fn has_src(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        Script | Iframe | Frame | Source | Video | Audio | Track | Embed | Input
    )
}

/// Whether an element has a `background`.
fn has_background(element: Element) -> bool {
    use Element::*;
    matches!(element, Body | Table | Thead | Tbody | Tfoot | Tr | Td | Th)
}

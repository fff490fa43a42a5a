//! A URL, its state, and the links that wait for it.

use super::super::anchors::Anchors;
use super::super::batch::Kind;
use super::super::cause::Cause;
use std::rc::Rc;
use url::Url;

/// How many redirects in a row are followed.
pub(super) const REDIRECTS: usize = 20;

/// A longer chain of redirects is followed up to here: another link may lead to the
/// middle of it, from where it is short enough.
pub(super) const CHAIN: u8 = 100;

/// The number of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(pub(super) u32);

/// The answer for a URL.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A page. Its links came before.
    Page(Anchors),
    /// It exists, and is not a page: its media type, empty if that is not known.
    Other(String),
    /// A redirect.
    Moved {
        status: u16,
        to: Box<Url>,
    },
    Broken(Cause),
    /// It was not requested.
    Skipped,
}

#[derive(Debug)]
pub(super) enum State {
    /// No link that is checked leads here: only a redirect that is left out.
    Unmet,
    /// It has no answer yet.
    Open,
    Page(Anchors),
    /// It exists, and is not a page: its media type.
    Other(Box<str>),
    Moved {
        status: u16,
        to: Id,
        fragment: Option<Box<str>>,
    },
    /// Another URL is requested in its place.
    Mapped(Id),
    Broken(Rc<Cause>),
    /// It is not checked: it is left out, or beyond a limit.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) url: Rc<str>,
    pub(super) state: State,
    /// The number of levels from here on: at 1 it is checked, above that it is entered.
    pub(super) level: u32,
    pub(super) in_scope: bool,
    /// The number of redirects that led here first.
    pub(super) hops: u8,
    /// It is a start, or the target of its redirects.
    pub(super) is_root: bool,
    /// It is requested in place of another URL, and so not replaced itself.
    pub(super) is_mapped: bool,
    /// An entered page uses it: if it is a style sheet, its links count.
    pub(super) is_style: bool,
    pub(super) waiting: Vec<Link>,
}

/// The part of a URL that a link names.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The URL, with any fragment.
    Whole,
    /// The URL, in a link that is not of a form.
    Strict,
    /// The URL with this fragment, hashed, or with none.
    Fragment(Option<u64>),
    /// An invalid URL, hashed.
    Invalid(u64),
}

/// A link that waits for an answer.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) source: Id,
    /// Its URL. It may wait for another one, the target of a redirect.
    pub(super) url: Id,
    /// The URL that is requested: the same, or the same with https.
    pub(super) asks: Id,
    pub(super) kind: Kind,
    /// The first link of the page to that URL, with any fragment: a broken URL is
    /// reported once.
    pub(super) is_first: bool,
    /// The first link that is not of a form, after one of a form, whose failure may have
    /// been ignored.
    pub(super) is_first_strict: bool,
    pub(super) fragment: Option<Box<str>>,
    pub(super) line: Option<u64>,
}

//! A URL, its state, and the links that wait for it.

use super::super::anchors::Anchors;
use super::super::batch::Kind;
use super::super::cause::Cause;
use std::rc::Rc;
use url::Url;

/// How many redirects may follow one on the other.
pub(super) const REDIRECTS: usize = 20;

/// A chain of redirects is followed so far, since another link may lead to the
/// middle of it, where it is short enough.
pub(super) const CHAIN: u8 = 100;

/// A URL that was met, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(pub(super) u32);

/// What came of a URL.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A page whose links were delivered.
    Page(Anchors),
    /// It is there, and not a page: its media type, empty if that is not known.
    Other(String),
    /// It is over there.
    Moved {
        status: u16,
        to: Box<Url>,
    },
    Broken(Cause),
    /// It was not asked for.
    Skipped,
}

#[derive(Debug)]
pub(super) enum State {
    /// The user does not want it, as far as is known: a redirect that is left out led here.
    Unmet,
    /// Not asked for, or not answered yet.
    Open,
    Page(Anchors),
    /// It is there, and not a page: its media type.
    Other(Box<str>),
    Moved {
        status: u16,
        to: Id,
        fragment: Option<Box<str>>,
    },
    /// The user wants another URL to be asked for in its place.
    Mapped(Id),
    Broken(Rc<Cause>),
    /// Nothing will ever be known of it: not in the user's interest, or beyond a limit.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) url: Rc<str>,
    pub(super) state: State,
    /// How many levels there are from here on, itself included: 1 means that
    /// it is checked, more that it is entered.
    pub(super) level: u32,
    pub(super) in_scope: bool,
    /// How many redirects led here when it was met.
    pub(super) hops: u8,
    /// The user has named it, or it is where the redirects of such a one lead.
    pub(super) is_root: bool,
    /// It is asked for in place of another one, and so not mapped itself.
    pub(super) is_mapped: bool,
    /// A page that is entered uses it: if it is a style sheet, its links count.
    pub(super) is_style: bool,
    pub(super) waiting: Vec<Link>,
}

/// What a link names.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// All of a URL, whatever its fragment.
    Whole,
    /// All of it, by a link that is not a form's.
    Strict,
    /// A fragment, hashed, or none.
    Fragment(Option<u64>),
    /// What is no URL, hashed.
    Invalid(u64),
}

/// A link whose answer is awaited.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) source: Id,
    /// The URL that it names: it may wait for another one, where a redirect leads.
    pub(super) url: Id,
    /// What is asked: the same URL, or the same with https, if that is the question.
    pub(super) asks: Id,
    pub(super) kind: Kind,
    /// The page links to that URL for the first time: what is wrong with all of
    /// it is told once, whatever fragments it is linked to with.
    pub(super) is_first: bool,
    /// The first that is not a form's, where a form's came before: what was
    /// excused there counts here.
    pub(super) is_first_strict: bool,
    pub(super) fragment: Option<Box<str>>,
    pub(super) line: Option<u64>,
}

//! `links`: the links of a page, as absolute URLs, in page order.
//!
//! [`visit()`] reads a page and reports each link to a [`Visit`]or; [`Links`] does it for
//! a page that comes in blocks. The program [`links()`] writes them, and reads several
//! pages in a row, if a mark before each contains its URL ([`pages`]).
//!
//! Links are what a browser without scripts finds in the tree: not in comments, scripts,
//! `<textarea>`, `<title>` and `<template>` (except shadow roots), but in `<noscript>`. A
//! relative URL is resolved against the page's first `<base href>`, if it comes before the
//! link. That URL is itself resolved against the base URL that the caller gives.
//!
//! The chapters, in the order in which data flows:
//!
//! - `reader`, `print`: blocks in, links out; the program.
//! - `page`: tokens in, the values of attributes out.
//! - `tag`: which attributes are links.
//! - `css`, `srcset`, `refresh`: which parts of their values are URLs.
//! - `report`, `resolve`: a URL in, an absolute one out, to the visitor.
//! - `link`, `visit`: the types that all of them use.
//!
//! Cost: memory for one tag, and no more than [`LONGEST`] bytes for an attribute.

pub(crate) mod css;
mod link;
mod page;
mod print;
mod reader;
pub(crate) mod refresh;
mod report;
pub(crate) mod resolve;
pub(crate) mod srcset;
mod tag;
mod visit;

#[cfg(test)]
mod tests;

pub use crate::web::html::Charset;
#[cfg(doc)]
use crate::web::html::pages;
pub use link::{Cause, Invalid, LONGEST, Link, Source};
pub use print::links;
pub use reader::{Links, visit};
pub use visit::{Options, Visit};

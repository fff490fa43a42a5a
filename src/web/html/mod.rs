//! HTML as a stream of tokens, for `untag`, `links` and `fetch`.
//!
//! A page is split into texts, tags and comments exactly as by the tokenizer of the HTML
//! standard (section 13.2.5), but no tree is built and no token is buffered as a whole: a
//! [`Tokenizer`] reads block by block, and reports to its [`Sink`] piece by piece. So its
//! memory is constant, whatever the length of a text, a tag, an attribute or a comment.
//!
//! The chapters, in the order in which data flows:
//!
//! - `tokenizer`: bytes in, events out.
//! - [`character`]: `&eacute;` and `&#233;`, in texts and in attributes.
//! - `names`: the elements and attributes that have a meaning here.
//! - `context`: what depends on the tree: after `<script>` comes no markup, but within
//!   `<svg>` it does.
//! - `address`: from a URL in a page to the absolute URL, in the charset of the page.
//! - `head`: the base URL that the head of a page sets.
//! - [`pages`]: several pages in a row, and the mark before each.
//!
//! Bytes need not be UTF-8: all markup is ASCII, and everything else passes through.
//!
//! Why no crate does this: html5gum, the fastest one that follows the standard, pulls from
//! a reader, so that its caller cannot write what there is before the next read.

pub(crate) mod address;
pub mod character;
mod context;
pub(crate) mod head;
mod names;
pub mod pages;
mod tokenizer;

#[cfg(test)]
pub(crate) mod oracle;
#[cfg(test)]
mod tests;

pub use address::Charset;
pub(crate) use context::Context;
pub use names::Name;
pub(crate) use names::{Attribute, Element};
pub use tokenizer::{Content, Sink, Tokenizer};

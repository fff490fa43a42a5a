//! HTML as it flows by: what `untag` and `links` have in common.
//!
//! A page is a stream of bytes, too. It is cut into texts, tags and comments
//! exactly as the HTML standard's tokenizer does it (section 13.2.5), but no
//! tree is built and no token is ever held as a whole: a [`Tokenizer`] is fed
//! block by block and tells its [`Sink`] what it meets, piece by piece. So
//! memory is constant whatever the length of a text, a tag, an attribute or a
//! comment; what a sink keeps, it keeps because it wants to.
//!
//! The story in order:
//!
//! - [`tokenizer`]: bytes in, events out.
//! - [`character`]: `&eacute;` and `&#233;`, in texts and in attributes.
//! - [`names`]: the elements and attributes that mean something here.
//! - [`context`]: what the tree would have said, for the few things that
//!   depend on it: after `<script>` comes no markup, but within `<svg>` it does.
//! - [`address`]: from a URL as it stands there to the absolute URL, in the charset
//!   of the page.
//! - [`head`]: the base URL that the head of a page sets.
//! - [`pages`]: several pages in a row, and the mark that begins each.
//!
//! Bytes need not be UTF-8: all that is markup is ASCII, and everything else
//! passes through.
//!
//! Why no crate does this: html5gum, the fastest one that keeps to the
//! standard, pulls from a reader, so that one cannot write what there is before
//! it reads on.

pub mod address;
pub mod character;
pub mod context;
pub mod head;
pub mod names;
pub mod pages;
pub mod tokenizer;

#[cfg(test)]
pub(crate) mod oracle;
#[cfg(test)]
mod tests;

pub use address::Charset;
pub use context::Context;
pub use names::{Attribute, Element, Name};
pub use tokenizer::{Content, Sink, Tokenizer};

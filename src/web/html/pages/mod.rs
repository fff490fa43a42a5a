//! Several pages in a row, and the mark before each.
//!
//! A program that writes pages one after the other puts a mark before each. It is a base
//! element on a line of its own:
//!
//! ```text
//! <base data-page="http://host/dir/page" href="http://host/dir/">
//! ```
//!
//! `data-page` is the URL of the page. `href` is the base URL of its links: the first
//! `<base href>` in its head, resolved, or else the URL of the page. If the page was not
//! in UTF-8 before it was converted, `data-charset="windows-1251"` is between them: the
//! queries of its links are encoded in that charset. A charset that is not declared counts
//! if the text of the head shows it.
//!
//! After the page there is an empty mark, on a line of its own:
//!
//! ```text
//! <base data-page="">
//! ```
//!
//! `untag` and `links` recognise a mark by its bytes, in any context: the page before may
//! have left a script or a comment open. That page ends there, and another one begins,
//! whose URL is `data-page` and whose own `<base href>` counts as always. The text after
//! an empty mark is a page without a mark. Other programs, such as browsers, see a base
//! element, and resolve the links of the page as at the URL of the page.
//!
//! A [`Marker`] writes a page with its marks; a [`Splitter`] finds the marks.
//!
//! ```
//! use textmill::web::html::Charset;
//! use textmill::web::html::pages::{Found, Marker, Part, Splitter};
//!
//! let mut marker = Marker::new(url::Url::parse("http://host/").unwrap());
//! let marked = marker.text(b"<p>text", true, Found::Guessed(Charset::UTF_8));
//! let mut parts = Vec::new();
//! Splitter::new().block(marked, |part| {
//!     parts.push(match part {
//!         Part::Text(text) => text.to_vec(),
//!         Part::Page(url, _charset) => url.to_vec(),
//!         Part::End => b"end".to_vec(),
//!     });
//!     Ok(())
//! })?;
//! assert_eq!(parts, [&b"http://host/"[..], b"<p>text\n", b"end"]);
//! # Ok::<(), textmill::common::error::Error>(())
//! ```
//!
//! Cost: a [`Marker`] buffers the head of a page, up to 256 KiB and a block. A [`Splitter`]
//! buffers the URL of a mark, and searches each block once.

mod mark;
mod marker;
mod splitter;

#[cfg(test)]
mod tests;

pub use super::address::Found;
pub use marker::Marker;
pub use splitter::{Part, Splitter};

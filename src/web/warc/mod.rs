//! `warc`: a web archive in, the bodies of its pages out, as text in UTF-8.
//!
//! A web archive (WARC 1.0 and 1.1, ISO 28500) is a row of records: named fields and a block of
//! bytes. The block of a response is the HTTP message as the server sent it.
//!
//! The chapters, in the order in which data flows:
//!
//! 1. `record`: from bytes to records. A truncated archive is an error.
//! 2. `fields`: the named fields of a record, and those of an HTTP message in it.
//! 3. `http`: the status line and the header of a response.
//! 4. `select`: which records are pages, by URL, status and content type.
//! 5. `body`: the framing of the body removed. Content encodings and charsets are those of
//!    [`fetch`](crate::web::fetch).
//! 6. `program`: [`warc()`] writes each page between the marks that `untag` and `links` read
//!    ([`pages`](crate::web::html::pages)), or a line for each record.
//!
//! Costs: one pass, and constant memory: two blocks, a header (at most [`MAX_HEAD`] bytes), the
//! head of a page (256 KiB) and the windows of the content encodings. No body is buffered.

mod body;
mod fields;
mod http;
mod program;
mod record;
mod select;

#[cfg(test)]
mod tests;

pub use program::{Options, warc};
pub use record::{ArchiveError, MAX_HEAD};
pub use select::MediaRange;

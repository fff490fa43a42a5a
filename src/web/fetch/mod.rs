//! `fetch`: the bodies of URLs, as text in UTF-8; every byte exactly once, or an error.
//!
//! The steps of one URL, a chapter each:
//!
//! 1. `client`: [`Fetcher::get`] parses the URL (`address`), requests it or opens the file, and
//!    returns a [`Page`]. The [`Options`] apply to all URLs of a fetcher.
//! 2. `job`: the state of one URL in flight: its clock, its cookies, its counters.
//! 3. `request`: one request and the redirects that it follows, within the rate limit of the
//!    host; `headers` has the fields and credentials of the user. A failure that may be
//!    temporary is retried.
//! 4. `transport`: HTTP/1.1 over a connection, through a proxy, with TLS.
//! 5. `body`: the received bytes. A truncated body is noticed and resumed: the server is asked
//!    for the rest, and the body goes on as if nothing had happened. A body above the size
//!    limit is an error.
//! 6. `decode`: content encodings removed: gzip, deflate, br, zstd.
//! 7. `charset`: text converted to UTF-8. With [`Options::base`], a mark with the URL precedes
//!    each HTML page ([`pages`]).
//!
//! The result of a URL is a [`Transfer`], its error mostly a [`Failure`]. [`Batch`] fetches many
//! URLs at once and writes their bodies in order. [`progress`] shows the progress on a terminal,
//! a [`Report`] has a line of JSON for each URL.
//!
//! A file imports from the chapters before it: `failure`, `options`, `address`, `redact`,
//! `headers` and `transfer` are the base, then `job`, `transport`, `charset`, `decode`,
//! `request`, `body`, `client`, `batch`.
//!
//! Costs: one connection and a few buffers of [`stream::BLOCK`] for each URL in flight, 6 MB of
//! memory in all with https, whatever the size of the body (br: up to 16 MB more). A body that
//! needs no conversion is copied once between the socket and the output, in one write for each
//! read; from http into a pipe it is moved within the kernel. A body whose server supports no
//! ranges is hashed.

#[cfg(doc)]
use crate::common::stream;
#[cfg(doc)]
use crate::web::html::pages;

mod address;
mod batch;
pub(crate) mod body;
pub(crate) mod charset;
mod client;
mod decode;
pub(crate) mod failure;
mod headers;
mod job;
mod options;
pub mod progress;
pub(crate) mod redact;
mod report;
pub(crate) mod request;
mod transfer;
pub(crate) mod transport;

pub use address::operand;
pub use batch::Batch;
pub use body::text::Text;
pub use client::Fetcher;
pub use client::page::Page;
pub use failure::{Detail, Failure, WORDS};
pub use headers::{Field, User, user_agent};
pub use job::Job;
pub use options::{Family, Options};
pub use redact::shown;
pub use report::Report;
pub use transfer::Transfer;

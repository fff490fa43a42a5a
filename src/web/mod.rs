//! Pages, and the servers that they come from.
//!
//! - [`html`]: the tokens of a page, as it is read.
//! - [`untag`]: a page in, its text out.
//! - [`links`]: a page in, the URLs that it links to out.
//! - `fetch`: URLs in, their bodies out, as text in UTF-8 (feature `fetch`).
//! - `linkcheck`: the URLs of a site in, its broken links out; it follows them
//!   with `fetch` and [`links`] (feature `linkcheck`).
//! - `warc`: a web archive in, the bodies of its pages out; it decodes them as `fetch` does
//!   (feature `fetch`).
//!
//! `fetch` and `linkcheck` use `host`: when the next request to a host may start; and
//! `progress`: lines on a terminal.

#[cfg(feature = "fetch")]
pub mod fetch;
#[cfg(feature = "fetch")]
mod host;
pub mod html;
#[cfg(feature = "linkcheck")]
pub mod linkcheck;
pub mod links;
#[cfg(feature = "fetch")]
pub mod progress;
pub mod untag;
#[cfg(feature = "fetch")]
pub mod warc;

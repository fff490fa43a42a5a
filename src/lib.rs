//! # textmill: tiny programs for text that flows through pipes
//!
//! ```text
//! fetch URL | capwords | lower | count | topn 5
//! ```
//!
//! Each program is a filter: a reader in, a writer out, plain sequential code
//! between them. The operating system does the rest. This is the map, in the
//! order in which data flows.
//!
//! ## The programs
//!
//! - `fetch`: URLs in, their bodies out, as text in UTF-8 (feature `fetch`).
//! - [`untag`]: a page in, its text out; [`links`]: a page in, the URLs it links
//!   to out. Both read HTML as it flows by ([`html`]).
//! - [`capwords`], [`words`]: text in, words out, one a line. Both pick words
//!   ([`pick`]) by bit masks ([`scan`]), or take what a regular expression
//!   finds ([`mod@matches`]).
//! - [`lower`]: text in, the same in lower case out.
//! - [`count`]: lines in, `COUNT LINE` out ([`tally`]).
//! - [`topn`]: `COUNT LINE` in, the largest out, or the smallest.
//! - [`lengths`]: lines in, the length of each out.
//! - [`mean`]: numbers in, their mean out; also percentiles (by [`count`]), and partial
//!   results, which add up.
//! - [`sieve`]: ascending numbers in, the primes among them out, a process for each.
//!
//! - `linkcheck`: the URLs of a site in, its broken links out; it walks over the
//!   site with `fetch` and [`links`] (feature `linkcheck`).
//!
//! Two commands run other programs:
//!
//! - [`memo`]: the stored output of a command, made if there is none.
//! - [`converse`]: two commands, the output of each the input of the other.
//!
//! ## What they share
//!
//! - [`cli`]: options, operands, standard streams, the error line, the exit status.
//! - [`stream`]: blocks in, blocks out.
//! - [`crlf`]: lines that end in CR and LF.
//! - [`mod@error`]: why a program stopped.
//! - `json`: objects as lines, for reports (feature `fetch`).
//! - [`exact`]: sums of numbers, without rounding.
//! - [`unicode`]: the one version of Unicode.
//! - [`time`]: times on the command line.
//! - [`memory`]: how much of it a program may take, and how much it took.
//!
//! Each program is a library file, a thin file in `src/bin` and a file in
//! `tests` of one name.

pub mod capwords;
pub mod cli;
pub mod converse;
pub mod count;
pub mod crlf;
pub mod error;
pub mod exact;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod html;
#[cfg(feature = "fetch")]
pub mod json;
pub mod lengths;
#[cfg(feature = "linkcheck")]
pub mod linkcheck;
pub mod links;
pub mod lower;
pub mod matches;
pub mod mean;
pub mod memo;
pub mod memory;
pub mod pick;
pub mod scan;
pub mod sieve;
pub mod stream;
pub mod tally;
pub mod time;
pub mod topn;
pub mod unicode;
pub mod untag;
pub mod words;

#[cfg(test)]
mod arbitrary;
mod sys;

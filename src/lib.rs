//! # textmill: tiny programs for text that flows through pipes
//!
//! ```text
//! fetch URL | capwords | lower | count | topn 5
//! ```
//!
//! Each program is a filter: a reader in, a writer out, plain sequential code
//! between them. The operating system does the rest. This is the map:
//!
//! - [`common`]: what the programs share: errors, streams, memory, durations.
//! - [`text`]: text, words, lines and counts.
//!   - `capwords`, `words`: text in, words out, one a line.
//!   - `lower`: text in, the same in lower case out.
//!   - `stem`: words in, the stem of each out.
//!   - `field`: logs, CSV and JSON lines in, fields of them out, one record a line.
//!   - `ngrams`: lines in, each N that follow one another out, as one line.
//!   - `count`: lines in, `COUNT LINE` out.
//!   - `topn`: `COUNT LINE` in, the largest out, or the smallest.
//!   - `bars`: `COUNT LINE` in, a bar chart out.
//!   - `lengths`: lines in, the length of each out.
//!   - `mean`: numbers in, their mean and percentiles out.
//! - [`web`]: pages, and the servers that they come from.
//!   - `fetch`: URLs in, their bodies out, as text in UTF-8 (feature `fetch`).
//!   - `warc`: a web archive in, the bodies of its pages out, as text in UTF-8 (feature `fetch`).
//!   - `untag`: a page in, its text out.
//!   - `links`: a page in, the URLs that it links to out.
//!   - `linkcheck`: the URLs of a site in, its broken links out (feature `linkcheck`).
//! - `process`: commands that run other commands, or are many processes.
//!   - `memo`: the stored output of a command, made if there is none.
//!   - `converse`: two commands, the output of each the input of the other.
//!   - `sieve`: ascending numbers in, the primes among them out, a process for each.
//! - `cli`: from filters to programs: options, operands, standard
//!   streams, the error line, the exit status.
//!
//! A room imports only those above it in this list. For other programs there are [`text`],
//! [`web`] and, for their errors and streams, [`common`]; `cli` and `process` have
//! everything that is one for a whole process (allocator, signals, exit status), and the
//! library does not use it.
//!
//! Manuals and completions are made by `tools/doc`, a crate of its own.
//!
//! `fuzzing`, for `cargo fuzz` and tests only, has a function for each fuzz target.
//!
//! Each program is a library file, a thin file in `src/bin` and a file in
//! `tests` of one name.

pub mod common;
pub mod text;
pub mod web;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

// For the programs in src/bin; not part of the library's interface.
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod process;

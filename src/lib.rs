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
//! - [`text`]: `words`, `capwords`, `lower`, `count`, `topn`, `lengths`, `mean`.
//! - [`web`]: `fetch`, `untag`, `links`, `linkcheck`, and the HTML tokenizer.
//! - [`process`]: `memo`, `converse`, `sieve`.
//! - [`cli`]: what turns a filter into a program: options, operands, standard
//!   streams, the error line, the exit status.
//!
//! `fuzzing`, for `cargo fuzz` alone, says what must be true of each parser's input.
//!
//! Each program is a library file, a thin file in `src/bin` and a file in
//! `tests` of one name. A room imports only those above it in this list.

pub mod cli;
pub mod common;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod process;
pub mod text;
pub mod web;

//! What the programs share.
//!
//! - [`error`]: why a program stopped.
//! - [`stream`]: blocks in, blocks out.
//! - `spool`: bytes that wait, in memory and then in a file.
//! - [`crlf`]: lines that end in CR and LF.
//! - [`memory`]: how much of it a program may take, and how much it took.
//! - [`show`]: names, numbers and text as error lines show them.
//! - [`time`]: durations on the command line.
//! - `json`: objects as lines, for reports (feature `fetch`).

pub mod crlf;
pub mod error;
#[cfg(feature = "fetch")]
pub mod json;
pub mod memory;
pub mod show;
pub mod stream;
pub mod time;

#[cfg(test)]
pub(crate) mod arbitrary;
pub(crate) mod spool;
pub(crate) mod sys;
pub(crate) mod utf8;

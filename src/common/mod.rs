//! Shared by all programs.
//!
//! - [`error`]: errors of filters.
//! - [`stream`]: blocks in, blocks out.
//! - [`decompress`]: compressed text, recognized by its content; `ahead` decodes it in a thread.
//! - [`output`]: the output of a program, which is safe on a terminal.
//! - `screen`: pages on a terminal, each drawn in the place of the one before; `columns` cuts lines.
//! - `random`: random numbers.
//! - `spool`: buffered bytes, in memory and then in a file.
//! - `deadline`: reads that wait until a time at most.
//! - `crlf`: lines that end in CR and LF.
//! - `memory`: how much of it a program may take, and how much it took.
//! - `show`: names, numbers and text as error lines and terminals show them.
//! - `time`: durations on the command line.
//! - `json`: objects as lines, for reports (feature `fetch`).
//! - `utf8`: decoding; `sys`: system calls.

pub mod deadline;
pub mod decompress;
pub mod error;
pub mod output;
pub mod stream;

// For the programs.
#[doc(hidden)]
pub mod memory;
#[doc(hidden)]
pub mod screen;
#[doc(hidden)]
pub mod show;
#[doc(hidden)]
pub mod time;

pub(crate) mod ahead;
#[cfg(test)]
pub(crate) mod arbitrary;
pub(crate) mod columns;
pub(crate) mod crlf;
#[cfg(feature = "fetch")]
pub(crate) mod json;
pub(crate) mod random;
pub(crate) mod spool;
pub(crate) mod sys;
pub(crate) mod utf8;

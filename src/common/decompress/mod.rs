//! Compressed text, recognized by its content.
//!
//! gzip, zstd, bzip2, xz and lz4 are decoded: all members, frames and streams of a file, also of
//! different formats, and skippable frames. The name of a file does not matter. All checksums are
//! compared.
//!
//! One rule for all formats says what may follow a member: the end, zero bytes, or another
//! member. Anything else is an error, and so is an input that ends within a member. (Some programs
//! and libraries ignore both: docs/compressed.md.) A text that is a part of a magic number, such
//! as `BZh`, is a text, if it may be one.
//!
//! 1. `format`: the first bytes say what follows.
//! 2. `decode`: a decoder takes it step by step: `gzip`, `zstd`, `bzip2`, `xz`, `lz4`,
//!    `skippable`.
//! 3. [`Decompress`] joins the members: a reader.
//! 4. [`in_threads`]: the same beside the work of the program.
//!
//! Costs: plain text is passed on; only its first block is copied. Decoders take the memory that
//! the data asks for, as far as [`Allowance`] permits it.

mod allowance;
mod bzip2;
mod decode;
mod error;
mod format;
mod gzip;
mod lz4;
mod reader;
mod skippable;
mod threads;
mod xz;
mod zstd;

pub use allowance::Allowance;
#[cfg(feature = "fetch")]
pub(crate) use decode::Step;
pub use error::DecompressError;
pub use format::{Foreign, Format};
#[cfg(feature = "fetch")]
pub(crate) use gzip::inflate;
pub use reader::Decompress;
pub use threads::in_threads;

#[cfg(test)]
mod tests;

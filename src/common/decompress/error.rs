//! Why compressed data cannot be read.

use super::format::{Foreign, Format};
use crate::common::show;
use std::io;
use thiserror::Error;

/// Why compressed data cannot be read. It is the source of an [`io::Error`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecompressError {
    /// The input ends within a member.
    #[error("truncated {0} data")]
    Truncated(Format),
    /// The data is invalid, or a checksum is wrong.
    #[error("corrupt {0} data")]
    Corrupt(Format),
    /// Something else follows the last member.
    #[error("{} after the end of the {format} data", extent(*bytes, *is_all))]
    Trailing {
        /// The format of the last member.
        format: Format,
        /// The number of bytes that were read after its end.
        bytes: u64,
        /// Whether these are all of them.
        is_all: bool,
    },
    /// The decoder would need too much memory.
    #[error(
        "the {format} data needs {} of memory, more than the {} that are left (use {})",
        size(*needed), size(*limit), helper(*format)
    )]
    Memory {
        /// The format.
        format: Format,
        /// The memory that it needs, in bytes.
        needed: u64,
        /// The memory that it may take, in bytes.
        limit: u64,
    },
    /// The data was compressed with a dictionary.
    #[error("the {format} data needs the dictionary {id} (use {format} -dc -D FILE)")]
    Dictionary {
        /// The format.
        format: Format,
        /// The number of the dictionary.
        id: u32,
    },
    /// The format is not supported.
    #[error("{0}")]
    Foreign(Foreign),
}

impl From<DecompressError> for io::Error {
    fn from(error: DecompressError) -> io::Error {
        let kind = match error {
            DecompressError::Truncated(_) => io::ErrorKind::UnexpectedEof,
            DecompressError::Memory { .. } => io::ErrorKind::OutOfMemory,
            DecompressError::Foreign(_) | DecompressError::Dictionary { .. } => {
                io::ErrorKind::Unsupported
            }
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

fn extent(bytes: u64, is_all: bool) -> String {
    let bytes = show::number_of(bytes, "byte");
    match is_all {
        true => bytes,
        false => format!("more than {bytes}"),
    }
}

/// A size in the largest unit that gives a whole number.
fn size(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes >= 1 << shift && bytes.trailing_zeros() >= shift {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    match bytes >> 20 {
        0 => show::number_of(bytes, "byte"),
        mebibytes => format!("{} MiB", mebibytes + 1),
    }
}

/// The command that reads data with a large window.
fn helper(format: Format) -> &'static str {
    match format {
        Format::Zstd => "zstd -dc --long=31",
        Format::Xz => "xz -dc",
        _ => "its own program",
    }
}

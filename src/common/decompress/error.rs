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
    #[error("{}", too_much(*format, *needed, *limit, *is_window))]
    Memory {
        /// The format.
        format: Format,
        /// The memory that it needs, in bytes.
        needed: u64,
        /// The memory that it may take, in bytes.
        limit: u64,
        /// Whether it is more than any decoder may take.
        is_window: bool,
    },
    /// The system has no memory for the decoder.
    #[error("out of memory")]
    OutOfMemory,
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
            DecompressError::Memory { .. } | DecompressError::OutOfMemory => {
                io::ErrorKind::OutOfMemory
            }
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

/// What a decoder needs, what it may take, and what to do.
fn too_much(format: Format, needed: u64, limit: u64, is_window: bool) -> String {
    let shift = if needed >= MIB { 20 } else { 10 };
    let needed = match needed >> 30 {
        gibibytes if gibibytes << 30 == needed && gibibytes > 0 => format!("{gibibytes} GiB"),
        _ => format!("{} {}", needed.div_ceil(1 << shift), unit(shift)),
    };
    let limit = format!("{} {}", limit >> shift, unit(shift));
    let helper = match format {
        Format::Zstd if is_window => "zstd -dc --long=31".to_string(),
        format => format!("{format} -dc"),
    };
    match is_window {
        true => {
            format!("the {format} data needs {needed} of memory, more than {limit} (use {helper})")
        }
        false => format!(
            "the {format} data needs {needed} of memory, more than the {limit} that are left \
                (use a larger -S, or {helper})"
        ),
    }
}

const MIB: u64 = 1 << 20;

fn unit(shift: u32) -> &'static str {
    match shift {
        20 => "MiB",
        _ => "KiB",
    }
}

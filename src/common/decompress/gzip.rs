//! gzip, RFC 1952, by flate2 (zlib-rs): checksum and length are compared.

use super::allowance::{Allowance, Taken};
use super::decode::{Decode, Step};
use super::error::DecompressError;
use super::format::Format;
use flate2::{Decompress, FlushDecompress, Status};

/// The largest window, as a power of two.
const WINDOW_BITS: u8 = 15;

/// The memory of a decoder, in bytes.
const MEMORY: u64 = 64 << 10;

/// A member of gzip. Memory: a window of 32 KiB, and tables.
pub(crate) struct Gzip {
    inflater: Decompress,
    allowance: Allowance,
    taken: Option<Taken>,
}

impl Gzip {
    pub(crate) fn new(allowance: Allowance) -> Gzip {
        Gzip {
            inflater: Decompress::new_gzip(WINDOW_BITS),
            allowance,
            taken: None,
        }
    }
}

impl Decode for Gzip {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
        if self.taken.is_none() {
            self.taken = Some(self.allowance.take(Format::Gzip, MEMORY)?);
        }
        inflate(&mut self.inflater, input, output).ok_or(DecompressError::Corrupt(Format::Gzip))
    }
}

/// One step of data in the format of an inflater; none if it is corrupt.
pub(crate) fn inflate(inflater: &mut Decompress, input: &[u8], output: &mut [u8]) -> Option<Step> {
    let (consumed, produced) = (inflater.total_in(), inflater.total_out());
    let status = inflater.decompress(input, output, FlushDecompress::None);
    let status = status.ok()?;
    Some(Step {
        consumed: (inflater.total_in() - consumed) as usize,
        produced: (inflater.total_out() - produced) as usize,
        ended: status == Status::StreamEnd,
    })
}

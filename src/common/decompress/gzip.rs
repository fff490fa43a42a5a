//! gzip, RFC 1952, by flate2 (zlib-rs): checksum and length are compared.

use super::decode::{Decode, Step};
use super::error::DecompressError;
use super::format::Format;
use flate2::{Decompress, FlushDecompress, Status};

/// The largest window, as a power of two.
const WINDOW_BITS: u8 = 15;

/// A member of gzip. Memory: a window of 32 KiB.
pub(crate) struct Gzip(Decompress);

impl Gzip {
    pub(crate) fn new() -> Gzip {
        Gzip(Decompress::new_gzip(WINDOW_BITS))
    }
}

impl Decode for Gzip {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
        inflate(&mut self.0, input, output).ok_or(DecompressError::Corrupt(Format::Gzip))
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

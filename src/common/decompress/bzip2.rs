//! bzip2, by the crate of that name, in Rust: all checksums are compared.

use super::allowance::{Allowance, Taken};
use super::decode::{Decode, Step};
use super::error::DecompressError;
use super::format::Format;
use bzip2::{Decompress, Status};

/// A stream of bzip2. Memory: four times its block, which is 100 to 900 kB.
pub(crate) struct Bzip2 {
    decoder: Decompress,
    allowance: Allowance,
    taken: Option<Taken>,
}

impl Bzip2 {
    pub(crate) fn new(allowance: Allowance) -> Bzip2 {
        Bzip2 {
            decoder: Decompress::new(false),
            allowance,
            taken: None,
        }
    }
}

/// The memory of a decoder for the largest block, in bytes.
pub(super) const LARGEST: u64 = 9 * LEVEL;

/// The memory for each level, in bytes: four times 100 kB.
const LEVEL: u64 = 400_000;

/// The memory for a stream, in bytes, by its first bytes.
fn memory(stream: &[u8]) -> u64 {
    let level = stream.get(3).map_or(9, |digit| digit.wrapping_sub(b'0'));
    u64::from(level.clamp(1, 9)) * LEVEL
}

impl Decode for Bzip2 {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
        if self.taken.is_none() {
            // The first input has the whole magic number.
            let needed = memory(input);
            self.taken = Some(self.allowance.take(Format::Bzip2, needed)?);
        }
        let (consumed, produced) = (self.decoder.total_in(), self.decoder.total_out());
        let status = self.decoder.decompress(input, output);
        let status = status.map_err(|_| DecompressError::Corrupt(Format::Bzip2))?;
        if matches!(status, Status::MemNeeded) {
            return Err(DecompressError::OutOfMemory);
        }
        Ok(Step {
            consumed: (self.decoder.total_in() - consumed) as usize,
            produced: (self.decoder.total_out() - produced) as usize,
            ended: matches!(status, Status::StreamEnd),
        })
    }
}

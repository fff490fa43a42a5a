//! xz, by the crate lzma-rust2: all checksums and the index are compared.

use super::allowance::{Allowance, LARGEST, Taken};
use super::decode::{Decode, Step};
use super::error::DecompressError;
use super::format::Format;
use lzma_rust2::{Action, Status, XzStream};
use std::io;

/// The memory of a decoder besides its dictionary, as lzma-rust2 counts it, in bytes.
const OVERHEAD: u64 = 40 << 10;

/// A stream of xz. Memory: the dictionary of a block, 8 MiB for `xz` and 64 MiB for `xz -9`.
pub(crate) struct Xz {
    stream: XzStream,
    allowance: Allowance,
    taken: Option<Taken>,
    /// The memory of the largest block up to now, in KiB.
    largest: u32,
}

impl Xz {
    pub(crate) fn new(allowance: Allowance) -> Xz {
        // Without any memory at first: the decoder stops at the header of a block.
        Xz {
            stream: XzStream::new_mem_limit(false, 0),
            allowance,
            taken: None,
            largest: 0,
        }
    }

    /// Takes the memory that the next block needs.
    fn take(&mut self) -> Result<(), DecompressError> {
        let corrupt = DecompressError::Corrupt(Format::Xz);
        let needed = self.stream.memory_usage().ok_or(corrupt)?;
        if needed <= self.largest {
            return Err(DecompressError::Corrupt(Format::Xz));
        }
        // The old block's memory is free now.
        self.taken = None;
        let bytes = (u64::from(needed) << 10).saturating_sub(OVERHEAD);
        self.taken = Some(self.allowance.take(Format::Xz, bytes)?);
        self.largest = needed;
        self.stream.set_mem_limit(needed);
        Ok(())
    }
}

impl Decode for Xz {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
        let (before, written) = (self.stream.total_in(), self.stream.total_out());
        loop {
            // A stop for memory has consumed some input, too.
            let consumed = (self.stream.total_in() - before) as usize;
            let produced = (self.stream.total_out() - written) as usize;
            let (input, output) = (&input[consumed..], &mut output[produced..]);
            match self.stream.process(input, output, Action::Run) {
                Ok(result) => {
                    return Ok(Step {
                        consumed: consumed + result.bytes_consumed,
                        produced: produced + result.bytes_produced,
                        ended: result.status == Status::StreamEnd,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::OutOfMemory => self.take()?,
                Err(_) => return Err(DecompressError::Corrupt(Format::Xz)),
            }
        }
    }
}

const _: () = assert!(LARGEST + OVERHEAD <= (u32::MAX as u64) << 10);

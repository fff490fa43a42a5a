//! A frame without text: four bytes of magic number, four of its length, the length.

use super::decode::{Decode, Gathered, Step};
use super::error::DecompressError;

/// A skippable frame of zstd or lz4, such as the index of a seekable file.
pub(crate) struct Skippable {
    header: Gathered,
    /// The number of bytes that are left, once it is known.
    left: Option<u64>,
}

/// The length of the header, in bytes.
const HEADER: usize = 8;

impl Skippable {
    pub(crate) fn new() -> Skippable {
        Skippable {
            header: Gathered::default(),
            left: None,
        }
    }
}

impl Decode for Skippable {
    fn step(&mut self, input: &[u8], _: &mut [u8]) -> Result<Step, DecompressError> {
        let mut consumed = self.header.take(HEADER, input);
        if self.header.bytes().len() < HEADER {
            return Ok(Step {
                consumed,
                ..Step::default()
            });
        }
        let header = &self.header;
        let left = self.left.get_or_insert_with(|| header.number(4).into());
        let skipped = (input.len() - consumed).min(usize::try_from(*left).unwrap_or(usize::MAX));
        consumed += skipped;
        *left -= skipped as u64;
        Ok(Step {
            consumed,
            produced: 0,
            ended: *left == 0,
        })
    }
}

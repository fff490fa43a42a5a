//! What all decoders have in common.

use super::allowance::Allowance;
use super::error::DecompressError;
use super::format::Format;
use super::{bzip2, gzip, lz4, skippable, xz, zstd};

/// One member of a file, decoded step by step.
pub(crate) trait Decode: Send {
    /// Decodes some of `input` into `output`.
    ///
    /// The first input begins with the whole magic number. A step without any progress needs
    /// more input behind the same bytes. If a step filled the output, the next one may have more
    /// output without input.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError>;

    /// Whether the member ends if the input ends here.
    fn may_end(&self) -> bool {
        false
    }
}

/// The result of one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// The number of bytes of input.
    pub(crate) consumed: usize,
    /// The number of bytes of output.
    pub(crate) produced: usize,
    /// Whether the member has ended.
    pub(crate) ended: bool,
}

/// A decoder for the next member, which begins with its magic number.
pub(super) fn decoder(format: Format, allowance: &Allowance) -> Box<dyn Decode> {
    let allowance = allowance.clone();
    match format {
        Format::Gzip => Box::new(gzip::Gzip::new(allowance)),
        Format::Zstd => Box::new(<zstd::Zstd>::new(allowance)),
        Format::Bzip2 => Box::new(bzip2::Bzip2::new(allowance)),
        Format::Xz => Box::new(xz::Xz::new(allowance)),
        Format::Lz4 => Box::new(lz4::Frame::new(allowance)),
        Format::Lz4Legacy => Box::new(lz4::Legacy::new(allowance)),
        Format::Skippable => Box::new(skippable::Skippable::new()),
    }
}

/// Bytes that are only useful together, such as a header, gathered from several inputs.
#[derive(Debug, Default)]
pub(super) struct Gathered(Vec<u8>);

impl Gathered {
    /// Takes bytes from `input` until there are `n`, or the input is used up. Returns how many it
    /// took.
    pub(super) fn take(&mut self, n: usize, input: &[u8]) -> usize {
        let missing = n.saturating_sub(self.0.len());
        let taken = missing.min(input.len());
        self.0.extend_from_slice(&input[..taken]);
        taken
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first four bytes from `at` on, as a number whose lowest byte comes first.
    pub(super) fn number(&self, at: usize) -> u32 {
        let bytes = self.0[at..].first_chunk();
        u32::from_le_bytes(*bytes.expect("four bytes were gathered"))
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

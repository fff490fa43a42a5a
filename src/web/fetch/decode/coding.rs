//! The content codings, each decoded step by step, with all checks of its format.
//!
//! Memory: a window for each, whose size the sender chooses: 32 KiB for gzip and deflate, up
//! to 16 MiB for br, up to 8 MiB for zstd.

use crate::common::decompress::{Step, inflate};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::Decompress;
use std::io;
use zstd::stream::raw::{self, Operation};
use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;

/// A content coding, decoded step by step.
pub(crate) trait Coding {
    /// The name in messages.
    const NAME: &'static str;

    /// A body that grows by more than this factor is a decompression bomb.
    const MAX_GROWTH: u64;

    /// Decodes some of `input` into `out`. The error follows the name of the coding in messages.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str>;

    /// Restarts after the end of a stream, if the next stream may begin with this byte.
    fn restart(&mut self, first: u8) -> bool;

    /// Whether the input after the end of a stream is padding, which is skipped up to the end.
    fn is_padding(&self, _input: &[u8]) -> bool {
        false
    }
}

/// The error if the format has no better one.
pub(crate) const CORRUPT: &str = "data is corrupt";

/// The maximum growth of deflate is 1,032, by zeros. The maximum growth of text in tests is
/// 294, by a repeated line.
const DEFLATE_GROWTH: u64 = 1000;

/// The other codings have no such bound: zeros grow by 32,000 (zstd) and 640,000 (br). A log of
/// health checks, 50 a second, grows by 1,446 in zstd, and a repeated line by 11,725. (In br a
/// repeated line grows by 382,293 and counts as a bomb. `--raw` and the program brotli decode
/// it.)
const OTHER_GROWTH: u64 = 20_000;

/// Zlib's largest window, as a power of two; a gzip stream may need it.
const WINDOW_BITS: u8 = 15;

/// gzip, RFC 1952: one or more members, each with a checksum and a length that are compared.
pub(crate) struct Gzip(Decompress);

impl Gzip {
    pub(crate) fn new() -> Gzip {
        Gzip(Decompress::new_gzip(WINDOW_BITS))
    }
}

impl Coding for Gzip {
    const NAME: &'static str = "gzip";
    const MAX_GROWTH: u64 = DEFLATE_GROWTH;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        inflate(&mut self.0, input, out).ok_or(CORRUPT)
    }

    fn restart(&mut self, first: u8) -> bool {
        *self = Gzip::new();
        first == 0x1F
    }

    /// Zeros, as in gzip(1): tar pads its blocks.
    fn is_padding(&self, input: &[u8]) -> bool {
        input.first() == Some(&0)
    }
}

/// deflate: the zlib format (RFC 1950, checksum compared) by RFC 9110, 8.4.1.2, or bare
/// deflate data (RFC 1951), which some servers send.
///
/// The first byte distinguishes them: in the zlib format its lower half is 8, the number of
/// the method. Bare data begins like this only with a stored block whose padding is not zero,
/// which compressors do not write.
pub(crate) struct Deflate(Option<Decompress>);

impl Deflate {
    pub(crate) fn new() -> Deflate {
        Deflate(None)
    }
}

impl Coding for Deflate {
    const NAME: &'static str = "deflate";
    const MAX_GROWTH: u64 = DEFLATE_GROWTH;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let zlib = input.first().is_some_and(|first| first & 0x0F == 8);
        let inflater = self.0.get_or_insert_with(|| Decompress::new(zlib));
        inflate(inflater, input, out).ok_or(CORRUPT)
    }

    fn restart(&mut self, _: u8) -> bool {
        false
    }
}

/// br, RFC 7932. The format has no checksum.
pub(crate) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    total: usize,
}

impl Brotli {
    pub(crate) fn new() -> Brotli {
        let alloc = StandardAlloc::default;
        let mut state = Box::new(BrotliState::new(alloc(), alloc(), alloc()));
        // Large windows are not allowed in HTTP, and take up to 1 GiB of memory.
        state.large_window = false;
        Brotli { state, total: 0 }
    }
}

impl Coding for Brotli {
    const NAME: &'static str = "br";
    const MAX_GROWTH: u64 = OTHER_GROWTH;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let (mut input_left, mut consumed) = (input.len(), 0);
        let (mut out_left, mut produced) = (out.len(), 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut consumed,
            input,
            &mut out_left,
            &mut produced,
            out,
            &mut self.total,
            &mut self.state,
        );
        let ended = match result {
            BrotliResult::ResultSuccess => true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => false,
            BrotliResult::ResultFailure => return Err(CORRUPT),
        };
        Ok(Step {
            consumed,
            produced,
            ended,
        })
    }

    fn restart(&mut self, _: u8) -> bool {
        false
    }
}

/// zstd, RFC 8878: one or more frames, whose checksums are compared if they have one.
///
/// The decoder is the C library: the decoder in safe Rust (ruzstd 0.9) has no output before the
/// input of the next window, up to 8 MiB late.
pub(crate) struct Zstd(raw::Decoder<'static>);

impl Zstd {
    /// The maximum window in HTTP (RFC 9659), as a power of two.
    const WINDOW_BITS: u32 = 23;

    /// The error is that there is no memory.
    pub(crate) fn new() -> io::Result<Zstd> {
        let mut decoder = raw::Decoder::new()?;
        decoder.set_parameter(raw::DParameter::WindowLogMax(Zstd::WINDOW_BITS))?;
        Ok(Zstd(decoder))
    }
}

impl Coding for Zstd {
    const NAME: &'static str = "zstd";
    const MAX_GROWTH: u64 = OTHER_GROWTH;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let status = self.0.run_on_buffers(input, out);
        let status = status.map_err(|error| zstd_error(&error))?;
        Ok(Step {
            consumed: status.bytes_read,
            produced: status.bytes_written,
            ended: status.remaining == 0,
        })
    }

    fn restart(&mut self, first: u8) -> bool {
        // The library restarts by itself. The byte begins a data frame or a skippable frame.
        matches!(first, 0x28 | 0x50..=0x5F)
    }
}

fn zstd_error(error: &io::Error) -> &'static str {
    let zstd = error.get_ref().and_then(|error| error.downcast_ref());
    let is = |kind| zstd.is_some_and(|error: &zstd::Error| error.is(kind));
    if is(ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge) {
        "window is larger than 8 MiB"
    } else if is(ZSTD_ErrorCode::ZSTD_error_checksum_wrong) {
        "checksum is wrong"
    } else if is(ZSTD_ErrorCode::ZSTD_error_dictionary_wrong) {
        "data needs a dictionary"
    } else {
        CORRUPT
    }
}

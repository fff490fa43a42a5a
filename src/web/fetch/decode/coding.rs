//! The content codings, each undone step by step, with all the checks that
//! its format has.
//!
//! Memory: a window each, as the sender chose: 32 KiB for gzip and deflate, up
//! to 16 MiB for br, up to 8 MiB for zstd.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{self, Operation};

/// How one coding is undone, piece by piece.
pub(super) trait Coding {
    /// Its name in messages.
    const NAME: &'static str;

    /// A body that grows by more than this factor is a decompression bomb.
    const MOST: u64;

    /// Undoes what it can of `input` into `out`. The error says what is wrong with the data.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str>;

    /// Begins anew after the end of a stream, with this byte. False if no stream
    /// may follow there, or none begins like this.
    fn again(&mut self, first: u8) -> bool;

    /// Whether what stands behind the end of a stream is padding, to be ignored
    /// up to the end.
    fn is_padding(&self, _input: &[u8]) -> bool {
        false
    }
}

/// What one step did.
pub(super) struct Step {
    /// How many bytes of the input it took.
    pub(super) taken: usize,
    /// How many bytes it put out.
    pub(super) made: usize,
    /// Whether that was the end of the stream.
    pub(super) ended: bool,
}

/// What is wrong where nothing better is known.
pub(super) const CORRUPT: &str = "data is corrupt";

/// Near the most that deflate can do, 1,032, which is what zeros do. The most
/// that text did was 294: one line again and again.
const DEFLATE_MOST: u64 = 1000;

/// The other codings know no such bound: zeros grow by 32,000 (zstd) and
/// 640,000 (br). A log of health checks, 50 a second, grew by 1,446, and one
/// line again and again by 11,725 in zstd. (In br it grew by 382,293, which is
/// taken for a bomb. `--raw` and the program brotli are the way to have it.)
const OTHER_MOST: u64 = 20_000;

/// Zlib's largest window, as a power of two; a gzip stream may need it.
const WINDOW_BITS: u8 = 15;

/// One step of what gzip and deflate have in common.
fn inflate(inflater: &mut Decompress, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
    let (taken, made) = (inflater.total_in(), inflater.total_out());
    let status = inflater.decompress(input, out, FlushDecompress::None);
    let status = status.map_err(|_| CORRUPT)?;
    Ok(Step {
        taken: (inflater.total_in() - taken) as usize,
        made: (inflater.total_out() - made) as usize,
        ended: status == Status::StreamEnd,
    })
}

/// gzip, RFC 1952: one member or many, of each of which the checksum and the
/// length are compared.
pub(super) struct Gzip(Decompress);

impl Gzip {
    pub(super) fn new() -> Gzip {
        Gzip(Decompress::new_gzip(WINDOW_BITS))
    }
}

impl Coding for Gzip {
    const NAME: &'static str = "gzip";
    const MOST: u64 = DEFLATE_MOST;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        inflate(&mut self.0, input, out)
    }

    fn again(&mut self, first: u8) -> bool {
        *self = Gzip::new();
        first == 0x1F
    }

    /// As gzip(1) has it.
    fn is_padding(&self, input: &[u8]) -> bool {
        input.first() == Some(&0)
    }
}

/// deflate: the zlib format (RFC 1950, checksum compared), as RFC 9110, 8.4.1.2
/// has it, or bare deflate data (RFC 1951), as some servers took the name.
///
/// The first byte tells them apart: in the zlib format its lower half is an 8,
/// the number of the method. Bare data would have to begin with a stored block
/// whose padding is not zero, which no compressor writes.
pub(super) struct Deflate(Option<Decompress>);

impl Deflate {
    pub(super) fn new() -> Deflate {
        Deflate(None)
    }
}

impl Coding for Deflate {
    const NAME: &'static str = "deflate";
    const MOST: u64 = DEFLATE_MOST;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let zlib = input.first().is_some_and(|first| first & 0x0F == 8);
        let inflater = self.0.get_or_insert_with(|| Decompress::new(zlib));
        inflate(inflater, input, out)
    }

    fn again(&mut self, _: u8) -> bool {
        false
    }
}

/// br, RFC 7932. The format has no checksum.
pub(super) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    total: usize,
}

impl Brotli {
    pub(super) fn new() -> Brotli {
        let alloc = StandardAlloc::default;
        let mut state = Box::new(BrotliState::new(alloc(), alloc(), alloc()));
        // No part of br in HTTP, and up to 1 GiB of memory.
        state.large_window = false;
        Brotli { state, total: 0 }
    }
}

impl Coding for Brotli {
    const NAME: &'static str = "br";
    const MOST: u64 = OTHER_MOST;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let (mut left, mut taken) = (input.len(), 0);
        let (mut room, mut made) = (out.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            input,
            &mut room,
            &mut made,
            out,
            &mut self.total,
            &mut self.state,
        );
        let ended = match result {
            BrotliResult::ResultSuccess => true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => false,
            BrotliResult::ResultFailure => return Err(CORRUPT),
        };
        Ok(Step { taken, made, ended })
    }

    fn again(&mut self, _: u8) -> bool {
        false
    }
}

/// zstd, RFC 8878: one frame or many, of each of which the checksum is
/// compared if it has one.
///
/// By the C library: the decoder in safe Rust (ruzstd 0.9) hands nothing on
/// before a window more has come, up to 8 MiB late.
pub(super) struct Zstd(raw::Decoder<'static>);

impl Zstd {
    /// The largest window that the coding may have in HTTP (RFC 9659), as a power of two.
    const WINDOW_BITS: u32 = 23;

    /// The error is the system's: there is no memory.
    pub(super) fn new() -> std::io::Result<Zstd> {
        let mut decoder = raw::Decoder::new()?;
        decoder.set_parameter(raw::DParameter::WindowLogMax(Zstd::WINDOW_BITS))?;
        Ok(Zstd(decoder))
    }
}

impl Coding for Zstd {
    const NAME: &'static str = "zstd";
    const MOST: u64 = OTHER_MOST;

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let status = self.0.run_on_buffers(input, out);
        // The library tells its errors apart by their sentences only.
        let status = status.map_err(|error| match error.to_string().as_str() {
            "Frame requires too much memory for decoding" => "window is larger than 8 MiB",
            "Restored data doesn't match checksum" => "checksum is wrong",
            "Dictionary mismatch" => "data needs a dictionary",
            _ => CORRUPT,
        })?;
        Ok(Step {
            taken: status.bytes_read,
            made: status.bytes_written,
            ended: status.remaining == 0,
        })
    }

    fn again(&mut self, first: u8) -> bool {
        // The library begins a frame anew by itself: one of data, or one to be skipped.
        matches!(first, 0x28 | 0x50..=0x5F)
    }
}

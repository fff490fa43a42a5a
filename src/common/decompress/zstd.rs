//! zstd, RFC 8878: checksums are compared.
//!
//! With the feature `zstd` the decoder is the library in C. Without it, it is ruzstd, in Rust: it
//! takes three times as long, and its output is a window late.

use super::allowance::{Allowance, Taken};
use super::decode::{Decode, Step};
use super::error::DecompressError;
use super::format::Format;

#[cfg(feature = "zstd")]
type DefaultEngine = library::Library;
#[cfg(not(feature = "zstd"))]
type DefaultEngine = rust::Rust;

pub(super) const CORRUPT: DecompressError = DecompressError::Corrupt(Format::Zstd);

/// A decoder of one frame.
pub(super) trait Engine: Send + Sized {
    /// A decoder of a frame with this header.
    fn new(header: &Header) -> Result<Self, DecompressError>;

    /// Like [`Decode::step`].
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError>;
}

/// A frame of zstd. Memory: its window.
pub(crate) struct Zstd<E = DefaultEngine> {
    allowance: Allowance,
    engine: Option<(E, Taken)>,
}

impl<E> Zstd<E> {
    pub(crate) fn new(allowance: Allowance) -> Zstd<E> {
        Zstd {
            allowance,
            engine: None,
        }
    }
}

impl<E: Engine> Decode for Zstd<E> {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
        if self.engine.is_none() {
            let Some(header) = Header::parse(input) else {
                return Ok(Step::default());
            };
            if header.has_reserved {
                return Err(CORRUPT);
            }
            if header.dictionary != 0 {
                return Err(DecompressError::Dictionary {
                    format: Format::Zstd,
                    id: header.dictionary,
                });
            }
            let taken = self.allowance.take(Format::Zstd, header.window)?;
            self.engine = Some((E::new(&header)?, taken));
        }
        match &mut self.engine {
            Some((engine, _)) => engine.step(input, output),
            None => Ok(Step::default()),
        }
    }
}

/// The header of a frame: RFC 8878, 3.1.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// What the decoder must have in memory, in bytes.
    window: u64,
    /// The number of a dictionary, or 0.
    dictionary: u32,
    /// The size of the content, if the frame tells it, in bytes.
    content: Option<u64>,
    has_checksum: bool,
    /// A bit is set that must be 0.
    has_reserved: bool,
    /// The length of the header with its magic number, in bytes.
    length: usize,
}

impl Header {
    /// Parses the header of a frame that begins with its magic number. None if there are too few
    /// bytes.
    fn parse(frame: &[u8]) -> Option<Header> {
        let (&flags, mut rest) = frame.get(4..)?.split_first()?;
        let is_single_segment = flags & 0x20 != 0;
        let mut window = 0;
        if !is_single_segment {
            let (&descriptor, behind) = rest.split_first()?;
            rest = behind;
            let base = 1_u64 << (10 + (descriptor >> 3));
            window = base + base / 8 * u64::from(descriptor & 7);
        }
        let mut number = |length: usize| {
            let (bytes, behind) = rest.split_at_checked(length)?;
            rest = behind;
            let number = bytes.iter().rev();
            Some(number.fold(0, |number, &byte| number << 8 | u64::from(byte)))
        };
        let dictionary = number([0, 1, 2, 4][usize::from(flags & 3)])?;
        let length = match flags >> 6 {
            0 => usize::from(is_single_segment),
            power => 1 << power,
        };
        let bias = if length == 2 { 256 } else { 0 };
        let content = number(length)?.saturating_add(bias);
        if is_single_segment {
            window = content;
        }
        Some(Header {
            window,
            // Four bytes at most.
            dictionary: dictionary as u32,
            content: (length > 0).then_some(content),
            has_checksum: flags & 0x04 != 0,
            has_reserved: flags & 0x08 != 0,
            length: frame.len() - rest.len(),
        })
    }
}

/// The library in C.
#[cfg(any(test, feature = "zstd"))]
pub(crate) mod library {
    use super::{CORRUPT, Engine, Header};
    use crate::common::decompress::decode::Step;
    use crate::common::decompress::error::DecompressError;
    use std::io;
    use zstd::stream::raw::{DParameter, Decoder, Operation};
    use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;

    /// The least limit that the library accepts, as a power of two.
    const LEAST: u32 = 10;

    pub(crate) struct Library(Decoder<'static>);

    impl Engine for Library {
        fn new(header: &Header) -> Result<Library, DecompressError> {
            let window = header.window.max(1).next_power_of_two();
            let bits = window.ilog2().max(LEAST);
            let mut decoder = Decoder::new().map_err(|error| cause(&error))?;
            let limited = decoder.set_parameter(DParameter::WindowLogMax(bits));
            limited.map_err(|error| cause(&error))?;
            Ok(Library(decoder))
        }

        fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
            let status = self.0.run_on_buffers(input, output);
            let status = status.map_err(|error| cause(&error))?;
            Ok(Step {
                consumed: status.bytes_read,
                produced: status.bytes_written,
                ended: status.remaining == 0,
            })
        }
    }

    fn cause(error: &io::Error) -> DecompressError {
        let zstd = error.get_ref().and_then(|error| error.downcast_ref());
        let kind = ZSTD_ErrorCode::ZSTD_error_memory_allocation;
        match zstd.is_some_and(|error: &zstd::Error| error.is(kind)) {
            true => DecompressError::OutOfMemory,
            false => CORRUPT,
        }
    }
}

/// ruzstd.
#[cfg(any(test, not(feature = "zstd")))]
pub(crate) mod rust {
    use super::{CORRUPT, Engine, Header};
    use crate::common::decompress::decode::Step;
    use crate::common::decompress::error::DecompressError;
    use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
    use std::io::Read;

    /// The largest block, in bytes.
    const LARGEST_BLOCK: usize = 128 << 10;

    /// The header of a block, and the checksum of the content, in bytes.
    const BLOCK_HEADER: usize = 3;
    const CHECKSUM: usize = 4;

    pub(crate) struct Rust {
        decoder: FrameDecoder,
        header: Header,
        has_begun: bool,
        content: u64,
    }

    impl Rust {
        /// Reads the header of the frame, or its next block, if it is complete. Returns the number
        /// of bytes.
        fn decode(&mut self, input: &[u8]) -> Result<usize, DecompressError> {
            if !self.has_begun {
                let header = &input[..self.header.length];
                self.decoder.reset(header).map_err(|_| CORRUPT)?;
                self.has_begun = true;
                return Ok(header.len());
            }
            let &[low, middle, high, ..] = input else {
                return Ok(0);
            };
            let size = u32::from_le_bytes([low, middle, high, 0]) >> 3;
            let mut length = match low >> 1 & 3 {
                // One byte, repeated.
                1 => 1,
                _ => size as usize,
            };
            if length > LARGEST_BLOCK {
                return Err(CORRUPT);
            }
            length += BLOCK_HEADER;
            let is_last = low & 1 != 0;
            if is_last && self.header.has_checksum {
                length += CHECKSUM;
            }
            let Some(block) = input.get(..length) else {
                return Ok(0);
            };
            let one = BlockDecodingStrategy::UptoBlocks(1);
            let decoded = self.decoder.decode_blocks(block, one);
            decoded.map_err(|_| CORRUPT)?;
            Ok(length)
        }

        /// Compares size and checksum of the content.
        fn check(&self) -> Result<(), DecompressError> {
            let is_right = self.decoder.get_checksum_from_data()
                == self.decoder.get_calculated_checksum()
                || !self.header.has_checksum;
            let size = self.header.content.unwrap_or(self.content);
            match is_right && size == self.content {
                true => Ok(()),
                false => Err(CORRUPT),
            }
        }
    }

    impl Engine for Rust {
        fn new(header: &Header) -> Result<Rust, DecompressError> {
            let mut decoder = FrameDecoder::new();
            decoder.set_max_window_size(header.window);
            Ok(Rust {
                decoder,
                header: *header,
                has_begun: false,
                content: 0,
            })
        }

        fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
            let consumed = match self.has_begun && self.decoder.is_finished() {
                true => 0,
                false => self.decode(input)?,
            };
            let produced = self.decoder.read(output).map_err(|_| CORRUPT)?;
            self.content += produced as u64;
            let ended =
                self.has_begun && self.decoder.is_finished() && self.decoder.can_collect() == 0;
            if ended {
                self.check()?;
            }
            Ok(Step {
                consumed,
                produced,
                ended,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        // The flags and what follows them: window, dictionary, content, length.
        for (bytes, window, dictionary, content, length) in [
            // A window of 1 KiB, and one of 8 MiB and 3/8.
            (&[0x00, 0x00][..], 1 << 10, 0, None, 6),
            (&[0x00, 0x6B], (8 << 20) / 8 * 11, 0, None, 6),
            // 2 GiB: zstd --long=31.
            (&[0x04, 0xA8], 1 << 31, 0, None, 6),
            // A single segment of 7 bytes, and one of 256 + 2 bytes.
            (&[0x20, 7], 7, 0, Some(7), 6),
            (&[0x60, 2, 0], 258, 0, Some(258), 7),
            // Four and eight bytes of content size.
            (
                &[0x80, 0x50, 1, 0, 0, 1],
                1 << 20,
                0,
                Some((1 << 24) + 1),
                10,
            ),
            (
                &[0xE0, 1, 0, 0, 0, 0, 0, 0, 1],
                (1 << 56) + 1,
                0,
                Some((1 << 56) + 1),
                13,
            ),
            // Dictionaries.
            (&[0x01, 0, 9], 1 << 10, 9, None, 7),
            (&[0x23, 1, 0, 0, 1, 5], 5, (1 << 24) + 1, Some(5), 10),
        ] {
            let frame = [&[0x28, 0xB5, 0x2F, 0xFD][..], bytes].concat();
            let expected = Header {
                window,
                dictionary,
                content,
                length,
                has_checksum: bytes[0] & 4 != 0,
                has_reserved: false,
            };
            assert_eq!(Header::parse(&frame), Some(expected), "{bytes:x?}");
            for end in 0..frame.len() {
                assert_eq!(Header::parse(&frame[..end]), None);
            }
        }
    }
}

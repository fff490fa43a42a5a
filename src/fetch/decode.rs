//! Content encodings taken off: gzip (of one member or many) and br.
//!
//! A stream that is cut, corrupt, fails its checksum or is followed by
//! something else is an error. Memory: a window for each encoding, of 32 KiB
//! for gzip and up to 16 MiB for br, as the sender chose.

use super::failure::Failure;
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, BufRead, BufReader, Read};

/// The most encodings one body may have on top of each other. More than two
/// are never meant well.
const MOST: usize = 4;

/// Zlib's largest window, as a power of two; a gzip stream may need it.
const WINDOW_BITS: u8 = 15;

/// The bytes with their encodings, listed in the order in which they were
/// applied (lower case), taken off.
pub(super) fn decoded(
    mut bytes: Box<dyn BufRead + Send>,
    encodings: &[String],
) -> Result<Box<dyn BufRead + Send>, Failure> {
    if encodings.len() > MOST {
        let n = encodings.len();
        return Err(Failure::Encoding(format!(
            "{n} content encodings on one body"
        )));
    }
    for encoding in encodings.iter().rev() {
        bytes = match encoding.as_str() {
            "gzip" | "x-gzip" => buffered(bytes, Gzip(Decompress::new_gzip(WINDOW_BITS))),
            "br" => buffered(bytes, Brotli::new()),
            unknown => {
                return Err(Failure::Encoding(format!(
                    "content encoding {unknown} not understood"
                )));
            }
        };
    }
    Ok(bytes)
}

fn buffered(
    bytes: Box<dyn BufRead + Send>,
    coding: impl Coding + Send + 'static,
) -> Box<dyn BufRead + Send> {
    let decoder = Decoder {
        input: bytes,
        coding,
        more: false,
        over: false,
    };
    Box::new(BufReader::with_capacity(crate::stream::BLOCK, decoder))
}

/// How one encoding is undone, piece by piece.
trait Coding {
    /// Its name in messages.
    const NAME: &'static str;

    /// Undoes what it can of `input` into `out`. None if the data is corrupt.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Option<Step>;

    /// Begins anew after the end of a stream. False if nothing may follow there.
    fn again(&mut self) -> bool;
}

/// What one step did.
struct Step {
    /// How many bytes of the input it took.
    taken: usize,
    /// How many bytes it put out.
    made: usize,
    /// Whether that was the end of the stream.
    ended: bool,
}

/// A reader that undoes an encoding.
///
/// It waits for input only when there is nothing more to give without.
struct Decoder<C> {
    input: Box<dyn BufRead + Send>,
    coding: C,
    /// The last step filled its output: there may be more where that came from.
    more: bool,
    /// A stream has ended; the input either does, too, or another one begins.
    over: bool,
}

impl<C: Coding> Read for Decoder<C> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let input = if self.more {
                &[]
            } else {
                self.input.fill_buf()?
            };
            let at_end = !self.more && input.is_empty();
            if self.over {
                if at_end {
                    return Ok(0);
                }
                if !self.coding.again() {
                    return Err(corrupt::<C>("data goes on after its end"));
                }
                self.over = false;
            }
            if at_end {
                return Err(Failure::Truncated(format!("{} breaks off", C::NAME)).into());
            }
            let step = self
                .coding
                .step(input, out)
                .ok_or_else(|| corrupt::<C>("data is corrupt"))?;
            // A step that gets nowhere would be taken for ever.
            if !self.more && step.taken == 0 && step.made == 0 && !step.ended {
                return Err(corrupt::<C>("data is corrupt"));
            }
            self.input.consume(step.taken);
            self.over = step.ended;
            self.more = step.made == out.len() && !step.ended;
            if step.made > 0 {
                return Ok(step.made);
            }
        }
    }
}

fn corrupt<C: Coding>(how: &str) -> io::Error {
    Failure::Encoding(format!("{} {how}", C::NAME)).into()
}

/// gzip, RFC 1952; the checksum and the length are compared at the end of each member.
struct Gzip(Decompress);

impl Coding for Gzip {
    const NAME: &'static str = "gzip";

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Option<Step> {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out, FlushDecompress::None).ok()?;
        Some(Step {
            taken: (self.0.total_in() - before_in) as usize,
            made: (self.0.total_out() - before_out) as usize,
            ended: status == Status::StreamEnd,
        })
    }

    fn again(&mut self) -> bool {
        self.0 = Decompress::new_gzip(WINDOW_BITS);
        true
    }
}

/// br, RFC 7932.
struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    total: usize,
}

impl Brotli {
    fn new() -> Brotli {
        let alloc = StandardAlloc::default;
        let mut state = Box::new(BrotliState::new(alloc(), alloc(), alloc()));
        // No part of br in HTTP, and up to 1 GiB of memory.
        state.large_window = false;
        Brotli { state, total: 0 }
    }
}

impl Coding for Brotli {
    const NAME: &'static str = "br";

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Option<Step> {
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
            BrotliResult::ResultFailure => return None,
        };
        Some(Step { taken, made, ended })
    }

    fn again(&mut self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn br(text: &[u8]) -> Vec<u8> {
        let mut stream = Vec::new();
        brotli::CompressorWriter::new(&mut stream, 4096, 5, 22)
            .write_all(text)
            .unwrap();
        stream
    }

    fn undone(encodings: &[&str], bytes: &[u8], piece: usize) -> Result<Vec<u8>, String> {
        let encodings: Vec<_> = encodings.iter().map(|name| name.to_string()).collect();
        let input = BufReader::with_capacity(piece, io::Cursor::new(bytes.to_vec()));
        let mut text = Vec::new();
        let mut reader = decoded(Box::new(input), &encodings).map_err(|e| e.to_string())?;
        match reader.read_to_end(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn every_cut_is_an_error() {
        let text = b"words, words, mere words, no matter from the heart".repeat(20);
        for (name, stream) in [("gzip", gzip(&text)), ("br", br(&text))] {
            for end in 0..stream.len() {
                let result = undone(&[name], &stream[..end], 7);
                assert_eq!(
                    result,
                    Err(format!("body truncated: {name} breaks off")),
                    "{end}"
                );
            }
            assert_eq!(undone(&[name], &stream, 7), Ok(text.clone()));
        }
    }

    #[test]
    fn corrupt_or_followed_by_more() {
        let text = b"words, words".repeat(20);
        let mut stream = gzip(&text);
        let at = stream.len() - 5;
        stream[at] ^= 1; // in the checksum
        assert_eq!(
            undone(&["gzip"], &stream, 99),
            Err("gzip data is corrupt".into())
        );
        let more = [gzip(&text), b"xyz".to_vec()].concat();
        assert_eq!(
            undone(&["gzip"], &more, 99),
            Err("gzip data is corrupt".into())
        );
        let more = [br(&text), b"xyz".to_vec()].concat();
        assert_eq!(
            undone(&["br"], &more, 99),
            Err("br data goes on after its end".into())
        );
        assert_eq!(
            undone(&["br"], b"<html>", 99),
            Err("br data is corrupt".into())
        );
        assert_eq!(
            undone(&["gzip"], b"<html>", 99),
            Err("gzip data is corrupt".into())
        );
    }

    #[test]
    fn unknown_or_far_too_many() {
        let unknown = undone(&["compress"], b"", 9);
        assert_eq!(
            unknown,
            Err("content encoding compress not understood".into())
        );
        assert!(undone(&["gzip"; 5], b"", 9).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces(
            texts in prop::collection::vec(prop::collection::vec(0..4u8, 0..3000), 1..4),
            piece in 1..700usize,
        ) {
            let members: Vec<u8> = texts.iter().flat_map(|text| gzip(text)).collect();
            let whole = texts.concat();
            prop_assert_eq!(undone(&["x-gzip"], &members, piece), Ok(whole.clone()));
            prop_assert_eq!(undone(&["br"], &br(&whole), piece), Ok(whole.clone()));
            let both = br(&gzip(&whole));
            prop_assert_eq!(undone(&["gzip", "br"], &both, piece), Ok(whole));
        }

        #[test]
        fn no_input_is_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = undone(&["br"], &bytes, 99);
            let _ = undone(&["gzip"], &bytes, 99);
        }
    }

    /// What has come is given at once: a reader that would have to wait for
    /// more panics here.
    #[test]
    fn waits_for_input_only_when_it_must() {
        struct Once(Option<Vec<u8>>);
        impl Read for Once {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let bytes = self.0.take().expect("nothing more to give");
                buffer[..bytes.len()].copy_from_slice(&bytes);
                Ok(bytes.len())
            }
        }
        let text = vec![b'a'; 3 << 20];
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&text).unwrap();
        encoder.flush().unwrap();
        let flushed = encoder.get_ref().clone();
        let input = BufReader::with_capacity(flushed.len(), Once(Some(flushed)));
        let encodings = ["gzip".to_string()];
        let mut reader = decoded(Box::new(input), &encodings).unwrap();
        let mut given = vec![0; text.len()];
        reader.read_exact(&mut given).unwrap();
        assert_eq!(given, text);
    }
}

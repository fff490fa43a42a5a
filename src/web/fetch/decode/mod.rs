//! Content codings taken off: gzip, deflate, br and zstd, up to four on top of
//! each other.
//!
//! A stream that is cut, corrupt, fails its checksum or is followed by
//! something else is an error, and so is one that grows as only decompression
//! bombs do, or does not grow at all. Costs: the codings' windows (see [`coding`]) and one
//! [`BLOCK`](crate::common::stream::BLOCK) each. On 200 MB of source code
//! one core undid gzip and deflate at 1.1 GB/s (the program gzip: 0.22), br at
//! 0.6 and zstd at 1.3 (the program zstd: 1.0).

use super::failure::Failure;
use coding::{Brotli, CORRUPT, Coding, Deflate, Gzip, Zstd};
use std::io::{self, BufRead, BufReader, Read};

mod coding;

/// The most codings one body may have on top of each other. More than two are
/// never meant well.
const MOST: usize = 4;

/// What grows as only bombs do (see [`Coding::MOST`]) is stopped once it is
/// larger than this, in bytes: less does no harm.
const BOMB_SIZE: u64 = 64 << 20;

/// The most input that may make no output, in bytes: there are formats whose
/// headers, or empty parts, may go on for ever.
const SILENT: u64 = 1 << 20;

/// What is asked of a server, the value of Accept-Encoding.
pub(super) const ACCEPTED: &str = "gzip, deflate, br, zstd";

/// How a stream fails that ended well, and is followed by something else.
const TRAILING: &str = "data goes on after its end";

/// Whether this is the coding of that name that can be undone.
pub(super) fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_none(&name) || ["gzip", "x-gzip", "deflate", "br", "zstd"].contains(&&name[..])
}

/// Whether all of a body was there, and something behind it.
pub(super) fn is_trailing(failure: &Failure) -> bool {
    matches!(failure, Failure::Encoding(how) if how.ends_with(TRAILING))
}

/// The bytes with their codings, listed in the order in which they were
/// applied, taken off. The names' case does not matter.
///
/// A `packed` body is a file that is compressed by itself. Some servers name that
/// as a coding, too (Apache's `AddEncoding x-gzip .tgz`). So if what comes off the first
/// coding is no such file, it stays on.
pub(super) fn decoded(
    mut bytes: Box<dyn BufRead + Send>,
    codings: &[String],
    packed: Option<Packed>,
) -> Result<Box<dyn BufRead + Send>, Failure> {
    let names = codings.iter().map(|name| name.to_ascii_lowercase());
    let names: Vec<String> = names.filter(|name| !is_none(name)).collect();
    if names.len() > MOST {
        let n = names.len();
        return Err(Failure::Encoding(format!(
            "{n} content encodings on one body"
        )));
    }
    for (i, name) in names.iter().enumerate().rev() {
        if i == 0
            && let Some(Packed(magic)) = packed
        {
            let (head, rest) = peek(bytes, name, magic.len())?;
            bytes = rest;
            if head != magic {
                return Ok(bytes);
            }
        }
        bytes = undone(bytes, name)?;
    }
    Ok(bytes)
}

/// The bytes with one coding taken off.
fn undone(bytes: Box<dyn BufRead + Send>, name: &str) -> Result<Box<dyn BufRead + Send>, Failure> {
    Ok(match name {
        "gzip" | "x-gzip" => buffered(bytes, Gzip::new()),
        "deflate" => buffered(bytes, Deflate::new()),
        "br" => buffered(bytes, Brotli::new()),
        "zstd" => {
            let zstd = Zstd::new().map_err(|error| Failure::Encoding(error.to_string()))?;
            buffered(bytes, zstd)
        }
        unknown => {
            return Err(Failure::Encoding(format!(
                "content encoding {unknown} not understood"
            )));
        }
    })
}

/// Whether servers write this where nothing was done to the body: a charset, a
/// transfer encoding of mail, or how the body once came to a store (`aws-chunked`).
fn is_none(name: &str) -> bool {
    const NONE: &[&str] = &["identity", "none", "binary", "7bit", "8bit", "aws-chunked"];
    NONE.contains(&name) || encoding_rs::Encoding::for_label(name.as_bytes()).is_some()
}

/// A kind of files that are compressed by themselves: the bytes that they begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed(&'static [u8]);

/// What kind of these a content type stands for, if it does.
pub(super) fn packed(content_type: &str) -> Option<Packed> {
    let essence = super::charset::media_type(content_type);
    let (_, name) = essence.split_once('/')?;
    Some(Packed(match name.strip_prefix("x-").unwrap_or(name) {
        "gzip" | "gunzip" | "tgz" | "compressed" | "gtar-compressed" | "compressed-tar" => {
            &[0x1F, 0x8B]
        }
        "bzip2" | "bzip" | "bzip-compressed-tar" | "bzip2-compressed-tar" => b"BZh",
        "xz" | "xz-compressed-tar" => &[0xFD, b'7', b'z', b'X', b'Z', 0],
        "zstd" | "zstd-compressed-tar" => &[0x28, 0xB5, 0x2F, 0xFD],
        _ => return None,
    }))
}

/// The first `n` bytes that come off a coding, or fewer, if there are no more or the
/// data is corrupt; and the coded bytes, from their beginning on.
fn peek(
    mut bytes: Box<dyn BufRead + Send>,
    name: &str,
    n: usize,
) -> Result<(Vec<u8>, Box<dyn BufRead + Send>), Failure> {
    /// As much is looked at, in bytes: a header of gzip may have a long name in it.
    const MOST: u64 = 256 << 10;
    let mut coded = Vec::new();
    let mut head = Vec::new();
    loop {
        let before = coded.len();
        let more = bytes.fill_buf().map_err(Failure::from)?;
        let len = more.len();
        coded.extend_from_slice(more);
        bytes.consume(len);
        head.clear();
        let start = Box::new(io::Cursor::new(coded.clone()));
        // The cut at the end of what has come is an error, behind what could be read.
        let _ = undone(start, name)?.take(n as u64).read_to_end(&mut head);
        if head.len() == n || coded.len() == before || coded.len() as u64 > MOST {
            break;
        }
    }
    let whole = Box::new(io::Cursor::new(coded).chain(bytes));
    Ok((head, whole))
}

fn buffered(
    bytes: Box<dyn BufRead + Send>,
    coding: impl Coding + Send + 'static,
) -> Box<dyn BufRead + Send> {
    let decoder = Decoder {
        input: bytes,
        coding,
        taken: 0,
        made: 0,
        silent: 0,
        more: false,
        over: false,
        padded: false,
    };
    Box::new(BufReader::with_capacity(
        crate::common::stream::BLOCK,
        decoder,
    ))
}

/// A reader that undoes a coding.
///
/// It waits for input only when there is nothing more to give without.
struct Decoder<C> {
    input: Box<dyn BufRead + Send>,
    coding: C,
    /// How many bytes went in and how many came out.
    taken: u64,
    made: u64,
    /// How many went in since the last that came out.
    silent: u64,
    /// The last step filled its output: there may be more where that came from.
    more: bool,
    /// A stream has ended; the input either does, too, or another one begins.
    over: bool,
    /// Zeros stand behind the end.
    padded: bool,
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
                if self.padded || self.coding.is_padding(input) {
                    // Zeros up to the end, as tar pads its blocks.
                    self.padded = true;
                    let zeros = input.iter().take_while(|&&byte| byte == 0).count();
                    if zeros < input.len() {
                        return Err(wrong::<C>(TRAILING));
                    }
                    self.input.consume(zeros);
                    continue;
                }
                if !self.coding.again(input[0]) {
                    return Err(wrong::<C>(TRAILING));
                }
                self.over = false;
            }
            if at_end {
                return Err(Failure::Truncated(format!("{} breaks off", C::NAME)).into());
            }
            let step = self.coding.step(input, out).map_err(wrong::<C>)?;
            // A step that gets nowhere would be taken for ever.
            if !self.more && step.taken == 0 && step.made == 0 && !step.ended {
                return Err(wrong::<C>(CORRUPT));
            }
            self.input.consume(step.taken);
            self.taken += step.taken as u64;
            self.made += step.made as u64;
            self.over = step.ended;
            self.more = step.made == out.len() && !step.ended;
            if self.made > BOMB_SIZE && self.made / C::MOST > self.taken {
                return Err(bomb::<C>(self.taken, self.made));
            }
            if step.made > 0 {
                self.silent = 0;
                return Ok(step.made);
            }
            self.silent += step.taken as u64;
            if self.silent > SILENT {
                return Err(wrong::<C>("data makes nothing"));
            }
        }
    }
}

fn wrong<C: Coding>(how: &str) -> io::Error {
    Failure::Encoding(format!("{} {how}", C::NAME)).into()
}

fn bomb<C: Coding>(taken: u64, made: u64) -> io::Error {
    let name = C::NAME;
    let message = format!("decompression bomb: {taken} bytes of {name} made {made}");
    Failure::TooLarge(message).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write;
    use zstd::stream::raw::CParameter;

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

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn bare(text: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// A coding and how it is done.
    type Encoded = (&'static str, fn(&[u8]) -> Vec<u8>);

    const ALL: [Encoded; 5] = [
        ("gzip", gzip),
        ("deflate", zlib),
        ("deflate", bare),
        ("br", br),
        ("zstd", zstd),
    ];

    fn undone(encodings: &[&str], bytes: &[u8], piece: usize) -> Result<Vec<u8>, String> {
        let encodings: Vec<_> = encodings.iter().map(|name| name.to_string()).collect();
        let input = BufReader::with_capacity(piece, io::Cursor::new(bytes.to_vec()));
        let mut text = Vec::new();
        let mut reader = decoded(Box::new(input), &encodings, None).map_err(|e| e.to_string())?;
        match reader.read_to_end(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(error.to_string()),
        }
    }

    // case fetch-2
    #[test]
    fn files_that_are_compressed_by_themselves() {
        let tar = b"a tar, or what looks like one".repeat(9);
        let (tgz, name) = (gzip(&tar), ["x-gzip".to_string()]);
        let undone = |bytes: &[u8], codings: &[String], content_type, piece| {
            let input = BufReader::with_capacity(piece, io::Cursor::new(bytes.to_vec()));
            let mut text = Vec::new();
            let reader = decoded(Box::new(input), codings, packed(content_type));
            reader.unwrap().read_to_end(&mut text).map(|_| text)
        };
        for piece in [1, 7, 4096] {
            for label in [
                "application/x-gzip",
                "application/gzip; x=y",
                "application/x-tgz",
            ] {
                // Gzipped once, it is the file; gzipped twice, the file is within.
                assert!(undone(&tgz, &name, label, piece).unwrap() == tgz);
                assert!(undone(&gzip(&tgz), &name, label, piece).unwrap() == tgz);
            }
            assert!(undone(&tgz, &name, "application/x-tar", piece).unwrap() == tar);
            let both = ["gzip".to_string(), "br".to_string()];
            assert!(undone(&br(&tgz), &both, "application/gzip", piece).unwrap() == tgz);
            let cut = &gzip(&tgz)[..40];
            assert!(undone(cut, &name, "application/gzip", piece).is_err());
        }
        assert_eq!(undone(b"", &[], "application/gzip", 9).unwrap(), b"");
    }

    // case fetch-8
    #[test]
    fn what_is_no_coding_is_passed_over() {
        for names in [
            &["none"][..],
            &["UTF-8"],
            &["binary", "8bit"],
            &["aws-chunked", "identity"],
        ] {
            assert_eq!(undone(names, b"text", 9).unwrap(), b"text");
        }
        assert_eq!(
            undone(&["gzip", "aws-chunked"], &gzip(b"text"), 9).unwrap(),
            b"text"
        );
        assert!(undone(&["compress"], b"text", 9).is_err());
    }

    // case fetch-14
    #[test]
    fn zeros_behind_gzip() {
        let padded = |end: &[u8]| [&gzip(b"text"), &[0; 999][..], end].concat();
        for piece in [1, 7, 4096] {
            assert_eq!(undone(&["gzip"], &padded(b""), piece).unwrap(), b"text");
            for end in [&b"x"[..], &gzip(b"more")] {
                let error = undone(&["gzip"], &padded(end), piece).unwrap_err();
                assert_eq!(error, "gzip data goes on after its end");
            }
        }
    }

    #[test]
    fn every_cut_is_an_error() {
        let text = b"words, words, mere words, no matter from the heart".repeat(20);
        for (name, encoded) in ALL {
            let stream = encoded(&text);
            let breaks_off = format!("body truncated: {name} breaks off");
            for end in 0..stream.len() {
                let result = undone(&[name], &stream[..end], 7);
                assert_eq!(result.as_ref(), Err(&breaks_off), "{end}");
            }
            assert_eq!(undone(&[name], &stream, 7), Ok(text.clone()));
        }
    }

    /// Data that does not shrink comes through, whatever a coding holds back of it.
    #[test]
    fn noise() {
        let mut state = 1u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .take(3 * SILENT as usize)
        .collect();
        for (name, encoded) in ALL {
            assert!(
                undone(&[name], &encoded(&noise), 99_999).as_deref() == Ok(&noise[..]),
                "{name}"
            );
        }
    }

    #[test]
    fn corrupt_or_followed_by_more() {
        let text = b"words, words".repeat(20);
        let flipped = |mut stream: Vec<u8>, from_end: usize| {
            let at = stream.len() - from_end;
            stream[at] ^= 1;
            stream
        };
        let more = |stream: Vec<u8>| [stream, b"xyzzy".to_vec()].concat();
        for (name, stream, message) in [
            ("gzip", flipped(gzip(&text), 5), "gzip data is corrupt"),
            (
                "deflate",
                flipped(zlib(&text), 1),
                "deflate data is corrupt",
            ),
            ("zstd", flipped(zstd(&text), 1), "zstd checksum is wrong"),
            ("gzip", more(gzip(&text)), "gzip data goes on after its end"),
            (
                "deflate",
                more(zlib(&text)),
                "deflate data goes on after its end",
            ),
            (
                "deflate",
                more(bare(&text)),
                "deflate data goes on after its end",
            ),
            ("br", more(br(&text)), "br data goes on after its end"),
            ("zstd", more(zstd(&text)), "zstd data goes on after its end"),
            ("gzip", b"<html>".to_vec(), "gzip data is corrupt"),
            ("deflate", b"<html>".to_vec(), "deflate data is corrupt"),
            ("br", b"<html>".to_vec(), "br data is corrupt"),
            ("zstd", b"<html>".to_vec(), "zstd data is corrupt"),
        ] {
            assert_eq!(undone(&[name], &stream, 99), Err(message.into()));
        }
    }

    #[test]
    fn frames_of_zstd() {
        let skipped = b"\x50\x2A\x4D\x18\x03\0\0\0abc".to_vec();
        let frames = [zstd(b"one "), skipped, zstd(b""), zstd(b"two")].concat();
        assert_eq!(undone(&["ZSTD"], &frames, 3), Ok(b"one two".to_vec()));
        let windows = |bits| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            encoder.set_parameter(CParameter::WindowLog(bits)).unwrap();
            encoder.write_all(b"words").unwrap();
            undone(&["zstd"], &encoder.finish().unwrap(), 99)
        };
        assert_eq!(windows(23), Ok(b"words".to_vec()));
        assert_eq!(windows(24), Err("zstd window is larger than 8 MiB".into()));
    }

    #[test]
    fn unknown_or_far_too_many() {
        let unknown = undone(&["compress"], b"", 9);
        assert_eq!(
            unknown,
            Err("content encoding compress not understood".into())
        );
        assert!(undone(&["gzip"; 5], b"", 9).is_err());
        assert_eq!(undone(&["Identity", "identity"], b"x", 9), Ok(b"x".into()));
    }

    #[test]
    fn bombs() {
        let zeros = vec![0; 65 << 20];
        for (name, encoded) in ALL {
            let stream = encoded(&zeros);
            let stopped = undone(&[name], &stream, stream.len()).unwrap_err();
            assert!(stopped.starts_with("decompression bomb: "), "{stopped}");
            let harmless = undone(&[name], &encoded(&zeros[..BOMB_SIZE as usize]), 1 << 20);
            assert_eq!(harmless.map(|zeros| zeros.len() as u64), Ok(BOMB_SIZE));
        }
        // Many lines that are much the same are none.
        let lines = (0..750_000).map(|i| format!("{i} GET /index.html HTTP/1.1 200 OK, as ever\n"));
        let lines = lines.collect::<String>().repeat(2).into_bytes();
        assert!(lines.len() as u64 > BOMB_SIZE);
        for (name, encoded) in ALL {
            assert!(undone(&[name], &encoded(&lines), 1 << 20).is_ok(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces(
            texts in prop::collection::vec(prop::collection::vec(0..4u8, 0..3000), 1..4),
            piece in 1..700usize,
        ) {
            let whole = texts.concat();
            for (name, encoded) in ALL {
                prop_assert_eq!(undone(&[name], &encoded(&whole), piece), Ok(whole.clone()));
            }
            for (name, encoded) in [("X-GZip", gzip as fn(&[u8]) -> Vec<u8>), ("zstd", zstd)] {
                let parts: Vec<u8> = texts.iter().flat_map(|text| encoded(text)).collect();
                prop_assert_eq!(undone(&[name], &parts, piece), Ok(whole.clone()));
            }
            let three = zstd(&br(&gzip(&whole)));
            let names = ["gzip", "identity", "BR", "zstd"];
            prop_assert_eq!(undone(&names, &three, piece), Ok(whole));
        }

        #[test]
        fn no_input_is_too_odd(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            text: Vec<u8>,
            flip in any::<prop::sample::Index>(),
            bit in 0..8u8,
        ) {
            for (name, encoded) in ALL {
                let _ = undone(&[name], &bytes, 99);
                let mut stream = encoded(&text);
                let at = flip.index(stream.len());
                stream[at] ^= 1 << bit;
                let _ = undone(&[name], &stream, 99);
            }
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
        fn flushed<E: Write>(mut encoder: E, text: &[u8], stream: fn(&E) -> Vec<u8>) -> Vec<u8> {
            encoder.write_all(text).unwrap();
            encoder.flush().unwrap();
            stream(&encoder)
        }
        let text = vec![b'a'; 3 << 20];
        let level = Compression::default;
        for (name, flushed) in [
            (
                "gzip",
                flushed(GzEncoder::new(Vec::new(), level()), &text, |e| {
                    e.get_ref().clone()
                }),
            ),
            (
                "deflate",
                flushed(ZlibEncoder::new(Vec::new(), level()), &text, |e| {
                    e.get_ref().clone()
                }),
            ),
            (
                "br",
                flushed(
                    brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22),
                    &text,
                    |e| e.get_ref().clone(),
                ),
            ),
            (
                "zstd",
                flushed(zstd::Encoder::new(Vec::new(), 3).unwrap(), &text, |e| {
                    e.get_ref().clone()
                }),
            ),
        ] {
            let input = BufReader::with_capacity(flushed.len(), Once(Some(flushed)));
            let mut reader = decoded(Box::new(input), &[name.to_string()], None).unwrap();
            let mut given = vec![0; text.len()];
            reader.read_exact(&mut given).unwrap();
            assert!(given == text, "{name}");
        }
    }
}

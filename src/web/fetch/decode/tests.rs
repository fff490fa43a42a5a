//! Streams of every coding: whole, cut, corrupt, padded, in pieces.

use super::decoder::{BOMB_SIZE, MAX_WITHOUT_OUTPUT};
use super::*;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use std::io::{BufReader, Write};
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

fn decoded(encodings: &[&str], bytes: &[u8], piece: usize) -> Result<Vec<u8>, String> {
    let encodings: Vec<_> = encodings.iter().map(|name| name.to_string()).collect();
    let input = BufReader::with_capacity(piece, io::Cursor::new(bytes.to_vec()));
    let mut text = Vec::new();
    let mut reader = decode(Box::new(input), &encodings, None).map_err(|e| e.to_string())?;
    match reader.read_to_end(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(error.to_string()),
    }
}

// case fetch-2
#[test]
fn compressed_files() {
    let tar = b"a tar, or what looks like one".repeat(9);
    let (tgz, name) = (gzip(&tar), ["x-gzip".to_string()]);
    let decoded = |bytes: &[u8], codings: &[String], content_type, piece| {
        let input = BufReader::with_capacity(piece, io::Cursor::new(bytes.to_vec()));
        let mut text = Vec::new();
        let reader = decode(Box::new(input), codings, CompressedFile::of(content_type));
        reader.unwrap().read_to_end(&mut text).map(|_| text)
    };
    for piece in [1, 7, 4096] {
        for label in [
            "application/x-gzip",
            "application/gzip; x=y",
            "application/x-tgz",
        ] {
            // Gzipped once, it is the file; gzipped twice, the file is within.
            assert!(decoded(&tgz, &name, label, piece).unwrap() == tgz);
            assert!(decoded(&gzip(&tgz), &name, label, piece).unwrap() == tgz);
        }
        assert!(decoded(&tgz, &name, "application/x-tar", piece).unwrap() == tar);
        let both = ["gzip".to_string(), "br".to_string()];
        assert!(decoded(&br(&tgz), &both, "application/gzip", piece).unwrap() == tgz);
        let cut = &gzip(&tgz)[..40];
        assert!(decoded(cut, &name, "application/gzip", piece).is_err());
    }
    assert_eq!(decoded(b"", &[], "application/gzip", 9).unwrap(), b"");
}

// case fetch-8
#[test]
fn names_of_no_coding_are_ignored() {
    for names in [
        &["none"][..],
        &["UTF-8"],
        &["binary", "8bit"],
        &["aws-chunked", "identity"],
    ] {
        assert_eq!(decoded(names, b"text", 9).unwrap(), b"text");
    }
    assert_eq!(
        decoded(&["gzip", "aws-chunked"], &gzip(b"text"), 9).unwrap(),
        b"text"
    );
    assert!(decoded(&["compress"], b"text", 9).is_err());
}

// case fetch-14
#[test]
fn zeros_after_gzip() {
    let padded = |end: &[u8]| [&gzip(b"text"), &[0; 999][..], end].concat();
    for piece in [1, 7, 4096] {
        assert_eq!(decoded(&["gzip"], &padded(b""), piece).unwrap(), b"text");
        for end in [&b"x"[..], &gzip(b"more")] {
            let error = decoded(&["gzip"], &padded(end), piece).unwrap_err();
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
            let result = decoded(&[name], &stream[..end], 7);
            assert_eq!(result.as_ref(), Err(&breaks_off), "{end}");
        }
        assert_eq!(decoded(&[name], &stream, 7), Ok(text.clone()));
    }
}

/// Incompressible data, which the codings buffer in their own ways.
#[test]
fn noise() {
    let mut state = 1u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    })
    .take(3 * MAX_WITHOUT_OUTPUT as usize)
    .collect();
    for (name, encoded) in ALL {
        assert!(
            decoded(&[name], &encoded(&noise), 99_999).as_deref() == Ok(&noise[..]),
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
        assert_eq!(decoded(&[name], &stream, 99), Err(message.into()));
    }
}

#[test]
fn frames_of_zstd() {
    let skipped = b"\x50\x2A\x4D\x18\x03\0\0\0abc".to_vec();
    let frames = [zstd(b"one "), skipped, zstd(b""), zstd(b"two")].concat();
    assert_eq!(decoded(&["ZSTD"], &frames, 3), Ok(b"one two".to_vec()));
    let windows = |bits| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.set_parameter(CParameter::WindowLog(bits)).unwrap();
        encoder.write_all(b"words").unwrap();
        decoded(&["zstd"], &encoder.finish().unwrap(), 99)
    };
    assert_eq!(windows(23), Ok(b"words".to_vec()));
    assert_eq!(windows(24), Err("zstd window is larger than 8 MiB".into()));
    // A frame that names dictionary 5.
    let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x21, 5, 0, 1, 0, 0];
    let error = Err("zstd data needs a dictionary".into());
    assert_eq!(decoded(&["zstd"], &frame, 99), error);
}

#[test]
fn unknown_or_far_too_many() {
    let unknown = decoded(&["compress"], b"", 9);
    assert_eq!(
        unknown,
        Err("content encoding compress not understood".into())
    );
    assert!(decoded(&["gzip"; 5], b"", 9).is_err());
    assert_eq!(decoded(&["Identity", "identity"], b"x", 9), Ok(b"x".into()));
}

#[test]
fn bombs() {
    let zeros = vec![0; 65 << 20];
    for (name, encoded) in ALL {
        let stream = encoded(&zeros);
        let stopped = decoded(&[name], &stream, stream.len()).unwrap_err();
        assert!(stopped.starts_with("decompression bomb: "), "{stopped}");
        let harmless = decoded(&[name], &encoded(&zeros[..BOMB_SIZE as usize]), 1 << 20);
        assert_eq!(harmless.map(|zeros| zeros.len() as u64), Ok(BOMB_SIZE));
    }
    // Many lines that are much the same are none.
    let lines = (0..750_000).map(|i| format!("{i} GET /index.html HTTP/1.1 200 OK, as ever\n"));
    let lines = lines.collect::<String>().repeat(2).into_bytes();
    assert!(lines.len() as u64 > BOMB_SIZE);
    for (name, encoded) in ALL {
        assert!(
            decoded(&[name], &encoded(&lines), 1 << 20).is_ok(),
            "{name}"
        );
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
            prop_assert_eq!(decoded(&[name], &encoded(&whole), piece), Ok(whole.clone()));
        }
        for (name, encoded) in [("X-GZip", gzip as fn(&[u8]) -> Vec<u8>), ("zstd", zstd)] {
            let parts: Vec<u8> = texts.iter().flat_map(|text| encoded(text)).collect();
            prop_assert_eq!(decoded(&[name], &parts, piece), Ok(whole.clone()));
        }
        let three = zstd(&br(&gzip(&whole)));
        let names = ["gzip", "identity", "BR", "zstd"];
        prop_assert_eq!(decoded(&names, &three, piece), Ok(whole));
    }

    #[test]
    fn any_input(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text: Vec<u8>,
        flip in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        for (name, encoded) in ALL {
            let _ = decoded(&[name], &bytes, 99);
            let mut stream = encoded(&text);
            let at = flip.index(stream.len());
            stream[at] ^= 1 << bit;
            let _ = decoded(&[name], &stream, 99);
        }
    }
}

/// The output for the input so far is available at once: a second read of the input panics.
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
        let mut reader = decode(Box::new(input), &[name.to_string()], None).unwrap();
        let mut given = vec![0; text.len()];
        reader.read_exact(&mut given).unwrap();
        assert!(given == text, "{name}");
    }
}

//! All formats through the same tests: whole, cut, damaged, joined.

use super::zstd::library::Library;
use super::zstd::rust::Rust;
use super::zstd::{Engine, Zstd};
use super::*;
use crate::common::arbitrary;
use crate::common::memory::Size;
use decode::Decode;
use flate2::Compression;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use lzma_rust2::{CheckType, XzOptions, XzWriter};
use proptest::prelude::*;
use std::io::{self, Read, Write};

/// Compressed texts.
const FORMATS: [Format; 6] = [
    Format::Gzip,
    Format::Zstd,
    Format::Bzip2,
    Format::Xz,
    Format::Lz4,
    Format::Lz4Legacy,
];

/// A text as one member, with all checksums that the format has.
fn member(format: Format, text: &[u8]) -> Vec<u8> {
    let write = |writer: &mut dyn Write| writer.write_all(text).unwrap();
    match format {
        Format::Gzip => {
            let header = flate2::GzBuilder::new().filename("name").comment("comment");
            let mut writer = header.write(Vec::new(), Compression::default());
            write(&mut writer);
            writer.finish().unwrap()
        }
        Format::Zstd => {
            let mut writer = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
            writer.include_checksum(true).unwrap();
            write(&mut writer);
            writer.finish().unwrap()
        }
        Format::Bzip2 => {
            let mut writer =
                ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::new(1));
            write(&mut writer);
            writer.finish().unwrap()
        }
        Format::Xz => xz(text, CheckType::Crc64, None),
        Format::Lz4 => {
            let frame = FrameInfo::new()
                .block_checksums(true)
                .content_checksum(true)
                .content_size(Some(text.len() as u64));
            lz4(text, frame)
        }
        Format::Lz4Legacy => {
            let mut bytes = 0x184C_2102_u32.to_le_bytes().to_vec();
            for block in text.chunks(8 << 20) {
                let block = lz4_flex::block::compress(block);
                bytes.extend_from_slice(&(block.len() as u32).to_le_bytes());
                bytes.extend_from_slice(&block);
            }
            bytes
        }
        Format::Skippable => {
            let length = (text.len() as u32).to_le_bytes();
            [&0x184D_2A53_u32.to_le_bytes()[..], &length, text].concat()
        }
    }
}

fn xz(text: &[u8], check: CheckType, block: Option<u64>) -> Vec<u8> {
    let mut options = XzOptions::with_preset(1);
    options.set_check_sum_type(check);
    options.set_block_size(block.and_then(std::num::NonZeroU64::new));
    let mut writer = XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

fn lz4(text: &[u8], frame: FrameInfo) -> Vec<u8> {
    let mut writer = FrameEncoder::with_frame_info(frame, Vec::new());
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

/// An input that gives pieces of these sizes, in turns.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: &'a [usize],
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()];
        self.next += 1;
        let n = size.max(1).min(self.bytes.len()).min(output.len());
        let (piece, rest) = self.bytes.split_at(n);
        output[..n].copy_from_slice(piece);
        self.bytes = rest;
        Ok(n)
    }
}

/// The text of an input that is read in pieces of these sizes, or the error.
fn text_by(bytes: &[u8], sizes: &[usize]) -> Result<Vec<u8>, String> {
    let input = Pieces {
        bytes,
        sizes,
        next: 0,
    };
    let mut text = Vec::new();
    let mut reader = Decompress::new(input, Allowance::default());
    match reader.read_to_end(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(error.to_string()),
    }
}

fn text(bytes: &[u8]) -> Result<Vec<u8>, String> {
    text_by(bytes, &[usize::MAX])
}

/// A text of some lines, which no format stores as it is.
fn sample(lines: usize) -> Vec<u8> {
    let lines = (0..lines).map(|n| format!("{} is line {n}, and so on\n", n * n % 1009));
    lines.collect::<String>().into_bytes()
}

#[test]
fn every_format() {
    for format in FORMATS {
        for lines in [0, 1, 50, 40_000] {
            let sample = sample(lines);
            let bytes = member(format, &sample);
            assert!(text(&bytes).unwrap() == sample, "{format}, {lines} lines");
        }
        // What cannot be compressed, and what can very well.
        let noise: Vec<u8> = (0..300_000_u64)
            .map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
            .collect();
        assert!(text(&member(format, &noise)).unwrap() == noise, "{format}");
        let zeros = vec![0; 20 << 20];
        assert!(text(&member(format, &zeros)).unwrap() == zeros, "{format}");
    }
}

#[test]
fn every_kind_of_xz_and_lz4() {
    let sample = sample(20_000);
    for check in [
        CheckType::None,
        CheckType::Crc32,
        CheckType::Crc64,
        CheckType::Sha256,
    ] {
        for block in [None, Some(10_000)] {
            assert!(text(&xz(&sample, check, block)).unwrap() == sample);
        }
    }
    for size in [
        BlockSize::Max64KB,
        BlockSize::Max256KB,
        BlockSize::Max1MB,
        BlockSize::Max4MB,
    ] {
        for mode in [BlockMode::Independent, BlockMode::Linked] {
            let frame = || FrameInfo::new().block_size(size).block_mode(mode);
            for frame in [
                frame(),
                frame().block_checksums(true),
                frame().content_checksum(true),
                frame()
                    .content_size(Some(sample.len() as u64))
                    .block_checksums(true),
            ] {
                assert!(text(&lz4(&sample, frame)).unwrap() == sample);
            }
        }
    }
}

/// The lengths of a cut member that are complete: a text, or blocks of lz4's older format.
fn is_complete(format: Format, length: usize, whole: usize) -> bool {
    match format {
        Format::Bzip2 => length <= 3,
        // Of the empty member the magic number is all.
        Format::Lz4Legacy => length <= 1 || length == 4 || length == whole,
        _ => length <= 1,
    }
}

#[test]
fn a_cut_at_every_byte_is_an_error() {
    for format in FORMATS {
        for lines in [0, 30] {
            let bytes = member(format, &sample(lines));
            for cut in 0..bytes.len() {
                let found = text(&bytes[..cut]);
                match is_complete(format, cut, bytes.len()) {
                    true => assert!(found.is_ok(), "{format} {cut}: {found:?}"),
                    false => assert_eq!(found, Err(format!("truncated {format} data")), "{cut}"),
                }
            }
        }
    }
}

#[test]
fn a_cut_second_member_is_an_error() {
    for first in FORMATS {
        for second in FORMATS {
            let sample = sample(9);
            let begin = member(first, &sample);
            let bytes = [&begin[..], &member(second, &sample)].concat();
            assert_eq!(text(&bytes).unwrap(), sample.repeat(2), "{first} {second}");
            for cut in begin.len() + 1..bytes.len() {
                let is_complete = second == Format::Lz4Legacy && cut == begin.len() + 4;
                let found = text(&bytes[..cut]);
                assert_eq!(
                    found.is_ok(),
                    is_complete,
                    "{first} {second} {cut}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn a_damaged_bit_never_gives_another_text() {
    // The older format of lz4 has no checksum.
    for format in FORMATS
        .into_iter()
        .filter(|&format| format != Format::Lz4Legacy)
    {
        let sample = sample(20);
        let bytes = member(format, &sample);
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match text(&damaged) {
                // A name, a time, a hint, or no format at all.
                Ok(found) => assert!(found == sample || found == damaged, "{format}, bit {bit}"),
                Err(error) => assert!(error.contains("data"), "{error}"),
            }
        }
    }
}

#[test]
fn padding_and_rests() {
    for format in FORMATS {
        let sample = sample(5);
        let begin = member(format, &sample);
        let with = |rest: &[u8]| text(&[&begin[..], rest].concat());
        for zeros in [1, 4, 511, 700_000] {
            assert!(with(&vec![0; zeros]).unwrap() == sample, "{format}");
            let next = [&vec![0; zeros][..], &member(Format::Gzip, b"next")].concat();
            assert!(with(&next).unwrap() == [&sample[..], b"next"].concat());
        }
        if format == Format::Lz4Legacy {
            continue;
        }
        for (rest, extent) in [
            (&b"garbage"[..], "7 bytes"),
            (b"x", "1 byte"),
            (b"\0\0x", "3 bytes"),
            (b"PK\x03\x04rest", "8 bytes"),
            (b"\x1F", "1 byte"),
            (&[b'y'; 200_000], "200000 bytes"),
        ] {
            let expected = format!("{extent} after the end of the {format} data");
            assert_eq!(with(rest), Err(expected));
        }
        let error = with(&[b'y'; 3 << 20]).unwrap_err();
        assert!(
            error.starts_with("more than ") && error.contains(" bytes after"),
            "{error}"
        );
    }
}

#[test]
fn skippable_frames() {
    let frame = |length| member(Format::Skippable, &vec![7; length]);
    for format in [Format::Zstd, Format::Lz4] {
        let sample = sample(5);
        let bytes = member(format, &sample);
        for length in [0, 1, 1000, 500_000] {
            let around = [
                frame(length),
                bytes.clone(),
                frame(length),
                bytes.clone(),
                frame(3),
            ]
            .concat();
            assert!(text(&around).unwrap() == sample.repeat(2));
        }
    }
    assert_eq!(text(&frame(100)).unwrap(), b"");
    for cut in 4..108 {
        let error = text(&frame(100)[..cut]).unwrap_err();
        assert_eq!(error, "truncated zstd or lz4 data");
    }
}

#[test]
fn other_formats_are_refused_by_name() {
    for (bytes, error) in [
        (&b"PK\x03\x04\x14\0"[..], "is a zip archive (use unzip -p)"),
        (b"PK\x05\x06", "is a zip archive (use unzip -p)"),
        (b"\x1F\x9D\x90", "is compressed by compress (use gzip -dc)"),
        (b"LZIP\x01", "is compressed by lzip (use lzip -dc)"),
        (
            b"\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
            "is compressed by lzma (use xz -dc)",
        ),
    ] {
        assert_eq!(text(bytes), Err(error.to_string()));
    }
    for plain in [&b""[..], b"PK", b"text", b"LZIP", b"\x5D\0\0", b"\x1F"] {
        assert_eq!(text(plain), Ok(plain.to_vec()));
    }
}

#[test]
fn too_much_memory_and_dictionaries_are_refused() {
    let sample = sample(100);
    let within = |bytes: &[u8], limit: u64| {
        let allowance = Allowance::within(Size::Bytes(limit));
        let mut text = Vec::new();
        let read = Decompress::new(bytes, allowance.clone()).read_to_end(&mut text);
        assert_eq!(allowance.taken(), 0);
        read.map(|_| text).map_err(|error| error.to_string())
    };
    // The dictionary of preset 1 of xz has 1 MiB.
    for (format, needed, shown) in [
        (Format::Xz, 1 << 20, "1 MiB"),
        (Format::Bzip2, 400_000, "391 KiB"),
        (Format::Lz4, 192 << 10, "192 KiB"),
    ] {
        let bytes = match format {
            Format::Lz4 => lz4(&sample, FrameInfo::new().block_size(BlockSize::Max64KB)),
            format => member(format, &sample),
        };
        // What the rest of the program needs.
        let enough = needed + (1 << 20) + (64 << 10);
        assert!(
            within(&bytes, enough).is_ok(),
            "{format} {:?}",
            within(&bytes, enough)
        );
        let error = within(&bytes, 1 << 20).unwrap_err();
        let start = format!("the {format} data needs {shown} of memory, more than the 0 ");
        let end = format!(" that are left (use a larger -S, or {format} -dc)");
        assert!(
            error.starts_with(&start) && error.ends_with(&end),
            "{error}"
        );
    }
    // A frame of zstd with a window of 2 GiB, and one with a dictionary.
    let large = b"\x28\xB5\x2F\xFD\x04\xA8";
    assert_eq!(
        text(large).unwrap_err(),
        "the zstd data needs 2 GiB of memory, more than 128 MiB (use zstd -dc --long=31)"
    );
    assert_eq!(
        text(b"\x28\xB5\x2F\xFD\x01\x00\x09").unwrap_err(),
        "the zstd data needs the dictionary 9 (use zstd -dc -D FILE)"
    );
}

/// Decodes a member by one decoder.
fn decoded(mut decoder: impl Decode, mut bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let mut output = vec![0; 1000];
    loop {
        let step = decoder
            .step(bytes, &mut output)
            .map_err(|error| error.to_string())?;
        text.extend_from_slice(&output[..step.produced]);
        bytes = &bytes[step.consumed..];
        if step.ended {
            return match bytes {
                [] => Ok(text),
                _ => Err("a rest".into()),
            };
        }
        if step.consumed == 0 && step.produced == 0 {
            return Err("no progress".into());
        }
    }
}

fn zstd<E: Engine>(bytes: &[u8]) -> Result<Vec<u8>, String> {
    decoded(Zstd::<E>::new(Allowance::default()), bytes)
}

#[test]
fn both_decoders_of_zstd() {
    for lines in [0, 1, 1000, 100_000] {
        let sample = sample(lines);
        for has_size in [false, true] {
            let mut writer = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
            writer.include_checksum(has_size).unwrap();
            if has_size {
                writer
                    .set_pledged_src_size(Some(sample.len() as u64))
                    .unwrap();
            }
            writer.write_all(&sample).unwrap();
            let bytes = writer.finish().unwrap();
            assert!(zstd::<Library>(&bytes).unwrap() == sample);
            assert!(zstd::<Rust>(&bytes).unwrap() == sample);
            for cut in (0..bytes.len()).step_by(1 + bytes.len() / 100) {
                assert!(zstd::<Library>(&bytes[..cut]).is_err());
                assert!(zstd::<Rust>(&bytes[..cut]).is_err());
            }
        }
    }
    let bytes = member(Format::Zstd, &sample(20));
    for bit in 0..8 * bytes.len() {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        // ruzstd accepts some unused bits that the library refuses.
        let found = zstd::<Rust>(&damaged);
        assert!(
            found == Ok(sample(20)) || found.is_err() || found == zstd::<Library>(&damaged),
            "bit {bit}"
        );
    }
}

/// What waits for more input.
#[test]
fn text_is_returned_at_once() {
    /// Gives a piece, and then fails.
    struct Once<'a>(&'a [u8]);
    impl Read for Once<'_> {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            match self.0.len() {
                0 => Err(io::Error::other("waits")),
                n => {
                    output[..n].copy_from_slice(self.0);
                    self.0 = &[];
                    Ok(n)
                }
            }
        }
    }
    let first = |bytes: &[u8]| {
        let mut output = [0; 100];
        let mut reader = Decompress::new(Once(bytes), Allowance::default());
        let n = reader
            .read(&mut output)
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(output[..n].to_vec())
    };
    for text in ["a", "BZh9 is", "Px", "\u{FD}7z"] {
        assert_eq!(first(text.as_bytes()), Ok(text.as_bytes().to_vec()));
    }
    for part in [&b"B"[..], b"BZh91AY&S", b"\x1F\x8B\x08", b"\xFD7zXZ"] {
        assert_eq!(first(part), Err("waits".to_string()), "{part:?}");
    }
    // A stream that was flushed, and is not at its end.
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(b"a line\n").unwrap();
    writer.flush().unwrap();
    assert_eq!(first(writer.get_ref()), Ok(b"a line\n".to_vec()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the input is cut into reads, the text is the same.
    #[test]
    fn every_cut_of_reads(
        members in prop::collection::vec((0..FORMATS.len(), arbitrary::text(), 0..3_usize), 0..4),
        sizes in prop::collection::vec(1..40_usize, 1..6),
    ) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (format, sample, zeros) in members {
            // Only the last member may be in the older format of lz4.
            let format = match FORMATS[format] {
                Format::Lz4Legacy => Format::Lz4,
                format => format,
            };
            let sample = sample.repeat(20);
            bytes.extend(member(format, sample.as_ref()));
            bytes.resize(bytes.len() + zeros, 0);
            expected.extend_from_slice(sample.as_ref());
        }
        prop_assert_eq!(text_by(&bytes, &sizes).unwrap(), expected);
    }

    /// No input makes a decoder panic, and the cut into reads does not change the result.
    #[test]
    fn any_bytes(
        format in 0..FORMATS.len(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..9),
        sizes in prop::collection::vec(1..40_usize, 1..6),
    ) {
        let mut bytes = member(FORMATS[format], &sample(40));
        for (place, byte) in places {
            *place.get_mut(&mut bytes) = byte;
        }
        prop_assert_eq!(text(&bytes), text_by(&bytes, &sizes));
    }
}

/// An input that has nothing at every other read.
struct Late<'a>(&'a [u8], bool);

impl Read for Late<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        match self.1 {
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => {
                let n = output.len().min(3);
                self.0.read(&mut output[..n])
            }
        }
    }
}

#[test]
fn an_input_that_has_nothing_yet_is_read_again() {
    let text = sample(50);
    let kinds = FORMATS.map(|format| (format!("{format:?}"), member(format, &text).repeat(2)));
    let plain = ("plain".to_string(), text.repeat(2));
    for (name, data) in kinds.into_iter().chain([plain]) {
        let mut input = Decompress::new(Late(&data, false), Allowance::default());
        let (mut all, mut waits) = (Vec::new(), 0);
        let mut block = [0; 64];
        loop {
            match input.read(&mut block) {
                Ok(0) => break,
                Ok(n) => all.extend_from_slice(&block[..n]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => waits += 1,
                Err(error) => panic!("{name}: {error}"),
            }
        }
        assert!(all == text.repeat(2) && waits > 1, "{name}");
    }
}

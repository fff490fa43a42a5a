//! The formats, and how their first bytes tell them apart.
//!
//! gzip: RFC 1952, 2.3. zstd and skippable frames: RFC 8878, 3.1. bzip2: its source,
//! `bzlib_private.h`, and the 48 bits that begin a block or the end of a stream. xz: The .xz File
//! Format 1.2.1, 2.1. lz4: LZ4 Frame Format 1.6.4.

use std::fmt;

/// A format that is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// gzip, RFC 1952.
    Gzip,
    /// zstd, RFC 8878.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Frames of lz4.
    Lz4,
    /// The format of `lz4 -l`, which Linux kernels have.
    Lz4Legacy,
    /// A frame of zstd or lz4 that has no text.
    Skippable,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Gzip => "gzip",
            Format::Zstd => "zstd",
            Format::Bzip2 => "bzip2",
            Format::Xz => "xz",
            Format::Lz4 | Format::Lz4Legacy => "lz4",
            Format::Skippable => "zstd or lz4",
        })
    }
}

/// A format that is recognized and not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// A zip archive, such as one of an office program.
    Zip,
    /// The output of compress(1), `.Z`.
    Compress,
    /// lzip.
    Lzip,
    /// The format of lzma(1), before xz.
    Lzma,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Foreign::Zip => "is a zip archive (use unzip -p)",
            Foreign::Compress => "is compressed by compress (use gzip -dc)",
            Foreign::Lzip => "is compressed by lzip (use lzip -dc)",
            Foreign::Lzma => "is compressed by lzma (use xz -dc)",
        })
    }
}

/// What the first bytes of a text or of a member say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// It is not compressed.
    Plain,
    /// The bytes are a proper prefix of a magic number: more of them decide.
    Undecided,
    Compressed(Format),
    Foreign(Foreign),
}

/// The length of the longest magic number, in bytes.
pub(super) const LONGEST: usize = 10;

/// A byte of a magic number: the least and the largest value.
type Range = (u8, u8);

struct Magic {
    start: Start,
    /// An input that consists of up to this many bytes of the magic number is plain text. With
    /// more of them, but not all, it is a truncated member.
    may_be_text: usize,
    bytes: &'static [Range],
}

const fn is(byte: u8) -> Range {
    (byte, byte)
}

const ANY: Range = (0, 0xFF);

/// The three reserved flags of gzip are 0.
const GZIP_FLAGS: Range = (0, 0x1F);

/// The size of the blocks of bzip2.
const LEVEL: Range = (b'1', b'9');

#[rustfmt::skip]
const MAGICS: &[Magic] = &[
    Magic {
        start: Start::Compressed(Format::Gzip),
        may_be_text: 1,
        bytes: &[is(0x1F), is(0x8B), is(8), GZIP_FLAGS],
    },
    Magic {
        start: Start::Compressed(Format::Zstd),
        may_be_text: 1,
        bytes: &[is(0x28), is(0xB5), is(0x2F), is(0xFD)],
    },
    // A text may begin with `BZh9`. So the 48 bits of a block, and those of the end of an
    // empty stream, are part of the number.
    Magic {
        start: Start::Compressed(Format::Bzip2),
        may_be_text: 3,
        bytes: &[is(b'B'), is(b'Z'), is(b'h'), LEVEL, is(0x31), is(0x41), is(0x59), is(0x26), is(0x53), is(0x59)],
    },
    Magic {
        start: Start::Compressed(Format::Bzip2),
        may_be_text: 3,
        bytes: &[is(b'B'), is(b'Z'), is(b'h'), LEVEL, is(0x17), is(0x72), is(0x45), is(0x38), is(0x50), is(0x90)],
    },
    Magic {
        start: Start::Compressed(Format::Xz),
        may_be_text: 1,
        bytes: &[is(0xFD), is(b'7'), is(b'z'), is(b'X'), is(b'Z'), is(0)],
    },
    Magic {
        start: Start::Compressed(Format::Lz4),
        may_be_text: 1,
        bytes: &[is(0x04), is(0x22), is(0x4D), is(0x18)],
    },
    Magic {
        start: Start::Compressed(Format::Lz4Legacy),
        may_be_text: 1,
        bytes: &[is(0x02), is(0x21), is(0x4C), is(0x18)],
    },
    Magic {
        start: Start::Compressed(Format::Skippable),
        may_be_text: 3,
        bytes: &[(0x50, 0x5F), is(0x2A), is(0x4D), is(0x18)],
    },
    Magic {
        start: Start::Foreign(Foreign::Zip),
        may_be_text: 3,
        bytes: &[is(b'P'), is(b'K'), is(3), is(4)],
    },
    // An empty archive.
    Magic {
        start: Start::Foreign(Foreign::Zip),
        may_be_text: 3,
        bytes: &[is(b'P'), is(b'K'), is(5), is(6)],
    },
    Magic {
        start: Start::Foreign(Foreign::Compress),
        may_be_text: 1,
        bytes: &[is(0x1F), is(0x9D)],
    },
    Magic {
        start: Start::Foreign(Foreign::Lzip),
        may_be_text: 4,
        bytes: &[is(b'L'), is(b'Z'), is(b'I'), is(b'P'), is(1)],
    },
    // The usual parameters, a dictionary of a multiple of 256 bytes, and an unknown size.
    Magic {
        start: Start::Foreign(Foreign::Lzma),
        may_be_text: 9,
        bytes: &[is(0x5D), is(0), ANY, ANY, ANY, is(0xFF), is(0xFF), is(0xFF), is(0xFF), is(0xFF)],
    },
];

/// What the first bytes of a text or of a member say; `is_all` if the input ends after them.
pub(super) fn recognize(bytes: &[u8], is_all: bool) -> Start {
    let mut undecided = false;
    for magic in MAGICS {
        let matches = |(byte, range): (&u8, &Range)| (range.0..=range.1).contains(byte);
        if !bytes.iter().zip(magic.bytes).all(matches) {
            continue;
        }
        if bytes.len() >= magic.bytes.len() {
            return magic.start;
        }
        match is_all {
            false => undecided = true,
            // The decoder reports that it is truncated.
            true if bytes.len() > magic.may_be_text => return magic.start,
            true => {}
        }
    }
    match undecided {
        true => Start::Undecided,
        false => Start::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_not_taken_for_a_format() {
        for text in [
            "",
            "B",
            "BZh",
            "BZh9 is a text",
            "BZh91AY&SX",
            "LZIP is a program",
            "PK",
            "PK\u{3}",
            "(",
            "P*M",
            "\u{1F}",
            "]",
            "]\0\0",
            "\u{4}\"M",
        ] {
            let found = recognize(text.as_bytes(), true);
            // A control character before a quote is not how a text begins.
            let expected = match text {
                "\u{4}\"M" => Start::Compressed(Format::Lz4),
                _ => Start::Plain,
            };
            assert_eq!(found, expected, "{text:?}");
        }
        // Reserved flags of gzip, and another method.
        assert_eq!(recognize(&[0x1F, 0x8B, 8, 0x20], false), Start::Plain);
        assert_eq!(recognize(&[0x1F, 0x8B, 7, 0], false), Start::Plain);
    }

    #[test]
    fn more_bytes_decide() {
        for magic in MAGICS {
            assert!(magic.bytes.len() <= LONGEST);
            let mut bytes: Vec<u8> = magic.bytes.iter().map(|range| range.0).collect();
            for n in 1..bytes.len() {
                let found = recognize(&bytes[..n], false);
                assert!(found == Start::Undecided, "{found:?}");
                let is_text = recognize(&bytes[..n], true) == Start::Plain;
                assert_eq!(is_text, n <= magic.may_be_text, "{:?} {n}", magic.start);
            }
            assert_eq!(recognize(&bytes, false), magic.start);
            bytes.push(b'x');
            assert_eq!(recognize(&bytes, false), magic.start);
        }
    }
}

//! Text into bit masks: the bytes of words, and the first bytes of capitals.
//!
//! 64 bytes of text become a few 64-bit numbers; bit *i* is for byte *i*. With
//! these, the starts of words in all 64 bytes are a shift and an AND
//! (`crate::text::pick`). The masks are made in two steps: the class of each byte, which is
//! enough for ASCII, and then the classes of characters outside ASCII.
//!
//! Chapters: `masks`, `kernels` (the loops over a text, and what they need from an instruction
//! set), `refine` (characters outside ASCII), `natural`
//! (words as readers see them), `pages` (a fast look-up of their classes), `unicode`
//! (the classes), `changes` (the characters that may change in lower case), `tables` (more that is
//! looked up); for the instruction `sets` themselves `portable` (any machine), `avx2`, `avx512`,
//! `neon`. The tests run each set that the machine has. `cfg(simd)` comes from build.rs.

#[cfg(simd = "x86")]
mod avx2;
#[cfg(simd = "x86")]
mod avx512;
#[cfg(simd)]
mod changes;
mod kernels;
mod masks;
mod natural;
#[cfg(simd = "neon")]
mod neon;
#[cfg(simd)]
mod pages;
mod portable;
mod refine;
mod sets;
#[cfg(simd)]
mod tables;
pub mod unicode;

pub use masks::{CHUNK, Leads, Masks, Nth, ROOM, Scope, Separators};
pub use natural::{Last, Natural, Progress};
pub use sets::Set;
#[cfg(test)]
pub use sets::with_each;
pub use unicode::Members;

/// Calls a kernel by its best implementation for this machine.
macro_rules! best {
    ($kernel:ident($($argument:expr),*)) => {
        match Set::current() {
            // SAFETY: the machine has the current set.
            #[cfg(simd = "x86")]
            #[allow(unsafe_code)]
            Set::Avx512 => unsafe { avx512::$kernel($($argument),*) },
            // SAFETY: as above.
            #[cfg(simd = "x86")]
            #[allow(unsafe_code)]
            Set::Avx2 => unsafe { avx2::$kernel($($argument),*) },
            // SAFETY: as above.
            #[cfg(simd = "neon")]
            #[allow(unsafe_code)]
            Set::Neon => unsafe { neon::$kernel($($argument),*) },
            Set::Portable => portable::$kernel($($argument),*),
        }
    };
}

/// Makes the masks of a text. There must be a mask for each 64 bytes; the last chunk may be
/// shorter.
#[inline]
pub fn classify(text: &[u8], scope: Scope, masks: &mut [Masks]) {
    best!(classify(text, scope, masks));
}

/// Copies bytes of a text, without gaps, to the start of `room`, and returns their number. `pick`
/// gets the masks and the length of each chunk, in order, and returns the bytes to copy and those
/// of them that become newlines. The rest of the room then has any content; it must have
/// [`ROOM`] bytes more than the text.
#[inline]
pub fn extract(
    text: &[u8],
    scope: Scope,
    room: &mut [u8],
    pick: impl FnMut(Masks, usize) -> (u64, u64),
) -> usize {
    best!(extract(text, scope, room, pick))
}

/// Copies the words of the first chunks of a text, as readers see them, to the start of `room`, a
/// newline after each. The text begins outside of a word. The scan ends where the classes of
/// characters and their neighbours do not decide, and before the last bytes of the text. The room
/// must have [`ROOM`] bytes more than the text.
#[inline]
pub fn natural(text: &[u8], classes: &Natural, room: &mut [u8]) -> Progress {
    best!(natural(text, classes, room))
}

/// Finds a byte in a text: bit `i` of a mask is set if byte `i` of its 64 is equal to `byte`.
/// There must be a mask for each 64 bytes.
#[inline]
pub fn find(byte: u8, text: &[u8], masks: &mut [u64]) {
    best!(find(byte, text, masks));
}

/// Finds line ends, and the marks of fields between these separators. There must be a mask for
/// each 64 bytes, twice.
#[inline]
pub fn find_fields(separators: Separators, text: &[u8], ends: &mut [u64], marks: &mut [u64]) {
    best!(find_fields(separators, text, ends, marks));
}

/// Passes the mark with this number, from 0, of each line of a text to `each`. The masks are those
/// of [`find_fields`], and the text has this length.
#[inline]
pub fn each_nth(n: usize, length: usize, ends: &[u64], marks: &[u64], each: impl FnMut(Nth)) {
    best!(each_nth(n, length, ends, marks, each));
}

/// Copies a text with its letters in lower case, up to the first chunk that is not
/// all ASCII or not whole. Returns the number of bytes. The room must be as large as the text.
#[inline]
pub fn lower_ascii(text: &[u8], room: &mut [u8]) -> usize {
    best!(lower_ascii(text, room))
}

/// Copies a chunk with its ASCII letters in lower case, and returns the positions of
/// characters outside ASCII. The chunk begins with a whole character. An incomplete
/// last character may be missed.
#[inline]
pub fn lower(chunk: &[u8; CHUNK], room: &mut [u8; CHUNK]) -> Leads {
    best!(lower(chunk, room))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// The masks of a text, by decoding it character by character.
    fn naive(text: &[u8]) -> (Vec<bool>, Vec<bool>) {
        let word = regex::Regex::new(r"^\w$").unwrap();
        let capital = regex::Regex::new(r"^\p{Uppercase}$").unwrap();
        let (mut words, mut uppers) = (Vec::new(), Vec::new());
        for piece in text.utf8_chunks() {
            for c in piece.valid().chars() {
                let c = c.to_string();
                let is_word = word.is_match(&c);
                words.extend(std::iter::repeat_n(is_word, c.len()));
                uppers.push(capital.is_match(&c));
                uppers.extend(std::iter::repeat_n(false, c.len() - 1));
            }
            words.extend(piece.invalid().iter().map(|_| false));
            uppers.extend(piece.invalid().iter().map(|_| false));
        }
        (words, uppers)
    }

    fn scanned(text: &[u8]) -> (Vec<bool>, Vec<bool>) {
        let mut masks = vec![Masks::default(); text.len().div_ceil(CHUNK)];
        classify(text, Scope::Capitals, &mut masks);
        let bit = |mask: fn(&Masks) -> u64| {
            (0..text.len())
                .map(|i| mask(&masks[i / CHUNK]) >> (i % CHUNK) & 1 == 1)
                .collect()
        };
        (bit(|m| m.word), bit(|m| m.upper))
    }

    #[test]
    fn every_character_that_changes_is_found() -> Result<(), Infallible> {
        with_each(|set| {
            for c in '\u{80}'..=char::MAX {
                let changes = !c.to_lowercase().eq([c]);
                let mut chunk = [b'Q'; CHUNK];
                // In the middle of a chunk, where vectors meet, and at its ends.
                for at in [0, 5, 15, 16, 30, 31, 32, CHUNK - c.len_utf8()] {
                    chunk.fill(b'Q');
                    c.encode_utf8(&mut chunk[at..]);
                    let mut room = [0; CHUNK];
                    let leads = lower(&chunk, &mut room);
                    assert_eq!(room, chunk.map(|byte| byte.to_ascii_lowercase()));
                    assert_eq!(leads.all, 1 << at, "{c:?} at {at}, {set:?}");
                    assert!(
                        leads.change == 1 << at || !changes && leads.change == 0,
                        "{c:?} at {at}, {set:?}"
                    );
                }
            }
            Ok(())
        })
    }

    #[test]
    fn common_small_letters_are_not_decoded() -> Result<(), Infallible> {
        with_each(|set| {
            for c in
                "éàüñøåçабвгдежзийклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξοπρςστυφχψω日本語かなカナ한עברית"
                    .chars()
            {
                let mut chunk = [b' '; CHUNK];
                c.encode_utf8(&mut chunk);
                let leads = lower(&chunk, &mut [0; CHUNK]);
                assert_eq!(leads.all, 1);
                // The portable scanner returns all characters.
                assert!(leads.change == 0 || set == Set::Portable, "{c:?}, {set:?}");
            }
            Ok(())
        })
    }

    #[test]
    fn ascii_is_copied_up_to_the_first_other_chunk() -> Result<(), Infallible> {
        with_each(|set| {
            for length in [0, 63, 64, 65, 300] {
                for at in 0..=length {
                    let mut text = b"aZ@[`{".repeat(50)[..length].to_vec();
                    if at < length {
                        text[at] = 0xC3;
                    }
                    let whole = at.min(length) / CHUNK * CHUNK;
                    let mut room = vec![0; length];
                    assert_eq!(lower_ascii(&text, &mut room), whole, "{set:?}");
                    assert_eq!(room[..whole], text[..whole].to_ascii_lowercase());
                }
            }
            Ok(())
        })
    }

    #[test]
    fn every_byte_in_every_place() -> Result<(), Infallible> {
        with_each(|set| {
            for byte in 0..=255u8 {
                for length in [1, 31, 32, 33, 63, 64, 65, 130] {
                    for at in 0..length {
                        for other in [b' ', b'Z', 0xFF] {
                            let mut text = vec![other; length];
                            text[at] = byte;
                            let mut masks = vec![Masks::default(); length.div_ceil(CHUNK)];
                            classify(&text, Scope::Ascii, &mut masks);
                            for (chunk, masks) in text.chunks(CHUNK).zip(masks) {
                                let expected = by_bytes(chunk);
                                assert_eq!(masks, expected, "{byte:x} at {at}, {set:?}");
                            }
                        }
                    }
                }
            }
            Ok(())
        })
    }

    /// The masks of a chunk, byte by byte.
    fn by_bytes(chunk: &[u8]) -> Masks {
        let bits = |is: fn(&u8) -> bool| {
            let bits = chunk.iter().map(|byte| u64::from(is(byte)));
            bits.rev().fold(0, |mask, bit| mask << 1 | bit)
        };
        Masks {
            word: bits(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
            upper: bits(u8::is_ascii_uppercase),
            high: bits(|byte| !byte.is_ascii()),
        }
    }

    /// All characters, at each place of a chunk, the ends of chunks included, and each of them also
    /// without its last byte.
    #[test]
    fn every_character_in_every_place() -> Result<(), Infallible> {
        let mut text = Vec::new();
        for c in '\u{80}'..=char::MAX {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            text.extend_from_slice(bytes);
            text.extend_from_slice(&bytes[..bytes.len() - 1]);
            if (c as u32).is_multiple_of(7) {
                text.push(b'a');
            }
        }
        let expected = naive(&text);
        with_each(|set| {
            assert!(scanned(&text) == expected, "{set:?}");
            Ok(())
        })
    }

    /// All pairs of bytes, each with what may follow it.
    #[test]
    fn every_pair_of_bytes() -> Result<(), Infallible> {
        let mut text = Vec::new();
        for first in 0x80..=0xFF {
            for second in 0..=0xFF {
                for rest in [
                    &[0x80][..],
                    &[0xBF],
                    &[0x80, 0x80],
                    &[0xBF, 0xBF],
                    b" ",
                    b"\xC3\xA9",
                ] {
                    text.extend_from_slice(&[first, second]);
                    text.extend_from_slice(rest);
                }
            }
        }
        let expected = naive(&text);
        with_each(|set| {
            assert!(scanned(&text) == expected, "{set:?}");
            Ok(())
        })
    }

    proptest! {
        #[test]
        fn kept_bytes_have_no_gaps(text in any::<[u8; CHUNK]>(), keep: u64, ends: u64, few: bool) {
            let keep = if few { keep & keep >> 3 & keep >> 11 } else { keep };
            let mut expected = Vec::new();
            for (i, &byte) in text.iter().enumerate().filter(|(i, _)| keep >> i & 1 == 1) {
                expected.push(if ends >> i & 1 == 1 { b'\n' } else { byte });
            }
            with_each(|_| {
                let mut room = [0; CHUNK + ROOM];
                let used = extract(&text, Scope::Words, &mut room, |_, length| {
                    assert_eq!(length, CHUNK);
                    (keep, ends)
                });
                prop_assert_eq!(&room[..used], &expected);
                Ok(())
            })?;
        }

        #[test]
        fn a_byte_is_found_wherever_it_is(text in prop::collection::vec(0..4u8, 0..300), high: bool) {
            let text: Vec<u8> = text.iter().map(|b| if high { b | 0xFE } else { *b }).collect();
            let byte = if high { 0xFF } else { 1 };
            with_each(|_| {
                let mut masks = vec![!0; text.len().div_ceil(CHUNK)];
                find(byte, &text, &mut masks);
                for (i, mask) in masks.iter().enumerate() {
                    for j in 0..CHUNK {
                        let expected = text.get(i * CHUNK + j) == Some(&byte);
                        prop_assert_eq!(mask >> j & 1 == 1, expected);
                    }
                }
                Ok(())
            })?;
        }

        #[test]
        fn the_marks_of_lines(
            text in prop::collection::vec(prop::sample::select(b" \t\nab".to_vec()), 0..300),
            n in 0..9usize,
        ) {
            let is_blank = |i: usize| i == 0 || text[i - 1].is_ascii_whitespace();
            let is_edge = |i: &usize| is_blank(*i) != is_blank(*i + 1);
            let is_tab = |i: &usize| text[*i] == b'\t';
            let is_mark: [&dyn Fn(&usize) -> bool; 2] = [&is_edge, &is_tab];
            with_each(|set| {
                for (separators, is_mark) in [Separators::Blanks, Separators::Byte(b'\t')].into_iter().zip(is_mark) {
                    let mut ends = vec![!0; text.len().div_ceil(CHUNK)];
                    let mut marks = ends.clone();
                    find_fields(separators, &text, &mut ends, &mut marks);
                    let mut found = Vec::new();
                    each_nth(n, text.len(), &ends, &marks, |nth| found.push(nth));
                    let mut expected = Vec::new();
                    let mut start = 0;
                    for line in text.split_inclusive(|&byte| byte == b'\n') {
                        let next = start + line.len();
                        let end = next - usize::from(line.ends_with(b"\n"));
                        let mut in_line = (start..end).filter(is_mark).skip(n);
                        let mark = in_line.next().unwrap_or(end);
                        expected.push(Nth { start, end, mark, next: in_line.next().unwrap_or(end) });
                        start = next;
                    }
                    prop_assert_eq!(&found, &expected, "{:?}", set);
                }
                Ok(())
            })?;
        }

        #[test]
        fn masks_are_those_of_decoded_characters(text in crate::common::arbitrary::text()) {
            let expected = naive(&text);
            with_each(|_| {
                prop_assert_eq!(scanned(&text), expected.clone());
                Ok(())
            })?;
        }
    }
}

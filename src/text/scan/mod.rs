//! Text into bit masks: the bytes of words, and the first bytes of capitals.
//!
//! 64 bytes of text become a few 64-bit numbers; bit *i* is for byte *i*. With
//! these, the starts of words in all 64 bytes are a shift and an AND
//! (`crate::text::pick`). The masks are made in two steps:
//!
//! - [`classify`] considers single bytes. That is enough for ASCII.
//! - [`Refiner`] decodes characters outside ASCII and corrects the masks, so
//!   that all bytes of a character have its class.
//!
//! Chapters: `masks`, `portable` (any machine, and the oracle of the others),
//! `avx2`, `neon`, `tables` (what these two look up), `unicode` (the classes of
//! characters).

#[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
mod avx2;
mod masks;
#[cfg(all(
    target_arch = "aarch64",
    target_endian = "little",
    not(feature = "portable")
))]
mod neon;
mod portable;
#[allow(dead_code)] // `portable` needs none of them.
mod tables;
pub mod unicode;

pub use masks::{CHUNK, Leads, Masks, ROOM};

use unicode::Classes;

/// Whether the machine has the instructions for `avx2`.
#[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
#[inline(always)]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("popcnt")
}

/// Calls a kernel by its best implementation for this machine.
macro_rules! best {
    ($kernel:ident($($argument:expr),*)) => {{
        #[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
        if has_avx2() {
            // SAFETY: `has_avx2` has just returned true.
            #[allow(unsafe_code)]
            return unsafe { avx2::$kernel($($argument),*) };
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(feature = "portable")))]
        if std::arch::is_aarch64_feature_detected!("neon") {
            // SAFETY: the machine has NEON, of which the compiler is sure on all common targets.
            #[allow(unsafe_code)]
            return unsafe { neon::$kernel($($argument),*) };
        }
        portable::$kernel($($argument),*)
    }};
}

/// Makes the masks of a text by single bytes: bytes outside ASCII are in no
/// word. There must be a mask for each 64 bytes; the last chunk may be shorter.
#[inline]
pub fn classify(text: &[u8], masks: &mut [Masks]) {
    best!(classify(text, masks));
}

/// Finds a byte in a text: bit `i` of a mask is set if byte `i` of its 64 is equal to `byte`.
/// There must be a mask for each 64 bytes.
#[inline]
pub fn find(byte: u8, text: &[u8], masks: &mut [u64]) {
    best!(find(byte, text, masks));
}

/// Copies the bytes of a chunk that are in `keep`, without gaps, to the start of
/// `room`; those in `ends` become newlines. Returns their number. The rest of the
/// room then has any content.
#[inline]
pub fn compress(chunk: &[u8; CHUNK], keep: u64, ends: u64, room: &mut [u8; ROOM]) -> usize {
    best!(compress(chunk, keep, ends, room))
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

/// Corrects the masks of a text outside ASCII, chunk after chunk.
///
/// The text is one block. A character that its end truncates is invalid bytes, which
/// separate words.
pub struct Refiner<'a> {
    text: &'a [u8],
    classes: &'static Classes,
    /// The word bits of the first bytes, from the last character of the chunk before.
    word: u64,
    /// The number of first bytes that belong to that character.
    taken: u32,
}

impl<'a> Refiner<'a> {
    /// A refiner for a block of text, to be called for its chunks in order.
    pub fn new(text: &'a [u8]) -> Self {
        Refiner {
            text,
            classes: unicode::classes(),
            word: 0,
            taken: 0,
        }
    }

    /// Corrects the masks of the chunk that starts at `start`.
    pub fn refine(&mut self, start: usize, masks: &mut Masks) {
        let mut high = masks.high & (u64::MAX << self.taken);
        masks.word |= self.word;
        (self.word, self.taken) = (0, 0);
        while high != 0 {
            let at = high.trailing_zeros();
            let (length, class) = self.classes.first(&self.text[start + at as usize..]);
            let bytes = (1u64 << length) - 1;
            if class.word {
                masks.word |= bytes << at;
            }
            if class.upper {
                masks.upper |= 1 << at;
            }
            high &= !(bytes << at);
            if at + length > CHUNK as u32 {
                let here = CHUNK as u32 - at;
                self.taken = length - here;
                self.word = if class.word { bytes >> here } else { 0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        classify(text, &mut masks);
        let mut refiner = Refiner::new(text);
        for (i, masks) in masks.iter_mut().enumerate() {
            refiner.refine(i * CHUNK, masks);
        }
        let bit = |mask: fn(&Masks) -> u64| {
            (0..text.len())
                .map(|i| mask(&masks[i / CHUNK]) >> (i % CHUNK) & 1 == 1)
                .collect()
        };
        (bit(|m| m.word), bit(|m| m.upper))
    }

    #[test]
    fn every_character_that_changes_is_found() {
        for c in '\u{80}'..=char::MAX {
            let changes = !c.to_lowercase().eq([c]);
            let mut chunk = [b'Q'; CHUNK];
            // In the middle of a chunk, where vectors meet, and at its ends.
            for at in [0, 5, 15, 16, 30, 31, 32, CHUNK - c.len_utf8()] {
                chunk.fill(b'Q');
                c.encode_utf8(&mut chunk[at..]);
                let mut expected = chunk;
                expected.make_ascii_lowercase();
                for lower in [lower, portable::lower] {
                    let mut room = [0; CHUNK];
                    let leads = lower(&chunk, &mut room);
                    assert_eq!(room, expected);
                    assert_eq!(leads.all, 1 << at, "{c:?} at {at}");
                    assert!(
                        leads.change == 1 << at || !changes && leads.change == 0,
                        "{c:?} at {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn common_small_letters_are_not_decoded() {
        for c in
            "éàüßñøåçабвгдежзийклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξοπρςστυφχψω日本語かなカナ한עברית"
                .chars()
        {
            let mut chunk = [b' '; CHUNK];
            c.encode_utf8(&mut chunk);
            let leads = lower(&chunk, &mut [0; CHUNK]);
            // The portable scanner returns all characters.
            let all = portable::lower(&chunk, &mut [0; CHUNK]);
            #[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
            assert!(!has_avx2() || leads.change == 0 || c == 'ß', "{c:?}");
            #[cfg(all(
                target_arch = "aarch64",
                target_endian = "little",
                not(feature = "portable")
            ))]
            assert!(leads.change == 0 || c == 'ß', "{c:?}");
            assert_eq!(leads.all, all.all);
        }
    }

    #[test]
    fn ascii_is_copied_up_to_the_first_other_chunk() {
        for length in [0, 63, 64, 65, 300] {
            for at in 0..=length {
                let mut text = b"aZ@[`{".repeat(50)[..length].to_vec();
                if at < length {
                    text[at] = 0xC3;
                }
                let whole = at.min(length) / CHUNK * CHUNK;
                for lower in [lower_ascii, portable::lower_ascii] {
                    let mut room = vec![0; length];
                    assert_eq!(lower(&text, &mut room), whole);
                    assert_eq!(room[..whole], text[..whole].to_ascii_lowercase());
                }
            }
        }
    }

    #[test]
    fn every_byte_in_every_place() {
        for byte in 0..=255 {
            for length in [1, 31, 32, 33, 63, 64, 65, 130] {
                for at in 0..length {
                    for other in [b' ', b'Z', 0xFF] {
                        let mut text = vec![other; length];
                        text[at] = byte;
                        let mut masks =
                            [vec![Masks::default(); length.div_ceil(CHUNK)], Vec::new()];
                        masks[1] = masks[0].clone();
                        classify(&text, &mut masks[0]);
                        portable::classify(&text, &mut masks[1]);
                        assert_eq!(masks[0], masks[1], "{byte:x} at {at} of {length}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn kept_bytes_have_no_gaps(text in any::<[u8; CHUNK]>(), keep: u64, ends: u64, few: bool) {
            let keep = if few { keep & keep >> 3 & keep >> 11 } else { keep };
            let mut expected = Vec::new();
            for (i, &byte) in text.iter().enumerate().filter(|(i, _)| keep >> i & 1 == 1) {
                expected.push(if ends >> i & 1 == 1 { b'\n' } else { byte });
            }
            for compress in [compress, portable::compress] {
                let mut room = [0; ROOM];
                let used = compress(&text, keep, ends, &mut room);
                prop_assert_eq!(&room[..used], &expected);
            }
        }

        #[test]
        fn a_byte_is_found_wherever_it_is(text in prop::collection::vec(0..4u8, 0..300), high: bool) {
            let text: Vec<u8> = text.iter().map(|b| if high { b | 0xFE } else { *b }).collect();
            let byte = if high { 0xFF } else { 1 };
            for find in [find, portable::find] {
                let mut masks = vec![!0; text.len().div_ceil(CHUNK)];
                find(byte, &text, &mut masks);
                for (i, mask) in masks.iter().enumerate() {
                    for j in 0..CHUNK {
                        let expected = text.get(i * CHUNK + j) == Some(&byte);
                        prop_assert_eq!(mask >> j & 1 == 1, expected);
                    }
                }
            }
        }

        #[test]
        fn masks_are_those_of_decoded_characters(text in crate::common::arbitrary::text()) {
            prop_assert_eq!(scanned(&text), naive(&text));
        }
    }
}

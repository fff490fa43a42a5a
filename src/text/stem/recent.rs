//! The stems of recent words: a table of fixed size, in which a word has one place.
//!
//! A new word replaces the word in its place. Words and stems of up to 31 bytes are stored, in one
//! line of the cache together; longer ones are rare.

use crate::common::stream::Out;

/// The size of a stored word in bytes, with its length.
pub const WIDE: usize = 32;

/// The number of places is 2 to this power.
const BITS: u32 = 16;

/// A short word: its bytes, zeros, and its length in the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed([u64; WIDE / 8]);

impl Packed {
    /// The first bytes of a text, which is longer than that by [`WIDE`] bytes; `None` if they are too
    /// many.
    #[inline(always)]
    pub fn new(text: &[u8], length: usize) -> Option<Packed> {
        let mask = MASKS.get(length)?;
        let bytes: &[u8; WIDE] = text.first_chunk()?;
        let (words, _) = bytes.as_chunks();
        let mut packed = [0; WIDE / 8];
        for ((packed, word), mask) in packed.iter_mut().zip(words).zip(mask) {
            *packed = u64::from_le_bytes(*word) & mask;
        }
        packed[WIDE / 8 - 1] |= (length as u64) << 56;
        Some(Packed(packed))
    }

    /// Appends the word, and then a byte.
    #[inline(always)]
    pub fn put(self, end: u8, out: &mut Out) {
        let room: &mut [u8; WIDE] = out.room(WIDE).first_chunk_mut().expect("room for a word");
        let (words, _) = room.as_chunks_mut();
        for (word, packed) in words.iter_mut().zip(self.0) {
            *word = packed.to_le_bytes();
        }
        let length = usize::from(room[WIDE - 1]);
        room[length] = end;
        out.advance(length + 1);
    }

    /// Any bits of all bytes.
    #[inline(always)]
    fn hash(self) -> usize {
        // Odd numbers without a pattern: digits of pi.
        const FACTORS: [u64; WIDE / 8] = [
            0x2B7E_1516_28AE_D2A7,
            0x9F4F_3C76_2E71_60F3,
            0x243F_6A88_85A3_08D3,
            0x1319_8A2E_0370_7345,
        ];
        let products = self.0.iter().zip(FACTORS);
        let products = products.map(|(word, factor)| (word ^ word >> 32).wrapping_mul(factor));
        let sum = products.fold(0, u64::wrapping_add);
        (sum >> (u64::BITS - BITS)) as usize
    }
}

/// The bytes of words of each length.
const MASKS: [[u64; WIDE / 8]; WIDE] = {
    let mut masks = [[0; WIDE / 8]; WIDE];
    let mut length = 1;
    while length < WIDE {
        masks[length] = masks[length - 1];
        masks[length][(length - 1) / 8] |= 0xFF << ((length - 1) % 8 * 8);
        length += 1;
    }
    masks
};

/// Recent words and their stems.
pub struct Recent {
    /// In each place a word and its stem. An empty place is the empty word, whose stem is empty.
    places: Vec<[[u64; WIDE / 8]; 2]>,
}

impl Recent {
    /// No words yet.
    pub fn new() -> Self {
        let places = vec![[[0; WIDE / 8]; 2]; 1 << BITS];
        Recent { places }
    }

    /// The stem of a word, if it is there.
    #[inline(always)]
    pub fn get(&self, word: Packed) -> Option<Packed> {
        let [found, stem] = self.places[word.hash()];
        (found == word.0).then_some(Packed(stem))
    }

    /// Stores the stem of a word, if it is short.
    pub fn set(&mut self, word: Packed, stem: &[u8]) {
        let mut padded = [0; 2 * WIDE];
        if let Some(text) = padded.get_mut(..stem.len()) {
            text.copy_from_slice(stem);
            if let Some(stem) = Packed::new(&padded, stem.len()) {
                self.places[word.hash()] = [word.0, stem.0];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_lengths() {
        let text = [0xFF; 2 * WIDE];
        for length in 0..WIDE {
            let mut out = Out::default();
            Packed::new(&text, length).unwrap().put(b'\n', &mut out);
            assert_eq!(out.as_slice(), [&text[..length], b"\n"].concat());
        }
        assert_eq!(Packed::new(&text, WIDE), None);
    }

    #[test]
    fn equal_words_only() {
        let word = |text: &[u8]| {
            let padded = [text, &[b'x'; WIDE]].concat();
            Packed::new(&padded, text.len()).unwrap()
        };
        let mut recent = Recent::new();
        assert_eq!(recent.get(word(b"")), Some(word(b"")));
        recent.set(word(b"running"), b"run");
        assert_eq!(recent.get(word(b"running")), Some(word(b"run")));
        for other in [&b"runnin"[..], b"running\0", b"runninh", b"Running"] {
            assert_ne!(word(other), word(b"running"));
            assert_eq!(recent.get(word(other)), None);
        }
        // Too long for the table.
        recent.set(word(b"a"), &[b'b'; WIDE]);
        recent.set(word(b"c"), &[b'd'; 3 * WIDE]);
        assert_eq!(
            (recent.get(word(b"a")), recent.get(word(b"c"))),
            (None, None)
        );
    }

    #[test]
    fn words_are_spread_over_the_table() {
        let mut recent = Recent::new();
        let words = (0..1 << BITS).map(|n| format!("{n}{:width$}", "", width = WIDE));
        let words: Vec<_> = words
            .map(|text| Packed::new(text.as_bytes(), text.len() - WIDE).unwrap())
            .collect();
        for word in &words {
            recent.set(*word, b"x");
        }
        let kept = words
            .iter()
            .filter(|word| recent.get(**word).is_some())
            .count();
        // A random place for each leaves 1 - 1/e of them.
        let expected = words.len() * 63 / 100;
        assert!(kept > expected * 9 / 10, "{kept} of {}", words.len());
    }
}

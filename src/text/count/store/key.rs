//! Lines as keys of the hash tables.
//!
//! A line of up to 23 bytes *is* its key: its bytes as big-endian words,
//! padded with zeros, and in the last byte its length plus one. Such keys are
//! compared word by word. The order of these words is the order of the lines,
//! because a line that is a prefix of another is shorter.
//!
//! | class | line | key |
//! |---|---|---|
//! | [`Short`] | up to 15 bytes | 2 words |
//! | [`Middle`] | 16 to 23 bytes | 3 words |
//! | [`Long`] | 24 bytes and more | its hash, and its place in an arena |

use super::arena::Place;
use super::hash::Seed;
use super::simd::Simd;
use std::fmt::Debug;

/// The length of the longest short line.
pub const SHORT: usize = 15;
/// The length of the longest middle line.
const MIDDLE: usize = 23;

/// How many bytes are read from the start of a line, whatever its length.
pub const STRIDE: usize = 24;

/// The number of classes.
pub const CLASSES: usize = 3;

/// A line of up to 15 bytes.
#[derive(Clone, Copy, Debug, Default, Eq)]
#[repr(transparent)] // vectors of keys are stored as their words
pub struct Short([u64; 2]);

/// A line of 16 to 23 bytes.
#[derive(Clone, Copy, Debug, Default, Eq)]
pub struct Middle([u64; 3]);

/// A line of 24 bytes or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Long {
    /// In a table the hash of the line; in a range a number in the order of the lines.
    pub order: u64,
    /// Where the line is; 0 if there is none.
    pub place: Place,
}

/// The key of a line, by its length.
#[derive(Clone, Copy, Debug)]
pub enum LineKey {
    /// Up to 15 bytes.
    Short(Short),
    /// 16 to 23 bytes.
    Middle(Middle),
    /// More: the key depends on where the line will be.
    Long,
}

impl LineKey {
    /// The key of the line that is the first `length` of some bytes, of which `bytes` are the
    /// first.
    #[inline(always)]
    pub fn new(bytes: &[u8; STRIDE], length: usize, simd: Option<Simd>) -> Self {
        if length <= SHORT {
            LineKey::Short(match simd {
                Some(simd) => Short(simd.short(bytes, length)),
                None => Short::new(bytes, length),
            })
        } else if length <= MIDDLE {
            LineKey::Middle(Middle::new(bytes, length))
        } else {
            LineKey::Long
        }
    }
}

/// A key of any class.
pub trait Key: Copy + Debug + Default + Eq {
    /// The number of its words.
    const WORDS: usize;

    /// One of its words.
    fn word(&self, i: usize) -> u64;

    /// The key of these words.
    fn from_words(word: impl Fn(usize) -> u64) -> Self;

    /// Whether it is no key of a line: a vacant place.
    fn is_vacant(&self) -> bool;

    /// The number by which ranges are told apart: the first eight bytes of the line, as a
    /// big-endian number.
    fn start(&self) -> u64;
}

/// A key that is the line itself.
pub trait Inline: Key {
    /// A number, or several, in the order of the lines.
    type Order: Ord;

    /// The place of the line in the order of lines.
    fn order(&self) -> Self::Order;

    /// The first 16 bytes of the line as a big-endian number, padded with zeros.
    fn prefix(&self) -> u128;

    /// The hash of the key.
    fn hash(&self, seed: Seed) -> u64;

    /// The line as the first bytes of `buffer`, and its length.
    fn padded<'a>(&self, buffer: &'a mut [u8; STRIDE]) -> (&'a [u8], usize);

    /// The line, in `buffer`.
    #[inline(always)]
    fn line<'a>(&self, buffer: &'a mut [u8; STRIDE]) -> &'a [u8] {
        let (bytes, length) = self.padded(buffer);
        &bytes[..length]
    }
}

impl Short {
    /// The key of the line that is the first `length` of these bytes.
    #[inline(always)]
    pub fn new(bytes: &[u8; STRIDE], length: usize) -> Self {
        /// For each length, the bits of 16 bytes that belong to the line.
        static MASKS: [u128; SHORT + 1] = {
            let mut masks = [0; SHORT + 1];
            let mut length = 1;
            while length <= SHORT {
                masks[length] = u128::MAX << (8 * (16 - length));
                length += 1;
            }
            masks
        };
        let bytes: &[u8; 16] = bytes.first_chunk().expect("16 of 24 bytes");
        let key = u128::from_be_bytes(*bytes) & MASKS[length] | (length as u128 + 1);
        Short([(key >> 64) as u64, key as u64])
    }
}

impl Middle {
    /// The key of the line that is the first `length` of these bytes.
    #[inline(always)]
    pub fn new(bytes: &[u8; STRIDE], length: usize) -> Self {
        let [a, b, c] = *bytes.as_chunks::<8>().0 else {
            unreachable!("24 bytes are three words");
        };
        let outside = 8 * (STRIDE - length); // 8 to 64: too far for a single shift
        let c = u64::from_be_bytes(c) & u64::MAX << (outside - 1) << 1 | (length as u64 + 1);
        Middle([u64::from_be_bytes(a), u64::from_be_bytes(b), c])
    }
}

// Word by word: the derived comparison would store the words and load them as a vector, and that
// load waits for the stores.

impl PartialEq for Short {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        let ([a, b], [c, d]) = (self.0, other.0);
        (a ^ c) | (b ^ d) == 0
    }
}

impl PartialEq for Middle {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        let ([a, b, c], [d, e, f]) = (self.0, other.0);
        (a ^ d) | (b ^ e) | (c ^ f) == 0
    }
}

impl Key for Short {
    const WORDS: usize = 2;

    #[inline(always)]
    fn word(&self, i: usize) -> u64 {
        self.0[i]
    }

    #[inline(always)]
    fn from_words(word: impl Fn(usize) -> u64) -> Self {
        Short([word(0), word(1)])
    }

    #[inline(always)]
    fn is_vacant(&self) -> bool {
        self.0[1] == 0
    }

    #[inline(always)]
    fn start(&self) -> u64 {
        self.0[0]
    }
}

impl Key for Middle {
    const WORDS: usize = 3;

    #[inline(always)]
    fn word(&self, i: usize) -> u64 {
        self.0[i]
    }

    #[inline(always)]
    fn from_words(word: impl Fn(usize) -> u64) -> Self {
        Middle([word(0), word(1), word(2)])
    }

    #[inline(always)]
    fn is_vacant(&self) -> bool {
        self.0[2] == 0
    }

    #[inline(always)]
    fn start(&self) -> u64 {
        self.0[0]
    }
}

impl Key for Long {
    const WORDS: usize = 2;

    #[inline(always)]
    fn word(&self, i: usize) -> u64 {
        [self.order, self.place][i]
    }

    #[inline(always)]
    fn from_words(word: impl Fn(usize) -> u64) -> Self {
        Long {
            order: word(0),
            place: word(1),
        }
    }

    #[inline(always)]
    fn is_vacant(&self) -> bool {
        self.place == 0
    }

    #[inline(always)]
    fn start(&self) -> u64 {
        self.order
    }
}

impl Inline for Short {
    type Order = u128;

    #[inline(always)]
    fn order(&self) -> u128 {
        two(self.0[0], self.0[1])
    }

    #[inline(always)]
    fn prefix(&self) -> u128 {
        // Without the length.
        two(self.0[0], self.0[1] & !0xFF)
    }

    #[inline(always)]
    fn hash(&self, seed: Seed) -> u64 {
        seed.two(self.0)
    }

    #[inline(always)]
    fn padded<'a>(&self, buffer: &'a mut [u8; STRIDE]) -> (&'a [u8], usize) {
        padded(&self.0, buffer)
    }
}

impl Inline for Middle {
    type Order = (u128, u64);

    #[inline(always)]
    fn order(&self) -> (u128, u64) {
        (self.prefix(), self.0[2])
    }

    #[inline(always)]
    fn prefix(&self) -> u128 {
        two(self.0[0], self.0[1])
    }

    #[inline(always)]
    fn hash(&self, seed: Seed) -> u64 {
        seed.three(self.0)
    }

    #[inline(always)]
    fn padded<'a>(&self, buffer: &'a mut [u8; STRIDE]) -> (&'a [u8], usize) {
        padded(&self.0, buffer)
    }
}

/// Two words as one number in their order.
#[inline(always)]
fn two(a: u64, b: u64) -> u128 {
    u128::from(a) << 64 | u128::from(b)
}

#[inline(always)]
fn padded<'a>(words: &[u64], buffer: &'a mut [u8; STRIDE]) -> (&'a [u8], usize) {
    for (bytes, word) in buffer.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    let length = words.last().map_or(0, |last| (last & 0xFF) as usize - 1);
    (buffer, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The key of a line before any other bytes.
    fn key(line: &[u8], behind: u8) -> LineKey {
        let mut bytes = [behind; STRIDE];
        bytes[..line.len()].copy_from_slice(line);
        LineKey::new(&bytes, line.len(), None)
    }

    proptest! {
        #[test]
        fn a_key_is_its_line(bytes in prop::collection::vec(0..3u8, 0..=MIDDLE), behind: u8) {
            let mut buffer = [0; STRIDE];
            let (line, is_vacant) = match key(&bytes, behind) {
                LineKey::Short(key) => (key.line(&mut buffer), key.is_vacant()),
                LineKey::Middle(key) => (key.line(&mut buffer), key.is_vacant()),
                LineKey::Long => unreachable!("a line of up to 23 bytes"),
            };
            prop_assert_eq!(line, &bytes);
            prop_assert!(!is_vacant);
        }

        #[test]
        fn keys_are_in_the_order_of_their_lines(
            (a, b) in prop_oneof![0..=SHORT, SHORT + 1..=MIDDLE].prop_flat_map(|longest| {
                let shortest = if longest <= SHORT { 0 } else { SHORT + 1 };
                let line = || prop::collection::vec(prop_oneof![0..2u8, Just(255)], shortest..=longest);
                (line(), line())
            }),
            behind: u8,
        ) {
            let order = match (key(&a, behind), key(&b, 0)) {
                (LineKey::Short(a), LineKey::Short(b)) => a.order().cmp(&b.order()),
                (LineKey::Middle(a), LineKey::Middle(b)) => a.order().cmp(&b.order()),
                _ => unreachable!("both are of one class"),
            };
            prop_assert_eq!(order, a.cmp(&b));
        }
    }
}

//! Classes of characters outside ASCII, by masks.
//!
//! Validity is a matter of bit patterns: two continuation bytes must follow the first of three. The
//! classes of valid characters of two and of three bytes are looked up together, in a way that
//! suits the instruction set. Characters of four bytes are decoded one by one.

use super::kernels::{Kernels, whole};
use super::masks::{CHUNK, Masks, Scope};
use super::unicode::{self, Classes, Members};

/// A chunk, and what its last character may need of the next one.
pub const WINDOW: usize = CHUNK + 2;

/// The first bytes of valid characters of a chunk.
#[derive(Clone, Copy)]
pub struct Starts {
    /// Those of two bytes.
    pub two: u64,
    /// Those of three.
    pub three: u64,
}

/// Corrects the masks of a text outside ASCII, chunk after chunk.
///
/// The text is one block. A character that its end truncates is invalid bytes, which
/// separate words.
pub struct Refiner<'a> {
    text: &'a [u8],
    scope: Scope,
    classes: Option<&'static Classes>,
    /// The word bits of the first bytes, from the last character of the chunk before.
    word: u64,
}

impl<'a> Refiner<'a> {
    /// A refiner for a block of text, to be called for its chunks in order, except for those that
    /// are all ASCII.
    #[inline(always)]
    pub fn new(text: &'a [u8], scope: Scope) -> Self {
        Refiner {
            text,
            scope,
            classes: None,
            word: 0,
        }
    }

    /// Corrects the masks of the chunk that starts at `start`.
    #[inline(always)]
    pub fn refine(&mut self, kernels: impl Kernels, start: usize, masks: &mut Masks) {
        if self.scope == Scope::Ascii {
            return;
        }
        let classes = *self.classes.get_or_insert_with(unicode::classes);
        let last = &mut [0; WINDOW];
        let window = whole(self.text, start, last);

        let (starts, four) = starts(kernels, window, masks.high);

        let word = kernels.members(window, starts, &classes.word);
        let three = word & starts.three;
        masks.word |= self.word | word | word << 1 | three << 2;
        self.word = word >> (CHUNK - 1) | three >> (CHUNK - 2);
        if self.scope == Scope::Capitals {
            masks.upper |= kernels.members(window, starts, &classes.upper);
        }

        let mut rest = four;
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            let (length, class) = classes.first(&self.text[start + at as usize..]);
            if class.word {
                let bytes = (1u64 << length) - 1;
                masks.word |= bytes << at;
                self.word |= bytes.checked_shr(CHUNK as u32 - at).unwrap_or(0);
            }
            masks.upper |= u64::from(class.upper) << at;
        }
    }
}

/// The first bytes of valid characters of two and of three bytes, and those of four bytes or none.
#[inline(always)]
pub fn starts(kernels: impl Kernels, window: &[u8; WINDOW], high: u64) -> (Starts, u64) {
    // The bit patterns: 10 follows, 110 begins two bytes, 1110 three, 1111 four or none.
    let chunk = after::<0>(window);
    let lead = high & kernels.bit::<6>(chunk);
    let three_or_four = lead & kernels.bit::<5>(chunk);
    let four = three_or_four & kernels.bit::<4>(chunk);
    let follows = |byte: u8| u64::from(byte & 0xC0 == 0x80);
    let second = (high & !lead) >> 1 | follows(window[CHUNK]) << (CHUNK - 1);
    let third = second >> 1 | follows(window[CHUNK + 1]) << (CHUNK - 1);
    let starts = Starts {
        two: lead & !three_or_four & second,
        three: three_or_four & !four & second & third,
    };
    (starts, four)
}

/// The chunk that is `BY` bytes after the start of a window.
#[inline(always)]
pub fn after<const BY: usize>(window: &[u8; WINDOW]) -> &[u8; CHUNK] {
    window[BY..]
        .first_chunk()
        .expect("two bytes more than a chunk")
}

/// The bit of the character of three bytes at `at`, if it is a member.
#[inline(always)]
pub fn three(window: &[u8; WINDOW], at: u32, class: &Members) -> u64 {
    let bytes = window[at as usize..].first_chunk();
    u64::from(class.has_three(*bytes.expect("two bytes after a chunk"))) << at
}

//! Words as readers see them, as far as masks can find them.
//!
//! Most text is letters, digits, and characters that are in no word. Then two words become one only
//! where a single character such as `'` stands between two letters, or two digits, and a few
//! operations on masks decide that. All other text is left to `crate::text::natural::rules`.

use super::kernels::Kernels;
use super::masks::{CHUNK, ROOM};
use super::refine::{WINDOW, after, starts};
use super::unicode::Members;

/// What a scan needs to know of the characters and of the options.
pub struct Natural {
    /// Letters outside ASCII that join all other letters and digits.
    pub letters: Members,
    /// Characters outside ASCII that are in no word, whatever stands beside them.
    pub separators: Members,
    /// Upper-case characters, if only the words that begin with one are picked.
    pub upper: Option<&'static Members>,
    /// A hyphen between two letters joins them.
    pub hyphens: bool,
    /// An apostrophe between two letters is left to the rules.
    pub elision: bool,
}

/// The class of the last character of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Last {
    /// It is in no word.
    #[default]
    Outside,
    Letter,
    Digit,
    /// `_` within a word.
    Connector,
}

/// How far a scan came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The bytes of the text whose words are in the output.
    pub consumed: usize,
    /// The bytes of output.
    pub used: usize,
    /// The last of these characters.
    pub last: Last,
    /// Whether the last word is picked, and its end is not written.
    pub open: bool,
}

/// The third byte of the typographic apostrophe. The first two are E2 80.
const APOSTROPHE: u8 = 0x99;

/// As [`super::natural()`].
#[inline(always)]
pub fn natural(kernels: impl Kernels, text: &[u8], natural: &Natural, room: &mut [u8]) -> Progress {
    let mut progress = Progress::default();
    let (mut letter_before, mut digit_before, mut word_before) = (0, 0, 0);
    while let Some(window) = text[progress.consumed..].first_chunk::<WINDOW>() {
        let chunk = after::<0>(window);
        let masks = kernels.classify(chunk);
        let connector = kernels.equal(chunk, b'_');
        let digit = masks.word & !kernels.bit::<6>(chunk);
        let mut letter = masks.word & !digit & !connector;
        let mut upper = masks.upper;
        let mut apostrophe = 0;
        let mut length = CHUNK as u32;
        if masks.high != 0 {
            let (starts, _) = starts(kernels, window, masks.high);
            let is_letter = kernels.members(window, starts, &natural.letters);
            let is_separator = kernels.members(window, starts, &natural.separators);
            let second = kernels.equal(after::<1>(window), 0x80);
            let third = kernels.equal(after::<2>(window), APOSTROPHE);
            apostrophe = starts.three & kernels.equal(chunk, 0xE2) & second & third;
            if let Some(class) = natural.upper {
                upper |= kernels.members(window, starts, class);
            }
            let known = is_letter | is_separator | apostrophe;
            let bytes = |first: u64| first | first << 1 | (first & starts.three) << 2;
            letter |= bytes(is_letter);
            // A character that is not known, or not all in the chunk.
            let truncated = known & (1 << (CHUNK - 1) | (starts.three & 1 << (CHUNK - 2)));
            let left = masks.high & !bytes(known) | truncated;
            length = length.min(left.trailing_zeros());
        }

        // A character joins only between two letters or two digits.
        let quote = kernels.equal(chunk, b'\'');
        let both = quote | kernels.equal(chunk, b'.');
        let mut between_letters = both | kernels.equal(chunk, b':');
        if natural.hyphens {
            between_letters |= kernels.equal(chunk, b'-');
        }
        let between_digits = both | kernels.equal(chunk, b',') | kernels.equal(chunk, b';');
        let after_letter = letter << 1 | letter_before;
        let after_digit = digit << 1 | digit_before;
        let one = between_letters & after_letter | between_digits & after_digit;
        let three = apostrophe & (after_letter | after_digit);
        // One whose other side is not in the chunk, or is left to the rules.
        let last = one & 1 << (length.max(1) - 1) | three & 1 << (length.max(3) - 3);
        length = length.min(last.trailing_zeros());

        let one = between_letters & after_letter & letter >> 1
            | between_digits & after_digit & digit >> 1;
        let three = apostrophe & (after_letter & letter >> 3 | after_digit & digit >> 3);
        let word = letter | digit | connector | one | three | three << 1 | three << 2;
        let mut starts = word & !(word << 1 | word_before);
        let mut left = connector & starts;
        if natural.elision {
            left |= (quote & one | three) & after_letter;
        }
        let rest = length.min(left.trailing_zeros());
        let is_left = rest < length || length < CHUNK as u32 - 3;
        length = rest;
        if length == 0 {
            break;
        }

        let in_length = u64::MAX >> (CHUNK as u32 - length);
        let word = word & in_length;
        starts &= in_length;
        if natural.upper.is_some() {
            starts &= upper;
        }
        // As in `pick`: a one added at the start of a word becomes one after its end.
        let (sum, over) = word.overflowing_add(starts | u64::from(progress.open));
        let (words, ends) = (word & !sum, sum & !word);
        progress.open = match length {
            64 => over,
            _ => ends >> length & 1 == 1,
        };
        let ends = ends & in_length;
        let keep = (words | ends) & !(three << 1 | three << 2);
        let room = room[progress.used..].first_chunk_mut::<ROOM>();
        let room = room.expect("room for all of the text");
        let used = kernels.compress(chunk, keep, ends, room);
        let mut apostrophes = three & words;
        while apostrophes != 0 {
            let before = keep & ((apostrophes & apostrophes.wrapping_neg()) - 1);
            room[before.count_ones() as usize] = b'\'';
            apostrophes &= apostrophes - 1;
        }
        progress.used += used;
        progress.consumed += length as usize;
        let last = |mask: u64| mask >> (length - 1) & 1;
        letter_before = last(letter);
        digit_before = last(digit);
        word_before = last(word);
        if is_left {
            break;
        }
    }
    progress.last = match (word_before, letter_before, digit_before) {
        (0, ..) => Last::Outside,
        (_, 1, _) => Last::Letter,
        (_, _, 1) => Last::Digit,
        _ => Last::Connector,
    };
    progress
}

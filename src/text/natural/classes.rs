//! The classes of characters that decide where a word begins and ends.
//!
//! They are those of Unicode Standard Annex 29 (Word_Break), from the tables of the `regex` crate.
//! Scripts that have no blanks between words have classes of their own. The table is built at the
//! first use.

use crate::text::scan::unicode::code_points;
use crate::text::unicode;
use std::sync::LazyLock;

/// The class of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// In no word: blanks, line ends, most punctuation and symbols.
    Other,
    /// In no word, unless a joiner is before it: Extended_Pictographic.
    Pictograph,
    /// Belongs to the character before it: Extend, Format.
    Extend,
    /// The same, U+200D: ZWJ.
    Joiner,
    /// A letter: ALetter.
    Letter,
    /// Hebrew_Letter.
    Hebrew,
    /// A digit: Numeric.
    Digit,
    Katakana,
    /// `_` and others: ExtendNumLet.
    Connector,
    /// A letter that is a word: an ideograph of a script without a dictionary.
    Single,
    /// Joins letters, such as `:`: MidLetter.
    MidLetter,
    /// Joins digits, such as `,`: MidNum.
    MidDigit,
    /// Joins both, such as `.`: MidNumLet.
    MidBoth,
    /// `'`, which joins both: Single_Quote.
    Quote,
    /// `"`, which joins Hebrew letters: Double_Quote.
    DoubleQuote,
    /// `-` and others, which are [`Other`](Class::Other) unless hyphens join.
    Hyphen,
    /// A character of a script without blanks between words.
    Unspaced(Script),
}

/// A script without blanks between words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Han and Hiragana.
    Han,
    Thai,
    Lao,
    Khmer,
    Burmese,
    /// Others, for which there is no dictionary.
    Rest,
}

/// The typographic apostrophe, which is written as [`Quote`](Class::Quote).
pub const APOSTROPHE: char = '\u{2019}';

/// The soft hyphen, which is not written.
pub const SOFT_HYPHEN: char = '\u{AD}';

/// Classes from the regular expression syntax. A later one wins.
const BY_PROPERTY: &[(&str, Class)] = &[
    (r"[\p{Alphabetic}\p{Nd}--\p{M}]", Class::Single),
    (r"\p{Extended_Pictographic}", Class::Pictograph),
    (r"[\p{wb=Extend}\p{wb=Format}]", Class::Extend),
    (r"\p{wb=ZWJ}", Class::Joiner),
    (r"\p{wb=ALetter}", Class::Letter),
    (r"\p{wb=Hebrew_Letter}", Class::Hebrew),
    (r"\p{wb=Numeric}", Class::Digit),
    (r"\p{wb=Katakana}", Class::Katakana),
    (r"\p{wb=ExtendNumLet}", Class::Connector),
    (r"\p{wb=MidLetter}", Class::MidLetter),
    (r"\p{wb=MidNum}", Class::MidDigit),
    (r"\p{wb=MidNumLet}", Class::MidBoth),
    (r"\p{wb=Single_Quote}", Class::Quote),
    (r"\p{wb=Double_Quote}", Class::DoubleQuote),
    (r"[-\u{2010}\u{2011}]", Class::Hyphen),
    (
        r"[\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Ahom}&&[\p{L}\p{M}]]",
        Class::Unspaced(Script::Rest),
    ),
    (
        r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}&&[\p{L}\p{M}]]",
        Class::Unspaced(Script::Rest),
    ),
];

/// Classes by code points, as `icu_segmenter` has them: the characters of a script whose line
/// breaks need a dictionary.
const BY_RANGE: &[(u32, u32, Script)] = &[
    (0xE01, 0xE3A, Script::Thai),
    (0xE40, 0xE4E, Script::Thai),
    (0xE81, 0xEBD, Script::Lao),
    (0xEC0, 0xEC4, Script::Lao),
    (0xEC6, 0xEC6, Script::Lao),
    (0xEC8, 0xECE, Script::Lao),
    (0xEDC, 0xEDF, Script::Lao),
    (0x1000, 0x103F, Script::Burmese),
    (0x1050, 0x108F, Script::Burmese),
    (0x109A, 0x109F, Script::Burmese),
    (0x1780, 0x17D3, Script::Khmer),
    (0x17D7, 0x17D7, Script::Khmer),
    (0x17DC, 0x17DD, Script::Khmer),
    (0x2E80, 0x2FD5, Script::Han),
    (0x3005, 0x3005, Script::Han),
    (0x3007, 0x3007, Script::Han),
    (0x3021, 0x3029, Script::Han),
    (0x3038, 0x303B, Script::Han),
    (0x3041, 0x3096, Script::Han),
    (0x309D, 0x309F, Script::Han),
    (0x3400, 0x4DBF, Script::Han),
    (0x4E00, 0x9FFF, Script::Han),
    (0xA9E0, 0xA9EF, Script::Burmese),
    (0xA9FA, 0xA9FE, Script::Burmese),
    (0xAA60, 0xAA7F, Script::Burmese),
    (0xF900, 0xFAD9, Script::Han),
    (0x16FE2, 0x16FE3, Script::Han),
    (0x16FF0, 0x16FF6, Script::Han),
    (0x1B001, 0x1B11F, Script::Han),
    (0x1B132, 0x1B132, Script::Han),
    (0x1B150, 0x1B152, Script::Han),
    (0x1F200, 0x1F200, Script::Han),
    (0x20000, 0x33479, Script::Han),
];

/// The number of characters in a page.
const PAGE: usize = 256;

/// The classes of all characters.
pub struct Classes {
    /// The page of each 256 characters; many are the same.
    numbers: Vec<u8>,
    pages: Vec<[Class; PAGE]>,
}

impl Classes {
    /// The table.
    pub fn get() -> &'static Classes {
        static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::new);
        &CLASSES
    }

    fn new() -> Classes {
        let mut all = vec![[Class::Other; PAGE]; 0x11_0000 / PAGE];
        let classes = all.as_flattened_mut();
        for (pattern, class) in BY_PROPERTY {
            for codes in code_points(pattern) {
                classes[codes].fill(*class);
            }
        }
        for &(first, last, script) in BY_RANGE {
            for code in first..=last {
                if char::from_u32(code).is_some_and(unicode::has) {
                    classes[code as usize] = Class::Unspaced(script);
                }
            }
        }
        let mut pages: Vec<[Class; PAGE]> = Vec::new();
        let number = |page: [Class; PAGE]| {
            let number = pages.iter().position(|known| *known == page);
            number.unwrap_or_else(|| {
                pages.push(page);
                pages.len() - 1
            }) as u8
        };
        let numbers = all.into_iter().map(number).collect();
        Classes { numbers, pages }
    }

    /// The class of a character.
    #[inline(always)]
    pub fn of(&self, c: char) -> Class {
        let code = c as usize;
        self.pages[usize::from(self.numbers[code / PAGE])][code % PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_of_each_kind() {
        let classes = Classes::get();
        assert!(classes.pages.len() <= 256);
        for (c, class) in [
            (' ', Class::Other),
            ('—', Class::Other),
            ('½', Class::Other),
            ('😀', Class::Pictograph),
            ('\u{301}', Class::Extend),
            (SOFT_HYPHEN, Class::Extend),
            ('\u{200D}', Class::Joiner),
            ('é', Class::Letter),
            ('한', Class::Letter),
            ('א', Class::Hebrew),
            ('7', Class::Digit),
            ('٣', Class::Digit),
            ('カ', Class::Katakana),
            ('_', Class::Connector),
            ('𗀀', Class::Single),
            (':', Class::MidLetter),
            (',', Class::MidDigit),
            ('.', Class::MidBoth),
            (APOSTROPHE, Class::MidBoth),
            ('\'', Class::Quote),
            ('"', Class::DoubleQuote),
            ('-', Class::Hyphen),
            ('か', Class::Unspaced(Script::Han)),
            ('漢', Class::Unspaced(Script::Han)),
            ('ไ', Class::Unspaced(Script::Thai)),
            ('ວ', Class::Unspaced(Script::Lao)),
            ('ភ', Class::Unspaced(Script::Khmer)),
            ('မ', Class::Unspaced(Script::Burmese)),
            ('ᥐ', Class::Unspaced(Script::Rest)),
            // Unicode 17 and later.
            ('\u{323B0}', Class::Other),
        ] {
            assert_eq!(classes.of(c), class, "{c:?}");
        }
    }
}

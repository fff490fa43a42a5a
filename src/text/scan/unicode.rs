//! The classes of characters outside ASCII: `\w` and `\p{Uppercase}`.
//!
//! They come from the tables of the `regex` crate, so the word filters and a
//! regular expression agree on every character. The table is built at the first
//! such character (about 40 µs, 280 KB). A page is a number of 64 bits, one for each of its 64
//! characters, which agree in all bytes of UTF-8 but the last.

use crate::common::utf8;
use regex_syntax::hir::{Class as Hir, HirKind};
use std::sync::LazyLock;

/// The number of pages of 64 characters up to U+10FFFF.
const PAGES: usize = 0x11_0000 / 64;

/// The class of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// It belongs to words.
    pub word: bool,
    /// A word that begins with it is capitalised.
    pub upper: bool,
}

/// The classes of all characters.
pub struct Classes {
    /// The characters that belong to words.
    pub word: Members,
    /// The upper-case characters.
    pub upper: Members,
}

/// The members of a class.
///
/// A set of first bytes has their low six bits as its numbers, and so do sets of second bytes.
pub struct Members {
    pages: Vec<u64>,
    /// The first bytes of two or three whose characters are all members.
    pub all: u64,
    /// Those of which some characters are members.
    pub some: u64,
    /// For each first byte of three, the second bytes.
    #[allow(dead_code)] // portable code does not read it
    seconds: [Seconds; 16],
}

/// The pages of a first byte, by second bytes.
#[derive(Clone, Copy, Default)]
pub struct Seconds {
    /// The pages of which all characters are members.
    pub all: u64,
    /// Those of which some characters are members.
    pub some: u64,
}

/// The table.
pub fn classes() -> &'static Classes {
    static CLASSES: LazyLock<Classes> = LazyLock::new(|| Classes {
        word: Members::new(r"\w"),
        upper: Members::new(r"\p{Uppercase}"),
    });
    &CLASSES
}

impl Classes {
    /// The length of a text's first character in bytes, and its class. The text
    /// must not be empty. A byte that begins no character is in no class.
    #[inline(always)]
    pub fn first(&self, text: &[u8]) -> (u32, Class) {
        let (c, length) = utf8::first(text);
        let class = c.map_or(
            Class {
                word: false,
                upper: false,
            },
            |c| self.of(c),
        );
        (length as u32, class)
    }

    /// The class of a character.
    #[inline(always)]
    pub fn of(&self, c: char) -> Class {
        Class {
            word: self.word.has(c),
            upper: self.upper.has(c),
        }
    }
}

impl Members {
    /// The members of a class of the regular expression syntax.
    fn new(class: &str) -> Self {
        let hir = regex_syntax::parse(class).expect("a class that the regex crate knows");
        let HirKind::Class(Hir::Unicode(class)) = hir.kind() else {
            unreachable!("a class of characters");
        };
        let mut pages = vec![0; PAGES];
        for range in class.ranges() {
            for c in range.start() as usize..=range.end() as usize {
                pages[c / 64] |= 1 << (c % 64);
            }
        }
        let mut members = Members {
            pages,
            all: 0,
            some: 0,
            seconds: [Seconds::default(); 16],
        };
        // C0 and C1 begin no character.
        for lead in 0xC2..=0xDF {
            let page = members.page_of_two(lead);
            members.add_lead(lead, page == u64::MAX, page != 0);
        }
        for lead in 0xE0..=0xEF {
            let mut seconds = Seconds::default();
            // After E0, the first half would be overlong forms.
            for second in if lead == 0xE0 { 0xA0 } else { 0x80 }..=0xBF {
                match members.page_of_three(lead, second) {
                    0 => {}
                    u64::MAX => seconds.all |= 1 << (second & 0x3F),
                    _ => seconds.some |= 1 << (second & 0x3F),
                }
            }
            members.seconds[usize::from(lead & 0x0F)] = seconds;
            let any = seconds.all | seconds.some != 0;
            members.add_lead(lead, seconds.all == u64::MAX, any);
        }
        members
    }

    fn add_lead(&mut self, lead: u8, all: bool, any: bool) {
        self.all |= u64::from(all) << (lead & 0x3F);
        self.some |= u64::from(any && !all) << (lead & 0x3F);
    }

    /// The pages of all characters of up to two bytes.
    #[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
    #[inline(always)]
    pub fn pages_of_two(&self) -> [&[u64; 8]; 4] {
        let (pages, _) = self.pages.as_chunks();
        [0, 1, 2, 3].map(|i| &pages[i])
    }

    /// The pages of all characters of up to three bytes.
    #[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
    #[inline(always)]
    pub fn pages_of_16_bits(&self) -> &[u64; 1 << 10] {
        self.pages.first_chunk().expect("pages of all characters")
    }

    /// The page of a first byte of two.
    #[inline(always)]
    pub fn page_of_two(&self, lead: u8) -> u64 {
        self.pages[usize::from(lead & 0x1F)]
    }

    /// The pages of a first byte of three.
    #[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
    #[inline(always)]
    pub fn pages_of_three(&self, lead: u8) -> Seconds {
        self.seconds[usize::from(lead & 0x0F)]
    }

    /// The page of the first two bytes of three.
    #[inline(always)]
    pub fn page_of_three(&self, lead: u8, second: u8) -> u64 {
        self.pages[usize::from(lead & 0x0F) << 6 | usize::from(second & 0x3F)]
    }

    /// Whether the first character of a text is a member. It must begin with a byte from C0 on.
    #[inline(always)]
    pub fn has_first(&self, text: &[u8]) -> bool {
        let begins = (self.all | self.some) >> (text[0] & 0x3F) & 1 != 0;
        begins && utf8::first(text).0.is_some_and(|c| self.has(c))
    }

    #[inline(always)]
    fn has(&self, c: char) -> bool {
        self.pages[c as usize / 64] >> (c as usize % 64) & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_as_the_regex_crate_has_it() {
        let word = regex::Regex::new(r"^\w$").unwrap();
        let upper = regex::Regex::new(r"^\p{Uppercase}$").unwrap();
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            let expected = Class {
                word: word.is_match(&text),
                upper: upper.is_match(&text),
            };
            assert_eq!(classes().of(c), expected, "{c:?}");
            // What a capitalised word begins with must itself belong to words.
            assert!(expected.word || !expected.upper, "{c:?}");
        }
    }
}

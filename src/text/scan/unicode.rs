//! The classes of characters outside ASCII: `\w` and `\p{Uppercase}`.
//!
//! They come from the tables of the `regex` crate, so the word filters and a
//! regular expression agree on every character. The table is built at the first
//! such character (about 40 µs, 280 KB). A page is a number of 64 bits, one for each of its 64
//! characters, which agree in all bytes of UTF-8 but the last.

use crate::common::utf8;
use regex_syntax::hir::{Class as Hir, HirKind};
use std::ops::RangeInclusive;
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
/// A set of first bytes has their low six bits as its numbers.
pub struct Members {
    pages: Vec<u64>,
    /// The first bytes of two or three whose characters are all members.
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
    pub fn new(class: &str) -> Self {
        let mut pages = vec![0; PAGES];
        for c in code_points(class).into_iter().flatten() {
            pages[c / 64] |= 1 << (c % 64);
        }
        Members::from_pages(pages)
    }

    /// Those characters of up to three bytes for which `is_member` is true.
    pub fn of_16_bits(is_member: impl Fn(char) -> bool) -> Self {
        let is_in = |c: u32| char::from_u32(c).is_some_and(&is_member);
        let page =
            |page: u32| (0..64).fold(0, |bits, i| bits | u64::from(is_in(page * 64 + i)) << i);
        Members::from_pages((0..1 << 10).map(page).collect())
    }

    /// The members, a bit each, at least for all characters of up to three bytes.
    fn from_pages(pages: Vec<u64>) -> Self {
        let mut members = Members {
            pages,
            all: 0,
            some: 0,
        };
        // C0 and C1 begin no character. E0 begins some with only half of all second bytes.
        for lead in 0xC2..=0xEF_u8 {
            let range = match lead {
                ..0xE0 => usize::from(lead & 0x1F)..usize::from(lead & 0x1F) + 1,
                0xE0 => 0x800 / 64..0x1000 / 64,
                _ => usize::from(lead & 0xF) * 64..usize::from(lead & 0xF) * 64 + 64,
            };
            let pages = &members.pages[range];
            let all = lead != 0xE0 && pages.iter().all(|&page| page == u64::MAX);
            let some = !all && pages.iter().any(|&page| page != 0);
            members.all |= u64::from(all) << (lead & 0x3F);
            members.some |= u64::from(some) << (lead & 0x3F);
        }
        members
    }

    /// The pages of all characters of up to two bytes.
    #[cfg(simd = "x86")]
    #[inline(always)]
    pub fn pages_of_two(&self) -> [&[u64; 8]; 4] {
        let (pages, _) = self.pages.as_chunks();
        [0, 1, 2, 3].map(|i| &pages[i])
    }

    /// The pages of all characters of up to three bytes.
    #[cfg(simd = "x86")]
    #[inline(always)]
    pub fn pages_of_16_bits(&self) -> &[u64; 1 << 10] {
        self.pages.first_chunk().expect("pages of all characters")
    }

    /// The page of a first byte of two. C0 and C1 have the pages of ASCII.
    #[inline(always)]
    pub fn page_of_two(&self, lead: u8) -> u64 {
        self.pages[usize::from(lead & 0x1F)]
    }

    /// Whether three bytes are a member. They must have the bit patterns of a character of three
    /// bytes.
    #[inline(always)]
    pub fn has_three(&self, [a, b, c]: [u8; 3]) -> bool {
        let page = usize::from(a & 0x0F) << 6 | usize::from(b & 0x3F);
        let is_overlong = page < 0x800 / 64;
        !is_overlong & (self.pages[page] >> (c & 0x3F) & 1 != 0)
    }

    #[inline(always)]
    pub fn has(&self, c: char) -> bool {
        self.pages[c as usize / 64] >> (c as usize % 64) & 1 != 0
    }
}

/// The code points of a class in the regular expression syntax.
pub fn code_points(class: &str) -> Vec<RangeInclusive<usize>> {
    let hir = regex_syntax::parse(class).expect("a class that the regex crate knows");
    let code = |c: char| c as usize;
    match hir.kind() {
        HirKind::Class(Hir::Unicode(members)) => {
            let ranges = members.ranges().iter();
            ranges
                .map(|range| code(range.start())..=code(range.end()))
                .collect()
        }
        // A class of one character.
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            text.chars().map(|c| code(c)..=code(c)).collect()
        }
        _ => unreachable!("a class of characters"),
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

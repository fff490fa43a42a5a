//! The classes of characters outside ASCII: `\w` and `\p{Uppercase}`.
//!
//! They come from the tables of the `regex` crate, so the word filters and a
//! regular expression agree on every character. The table is built at the first
//! such character (about 40 µs, 140 KB). A look-up is two loads: a page for each
//! 64 characters, a bit for each character.

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
    word: Vec<u64>,
    upper: Vec<u64>,
}

/// The table.
pub fn classes() -> &'static Classes {
    static CLASSES: LazyLock<Classes> = LazyLock::new(|| Classes {
        word: bits(r"\w"),
        upper: bits(r"\p{Uppercase}"),
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
        let (page, bit) = (c as usize / 64, c as usize % 64);
        Class {
            word: self.word[page] >> bit & 1 != 0,
            upper: self.upper[page] >> bit & 1 != 0,
        }
    }
}

/// The members of a class of the regular expression syntax, a bit each.
fn bits(class: &str) -> Vec<u64> {
    let hir = regex_syntax::parse(class).expect("a class that the regex crate knows");
    let HirKind::Class(Hir::Unicode(class)) = hir.kind() else {
        unreachable!("a class of characters");
    };
    let mut bits = vec![0; PAGES];
    for range in class.ranges() {
        for c in range.start() as usize..=range.end() as usize {
            bits[c / 64] |= 1 << (c % 64);
        }
    }
    bits
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

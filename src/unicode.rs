//! The version of Unicode that all programs use.
//!
//! It is that of the `regex` crate, which knows the oldest one. `std` and the crates for
//! case folding and normalization know later ones. What they say of the characters of
//! this version stays the same, by Unicode's stability policies (or is held to it by the
//! tests below); and a character that it does not have is to all programs one without
//! case, class or decomposition.

use regex_syntax::hir::{Class, HirKind};
use std::sync::LazyLock;

/// The version.
pub const VERSION: &str = "16.0.0";

/// How many pages of 64 characters there are up to U+10FFFF.
const PAGES: usize = 0x11_0000 / 64;

/// Whether a character is assigned in this version.
#[inline]
pub fn has(c: char) -> bool {
    static ASSIGNED: LazyLock<Vec<u64>> = LazyLock::new(|| bits(r"\p{Age=16.0}"));
    c.is_ascii() || ASSIGNED[c as usize / 64] >> (c as usize % 64) & 1 != 0
}

/// The members of a class of the regular expression syntax, a bit each.
pub(crate) fn bits(class: &str) -> Vec<u64> {
    let hir = regex_syntax::parse(class).expect("a class that the regex crate knows");
    let HirKind::Class(Class::Unicode(class)) = hir.kind() else {
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
    fn all_crates_know_this_version() {
        let known = |age: u32| regex_syntax::parse(&format!(r"\p{{Age={age}.0}}")).is_ok();
        assert!(known(16) && !known(17));
        assert_eq!(VERSION, "16.0.0");
        assert_eq!(unicode_segmentation::UNICODE_VERSION, (16, 0, 0));
        assert!(unicode_normalization::UNICODE_VERSION >= (16, 0, 0));
        assert!(char::UNICODE_VERSION >= (16, 0, 0));
    }

    #[test]
    fn assigned_characters() {
        for (c, expected) in [
            ('a', true),
            ('\u{378}', false),
            ('\u{1c89}', true),  // 16.0
            ('\u{a7ce}', false), // 17.0
            ('\u{a7d2}', false), // 17.0
        ] {
            assert_eq!(has(c), expected, "{c:?}");
        }
    }
}

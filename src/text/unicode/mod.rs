//! The version of Unicode that all programs use.
//!
//! It is that of the `regex` crate, which has the oldest one. `std` and the crates for
//! case folding and normalization have later ones. Their data for the characters of this
//! version is the same, by Unicode's stability policies and by the tests below. A character
//! that this version does not have is, in all programs, one without case, class or
//! decomposition.

mod tables;

use std::sync::LazyLock;
use tables::{ASSIGNED, CASE_IGNORABLE, CASED, Ranges};

/// The version of Unicode, as a literal.
macro_rules! version {
    () => {
        "16.0.0"
    };
}
pub(crate) use version;

/// The version of Unicode.
pub const VERSION: &str = version!();

/// The number of pages of 64 characters up to U+10FFFF.
const PAGES: usize = 0x11_0000 / 64;

/// Whether a character is assigned in this version.
#[inline]
pub(crate) fn has(c: char) -> bool {
    static BITS: LazyLock<Bits> = LazyLock::new(|| Bits::new(ASSIGNED));
    c.is_ascii() || BITS.has(c)
}

/// Whether a character has a case (the property Cased).
pub(crate) fn is_cased(c: char) -> bool {
    static BITS: LazyLock<Bits> = LazyLock::new(|| Bits::new(CASED));
    BITS.has(c)
}

/// Whether a character is ignored where the case of its neighbours matters (the property
/// Case_Ignorable).
pub(crate) fn is_case_ignorable(c: char) -> bool {
    static BITS: LazyLock<Bits> = LazyLock::new(|| Bits::new(CASE_IGNORABLE));
    BITS.has(c)
}

/// The members of a class, a bit each.
struct Bits(Vec<u64>);

impl Bits {
    fn new(ranges: &Ranges) -> Bits {
        let mut bits = vec![0; PAGES];
        for &(first, last) in ranges {
            for code in first as usize..=last as usize {
                bits[code / 64] |= 1 << (code % 64);
            }
        }
        Bits(bits)
    }

    #[inline]
    fn has(&self, c: char) -> bool {
        self.0[c as usize / 64] >> (c as usize % 64) & 1 != 0
    }
}

/// The segments of each line of a file of Unicode's tests of boundaries.
#[cfg(test)]
pub(crate) fn segments(file: &str) -> impl Iterator<Item = Vec<String>> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let segments = line.split('÷').map(|segment| {
            let codes = segment.split([' ', '×']).filter(|code| !code.is_empty());
            let chars =
                codes.map(|code| u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
            chars.collect::<Option<String>>().expect("code points")
        });
        segments.filter(|segment| !segment.is_empty()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_crates_have_this_version() {
        let is_known = |age: u32| regex_syntax::parse(&format!(r"\p{{Age={age}.0}}")).is_ok();
        assert!(is_known(16) && !is_known(17));
        assert_eq!(VERSION, "16.0.0");
        assert_eq!(unicode_segmentation::UNICODE_VERSION, (16, 0, 0));
        assert!(unicode_normalization::UNICODE_VERSION >= (16, 0, 0));
        assert!(char::UNICODE_VERSION >= (16, 0, 0));
    }

    #[test]
    fn tables_are_those_of_the_regex_crate() {
        for (class, is_in) in [
            (r"^\p{Age=16.0}$", has as fn(char) -> bool),
            (r"^\p{Cased}$", is_cased),
            (r"^\p{Case_Ignorable}$", is_case_ignorable),
        ] {
            let class = regex::Regex::new(class).unwrap();
            for c in '\0'..=char::MAX {
                let text = c.to_string();
                assert_eq!(is_in(c), class.is_match(&text), "{class}: {c:?}");
            }
        }
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

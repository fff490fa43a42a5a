//! The final sigma: when a capital sigma becomes `ς` (The Unicode Standard,
//! table 3-17, Final_Sigma).
//!
//! It does if a cased letter is before it and none is after it, with any number
//! of case-ignorable characters in between. [`crate::text::unicode`] has the tables
//! of cased and of case-ignorable characters.

use crate::common::utf8;
use crate::text::unicode;

/// The capital letter.
pub const SIGMA: char = 'Σ';
/// The small one within a word.
pub const MEDIAL: &[u8; 2] = b"\xCF\x83";
/// The small one at the end of a word.
pub const FINAL: &[u8; 2] = b"\xCF\x82";

/// The role of a character next to a sigma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    /// A letter that has a case.
    Cased,
    /// A case-ignorable character.
    Ignorable,
    /// Any other character, or an invalid byte.
    Other,
}

fn context(c: char) -> Context {
    if unicode::is_case_ignorable(c) {
        Context::Ignorable
    } else if unicode::is_cased(c) {
        Context::Cased
    } else {
        Context::Other
    }
}

fn context_of(c: Option<char>) -> Context {
    c.map_or(Context::Other, context)
}

/// Whether the text ends in a cased letter, apart from ignorable characters;
/// `None` if it has no others.
pub fn before(mut text: &[u8]) -> Option<bool> {
    while !text.is_empty() {
        let (c, length) = utf8::last(text);
        match context_of(c) {
            Context::Ignorable => text = &text[..text.len() - length],
            context => return Some(context == Context::Cased),
        }
    }
    None
}

/// Whether the text begins with a cased letter, apart from ignorable characters;
/// `None` if it has no others.
pub fn after(mut text: &[u8]) -> Option<bool> {
    while !text.is_empty() {
        let (c, length) = utf8::first(text);
        match context_of(c) {
            Context::Ignorable => text = &text[length..],
            context => return Some(context == Context::Cased),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_as_in_std() {
        let by_std = |c| {
            let is_final = |before: &str| format!("{before}{c}Σ").to_lowercase().ends_with('ς');
            match (is_final(""), is_final("A")) {
                (true, _) => Context::Cased,
                (false, true) => Context::Ignorable,
                (false, false) => Context::Other,
            }
        };
        let assigned = ('\0'..=char::MAX).filter(|&c| unicode::has(c));
        let changed: Vec<char> = assigned.filter(|&c| context(c) != by_std(c)).collect();
        // Later versions change a few: U+0295 is a letter without case in Unicode 17.
        let most = if char::UNICODE_VERSION.0 == 16 { 0 } else { 9 };
        assert!(changed.len() <= most, "{changed:?}");
    }

    #[test]
    fn contexts_of_well_known_characters() {
        assert_eq!(context('a'), Context::Cased);
        assert_eq!(context('Σ'), Context::Cased);
        assert_eq!(context('ǅ'), Context::Cased);
        assert_eq!(context('\''), Context::Ignorable);
        assert_eq!(context('\u{301}'), Context::Ignorable);
        assert_eq!(context('\u{AD}'), Context::Ignorable);
        assert_eq!(context(' '), Context::Other);
        assert_eq!(context('本'), Context::Other);
    }
}

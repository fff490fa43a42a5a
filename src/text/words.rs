//! `words`: every word of a text, one a line.
//!
//! A word is a match of `\w+`: letters, marks, decimal digits, connectors such
//! as `_`, and joiners, by Unicode Technical Standard 18, annex C. Cost: one
//! pass, two buffers, whatever the length of a word or a line.

use crate::common::stream::Filter;
use crate::text::pick::{Pick, Which};

/// The filter `words`; with `ascii`, words are `[A-Za-z0-9_]+`.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::words::words;
/// let mut output = Vec::new();
/// stream::filter(&mut "Don't panic, café!".as_bytes(), &mut words(false), &mut output)?;
/// assert_eq!(output, "Don\nt\npanic\ncafé\n".as_bytes());
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn words(ascii: bool) -> impl Filter {
    Pick::new(Which::All, ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::filtered;

    fn found(ascii: bool, text: &str) -> String {
        let out = filtered(words(ascii), text.as_bytes(), vec![usize::MAX]);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn letters_digits_marks_and_connectors() {
        assert_eq!(
            found(false, "don't re-use n_1, café ①!"),
            "don\nt\nre\nuse\nn_1\ncafé\n"
        );
        assert_eq!(found(false, "e\u{301}te\u{301}"), "e\u{301}te\u{301}\n");
        assert_eq!(found(false, "日本語、Ελλάδα"), "日本語\nΕλλάδα\n");
    }

    #[test]
    fn with_ascii_all_other_bytes_are_separators() {
        assert_eq!(found(true, "café x2"), "caf\nx2\n");
    }
}

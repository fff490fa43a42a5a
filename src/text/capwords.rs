//! `capwords`: the capitalised words of a text, one a line.
//!
//! What Perl's `/\b[[:upper:]]\w*\b/` finds, in Unicode: words whose first
//! character has the property Uppercase. Title-case letters such as `ǅ` do not
//! have it. Cost: one pass, two buffers, whatever the length of a word or a line.

use crate::common::stream::Filter;
use crate::text::pick::{Pick, Which};

/// The filter `capwords`; with `ascii`, words are `\b[A-Z][A-Za-z0-9_]*\b`.
pub fn capwords(ascii: bool) -> impl Filter {
    Pick::new(Which::Capitalised, ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::filtered;

    fn found(ascii: bool, text: &str) -> String {
        let out = filtered(capwords(ascii), text.as_bytes(), vec![usize::MAX]);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_capital_counts_at_the_start_of_a_word_only() {
        assert_eq!(
            found(false, "The iPhone, WordPress; 1A _B X"),
            "The\nWordPress\nX\n"
        );
        assert_eq!(found(false, "Élan éLAN Ⓐ ǅ Ǆ"), "Élan\nⒶ\nǄ\n");
    }

    #[test]
    fn ascii_knows_no_other_capitals() {
        assert_eq!(found(true, "Élan Zürich"), "Z\n");
    }
}

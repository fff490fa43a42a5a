//! `capwords`: the capitalised words of a text, one a line.
//!
//! The matches of Perl's `/\b[[:upper:]]\w*\b/`, in Unicode: words whose first
//! character has the property Uppercase. Title-case letters such as `ǅ` do not
//! have it. Cost: one pass, two buffers, whatever the length of a word or a line.

use crate::common::stream::Filter;
use crate::text::pick::{Pick, Which};

/// The filter `capwords`; with `ascii`, words are `\b[A-Z][A-Za-z0-9_]*\b`.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::capwords::capwords;
/// let mut output = Vec::new();
/// stream::filter(&mut "The iPhone; Élan".as_bytes(), &mut capwords(false), &mut output)?;
/// assert_eq!(output, "The\nÉlan\n".as_bytes());
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
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
    fn with_ascii_only_a_to_z_are_capitals() {
        assert_eq!(found(true, "Élan Zürich"), "Z\n");
    }
}

//! The words of a text by other implementations, for tests and fuzz targets.

use super::classes::{APOSTROPHE, Class, Classes, SOFT_HYPHEN, Script};
use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;
use regex::Regex;
use std::sync::LazyLock;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text by `icu_segmenter`, one a line. It separates marks from the characters of
/// scripts without blanks, against rule WB4: they are put together again.
pub fn by_icu(text: &[u8]) -> String {
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let class = |c: Option<char>| c.map(|c| Classes::get().of(c));
    let pieces = text.utf8_chunks().map(|piece| {
        let text = piece.valid();
        let ends: Vec<usize> = segmenter.segment_str(text).collect();
        let mut joined: Vec<usize> = Vec::new();
        let mut after_unspaced = false;
        for (i, &end) in ends.iter().enumerate() {
            let next = &text[end..*ends.get(i + 1).unwrap_or(&end)];
            let (first, last) = (
                class(next.chars().next()),
                class(text[..end].chars().next_back()),
            );
            let is_mark = matches!(first, Some(Class::Extend | Class::Joiner));
            after_unspaced = matches!(last, Some(Class::Unspaced(_)))
                || after_unspaced && matches!(last, Some(Class::Extend | Class::Joiner));
            // Marks of these scripts that no entry has at this place.
            let are_marks = matches!(first, Some(Class::Unspaced(script)) if script != Script::Rest)
                && next.chars().all(is_combining_mark);
            if end == 0 || !(after_unspaced && is_mark || are_marks) {
                joined.push(end);
            }
        }
        words(joined.windows(2).map(|ends| &text[ends[0]..ends[1]]))
    });
    pieces.collect()
}

/// The words of a text by `unicode-segmentation`, which has no dictionaries: none if the text has
/// characters of a script without blanks, or a joiner behind a character that may join, such as
/// `7.`, U+200D and a pictograph, where version 1.12 has no boundary behind the 7, against the rules.
pub fn by_rules(text: &[u8]) -> Option<String> {
    static WRONG: LazyLock<Regex> = LazyLock::new(|| {
        let middle = r"[\p{wb=MidLetter}\p{wb=MidNum}\p{wb=MidNumLet}\p{wb=Single_Quote}\p{wb=Double_Quote}]";
        Regex::new(&format!(
            r"{middle}[\p{{wb=Extend}}\p{{wb=Format}}\u200D]*\u200D"
        ))
        .expect("a pattern")
    });
    let is_unspaced = |c| matches!(Classes::get().of(c), Class::Unspaced(_));
    let mut pieces = text.utf8_chunks().map(|piece| piece.valid());
    if pieces.any(|piece| piece.contains(is_unspaced) || WRONG.is_match(piece)) {
        return None;
    }
    let pieces = text.utf8_chunks();
    Some(
        pieces
            .map(|piece| words(piece.valid().split_word_bounds()))
            .collect(),
    )
}

/// The words among the segments of a text, one a line, as they are written.
pub fn words<'a>(segments: impl Iterator<Item = &'a str>) -> String {
    let classes = Classes::get();
    let is_letter_or_digit = |c: char| match classes.of(c) {
        Class::Letter | Class::Hebrew | Class::Digit | Class::Katakana | Class::Single => true,
        Class::Unspaced(_) => !is_combining_mark(c),
        _ => false,
    };
    // A pictograph before a joiner does not belong to the word.
    let may_begin = |c| match classes.of(c) {
        Class::Connector => true,
        Class::Unspaced(script) => script != Script::Rest || is_letter_or_digit(c),
        _ => is_letter_or_digit(c),
    };
    let mut out = String::new();
    for segment in segments.filter(|segment| segment.contains(is_letter_or_digit)) {
        let word = segment.trim_start_matches(|c| !may_begin(c));
        let word = word.replace(APOSTROPHE, "'").replace(SOFT_HYPHEN, "");
        out += &word;
        out.push('\n');
    }
    out
}

//! Every match of a regular expression, one a line: `-e` of the word filters.
//!
//! Each line is searched by itself, as `grep -o` does: a match never spans lines,
//! and a line is searched when it is complete. So memory grows with the longest
//! line. Empty matches are ignored.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A filter that writes the matches of a regular expression.
#[derive(Debug)]
pub struct Matches {
    pattern: Regex,
    /// The start of an incomplete line.
    line: Vec<u8>,
}

impl Matches {
    /// Compiles the expression (syntax of the `regex` crate). With `ascii`,
    /// its classes are ASCII only, and it matches bytes. The error is one line. A pattern that
    /// cannot match in a line is an error.
    pub fn new(pattern: &str, ascii: bool) -> Result<Self, String> {
        let parsed = ParserBuilder::new().unicode(!ascii).utf8(false).build();
        let parsed = { parsed }.parse(pattern);
        match parsed.map(|parsed| reach(&parsed)) {
            Ok(Reach::Never) => return Err("it can match nothing in a line".to_string()),
            Ok(Reach::Empty) => return Err("it can match only empty text".to_string()),
            // An invalid pattern fails below.
            Ok(Reach::Text) | Err(_) => {}
        }
        let pattern = RegexBuilder::new(pattern)
            .unicode(!ascii)
            .build()
            .map_err(|error| cause(&error))?;
        let line = Vec::new();
        Ok(Matches { pattern, line })
    }

    fn search(&self, lines: &[u8], out: &mut Out) {
        for line in lines.split(|&byte| byte == b'\n') {
            for found in self
                .pattern
                .find_iter(line)
                .filter(|found| !found.is_empty())
            {
                out.push(found.as_bytes());
                out.push(b"\n");
            }
        }
    }
}

/// The matches of the pattern if there is one, and otherwise this filter. The error is one
/// line.
pub fn or_matches(
    filter: impl Filter + 'static,
    patterns: &[String],
    ascii: bool,
) -> Result<Box<dyn Filter>, String> {
    match patterns {
        [] => Ok(Box::new(filter)),
        [pattern] => match Matches::new(pattern, ascii) {
            Ok(matches) => Ok(Box::new(matches)),
            Err(cause) => Err(format!("-e {pattern}: {cause}")),
        },
        // grep accepts several patterns; to use only the last one would lose words.
        _ => Err("-e: more than one PATTERN; join them by |".to_string()),
    }
}

/// The longest match of an expression in a line, which has no newline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Never,
    Empty,
    Text,
}

/// The reach of an expression. `Text` may be wrong, because assertions are not evaluated.
fn reach(hir: &Hir) -> Reach {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Reach::Empty,
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => Reach::Never,
        HirKind::Literal(_) => Reach::Text,
        HirKind::Class(class) => match class {
            Class::Unicode(class) => {
                of_class(class.ranges(), |range| (range.start(), range.end()), '\n')
            }
            Class::Bytes(class) => {
                of_class(class.ranges(), |range| (range.start(), range.end()), b'\n')
            }
        },
        HirKind::Repetition(repetition) => match (reach(&repetition.sub), repetition.max) {
            (_, Some(0)) => Reach::Empty,
            (Reach::Never, _) if repetition.min == 0 => Reach::Empty,
            (reach, _) => reach,
        },
        HirKind::Capture(capture) => reach(&capture.sub),
        HirKind::Concat(parts) => {
            let reaches = parts.iter().map(reach);
            let both = |a, b| match (a, b) {
                (Reach::Never, _) | (_, Reach::Never) => Reach::Never,
                (a, b) => std::cmp::max(a, b),
            };
            reaches.fold(Reach::Empty, both)
        }
        HirKind::Alternation(parts) => parts.iter().map(reach).max().unwrap_or(Reach::Never),
    }
}

/// Whether a class has a character that is not a newline.
fn of_class<R, C: PartialEq>(ranges: &[R], ends: fn(&R) -> (C, C), newline: C) -> Reach {
    let has_other = |range| {
        let (start, end) = ends(range);
        start != newline || end != newline
    };
    match ranges.iter().any(has_other) {
        true => Reach::Text,
        false => Reach::Never,
    }
}

/// The error in a regular expression, in one line. Messages of the `regex`
/// crate show the pattern over several lines; the last one names the error.
pub fn cause(error: &regex::Error) -> String {
    let message = error.to_string();
    let line = message.lines().last().unwrap_or(&message);
    line.strip_prefix("error: ").unwrap_or(line).to_string()
}

impl Filter for Matches {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        let rest = match memchr::memrchr(b'\n', text) {
            None => text,
            Some(end) => {
                let mut lines = &text[..end];
                if !self.line.is_empty() {
                    let first = memchr::memchr(b'\n', text).unwrap_or(end);
                    self.line.extend_from_slice(&text[..first]);
                    self.search(&self.line, out);
                    self.line.clear();
                    lines = text.get(first + 1..end).unwrap_or_default();
                }
                self.search(lines, out);
                &text[end + 1..]
            }
        };
        self.line.extend_from_slice(rest);
        Ok(())
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        self.search(&self.line, out);
        self.line.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{self, filtered};
    use proptest::prelude::*;

    #[test]
    fn a_match_stays_in_its_line() {
        let found = filtered(
            Matches::new(r"\w+\s+\w+|z*", false).unwrap(),
            b"a b c\nd e\nf zz",
            vec![3],
        );
        assert_eq!(found, b"a b\nd e\nf zz\n");
    }

    // case text-12
    #[test]
    fn a_pattern_that_matches_nothing_is_an_error() {
        const NOTHING: &str = "it can match nothing in a line";
        const EMPTY: &str = "it can match only empty text";
        for (pattern, cause) in [
            (r"a\nb", NOTHING),
            ("a\nb", NOTHING),
            (r"\n+", NOTHING),
            (r"[\n]", NOTHING),
            (r"[^\s\S]", NOTHING),
            (r"(x|y)\nz|\n", NOTHING),
            ("", EMPTY),
            ("^$", EMPTY),
            (r"\b", EMPTY),
            ("x{0}", EMPTY),
            (r"\n*", EMPTY),
            (r"\n|", EMPTY),
            ("()|(?:)*", EMPTY),
        ] {
            for ascii in [false, true] {
                assert_eq!(
                    Matches::new(pattern, ascii).unwrap_err(),
                    cause,
                    "{pattern:?}"
                );
            }
        }
        for pattern in [
            "a*", r"\n|a", r"\n?a", r"\s", r"[^\n]", "a|", r"(\n|a)b", ".",
        ] {
            assert!(Matches::new(pattern, false).is_ok(), "{pattern:?}");
        }
    }

    #[test]
    fn a_bad_pattern_is_named_in_one_line() {
        assert_eq!(Matches::new("(", false).unwrap_err(), "unclosed group");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let pattern = regex::bytes::Regex::new(r"[[:alpha:]]+.?\S").unwrap();
            let mut expected = Vec::new();
            for line in text.split(|&b| b == b'\n') {
                for found in pattern.find_iter(line) {
                    expected.extend_from_slice(found.as_bytes());
                    expected.push(b'\n');
                }
            }
            let found = filtered(Matches::new(r"[[:alpha:]]+.?\S", false).unwrap(), &text, cuts);
            prop_assert_eq!(found, expected);
        }
    }
}

//! Every match of a regular expression, one a line: what `-e` makes of the
//! word filters.
//!
//! The expression is held against each line by itself, as `grep -o` does: a
//! match never spans lines, and a line is searched when its end has come. So
//! memory grows with the longest line. Empty matches are no matches.

use crate::error::Error;
use crate::stream::{Filter, Out};
use regex::bytes::{Regex, RegexBuilder};

/// A filter that writes the matches of a regular expression.
#[derive(Debug)]
pub struct Matches {
    pattern: Regex,
    /// The line that has no end yet.
    line: Vec<u8>,
}

impl Matches {
    /// Compiles the expression (syntax of the `regex` crate). With `ascii`,
    /// its classes know ASCII only, and it matches bytes. The error is one line.
    pub fn new(pattern: &str, ascii: bool) -> Result<Self, String> {
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

/// What is wrong with a regular expression, in one line. Messages of the `regex`
/// crate show the pattern over several lines; the last one names the mistake.
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
    use crate::arbitrary::{self, filtered};
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

//! Fields between blanks, some of them in quotes or brackets: logs of web servers.
//!
//! A field that begins with `"` ends at the first `"` that is not escaped by a backslash and that is
//! followed by a blank or by the end of the line. If there is none, it ends at the last `"` that is
//! followed so, escaped or not; if there is none of these either, it is the rest of the line. So a
//! quote within a field does no harm (`""agent""`), unless a blank follows it: then the line is
//! ambiguous. The same for brackets, but if none closes a field, it is a word: HAProxy writes
//! `{Mozilla/5.0 [FBAN/FBIOS]}`.

use super::lines::{Lines, each_line};
use super::list::Selection;
use super::marks::Marks;
use super::records::Records;
use crate::common::error::Error;
use memchr::{memchr, memchr_iter, memchr2, memrchr_iter};

/// Fields between blanks, in quotes, or in brackets.
#[derive(Debug)]
pub struct Quoted {
    selection: Selection,
    ends: Marks,
    fields: Vec<(usize, usize)>,
}

impl Quoted {
    /// These fields of each line.
    pub fn new(selection: Selection) -> Self {
        Quoted {
            selection,
            ends: Marks::default(),
            fields: Vec::new(),
        }
    }
}

impl Lines for Quoted {
    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        self.ends.find(b'\n', text);
        let needed = self.selection.needed();
        each_line(text, &self.ends, records, |start, end, records| {
            let line = &text[start..end];
            self.fields.clear();
            let (mut at, mut has_closing) = (0, true);
            while self.fields.len() < needed
                && let Some((from, to, next)) = next(line, at, &mut has_closing)
            {
                self.fields.push((from, to));
                at = next;
            }
            self.selection.write_parts(line, &self.fields, records);
        });
        Ok(())
    }
}

/// The start and the end of the next field, without its quotes, and where to look for the one after it.
///
/// `has_closing` says whether a bracket may close a field: it is searched to the end of the line
/// once only.
#[inline]
fn next(line: &[u8], at: usize, has_closing: &mut bool) -> Option<(usize, usize, usize)> {
    let start = at + line[at..].iter().position(|&byte| !is_blank(byte))?;
    let close = match line[start] {
        b'"' => b'"',
        b'[' if *has_closing => b']',
        _ => {
            let end = word_end(line, start);
            return Some((start, end, end));
        }
    };
    Some(match closing(line, start + 1, close) {
        Some(end) => (start + 1, end, end + 1),
        None => {
            let end = unclosed(line, start, has_closing);
            (start, end, end)
        }
    })
}

/// Where a field ends that begins at `start` with a quote or a bracket, and that nothing closes.
#[cold]
fn unclosed(line: &[u8], start: usize, has_closing: &mut bool) -> usize {
    if line[start] == b'"' {
        // The line is cut within quotes.
        return line.len();
    }
    *has_closing = false;
    word_end(line, start)
}

#[inline]
fn word_end(line: &[u8], start: usize) -> usize {
    memchr2(b' ', b'\t', &line[start..]).map_or(line.len(), |n| start + n)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Where a field ends that begins at `start`, behind an opening quote: the place of the closing one.
#[inline]
pub fn closing(line: &[u8], start: usize, close: u8) -> Option<usize> {
    let ends = |at: usize| line.get(at + 1).is_none_or(|&byte| is_blank(byte));
    let field = &line[start..];
    // Most fields end at their first quote.
    let first = start + memchr(close, field)?;
    if ends(first) && line[first - 1] != b'\\' {
        return Some(first);
    }
    let mut quotes = memchr_iter(close, field).map(|n| start + n);
    quotes
        .find(|&at| ends(at) && !is_escaped(&line[start..at]))
        .or_else(|| {
            memrchr_iter(close, field)
                .map(|n| start + n)
                .find(|&at| ends(at))
        })
}

/// Whether a byte is escaped by a backslash; `before` is the text before it.
pub fn is_escaped(before: &[u8]) -> bool {
    let backslashes = before.iter().rev().take_while(|&&byte| byte == b'\\');
    backslashes.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Vec<&str> {
        let mut fields = Vec::new();
        let (mut at, mut has_closing) = (0, true);
        while let Some((start, end, next)) = next(line.as_bytes(), at, &mut has_closing) {
            fields.push(&line[start..end]);
            at = next;
        }
        fields
    }

    #[test]
    fn quotes_and_brackets() {
        for (line, expected) in [
            ("", &[][..]),
            ("  a\t b ", &["a", "b"]),
            (r#""a b" c"#, &["a b", "c"]),
            (r#""" [] c"#, &["", "", "c"]),
            (r#"[1 +0] "-""#, &["1 +0", "-"]),
            // Apache escapes quotes, Amazon's S3 does not.
            (r#""a \"b\" c" d"#, &[r#"a \"b\" c"#, "d"]),
            (r#"""agent"" d"#, &[r#""agent""#, "d"]),
            (r#""a\\" d"#, &[r"a\\", "d"]),
            (r#""a\\\" d" e"#, &[r#"a\\\" d"#, "e"]),
            // Traefik escapes quotes, and no backslashes.
            (r#""a\" d"#, &[r"a\", "d"]),
            (r#""a\" d "e"#, &[r"a\", "d", "\"e"]),
            // No closing quote.
            (r#""a b"#, &["\"a b"]),
            (r#"a "b"c d"#, &["a", "\"b\"c d"]),
            ("[a]b] c", &["a]b", "c"]),
            // No closing bracket.
            ("[a b", &["[a", "b"]),
            (
                r#"0/0 {A (b; c) [FBAN/FBIOS;FBCR/]} "GET /a] HTTP/1.1""#,
                &[
                    "0/0",
                    "{A",
                    "(b;",
                    "c)",
                    r#"FBAN/FBIOS;FBCR/]} "GET /a"#,
                    "HTTP/1.1\"",
                ],
            ),
            (
                r#"0/0 {A (b; c) [FBAN/FBIOS;FBCR/]} "GET / HTTP/1.1""#,
                &[
                    "0/0",
                    "{A",
                    "(b;",
                    "c)",
                    "[FBAN/FBIOS;FBCR/]}",
                    "GET / HTTP/1.1",
                ],
            ),
            ("[a [b \"c [d", &["[a", "[b", "\"c [d"]),
            (r"[a\] b] c", &[r"a\] b", "c"]),
            // Only a field that begins with a quote is in quotes.
            (r#"a"b c" d"#, &["a\"b", "c\"", "d"]),
            ("\"", &["\""]),
            ("\" ", &["\" "]),
        ] {
            assert_eq!(fields(line), expected, "{line}");
        }
    }
}

//! Names, numbers and text as error lines and reports show them.

use std::ffi::OsStr;

/// A number of things: `1 line`, `2 lines`.
pub fn number_of(n: u64, thing: &str) -> String {
    match n {
        1 => format!("1 {thing}"),
        n => format!("{n} {thing}s"),
    }
}

/// How an operand is called in messages.
pub fn shown(name: &OsStr) -> String {
    match name.to_str() {
        Some("-") => "stdin".to_string(),
        _ => name.display().to_string(),
    }
}

/// The text on one line, with invisible characters escaped, so that a terminal executes
/// nothing and no text looks like another.
pub fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => line.push(c),
            // As the second of two, since a mark on another character can be seen.
            c => line.extend(format!("_{c}").escape_debug().skip(1)),
        }
    }
    line
}

/// The bytes on one line, without ambiguity: invisible characters, invalid bytes and
/// backslashes are escaped.
pub fn escaped(bytes: &[u8]) -> String {
    let mut line = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        line += &visible(&chunk.valid().replace('\\', r"\\"));
        for byte in chunk.invalid() {
            line += &format!("\\x{byte:02x}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_one_line_and_unambiguous() {
        assert_eq!(escaped("a b\\t'é".as_bytes()), r"a b\\t'é");
        assert_eq!(escaped(b"a\tb\n\x1b\xff\\n"), r"a\tb\n\u{1b}\xff\\n");
    }

    #[test]
    fn an_error_line_is_one_line() {
        assert_eq!(visible("a\nb\x1b[1mé"), "a\\nb\\u{1b}[1mé");
        assert_eq!(
            visible("a\u{202e}b\u{2028}c\u{200b}\u{a0}"),
            "a\\u{202e}b\\u{2028}c\\u{200b}\\u{a0}"
        );
        for seen in ["'\"\\ …", "e\u{301}", "日本 हिन्दी"] {
            assert_eq!(visible(seen), seen);
        }
    }
}

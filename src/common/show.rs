//! Names, numbers and text as error lines, reports and terminals show them.

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

/// Appends a text as a terminal can show it: control characters, bidirectional controls and
/// invalid bytes are escaped. All other characters stay, also those that cannot be seen; and so
/// does a control character for which `stays` is true, a function of it and of the next one.
pub fn put_escaped(text: &[u8], stays: impl Fn(char, Option<char>) -> bool, out: &mut Vec<u8>) {
    let is_plain = |byte: &&u8| matches!(byte, b' '..=b'~');
    let plain = text.iter().take_while(is_plain).count();
    out.extend_from_slice(&text[..plain]);
    for chunk in text[plain..].utf8_chunks() {
        let mut chars = chunk.valid().chars().peekable();
        while let Some(c) = chars.next() {
            match is_control(c) && !stays(c, chars.peek().copied()) {
                true => out.extend(c.escape_debug().map(|c| c as u8)),
                false => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
}

/// Whether a terminal does not show the character, but executes it or orders other characters by
/// it: C0, DEL, C1, and the embeddings, overrides and isolates of the Bidirectional Algorithm
/// (Unicode Standard Annex 9).
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
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
    fn a_terminal_executes_nothing() {
        let shown = |text: &[u8]| {
            let mut out = Vec::new();
            let stays = |c: char, next: Option<char>| c == '\t' || c == '\r' && next == Some('\n');
            put_escaped(text, stays, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(b"a b\\ ~"), "a b\\ ~");
        assert_eq!(shown(b"\x1b[31mred\x1b[0m"), r"\u{1b}[31mred\u{1b}[0m");
        let escaped = "\\0\t\r\\n\\r\\u{7}\\u{7f}\\r";
        assert_eq!(shown(b"\0\t\r\n\r\x07\x7f\r"), escaped);
        assert_eq!(shown("\u{9b}1m\u{90}".as_bytes()), r"\u{9b}1m\u{90}");
        assert_eq!(shown(b"\x9b1m\xe2\x82x\xff"), r"\x9b1m\xe2\x82x\xff");
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(
                shown(format!("e{c}").as_bytes()),
                format!("e{}", c.escape_unicode())
            );
        }
        // Neither marks and joiners of scripts, nor blanks.
        for text in [
            "e\u{301}",
            "\u{301}",
            "👩‍👩‍👧",
            "ک\u{200c}ا",
            "\u{200f}",
            "\u{a0}",
            "日本 हिन्दी",
        ] {
            assert_eq!(shown(text.as_bytes()), text);
        }
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

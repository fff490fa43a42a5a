//! Lines that are cut to the columns of a terminal.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The columns between two tab stops.
const TAB: usize = 8;

/// A part of a line.
enum Part<'a> {
    /// A grapheme, or some invalid bytes, and its width.
    Shown(&'a [u8], usize),
    Tab,
    /// A sequence that a terminal executes, such as a color: it has no width.
    Executed(&'a [u8]),
}

/// Appends a line, cut to a number of columns: then a mark ends it, or as much of the mark as fits.
/// Returns the width of what was appended.
///
/// A grapheme is not divided. Its width is that of its text, not the sum of its characters: a
/// family is an emoji of two columns. TABs become blanks, so that they also cover what is below
/// them. Control sequences behind the cut stay, since they may end a color.
pub(crate) fn put_cut(line: &[u8], columns: usize, mark: &str, out: &mut Vec<u8>) -> usize {
    // A mark that does not fit is several full stops.
    let mark = match mark.width() > columns {
        true => &mark[..columns],
        false => mark,
    };
    let room = match fits(line, columns) {
        true => columns,
        false => columns - mark.width(),
    };
    let mut at = 0;
    let mut is_cut = false;
    for part in parts(line) {
        let width = part.width(at);
        match part {
            Part::Executed(sequence) => out.extend_from_slice(sequence),
            _ if is_cut => {}
            _ if at + width > room => {
                out.extend_from_slice(mark.as_bytes());
                at += mark.width();
                is_cut = true;
            }
            Part::Shown(text, _) => {
                out.extend_from_slice(text);
                at += width;
            }
            Part::Tab => {
                out.resize(out.len() + width, b' ');
                at += width;
            }
        }
    }
    at
}

/// Whether the width of a line is at most a number of columns.
fn fits(line: &[u8], columns: usize) -> bool {
    let mut at = 0;
    parts(line).all(|part| {
        at += part.width(at);
        at <= columns
    })
}

impl Part<'_> {
    /// The width of the part, if it begins after this number of columns.
    fn width(&self, at: usize) -> usize {
        match self {
            Part::Shown(_, width) => *width,
            Part::Tab => TAB - at % TAB,
            Part::Executed(_) => 0,
        }
    }
}

/// The parts of a line.
fn parts(line: &[u8]) -> impl Iterator<Item = Part<'_>> {
    line.utf8_chunks().flat_map(|chunk| {
        // A terminal shows a replacement character.
        let invalid = Some(chunk.invalid()).filter(|bytes| !bytes.is_empty());
        of_text(chunk.valid()).chain(invalid.map(|bytes| Part::Shown(bytes, 1)))
    })
}

fn of_text(mut text: &str) -> impl Iterator<Item = Part<'_>> {
    std::iter::from_fn(move || {
        let first = text.graphemes(true).next()?;
        let (part, rest) = match text.as_bytes() {
            [b'\t', ..] => (Part::Tab, &text[1..]),
            [b'\x1b', b'[', ..] => {
                let (sequence, rest) = text.split_at(sequence(text));
                (Part::Executed(sequence.as_bytes()), rest)
            }
            _ => {
                let rest = &text[first.len()..];
                let bytes = first.as_bytes();
                match first.starts_with(char::is_control) {
                    true => (Part::Executed(bytes), rest),
                    false => (Part::Shown(bytes, first.width()), rest),
                }
            }
        };
        text = rest;
        Some(part)
    })
}

/// The length of the control sequence at the beginning of a text (ECMA-48, 5.4). One that is
/// incomplete goes up to the first character that is not a part of it.
fn sequence(text: &str) -> usize {
    let parameters = text[2..]
        .bytes()
        .take_while(|byte| matches!(byte, b' '..=b'?'));
    let end = 2 + parameters.count();
    match text.as_bytes().get(end) {
        Some(b'@'..=b'~') => end + 1,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use proptest::prelude::*;

    fn cut(line: &[u8], columns: usize) -> (Vec<u8>, usize) {
        let mut out = Vec::new();
        let width = put_cut(line, columns, "…", &mut out);
        (out, width)
    }

    #[test]
    fn cut_to_columns() {
        for (line, columns, expected, width) in [
            (&b""[..], 1, &b""[..], 0),
            (b"abc", 3, b"abc", 3),
            (b"abcd", 3, "ab…".as_bytes(), 3),
            (b"abcd", 1, "…".as_bytes(), 1),
            // A tab stop is after each 8 columns.
            (b"30\tab", 20, b"30      ab", 10),
            (b"30\tab", 9, "30      …".as_bytes(), 9),
            (b"30\tab", 8, "30…".as_bytes(), 3),
            (b"\t\tx", 17, b"                x", 17),
            // A wide character does not fit into one column.
            ("日本語".as_bytes(), 5, "日本…".as_bytes(), 5),
            ("日本語".as_bytes(), 4, "日…".as_bytes(), 3),
            // Colors have no width, and end behind the cut.
            (b"4 \x1b[36mab\x1b[0m c", 6, b"4 \x1b[36mab\x1b[0m c", 6),
            (
                b"4 \x1b[36mabcd\x1b[0m e",
                5,
                "4 \x1b[36mab…\x1b[0m".as_bytes(),
                5,
            ),
            (b"\x1b[1;3", 2, b"\x1b[1;3", 0),
            (b"\x1b[\xc3\xa9x", 9, b"\x1b[\xc3\xa9x", 2),
            (b"\x1b", 2, b"\x1b", 0),
            // Invalid bytes are shown as one character.
            (b"a\xe2\x82b", 3, b"a\xe2\x82b", 3),
            (b"a\xffbc", 3, b"a\xff\xe2\x80\xa6", 3),
        ] {
            let expected = (expected.to_vec(), width);
            assert_eq!(cut(line, columns), expected, "{line:?}, {columns}");
        }
    }

    proptest! {
        #[test]
        fn never_wider(text in arbitrary::text(), columns in 1..60usize) {
            let (out, width) = cut(&text, columns);
            prop_assert!(width <= columns);
            prop_assert!(fits(&out, columns));
            if fits(&text, columns) && !text.contains(&b'\t') {
                prop_assert_eq!(out, text);
            }
        }
    }
}

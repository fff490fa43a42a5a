//! Lines as a chart shows them.

use crate::common::{columns, show};

/// Appends a line on which nothing is executed by a terminal: control characters and invalid bytes
/// are escaped.
pub(super) fn put(line: &[u8], out: &mut Vec<u8>) {
    show::put_escaped(line, |_, _| false, out);
}

/// The same, cut to a number of columns: then a mark ends it, or as much of the mark as fits.
pub(super) fn put_cut(line: &[u8], columns: usize, mark: &str, out: &mut Vec<u8>) {
    let mut label = Vec::with_capacity(line.len());
    put(line, &mut label);
    columns::put_cut(&label, columns, mark, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::UnicodeWidthStr;

    fn shown(line: &[u8], columns: usize, mark: &str) -> String {
        let mut out = Vec::new();
        put_cut(line, columns, mark, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cut_between_graphemes_by_columns() {
        for (label, columns, expected) in [
            ("dreamhost", 9, "dreamhost"),
            ("dreamhost", 8, "dreamho…"),
            ("dreamhost", 1, "…"),
            ("", 1, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("日本語", 2, "…"),
            ("e\u{301}e\u{301}e\u{301}", 3, "e\u{301}e\u{301}e\u{301}"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("👩‍👩‍👧👩‍👩‍👧x", 5, "👩‍👩‍👧👩‍👩‍👧x"),
            ("👩‍👩‍👧👩‍👩‍👧x", 4, "👩‍👩‍👧…"),
            ("👩‍👩‍👧👩‍👩‍👧x", 2, "…"),
            ("🇩🇪🇫🇷", 3, "🇩🇪…"),
        ] {
            assert_eq!(shown(label.as_bytes(), columns, "…"), expected);
        }
        assert_eq!(shown(b"dreamhost", 8, "..."), "dream...");
        assert_eq!(shown(b"dreamhost", 3, "..."), "...");
        assert_eq!(shown(b"dreamhost", 2, "..."), "..");
    }

    proptest! {
        #[test]
        fn never_wider(text in crate::common::arbitrary::text(), columns in 1..60usize, is_ascii: bool) {
            let mark = if is_ascii { "..." } else { "…" };
            let (whole, cut) = (shown(&text, usize::MAX, mark), shown(&text, columns, mark));
            let width = |text: &str| text.graphemes(true).map(UnicodeWidthStr::width).sum::<usize>();
            prop_assert!(width(&cut) <= columns);
            if width(&whole) <= columns {
                prop_assert_eq!(cut, whole);
            } else {
                let kept = cut.trim_end_matches(&mark[..mark.len().min(columns.max(3))]);
                prop_assert!(whole.starts_with(kept) || columns < 3);
            }
        }
    }
}

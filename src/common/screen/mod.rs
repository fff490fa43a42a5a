//! Pages on a terminal, each drawn in the place of the one before.
//!
//! A page is written from the cursor on, so that what is above it stays. Each of its lines is cut to
//! the columns of the terminal, and is one row; the page is cut to one row less than the terminal
//! has. So the cursor, which ends below the page, can return to its first row. The alternate screen
//! is not used: the last page stays when the program ends, whatever ends it.
//!
//! - The bytes of a page are one write, and a synchronized update (mode 2026) where the terminal
//!   supports that: no terminal shows a part of it. The screen is not cleared first, which flickers;
//!   the rest of each row is erased, and at the end the rest of the screen.
//! - Terminals differ in the width of some characters. Automatic margins (mode 7) are off while a
//!   page is drawn, so that a row that is wider than expected is still one row.
//! - The size of the terminal may change between two pages. If it has become narrower than the rows
//!   that are on it, some terminals have divided these into several rows, and others have cut them:
//!   their number is unknown. Then the page begins in the first row of the screen, and
//!   all below is erased. In other cases the page begins where the last one did, or in the first row
//!   if that has left the screen.

use super::columns;
use rustix::termios::tcgetwinsize;
use std::io::Write;
use std::os::fd::AsFd;

#[cfg(test)]
mod model;

/// The size of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The number of rows.
    pub rows: usize,
    /// The number of columns.
    pub columns: usize,
}

impl Size {
    /// The size of a terminal, or 24 rows of 80 columns if it is unknown.
    pub fn of(terminal: impl AsFd) -> Size {
        let size = tcgetwinsize(terminal).map_or((0, 0), |size| (size.ws_row, size.ws_col));
        let known = |n: u16, otherwise| if n > 0 { n.into() } else { otherwise };
        Size {
            rows: known(size.0, 24),
            columns: known(size.1, 80),
        }
    }
}

const BEGIN: &[u8] = b"\x1b[?2026h\x1b[?7l\r";
const FIRST_ROW: &[u8] = b"\x1b[H";
const ERASE_REST_OF_ROW: &[u8] = b"\x1b[K";
const ERASE_BELOW: &[u8] = b"\x1b[J";
const END: &[u8] = b"\x1b[?7h\x1b[?2026l";

/// The screen of a terminal, as far as the last page has changed it.
#[derive(Debug, Default)]
pub struct Screen {
    /// How many rows that page has.
    rows: usize,
    /// The width of its widest row.
    widest: usize,
}

impl Screen {
    /// The bytes that replace the last page by another one, whose lines are those of a text. A line
    /// ends with a newline or with this terminator, and contains nothing that moves the cursor.
    pub fn draw(&mut self, page: &[u8], terminator: u8, size: Size) -> Vec<u8> {
        let mut out = BEGIN.to_vec();
        if self.widest > size.columns {
            out.extend_from_slice(FIRST_ROW);
        } else if self.rows > 0 {
            // Into a buffer; it does not fail.
            let _ = write!(out, "\x1b[{}A", self.rows);
        }
        *self = Screen::default();
        let is_end = |byte: &u8| *byte == b'\n' || *byte == terminator;
        let lines = page.iter().filter(|byte| is_end(byte)).count();
        let room = size.rows.saturating_sub(1).max(1);
        // The last row may say that there are more lines.
        let shown = if lines > room { room - 1 } else { lines };
        for line in page.split(is_end).take(shown) {
            self.put(line, size.columns, &mut out);
        }
        if lines > shown {
            let rest = format!("… {} more", lines - shown);
            self.put(rest.as_bytes(), size.columns, &mut out);
        }
        out.extend_from_slice(ERASE_BELOW);
        out.extend_from_slice(END);
        out
    }

    /// Appends a row.
    fn put(&mut self, line: &[u8], columns: usize, out: &mut Vec<u8>) {
        // A CR before the newline is a part of the end of the line.
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = out.len();
        let width = columns::put_cut(line, columns, "…", out);
        // In a row that is full, the cursor is on the last character, which would be erased.
        let erase = if width < columns { out.len() } else { start };
        out.splice(erase..erase, ERASE_REST_OF_ROW.iter().copied());
        out.extend_from_slice(b"\r\n");
        self.rows += 1;
        self.widest = self.widest.max(width);
    }
}

#[cfg(test)]
mod tests {
    use super::model::{Model, Narrower};
    use super::*;
    use proptest::prelude::*;

    fn size(rows: usize, columns: usize) -> Size {
        Size { rows, columns }
    }

    fn drawn(screen: &mut Screen, page: &str, size: Size) -> String {
        String::from_utf8(screen.draw(page.as_bytes(), b'\n', size)).unwrap()
    }

    #[test]
    fn the_bytes_of_pages() {
        let mut screen = Screen::default();
        let begin = "\x1b[?2026h\x1b[?7l\r";
        let end = "\x1b[J\x1b[?7h\x1b[?2026l";
        for (page, size, expected) in [
            ("1 a\n2 b\n", size(24, 80), "1 a\x1b[K\r\n2 b\x1b[K\r\n"),
            ("1 abc\n", size(24, 5), "\x1b[2A\x1b[K1 abc\r\n"),
            ("1 abcd\r\n", size(24, 5), "\x1b[1A\x1b[K1 ab…\r\n"),
            ("", size(24, 5), "\x1b[1A"),
            // The rows before it were none.
            ("1 a\n", size(24, 1), "\x1b[K…\r\n"),
            (
                "1\n2\n3\n4\n",
                size(4, 20),
                "\x1b[1A1\x1b[K\r\n2\x1b[K\r\n… 2 more\x1b[K\r\n",
            ),
            (
                "1\n2\n3\n",
                size(4, 7),
                "\x1b[H1\x1b[K\r\n2\x1b[K\r\n3\x1b[K\r\n",
            ),
            ("1\n2\n", size(2, 20), "\x1b[3A… 2 more\x1b[K\r\n"),
            ("1\n", size(1, 20), "\x1b[1A1\x1b[K\r\n"),
        ] {
            let expected = format!("{begin}{expected}{end}");
            assert_eq!(drawn(&mut screen, page, size), expected, "{page:?}");
        }
    }

    /// A NUL ends a line, and so does a newline in it, as on a terminal without pages.
    #[test]
    fn rows_of_lines_that_end_with_nul() {
        let page = Screen::default().draw(b"1 a\nb\x002 c\0", 0, size(24, 80));
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("\r1 a\x1b[K\r\nb\x1b[K\r\n2 c\x1b[K\r\n\x1b[J"));
    }

    /// What a page looks like: its lines, cut to a size.
    fn expected(page: &[String], size: Size) -> Vec<String> {
        let cut = |line: &str| match line.chars().count() > size.columns {
            true => line.chars().take(size.columns - 1).chain(['…']).collect(),
            false => line.to_string(),
        };
        let room = (size.rows - 1).max(1);
        if page.len() <= room {
            return page.iter().map(|line| cut(line)).collect();
        }
        let shown = page[..room - 1].iter().map(|line| cut(line));
        let rest = format!("… {} more", page.len() - (room - 1));
        shown.chain([cut(&rest)]).collect()
    }

    /// Pages of several sizes on a terminal whose size stays: each is in the place of the first one,
    /// and what was above it stays.
    #[test]
    fn what_is_above_stays() {
        let mut terminal = Model::new(size(6, 10));
        let mut screen = Screen::default();
        terminal.write(b"$ above\r\n$ bars\r\n");
        for page in ["1 a\n2 b\n", "1 c\n", "3 d\n2 e\n1 f\n", ""] {
            terminal.write(&screen.draw(page.as_bytes(), b'\n', terminal.size()));
            let lines: Vec<&str> = ["$ above", "$ bars"]
                .into_iter()
                .chain(page.lines())
                .collect();
            assert_eq!(terminal.rows(), lines);
            assert_eq!(terminal.cursor(), (lines.len(), 0));
        }
        // A higher one scrolls the rest away, once.
        for _ in 0..3 {
            terminal.write(&screen.draw(b"1\n2\n3\n4\n5\n6\n7\n", b'\n', terminal.size()));
            assert_eq!(terminal.rows(), ["1", "2", "3", "4", "… 3 more"]);
            assert_eq!(terminal.above(), ["$ above", "$ bars"]);
        }
    }

    /// A terminal of another opinion on the width of a character shows one row, too.
    #[test]
    fn a_row_that_is_wider_than_expected() {
        let mut terminal = Model::new(size(4, 8));
        let mut screen = Screen::default();
        terminal.ambiguous_is_wide = true;
        for page in ["██████ a\n██████ b\n", "██ c\n"] {
            terminal.write(&screen.draw(page.as_bytes(), b'\n', terminal.size()));
            assert_eq!(terminal.cursor(), (page.lines().count(), 0));
        }
        assert_eq!(terminal.rows(), ["██ c"]);
    }

    /// Lines of letters without a meaning, up to 30 columns wide.
    fn page() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-c]{0,30}", 0..12)
    }

    proptest! {
        /// The size may change before each page. The page is whole, and nothing of the pages
        /// before it is on the screen. If the size stays, nothing of them has left the screen.
        #[test]
        fn pages_on_a_terminal_that_changes(
            pages in prop::collection::vec((page(), 1..14usize, 1..40usize), 1..8),
            above in 0..20usize,
            narrower in prop_oneof![Just(Narrower::Cut), Just(Narrower::Divide)],
            keeps_size: bool,
        ) {
            let mut terminal = Model::new(size(pages[0].1, pages[0].2));
            let mut screen = Screen::default();
            for _ in 0..above {
                terminal.write(b"$\r\n");
            }
            for (page, rows, columns) in pages {
                if !keeps_size {
                    terminal.resize(size(rows, columns), narrower);
                }
                let size = terminal.size();
                let text: String = page.iter().map(|line| format!("{line}\n")).collect();
                terminal.write(&screen.draw(text.as_bytes(), b'\n', size));
                if size.rows == 1 {
                    // The only row is the cursor's.
                    continue;
                }
                let mut expected = expected(&page, size);
                while expected.last().is_some_and(String::is_empty) {
                    expected.pop();
                }
                let (bottom, column) = terminal.cursor();
                let top = bottom - screen.rows;
                let found = terminal.rows().split_off(top.min(terminal.rows().len()));
                prop_assert_eq!(found, expected);
                prop_assert_eq!(column, 0);
                prop_assert!(terminal.rows().iter().take(top).all(|row| row == "$"));
                if keeps_size {
                    let mut all = terminal.above();
                    all.extend(terminal.rows().into_iter().take(top));
                    prop_assert_eq!(all, vec!["$"; above]);
                }
                prop_assert!(terminal.modes_are_as_at_the_start());
            }
        }
    }
}

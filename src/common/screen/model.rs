//! A terminal, as far as pages need one.

use super::Size;
use unicode_width::UnicodeWidthChar;

/// What a terminal that becomes narrower does with longer rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Narrower {
    /// It cuts them.
    Cut,
    /// It divides them into several rows.
    Divide,
}

/// The characters of a row; `None` is the second column of the one before.
type Row = Vec<Option<char>>;

pub(super) struct Model {
    size: Size,
    /// The rows that have left the screen.
    above: Vec<Row>,
    screen: Vec<Row>,
    row: usize,
    column: usize,
    margins_are_automatic: bool,
    is_updating: bool,
    /// The block elements have two columns.
    pub(super) ambiguous_is_wide: bool,
}

impl Model {
    pub(super) fn new(size: Size) -> Model {
        Model {
            size,
            above: Vec::new(),
            screen: vec![Row::new(); size.rows],
            row: 0,
            column: 0,
            margins_are_automatic: true,
            is_updating: false,
            ambiguous_is_wide: false,
        }
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// The rows of the screen, without blanks at their ends and without those that are empty at
    /// the bottom.
    pub(super) fn rows(&self) -> Vec<String> {
        let mut rows = texts(&self.screen);
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    /// The rows that have left the screen.
    pub(super) fn above(&self) -> Vec<String> {
        texts(&self.above)
    }

    /// The row and the column of the cursor; the first ones are 0.
    pub(super) fn cursor(&self) -> (usize, usize) {
        (self.row, self.column)
    }

    pub(super) fn modes_are_as_at_the_start(&self) -> bool {
        self.margins_are_automatic && !self.is_updating
    }

    /// Changes the size. What is above the cursor leaves the screen, if there is no room for it.
    pub(super) fn resize(&mut self, size: Size, narrower: Narrower) {
        let mut screen = Vec::new();
        let mut cursor = 0;
        for (n, row) in self.screen.iter().enumerate() {
            if n == self.row {
                cursor = screen.len();
            }
            match narrower {
                Narrower::Divide if !row.is_empty() => {
                    screen.extend(row.chunks(size.columns).map(<[_]>::to_vec));
                }
                _ => screen.push(row[..row.len().min(size.columns)].to_vec()),
            }
        }
        let gone = (cursor + 1).saturating_sub(size.rows);
        self.above.extend(screen.drain(..gone));
        screen.resize(size.rows, Row::new());
        (self.screen, self.size) = (screen, size);
        (self.row, self.column) = (cursor - gone, self.column.min(size.columns - 1));
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        let mut chars = std::str::from_utf8(bytes).unwrap().chars();
        while let Some(c) = chars.next() {
            match c {
                '\r' => self.column = 0,
                '\n' if self.row + 1 < self.size.rows => self.row += 1,
                '\n' => {
                    self.above.push(self.screen.remove(0));
                    self.screen.push(Row::new());
                }
                '\x1b' => {
                    assert_eq!(chars.next(), Some('['));
                    let is_parameter = |c: &char| !c.is_ascii_alphabetic();
                    let parameters: String = chars.clone().take_while(is_parameter).collect();
                    let order = chars.nth(parameters.len()).unwrap();
                    self.obey(&parameters, order);
                }
                c => self.put(c),
            }
        }
    }

    fn obey(&mut self, parameters: &str, order: char) {
        match (parameters, order) {
            ("?2026", 'h' | 'l') => {
                assert_ne!(self.is_updating, order == 'h');
                self.is_updating = order == 'h';
            }
            ("?7", 'h' | 'l') => self.margins_are_automatic = order == 'h',
            ("", 'H') => (self.row, self.column) = (0, 0),
            // Behind the last column, the cursor is on it.
            ("", 'K') => {
                let column = self.column.min(self.size.columns - 1);
                self.screen[self.row].truncate(column);
            }
            ("", 'J') => {
                self.screen[self.row].truncate(self.column);
                self.screen[self.row + 1..].fill(Row::new());
            }
            (n, 'A') => self.row = self.row.saturating_sub(n.parse().unwrap()),
            sequence => panic!("{sequence:?}"),
        }
    }

    fn put(&mut self, c: char) {
        let width = match c {
            '█' if self.ambiguous_is_wide => 2,
            c => c.width().unwrap(),
        };
        if self.column + width > self.size.columns {
            // The cursor stays in the last column.
            assert!(!self.margins_are_automatic);
            self.column = self.size.columns - width;
        }
        let row = &mut self.screen[self.row];
        row.resize(row.len().max(self.column + width), Some(' '));
        row[self.column] = Some(c);
        row[self.column + 1..self.column + width].fill(None);
        self.column += width;
    }
}

fn texts(rows: &[Row]) -> Vec<String> {
    let text = |row: &Row| row.iter().flatten().collect::<String>();
    let texts = rows.iter().map(text);
    texts.map(|text| text.trim_end().to_string()).collect()
}

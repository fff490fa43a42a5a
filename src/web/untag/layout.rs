//! The lines of a page: blocks, cells and white space.

use crate::common::stream::Out;

/// The separator between the text so far and the next text, in one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gap {
    #[default]
    None,
    Blank,
    /// A line end, which the next cell replaces by a TAB.
    Line,
    /// This many TABs.
    Cells(u64),
}

/// Writes text in lines.
#[derive(Default)]
pub(super) struct Layout {
    /// How many elements are open in which white space is kept.
    pub(super) pre: u64,
    /// White space is kept up to the next tag.
    pub(super) is_raw: bool,
    /// A newline at the beginning of the text is dropped.
    pub(super) skips_newline: bool,
    /// The row at hand has a cell.
    pub(super) in_row: bool,
    /// The line at hand has text, and is not ended yet.
    in_line: bool,
    gap: Gap,
}

impl Layout {
    /// Writes text without NULs.
    pub(super) fn text(&mut self, text: &[u8], out: &mut Out) {
        match self.is_raw || self.pre > 0 {
            true => self.keep(text, out),
            false => self.collapse(text, out),
        }
    }

    /// Ends the page.
    pub(super) fn end(&mut self, out: &mut Out) {
        if self.in_line {
            out.push(b"\n");
        }
    }

    /// The next text is on another line.
    pub(super) fn end_line(&mut self, out: &mut Out) {
        match self.gap {
            // It is in the next cell.
            Gap::Cells(_) => {}
            _ if !self.in_line => self.gap = Gap::None,
            // Another cell may follow.
            _ if self.in_row => self.gap = Gap::Line,
            _ => {
                out.push(b"\n");
                self.gap = Gap::None;
                self.in_line = false;
            }
        }
    }

    /// Ends a line within text, as `br` does.
    pub(super) fn newline(&mut self, out: &mut Out) {
        match self.pre {
            0 => self.end_line(out),
            _ => self.keep(b"\n", out),
        }
    }

    /// The next text is not in the row at hand.
    pub(super) fn end_row(&mut self, out: &mut Out) {
        self.in_row = false;
        if self.gap != Gap::Line {
            self.gap = Gap::None;
        }
        self.end_line(out);
    }

    /// Begins a cell of a row.
    pub(super) fn begin_cell(&mut self, out: &mut Out) {
        if self.in_row {
            self.gap = match self.gap {
                Gap::Cells(n) => Gap::Cells(n + 1),
                _ => Gap::Cells(1),
            };
        } else {
            self.end_line(out);
            self.in_row = true;
        }
    }

    /// Writes the separator before the next character.
    fn close_gap(&mut self, out: &mut Out) {
        match std::mem::take(&mut self.gap) {
            Gap::None => {}
            Gap::Blank => out.push(b" "),
            Gap::Line => out.push(b"\n"),
            Gap::Cells(n) => {
                for _ in 0..n {
                    out.push(b"\t");
                }
            }
        }
        self.in_line = true;
    }

    /// Writes text as it is.
    fn keep(&mut self, mut text: &[u8], out: &mut Out) {
        if std::mem::take(&mut self.skips_newline) {
            text = text.strip_prefix(b"\n").unwrap_or(text);
        }
        let Some(last) = text.last() else {
            return;
        };
        self.close_gap(out);
        out.push(text);
        self.in_line = *last != b'\n';
    }

    /// Writes text with each run of white space as one blank.
    ///
    /// Each byte is written, white space as a blank; it stays unless the next byte is
    /// written over it. So there is no branch that the processor could mispredict.
    fn collapse(&mut self, text: &[u8], out: &mut Out) {
        let Some(start) = text.iter().position(|&byte| !is_space(byte)) else {
            self.blank();
            return;
        };
        if start > 0 {
            self.blank();
        }
        self.close_gap(out);
        let text = &text[start..];
        let room = &mut out.room(text.len())[..text.len()];
        let mut used = 0;
        let mut was_space = false;
        for &byte in text {
            let space = is_space(byte);
            room[used] = if space { b' ' } else { byte };
            used += usize::from(!(space && was_space));
            was_space = space;
        }
        if was_space {
            self.gap = Gap::Blank;
        }
        out.advance(used - usize::from(was_space));
    }

    /// Notes white space between two texts.
    fn blank(&mut self) {
        if self.gap == Gap::None && self.in_line {
            self.gap = Gap::Blank;
        }
    }
}

/// Whether the byte is white space of HTML, which no-break spaces are not.
#[inline(always)]
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0C' | b'\r')
}

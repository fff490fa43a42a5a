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
    /// Writes text without its NULs, which browsers drop.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8], out: &mut Out) {
        match self.is_raw || self.pre > 0 {
            true => {
                let pieces = text.split(|&byte| byte == 0);
                for piece in pieces.filter(|piece| !piece.is_empty()) {
                    self.keep(piece, out);
                }
            }
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

    /// Writes text with each run of white space as one blank, and without NULs.
    ///
    /// Eight bytes are written at once if all white space in them is single blanks and
    /// newlines. The blank that a text ends with is not written, but noted.
    fn collapse(&mut self, text: &[u8], out: &mut Out) {
        let is_kept = |byte: &u8| !is_space(*byte) && *byte != 0;
        let Some(start) = text.iter().position(is_kept) else {
            if text.iter().any(|byte| *byte != 0) {
                self.blank();
            }
            return;
        };
        let (before, text) = text.split_at(start);
        if before.iter().any(|byte| *byte != 0) {
            self.blank();
        }
        if self.gap != Gap::None {
            self.close_gap(out);
        }
        self.in_line = true;
        let room = &mut out.room(text.len() + 8)[..text.len() + 8];
        let (mut used, mut was_space) = (0, false);
        let (eights, rest) = text.as_chunks::<8>();
        let last = (!rest.is_empty()).then(|| (short(rest), rest));
        let whole = eights
            .iter()
            .map(|eight| (u64::from_le_bytes(*eight), &eight[..]));
        for (number, bytes) in whole.chain(last) {
            if let Some((spaces, collapsed)) = collapsed(number, was_space) {
                room[used..used + 8].copy_from_slice(&collapsed.to_le_bytes());
                used += bytes.len();
                was_space = spaces >> (8 * bytes.len() - 1) & 1 == 1;
                continue;
            }
            for &byte in bytes {
                let space = is_space(byte);
                room[used] = if space { b' ' } else { byte };
                used += usize::from(byte != 0 && !(space && was_space));
                was_space = if byte == 0 { was_space } else { space };
            }
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

/// Eight bytes with newlines as blanks, and the highest bit of each byte that is white space.
/// `None` if they have other control characters, or white space after white space.
#[inline(always)]
fn collapsed(bytes: u64, was_space: bool) -> Option<(u64, u64)> {
    const HIGH: u64 = all(0x80);
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // The highest bit of each byte that is not 0.
    let set = |bytes: u64| (((bytes & !HIGH) + all(0x7F)) | bytes) & HIGH;
    let printed = (((bytes & !HIGH) + all(0x7F - b' ')) | bytes) & HIGH;
    let newlines = set(bytes ^ all(b'\n')) ^ HIGH;
    let spaces = set(bytes ^ all(b' ')) ^ HIGH | newlines;
    let before = spaces << 8 | u64::from(was_space) << 7;
    let is_plain = spaces | printed == HIGH && spaces & before == 0;
    // A product of the lowest bits has no carries.
    let blanks = (newlines >> 7) * u64::from(b'\n' ^ b' ');
    is_plain.then_some((spaces, bytes ^ blanks))
}

/// One to seven bytes as a number, with ones after them: two numbers that may overlap, or
/// three bytes that may be the same.
#[inline(always)]
fn short(bytes: &[u8]) -> u64 {
    let n = bytes.len();
    let at = |i: usize| u64::from(bytes[i]) << (8 * i);
    let number = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last)) << (8 * (n - 4));
            u64::from(u32::from_le_bytes(*first)) | last
        }
        _ => at(0) | at(n / 2) | at(n - 1),
    };
    number | u64::MAX << (8 * n)
}

/// Whether the byte is white space of HTML, which no-break spaces are not.
#[inline(always)]
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0C' | b'\r')
}

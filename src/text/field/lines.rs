//! Formats in which a record is a line.

use super::Format;
use super::marks::Marks;
use super::records::Records;
use crate::common::error::Error;

/// What a format does with whole lines.
pub trait Lines {
    /// Begins a file.
    fn begin_file(&mut self) {}

    /// Takes whole lines; only the last one of a file may lack its end.
    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error>;
}

/// A format of whole lines.
#[derive(Debug)]
pub struct WholeLines<L> {
    lines: L,
    /// How much of the text has no line end.
    searched: usize,
}

impl<L: Lines> WholeLines<L> {
    /// No text yet.
    pub fn new(lines: L) -> Self {
        WholeLines { lines, searched: 0 }
    }
}

impl<L: Lines> Format for WholeLines<L> {
    fn begin_file(&mut self) {
        self.searched = 0;
        self.lines.begin_file();
    }

    fn take(&mut self, text: &[u8], is_last: bool, records: &mut Records) -> Result<usize, Error> {
        let whole = match memchr::memrchr(b'\n', &text[self.searched..]) {
            _ if is_last => text.len(),
            Some(end) => self.searched + end + 1,
            None => 0,
        };
        self.searched = text.len() - whole;
        if whole > 0 {
            self.lines.lines(&text[..whole], records)?;
        }
        Ok(whole)
    }
}

/// Passes each line to `each`, without its end, as a range of the text.
#[inline]
pub fn each_line(
    text: &[u8],
    ends: &Marks,
    records: &mut Records,
    mut each: impl FnMut(usize, usize, &mut Records),
) {
    let mut start = 0;
    while start < text.len() {
        let end = ends.next(start, text.len());
        records.line += 1;
        each(start, end, records);
        start = end + 1;
    }
}

/// A mark of the byte order at the start of a text in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The text without such a mark, if it is the first of its file; the next one is not.
pub fn without_mark<'a>(text: &'a [u8], is_first: &mut bool) -> &'a [u8] {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) if std::mem::take(is_first) => rest,
        _ => {
            *is_first = false;
            text
        }
    }
}

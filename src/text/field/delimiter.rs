//! Fields between single bytes. A line without the byte is one field.

use super::lines::{Lines, each_line};
use super::list::Selection;
use super::marks::Marks;
use super::records::Records;
use crate::common::error::Error;

/// Fields between single bytes.
#[derive(Debug)]
pub struct Delimiter {
    byte: u8,
    selection: Selection,
    ends: Marks,
    delimiters: Marks,
    fields: Vec<(usize, usize)>,
}

impl Delimiter {
    /// These fields of each line.
    pub fn new(byte: u8, selection: Selection) -> Self {
        Delimiter {
            byte,
            selection,
            ends: Marks::default(),
            delimiters: Marks::default(),
            fields: Vec::new(),
        }
    }
}

impl Lines for Delimiter {
    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        let Delimiter {
            byte,
            selection,
            ends,
            delimiters,
            fields,
        } = self;
        ends.find([b'\n', b'\n'], text);
        delimiters.find([*byte, *byte], text);
        each_line(text, ends, records, |start, end, records| {
            write(selection, text, delimiters, (start, end), fields, records);
        });
        Ok(())
    }
}

/// Writes the fields of one line, whose start and end are given. `fields` is room.
#[inline]
pub fn write(
    selection: &Selection,
    text: &[u8],
    delimiters: &Marks,
    (start, end): (usize, usize),
    fields: &mut Vec<(usize, usize)>,
    records: &mut Records,
) {
    if let Some(n) = selection.single() {
        let start = match n {
            0 => Some(start),
            n => {
                let before = delimiters.nth(n - 1, start, end);
                (before < end).then_some(before + 1)
            }
        };
        records.one(start.map(|start| &text[start..delimiters.next(start, end)]));
        return;
    }
    let needed = selection.needed();
    fields.clear();
    let mut field = start;
    while field <= end && fields.len() < needed {
        let field_end = delimiters.next(field, end);
        fields.push((field, field_end));
        field = field_end + 1;
    }
    selection.write(text, fields, records);
}

//! Fields between single bytes. A line without the byte is one field.

use super::lines::{Lines, each_line};
use super::list::Selection;
use super::marks::{FieldMarks, Marks};
use super::records::Records;
use crate::common::error::Error;
use crate::text::scan::Separators;

/// Fields between single bytes.
#[derive(Debug)]
pub struct Delimiter {
    byte: u8,
    selection: Selection,
    marks: FieldMarks,
    fields: Vec<(usize, usize)>,
}

impl Delimiter {
    /// These fields of each line.
    pub fn new(byte: u8, selection: Selection) -> Self {
        Delimiter {
            byte,
            selection,
            marks: FieldMarks::default(),
            fields: Vec::new(),
        }
    }
}

impl Lines for Delimiter {
    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        let Delimiter {
            byte,
            selection,
            marks,
            fields,
        } = self;
        marks.find(Separators::Byte(*byte), text);
        match selection.single() {
            Some(0) => marks.each_nth(0, text, |nth| {
                records.part(text, Some((nth.start, nth.mark)));
            }),
            Some(n) => marks.each_nth(n - 1, text, |nth| {
                let field = (nth.mark < nth.end).then_some((nth.mark + 1, nth.next));
                records.part(text, field);
            }),
            None => each_line(text, &marks.ends, records, |start, end, records| {
                write(selection, text, &marks.marks, (start, end), fields, records);
            }),
        }
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
        let field = start.map(|start| (start, delimiters.next(start, end)));
        return records.part(text, field);
    }
    if let Some(n) = selection.single_from_end() {
        let field_end = match n {
            0 => Some(end),
            n => delimiters.nth_back(n - 1, start, end),
        };
        // The first field has no delimiter before it.
        let field = field_end.map(|field_end| {
            let before = delimiters.nth_back(0, start, field_end);
            (before.map_or(start, |before| before + 1), field_end)
        });
        return records.part(text, field);
    }
    let needed = selection.needed();
    fields.clear();
    let mut field = start;
    while field <= end && fields.len() < needed {
        let field_end = delimiters.next(field, end);
        fields.push((field, field_end));
        field = field_end + 1;
    }
    selection.write_parts(text, fields, records);
}

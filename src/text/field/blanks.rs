//! Fields between runs of blanks, as awk has them. Blanks before the first field are skipped.

use super::lines::{Lines, each_line};
use super::list::Selection;
use super::marks::FieldMarks;
use super::records::Records;
use crate::common::error::Error;
use crate::text::scan::Separators;

/// Fields between runs of blanks.
#[derive(Debug)]
pub struct Blanks {
    selection: Selection,
    marks: FieldMarks,
    fields: Vec<(usize, usize)>,
}

impl Blanks {
    /// These fields of each line.
    pub fn new(selection: Selection) -> Self {
        Blanks {
            selection,
            marks: FieldMarks::default(),
            fields: Vec::new(),
        }
    }
}

impl Lines for Blanks {
    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        let Blanks {
            selection,
            marks,
            fields,
        } = self;
        marks.find(Separators::Blanks, text);
        if let Some(n) = selection.single() {
            marks.each_nth(n.saturating_mul(2), text, |nth| {
                let field = (nth.mark < nth.end).then_some((nth.mark, nth.next));
                records.part(text, field);
            });
            return Ok(());
        }
        let edges = &marks.marks;
        if let Some(n) = selection.single_from_end() {
            each_line(text, &marks.ends, records, |start, end, records| {
                // The line end is the last edge, unless there are blanks before it.
                let has_blanks = start < end && matches!(text[end - 1], b' ' | b'\t');
                let skipped = n.saturating_mul(2);
                let (field, field_end) = match (has_blanks, skipped) {
                    (false, 0) => (edges.nth_back(0, start, end), Some(end)),
                    (false, _) => (
                        edges.nth_back(skipped, start, end),
                        edges.nth_back(skipped - 1, start, end),
                    ),
                    (true, _) => (
                        edges.nth_back(skipped.saturating_add(1), start, end),
                        edges.nth_back(skipped, start, end),
                    ),
                };
                records.part(text, field.zip(field_end));
            });
            return Ok(());
        }
        let needed = selection.needed();
        each_line(text, &marks.ends, records, |start, end, records| {
            fields.clear();
            let mut field = edges.next(start, end);
            while field < end && fields.len() < needed {
                let field_end = edges.next(field + 1, end);
                fields.push((field, field_end));
                field = edges.next(field_end + 1, end);
            }
            selection.write_parts(text, fields, records);
        });
        Ok(())
    }
}

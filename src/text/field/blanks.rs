//! Fields between runs of blanks, as awk has them. Blanks before the first field are skipped.

use super::lines::{Lines, each_line};
use super::list::Selection;
use super::marks::Marks;
use super::records::Records;
use crate::common::error::Error;

/// Fields between runs of blanks.
#[derive(Debug)]
pub struct Blanks {
    selection: Selection,
    ends: Marks,
    /// Where fields begin and end.
    edges: Marks,
    fields: Vec<(usize, usize)>,
}

impl Blanks {
    /// These fields of each line.
    pub fn new(selection: Selection) -> Self {
        Blanks {
            selection,
            ends: Marks::default(),
            edges: Marks::default(),
            fields: Vec::new(),
        }
    }
}

impl Lines for Blanks {
    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        let Blanks {
            selection,
            ends,
            edges,
            fields,
        } = self;
        ends.find([b'\n', b'\n'], text);
        edges.find([b' ', b'\t'], text);
        edges.make_edges(ends);
        if let Some(n) = selection.single() {
            let before = n.saturating_mul(2);
            each_line(text, ends, records, |start, end, records| {
                let field = edges.nth(before, start, end);
                let value = &text[field..edges.next(field + 1, end).max(field)];
                records.one((field < end).then_some(value));
            });
            return Ok(());
        }
        let needed = selection.needed();
        each_line(text, ends, records, |start, end, records| {
            fields.clear();
            let mut field = edges.next(start, end);
            while field < end && fields.len() < needed {
                let field_end = edges.next(field + 1, end);
                fields.push((field, field_end));
                field = edges.next(field_end + 1, end);
            }
            selection.write(text, fields, records);
        });
        Ok(())
    }
}

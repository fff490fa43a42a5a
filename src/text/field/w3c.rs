//! Logs in the extended format of the W3C, as IIS and CloudFront write them.
//!
//! A line `#Fields:` names the columns, anywhere in a file and again with each change. Other lines
//! that begin with `#` are skipped. Fields are between TABs if the line has one, else between
//! runs of blanks. `-`, for nothing, is a value.

use super::csv::without_cr;
use super::header::Header;
use super::lines::{Lines, each_line, without_mark};
use super::list::{Item, Selection};
use super::marks::Marks;
use super::records::Records;
use crate::common::error::Error;
use memchr::{memchr, memchr2};

/// Fields of W3C logs.
#[derive(Debug)]
pub struct W3c {
    header: Header,
    /// The columns since the last `#Fields:` line, or why there are none.
    selection: Result<Selection, String>,
    is_first: bool,
    ends: Marks,
    fields: Vec<(usize, usize)>,
}

impl W3c {
    /// These fields of each record.
    pub fn new(items: Vec<Item>) -> Self {
        W3c {
            header: Header::new(items, true),
            selection: Err(String::new()),
            is_first: true,
            ends: Marks::default(),
            fields: Vec::new(),
        }
    }

    fn line(&mut self, line: &[u8], records: &mut Records) {
        if line.starts_with(b"#") {
            if let Some(names) = line.strip_prefix(b"#Fields:") {
                let names = names.split(|byte| matches!(byte, b' ' | b'\t'));
                let names = names.filter(|name| !name.is_empty());
                self.selection = self.header.select(names).map_err(|error| error.to_string());
            }
            return;
        }
        let selection = match &self.selection {
            Ok(selection) => selection,
            Err(cause) => return records.does_not_parse(records.line, cause.clone()),
        };
        self.fields.clear();
        let tabs = memchr(b'\t', line).is_some();
        let mut start = 0;
        while start <= line.len() && self.fields.len() < selection.needed() {
            let rest = &line[start..];
            let end = if tabs {
                memchr(b'\t', rest)
            } else {
                memchr2(b' ', b'\t', rest)
            };
            let end = end.map_or(line.len(), |n| start + n);
            if tabs || end > start {
                self.fields.push((start, end));
            }
            start = end + 1;
        }
        selection.write_parts(line, &self.fields, records);
    }
}

impl Lines for W3c {
    fn begin_file(&mut self) {
        self.selection = Err("no line with #Fields: before it".to_string());
        self.is_first = true;
    }

    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        let text = without_mark(text, &mut self.is_first);
        let mut ends = std::mem::take(&mut self.ends);
        ends.find(b'\n', text);
        each_line(text, &ends, records, |start, end, records| {
            self.line(without_cr(&text[start..end]), records);
        });
        self.ends = ends;
        Ok(())
    }
}

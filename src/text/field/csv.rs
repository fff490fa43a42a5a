//! CSV, with quoted fields by RFC 4180; TSV, which has no quotes.
//!
//! A field in quotes may contain delimiters and line ends; two quotes in it are one. A quote within
//! a field that does not begin with one is a byte like any other. Text after a closing quote and a
//! quote that is not closed are errors of the record. Lines end in LF or CRLF. An empty line is a
//! record with one empty field.
//!
//! Fields are found by marks. For a record that is not valid or whose end is not there yet,
//! [`RecordEnd`] finds the end, and takes up its search where the text ended; then [`Record`] has the
//! whole record.

use super::delimiter;
use super::header::Header;
use super::lines::BYTE_ORDER_MARK;
use super::list::{Item, Selection};
use super::marks::{FieldMarks, Marks};
use super::records::Records;
use super::{Fault, Format};
use crate::common::error::Error;
use crate::text::scan::Separators;
use memchr::{memchr, memchr_iter, memchr2};

/// Fields of CSV or TSV.
#[derive(Debug)]
pub struct Csv {
    delimiter: u8,
    has_quotes: bool,
    header: Header,
    /// The columns of this file; none before its header.
    selection: Option<Selection>,
    is_first: bool,
    /// The search for the end of a record that has begun.
    unfinished: Option<RecordEnd>,
    marks: AllMarks,
    fields: Vec<(usize, usize)>,
    record: Record,
}

#[derive(Debug, Default)]
struct AllMarks {
    lines: FieldMarks,
    quotes: Marks,
}

impl Csv {
    /// These fields of each record. `has_header` is whether the first record is one.
    pub fn new(delimiter: u8, has_quotes: bool, has_header: bool, items: Vec<Item>) -> Self {
        Csv {
            delimiter,
            has_quotes,
            header: Header::new(items, has_header),
            selection: None,
            is_first: true,
            unfinished: None,
            marks: AllMarks::default(),
            fields: Vec::new(),
            record: Record::default(),
        }
    }

    /// A record that is not found by marks, or a header.
    fn record(&mut self, line: &[u8], records: &mut Records) -> Result<(), Error> {
        let first_line = records.line + 1;
        records.line = first_line + memchr_iter(b'\n', line).count() as u64;
        let parsed = match self.has_quotes {
            true => self.record.parse(without_cr(line), self.delimiter),
            false => self.record.split(without_cr(line), self.delimiter),
        };
        let Some(selection) = &self.selection else {
            parsed.map_err(|cause| Error::own(Fault::Header { cause }))?;
            let names = (0..self.record.len()).map(|n| self.record.field(n));
            self.selection = Some(self.header.select(names)?);
            return Ok(());
        };
        match parsed {
            Ok(()) => self.record.write(selection, records),
            Err(cause) => records.does_not_parse(first_line, cause),
        }
        Ok(())
    }

    /// The records of a text, except for the last one if its end is not there. Returns where that
    /// begins.
    fn records(
        &mut self,
        text: &[u8],
        is_last: bool,
        records: &mut Records,
    ) -> Result<usize, Error> {
        let mut marks = std::mem::take(&mut self.marks);
        let delimiters = Separators::Byte(self.delimiter);
        marks.lines.find(delimiters, text);
        let mut quote = text.len();
        if self.has_quotes {
            marks.quotes.find(b'"', text);
            quote = marks.quotes.next(0, text.len());
        }
        let mut start = 0;
        let result = loop {
            if start >= text.len() {
                break Ok(start);
            }
            if quote < start {
                quote = marks.quotes.next(start, text.len());
            }
            let end = marks.lines.ends.next(start, text.len());
            if let Some(selection) = &self.selection {
                let fields = &mut self.fields;
                if quote >= end && (end < text.len() || is_last) {
                    records.line += 1;
                    let line = (start, start + without_cr(&text[start..end]).len());
                    let delimiters = &marks.lines.marks;
                    delimiter::write(selection, text, delimiters, line, fields, records);
                    start = end + 1;
                    continue;
                }
                if quote < end
                    && let Some(last) =
                        quoted_fields(text, start, end, &marks, self.delimiter, fields)
                {
                    records.line += 1;
                    if last > end {
                        records.line += memchr_iter(b'\n', &text[start..last]).count() as u64;
                    }
                    self.record
                        .write_parts(text, &self.fields, selection, records);
                    start = last + 1;
                    continue;
                }
            }
            let mut record = RecordEnd::new(self.has_quotes);
            let rest = &text[start..];
            let Some(n) = record.find(rest, self.delimiter, is_last) else {
                self.unfinished = Some(record);
                break Ok(start);
            };
            if let Err(error) = self.record(&rest[..n], records) {
                break Err(error);
            }
            start += n + 1;
        };
        self.marks = marks;
        result
    }
}

/// Finds the fields of a record with quotes, by marks; returns the place of the line end after the
/// record. `end` is that of the first line end after its start. None if it is not valid, or if its end is not in the text. Fields in quotes are
/// with these.
fn quoted_fields(
    text: &[u8],
    start: usize,
    end: usize,
    marks: &AllMarks,
    delimiter: u8,
    fields: &mut Vec<(usize, usize)>,
) -> Option<usize> {
    let length = text.len();
    fields.clear();
    let (mut field, mut line_end) = (start, end);
    loop {
        let end = if text.get(field) == Some(&b'"') {
            let mut quote = marks.quotes.next(field + 1, length);
            while text.get(quote + 1) == Some(&b'"') {
                quote = marks.quotes.next(quote + 2, length);
            }
            quote + 1
        } else {
            if line_end < field {
                line_end = marks.lines.ends.next(field, length);
            }
            let end = marks.lines.marks.next(field, line_end);
            match text.get(end) {
                Some(b'\n') => field + without_cr(&text[field..end]).len(),
                _ => end,
            }
        };
        let behind = text.get(end..)?;
        fields.push((field, end));
        match behind {
            [byte, ..] if *byte == delimiter => field = end + 1,
            [b'\n', ..] => return Some(end),
            [b'\r', b'\n', ..] => return Some(end + 1),
            _ => return None,
        }
    }
}

impl Format for Csv {
    fn begin_file(&mut self) {
        self.selection = self.header.without();
        self.is_first = true;
        self.unfinished = None;
    }

    fn take(&mut self, text: &[u8], is_last: bool, records: &mut Records) -> Result<usize, Error> {
        let mut start = 0;
        if self.is_first {
            if !is_last && text.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(text) {
                return Ok(0);
            }
            self.is_first = false;
            if text.starts_with(BYTE_ORDER_MARK) {
                start = BYTE_ORDER_MARK.len();
            }
        }
        if let Some(mut record) = self.unfinished.take() {
            let Some(n) = record.find(text, self.delimiter, is_last) else {
                self.unfinished = Some(record);
                return Ok(0);
            };
            self.record(&text[..n], records)?;
            start = n + 1;
        }
        match text.get(start..) {
            Some(rest) => Ok((start + self.records(rest, is_last, records)?).min(text.len())),
            None => Ok(text.len()),
        }
    }
}

/// A line without the CR at its end.
#[inline]
pub fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where a search for the end of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a field.
    FieldStart,
    /// In a field without quotes, or behind the closing quote of one.
    Plain,
    /// Within quotes.
    Quotes,
    /// Behind a quote within quotes: the closing one, or the first of two.
    Quote,
}

/// Finds the end of a record whose text may come in pieces.
#[derive(Debug, Clone, Copy)]
struct RecordEnd {
    place: Place,
    has_quotes: bool,
    /// How much of the record was searched.
    at: usize,
}

impl RecordEnd {
    /// At the start of a record.
    fn new(has_quotes: bool) -> Self {
        RecordEnd {
            place: Place::FieldStart,
            has_quotes,
            at: 0,
        }
    }

    /// The place of the line end after the record, which begins the text; none if the record
    /// goes on. The end of the last text of a file ends the record.
    fn find(&mut self, text: &[u8], delimiter: u8, is_last: bool) -> Option<usize> {
        if !self.has_quotes {
            self.place = Place::Plain;
        }
        while let Some(&byte) = text.get(self.at) {
            match self.place {
                Place::FieldStart if byte == b'"' => {
                    self.place = Place::Quotes;
                    self.at += 1;
                }
                Place::FieldStart => self.place = Place::Plain,
                Place::Plain if !self.has_quotes => match memchr(b'\n', &text[self.at..]) {
                    Some(n) => return Some(self.at + n),
                    None => self.at = text.len(),
                },
                Place::Plain => match memchr2(delimiter, b'\n', &text[self.at..]) {
                    Some(n) if text[self.at + n] == b'\n' => return Some(self.at + n),
                    Some(n) => {
                        self.place = Place::FieldStart;
                        self.at += n + 1;
                    }
                    None => self.at = text.len(),
                },
                Place::Quotes => match memchr(b'"', &text[self.at..]) {
                    Some(n) => {
                        self.place = Place::Quote;
                        self.at += n + 1;
                    }
                    None => self.at = text.len(),
                },
                Place::Quote if byte == b'"' => {
                    self.place = Place::Quotes;
                    self.at += 1;
                }
                Place::Quote => self.place = Place::Plain,
            }
        }
        is_last.then_some(text.len())
    }
}

/// The values of a record, one after the other.
#[derive(Debug, Default)]
struct Record {
    values: Vec<u8>,
    /// Where they end.
    ends: Vec<usize>,
}

impl Record {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn field(&self, n: usize) -> &[u8] {
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[start..self.ends[n]]
    }

    fn clear(&mut self) {
        self.values.clear();
        self.ends.clear();
    }

    /// Splits a record that has no quotes.
    fn split(&mut self, record: &[u8], delimiter: u8) -> Result<(), &'static str> {
        self.clear();
        for value in record.split(|&byte| byte == delimiter) {
            self.values.extend_from_slice(value);
            self.ends.push(self.values.len());
        }
        Ok(())
    }

    /// Parses a record.
    fn parse(&mut self, record: &[u8], delimiter: u8) -> Result<(), &'static str> {
        self.clear();
        let mut rest = record;
        loop {
            if let [b'"', quoted @ ..] = rest {
                rest = self.unquote(quoted)?;
                if rest.first().is_some_and(|&byte| byte != delimiter) {
                    return Err("text after a closing quote");
                }
            } else {
                let end = memchr(delimiter, rest).unwrap_or(rest.len());
                self.values.extend_from_slice(&rest[..end]);
                rest = &rest[end..];
            }
            self.ends.push(self.values.len());
            match rest {
                [] => return Ok(()),
                [_, behind @ ..] => rest = behind,
            }
        }
    }

    /// Appends a value, of which the opening quote is gone; returns what follows its closing quote.
    fn unquote<'a>(&mut self, mut rest: &'a [u8]) -> Result<&'a [u8], &'static str> {
        loop {
            let quote = memchr(b'"', rest).ok_or("a quote that is not closed")?;
            self.values.extend_from_slice(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix(b"\"") {
                Some(behind) => {
                    self.values.push(b'"');
                    rest = behind;
                }
                None => return Ok(rest),
            }
        }
    }

    /// Writes the record with these fields, some of them in quotes.
    fn write_parts(
        &mut self,
        text: &[u8],
        fields: &[(usize, usize)],
        selection: &Selection,
        records: &mut Records,
    ) {
        if let Some(n) = selection.single() {
            let field = fields.get(n).copied();
            if field.is_none_or(|(start, _)| text[start] != b'"') {
                return records.part(text, field);
            }
        }
        selection.write(fields.len(), records, |n, records| {
            let (start, end) = fields[n];
            match &text[start..end] {
                [b'"', quoted @ .., b'"'] if memchr(b'"', quoted).is_none() => {
                    records.decoded_field(quoted);
                }
                [b'"', quoted @ ..] => {
                    self.clear();
                    // The field is valid: it ends with the closing quote.
                    let _ = self.unquote(quoted);
                    records.decoded_field(&self.values);
                }
                _ => records.field_part(text, start, end),
            }
        });
    }

    fn write(&self, selection: &Selection, records: &mut Records) {
        selection.write(self.len(), records, |n, records| {
            records.decoded_field(self.field(n));
        });
    }
}

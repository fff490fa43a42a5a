//! `field`: fields of logs, CSV and JSON lines. One record in, one line out.
//!
//! The story, in order:
//!
//! - `list`: LIST, parsed: which fields, in which order.
//! - A format finds the records in a text, and the fields in a record. In most formats a record is a
//!   line (`lines`): fields between runs of `blanks`, between single bytes (`delimiter`), in quotes or
//!   brackets (`quoted`), of a web server's `log`, of other logs that name their columns (`w3c`), by
//!   paths (`json`). A record of `csv` may have line ends in it. `header`: names of columns.
//! - `marks`: bit masks of the bytes that separate fields and lines.
//! - `records`: writes them, one line each.
//!
//! A block is read, all records that are complete are written, and the rest is kept: memory
//! grows with the longest record only. Text is bytes; nothing in it stops anything.

mod blanks;
mod csv;
mod delimiter;
mod header;
mod json;
mod lines;
pub mod list;
pub mod log;
mod marks;
mod quoted;
mod records;
mod w3c;

pub use records::Style;

use crate::common::error::Error;
use crate::common::show::number_of;
use crate::common::stream::Blocks;
use blanks::Blanks;
use csv::Csv;
use delimiter::Delimiter;
use json::Json;
use lines::WholeLines;
use list::{Item, Selection};
use log::{Log, Name};
use quoted::Quoted;
use records::Records;
use std::borrow::Cow;
use std::io::{Read, Write};
use thiserror::Error as Derived;
use w3c::W3c;

/// How the records and fields of a text are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Fields between runs of blanks.
    Blanks,
    /// Fields between single bytes.
    Delimiter(u8),
    /// Fields between blanks, in quotes or in brackets.
    Quoted,
    /// Common and combined logs of web servers.
    Log,
    /// CSV.
    Csv {
        /// The byte between fields.
        delimiter: u8,
        /// Whether the first record of a file names the columns.
        header: bool,
    },
    /// TSV: fields between TABs, without quotes.
    Tsv {
        /// Whether the first record of a file names the columns.
        header: bool,
    },
    /// Logs in the extended format of the W3C.
    W3c,
    /// JSON lines.
    Json,
}

/// Takes the records of a text as they arrive.
trait Format {
    /// Begins a file.
    fn begin_file(&mut self);

    /// Writes the complete records of the text, and returns their size in bytes. At the end of a
    /// file (`is_last`) the rest is a record, too. Otherwise the next call gets the rest again,
    /// followed by more text.
    fn take(&mut self, text: &[u8], is_last: bool, records: &mut Records) -> Result<usize, Error>;
}

/// Why a file is not read to its end, or was read with errors.
#[derive(Debug, Derived)]
#[non_exhaustive]
pub enum Fault {
    /// The first record of a file does not parse.
    #[error("header: {cause}")]
    Header {
        /// Why it does not parse.
        cause: &'static str,
    },
    /// No column has this name.
    #[error("no field '{name}' (there are {names})")]
    UnknownName {
        /// The name.
        name: String,
        /// The names that are there.
        names: String,
    },
    /// Some lines do not parse: an empty line was written for each.
    #[error("line {line}: {cause}; {}", number_of(*lines, "invalid line"))]
    Invalid {
        /// The number of the first of these lines.
        line: u64,
        /// Why it does not parse.
        cause: Cow<'static, str>,
        /// How many lines do not parse.
        lines: u64,
    },
}

/// A LIST that is wrong.
#[derive(Debug, Derived)]
#[error("{0}")]
pub struct Wrong(String);

impl From<list::Wrong> for Wrong {
    fn from(wrong: list::Wrong) -> Self {
        Wrong(wrong.to_string())
    }
}

/// Fields of records.
///
/// ```
/// use textmill::text::field::{Fields, Layout, Style};
///
/// let style = Style { separator: None, nul: false, skip: false };
/// let mut fields = Fields::new(b"3,1", Layout::Blanks, style).unwrap();
/// let mut output = Vec::new();
/// fields.read(&mut &b"a b c\nd\n"[..], &mut output).unwrap();
/// assert_eq!(output, b"c\ta\n\td\n");
/// ```
pub struct Fields {
    format: Box<dyn Format + Send>,
    records: Records,
    /// How many files had lines that do not parse, and how many lines these were.
    invalid: (u64, u64),
}

impl Fields {
    /// The fields in a LIST.
    pub fn new(list: &[u8], layout: Layout, style: Style) -> Result<Self, Wrong> {
        let items = match layout {
            Layout::Log | Layout::Json => list::names(list, false)?,
            Layout::Csv { header: true, .. } | Layout::Tsv { header: true } | Layout::W3c => {
                list::names(list, true)?
            }
            _ => list::columns(list)?,
        };
        let records = Records::new(style, list::is_several(&items));
        let selection = || Selection::new(items.iter().filter_map(Item::columns).collect());
        let format: Box<dyn Format + Send> = match layout {
            Layout::Blanks => Box::new(WholeLines::new(Blanks::new(selection()))),
            Layout::Delimiter(byte) => Box::new(WholeLines::new(Delimiter::new(byte, selection()))),
            Layout::Quoted => Box::new(WholeLines::new(Quoted::new(selection()))),
            Layout::Log => Box::new(WholeLines::new(Log::new(log_names(&items)?))),
            Layout::Csv { delimiter, header } => Box::new(Csv::new(delimiter, true, header, items)),
            Layout::Tsv { header } => Box::new(Csv::new(b'\t', false, header, items)),
            Layout::W3c => Box::new(WholeLines::new(W3c::new(items))),
            Layout::Json => Box::new(WholeLines::new(Json::new(&items)?)),
        };
        Ok(Fields {
            format,
            records,
            invalid: (0, 0),
        })
    }

    /// Reads a file and writes its records. Lines that do not parse are an error at the end.
    ///
    /// If reading fails, the text so far is ended and its records are written before the error
    /// is returned.
    pub fn read(
        &mut self,
        input: &mut (impl Read + ?Sized),
        output: &mut (impl Write + ?Sized),
    ) -> Result<(), Error> {
        let Fields {
            format,
            records,
            invalid,
        } = self;
        let mut blocks = Blocks::new();
        format.begin_file();
        records.begin_file();
        let ended = loop {
            let read = blocks.read(input).map_err(Error::Read);
            let is_last = !matches!(read, Ok(1..));
            let taken = format.take(blocks.text(), is_last, records);
            records.flush(output)?;
            let taken = taken?;
            if is_last {
                break read;
            }
            blocks.keep(blocks.text().len() - taken);
        };
        let found = records.invalid();
        if let Some((_, _, lines)) = found {
            *invalid = (invalid.0 + 1, invalid.1 + lines);
        }
        ended?;
        match found {
            Some((line, cause, lines)) => Err(Error::own(Fault::Invalid { line, cause, lines })),
            None => Ok(()),
        }
    }

    /// How many files had lines that do not parse, and how many lines these were.
    pub fn invalid(&self) -> (u64, u64) {
        self.invalid
    }
}

/// The names in a LIST for logs.
fn log_names(items: &[Item]) -> Result<Vec<Name>, Wrong> {
    let name = |item: &Item| {
        let Item::Name(name) = item else {
            unreachable!("a log has no columns");
        };
        let mut all = Name::ALL.iter();
        let known = all.find(|(known, _)| known.as_bytes() == name);
        known.map(|(_, name)| *name).ok_or_else(|| {
            let names = Name::ALL.map(|(name, _)| name).join(" ");
            let name = String::from_utf8_lossy(name);
            Wrong(format!("no field '{name}' in a log (there are {names})"))
        })
    };
    items.iter().map(name).collect()
}

#[cfg(test)]
mod tests;

//! Writes records: one record in, one line out. All formats write here, and nowhere else.

use crate::common::error::Error;
use crate::common::stream::{self, Out};
use std::borrow::Cow;
use std::io::Write;

/// How records are written.
#[derive(Debug, Clone)]
pub struct Style {
    /// What is between the fields of a record; none is a TAB.
    pub separator: Option<Vec<u8>>,
    /// Records end with NUL, and values may contain line ends.
    pub nul: bool,
    /// Records that lack one of the fields are left out.
    pub skip: bool,
}

/// How long a short field is at most, in bytes.
const SHORT: usize = 32;

/// The output of a file, and its lines that do not parse.
#[derive(Debug)]
pub struct Records {
    out: Out,
    separator: Vec<u8>,
    terminator: u8,
    skip: bool,
    /// Bytes that no value may contain: each of them becomes a space.
    forbidden: Option<u8>,
    /// Where the current record begins in the output.
    start: usize,
    is_first: bool,
    lacks_field: bool,
    /// The number of the current line in its file.
    pub line: u64,
    /// The first line of the file that does not parse, and the number of them.
    invalid: Option<(u64, Cow<'static, str>)>,
    invalid_lines: u64,
}

impl Records {
    /// No records. `several` is whether a record has several fields.
    pub fn new(style: Style, several: bool) -> Self {
        let tabs = style.separator.is_none();
        Records {
            out: Out::default(),
            separator: style.separator.unwrap_or_else(|| b"\t".to_vec()),
            terminator: if style.nul { 0 } else { b'\n' },
            skip: style.skip,
            forbidden: match style.nul {
                true => Some(0),
                false => (tabs && several).then_some(b'\t'),
            },
            start: 0,
            is_first: true,
            lacks_field: false,
            line: 0,
            invalid: None,
            invalid_lines: 0,
        }
    }

    /// Begins a file.
    pub fn begin_file(&mut self) {
        self.line = 0;
        self.invalid = None;
        self.invalid_lines = 0;
    }

    /// The first line of the file that does not parse, with the cause, and the number of such lines.
    pub fn invalid(&mut self) -> Option<(u64, Cow<'static, str>, u64)> {
        let (line, cause) = self.invalid.take()?;
        Some((line, cause, self.invalid_lines))
    }

    /// Writes what there is.
    pub fn flush(&mut self, output: &mut (impl Write + ?Sized)) -> Result<(), Error> {
        stream::write(output, &mut self.out)
    }

    /// A record with one field, a part of a line; none if it lacks it.
    #[inline]
    pub fn one(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) if self.forbidden.is_none() => {
                let n = value.len();
                let room = self.out.room(n + 1);
                room[..n].copy_from_slice(value);
                room[n] = self.terminator;
                self.out.advance(n + 1);
            }
            _ => {
                self.begin();
                self.field(value);
                self.end();
            }
        }
    }

    /// The same, by its start and end in a text. A short field is copied together with what follows
    /// it: copies of one length are faster.
    #[inline]
    pub fn part(&mut self, text: &[u8], field: Option<(usize, usize)>) {
        if let Some((start, end)) = field
            && self.forbidden.is_none()
            && end - start <= SHORT
            && let Some(long) = text[start..].first_chunk::<SHORT>()
        {
            let room = self.out.room(SHORT + 1);
            room[..SHORT].copy_from_slice(long);
            room[end - start] = self.terminator;
            self.out.advance(end - start + 1);
        } else {
            self.one(field.map(|(start, end)| &text[start..end]));
        }
    }

    /// Begins a record.
    #[inline]
    pub fn begin(&mut self) {
        self.start = self.out.as_slice().len();
        self.is_first = true;
        self.lacks_field = false;
    }

    /// The next field, a part of a line; none if the record lacks it.
    #[inline]
    pub fn field(&mut self, value: Option<&[u8]>) {
        self.separate();
        match (value, self.forbidden) {
            (None, _) => self.lacks_field = true,
            (Some(value), None) => self.out.push(value),
            (Some(value), Some(forbidden)) => self.without(forbidden, value),
        }
    }

    /// The same, by its start and end in a text, as in [`Records::part`].
    #[inline]
    pub fn field_part(&mut self, text: &[u8], start: usize, end: usize) {
        match text[start..].first_chunk::<SHORT>() {
            Some(long) if end - start <= SHORT => {
                self.separate();
                let room = &mut self.out.room(SHORT)[..SHORT];
                // A byte that is forbidden if there is none: the value of a line has no line end.
                let forbidden = self.forbidden.unwrap_or(b'\n');
                for (byte, from) in room.iter_mut().zip(long) {
                    *byte = if *from == forbidden { b' ' } else { *from };
                }
                self.out.advance(end - start);
            }
            _ => self.field(Some(&text[start..end])),
        }
    }

    /// The next field, a value that may contain line ends.
    pub fn decoded_field(&mut self, value: &[u8]) {
        let is_line = self.terminator == 0 || memchr::memchr(b'\n', value).is_none();
        if is_line {
            return self.field(Some(value));
        }
        self.separate();
        let mut lines = value.split(|&byte| byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let is_last = lines.peek().is_none();
            let line = match line.strip_suffix(b"\r") {
                Some(line) if !is_last => line,
                _ => line,
            };
            match self.forbidden {
                Some(forbidden) => self.without(forbidden, line),
                None => self.out.push(line),
            }
            if !is_last {
                self.out.push(b" ");
            }
        }
    }

    /// Ends the record.
    #[inline]
    pub fn end(&mut self) {
        match self.skip && self.lacks_field {
            true => self.out.truncate(self.start),
            false => self.out.push(&[self.terminator]),
        }
    }

    /// The current line does not parse.
    #[cold]
    pub fn does_not_parse(&mut self, line: u64, cause: impl Into<Cow<'static, str>>) {
        if self.invalid.is_none() {
            self.invalid = Some((line, cause.into()));
        }
        self.invalid_lines += 1;
        self.begin();
        self.lacks_field = true;
        self.end();
    }

    #[inline]
    fn separate(&mut self) {
        if !std::mem::replace(&mut self.is_first, false) {
            self.out.push(&self.separator);
        }
    }

    /// Appends a value, with spaces for the bytes that are forbidden.
    fn without(&mut self, forbidden: u8, value: &[u8]) {
        let room = &mut self.out.room(value.len())[..value.len()];
        room.copy_from_slice(value);
        for i in memchr::memchr_iter(forbidden, value) {
            room[i] = b' ';
        }
        self.out.advance(value.len());
    }
}

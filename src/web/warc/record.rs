//! The records of an archive.
//!
//! A record is a version line, named fields, an empty line, a block of `Content-Length` bytes,
//! and two line ends (ISO 28500, 4 and 5). Nothing else marks the end of an archive, so an archive
//! that is cut between two records looks complete. All other cuts are errors.

use super::fields::{self, Fields};
use crate::common::error::Error;
use crate::common::stream::{self, BLOCK};
use crate::web::fetch::body::source::Source;
use std::io::{self, Read};
use thiserror::Error as ThisError;

/// The maximum size of the header of a record, and of an HTTP message in it, in bytes.
pub const MAX_HEAD: usize = 1 << 20;

/// The beginning of a version line.
const VERSION: &[u8] = b"WARC/";

/// Why the rest of an archive cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The input is something else.
    #[error("not a web archive (it does not begin with WARC/1.0)")]
    Foreign,
    /// The input is in the format before WARC.
    #[error("is an ARC archive (convert it by warcio recompress)")]
    Arc,
    /// A record is invalid.
    #[error("record {number}: {cause}")]
    Record {
        /// Its number in the archive; the first is 1.
        number: u64,
        /// Why it is invalid.
        cause: &'static str,
    },
}

/// The kinds of records that contain a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An answer of a server.
    Response,
    /// A body without a message around it: a file, or text that was made of a page.
    Body,
    /// Anything else.
    Other,
}

/// The header of a record.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) kind: Kind,
    /// The URL that the record is about.
    pub(super) url: Vec<u8>,
    /// The content type of the block.
    pub(super) content_type: Option<String>,
    /// The content type that the crawler found in the body.
    pub(super) identified: Option<String>,
    /// Whether the crawler stored only the beginning of the body.
    pub(super) is_truncated: bool,
    /// Whether other records contain the rest of the body.
    pub(super) is_segmented: bool,
}

/// An archive that is read record by record.
pub(super) struct Archive<'i> {
    input: &'i mut (dyn Read + Send),
    /// Bytes that were read: those from `start` to `end` follow.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The number of records so far.
    number: u64,
    /// The number of bytes of the block that were not read.
    left: u64,
    /// The error of the archive that ended the reading of a block.
    failed: Option<Error>,
}

impl<'i> Archive<'i> {
    pub(super) fn new(input: &'i mut (dyn Read + Send)) -> Archive<'i> {
        Archive {
            input,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            number: 0,
            left: 0,
            failed: None,
        }
    }

    /// Skips the rest of the record, and reads the header of the next one; None at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Error> {
        self.skip_block()?;
        if self.number > 0 {
            for _ in 0..2 {
                self.line_end()?;
            }
        }
        while let b'\r' | b'\n' = self.first()? {
            self.start += 1;
        }
        if self.start == self.end {
            return Ok(None);
        }
        self.number += 1;
        self.check_start()?;
        let Some(len) = self.find_head(u64::MAX)? else {
            return Err(match self.end - self.start > MAX_HEAD {
                true => self.invalid("the header is larger than 1 MiB"),
                false => self.truncated(),
            });
        };
        let head = &self.buffer[self.start..self.start + len];
        // 0.17 and 0.18 are drafts of 1.0.
        if !matches!(head[VERSION.len()..], [b'0' | b'1', ..]) {
            return Err(self.invalid("unknown version of WARC"));
        }
        let head = Fields(head);
        let length = head.get("Content-Length");
        let length = length.and_then(|digits| fields::number(&digits));
        let record = Record::new(head);
        self.start += len;
        self.left = length.ok_or_else(|| self.invalid("no valid Content-Length"))?;
        Ok(Some(record))
    }

    /// The number of bytes of the block that were not read.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The first bytes of the rest of the block: `n`, or fewer if the rest is shorter.
    pub(super) fn peek(&mut self, n: usize) -> Result<&[u8], Error> {
        let n = usize::try_from(self.left).map_or(n, |left| left.min(n));
        while self.end - self.start < n {
            if self.read_more()? == 0 {
                return Err(self.truncated());
            }
        }
        Ok(&self.buffer[self.start..self.start + n])
    }

    /// Takes a header off the block, up to an empty line; None if there is none within the limit.
    pub(super) fn take_head(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(len) = self.find_head(self.left)? else {
            // The archive may end before the block does.
            let n = usize::try_from(self.left).map_or(MAX_HEAD, |left| left.min(MAX_HEAD));
            self.peek(n)?;
            return Ok(None);
        };
        let head = self.buffer[self.start..self.start + len].to_vec();
        self.start += len;
        self.left -= len as u64;
        Ok(Some(head))
    }

    /// The rest of the block.
    pub(super) fn block(&mut self) -> Block<'_, 'i> {
        Block(self)
    }

    /// The error of the archive that ended the reading of the block, if one did.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Reads once, and appends the bytes to the buffer, which grows by less than a header.
    fn read_more(&mut self) -> Result<usize, Error> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        let n = stream::read(self.input, &mut self.buffer[self.end..]).map_err(Error::Read)?;
        self.end += n;
        Ok(n)
    }

    /// The length of a header of up to `most` bytes; None if the input, the limit, or the
    /// maximum size of a header comes first.
    fn find_head(&mut self, most: u64) -> Result<Option<usize>, Error> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut searched = 0;
        loop {
            let bytes = &self.buffer[self.start..self.end];
            let bytes = &bytes[..bytes.len().min(most)];
            if let Some(len) = fields::len(bytes, searched) {
                return Ok(Some(len).filter(|&len| len <= MAX_HEAD));
            }
            searched = bytes.len();
            if searched == most || searched > MAX_HEAD || self.read_more()? == 0 {
                return Ok(None);
            }
        }
    }

    /// The next byte; 0 at the end.
    fn first(&mut self) -> Result<u8, Error> {
        if self.start == self.end {
            self.read_more()?;
        }
        Ok(self.buffer[self.start..self.end]
            .first()
            .map_or(0, |&byte| byte))
    }

    /// Skips a line end after a block.
    fn line_end(&mut self) -> Result<(), Error> {
        for expected in [&b"\r\n"[..], b"\n"] {
            let first = self.first()?;
            if self.start == self.end {
                return Err(self.truncated());
            }
            if !expected.contains(&first) {
                return Err(self.invalid("no empty lines where its Content-Length ends"));
            }
            self.start += 1;
            if first == b'\n' {
                break;
            }
        }
        Ok(())
    }

    fn skip_block(&mut self) -> Result<(), Error> {
        while self.left > 0 {
            if self.start == self.end && self.read_more()? == 0 {
                return Err(self.truncated());
            }
            let buffered = self.end - self.start;
            let n = usize::try_from(self.left).map_or(buffered, |left| left.min(buffered));
            self.start += n;
            self.left -= n as u64;
        }
        Ok(())
    }

    /// Checks the beginning of the version line, in which an archive differs from other files.
    fn check_start(&mut self) -> Result<(), Error> {
        const ARC: &[u8] = b"filedesc://";
        loop {
            let bytes = &self.buffer[self.start..self.end];
            let is_first = self.number == 1;
            if bytes.starts_with(VERSION) {
                return Ok(());
            }
            if is_first && bytes.starts_with(ARC) {
                return Err(Error::own(ArchiveError::Arc));
            }
            let may_follow = VERSION.starts_with(bytes) || is_first && ARC.starts_with(bytes);
            if !may_follow {
                return Err(match is_first {
                    true => Error::own(ArchiveError::Foreign),
                    false => self.invalid("it does not begin with WARC/1.0"),
                });
            }
            if self.read_more()? == 0 {
                return Err(self.truncated());
            }
        }
    }

    fn invalid(&self, cause: &'static str) -> Error {
        let number = self.number;
        Error::own(ArchiveError::Record { number, cause })
    }

    fn truncated(&self) -> Error {
        self.invalid("truncated")
    }

    fn read_block(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let most = usize::try_from(self.left).map_or(out.len(), |left| left.min(out.len()));
        let out = &mut out[..most];
        let mut buffered = &self.buffer[self.start..self.end];
        let n = match buffered.is_empty() && !out.is_empty() {
            true => match stream::read(self.input, out).map_err(Error::Read)? {
                0 => return Err(self.truncated()),
                n => n,
            },
            false => {
                let n = buffered.read(out).map_err(Error::Read)?;
                self.start += n;
                n
            }
        };
        self.left -= n as u64;
        Ok(n)
    }
}

impl Record {
    fn new(head: Fields<'_>) -> Record {
        let text = |name| {
            let value = head.get(name)?;
            Some(String::from_utf8_lossy(&value).into_owned()).filter(|text| !text.is_empty())
        };
        let kind = text("WARC-Type").unwrap_or_default().to_ascii_lowercase();
        let kind = match &kind[..] {
            "response" => Kind::Response,
            "resource" | "conversion" => Kind::Body,
            _ => Kind::Other,
        };
        // The grammar of WARC 1.0 has the URL in angle brackets, and wget writes them.
        let url = head.get("WARC-Target-URI").unwrap_or_default();
        let bare = url
            .strip_prefix(b"<")
            .and_then(|url| url.strip_suffix(b">"));
        Record {
            kind,
            url: bare.unwrap_or(&url).to_vec(),
            content_type: text("Content-Type"),
            identified: text("WARC-Identified-Payload-Type"),
            is_truncated: head.get("WARC-Truncated").is_some(),
            is_segmented: head.get("WARC-Segment-Number").is_some(),
        }
    }
}

/// The rest of a block, as a reader. An error of the archive is stored for [`Archive::check`].
pub(super) struct Block<'a, 'i>(&'a mut Archive<'i>);

impl Read for Block<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read_block(out).map_err(|error| {
            let message = error.to_string();
            self.0.failed = Some(error);
            io::Error::other(message)
        })
    }
}

impl Source for Block<'_, '_> {}

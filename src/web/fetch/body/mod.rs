//! A body: from its source to the output, through content decoding and charset conversion.
//!
//! 1. The `source` is a file (`local`) or a response, which `resume` completes.
//! 2. [`Body::decoded`] removes the content encodings (`decode`) and limits the size (`limit`).
//! 3. `copy` converts text to UTF-8 (`charset`) and writes it to the `output`; `text` is the
//!    same for a reader.

use super::decode::compressed_file::CompressedFile;
use super::decode::decode;
use crate::common::error::Error;
use crate::common::stream;
use limit::Limit;
use source::Source;
use std::io::{self, BufRead, BufReader};

pub(crate) mod copy;
pub(crate) mod limit;
pub(crate) mod local;
pub(crate) mod output;
pub(crate) mod resume;
pub(crate) mod source;
pub(crate) mod text;

/// A body to be read, and its description in the head.
pub(crate) struct Body<'a> {
    pub(crate) source: Box<dyn Source + 'a>,
    /// The content encodings, in the order in which they were applied.
    pub(crate) encodings: Vec<String>,
    /// The content type in the header.
    pub(crate) content_type: Option<String>,
    /// Whether the framing marks the end, so that an empty body is complete.
    pub(crate) is_framed: bool,
    /// The size limit in bytes, content encodings removed.
    pub(crate) max_size: Option<u64>,
}

impl<'a> Body<'a> {
    /// The empty body of a response to HEAD.
    pub(crate) fn empty(content_type: Option<String>) -> Body<'a> {
        Body {
            source: Box::new(io::empty()),
            encodings: Vec::new(),
            content_type,
            is_framed: true,
            max_size: None,
        }
    }

    /// The bytes of the source, up to the size limit.
    pub(crate) fn raw(self) -> Box<dyn Source + 'a> {
        limited(self.source, self.max_size)
    }

    /// The bytes without content encodings, up to the size limit.
    pub(crate) fn decoded(self) -> Result<Box<dyn Source + 'a>, Error> {
        let mut source = self.source;
        if !self.encodings.is_empty() {
            let mut coded = BufReader::with_capacity(stream::BLOCK, source);
            // Some servers name an encoding for an empty body.
            let is_empty = self.is_framed && coded.fill_buf().map_err(Error::Read)?.is_empty();
            source = match is_empty {
                true => Box::new(coded),
                false => {
                    let file = self.content_type.as_deref().and_then(CompressedFile::of);
                    Box::new(decode(Box::new(coded), &self.encodings, file)?)
                }
            };
        }
        Ok(limited(source, self.max_size))
    }
}

fn limited(source: Box<dyn Source + '_>, max_size: Option<u64>) -> Box<dyn Source + '_> {
    match max_size {
        Some(max) => Box::new(Limit::new(source, max)),
        None => source,
    }
}

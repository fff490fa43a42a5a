//! A body as a reader of text in UTF-8.

use super::copy::found;
use crate::common::stream;
use crate::web::fetch::charset::Charset;
use crate::web::html;
use std::io::{self, Read};

/// The size of a converted block, in bytes.
const BLOCK: usize = 16 << 10;

/// A body as a reader; text is converted to UTF-8.
pub struct Text<R> {
    bytes: R,
    charset: Option<Charset>,
    block: Vec<u8>,
    /// The converted text, of which `read` bytes were read.
    converted: Vec<u8>,
    read: usize,
    ended: bool,
}

impl<R> Text<R> {
    pub(crate) fn new(bytes: R, charset: Option<Charset>) -> Text<R> {
        Text {
            bytes,
            charset,
            block: vec![0; BLOCK],
            converted: Vec::new(),
            read: 0,
            ended: false,
        }
    }

    /// The charset of the text before its conversion. It is known before the first non-ASCII
    /// character is read; until then the result is UTF-8.
    pub fn charset(&self) -> html::Charset {
        found(self.charset.as_ref()).charset()
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(charset) = &mut self.charset else {
            return self.bytes.read(buffer);
        };
        while self.read == self.converted.len() && !self.ended {
            if charset.is_unchanged() {
                return self.bytes.read(buffer);
            }
            let n = stream::read(&mut self.bytes, &mut self.block)?;
            self.ended = n == 0;
            self.converted.clear();
            self.read = 0;
            let text = charset.text(&self.block[..n], self.ended);
            self.converted.extend_from_slice(text);
        }
        let n = (&self.converted[self.read..]).read(buffer)?;
        self.read += n;
        Ok(n)
    }
}

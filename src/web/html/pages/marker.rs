//! Writes a page with its marks.

use super::mark;
use crate::web::html::address::{Charset, Found};
use crate::web::html::head::{self, Head};
use encoding_rs::Encoding;
use url::Url;

/// The longest head of a page that is buffered, in bytes. A `<base href>` after it is
/// not found.
pub(super) const HELD: usize = 256 << 10;

/// Adds the marks before and after a page, which comes in blocks.
///
/// The head of the page is buffered up to its `<base href>`, its end or 256 KiB,
/// and until its charset is declared, or cannot be declared any more; the rest is passed on
/// at once. An empty page gets no marks.
pub struct Marker {
    page: Url,
    head: Head,
    head_has_ended: bool,
    charset: Charset,
    buffered: Vec<u8>,
    is_marked: bool,
    ends_line: bool,
}

impl Marker {
    /// For the page at this URL.
    pub fn new(page: Url) -> Marker {
        Marker {
            page,
            head: Head::default(),
            head_has_ended: false,
            charset: Charset::UTF_8,
            buffered: Vec::new(),
            is_marked: false,
            ends_line: true,
        }
    }

    /// Takes the next block of the page and returns the bytes to write now. With the `last`
    /// block, also of a truncated page, these are all that are left. `found` is what is
    /// known of its charset after the block.
    pub fn text<'a>(&'a mut self, block: &'a [u8], last: bool, found: Found) -> &'a [u8] {
        if let Some(byte) = block.last() {
            self.ends_line = *byte == b'\n';
        }
        if self.is_marked {
            self.buffered = Vec::new();
            if !last {
                return block;
            }
            self.buffered.extend_from_slice(block);
        } else {
            self.buffered.extend_from_slice(block);
            self.search(block, found);
            let is_known = self.head_has_ended && found != Found::Nothing;
            if self.buffered.is_empty() || !(is_known || last || self.buffered.len() >= HELD) {
                return b"";
            }
            let mark = self.mark();
            self.buffered.splice(..0, mark.into_bytes());
            self.is_marked = true;
        }
        if last {
            let newline = if self.ends_line { "" } else { "\n" };
            self.buffered.extend_from_slice(newline.as_bytes());
            self.buffered.extend_from_slice(mark::END);
        }
        &self.buffered
    }

    /// Searches the next block for the end of the head, and the charset.
    ///
    /// A guess counts only if it is based on the head. Otherwise the mark would depend on
    /// how much of the page had been read.
    fn search(&mut self, block: &[u8], found: Found) {
        let (ascii, rest) = block.split_at(Encoding::ascii_valid_up_to(block));
        self.head_has_ended = self.head_has_ended || self.head.block(ascii);
        match found {
            Found::Guessed(_) if self.head_has_ended || rest.is_empty() => {}
            found => self.charset = found.charset(),
        }
        self.head_has_ended = self.head_has_ended || self.head.block(rest);
    }

    fn mark(&self) -> String {
        let href = self.head.href();
        let base = |href| head::base(href, Some(&self.page), self.charset).ok()?;
        let base = href.and_then(base);
        mark::new(
            &self.page,
            self.charset,
            base.as_ref().unwrap_or(&self.page),
        )
    }
}

//! Finds the marks in a text.

use super::mark::{self, LONGEST, MARK, REST};
use crate::common::error::Error;
use crate::web::html::{Charset, character};
use memchr::{memchr2, memmem};

/// How much text is searched before it is passed on, in bytes: so little that it is still
/// in the first cache when it is read again.
pub(super) const SEARCHED: usize = 16 << 10;

/// A part of several pages in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// The next bytes of the page at hand.
    Text(&'a [u8]),
    /// A mark: that page has ended, and another one begins, which has this URL
    /// (empty if longer than 2 MiB) and had this charset.
    Page(&'a [u8], Charset),
    /// An empty mark: that page has ended. What follows is a page without a mark.
    End,
}

/// Finds the marks in a text, which comes in blocks. The text before the first mark is a
/// page without a mark.
pub struct Splitter {
    finder: memmem::Finder<'static>,
    state: State,
}

enum State {
    /// In a page. The text so far ends with this many bytes of [`MARK`].
    Text(usize),
    /// In the URL of a mark.
    Url(Vec<u8>),
    /// After this URL, which is `None` if it is empty: the rest of the mark, up to
    /// [`REST`] bytes.
    Rest(Option<Vec<u8>>, Vec<u8>),
    /// After a mark, which may include a newline.
    Newline,
}

impl Splitter {
    /// At the beginning of the text.
    pub fn new() -> Splitter {
        Splitter {
            finder: memmem::Finder::new(MARK),
            state: State::Text(0),
        }
    }

    /// Takes the next block of the text, and passes its parts to `take`. An error of
    /// `take` ends it. A possible beginning of a mark is buffered.
    pub fn block(
        &mut self,
        text: &[u8],
        mut take: impl FnMut(Part<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut rest = text;
        while let Some(&first) = rest.first() {
            let used = match &mut self.state {
                State::Text(0) => self.text(rest, &mut take)?,
                State::Text(begun) => {
                    let begun = *begun;
                    self.beginning(rest, begun, &mut take)?
                }
                // A mark contains no `<`: this one is truncated.
                State::Url(_) | State::Rest(..) if first == b'<' => {
                    self.state = State::Text(0);
                    0
                }
                State::Url(_) => self.url(rest),
                State::Rest(..) => self.rest(rest, &mut take)?,
                State::Newline => {
                    self.state = State::Text(0);
                    usize::from(first == b'\n')
                }
            };
            rest = &rest[used..];
        }
        Ok(())
    }

    /// Reads text up to a mark. This and the following functions return how many bytes
    /// they used.
    #[inline]
    fn text(
        &mut self,
        text: &[u8],
        take: &mut impl FnMut(Part<'_>) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let piece = &text[..text.len().min(SEARCHED)];
        let (end, used) = match self.finder.find(piece) {
            Some(at) => {
                self.state = State::Url(Vec::new());
                (at, at + MARK.len())
            }
            None => {
                let begun = mark::begun(piece);
                self.state = State::Text(begun);
                (piece.len() - begun, piece.len())
            }
        };
        if end > 0 {
            take(Part::Text(&piece[..end]))?;
        }
        Ok(used)
    }

    /// Reads more of the beginning of a mark, of which `begun` bytes were read.
    #[cold]
    fn beginning(
        &mut self,
        text: &[u8],
        begun: usize,
        take: &mut impl FnMut(Part<'_>) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let expected = MARK[begun..].iter().zip(text);
        let n = expected.take_while(|(a, b)| a == b).count();
        if begun + n == MARK.len() {
            self.state = State::Url(Vec::new());
        } else if n == text.len() {
            self.state = State::Text(begun + n);
        } else {
            // No mark begins within the beginning of another one.
            self.state = State::Text(0);
            take(Part::Text(&MARK[..begun]))?;
            return Ok(0);
        }
        Ok(n)
    }

    /// Reads more of the URL of a mark.
    #[cold]
    fn url(&mut self, text: &[u8]) -> usize {
        let State::Url(url) = &mut self.state else {
            return 0;
        };
        let end = memchr2(b'"', b'<', text).unwrap_or(text.len());
        // A URL with one byte more than the limit is too long.
        url.extend_from_slice(&text[..end.min(LONGEST + 1 - url.len())]);
        if text.get(end) != Some(&b'"') {
            return end;
        }
        let mut url = std::mem::take(url);
        let is_empty = url.is_empty();
        if url.len() > LONGEST {
            url = Vec::new();
        }
        self.state = State::Rest((!is_empty).then_some(url), Vec::new());
        end + 1
    }

    /// Reads more of a mark after its URL.
    #[cold]
    fn rest(
        &mut self,
        text: &[u8],
        take: &mut impl FnMut(Part<'_>) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let State::Rest(url, rest) = &mut self.state else {
            return Ok(0);
        };
        let end = memchr2(b'>', b'<', text).unwrap_or(text.len());
        rest.extend_from_slice(&text[..end.min(REST - rest.len())]);
        if text.get(end) != Some(&b'>') {
            return Ok(end);
        }
        let (url, charset) = (url.take(), mark::charset(rest));
        self.state = State::Newline;
        match &url {
            Some(url) => take(Part::Page(&character::value(url), charset))?,
            None => take(Part::End)?,
        }
        Ok(end + 1)
    }

    /// Ends the text. Returns the rest of its last page, which was buffered as a possible
    /// beginning of a mark.
    pub fn end(&mut self) -> &'static [u8] {
        match std::mem::replace(&mut self.state, State::Text(0)) {
            State::Text(begun) => &MARK[..begun],
            _ => b"",
        }
    }
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

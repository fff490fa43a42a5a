//! Text, and the character references in it.

use super::sink::{Content, Sink};
use super::state::{REPLACEMENT, State, Tokenizer};
use crate::web::html::character::{Next, Reference};
use memchr::{memchr, memchr2};

impl Tokenizer {
    /// Takes text up to what may be markup.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        if !sink.wants_text() && matches!(self.content, Content::Data | Content::Rcdata) {
            return match memchr(b'<', text) {
                None => text.len(),
                Some(n) => {
                    n + self.go(match self.content {
                        Content::Data => State::TagOpen,
                        _ => State::RawLess,
                    })
                }
            };
        }
        let next = match self.content {
            Content::Data | Content::Rcdata => memchr2(b'<', b'&', text),
            Content::Rawtext => memchr(b'<', text),
            Content::Script => return self.script(text, sink),
            Content::Plaintext => None,
        };
        let n = next.unwrap_or(text.len());
        match self.content {
            Content::Data => self.put_lines(&text[..n], sink),
            _ => self.put_raw(&text[..n], sink),
        }
        match next.map(|n| text[n]) {
            None => n,
            Some(b'&') => {
                self.reference = Reference::new();
                n + self.go(State::Reference)
            }
            Some(_) => {
                self.after_return = false;
                n + self.go(match self.content {
                    Content::Data => State::TagOpen,
                    _ => State::RawLess,
                })
            }
        }
    }

    pub(super) fn reference(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match self.reference.next(byte) {
            Next::More => 1,
            Next::Last => {
                self.resolve(None, sink);
                self.go(State::Text)
            }
            Next::After => {
                self.resolve(Some(byte), sink);
                self.again(State::Text)
            }
        }
    }

    pub(super) fn resolve(&mut self, next: Option<u8>, sink: &mut impl Sink) {
        self.after_return = false;
        self.reference.resolve(false, next, |text| sink.text(text));
    }

    /// Reports text that has no line end and no NUL.
    pub(super) fn put(&mut self, text: &[u8], sink: &mut impl Sink) {
        self.after_return = false;
        if sink.wants_text() {
            sink.text(text);
        }
    }

    /// Reports text, in which a NUL is a NUL.
    pub(super) fn put_lines(&mut self, text: &[u8], sink: &mut impl Sink) {
        self.put_pieces(text, b'\r', sink);
    }

    /// Reports text, in which a NUL becomes U+FFFD.
    pub(super) fn put_raw(&mut self, text: &[u8], sink: &mut impl Sink) {
        self.put_pieces(text, 0, sink);
    }

    fn put_pieces(&mut self, mut text: &[u8], nul: u8, sink: &mut impl Sink) {
        if !sink.wants_text() {
            return;
        }
        while !text.is_empty() {
            if std::mem::take(&mut self.after_return) {
                text = text.strip_prefix(b"\n").unwrap_or(text);
            }
            let special = memchr2(b'\r', nul, text);
            let n = special.unwrap_or(text.len());
            if n > 0 {
                sink.text(&text[..n]);
            }
            match special.map(|n| text[n]) {
                None => return,
                Some(b'\r') => {
                    sink.text(b"\n");
                    self.after_return = true;
                }
                Some(_) => sink.text(REPLACEMENT),
            }
            text = &text[n + 1..];
        }
    }
}

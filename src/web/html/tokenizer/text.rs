//! Text, and the character references in it.

use super::near::{find, find2, find2_without};
use super::sink::{Content, Sink};
use super::state::{REPLACEMENT, Script, State, Tokenizer};
use crate::web::html::character::{Next, Reference};
use memchr::memchr2;

impl Tokenizer {
    /// Takes text up to what may be markup.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        if !sink.wants_text() {
            match (self.content, self.script) {
                (Content::Data, _) => {
                    let next = find(b'<', text);
                    return next.map_or(text.len(), |n| n + self.go(State::TagOpen));
                }
                (Content::Rcdata | Content::Rawtext, _) | (Content::Script, Script::Plain) => {
                    return self.skip_raw(text);
                }
                _ => {}
            }
        }
        if self.content == Content::Data && !self.after_return {
            // Mostly, the text is short and has no line ends but newlines.
            if let Some(n) = find2_without(b'<', b'&', b'\r', text) {
                if n > 0 {
                    sink.text(&text[..n]);
                }
                return n + self.after_text(text[n]);
            }
        }
        let next = match self.content {
            Content::Data | Content::Rcdata => find2(b'<', b'&', text),
            Content::Rawtext => find(b'<', text),
            Content::Script => return self.script(text, sink),
            Content::Plaintext => None,
        };
        let n = next.unwrap_or(text.len());
        match self.content {
            Content::Data => self.put_lines(&text[..n], sink),
            _ => self.put_raw(&text[..n], sink),
        }
        n + next.map_or(0, |n| self.after_text(text[n]))
    }

    /// Takes text that is not wanted, up to what may be an end tag, or a comment in a script.
    fn skip_raw(&mut self, text: &[u8]) -> usize {
        let mut at = 0;
        while let Some(n) = find(b'<', &text[at..]) {
            at += n + 1;
            if text.get(at).is_none_or(|byte| matches!(byte, b'/' | b'!')) {
                self.state = State::RawLess;
                return at;
            }
        }
        text.len()
    }

    /// Takes the byte that may begin a reference or markup.
    #[inline(always)]
    fn after_text(&mut self, byte: u8) -> usize {
        if byte == b'&' {
            self.reference = Reference::new();
            return self.go(State::Reference);
        }
        self.after_return = false;
        self.go(match self.content {
            Content::Data => State::TagOpen,
            _ => State::RawLess,
        })
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

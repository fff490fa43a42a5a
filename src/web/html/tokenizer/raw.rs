//! Elements whose text ends at their end tag: `title`, `style`, `script` and the like.

use super::sink::{Content, Sink};
use super::state::{SPACE, Script, State, Tokenizer, is};
use memchr::{memchr, memchr2};

impl Tokenizer {
    /// After `<`.
    #[inline(always)]
    pub(super) fn raw_less(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match (byte, self.script) {
            (b'/', _) => self.go(State::RawEndTagOpen),
            (b'!', Script::Plain) if self.content == Content::Script => {
                self.put(b"<!", sink);
                self.go(State::EscapeStart)
            }
            (byte, Script::Escaped(_)) if byte.is_ascii_alphabetic() => {
                self.put(b"<", sink);
                self.attribute.clear();
                self.again(State::DoubleEscapeStart)
            }
            _ => {
                self.put(b"<", sink);
                self.again(State::Text)
            }
        }
    }

    #[inline(always)]
    pub(super) fn raw_end_tag_open(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        self.pending.clear();
        self.pending.extend_from_slice(b"</");
        match byte.is_ascii_alphabetic() {
            true => {
                self.tag.clear();
                self.again(State::RawEndTagName)
            }
            false => self.not_an_end_tag(sink),
        }
    }

    #[inline(always)]
    pub(super) fn raw_end_tag_name(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        let ends = is(byte, SPACE) || matches!(byte, b'/' | b'>');
        if ends && self.tag.as_bytes() == self.element.as_bytes() {
            self.is_end = true;
            self.wants_attributes = sink.tag(&self.tag, true);
            self.again(State::BeforeAttribute)
        } else if byte.is_ascii_alphabetic()
            && self.tag.as_bytes().len() < self.element.as_bytes().len()
        {
            self.tag.push(&[byte]);
            self.pending.push(byte);
            1
        } else {
            self.not_an_end_tag(sink)
        }
    }

    /// The pending bytes are text.
    pub(super) fn not_an_end_tag(&mut self, sink: &mut impl Sink) -> usize {
        let pending = std::mem::take(&mut self.pending);
        self.put(&pending, sink);
        self.pending = pending;
        self.again(State::Text)
    }

    /// Takes some of a script.
    pub(super) fn script(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let (dashes, next) = match self.script {
            Script::Plain => (0, memchr(b'<', text)),
            Script::Escaped(dashes) | Script::DoubleEscaped(dashes) => {
                (dashes, memchr2(b'<', b'-', text))
            }
        };
        if text[0] == b'>' && dashes == 2 {
            self.script = Script::Plain;
            self.put(b">", sink);
            return 1;
        }
        let n = next.unwrap_or(text.len());
        self.put_raw(&text[..n], sink);
        let dashes = if n > 0 { 0 } else { dashes };
        let is_dash = next.is_some_and(|n| text[n] == b'-');
        let dashes = if is_dash { 2.min(dashes + 1) } else { 0 };
        match &mut self.script {
            Script::Plain => {}
            Script::Escaped(seen) | Script::DoubleEscaped(seen) => *seen = dashes,
        }
        match next {
            None => n,
            Some(_) if is_dash => {
                self.put(b"-", sink);
                n + 1
            }
            Some(_) => match self.script {
                Script::DoubleEscaped(_) => {
                    self.put(b"<", sink);
                    n + self.go(State::DoubleEscapedLess)
                }
                _ => n + self.go(State::RawLess),
            },
        }
    }

    pub(super) fn escape_start(&mut self, byte: u8, next: State, sink: &mut impl Sink) -> usize {
        match byte {
            b'-' => {
                self.put(b"-", sink);
                self.go(next)
            }
            _ => self.again(State::Text),
        }
    }

    pub(super) fn escape_start_dash(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        if byte == b'-' {
            self.script = Script::Escaped(2);
        }
        self.escape_start(byte, State::Text, sink)
    }

    pub(super) fn double_escaped_less(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'/' => {
                self.attribute.clear();
                self.put(b"/", sink);
                self.go(State::DoubleEscapeEnd)
            }
            _ => self.again(State::Text),
        }
    }

    /// Reads a name in a script; if it is `script`, goes on as `yes`, and else as `no`.
    pub(super) fn double_escape(
        &mut self,
        byte: u8,
        yes: Script,
        no: Script,
        sink: &mut impl Sink,
    ) -> usize {
        if is(byte, SPACE) || matches!(byte, b'/' | b'>') {
            let is_script = self.attribute.as_bytes() == b"script";
            self.script = if is_script { yes } else { no };
            self.put_raw(&[byte], sink);
            self.go(State::Text)
        } else if byte.is_ascii_alphabetic() {
            self.attribute.push(&[byte]);
            self.put(&[byte], sink);
            1
        } else {
            self.script = no;
            self.again(State::Text)
        }
    }
}

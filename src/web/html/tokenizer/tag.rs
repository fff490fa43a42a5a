//! Tags: from `<` to `>`.

use super::sink::{Content, Sink};
use super::state::{
    ATTRIBUTE_NAME_END, REPLACEMENT, SPACE, Script, State, TAG_NAME_END, Tokenizer, UNQUOTED_END,
    is, run,
};
use memchr::memchr;

impl Tokenizer {
    #[inline(always)]
    pub(super) fn tag_open(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'!' => {
                self.pending.clear();
                self.go(State::Markup)
            }
            b'/' => self.go(State::EndTagOpen),
            b'?' => self.again(State::BogusComment),
            byte if byte.is_ascii_alphabetic() => self.begin_tag(false),
            _ => {
                self.put(b"<", sink);
                self.again(State::Text)
            }
        }
    }

    #[inline(always)]
    pub(super) fn end_tag_open(&mut self, byte: u8) -> usize {
        match byte {
            b'>' => self.go(State::Text),
            byte if byte.is_ascii_alphabetic() => self.begin_tag(true),
            _ => self.again(State::BogusComment),
        }
    }

    #[inline(always)]
    fn begin_tag(&mut self, is_end: bool) -> usize {
        self.is_end = is_end;
        self.tag.clear();
        self.again(State::TagName)
    }

    #[inline(always)]
    pub(super) fn tag_name(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let n = run(text, TAG_NAME_END);
        self.tag.push(&text[..n]);
        match text.get(n) {
            None => n,
            Some(0) => {
                self.tag.push(REPLACEMENT);
                n + 1
            }
            Some(&byte) => {
                sink.tag(&self.tag, self.is_end);
                n + self.after_tag_name(byte, sink)
            }
        }
    }

    #[inline(always)]
    pub(super) fn after_tag_name(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'>' => self.end_tag(false, sink),
            b'/' => self.go(State::SelfClosing),
            _ => self.go(State::BeforeAttribute),
        }
    }

    #[inline(always)]
    pub(super) fn before_attribute(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'>' => self.end_tag(false, sink),
            b'/' => self.go(State::SelfClosing),
            byte if is(byte, SPACE) => 1,
            // Also if it is `=`.
            _ => {
                self.attribute.clear();
                match byte {
                    0 => self.attribute.push(REPLACEMENT),
                    byte => self.attribute.push(&[byte]),
                }
                self.go(State::AttributeName)
            }
        }
    }

    #[inline(always)]
    pub(super) fn attribute_name(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let n = run(text, ATTRIBUTE_NAME_END);
        self.attribute.push(&text[..n]);
        match text.get(n) {
            None => n,
            Some(0) => {
                self.attribute.push(REPLACEMENT);
                n + 1
            }
            Some(&byte) => {
                self.wants_value = sink.attribute(&self.attribute);
                n + match byte {
                    b'=' => self.go(State::BeforeValue),
                    _ => self.again(State::AfterAttributeName),
                }
            }
        }
    }

    #[inline(always)]
    pub(super) fn after_attribute_name(&mut self, byte: u8) -> usize {
        match byte {
            b'=' => self.go(State::BeforeValue),
            byte if is(byte, SPACE) => 1,
            _ => self.again(State::BeforeAttribute),
        }
    }

    #[inline(always)]
    pub(super) fn before_value(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'"' | b'\'' => self.go(State::Quoted(byte)),
            b'>' => self.end_tag(false, sink),
            byte if is(byte, SPACE) => 1,
            _ => self.again(State::Unquoted),
        }
    }

    #[inline(always)]
    pub(super) fn quoted(&mut self, quote: u8, text: &[u8], sink: &mut impl Sink) -> usize {
        let end = memchr(quote, text);
        let n = end.unwrap_or(text.len());
        if self.wants_value {
            sink.value(&text[..n]);
        }
        n + end.map_or(0, |_| self.go(State::BeforeAttribute))
    }

    #[inline(always)]
    pub(super) fn unquoted(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let n = run(text, UNQUOTED_END);
        if self.wants_value {
            sink.value(&text[..n]);
        }
        n + text
            .get(n)
            .map_or(0, |_| self.again(State::BeforeAttribute))
    }

    #[inline(always)]
    pub(super) fn self_closing(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'>' => self.end_tag(true, sink),
            _ => self.again(State::BeforeAttribute),
        }
    }

    /// The tag is complete.
    #[inline]
    fn end_tag(&mut self, closes_itself: bool, sink: &mut impl Sink) -> usize {
        let content = sink.tag_end(closes_itself);
        self.content = Content::Data;
        self.script = Script::Plain;
        if !self.is_end && content != Content::Data {
            self.content = content;
            self.element = self.tag;
        }
        self.go(State::Text)
    }
}

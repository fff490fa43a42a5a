//! Tags: from `<` to `>`.

use super::near::find;
use super::sink::{Content, Sink};
use super::state::{
    ATTRIBUTE_NAME_END, REPLACEMENT, SPACE, Script, State, TAG_NAME_END, Tokenizer, UNQUOTED_END,
    is, run,
};

impl Tokenizer {
    #[inline(always)]
    pub(super) fn tag_open(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        match text[0] {
            b'!' => {
                self.pending.clear();
                self.go(State::Markup)
            }
            b'/' => match text.get(1) {
                None => self.go(State::EndTagOpen),
                Some(_) => 1 + self.end_tag_open(&text[1..], sink),
            },
            b'?' => self.again(State::BogusComment),
            byte if byte.is_ascii_alphabetic() => self.begin_tag(false, text, sink),
            _ => {
                self.put(b"<", sink);
                self.again(State::Text)
            }
        }
    }

    #[inline(always)]
    pub(super) fn end_tag_open(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        match text[0] {
            b'>' => self.go(State::Text),
            byte if byte.is_ascii_alphabetic() => self.begin_tag(true, text, sink),
            _ => self.again(State::BogusComment),
        }
    }

    #[inline(always)]
    fn begin_tag(&mut self, is_end: bool, text: &[u8], sink: &mut impl Sink) -> usize {
        self.is_end = is_end;
        let n = run(text, TAG_NAME_END);
        match text.get(n) {
            None | Some(0) => {
                self.tag.clear();
                self.again(State::TagName)
            }
            Some(_) => {
                self.tag.read(text, n);
                n + self.after_tag_name(&text[n..], sink)
            }
        }
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
            Some(_) => n + self.after_tag_name(&text[n..], sink),
        }
    }

    #[inline(always)]
    pub(super) fn after_tag_name(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        self.wants_attributes = sink.tag(&self.tag, self.is_end);
        self.attributes(text, sink)
    }

    /// Reads attributes with values in quotes, and the end of the tag. Attributes that are
    /// incomplete or have another form are left to the other states.
    #[inline(always)]
    pub(super) fn attributes(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match byte {
                b'>' => return at + self.end_tag(false, sink),
                b'/' if text.get(at + 1) == Some(&b'>') => {
                    return at + 1 + self.end_tag(true, sink);
                }
                b'/' => return at + self.go(State::SelfClosing),
                byte if is(byte, SPACE) => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let rest = &text[at..];
            // The first byte may also be `=`.
            let n = 1 + run(&rest[1..], ATTRIBUTE_NAME_END);
            let (quote, value) = match &rest[n..] {
                &[b'=', quote @ (b'"' | b'\''), ref value @ ..] if byte != 0 => (quote, value),
                _ => {
                    self.attribute.clear();
                    match byte {
                        0 => self.attribute.push(REPLACEMENT),
                        byte => self.attribute.push(&[byte]),
                    }
                    return at + self.go(State::AttributeName);
                }
            };
            self.wants_value = self.wants_attributes && {
                self.attribute.read(rest, n);
                sink.attribute(&self.attribute)
            };
            at += n + 2;
            let end = find(quote, value);
            if self.wants_value {
                sink.value(&value[..end.unwrap_or(value.len())]);
            }
            match end {
                Some(n) => at += n + 1,
                None => {
                    self.state = State::Quoted(quote);
                    return text.len();
                }
            }
        }
        self.state = State::BeforeAttribute;
        text.len()
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
                self.wants_value = self.wants_attributes && sink.attribute(&self.attribute);
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
        let end = find(quote, text);
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

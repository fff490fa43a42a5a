//! The tokenizer: a page's bytes in, events out.
//!
//! It is the state machine of the HTML standard, section 13.2.5, under the
//! standard's names as far as they help. Two things make it fast. A state takes
//! as many bytes as it can at once, found by `memchr` where one or two bytes
//! end it. And what nobody wants is not copied: a sink says whether it hears
//! texts and which attributes it wants.
//!
//! The states know nothing of what was read but a name and a few bytes, so a
//! page may be cut into blocks anywhere.
//!
//! What a doctype says is skipped, and errors of the markup are mended as the
//! standard says but not told.

use super::character::{Next, Reference};
use super::names::Name;
use memchr::{memchr, memchr_iter, memchr2};

/// What follows a start tag, as the element's kind has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text and markup.
    Data,
    /// Text with character references, up to the element's end tag.
    Rcdata,
    /// Text, up to the element's end tag.
    Rawtext,
    /// A script, which may hide its end tag in a comment.
    Script,
    /// Text, to the end.
    Plaintext,
}

/// Who is told what a page holds.
///
/// A tag is told as `tag`, any number of `attribute`, each with any number of
/// `value`, and `tag_end`. There is no `tag_end` if the page ends before: then
/// it is no tag.
pub trait Sink {
    /// Whether [`line`](Sink::line) is to be called.
    const LINES: bool = false;

    /// The next start tag begins in this line. The first line of a page is 1, and
    /// each newline ends one.
    fn line(&mut self, _line: u64) {}
    /// Whether texts are wanted. Asked behind each tag.
    fn hears(&self) -> bool;
    /// The next piece of text, references decoded, each line end one newline.
    fn text(&mut self, text: &[u8]);
    /// A tag begins.
    fn tag(&mut self, name: &Name, is_end: bool);
    /// It has this attribute. Is its value wanted? Of several of one name only
    /// the first counts, for which the sink must care.
    fn attribute(&mut self, name: &Name) -> bool;
    /// The next piece of the value, as it stands there: see [`value`](super::character::value).
    fn value(&mut self, raw: &[u8]);
    /// The tag is complete. For a start tag, what kind of text follows.
    fn tag_end(&mut self, closes_itself: bool) -> Content;
    /// Whether `<![CDATA[` is markup: in SVG and MathML only.
    fn has_cdata(&self) -> bool {
        false
    }
    /// The next piece of a comment.
    fn comment(&mut self, _text: &[u8]) {}
    /// The comment is complete.
    fn comment_end(&mut self) {}
    /// A doctype.
    fn doctype(&mut self) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Text,
    Reference,
    TagOpen,
    EndTagOpen,
    TagName,
    BeforeAttribute,
    AttributeName,
    AfterAttributeName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
    SelfClosing,
    /// Behind `<` in a text that ends with its element's end tag.
    RawLess,
    RawEndTagOpen,
    RawEndTagName,
    /// Behind `<!` in a script.
    EscapeStart,
    EscapeStartDash,
    DoubleEscapeStart,
    DoubleEscapedLess,
    DoubleEscapeEnd,
    /// Behind `<!`.
    Markup,
    BogusComment,
    CommentStart,
    CommentStartDash,
    Comment,
    CommentDash,
    CommentDashDash,
    CommentBang,
    Doctype,
    Cdata,
    CdataBracket,
    CdataBrackets,
}

/// Where a script stands in the comments that may hide its end tag, with the
/// number of dashes just read, up to 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Plain,
    Escaped(u8),
    DoubleEscaped(u8),
}

/// A few bytes that were read and cannot be judged yet.
#[derive(Clone, Default)]
struct Held {
    bytes: Vec<u8>,
}

/// A tokenizer; see the head of the file.
pub struct Tokenizer {
    pub(super) state: State,
    pub(super) content: Content,
    script: Script,
    /// The name of the tag at hand.
    tag: Name,
    is_end: bool,
    /// The name of the attribute at hand, or in a script one that may be `script`.
    attribute: Name,
    wanted: bool,
    /// The element whose end tag ends the text.
    pub(super) element: Name,
    held: Held,
    reference: Reference,
    /// The text so far ends with a carriage return: a newline behind it is none.
    after_return: bool,
    /// How many newlines have been counted, if the sink wants lines.
    newlines: u64,
}

const SPACE: u8 = 1;
const TAG_NAME_END: u8 = 2;
const ATTRIBUTE_NAME_END: u8 = 4;
const UNQUOTED_END: u8 = 8;

/// Which states a byte ends.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'\t' | b'\n' | b'\x0C' | b'\r' | b' ' => {
                SPACE | TAG_NAME_END | ATTRIBUTE_NAME_END | UNQUOTED_END
            }
            b'>' => TAG_NAME_END | ATTRIBUTE_NAME_END | UNQUOTED_END,
            b'/' | 0 => TAG_NAME_END | ATTRIBUTE_NAME_END,
            b'=' => ATTRIBUTE_NAME_END,
            _ => 0,
        };
        byte += 1;
    }
    class
};

#[inline(always)]
fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

/// How many bytes there are before one of this class.
#[inline(always)]
fn run(text: &[u8], class: u8) -> usize {
    let end = text.iter().position(|&byte| is(byte, class));
    end.unwrap_or(text.len())
}

const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

impl Tokenizer {
    /// At the beginning of a page.
    pub fn new() -> Self {
        Tokenizer {
            state: State::Text,
            content: Content::Data,
            script: Script::Plain,
            tag: Name::new(),
            is_end: false,
            attribute: Name::new(),
            wanted: false,
            element: Name::new(),
            held: Held::default(),
            reference: Reference::new(),
            after_return: false,
            newlines: 0,
        }
    }

    /// Reads the next block of the page, and tells what it holds.
    pub fn block<S: Sink>(&mut self, text: &[u8], sink: &mut S) {
        let mut at = 0;
        let mut counted = 0;
        while let Some(&byte) = text.get(at) {
            // Each state takes some bytes, or none and goes on in another state.
            at += match self.state {
                State::Text => self.text(&text[at..], sink),
                State::Reference => self.reference(byte, sink),

                State::TagOpen => match byte {
                    b'!' => {
                        self.held.bytes.clear();
                        self.go(State::Markup)
                    }
                    b'/' => self.go(State::EndTagOpen),
                    b'?' => self.again(State::BogusComment),
                    byte if byte.is_ascii_alphabetic() => {
                        self.tell_line(&text[counted..at], sink);
                        counted = at;
                        self.begin_tag(false)
                    }
                    _ => {
                        self.put(b"<", sink);
                        self.again(State::Text)
                    }
                },
                State::EndTagOpen => match byte {
                    b'>' => self.go(State::Text),
                    byte if byte.is_ascii_alphabetic() => self.begin_tag(true),
                    _ => self.again(State::BogusComment),
                },
                State::TagName => {
                    let rest = &text[at..];
                    let n = run(rest, TAG_NAME_END);
                    self.tag.push(&rest[..n]);
                    match rest.get(n) {
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
                State::BeforeAttribute => match byte {
                    b'>' => self.end_tag(false, sink),
                    b'/' => self.go(State::SelfClosing),
                    byte if is(byte, SPACE) => 1,
                    // Even if that is `=`.
                    _ => {
                        self.attribute.clear();
                        match byte {
                            0 => self.attribute.push(REPLACEMENT),
                            byte => self.attribute.push(&[byte]),
                        }
                        self.go(State::AttributeName)
                    }
                },
                State::AttributeName => {
                    let rest = &text[at..];
                    let n = run(rest, ATTRIBUTE_NAME_END);
                    self.attribute.push(&rest[..n]);
                    match rest.get(n) {
                        None => n,
                        Some(0) => {
                            self.attribute.push(REPLACEMENT);
                            n + 1
                        }
                        Some(&byte) => {
                            self.wanted = sink.attribute(&self.attribute);
                            n + match byte {
                                b'=' => self.go(State::BeforeValue),
                                _ => self.again(State::AfterAttributeName),
                            }
                        }
                    }
                }
                State::AfterAttributeName => match byte {
                    b'=' => self.go(State::BeforeValue),
                    byte if is(byte, SPACE) => 1,
                    _ => self.again(State::BeforeAttribute),
                },
                State::BeforeValue => match byte {
                    b'"' | b'\'' => self.go(State::Quoted(byte)),
                    b'>' => self.end_tag(false, sink),
                    byte if is(byte, SPACE) => 1,
                    _ => self.again(State::Unquoted),
                },
                State::Quoted(quote) => {
                    let rest = &text[at..];
                    let end = memchr(quote, rest);
                    let n = end.unwrap_or(rest.len());
                    if self.wanted {
                        sink.value(&rest[..n]);
                    }
                    match end {
                        None => n,
                        Some(_) => n + self.go(State::BeforeAttribute),
                    }
                }
                State::Unquoted => {
                    let rest = &text[at..];
                    let n = run(rest, UNQUOTED_END);
                    if self.wanted {
                        sink.value(&rest[..n]);
                    }
                    match rest.get(n) {
                        None => n,
                        Some(_) => n + self.again(State::BeforeAttribute),
                    }
                }
                State::SelfClosing => match byte {
                    b'>' => self.end_tag(true, sink),
                    _ => self.again(State::BeforeAttribute),
                },

                State::RawLess => match (byte, self.script) {
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
                },
                State::RawEndTagOpen => {
                    self.held.bytes.clear();
                    self.held.bytes.extend_from_slice(b"</");
                    match byte.is_ascii_alphabetic() {
                        true => self.begin_raw_end_tag(),
                        false => self.no_raw_end_tag(sink),
                    }
                }
                State::RawEndTagName => {
                    let ends = is(byte, SPACE) || matches!(byte, b'/' | b'>');
                    if ends && self.tag.as_bytes() == self.element.as_bytes() {
                        self.is_end = true;
                        sink.tag(&self.tag, true);
                        self.after_tag_name(byte, sink)
                    } else if byte.is_ascii_alphabetic()
                        && self.tag.as_bytes().len() < self.element.as_bytes().len()
                    {
                        self.tag.push(&[byte]);
                        self.held.bytes.push(byte);
                        1
                    } else {
                        self.no_raw_end_tag(sink)
                    }
                }

                State::EscapeStart => self.escape_start(byte, State::EscapeStartDash, sink),
                State::EscapeStartDash => {
                    if byte == b'-' {
                        self.script = Script::Escaped(2);
                    }
                    self.escape_start(byte, State::Text, sink)
                }
                State::DoubleEscapeStart => {
                    let (yes, no) = (Script::DoubleEscaped(0), Script::Escaped(0));
                    self.double_escape(byte, yes, no, sink)
                }
                State::DoubleEscapedLess => match byte {
                    b'/' => {
                        self.attribute.clear();
                        self.put(b"/", sink);
                        self.go(State::DoubleEscapeEnd)
                    }
                    _ => self.again(State::Text),
                },
                State::DoubleEscapeEnd => {
                    let (yes, no) = (Script::Escaped(0), Script::DoubleEscaped(0));
                    self.double_escape(byte, yes, no, sink)
                }

                State::Markup => self.markup(byte, sink),
                State::BogusComment => {
                    let rest = &text[at..];
                    let end = memchr(b'>', rest);
                    let n = end.unwrap_or(rest.len());
                    sink.comment(&rest[..n]);
                    n + end.map_or(0, |_| self.end_comment(sink))
                }
                State::CommentStart => match byte {
                    b'-' => self.go(State::CommentStartDash),
                    b'>' => self.end_comment(sink),
                    _ => self.again(State::Comment),
                },
                State::CommentStartDash => match byte {
                    b'-' => self.go(State::CommentDashDash),
                    b'>' => self.end_comment(sink),
                    _ => self.put_comment_again(b"-", sink),
                },
                State::Comment => {
                    let rest = &text[at..];
                    let end = memchr(b'-', rest);
                    let n = end.unwrap_or(rest.len());
                    sink.comment(&rest[..n]);
                    n + end.map_or(0, |_| self.go(State::CommentDash))
                }
                State::CommentDash => match byte {
                    b'-' => self.go(State::CommentDashDash),
                    _ => self.put_comment_again(b"-", sink),
                },
                State::CommentDashDash => match byte {
                    b'>' => self.end_comment(sink),
                    b'!' => self.go(State::CommentBang),
                    b'-' => {
                        sink.comment(b"-");
                        1
                    }
                    _ => self.put_comment_again(b"--", sink),
                },
                State::CommentBang => match byte {
                    b'>' => self.end_comment(sink),
                    b'-' => {
                        sink.comment(b"--!");
                        self.go(State::CommentDash)
                    }
                    _ => self.put_comment_again(b"--!", sink),
                },
                // It ends at the first `>`, even within quotes.
                State::Doctype => match memchr(b'>', &text[at..]) {
                    None => text.len() - at,
                    Some(n) => {
                        sink.doctype();
                        n + self.go(State::Text)
                    }
                },
                State::Cdata => {
                    let rest = &text[at..];
                    let end = memchr(b']', rest);
                    let n = end.unwrap_or(rest.len());
                    self.put_lines(&rest[..n], sink);
                    n + end.map_or(0, |_| self.go(State::CdataBracket))
                }
                State::CdataBracket => match byte {
                    b']' => self.go(State::CdataBrackets),
                    _ => {
                        self.put(b"]", sink);
                        self.again(State::Cdata)
                    }
                },
                State::CdataBrackets => match byte {
                    b']' => {
                        self.put(b"]", sink);
                        1
                    }
                    b'>' => self.go(State::Text),
                    _ => {
                        self.put(b"]]", sink);
                        self.again(State::Cdata)
                    }
                },
            };
        }
        self.count_lines::<S>(&text[counted..]);
    }

    /// Tells where a start tag begins, behind this text.
    #[inline(always)]
    fn tell_line<S: Sink>(&mut self, text: &[u8], sink: &mut S) {
        if S::LINES {
            self.count_lines::<S>(text);
            sink.line(self.newlines + 1);
        }
    }

    #[inline(always)]
    fn count_lines<S: Sink>(&mut self, text: &[u8]) {
        if S::LINES {
            self.newlines += memchr_iter(b'\n', text).count() as u64;
        }
    }

    /// The page has ended: tells what was still held back. After that the
    /// tokenizer is as new.
    pub fn end(&mut self, sink: &mut impl Sink) {
        match self.state {
            State::TagOpen | State::RawLess => self.put(b"<", sink),
            State::EndTagOpen | State::RawEndTagOpen => self.put(b"</", sink),
            State::RawEndTagName => {
                self.no_raw_end_tag(sink);
            }
            State::Reference => self.resolve(None, sink),
            State::Markup => {
                sink.comment(&self.held.bytes);
                sink.comment_end();
            }
            State::BogusComment
            | State::CommentStart
            | State::CommentStartDash
            | State::Comment
            | State::CommentDash
            | State::CommentDashDash
            | State::CommentBang => sink.comment_end(),
            State::Doctype => sink.doctype(),
            State::CdataBracket => self.put(b"]", sink),
            State::CdataBrackets => self.put(b"]]", sink),
            // A tag without its end is none; all others have told everything.
            _ => {}
        }
        *self = Tokenizer::new();
    }

    /// The byte at hand is done; the next one meets another state.
    #[inline(always)]
    fn go(&mut self, state: State) -> usize {
        self.state = state;
        1
    }

    /// The byte at hand meets another state.
    #[inline(always)]
    fn again(&mut self, state: State) -> usize {
        self.state = state;
        0
    }

    #[inline(always)]
    fn begin_tag(&mut self, is_end: bool) -> usize {
        self.is_end = is_end;
        self.tag.clear();
        self.again(State::TagName)
    }

    #[inline(always)]
    fn after_tag_name(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'>' => self.end_tag(false, sink),
            b'/' => self.go(State::SelfClosing),
            _ => self.go(State::BeforeAttribute),
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

    /// Takes text up to what may be markup.
    #[inline]
    fn text(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        if !sink.hears() && matches!(self.content, Content::Data | Content::Rcdata) {
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

    /// Takes some of a script.
    fn script(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
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

    fn begin_raw_end_tag(&mut self) -> usize {
        self.tag.clear();
        self.again(State::RawEndTagName)
    }

    fn no_raw_end_tag(&mut self, sink: &mut impl Sink) -> usize {
        let held = std::mem::take(&mut self.held.bytes);
        self.put(&held, sink);
        self.held.bytes = held;
        self.again(State::Text)
    }

    fn escape_start(&mut self, byte: u8, next: State, sink: &mut impl Sink) -> usize {
        match byte {
            b'-' => {
                self.put(b"-", sink);
                self.go(next)
            }
            _ => self.again(State::Text),
        }
    }

    fn double_escape(&mut self, byte: u8, yes: Script, no: Script, sink: &mut impl Sink) -> usize {
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

    /// Behind `<!`.
    fn markup(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        const DOCTYPE: &[u8] = b"doctype";
        const CDATA: &[u8] = b"[CDATA[";
        self.held.bytes.push(byte);
        let held = &self.held.bytes;
        let is_doctype = |n: usize| n <= 7 && held.eq_ignore_ascii_case(&DOCTYPE[..n]);
        match held.len() {
            2 if held == b"--" => self.go(State::CommentStart),
            7 if is_doctype(7) => self.go(State::Doctype),
            7 if held == CDATA && sink.has_cdata() => self.go(State::Cdata),
            7 if held == CDATA => {
                sink.comment(held);
                self.go(State::BogusComment)
            }
            n if held == b"-" || is_doctype(n) || CDATA.starts_with(held) => 1,
            n => {
                sink.comment(&held[..n - 1]);
                self.again(State::BogusComment)
            }
        }
    }

    #[inline(always)]
    fn end_comment(&mut self, sink: &mut impl Sink) -> usize {
        self.after_return = false;
        sink.comment_end();
        self.go(State::Text)
    }

    fn put_comment_again(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        sink.comment(text);
        self.again(State::Comment)
    }

    fn reference(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match self.reference.next(byte) {
            Next::More => 1,
            Next::Last => {
                self.resolve(None, sink);
                self.go(State::Text)
            }
            Next::Behind => {
                self.resolve(Some(byte), sink);
                self.again(State::Text)
            }
        }
    }

    fn resolve(&mut self, next: Option<u8>, sink: &mut impl Sink) {
        self.after_return = false;
        self.reference.resolve(false, next, |text| sink.text(text));
    }

    /// Tells text that holds no line end and no NUL.
    fn put(&mut self, text: &[u8], sink: &mut impl Sink) {
        self.after_return = false;
        if sink.hears() {
            sink.text(text);
        }
    }

    /// Tells text, in which a NUL is a NUL.
    fn put_lines(&mut self, text: &[u8], sink: &mut impl Sink) {
        self.put_pieces(text, b'\r', sink);
    }

    /// Tells text, in which a NUL becomes U+FFFD.
    fn put_raw(&mut self, text: &[u8], sink: &mut impl Sink) {
        self.put_pieces(text, 0, sink);
    }

    fn put_pieces(&mut self, mut text: &[u8], nul: u8, sink: &mut impl Sink) {
        if !sink.hears() {
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

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

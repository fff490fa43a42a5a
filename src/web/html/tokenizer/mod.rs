//! The tokenizer: a page's bytes in, events out.
//!
//! It is the state machine of the HTML standard, section 13.2.5, under the
//! standard's names as far as they help. Two things make it fast. A state takes
//! as many bytes as it can at once, found by `memchr` where one or two bytes
//! end it. And a sink says whether it wants text, and which attributes it
//! wants; the rest is not copied.
//!
//! A state keeps a name and a few bytes of what was read, so a page may be cut
//! into blocks anywhere.
//!
//! The content of a doctype is skipped. Errors of the markup are corrected as
//! the standard says, and not reported.
//!
//! Chapters: `text` (text and character references), `tag`, `raw` (elements
//! whose text ends at their end tag), `markup` (comments, doctypes, CDATA).

mod markup;
mod raw;
mod tag;
mod text;

use super::character::Reference;
use super::names::Name;
use memchr::memchr_iter;

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

/// Receives the events of a page.
///
/// A tag is reported as `tag`, any number of `attribute`, each with any number of
/// `value`, and `tag_end`. If the page ends within a tag, there is no `tag_end`, and it
/// does not count.
pub trait Sink {
    /// Whether [`line`](Sink::line) is to be called.
    const LINES: bool = false;

    /// The next start tag begins in this line. The first line of a page is 1, and
    /// each newline ends one.
    fn line(&mut self, _line: u64) {}
    /// Whether text is wanted. Asked after each tag.
    fn wants_text(&self) -> bool;
    /// The next piece of text, references decoded, each line end one newline.
    fn text(&mut self, text: &[u8]);
    /// A tag begins.
    fn tag(&mut self, name: &Name, is_end: bool);
    /// It has this attribute; returns whether the value is wanted. Of several of one name
    /// only the first counts: the sink must ignore the others.
    fn attribute(&mut self, name: &Name) -> bool;
    /// The next piece of the value, as it stands there: see [`value`](super::character::value).
    fn value(&mut self, raw: &[u8]);
    /// The tag is complete; returns the kind of text after a start tag.
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
    /// After `<` in a text that ends at its element's end tag.
    RawLess,
    RawEndTagOpen,
    RawEndTagName,
    /// After `<!` in a script.
    EscapeStart,
    EscapeStartDash,
    DoubleEscapeStart,
    DoubleEscapedLess,
    DoubleEscapeEnd,
    /// After `<!`.
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

/// Whether a script is within a comment that hides its end tag, and the number of
/// dashes just read, up to 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Plain,
    Escaped(u8),
    DoubleEscaped(u8),
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
    /// Whether the sink wants the attribute's value.
    wants_value: bool,
    /// The element whose end tag ends the text.
    pub(super) element: Name,
    /// Bytes that were read, and may be markup or text.
    pending: Vec<u8>,
    reference: Reference,
    /// The text so far ends with a carriage return: a newline after it is dropped.
    after_return: bool,
    /// How many newlines have been counted, if the sink wants lines.
    newlines: u64,
}

const SPACE: u8 = 1;
const TAG_NAME_END: u8 = 2;
const ATTRIBUTE_NAME_END: u8 = 4;
const UNQUOTED_END: u8 = 8;

/// The states that a byte ends.
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
            wants_value: false,
            element: Name::new(),
            pending: Vec::new(),
            reference: Reference::new(),
            after_return: false,
            newlines: 0,
        }
    }

    /// Reads the next block of the page, and reports its events.
    pub fn block<S: Sink>(&mut self, text: &[u8], sink: &mut S) {
        let mut at = 0;
        let mut counted = 0;
        while let Some(&byte) = text.get(at) {
            let rest = &text[at..];
            // Each state takes some bytes, or none and goes on in another state.
            at += match self.state {
                State::Text => self.text(rest, sink),
                State::Reference => self.reference(byte, sink),

                State::TagOpen => {
                    if byte.is_ascii_alphabetic() {
                        self.report_line(&text[counted..at], sink);
                        counted = at;
                    }
                    self.tag_open(byte, sink)
                }
                State::EndTagOpen => self.end_tag_open(byte),
                State::TagName => self.tag_name(rest, sink),
                State::BeforeAttribute => self.before_attribute(byte, sink),
                State::AttributeName => self.attribute_name(rest, sink),
                State::AfterAttributeName => self.after_attribute_name(byte),
                State::BeforeValue => self.before_value(byte, sink),
                State::Quoted(quote) => self.quoted(quote, rest, sink),
                State::Unquoted => self.unquoted(rest, sink),
                State::SelfClosing => self.self_closing(byte, sink),

                State::RawLess => self.raw_less(byte, sink),
                State::RawEndTagOpen => self.raw_end_tag_open(byte, sink),
                State::RawEndTagName => self.raw_end_tag_name(byte, sink),
                State::EscapeStart => self.escape_start(byte, State::EscapeStartDash, sink),
                State::EscapeStartDash => self.escape_start_dash(byte, sink),
                State::DoubleEscapeStart => {
                    let (yes, no) = (Script::DoubleEscaped(0), Script::Escaped(0));
                    self.double_escape(byte, yes, no, sink)
                }
                State::DoubleEscapedLess => self.double_escaped_less(byte, sink),
                State::DoubleEscapeEnd => {
                    let (yes, no) = (Script::Escaped(0), Script::DoubleEscaped(0));
                    self.double_escape(byte, yes, no, sink)
                }

                State::Markup => self.markup(byte, sink),
                State::BogusComment => self.bogus_comment(rest, sink),
                State::CommentStart => self.comment_start(byte, sink),
                State::CommentStartDash => self.comment_start_dash(byte, sink),
                State::Comment => self.comment(rest, sink),
                State::CommentDash => self.comment_dash(byte, sink),
                State::CommentDashDash => self.comment_dash_dash(byte, sink),
                State::CommentBang => self.comment_bang(byte, sink),
                State::Doctype => self.doctype(rest, sink),
                State::Cdata => self.cdata(rest, sink),
                State::CdataBracket => self.cdata_bracket(byte, sink),
                State::CdataBrackets => self.cdata_brackets(byte, sink),
            };
        }
        self.count_lines::<S>(&text[counted..]);
    }

    /// Reports the line in which a start tag begins, after this text.
    #[inline(always)]
    fn report_line<S: Sink>(&mut self, text: &[u8], sink: &mut S) {
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

    /// Ends the page: reports pending bytes. Then the tokenizer is at the beginning of a page.
    pub fn end(&mut self, sink: &mut impl Sink) {
        match self.state {
            State::TagOpen | State::RawLess => self.put(b"<", sink),
            State::EndTagOpen | State::RawEndTagOpen => self.put(b"</", sink),
            State::RawEndTagName => {
                self.not_an_end_tag(sink);
            }
            State::Reference => self.resolve(None, sink),
            State::Markup => {
                sink.comment(&self.pending);
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
            // A tag without its end does not count; all others have reported everything.
            _ => {}
        }
        *self = Tokenizer::new();
    }

    /// Takes the byte at hand; the next one is read in another state.
    #[inline(always)]
    fn go(&mut self, state: State) -> usize {
        self.state = state;
        1
    }

    /// Reads the byte at hand again, in another state.
    #[inline(always)]
    fn again(&mut self, state: State) -> usize {
        self.state = state;
        0
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

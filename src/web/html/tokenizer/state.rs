//! The state machine, and what its states share.

use super::sink::{Content, Sink};
use crate::web::html::character::Reference;
use crate::web::html::names::Name;
use memchr::memchr_iter;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web::html) enum State {
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
pub(super) enum Script {
    Plain,
    Escaped(u8),
    DoubleEscaped(u8),
}

/// Reads a page in blocks, which may end anywhere, and reports its tokens to a [`Sink`].
///
/// ```
/// use textmill::web::html::{Content, Name, Sink, Tokenizer};
///
/// /// Collects the text of a page, and the names of its start tags.
/// #[derive(Default)]
/// struct Tokens {
///     text: Vec<u8>,
///     tags: Vec<String>,
/// }
///
/// impl Sink for Tokens {
///     fn wants_text(&self) -> bool {
///         true
///     }
///     fn text(&mut self, text: &[u8]) {
///         self.text.extend_from_slice(text);
///     }
///     fn tag(&mut self, name: &Name, is_end: bool) -> bool {
///         if !is_end {
///             self.tags.push(String::from_utf8_lossy(name.as_bytes()).into_owned());
///         }
///         false
///     }
///     fn attribute(&mut self, _name: &Name) -> bool {
///         false // not called
///     }
///     fn value(&mut self, _raw: &[u8]) {}
///     fn tag_end(&mut self, _closes_itself: bool) -> Content {
///         Content::Data
///     }
/// }
///
/// let (mut tokenizer, mut tokens) = (Tokenizer::new(), Tokens::default());
/// tokenizer.block(b"<P class=x>A &am", &mut tokens);
/// tokenizer.block(b"p; <b>B</b><!-- C -->", &mut tokens);
/// tokenizer.end(&mut tokens);
/// assert_eq!((&tokens.text[..], tokens.tags.join(" ")), (&b"A & B"[..], "p b".into()));
/// ```
pub struct Tokenizer {
    pub(in crate::web::html) state: State,
    pub(in crate::web::html) content: Content,
    pub(super) script: Script,
    /// The name of the tag at hand.
    pub(super) tag: Name,
    pub(super) is_end: bool,
    /// The name of the attribute at hand, or in a script one that may be `script`.
    pub(super) attribute: Name,
    /// Whether the sink wants the attributes of the tag at hand.
    pub(super) wants_attributes: bool,
    /// Whether the sink wants the attribute's value.
    pub(super) wants_value: bool,
    /// The element whose end tag ends the text.
    pub(in crate::web::html) element: Name,
    /// Bytes that were read, and may be markup or text.
    pub(super) pending: Vec<u8>,
    pub(super) reference: Reference,
    /// The text so far ends with a carriage return: a newline after it is dropped.
    pub(super) after_return: bool,
    /// How many newlines have been counted, if the sink wants lines.
    pub(super) newlines: u64,
}

pub(super) const SPACE: u8 = 1;

pub(super) const TAG_NAME_END: u8 = 2;

pub(super) const ATTRIBUTE_NAME_END: u8 = 4;

pub(super) const UNQUOTED_END: u8 = 8;

/// The states that a byte ends.
pub(super) static CLASS: [u8; 256] = {
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
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

/// How many bytes there are before one of this class.
///
/// All of these bytes are less than `@`, and letters are not: most names are passed eight
/// bytes at a time.
#[inline(always)]
pub(super) fn run(text: &[u8], class: u8) -> usize {
    const BIT: u64 = u64::from_le_bytes([b'@'; 8]);
    let mut at = 0;
    while let Some(eight) = text[at..].first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        let mut others = !eight & BIT;
        while others != 0 {
            let bit = others.trailing_zeros() & !7;
            if is((eight >> bit) as u8, class) {
                return at + bit as usize / 8;
            }
            others &= others - 1;
        }
        at += 8;
    }
    let end = text[at..].iter().position(|&byte| is(byte, class));
    end.map_or(text.len(), |i| at + i)
}

pub(super) const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

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
            wants_attributes: false,
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
                State::TagOpen => {
                    if byte.is_ascii_alphabetic() {
                        self.report_line(&text[counted..at], sink);
                        counted = at;
                    }
                    self.tag_open(rest, sink)
                }
                State::Reference => self.reference(byte, sink),

                State::EndTagOpen => self.end_tag_open(rest, sink),
                State::TagName => self.tag_name(rest, sink),
                State::BeforeAttribute => self.attributes(rest, sink),
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
    pub(super) fn report_line<S: Sink>(&mut self, text: &[u8], sink: &mut S) {
        if S::LINES {
            self.count_lines::<S>(text);
            sink.line(self.newlines + 1);
        }
    }

    #[inline(always)]
    pub(super) fn count_lines<S: Sink>(&mut self, text: &[u8]) {
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
    pub(super) fn go(&mut self, state: State) -> usize {
        self.state = state;
        1
    }

    /// Reads the byte at hand again, in another state.
    #[inline(always)]
    pub(super) fn again(&mut self, state: State) -> usize {
        self.state = state;
        0
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

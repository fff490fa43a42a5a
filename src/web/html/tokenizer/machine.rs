//! The tokenizer's memory between two bytes, and the classes of bytes.

use super::sink::Content;
use crate::web::html::character::Reference;
use crate::web::html::names::Name;

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

/// The state machine; the states are methods in the chapters of this folder.
pub struct Tokenizer {
    pub(in crate::web::html) state: State,
    pub(in crate::web::html) content: Content,
    pub(super) script: Script,
    /// The name of the tag at hand.
    pub(super) tag: Name,
    pub(super) is_end: bool,
    /// The name of the attribute at hand, or in a script one that may be `script`.
    pub(super) attribute: Name,
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
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

/// How many bytes there are before one of this class.
#[inline(always)]
pub(super) fn run(text: &[u8], class: u8) -> usize {
    let end = text.iter().position(|&byte| is(byte, class));
    end.unwrap_or(text.len())
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
            wants_value: false,
            element: Name::new(),
            pending: Vec::new(),
            reference: Reference::new(),
            after_return: false,
            newlines: 0,
        }
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

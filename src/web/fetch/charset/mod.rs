//! Text of any charset to UTF-8.
//!
//! The charset is the first of these:
//!
//! 1. a byte order mark (UTF-8, UTF-16), which is removed;
//! 2. `charset=` in the content type;
//! 3. in HTML, `<meta charset>` or `<meta http-equiv="Content-Type">` within the first 1,024
//!    bytes, by the prescan of the WHATWG's HTML standard, 13.2.3.2; in XML, and in HTML after
//!    that, `encoding=` in the XML declaration;
//! 4. UTF-8 for JSON and XML, by their standards;
//! 5. in HTML and other text, a guess: UTF-8 if the text is well-formed, otherwise the result
//!    of a detector (`guess`).
//!
//! The result does not depend on how the network cuts the text into pieces. Text is converted
//! as early as possible: ASCII is the same in every charset of 3 to 5 and is converted at
//! once. From the first other byte on, text is buffered until the charset is known: after
//! four non-ASCII characters that are UTF-8, otherwise after 4 KiB. If a `<meta>` may follow,
//! the first 1,024 bytes are buffered.
//!
//! Text in UTF-8 stays as it is, including malformed sequences. In other charsets malformed
//! sequences become U+FFFD. Content types other than text stay as they are. So does a binary
//! file with a content type of text (`sniff`), unless the content type declares a charset
//! other than ISO-8859-1, the default of some servers.

use crate::web::html::Charset as UrlCharset;
use crate::web::html::address::Found;
use content_type::parse_content_type;
use declared::{Declaration, declaration};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};
use guess::Guess;
use kind::Kind;
use sniff::Sniff;

pub(crate) mod content_type;
mod declared;
mod guess;
mod kind;
pub(crate) mod prescan;
mod sniff;

/// The conversion of one text, block by block.
pub(crate) struct Charset {
    kind: Kind,
    /// The charset in the content type.
    declared: Option<&'static Encoding>,
    /// Whether servers declare this charset by default, whatever the file.
    is_default: bool,
    sniff: Sniff,
    state: State,
    found: Found,
    /// The converted last block, unless it stays as it is.
    out: Vec<u8>,
}

enum State {
    /// A declaration may follow. `head` is the beginning of the text, of which `written` bytes
    /// are converted.
    Declaration { head: Vec<u8>, written: usize },
    /// There is no declaration: the charset is guessed.
    Undeclared(Guess),
    /// The charset is declared by default, and the file may be binary: the text is buffered
    /// from the first non-ASCII byte on.
    Default(&'static Encoding, Vec<u8>),
    /// The text is UTF-8, or the file is not text: it stays as it is.
    Unchanged,
    /// The text is in another charset.
    Other(Decoder),
}

impl Charset {
    /// The conversion for a content type; None if it is not text.
    pub(crate) fn new(content_type: Option<&str>) -> Option<Charset> {
        let (essence, label) = parse_content_type(content_type?);
        let head = Vec::new();
        let is_latin = |label: &String| label.eq_ignore_ascii_case("iso-8859-1");
        Some(Charset {
            kind: Kind::of(&essence)?,
            is_default: essence == "text/plain" && label.as_ref().is_some_and(is_latin),
            sniff: Sniff::default(),
            declared: label.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes())),
            state: State::Declaration { head, written: 0 },
            found: Found::Nothing,
            out: Vec::new(),
        })
    }

    /// The charset, as far as it is known.
    pub(crate) fn found(&self) -> Found {
        self.found
    }

    /// Takes the next block, and returns the text in UTF-8 as far as its charset is known. With
    /// the end of the text (`last`) that is all of it.
    pub(crate) fn text<'a>(&'a mut self, block: &'a [u8], last: bool) -> &'a [u8] {
        self.text_and_charset(block, last).0
    }

    /// The same, with the charset as far as it is known after this block.
    pub(crate) fn text_and_charset<'a>(
        &'a mut self,
        block: &'a [u8],
        last: bool,
    ) -> (&'a [u8], Found) {
        let text = match self.converts(block, last) {
            true => &self.out,
            false => block,
        };
        (text, self.found)
    }

    /// Converts the next block to `out`; false if it stays as it is.
    fn converts(&mut self, block: &[u8], last: bool) -> bool {
        self.out.clear();
        self.sniff.add(block);
        if let State::Undeclared(guess) = &mut self.state
            && guess.is_all_ascii(block)
        {
            return false;
        }
        match &mut self.state {
            State::Declaration { head, .. } => {
                head.extend_from_slice(block);
                self.find_declaration(last);
            }
            State::Undeclared(_) => self.guess(block, last),
            State::Default(..) => self.sniff_default(block, last),
            State::Other(decoder) => {
                decode(decoder, block, last, &mut self.out);
            }
            State::Unchanged => return false,
        }
        true
    }

    /// Whether the rest of the text stays as it is.
    pub(crate) fn is_unchanged(&self) -> bool {
        matches!(self.state, State::Unchanged)
    }

    /// Looks for a declaration in the head, and converts what cannot change.
    fn find_declaration(&mut self, last: bool) {
        let State::Declaration { head, written } = &mut self.state else {
            return;
        };
        match declaration(head, self.kind, self.declared, last) {
            Declaration::Charset(encoding, mark) => {
                let rest = head.split_off(mark.max(*written));
                self.found = Found::Declared(UrlCharset::new(encoding));
                if self.is_default && mark == 0 {
                    self.state = State::Default(encoding, Vec::new());
                    self.sniff_default(&rest, last);
                } else {
                    self.decode_rest(encoding, &rest, last);
                }
            }
            Declaration::None => {
                let rest = head.split_off(*written);
                self.state = State::Undeclared(Guess::new(head));
                self.found = Found::Guessed(UrlCharset::UTF_8);
                self.guess(&rest, last);
            }
            // Nothing is converted unless every possible charset includes ASCII.
            Declaration::Incomplete if self.declared.is_some() => {}
            Declaration::IncompleteUtf16 => {}
            Declaration::Incomplete => {
                let rest = &head[*written..];
                let plain = rest.iter().take_while(|&&byte| is_plain(byte)).count();
                self.out.extend_from_slice(&rest[..plain]);
                *written += plain;
            }
        }
    }

    /// Guesses the charset, and converts what cannot change.
    fn guess(&mut self, text: &[u8], last: bool) {
        if let State::Undeclared(guess) = &mut self.state
            && let Some((encoding, rest)) = guess.more(text, last, &mut self.out)
        {
            // The sniffed bytes are complete by now.
            let encoding = self.unless_binary(encoding);
            self.found = Found::Guessed(UrlCharset::new(encoding));
            self.decode_rest(encoding, &rest, last);
        }
    }

    /// Converts ASCII, and buffers the rest until it is known whether the file is binary.
    fn sniff_default(&mut self, mut text: &[u8], last: bool) {
        let State::Default(encoding, buffered) = &mut self.state else {
            return;
        };
        if buffered.is_empty() {
            let (ascii, rest) = text.split_at(Encoding::ascii_valid_up_to(text));
            self.out.extend_from_slice(ascii);
            text = rest;
        }
        buffered.extend_from_slice(text);
        if last || self.sniff.is_done() {
            let (encoding, rest) = (*encoding, std::mem::take(buffered));
            let encoding = self.unless_binary(encoding);
            self.decode_rest(encoding, &rest, last);
        }
    }

    /// The charset for the rest of the text: a binary file stays as it is, as UTF-8 does.
    fn unless_binary(&self, encoding: &'static Encoding) -> &'static Encoding {
        match self.sniff.is_binary() {
            true => UTF_8,
            false => encoding,
        }
    }

    /// The charset is known: converts the rest of the text.
    fn decode_rest(&mut self, encoding: &'static Encoding, rest: &[u8], last: bool) {
        if encoding == UTF_8 {
            self.state = State::Unchanged;
            self.out.extend_from_slice(rest);
        } else {
            let mut decoder = encoding.new_decoder_without_bom_handling();
            decode(&mut decoder, rest, last, &mut self.out);
            self.state = State::Other(decoder);
        }
    }
}

/// Decodes `text` and appends it to `out` in UTF-8.
fn decode(decoder: &mut Decoder, mut text: &[u8], last: bool, out: &mut Vec<u8>) {
    loop {
        let start = out.len();
        // A byte becomes three at most, and the decoder may have buffered some.
        out.resize(start + 3 * text.len() + 16, 0);
        let (result, read, written, _) = decoder.decode_to_utf8(text, &mut out[start..], last);
        out.truncate(start + written);
        text = &text[read..];
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}

/// Whether a byte is the same in the initial state of every charset that an HTML page can
/// declare: ASCII without the escapes of ISO-2022-JP.
fn is_plain(byte: u8) -> bool {
    byte < 0x80 && !matches!(byte, 0x0E | 0x0F | 0x1B)
}

#[cfg(test)]
mod tests;

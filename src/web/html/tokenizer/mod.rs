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
//! Chapters: `sink` (the events), `machine` (the states), `text` (text and character references), `tag`, `raw` (elements
//! whose text ends at their end tag), `markup` (comments, doctypes, CDATA).

mod machine;
mod markup;
mod raw;
mod sink;
mod tag;
mod text;

pub(super) use machine::State;
pub use machine::Tokenizer;
pub use sink::{Content, Sink};

use machine::Script;
use memchr::memchr_iter;

impl Tokenizer {
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
}

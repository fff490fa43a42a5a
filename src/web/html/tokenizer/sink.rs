//! What a tokenizer reports, and to what.

use super::super::names::Name;

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
/// A tag is reported as `tag`, any number of `attribute` if they are wanted, each with any
/// number of `value` if it is wanted, and `tag_end`. If the page ends within a tag, there is no `tag_end`, and it
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
    /// A tag begins; returns whether its attributes are wanted.
    fn tag(&mut self, name: &Name, is_end: bool) -> bool;
    /// It has this attribute; returns whether the value is wanted. Of several of one name
    /// only the first counts: the sink must ignore the others.
    fn attribute(&mut self, name: &Name) -> bool;
    /// The next piece of the value, not decoded: see
    /// [`value`](crate::web::html::character::value).
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

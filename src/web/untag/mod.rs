//! `untag`: the text of a page, as a reader would see it.
//!
//! That is, in short, what a browser's `innerText` gives with scripts off: no
//! tags, comments, scripts, styles, templates, and not the title, which no
//! browser shows in the page. White space is collapsed but in `<pre>` and the
//! like. A block (a paragraph, a heading, a list's item, …) has lines of its
//! own, `<br>` ends one, and the cells of a table's row are parted by a TAB.
//! Other than there, no empty lines come between blocks.
//!
//! What HTML itself hides is not shown (`hidden`): elements with `hidden` or
//! `popover`, a `dialog` or `details` that is not open. It knows no style sheets, so
//! what these hide is shown, and so is what stands in place of a video or a canvas.
//! Pictures have no text.
//!
//! Several pages in a row, with a mark before each ([`pages`]), are read one by
//! one: each begins on a new line, whatever elements the one before left open.
//!
//! Cost: one pass, constant memory. What was read is written, but for white
//! space that the next character decides about, and what may begin a mark.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::web::html::pages::{self, Part};
use crate::web::html::{Attribute, Content, Context, Element, Name, Sink, Tokenizer};
use hidden::{Effect, Hidden, Tag};

mod hidden;

/// The filter `untag`.
pub fn untag() -> impl Filter {
    Untag::default()
}

#[derive(Default)]
struct Untag {
    splitter: pages::Splitter,
    untag: OnePage,
}

impl Filter for Untag {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        self.splitter.block(text, |part| {
            match part {
                Part::Text(text) => self.untag.text(text, out),
                Part::Page(..) | Part::End => self.untag.end(out),
            }
            Ok(())
        })
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        self.untag.text(self.splitter.end(), out);
        self.untag.end(out);
        Ok(())
    }
}

#[derive(Default)]
struct OnePage {
    tokenizer: Tokenizer,
    page: Page,
}

impl OnePage {
    fn text(&mut self, text: &[u8], out: &mut Out) {
        let page = &mut self.page;
        let text = match page.has_begun {
            true => text,
            // A byte order mark is no text.
            false => text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text),
        };
        page.has_begun |= !text.is_empty();
        self.tokenizer.block(text, &mut Shown { page, out });
    }

    fn end(&mut self, out: &mut Out) {
        let page = &mut self.page;
        self.tokenizer.end(&mut Shown { page, out });
        if page.in_line {
            out.push(b"\n");
        }
        *page = Page::default();
    }
}

/// What stands between the text so far and the text to come, in one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gap {
    #[default]
    None,
    Blank,
    /// The end of a line, which the next cell makes a TAB.
    Line,
    /// So many TABs.
    Cells(u64),
}

/// Where in a page the text has come to.
#[derive(Default)]
struct Page {
    has_begun: bool,
    context: Context,
    element: Option<Element>,
    /// The name of the tag at hand, if `element` is `Other`.
    name: Name,
    is_end: bool,
    attributes: Attributes,
    /// The text up to the next tag is not shown.
    is_hidden: bool,
    /// What is not shown for longer than that.
    hidden: Hidden,
    /// A `p` is open.
    in_p: bool,
    /// How many elements are open in which white space counts.
    pre: u64,
    /// White space counts in the text up to the next tag.
    is_raw: bool,
    /// A newline at the beginning of the text is none.
    skips_newline: bool,
    /// There is text in the line at hand, which is not ended yet.
    in_line: bool,
    gap: Gap,
    /// The row at hand has a cell.
    in_row: bool,
}

/// The attributes of the tag at hand that say what is shown.
#[derive(Default)]
struct Attributes {
    /// Each with the place where its value begins.
    names: Vec<(Attribute, usize)>,
    /// The beginnings of their values, one after the other, as they stand there.
    values: Vec<u8>,
}

/// How much of a value is kept, in bytes: more than any that means something has.
const LONGEST_VALUE: usize = 32;

impl Attributes {
    fn clear(&mut self) {
        self.names.clear();
        self.values.clear();
    }

    /// Adds an attribute; of several of one name the first counts.
    fn add(&mut self, attribute: Attribute) -> bool {
        use Attribute::*;
        let counts = matches!(
            attribute,
            Encoding | Hidden | Open | Popover | ShadowRootMode
        );
        let is_new = counts && !self.has(attribute);
        if is_new {
            self.names.push((attribute, self.values.len()));
        }
        is_new
    }

    fn value(&mut self, raw: &[u8]) {
        if let Some((_, start)) = self.names.last() {
            let room = LONGEST_VALUE - (self.values.len() - start);
            self.values.extend_from_slice(&raw[..raw.len().min(room)]);
        }
    }

    fn has(&self, attribute: Attribute) -> bool {
        self.names.iter().any(|(name, _)| *name == attribute)
    }

    /// Whether the value of an attribute is one of these, in any case.
    fn is(&self, attribute: Attribute, values: &[&str]) -> bool {
        let Some(at) = self.names.iter().position(|(name, _)| *name == attribute) else {
            return false;
        };
        let end = self.names.get(at + 1).map(|(_, start)| *start);
        let value = &self.values[self.names[at].1..end.unwrap_or(self.values.len())];
        let mut values = values.iter();
        values.any(|known| value.eq_ignore_ascii_case(known.as_bytes()))
    }

    /// Whether an element of HTML is sure to hide nothing.
    #[inline]
    fn hide_nothing(&self, element: Element) -> bool {
        use Element::*;
        self.names.is_empty() && !matches!(element, Datalist | Details | Dialog | Rp)
    }

    /// What an element does to its contents.
    fn effect(&self, element: Element, is_html: bool) -> Effect {
        use Element::*;
        if !is_html {
            return match element {
                Title | Desc | Metadata | Style | Script | Annotation | AnnotationXml => {
                    Effect::Hides
                }
                _ => Effect::None,
            };
        }
        let is_open = || self.has(Attribute::Open);
        match element {
            Datalist | Rp => return Effect::Hides,
            Dialog if !is_open() => return Effect::Hides,
            _ => {}
        }
        let until_found = self.is(Attribute::Hidden, &["until-found"]);
        let is_hidden = self.has(Attribute::Hidden) && !until_found
            || self.has(Attribute::Popover) && element != Dialog;
        match element {
            _ if is_hidden => Effect::Hides,
            _ if until_found && is_block(element) => Effect::Closed { summary: false },
            Details if !is_open() => Effect::Closed { summary: true },
            _ => Effect::None,
        }
    }
}

/// Told by the tokenizer what the page holds, puts out what is shown of it.
struct Shown<'a> {
    page: &'a mut Page,
    out: &'a mut Out,
}

impl Shown<'_> {
    /// What comes stands in another line.
    fn end_line(&mut self) {
        let page = &mut *self.page;
        match page.gap {
            // It will be in the next cell.
            Gap::Cells(_) => {}
            _ if !page.in_line => page.gap = Gap::None,
            // Within a cell: who knows whether another one follows.
            _ if page.in_row => page.gap = Gap::Line,
            _ => {
                self.out.push(b"\n");
                page.gap = Gap::None;
                page.in_line = false;
            }
        }
    }

    /// What comes is no part of the row at hand.
    fn end_row(&mut self) {
        self.page.in_row = false;
        if self.page.gap != Gap::Line {
            self.page.gap = Gap::None;
        }
        self.end_line();
    }

    fn begin_cell(&mut self) {
        let page = &mut *self.page;
        if std::mem::replace(&mut page.in_row, true) {
            page.gap = match page.gap {
                Gap::Cells(n) => Gap::Cells(n + 1),
                _ => Gap::Cells(1),
            };
        } else {
            page.in_row = false;
            self.end_line();
            self.page.in_row = true;
        }
    }

    /// Puts out what stands before the next character.
    fn close_gap(&mut self) {
        match std::mem::take(&mut self.page.gap) {
            Gap::None => {}
            Gap::Blank => self.out.push(b" "),
            Gap::Line => self.out.push(b"\n"),
            Gap::Cells(n) => {
                for _ in 0..n {
                    self.out.push(b"\t");
                }
            }
        }
        self.page.in_line = true;
    }

    /// Puts out text as it is.
    fn keep(&mut self, mut text: &[u8]) {
        if std::mem::take(&mut self.page.skips_newline) {
            text = text.strip_prefix(b"\n").unwrap_or(text);
        }
        let Some(last) = text.last() else {
            return;
        };
        self.close_gap();
        self.out.push(text);
        self.page.in_line = *last != b'\n';
    }

    /// Puts out text with each run of white space made one blank.
    ///
    /// Each byte is written, white space as a blank; whether it stays depends on
    /// the place where the next one is written. So there is nothing to guess
    /// for the processor.
    fn collapse(&mut self, text: &[u8]) {
        let Some(start) = text.iter().position(|&byte| !is_space(byte)) else {
            self.blank();
            return;
        };
        if start > 0 {
            self.blank();
        }
        self.close_gap();
        let text = &text[start..];
        let room = &mut self.out.room(text.len())[..text.len()];
        let mut used = 0;
        let mut was_space = false;
        for &byte in text {
            let space = is_space(byte);
            room[used] = if space { b' ' } else { byte };
            used += usize::from(!(space && was_space));
            was_space = space;
        }
        if was_space {
            self.page.gap = Gap::Blank;
        }
        self.out.advance(used - usize::from(was_space));
    }

    /// White space.
    fn blank(&mut self) {
        if self.page.gap == Gap::None && self.page.in_line {
            self.page.gap = Gap::Blank;
        }
    }
}

/// White space of HTML; others, such as no-break spaces, are characters.
#[inline(always)]
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0C' | b'\r')
}

/// Whether the element has lines of its own.
fn is_block(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        Address
            | Article
            | Aside
            | Blockquote
            | Body
            | Caption
            | Center
            | Dd
            | Details
            | Dialog
            | Dir
            | Div
            | Dl
            | Dt
            | Fieldset
            | Figcaption
            | Figure
            | Footer
            | Form
            | H1
            | H2
            | H3
            | H4
            | H5
            | H6
            | Header
            | Hgroup
            | Hr
            | Html
            | Legend
            | Li
            | Listing
            | Main
            | Menu
            | Nav
            | Ol
            | Optgroup
            | Option
            | P
            | Plaintext
            | Pre
            | Search
            | Section
            | Select
            | Summary
            | Textarea
            | Ul
            | Xmp
    )
}

impl Sink for Shown<'_> {
    #[inline]
    fn wants_text(&self) -> bool {
        !self.page.is_hidden && !self.page.hidden.hides() && !self.page.context.is_inert()
    }

    fn text(&mut self, text: &[u8]) {
        // Browsers drop NULs.
        for piece in text
            .split(|&byte| byte == 0)
            .filter(|piece| !piece.is_empty())
        {
            match self.page.is_raw || self.page.pre > 0 {
                true => self.keep(piece),
                false => self.collapse(piece),
            }
        }
    }

    fn tag(&mut self, name: &Name, is_end: bool) {
        let page = &mut *self.page;
        let element = Element::named(name);
        page.element = Some(element);
        if element == Element::Other {
            page.name = *name;
        }
        page.is_end = is_end;
        page.attributes.clear();
        page.is_hidden = false;
        page.is_raw = false;
        page.skips_newline = false;
    }

    #[inline]
    fn attribute(&mut self, name: &Name) -> bool {
        let counts = matches!(
            name.as_bytes(),
            b"encoding" | b"hidden" | b"open" | b"popover" | b"shadowrootmode"
        );
        counts && !self.page.is_end && self.page.attributes.add(Attribute::named(name))
    }

    fn value(&mut self, raw: &[u8]) {
        self.page.attributes.value(raw);
    }

    fn tag_end(&mut self, closes_itself: bool) -> Content {
        let page = &mut *self.page;
        let element = page.element.take().unwrap_or(Element::Other);
        if page.is_end {
            page.context.close(element);
            let was_shown = !page.context.is_inert()
                && (page.hidden.is_empty() || page.hidden.close(element, &page.name));
            if was_shown {
                self.close(element);
            }
            return Content::Data;
        }
        let attributes = &page.attributes;
        let shadow = !attributes.names.is_empty()
            && attributes.is(Attribute::ShadowRootMode, &["open", "closed"]);
        let (content, is_html) = page.context.open(element, closes_itself, shadow);
        if !page.context.is_inert() && self.is_shown(element, is_html, closes_itself) {
            match is_html {
                true => self.open(element, content),
                false if element == Element::Text => self.end_line(),
                false => {}
            }
        }
        content
    }

    fn has_cdata(&self) -> bool {
        self.page.context.is_foreign()
    }

    fn comment_end(&mut self) {
        self.page.skips_newline = false;
    }

    fn doctype(&mut self) {
        self.page.skips_newline = false;
    }
}

impl Shown<'_> {
    /// Whether the element is shown that begins here.
    #[inline]
    fn is_shown(&mut self, element: Element, is_html: bool, closes_itself: bool) -> bool {
        let page = &*self.page;
        let is_plain = is_html && page.hidden.is_empty() && page.attributes.hide_nothing(element);
        is_plain || self.may_be_shown(element, is_html, closes_itself)
    }

    #[cold]
    fn may_be_shown(&mut self, element: Element, is_html: bool, closes_itself: bool) -> bool {
        let page = &mut *self.page;
        let effect = page.attributes.effect(element, is_html);
        if page.hidden.is_empty() && effect == Effect::None {
            return true;
        }
        let encodings = ["text/html", "application/xhtml+xml"];
        let tag = Tag {
            element,
            name: page.name,
            is_html,
            holds_html: element == Element::AnnotationXml
                && page.attributes.is(Attribute::Encoding, &encodings),
            effect,
        };
        let is_void = match is_html {
            true => hidden::is_void(element, &page.name),
            false => closes_itself,
        };
        page.hidden.open(tag, is_void, page.in_p, page.in_row)
    }

    fn open(&mut self, element: Element, content: Content) {
        let page = &mut *self.page;
        match element {
            Element::Br if page.pre > 0 => self.keep(b"\n"),
            Element::Br => self.end_line(),
            Element::Td | Element::Th => {
                self.page.in_p = false;
                self.begin_cell();
            }
            Element::Table | Element::Tr | Element::Tbody | Element::Thead | Element::Tfoot => {
                self.page.in_p = false;
                self.end_row();
            }
            element if is_block(element) => {
                self.page.in_p = element == Element::P;
                self.end_line();
            }
            _ => {}
        }
        let page = &mut *self.page;
        page.skips_newline = matches!(element, Element::Pre | Element::Listing | Element::Textarea);
        match element {
            Element::Pre | Element::Listing => page.pre += 1,
            Element::Textarea | Element::Xmp | Element::Plaintext => page.is_raw = true,
            _ => page.is_hidden = content != Content::Data,
        }
    }

    fn close(&mut self, element: Element) {
        match element {
            Element::Pre | Element::Listing => {
                self.end_line();
                self.page.pre = self.page.pre.saturating_sub(1);
            }
            Element::Table | Element::Tr | Element::Tbody | Element::Thead | Element::Tfoot => {
                self.end_row();
            }
            // The next cell makes it a TAB. Other text behind a cell is another word.
            Element::Td | Element::Th => self.end_line(),
            Element::Br | Element::Text => self.end_line(),
            element if is_block(element) => {
                self.page.in_p = false;
                self.end_line();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{self, filtered};
    use crate::web::html::address::Found;
    use crate::web::html::oracle::{self, Token};
    use proptest::prelude::*;

    fn text(page: &str) -> String {
        let whole = filtered(untag(), page.as_bytes(), vec![usize::MAX]);
        assert_eq!(filtered(untag(), page.as_bytes(), vec![1]), whole);
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn what_is_shown() {
        for (page, shown) in [
            ("a <b>b</b>c&amp;d &lt;e&gt; &eacute;", "a bc&d <e> é\n"),
            ("a<!-- b -->c<script>d</script>e<style>f</style>", "ace\n"),
            (
                "<title>a</title>b<template>c<template>d</template>e</template>f",
                "bf\n",
            ),
            ("<noscript>a</noscript><iframe>b</iframe>", "a\n"),
            (
                "<svg><title>a</title><style>b</style><text>c</text><text>d</text></svg>e",
                "c\nd\ne\n",
            ),
            ("<svg><script/><style>x<p>b", "b\n"),
            ("<template shadowrootmode=open>a</template>", "a\n"),
            ("\u{FEFF}<p>a\0b", "ab\n"),
            ("", ""),
            (" <p> <br> ", ""),
            ("a < b", "a < b\n"),
        ] {
            assert_eq!(text(page), shown, "{page}");
        }
    }

    // case web-11
    #[test]
    fn what_html_hides() {
        for (page, shown) in [
            ("a<div hidden>b<p>c<div>d</div></div>e", "ae\n"),
            ("a<p HIDDEN=''>b<span hidden>c</span>d<p>e", "a\ne\n"),
            ("<span hidden>a<span>b</span>c</span>d", "d\n"),
            ("<x-y hidden>a<x-z>b</x-z>c<x-y>d</x-y>e</x-y>f", "f\n"),
            ("<p>a<span hidden>b</p>c", "a\nc\n"),
            ("<section><div hidden>a</section>b", "b\n"),
            ("<ul><li hidden>a<ul><li>b</ul>c<li>d</ul>", "d\n"),
            (
                "<tr><td>a<td hidden>b<td>c<tr hidden><td>d<tr><td>e",
                "a\tc\ne\n",
            ),
            ("<b hidden>a<div>b</b>c</div>d", "c\nd\n"),
            (
                "a<br hidden>b<hr hidden>c<img hidden>d<wbr hidden>e<input hidden>f",
                "abcdef\n",
            ),
            ("<svg hidden><text hidden>a</text></svg>b", "a\nb\n"),
            ("<pre>a<pre hidden>b\n\nc</pre>\n d</pre> e", "a\n d\ne\n"),
            (
                "<div hidden><script>'</div>'</script>a<!--</div>-->b</div>c",
                "c\n",
            ),
            ("<div hidden><template></div></template>a</div>b", "b\n"),
            ("<div hidden>a</span></p></li>b</div>c", "b\nc\n"),
            // It hides the contents of blocks.
            (
                "<p hidden=until-found>a</p><i hidden=Until-Found>b</i>c",
                "bc\n",
            ),
            ("<dialog>a</dialog><dialog open>b</dialog>c", "b\nc\n"),
            (
                "<dialog open popover>a</dialog><dialog open hidden>b</dialog>c",
                "a\nc\n",
            ),
            ("<div popover>a</div><p popover=manual>b</p>c", "c\n"),
            (
                "<input list=l><datalist id=l>a<option>b<option>c</datalist>d",
                "d\n",
            ),
            ("<ruby>a<rp>(</rp><rt>b</rt><rp>)</rp></ruby>c", "abc\n"),
            ("<ruby>a<rp>(<rt>b<rp>)</ruby>c", "abc\n"),
            (
                "<math><mi>a</mi><annotation>b</annotation><annotation-xml><mi>c</mi>\
                 </annotation-xml></math>d",
                "ad\n",
            ),
            (
                "<math><semantics><mi>a</mi><annotation-xml encoding=text/html><p>b<b>c</b></p>d\
                 </annotation-xml></semantics></math>e",
                "ae\n",
            ),
            (
                "<svg><metadata><x>a</x></metadata><text>b</text></svg>c",
                "b\nc\n",
            ),
        ] {
            assert_eq!(text(page), shown, "{page}");
        }
    }

    // case web-11
    #[test]
    fn a_closed_details_shows_its_summary() {
        for (page, shown) in [
            (
                "a<details><summary>b</summary>c<p>d</details>e",
                "a\nb\ne\n",
            ),
            (
                "<details open><summary>a</summary>b</details>c",
                "a\nb\nc\n",
            ),
            (
                "<details>a<summary>b</summary>c<summary>d</summary></details>e",
                "b\ne\n",
            ),
            (
                "<details><div><summary>a</summary></div>b</details>c",
                "c\n",
            ),
            (
                "<details><summary>a <b>b</b><i hidden>c</i>d</summary>e</details>",
                "a bd\n",
            ),
            (
                "<details><summary>a<details><summary>b</summary>c</details>d</summary>e</details>f",
                "a\nb\nd\nf\n",
            ),
            (
                "<details><details open><summary>a</summary>b</details>c</details>d",
                "d\n",
            ),
            (
                "<div hidden><details><summary>a</summary>b</details>c</div>d",
                "d\n",
            ),
            ("<section><details><summary>a</section>b", "a\nb\n"),
        ] {
            assert_eq!(text(page), shown, "{page}");
        }
    }

    #[test]
    fn lines_and_blanks() {
        for (page, shown) in [
            (
                " a \n\t b<p> c <p>d</p>e<br> f<br><br>g",
                "a b\nc\nd\ne\nf\ng\n",
            ),
            ("<h1>a</h1><ul><li>b<li> c</ul>", "a\nb\nc\n"),
            ("a <b> b</b> <i>c</i>", "a b c\n"),
            ("a&nbsp; b", "a\u{A0} b\n"),
            ("<pre>\n a\n\n  <b>b</b></pre> c", " a\n\n  b\nc\n"),
            ("<pre>a<br>b\r\nc\n</pre>d", "a\nb\nc\nd\n"),
            ("<textarea>\n a\n b</textarea>c d", " a\n b\nc d\n"),
        ] {
            assert_eq!(text(page), shown, "{page}");
        }
    }

    #[test]
    fn tables() {
        for (page, shown) in [
            (
                "<table><tr><td>a<td> b <tr><th>c</th><th>d</table>e",
                "a\tb\nc\td\ne\n",
            ),
            ("<tr><td></td><td>a<td><td>b<td>", "\ta\t\tb\n"),
            (
                "<tr><td><p>a</p></td>\n<td><p>b</p><p>c</p></td></tr>d",
                "a\tb\nc\nd\n",
            ),
            (
                "<tr><td>a<td><table><tr><td>b<td>c</table><tr><td>d",
                "a\nb\tc\nd\n",
            ),
            // case web-27
            ("<tr><td>alpha</td>oho<td>c</td>", "alpha\noho\tc\n"),
            (
                "<tr><th>a</th>b</tr>c<tr>d<td>e</td></tr>",
                "a\nb\nc\nd\ne\n",
            ),
            ("<tr><td>a</td> <!-- b --> <td>c</td> </tr>", "a\tc\n"),
        ] {
            assert_eq!(text(page), shown, "{page}");
        }
    }

    /// A piece of HTML in which elements are hidden and end tags are left out.
    fn tree() -> impl Strategy<Value = String> {
        let attribute = || {
            prop::sample::select(
                &[
                    "",
                    "",
                    "",
                    "",
                    " hidden",
                    " open",
                    " popover",
                    " hidden=until-found",
                ][..],
            )
        };
        let text = "[a-z]".prop_map(|text| text + " ");
        text.prop_recursive(5, 40, 5, move |inner| {
            let inner = proptest::collection::vec(inner, 0..4).prop_map(|inner| inner.concat());
            let element = |names: &'static [&'static str], omits: u32| {
                let ends = prop_oneof![10 - omits => Just(true), omits => Just(false)];
                let name = prop::sample::select(names);
                (name, attribute(), inner.clone(), ends).prop_map(
                    |(name, attribute, inner, ends)| {
                        let end = if ends {
                            format!("</{name}>")
                        } else {
                            String::new()
                        };
                        format!("<{name}{attribute}>{inner}{end}")
                    },
                )
            };
            let list = |around: &'static str, items: &'static [&'static str]| {
                let items = proptest::collection::vec(element(items, 5), 1..4);
                (attribute(), items).prop_map(move |(attribute, items)| {
                    format!("<{around}{attribute}>{}</{around}>", items.concat())
                })
            };
            let rows = (
                attribute(),
                proptest::collection::vec(element(&["td", "th"], 5), 1..3),
            );
            let rows =
                rows.prop_map(|(attribute, cells)| format!("<tr{attribute}>{}", cells.concat()));
            let table = (attribute(), proptest::collection::vec(rows, 1..3));
            prop_oneof![
                2 => element(&["div", "dialog", "x-y"], 0),
                3 => element(&["section", "details", "h1"], 1),
                2 => element(&["span", "label", "x-z"], 0),
                2 => element(&["p"], 5),
                1 => element(&["b", "i"], 0),
                1 => element(&["summary"], 0)
                    .prop_map(|summary| format!("<details>{summary}x </details>")),
                1 => list("ul", &["li"]),
                1 => list("dl", &["dt", "dd"]),
                1 => table.prop_map(|(attribute, rows)| {
                    format!("<table{attribute}>{}</table>", rows.concat())
                }),
                1 => Just("<svg><title>x</title><text>y </text></svg>".to_string()),
                1 => Just("<ruby>x <rp>x <rt>y <rp>z </ruby>".to_string()),
                1 => Just("<input hidden><br hidden>".to_string()),
                1 => Just("<p>x <span hidden>y </p>z ".to_string()),
            ]
        })
    }

    fn letters(text: &str) -> Vec<char> {
        let mut letters: Vec<char> = text.chars().filter(char::is_ascii_alphabetic).collect();
        letters.sort_unstable();
        letters
    }

    /// The soups' text in the plainest way: marks for the ends of lines, then
    /// regular expressions.
    fn naive(soup: &str) -> String {
        const END: char = '\u{E000}';
        const BLANK: char = '\u{E001}';
        const LINE: char = '\u{E002}';
        const TAB: char = '\u{E003}';
        let block = [
            "p", "div", "ul", "li", "h1", "pre", "xmp", "textarea", "form", "body",
        ];
        let hidden = ["script", "style", "title", "iframe", "noembed"];
        let (mut pre, mut templates, mut raw, mut first) = (0u32, 0u32, String::new(), false);
        let mut shown = String::new();
        for (token, _) in oracle::tokens(soup) {
            match token {
                Token::Text(text) if templates == 0 && !hidden.contains(&&raw[..]) => {
                    let text = String::from_utf8(text).unwrap();
                    if pre > 0 || raw == "xmp" || raw == "textarea" {
                        let text = text.strip_prefix('\n').filter(|_| first).unwrap_or(&text);
                        let kept = text.replace('\n', &LINE.to_string());
                        shown += &kept
                            .replace(' ', &BLANK.to_string())
                            .replace('\t', &TAB.to_string());
                    } else {
                        shown += &text;
                    }
                    first = false;
                }
                Token::Start(name, ..) => {
                    if templates == 0 && block.contains(&&name[..]) {
                        shown.push(END);
                    }
                    if templates == 0 && name == "br" {
                        shown.push(if pre > 0 { LINE } else { END });
                    }
                    pre += u32::from(templates == 0 && name == "pre");
                    templates += u32::from(name == "template");
                    first = ["pre", "textarea"].contains(&&name[..]);
                    raw = name;
                }
                Token::End(name) => {
                    raw.clear();
                    first = false;
                    if name == "template" {
                        templates = templates.saturating_sub(1);
                    } else if templates == 0 && (block.contains(&&name[..]) || name == "br") {
                        shown.push(END);
                        pre = pre.saturating_sub(u32::from(name == "pre"));
                    }
                }
                // Texts around comments are one.
                _ => {
                    first = false;
                }
            }
        }
        let replace = |text: &str, pattern: &str, by: &str| {
            regex::Regex::new(pattern)
                .unwrap()
                .replace_all(text, by)
                .into_owned()
        };
        let shown = shown.replace('\0', "");
        let shown = replace(&shown, r"[ \t\n\f\r]+", " ");
        // A blank at the end or beginning of a line is none, nor is an empty line.
        let shown = replace(&shown, &format!(" ?{END}[ {END}]*"), &END.to_string());
        let shown = replace(&shown, &format!("^[ {END}]+|[ {END}]+$"), "");
        let shown = replace(&shown, &format!("(^|{LINE})[ {END}]+"), "$1");
        let shown = shown
            .replace([END, LINE], "\n")
            .replace(BLANK, " ")
            .replace(TAB, "\t");
        if shown.is_empty() || shown.ends_with('\n') {
            shown
        } else {
            shown + "\n"
        }
    }

    /// Of the soups, what the plain way knows.
    fn soup() -> impl Strategy<Value = String> {
        oracle::soup().prop_filter("no tabs in texts, no SVG", |soup| {
            !soup.contains("<svg") && !soup.contains("<math")
        })
    }

    #[test]
    fn a_mark_begins_a_page() {
        let mark = "<base data-page=\"http://a/\" href=\"http://b/\">\n";
        for open in [
            "a",
            "a<script>b",
            "a<!--b",
            "a<textarea>",
            "a<pre>",
            "a<tr><td>",
            "a<b c='",
            "a<title>",
        ] {
            let page = format!("{mark}\u{FEFF}{open}{mark}c\n d");
            assert_eq!(text(&page), "a\nc d\n", "{open}");
        }
        assert_eq!(text(&format!("{mark}{mark} {mark}<p>")), "");
        // What looks like one, and is none.
        assert_eq!(
            text("a<base data-pag>b<textarea><base data-page="),
            "ab\n<base data-page=\n"
        );
    }

    proptest! {
        #[test]
        fn pages_in_a_row_are_pages_of_their_own(
            pages in proptest::collection::vec(oracle::page(), 1..4),
            cuts in arbitrary::cuts(),
        ) {
            let (mut row, mut expected) = (Vec::new(), Vec::new());
            for page in pages {
                let mut marker = pages::Marker::new(url::Url::parse("http://h/").unwrap());
                row.extend_from_slice(marker.text(&page, true, Found::Nothing));
                let newline = if page.is_empty() || page.ends_with(b"\n") { "" } else { "\n" };
                let page = [&page, newline.as_bytes()].concat();
                expected.extend(filtered(untag(), &page, vec![usize::MAX]));
            }
            prop_assert_eq!(filtered(untag(), &row, cuts), expected);
        }

        #[test]
        fn html5ever_agrees(soup in soup(), cuts in arbitrary::cuts()) {
            let found = filtered(untag(), soup.as_bytes(), cuts);
            prop_assert_eq!(String::from_utf8(found).unwrap(), naive(&soup));
        }

        // case web-11
        #[test]
        fn html5ever_hides_the_same(tree in tree()) {
            let page = format!("<!DOCTYPE html>{tree}");
            prop_assert_eq!(letters(&text(&page)), letters(&oracle::shown(&page)));
        }

        #[test]
        fn anything_goes_and_cuts_change_nothing(
            page in oracle::page(),
            cuts in arbitrary::cuts(),
        ) {
            let whole = filtered(untag(), &page, vec![usize::MAX]);
            prop_assert_eq!(filtered(untag(), &page, cuts), whole);
        }
    }
}

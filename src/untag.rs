//! `untag`: the text of a page, as a reader would see it.
//!
//! That is, in short, what a browser's `innerText` gives with scripts off: no
//! tags, comments, scripts, styles, templates, and not the title, which no
//! browser shows in the page. White space is collapsed but in `<pre>` and the
//! like. A block (a paragraph, a heading, a list's item, …) has lines of its
//! own, `<br>` ends one, and the cells of a table's row are parted by a TAB.
//! Other than there, no empty lines come between blocks.
//!
//! It knows no style sheets, so what these hide is shown, and so is what stands
//! in place of a video or a canvas. Pictures have no text.
//!
//! Several pages in a row, with a mark before each ([`pages`]), are read one by
//! one: each begins on a new line, whatever elements the one before left open.
//!
//! Cost: one pass, constant memory. What was read is written, but for white
//! space that the next character decides about, and what may begin a mark.

use crate::error::Error;
use crate::html::pages::{self, Part};
use crate::html::{Attribute, Content, Context, Element, Name, Sink, Tokenizer};
use crate::stream::{Filter, Out};

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
    is_end: bool,
    /// The tag at hand has `shadowrootmode`, with a value of this many bytes.
    shadow: Option<usize>,
    /// The text up to the next tag is not shown.
    is_hidden: bool,
    /// Nothing is shown up to the end of this element of SVG.
    hides: Option<Element>,
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
    fn hears(&self) -> bool {
        !self.page.is_hidden && self.page.hides.is_none() && !self.page.context.is_inert()
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
        page.element = Some(Element::named(name));
        page.is_end = is_end;
        page.shadow = None;
        page.is_hidden = false;
        page.is_raw = false;
        page.skips_newline = false;
    }

    fn attribute(&mut self, name: &Name) -> bool {
        let page = &mut *self.page;
        let counts = page.element == Some(Element::Template)
            && page.shadow.is_none()
            && Attribute::named(name) == Attribute::ShadowRootMode;
        if counts {
            page.shadow = Some(0);
        }
        counts
    }

    fn value(&mut self, raw: &[u8]) {
        // `open` or `closed`; any other value hardly ever occurs.
        self.page.shadow = self.page.shadow.map(|len| len + raw.len());
    }

    fn tag_end(&mut self, closes_itself: bool) -> Content {
        let page = &mut *self.page;
        let element = page.element.take().unwrap_or(Element::Other);
        if page.is_end {
            page.context.close(element);
            self.close(element);
            return Content::Data;
        }
        let shadow = matches!(page.shadow, Some(4 | 6));
        let (content, is_html) = page.context.open(element, closes_itself, shadow);
        if !page.context.is_inert() {
            match is_html {
                true => self.open(element, content),
                false => self.open_foreign(element, closes_itself),
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
    fn open(&mut self, element: Element, content: Content) {
        let page = &mut *self.page;
        if !matches!(page.hides, None | Some(Element::Title | Element::Desc)) {
            // An element of HTML stands in no style or script.
            page.hides = None;
        }
        if page.hides.is_some() {
            return;
        }
        match element {
            Element::Br if page.pre > 0 => self.keep(b"\n"),
            Element::Br => self.end_line(),
            Element::Td | Element::Th => self.begin_cell(),
            Element::Table | Element::Tr | Element::Tbody | Element::Thead | Element::Tfoot => {
                self.end_row();
            }
            element if is_block(element) => self.end_line(),
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

    fn open_foreign(&mut self, element: Element, closes_itself: bool) {
        let hides = matches!(
            element,
            Element::Title | Element::Desc | Element::Style | Element::Script
        );
        if hides && !closes_itself && self.page.hides.is_none() {
            self.page.hides = Some(element);
        } else if element == Element::Text && self.hears() {
            self.end_line();
        }
    }

    fn close(&mut self, element: Element) {
        let page = &mut *self.page;
        match page.hides {
            Some(hides) if hides == element => page.hides = None,
            Some(Element::Title | Element::Desc) => return,
            Some(_) if matches!(element, Element::Svg | Element::P | Element::Br) => {
                page.hides = None;
            }
            Some(_) => return,
            None => {}
        }
        if page.context.is_inert() {
            return;
        }
        match element {
            Element::Pre | Element::Listing => {
                self.end_line();
                self.page.pre = self.page.pre.saturating_sub(1);
            }
            Element::Table | Element::Tr | Element::Tbody | Element::Thead | Element::Tfoot => {
                self.end_row();
            }
            Element::Br | Element::Text => self.end_line(),
            element if is_block(element) => self.end_line(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::{self, filtered};
    use crate::html::address::Found;
    use crate::html::oracle::{self, Token};
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
        ] {
            assert_eq!(text(page), shown, "{page}");
        }
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

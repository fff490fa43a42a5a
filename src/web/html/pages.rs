//! Several pages in a row, and the mark that begins each.
//!
//! A program that writes pages one after the other puts a mark before each. It
//! is a base element on a line of its own:
//!
//! ```text
//! <base data-page="http://host/dir/page" href="http://host/dir/">
//! ```
//!
//! `data-page` is the URL of the page. `href` is the base URL of its links: the
//! first `<base href>` in its head, resolved, or else its URL. Between them stands
//! `data-charset="windows-1251"` if the page was not in UTF-8 before it was
//! converted: the queries of its links are encoded in that charset. A charset that
//! is not declared counts if the text of the head shows it.
//!
//! Behind the page stands an empty mark, on a line of its own:
//!
//! ```text
//! <base data-page="">
//! ```
//!
//! `untag` and `links` recognise a mark by its bytes, in any context: the page
//! before may have left a script or a comment open. That page ends there, and a
//! new one begins, whose URL is `data-page` and whose own `<base href>` counts
//! as always. What stands behind an empty mark is a page without a mark. Any other
//! program, such as a browser, sees a base element, and resolves the links of the
//! page as it would at the page's URL.
//!
//! [`Marker`] writes a page with its marks; [`Splitter`] finds the marks.
//!
//! Cost: a [`Marker`] holds the head of a page, up to [`HELD`] bytes and a
//! block. A [`Splitter`] holds the URL of a mark and searches each block once.

use super::address::{Charset, Found};
use super::character;
use super::head::{self, Head};
use crate::common::error::Error;
use memchr::{memchr2, memmem, memrchr};
use url::Url;

/// What a mark begins with.
const MARK: &[u8] = b"<base data-page=\"";

/// The mark behind a page.
const END: &[u8] = b"<base data-page=\"\">\n";

/// What stands behind the URL of a mark, and before the name of a charset.
const CHARSET: &str = " data-charset=\"";

/// The longest head of a page that is held, in bytes. A `<base href>` beyond it
/// is not found.
pub const HELD: usize = 256 << 10;

/// The longest URL of a mark that is read, in bytes.
const LONGEST: usize = 2 << 20;

/// How much of a mark is read behind its URL, in bytes: more than [`CHARSET`]
/// and the longest name of a charset.
const REST: usize = 64;

/// How much is searched for a mark before it is passed on, in bytes: few enough
/// that they are still in the first cache when they are read again.
const SEARCHED: usize = 16 << 10;

/// The mark of a page: its URL, its charset, and the base URL of its links.
fn mark(page: &Url, charset: Charset, base: &Url) -> String {
    // Neither holds a control character.
    let escaped = |url: &Url| {
        let url = url.as_str().replace('&', "&amp;").replace('"', "&quot;");
        url.replace('<', "&lt;").replace('>', "&gt;")
    };
    let charset = match charset {
        Charset::UTF_8 => String::new(),
        charset => format!("{CHARSET}{}\"", charset.name()),
    };
    format!(
        "<base data-page=\"{}\"{charset} href=\"{}\">\n",
        escaped(page),
        escaped(base)
    )
}

/// Puts a mark before and behind one page, which comes in blocks.
///
/// The head of the page is held up to its `<base href>`, its end or [`HELD`]
/// bytes, and until its charset is declared or known not to be; everything after
/// it is handed on at once. An empty page gets no marks.
pub struct Marker {
    page: Url,
    head: Head,
    head_has_ended: bool,
    charset: Charset,
    held: Vec<u8>,
    is_marked: bool,
    ends_line: bool,
}

impl Marker {
    /// For the page at this URL.
    pub fn new(page: Url) -> Marker {
        Marker {
            page,
            head: Head::default(),
            head_has_ended: false,
            charset: Charset::UTF_8,
            held: Vec::new(),
            is_marked: false,
            ends_line: true,
        }
    }

    /// Takes the next block of the page and returns what can be written now. At
    /// the end of the page (`last`), or where it breaks off, that is everything.
    /// `found` is what is known of its charset by the end of the block.
    pub fn text<'a>(&'a mut self, block: &'a [u8], last: bool, found: Found) -> &'a [u8] {
        if let Some(byte) = block.last() {
            self.ends_line = *byte == b'\n';
        }
        if self.is_marked {
            self.held = Vec::new();
            if !last {
                return block;
            }
            self.held.extend_from_slice(block);
        } else {
            self.held.extend_from_slice(block);
            self.search(block, found);
            let is_known = self.head_has_ended && found != Found::Nothing;
            if self.held.is_empty() || !(is_known || last || self.held.len() >= HELD) {
                return b"";
            }
            let mark = self.mark();
            self.held.splice(..0, mark.into_bytes());
            self.is_marked = true;
        }
        if last {
            let newline = if self.ends_line { "" } else { "\n" };
            self.held.extend_from_slice(newline.as_bytes());
            self.held.extend_from_slice(END);
        }
        &self.held
    }

    /// Searches the next block for the end of the head, and the charset.
    ///
    /// A guess counts only if what it goes by stands in the head. Otherwise the
    /// mark would depend on how much of the page had come when it was written.
    fn search(&mut self, block: &[u8], found: Found) {
        let ascii = block.iter().take_while(|byte| byte.is_ascii()).count();
        let (ascii, rest) = block.split_at(ascii);
        self.head_has_ended = self.head_has_ended || self.head.block(ascii);
        match found {
            Found::Guessed(_) if self.head_has_ended || rest.is_empty() => {}
            found => self.charset = found.charset(),
        }
        self.head_has_ended = self.head_has_ended || self.head.block(rest);
    }

    fn mark(&self) -> String {
        let href = self.head.href();
        let base = |href| head::base(href, Some(&self.page), self.charset).ok()?;
        let base = href.and_then(base);
        mark(
            &self.page,
            self.charset,
            base.as_ref().unwrap_or(&self.page),
        )
    }
}

/// A part of several pages in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// The next bytes of the page at hand.
    Text(&'a [u8]),
    /// A mark: that page has ended, and another one begins, which has this URL
    /// (empty if longer than 2 MiB) and had this charset.
    Page(&'a [u8], Charset),
    /// An empty mark: that page has ended. What follows is a page without a mark.
    End,
}

/// Finds the marks in a text, which comes in blocks. What stands before the first
/// mark is a page without one.
pub struct Splitter {
    finder: memmem::Finder<'static>,
    state: State,
}

enum State {
    /// In a page. The text so far ends with this many bytes of [`MARK`].
    Text(usize),
    /// In the URL of a mark.
    Url(Vec<u8>),
    /// Behind this URL, which is none if it was empty: what of the mark was read, up
    /// to [`REST`] bytes.
    Rest(Option<Vec<u8>>, Vec<u8>),
    /// Behind the mark, where a newline belongs to it.
    Newline,
}

impl Splitter {
    /// At the beginning of the text.
    pub fn new() -> Splitter {
        Splitter {
            finder: memmem::Finder::new(MARK),
            state: State::Text(0),
        }
    }

    /// Takes the next block of the text and passes its parts to `take`, whose
    /// error ends it. What may be the beginning of a mark is held.
    pub fn block(
        &mut self,
        text: &[u8],
        mut take: impl FnMut(Part<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut rest = text;
        while let Some(&first) = rest.first() {
            match &mut self.state {
                State::Text(0) => {
                    let (piece, behind) = rest.split_at(rest.len().min(SEARCHED));
                    match self.finder.find(piece) {
                        Some(at) => {
                            if at > 0 {
                                take(Part::Text(&rest[..at]))?;
                            }
                            rest = &rest[at + MARK.len()..];
                            self.state = State::Url(Vec::new());
                        }
                        None => {
                            let begun = begun(piece);
                            self.state = State::Text(begun);
                            rest = behind;
                            if piece.len() > begun {
                                take(Part::Text(&piece[..piece.len() - begun]))?;
                            }
                        }
                    }
                }
                State::Text(begun) => {
                    let expected = MARK[*begun..].iter().zip(rest);
                    let n = expected.take_while(|(a, b)| a == b).count();
                    if *begun + n == MARK.len() {
                        self.state = State::Url(Vec::new());
                        rest = &rest[n..];
                    } else if n == rest.len() {
                        *begun += n;
                        return Ok(());
                    } else {
                        // No mark begins within another one's beginning.
                        let held = &MARK[..*begun];
                        self.state = State::Text(0);
                        take(Part::Text(held))?;
                    }
                }
                // A `<` in a mark is that of the next one: this one was cut off.
                State::Url(_) | State::Rest(..) if first == b'<' => self.state = State::Text(0),
                State::Url(url) => {
                    let end = memchr2(b'"', b'<', rest);
                    let piece = &rest[..end.unwrap_or(rest.len())];
                    // One byte more says that it is too long.
                    url.extend_from_slice(&piece[..piece.len().min(LONGEST + 1 - url.len())]);
                    rest = &rest[piece.len()..];
                    if rest.first() == Some(&b'"') {
                        rest = &rest[1..];
                        let mut url = (!url.is_empty()).then(|| std::mem::take(url));
                        if let Some(url) = url.as_mut().filter(|url| url.len() > LONGEST) {
                            *url = Vec::new();
                        }
                        self.state = State::Rest(url, Vec::new());
                    }
                }
                State::Rest(url, behind) => {
                    let end = memchr2(b'>', b'<', rest).unwrap_or(rest.len());
                    behind.extend_from_slice(&rest[..end.min(REST - behind.len())]);
                    rest = &rest[end..];
                    if rest.first() == Some(&b'>') {
                        rest = &rest[1..];
                        let (url, charset) = (url.take(), charset(behind));
                        self.state = State::Newline;
                        match &url {
                            Some(url) => take(Part::Page(&character::value(url), charset))?,
                            None => take(Part::End)?,
                        }
                    }
                }
                State::Newline => {
                    rest = &rest[usize::from(first == b'\n')..];
                    self.state = State::Text(0);
                }
            }
        }
        Ok(())
    }

    /// The text has ended: returns the rest of its last page, which was held as the
    /// possible beginning of a mark. After that the splitter is as new.
    pub fn end(&mut self) -> &'static [u8] {
        match std::mem::replace(&mut self.state, State::Text(0)) {
            State::Text(begun) => &MARK[..begun],
            _ => b"",
        }
    }
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

/// The charset that a mark names behind its URL.
fn charset(behind: &[u8]) -> Charset {
    let name = behind.strip_prefix(CHARSET.as_bytes());
    let name = name.and_then(|name| name.split(|&byte| byte == b'"').next());
    name.and_then(Charset::named).unwrap_or_default()
}

/// How many bytes of a mark's beginning the text ends with.
fn begun(text: &[u8]) -> usize {
    let tail = &text[text.len().saturating_sub(MARK.len() - 1)..];
    match memrchr(MARK[0], tail) {
        Some(at) if MARK.starts_with(&tail[at..]) => tail.len() - at,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::web::html::oracle;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const PAGE: &str = "http://host/dir/page?a=1&b=\"";

    /// A page as a [`Marker`] writes it that gets it in blocks.
    fn marked(url: &str, page: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut marker = Marker::new(Url::parse(url).unwrap());
        let mut out = Vec::new();
        for block in arbitrary::blocks(page, cuts) {
            out.extend_from_slice(marker.text(block, false, UTF_8));
        }
        out.extend_from_slice(marker.text(b"", true, UTF_8));
        out
    }

    const UTF_8: Found = Found::Declared(Charset::UTF_8);

    /// A page with what a marker adds behind it.
    fn ended(page: &str) -> String {
        let newline = if page.ends_with('\n') { "" } else { "\n" };
        format!("{page}{newline}<base data-page=\"\">\n")
    }

    /// The pages of a text that comes in blocks, each with its URL.
    fn split(text: &[u8], cuts: &[usize]) -> Vec<(String, Vec<u8>)> {
        let mut pages = vec![(String::new(), Vec::new())];
        let mut splitter = Splitter::new();
        let mut take = |part: Part<'_>| {
            match part {
                Part::Text(text) => pages.last_mut().unwrap().1.extend_from_slice(text),
                Part::Page(url, charset) => {
                    let mut url = String::from_utf8(url.to_vec()).unwrap();
                    if charset != Charset::UTF_8 {
                        url += &format!(" {}", charset.name());
                    }
                    pages.push((url, Vec::new()));
                }
                Part::End => pages.push(("end".to_string(), Vec::new())),
            }
            Ok(())
        };
        for block in arbitrary::blocks(text, cuts) {
            splitter.block(block, &mut take).unwrap();
        }
        pages
            .last_mut()
            .unwrap()
            .1
            .extend_from_slice(splitter.end());
        pages
    }

    fn text(page: &str) -> String {
        String::from_utf8(marked(PAGE, page.as_bytes(), &[2])).unwrap()
    }

    #[test]
    fn the_mark_carries_the_url_and_the_base() {
        let url = "http://host/dir/page?a=1&amp;b=%22";
        for (page, base) in [
            ("<p>x", url),
            ("<base href=../b/?c&d>", "http://host/b/?c&amp;d"),
            ("<base href=http://other>", "http://other/"),
            ("<link href=x><base href=/>", "http://host/"),
            // These set nothing, and neither does a second one.
            ("<base href=http://[><base href=/x/>", url),
            ("<base href=data:x><base href=/x/>", url),
            ("<p><base href=/x/>", url),
            ("<base href=/x/", url),
        ] {
            let mark = format!("<base data-page=\"{url}\" href=\"{base}\">\n");
            assert_eq!(text(page), mark + &ended(page));
        }
        assert_eq!(text(""), "");
    }

    #[test]
    fn only_the_head_is_held() {
        let page = Url::parse(PAGE).unwrap();
        let mut marker = Marker::new(page.clone());
        assert_eq!(marker.text(b"<title>t</title>", false, UTF_8), b"");
        assert!(marker.text(b"<p", false, UTF_8).is_empty());
        assert!(
            marker
                .text(b">a", false, UTF_8)
                .ends_with(b"\n<title>t</title><p>a")
        );
        assert_eq!(marker.text(b"b", false, UTF_8), b"b");
        assert_eq!(marker.text(b"c", true, UTF_8), ended("c").as_bytes());

        // Where the page breaks off, and where its head has no end.
        let mut marker = Marker::new(page.clone());
        assert_eq!(marker.text(b"<base href=/", false, UTF_8), b"");
        assert!(
            marker
                .text(b"", true, UTF_8)
                .ends_with(("&amp;b=%22\">\n".to_string() + &ended("<base href=/")).as_bytes())
        );
        let mut marker = Marker::new(page);
        let block = [b' '; 1000];
        let given = (1..).find(|_| !marker.text(&block, false, UTF_8).is_empty());
        assert_eq!(given, Some(HELD.div_ceil(1000)));
    }

    #[test]
    fn marks_are_found_wherever_they_stand() {
        for cuts in [&[1][..], &[7], &[usize::MAX]] {
            let pages = |text: &str| split(text.as_bytes(), cuts);
            let page = |url: &str, text: &str| (url.to_string(), text.as_bytes().to_vec());
            assert_eq!(pages(""), [page("", "")]);
            let whole = "<base data-page=x><base data-pag<base href=\"\"><<base data-page=";
            assert_eq!(pages(whole), [page("", whole)]);
            assert_eq!(
                pages("a<!--<base data-page=\"b&amp;c\" href=\"d\">\n\n<b<<base data-page=\"e\">"),
                [page("", "a<!--"), page("b&c", "\n<b<"), page("e", "")]
            );
            assert_eq!(
                pages("<base data-page=\"a\">b\n<base data-page=\"\">\nc"),
                [page("", ""), page("a", "b\n"), page("end", "c")]
            );
            // case web-6
            for (behind, charset) in [
                (" data-charset=\"windows-1251\" href=\"b\"", " windows-1251"),
                (" data-charset=\"koi8-r", " KOI8-R"),
                (" data-charset=\"utf-8\"", ""),
                (" data-charset=\"nonsense\"", ""),
                (" href=\"b\" data-charset=\"koi8-r\"", ""),
            ] {
                assert_eq!(
                    pages(&format!("<base data-page=\"a\"{behind}>c")),
                    [page("", ""), page(&format!("a{charset}"), "c")]
                );
            }
            // A truncated mark is dropped.
            assert_eq!(pages("a<base data-page=\"b"), [page("", "a")]);
            assert_eq!(
                pages("a<base data-page=\"b<base data-page=\"c\" <base data-page=\"d\">e"),
                [page("", "a"), page("d", "e")]
            );
        }
        // Across the edges of what is searched at once.
        for n in SEARCHED - MARK.len() - 1..SEARCHED + 2 {
            let page = (String::new(), vec![b'x'; n]);
            let text = [&page.1[..], MARK, b"u\">"].concat();
            let expected = [page, ("u".to_string(), Vec::new())];
            assert_eq!(split(&text, &[usize::MAX]), expected, "{n}");
        }
        let long = |n: usize| format!("<base data-page=\"{}\">", "x".repeat(n));
        let pages = split((long(LONGEST) + &long(LONGEST + 1)).as_bytes(), &[100_000]);
        assert_eq!((pages[1].0.len(), pages[2].0.len()), (LONGEST, 0));
    }

    // case web-6
    #[test]
    fn the_mark_carries_the_charset() {
        let koi8 = Charset::named(b"koi8-r").unwrap();
        let page = "<title>t</title><base href='?п'><p>п";
        let marked = |page: &str, found: Found, cuts: &[usize]| {
            let mut marker = Marker::new(Url::parse("http://h/").unwrap());
            let mut out = Vec::new();
            let mut known = Found::Nothing;
            for block in arbitrary::blocks(page.as_bytes(), cuts) {
                // A guess goes by the first text that is not ASCII.
                known = match found {
                    Found::Guessed(_) if block.is_ascii() && known == Found::Nothing => {
                        Found::Guessed(Charset::UTF_8)
                    }
                    found => found,
                };
                out.extend_from_slice(marker.text(block, false, known));
                known = Found::Nothing;
            }
            out.extend_from_slice(marker.text(b"", true, found));
            String::from_utf8(out).unwrap()
        };
        for cuts in [&[1][..], &[3], &[usize::MAX]] {
            for found in [Found::Declared(koi8), Found::Guessed(koi8)] {
                let mark = "<base data-page=\"http://h/\" data-charset=\"KOI8-R\" \
                            href=\"http://h/?%D0\">\n";
                assert_eq!(marked(page, found, cuts), mark.to_string() + &ended(page));
            }
            // The guess comes when the mark has been written.
            let mark = "<base data-page=\"http://h/\" href=\"http://h/\">\n";
            for page in ["<p>п", "<p>", "<title>t</title><p>п"] {
                let found = marked(page, Found::Guessed(koi8), cuts);
                assert_eq!(found, mark.to_string() + &ended(page));
            }
        }
        // The head has ended, but a declaration may still come.
        let mut marker = Marker::new(Url::parse("http://h/").unwrap());
        assert_eq!(marker.text(b"<p>a", false, Found::Nothing), b"");
        let text = marker.text(b"b", false, Found::Declared(koi8));
        assert!(text.starts_with(b"<base data-page=\"http://h/\" data-charset=\"KOI8-R\" "));
        assert!(text.ends_with(b"\n<p>ab"));
    }

    fn url() -> impl Strategy<Value = Url> {
        let piece = prop_oneof![
            prop::sample::select(
                &[
                    "&",
                    "\"",
                    "'",
                    "<",
                    ">",
                    "&amp;",
                    "&quot;",
                    "&copy",
                    "?",
                    "#",
                    "%",
                    "/",
                    " ",
                    "é",
                    "<base data-page=\"",
                ][..]
            )
            .prop_map(str::to_string),
            any::<char>().prop_map(String::from),
        ];
        let start = prop::sample::select(&["http://host/", "file:///", "urn:", "x://"][..]);
        (start, vec(piece, 0..12)).prop_filter_map("no URL", |(start, rest)| {
            Url::parse(&(start.to_string() + &rest.concat())).ok()
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            pages in vec((url(), oracle::page()), 1..4),
            cuts in arbitrary::cuts(),
            again in arbitrary::cuts(),
        ) {
            let mut written = Vec::new();
            let mut expected = vec![(String::new(), Vec::new())];
            for (url, page) in &pages {
                written.extend(marked(url.as_str(), page, &cuts));
                if !page.is_empty() {
                    let newline = if page.ends_with(b"\n") { &b""[..] } else { b"\n" };
                    expected.push((url.to_string(), [page, newline].concat()));
                    expected.push(("end".to_string(), Vec::new()));
                }
            }
            prop_assert_eq!(split(&written, &again), expected);
        }

        /// A parser that does not know marks finds the right base URL.
        #[test]
        fn browsers_find_the_base(soup in oracle::soup(), cuts in arbitrary::cuts()) {
            prop_assume!(!soup.is_empty());
            let page = Url::parse("http://host/dir/page").unwrap();
            let base = match oracle::base(&soup) {
                None => page.clone(),
                Some((href, true)) => page.join(&href).unwrap(),
                // In the body, where the standard does not allow it: found too late.
                Some((_, false)) => return Ok(()),
            };
            let marked = marked(page.as_str(), soup.as_bytes(), &cuts);
            let found = oracle::base(std::str::from_utf8(&marked).unwrap());
            prop_assert_eq!(found, Some((base.into(), true)));
        }
    }
}

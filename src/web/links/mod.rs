//! `links`: what a page links to, as absolute URLs, in the order of the page.
//!
//! [`visit`] reads a page and tells a [`Visit`]or each link, already resolved,
//! and if it asks for them the names that links may lead to. Nothing is held of
//! a page but the tag at hand, and of that no more than [`LONGEST`] bytes of
//! an attribute.
//!
//! What counts is what a browser with scripts off would see in the tree: no
//! comments, scripts, or contents of `<textarea>`, `<title>` and `<template>`
//! (but for shadow roots); `<noscript>` counts. A relative URL is resolved
//! against the first `<base href>` from where that stands on, which is itself
//! resolved against the base URL that the caller gives.
//!
//! The program [`links()`] also reads several pages in a row, if a mark before
//! each contains its URL ([`pages`]).
//!
//! Chapters: `page` (which attributes of a page are links), [`css`] and
//! [`srcset`] (which parts of their values are), [`resolve`] (from what stands
//! there to the absolute URL).

pub mod css;
mod page;
pub mod resolve;
pub mod srcset;

use crate::common::error::Error;
use crate::common::stream::{self, BLOCK, Out};
pub use crate::web::html::Charset;
use crate::web::html::Tokenizer;
use crate::web::html::pages::{self, Part};
use page::Page;
#[cfg(feature = "linkcheck")]
pub(crate) use page::refresh;
use std::fmt;
use std::io::{Read, Write};
use url::Url;

/// The longest URL, list of images or style attribute that is read, in bytes:
/// what browsers take for a URL.
pub const LONGEST: usize = 2 << 20;

/// Which links are told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Not only `a[href]` and `img[src]`, but all that a page makes use of.
    pub all: bool,
    /// Fragments, too. Links within the page (`#top`) are told only then.
    pub fragments: bool,
    /// Links of every scheme. Otherwise those of http, https and of the base
    /// URL that was given.
    pub schemes: bool,
    /// The page is XHTML, by its content type: a tag like `<script/>` has its end.
    pub xml: bool,
    /// The charset of the page before it was converted to UTF-8. The queries of
    /// its links are encoded in it, but for those in style sheets.
    pub charset: Charset,
}

/// A link of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// Where it leads: absolute, as the URL standard serializes it, without a
    /// fragment. It is printable ASCII, but for what may stand unescaped in
    /// URLs without a host (`mailto:…`), and holds no control characters at all.
    pub url: &'a str,
    /// The fragment as it is serialized (percent-encoded), without its `#`;
    /// nothing unless [`Options::fragments`] are asked for.
    pub fragment: Option<&'a str>,
    /// What holds the link.
    pub source: Source,
    /// In which line the tag that holds it begins; the first one is 1. Nothing
    /// unless the visitor wants [`LINES`](Visit::LINES).
    pub line: Option<u64>,
    /// A form is sent there, by POST.
    pub posts: bool,
}

/// What in a page holds a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The element's name: `a`, `img`, …
    pub element: &'static str,
    /// The attribute's name, or `url()` for what the text of a `style` element holds.
    pub attribute: &'static str,
}

impl Source {
    /// Whether the link leads to a page that a reader enters: `a`, `area`,
    /// `iframe`, `frame`.
    pub fn enters(self) -> bool {
        matches!(self.element, "a" | "area" | "iframe" | "frame")
    }

    /// Whether the link stands in CSS, whose URLs are always in UTF-8.
    fn is_style(self) -> bool {
        matches!(self.attribute, "url()" | "style")
    }
}

/// What stands in place of a URL, and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid<'a> {
    /// What stands there, or the beginning of it.
    pub raw: &'a str,
    /// What is wrong with it.
    pub cause: Cause,
    /// What holds it.
    pub source: Source,
    /// In which line, as for a [`Link`].
    pub line: Option<u64>,
}

/// Why something is no URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The URL standard says so. `RelativeUrlWithoutBase` if there is no base
    /// to resolve it against.
    Url(url::ParseError),
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It is a file, and only a mark in the input says that the page is one, too.
    File,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Url(url::ParseError::RelativeUrlWithoutBase) => {
                f.write_str("relative, and there is no base URL")
            }
            Cause::Url(error) => write!(f, "invalid URL: {error}"),
            Cause::TooLong => write!(f, "longer than {} MiB", LONGEST >> 20),
            Cause::File => f.write_str("a local file (printed with --base file:///)"),
        }
    }
}

/// Who is told what a page holds, in its order. An error ends the visit.
pub trait Visit {
    /// Whether [`anchor`](Visit::anchor) is to be called.
    const ANCHORS: bool = false;

    /// Whether the lines of links are to be counted, which takes some time.
    const LINES: bool = false;

    /// A link.
    fn link(&mut self, link: &Link<'_>) -> Result<(), Error>;

    /// Something in place of a link that is no URL.
    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error>;

    /// An empty value where a URL is expected, as in `<img src="">`: it is no link. Not
    /// called for `a` and `area`, where an empty URL is that of the page.
    fn empty(&mut self, _source: Source, _line: Option<u64>) -> Result<(), Error> {
        Ok(())
    }

    /// A name that a fragment may lead to: the `id` of any element, the `name`
    /// of an `a`. Character references are decoded; percent signs are what they
    /// are. May hold any bytes.
    fn anchor(&mut self, _name: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    /// The page's `<base href>`, resolved: the first one, and only if it is a URL.
    fn base(&mut self, _url: &Url) {}

    /// All that was read is told; the next read may have to wait.
    fn pause(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Reads a page and tells its visitor what it links to. `base` is the URL of
/// the page, without which no relative link can be resolved.
///
/// Where reading fails, what came before is told and the error returned.
pub fn visit(
    input: &mut impl Read,
    base: Option<&Url>,
    options: Options,
    visitor: &mut impl Visit,
) -> Result<(), Error> {
    let mut links = Links::new(base, options, visitor);
    let mut buffer = vec![0; BLOCK];
    let ended = loop {
        match stream::read(input, &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(n) => links.block(&buffer[..n])?,
            Err(error) => break Err(Error::Read(error)),
        }
    };
    links.end()?;
    ended
}

/// The program: writes what a page links to, one a line, before each read that
/// may have to wait. `report` is told what is no URL.
///
/// A mark ([`pages`]) in the input ends the page at hand and begins another one,
/// whose URL and charset it contains. `base` is the URL of what stands before the
/// first mark, and behind an empty one.
///
/// A page from the web may contain a mark, too. So a mark does not allow links to
/// local files: these are reported ([`Cause::File`]) unless `base` is a file or
/// the options ask for all schemes.
pub fn links(
    input: &mut dyn Read,
    base: Option<&Url>,
    options: Options,
    output: &mut dyn Write,
    report: &mut dyn FnMut(&Invalid<'_>),
) -> Result<(), Error> {
    let out = Out::default();
    let print = Print {
        output,
        out,
        report,
    };
    let mut links = Links::new(base, options, print);
    let mut splitter = pages::Splitter::new();
    let mut buffer = vec![0; BLOCK];
    let ended = loop {
        match stream::read(input, &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(n) => {
                splitter.block(&buffer[..n], |part| links.part(part))?;
                links.page.visitor.pause()?;
            }
            Err(error) => break Err(Error::Read(error)),
        }
    };
    links.text(splitter.end())?;
    links.end()?;
    ended
}

/// The visitor that writes links, and reports what is none.
struct Print<'a> {
    output: &'a mut dyn Write,
    out: Out,
    report: &'a mut dyn FnMut(&Invalid<'_>),
}

impl Visit for Print<'_> {
    fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
        self.out.push(link.url.as_bytes());
        if let Some(fragment) = link.fragment {
            self.out.push(b"#");
            self.out.push(fragment.as_bytes());
        }
        self.out.push(b"\n");
        // Long links may be much more than the text that they stand in.
        match self.out.as_slice().len() {
            BLOCK.. => stream::write(self.output, &mut self.out),
            _ => Ok(()),
        }
    }

    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        (self.report)(invalid);
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Error> {
        stream::write(self.output, &mut self.out)
    }
}

/// The same for a page that comes in blocks, which may end anywhere.
pub struct Links<V> {
    tokenizer: Tokenizer,
    page: Page<V>,
}

impl<V: Visit> Links<V> {
    /// At the beginning of a page.
    pub fn new(base: Option<&Url>, options: Options, visitor: V) -> Self {
        Links {
            tokenizer: Tokenizer::new(),
            page: Page::new(base, options, visitor),
        }
    }

    /// Sets the charset of what follows, for a page whose charset is found while it
    /// is read.
    pub fn set_charset(&mut self, charset: Charset) {
        self.page.charset = charset;
    }

    /// The next block of the page. An error of the visitor is its end.
    pub fn block(&mut self, text: &[u8]) -> Result<(), Error> {
        self.text(text)?;
        self.page.visitor.pause()
    }

    /// The page has ended. Gives the visitor back.
    pub fn end(mut self) -> Result<V, Error> {
        self.end_page()?;
        self.page.visitor.pause()?;
        Ok(self.page.visitor)
    }

    fn text(&mut self, text: &[u8]) -> Result<(), Error> {
        self.tokenizer.block(text, &mut self.page);
        self.page.result()
    }

    fn end_page(&mut self) -> Result<(), Error> {
        self.tokenizer.end(&mut self.page);
        self.page.end_style();
        self.page.result()
    }

    /// Reads the next part of several pages in a row.
    fn part(&mut self, part: Part<'_>) -> Result<(), Error> {
        match part {
            Part::Text(text) => self.text(text),
            Part::Page(url, charset) => {
                self.end_page()?;
                self.page.begin(url, charset);
                self.page.result()
            }
            Part::End => {
                self.end_page()?;
                self.page.begin_unmarked();
                Ok(())
            }
        }
    }
}

impl<V: Visit> Visit for &mut V {
    const ANCHORS: bool = V::ANCHORS;
    const LINES: bool = V::LINES;

    fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
        (**self).link(link)
    }
    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        (**self).invalid(invalid)
    }
    fn empty(&mut self, source: Source, line: Option<u64>) -> Result<(), Error> {
        (**self).empty(source, line)
    }
    fn anchor(&mut self, name: &[u8]) -> Result<(), Error> {
        (**self).anchor(name)
    }
    fn base(&mut self, url: &Url) {
        (**self).base(url);
    }
    fn pause(&mut self) -> Result<(), Error> {
        (**self).pause()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::web::html::address::Found;
    use crate::web::html::oracle::{self, Token};
    use proptest::prelude::*;

    const ALL: Options = Options {
        all: true,
        fragments: true,
        schemes: true,
        xml: false,
        charset: Charset::UTF_8,
    };

    /// Writes down what it is told.
    #[derive(Default)]
    struct Told(Vec<String>);

    impl Visit for Told {
        const ANCHORS: bool = true;

        fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
            let Source { element, attribute } = link.source;
            let fragment = link.fragment.map(|fragment| format!("#{fragment}"));
            let url = link.url.to_string() + &fragment.unwrap_or_default();
            self.0.push(format!("{element} {attribute} {url}"));
            Ok(())
        }
        fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
            self.0
                .push(format!("invalid {} {}", invalid.raw, invalid.cause));
            Ok(())
        }
        fn empty(&mut self, source: Source, line: Option<u64>) -> Result<(), Error> {
            assert_eq!(line, None);
            let Source { element, attribute } = source;
            self.0.push(format!("empty {element} {attribute}"));
            Ok(())
        }
        fn anchor(&mut self, name: &[u8]) -> Result<(), Error> {
            self.0
                .push(format!("anchor {}", String::from_utf8_lossy(name)));
            Ok(())
        }
        fn base(&mut self, url: &Url) {
            self.0.push(format!("base {url}"));
        }
    }

    const BASE: &str = "http://host/dir/page?q#f";

    fn told(page: &[u8], options: Options, cuts: Vec<usize>) -> Vec<String> {
        let mut told = Told::default();
        let base = Url::parse(BASE).unwrap();
        visit(
            &mut arbitrary::pieces(page, cuts),
            Some(&base),
            options,
            &mut told,
        )
        .unwrap();
        told.0
    }

    /// The URLs of `a` and `img`.
    fn plain(page: &str) -> Vec<String> {
        let told = told(page.as_bytes(), Options::default(), vec![usize::MAX]);
        let last = |line: String| line.rsplit(' ').next().unwrap().to_string();
        let others = ["anchor", "base", "empty"];
        told.into_iter()
            .filter(|line| !others.iter().any(|other| line.starts_with(other)))
            .map(last)
            .collect()
    }

    fn all(page: &str) -> Vec<String> {
        told(page.as_bytes(), ALL, vec![3])
    }

    #[test]
    fn what_the_talk_takes_for_links() {
        assert_eq!(
            plain("<a href=x>y</a><IMG SRC='z.png'><link href=l><a name=q><a href=#x>"),
            ["http://host/dir/x", "http://host/dir/z.png"]
        );
        assert_eq!(
            plain("<a href=' a@b '><a href=mailto:a@b><a href='p#f'><a href=//h><a href=''>"),
            [
                "http://host/dir/a@b",
                "http://host/dir/p",
                "http://h/",
                "http://host/dir/page?q"
            ]
        );
    }

    #[test]
    fn what_is_no_link() {
        for page in [
            "<!-- <a href=x> -->",
            "<script><a href=x></script>",
            "<textarea><a href=x></textarea>",
            "<title><a href=x></title>",
            "<template><template></template><a href=x></template>",
            "<iframe><a href=x></iframe>",
            "<a hrefs=x><b href=x></a href=x>",
            "<a href=x",
            "<img src=''>",
            "<svg><![CDATA[<a href=x>]]></svg>",
        ] {
            assert!(plain(page).is_empty(), "{page}");
        }
        assert_eq!(
            plain("<noscript><a href=x></noscript>"),
            ["http://host/dir/x"]
        );
        assert_eq!(
            plain("<template shadowrootmode=open><a href=x></template>"),
            ["http://host/dir/x"]
        );
    }

    #[test]
    fn the_first_base_counts_from_where_it_stands() {
        assert_eq!(
            plain("<a href=1><base target=x><base href=../b/><base href=/c/><a href=2>"),
            ["http://host/dir/1", "http://host/b/2"]
        );
        assert_eq!(plain("<base href=data:x><a href=1>"), ["http://host/dir/1"]);
        assert_eq!(
            plain("<svg><base href=/x/ /></svg><a href=1>"),
            ["http://host/dir/1"]
        );
    }

    // case web-7
    #[test]
    fn the_methods_of_forms() {
        struct Posts(Vec<bool>);
        impl Visit for Posts {
            fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
                self.0.push(link.posts);
                Ok(())
            }
            fn invalid(&mut self, _: &Invalid<'_>) -> Result<(), Error> {
                Ok(())
            }
        }
        let page =
            b"<form action=/1 method=POST><form method=dialog action=/2><form method=x action=/3>
            <a href=/4 method=post><form method=post><button formaction=/5>
            <button formaction=/6 formmethod=get><input type=submit formmethod=dialog formaction=/7>";
        let base = Url::parse(BASE).unwrap();
        let mut posts = Posts(Vec::new());
        visit(&mut &page[..], Some(&base), ALL, &mut posts).unwrap();
        assert_eq!(posts.0, [true, false, false, true, false]);
    }

    #[test]
    fn all_that_a_page_uses() {
        assert_eq!(
            all(
                "<area href=1><link rel=icon href=2><link href=n rel=PRECONNECT>\
                 <script src=3></script><iframe src=4></iframe><frame src=5>\
                 <source src=6 srcset='7 2x, 8'><video poster=9 src=10><audio src=11>\
                 <track src=12><embed src=13><object data=14><form action=15>\
                 <meta content=\"1; URL='16'\" http-equiv=Refresh>\
                 <p style='a:url(17)'><style>@import '18'; b{c:url(19)}</style>\
                 <input type=image src=20><svg><image href=21 /><use xlink:href='22#i' /></svg>\
                 <link imagesrcset='23, 24 2x'>"
            ),
            [
                "area href",
                "link href",
                "script src",
                "iframe src",
                "frame src",
                "source src",
                "source srcset",
                "source srcset",
                "video poster",
                "video src",
                "audio src",
                "track src",
                "embed src",
                "object data",
                "form action",
                "meta content",
                " style",
                "style url()",
                "style url()",
                "input src",
                "image href",
                "use xlink:href",
                "link imagesrcset",
                "link imagesrcset"
            ]
            .iter()
            .enumerate()
            .map(|(i, source)| {
                let fragment = if i == 21 { "#i" } else { "" };
                let source = if *source == " style" {
                    "p style"
                } else {
                    source
                };
                format!("{source} http://host/dir/{}{fragment}", i + 1)
            })
            .collect::<Vec<_>>()
        );
    }

    // case web-15
    #[test]
    fn what_loads_nothing_is_no_link() {
        for page in [
            "<a xlink:href=x><image xlink:href=x><image href=x><use href=x><script href=x></script>",
            "<svg><image src=x /><image srcset=x /><script src=x /><video src=x /><area href=x /></svg>",
            "<svg><link rel=icon href=x /><iframe src=x /><form action=x /><td background=x /></svg>",
            "<input src=x><input type=text src=x><input type=submit src=x><input type=hidden src=x>",
            "<input formaction=x><input type=button formaction=x><input type=text formaction=x>",
            "<button type=reset formaction=x><button type=BUTTON formaction=x><a formaction=x>",
            "<link rel=preconnect href=x><link rel='dns-prefetch Preconnect x' href=x>",
            "<div background=x><caption background=x><p type=image src=x>",
        ] {
            assert_eq!(all(page), [""; 0], "{page}");
        }
    }

    // case web-15
    #[test]
    fn what_loads_something_is_a_link() {
        for (page, sources) in [
            (
                "<svg><a href=x></a><a xlink:href=x></a>",
                "a href, a xlink:href",
            ),
            (
                "<svg><feImage href=x /><script href=x /></svg>",
                "feimage href, script href",
            ),
            ("<image src=x srcset=x>", "image src, image srcset"),
            (
                "<input type=IMAGE src=x formaction=x>",
                "input src, input formaction",
            ),
            ("<input formaction=x type=submit>", "input formaction"),
            (
                "<button formaction=x><button type=x formaction=x>",
                "button formaction, button formaction",
            ),
            ("<link rel='dns-prefetch stylesheet' href=x>", "link href"),
            ("<link href=x rel='Preconnect\nPRELOAD'>", "link href"),
            (
                "<body background=x><table background=x>",
                "body background, table background",
            ),
            (
                "<thead background=x><tbody background=x><tfoot background=x>",
                "thead background, tbody background, tfoot background",
            ),
            (
                "<tr background=x><td background=x><th background=x>",
                "tr background, td background, th background",
            ),
            (
                "<p style='a:image-set(\"x\" 1x)'><style>a{b:image-set('x' 1x)}</style>",
                "p style, style url()",
            ),
        ] {
            let expected = sources
                .split(", ")
                .map(|source| format!("{source} http://host/dir/x"));
            assert_eq!(all(page), expected.collect::<Vec<_>>(), "{page}");
        }
    }

    #[test]
    fn empty_values_are_told_and_are_no_links() {
        assert_eq!(
            all(
                "<img src=''><script src=' '></script><iframe src></iframe><form action=''>\
                 <input src=''><input type=image src=''><a href=''><img srcset=''><p style=''>"
            ),
            [
                "empty img src",
                "empty script src",
                "empty iframe src",
                "empty form action",
                "empty input src",
                "a href http://host/dir/page?q",
            ]
        );
        prints("<img src=''><iframe src=''>", None, "", &[]);
    }

    /// Writes down the lines that it is told.
    #[derive(Default)]
    struct Lines(Vec<u64>);

    impl Visit for Lines {
        const LINES: bool = true;

        fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
            self.0.push(link.line.unwrap());
            Ok(())
        }
        fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
            self.0.push(invalid.line.unwrap());
            Ok(())
        }
        fn empty(&mut self, _source: Source, line: Option<u64>) -> Result<(), Error> {
            self.0.push(line.unwrap());
            Ok(())
        }
    }

    fn lines(page: &[u8], cuts: Vec<usize>) -> Vec<u64> {
        let mut lines = Lines::default();
        let base = Url::parse(BASE).unwrap();
        let mut input = arbitrary::pieces(page, cuts);
        visit(&mut input, Some(&base), ALL, &mut lines).unwrap();
        lines.0
    }

    #[test]
    fn a_link_stands_in_the_line_of_its_tag() {
        let page = "<a href=1>\n<!--\n<a>\n-->\r\n</p\n><a\n\nhref='\n2'\n><img src=''>\
                    <a href='http://['>\n<style>\na{b:url(3)}\nc{d:url(4)}\n</style><a href=5>\n\
                    <script>\n'<a href=x>'\n</script><a href=6>\n\
                    <svg><style>\na{b:url(7\n<g><a href=8></a></svg>";
        for cut in [1, 3, usize::MAX] {
            assert_eq!(
                lines(page.as_bytes(), vec![cut]),
                [1, 6, 10, 10, 11, 11, 14, 17, 18, 20]
            );
        }
    }

    #[test]
    fn fragments_and_anchors() {
        assert_eq!(
            all("<a id=i name='&amp;n' href='#%41 b'><p id=i><p name=x><p id=''>"),
            [
                "anchor i",
                "anchor &n",
                "a href http://host/dir/page?q#%41%20b",
                "anchor i"
            ]
        );
        assert_eq!(all("<a href=x#>"), ["a href http://host/dir/x#"]);
    }

    #[test]
    fn what_is_no_url_is_told_and_the_rest_goes_on() {
        assert_eq!(
            all("<a href='http://['><a href=x>"),
            [
                "invalid http://[ invalid URL: invalid IPv6 address",
                "a href http://host/dir/x"
            ]
        );
        let mut told = Told::default();
        let page = b"<a href=x><base href=http://b/><a href=y>";
        visit(&mut &page[..], None, Options::default(), &mut told).unwrap();
        assert_eq!(
            told.0,
            [
                "invalid x relative, and there is no base URL",
                "base http://b/",
                "a href http://b/y"
            ]
        );
    }

    #[test]
    fn control_characters_are_never_raw() {
        let page =
            b"<a href='\x1B[31m/\x7F?\x9B#\x01\xFF\xC2\x9B'><a href='mailto:\x1b[0m\xC2\x9B'>";
        for line in told(page, ALL, vec![usize::MAX]) {
            assert!(
                line.bytes().all(|byte| (b' '..0x7F).contains(&byte)),
                "{line:?}"
            );
        }
    }

    #[test]
    fn urls_that_are_too_long() {
        let long = "x".repeat(LONGEST + 1);
        for (page, count) in [
            (format!("<a href={long}><a href=y>"), 2),
            (format!("<a href=data:{long}><a href=y>"), 1),
            (format!("<style>a{{b:url({long})}}</style><a href=y>"), 2),
            (
                format!("<{long} {long}={long} href=x><!--{long}--><a href=y>"),
                1,
            ),
        ] {
            let options = Options {
                all: true,
                ..Options::default()
            };
            let told = told(page.as_bytes(), options, vec![100_000]);
            assert_eq!(told.len(), count);
            assert_eq!(told.last().unwrap(), "a href http://host/dir/y");
            if count == 2 {
                assert!(told[0].ends_with("… longer than 2 MiB") && told[0].len() < 300);
            }
        }
    }

    /// Elements whose attribute of this name is a link.
    const LINKS: &[(&str, &[&str])] = &[
        ("href", &["a", "area", "link", "image", "use", "script"]),
        ("background", &["body"]),
        ("formaction", &["button"]),
        ("xlink:href", &["a", "image", "use", "script"]),
        ("src", &["img", "image", "script", "iframe", "video"]),
        ("srcset", &["source"]),
        ("poster", &["video"]),
        ("data", &["object"]),
        ("action", &["form"]),
        ("content", &["meta"]),
    ];

    /// What is told of the soups of html5ever's tokens, in the plainest way.
    fn naive(soup: &str) -> Vec<String> {
        let mut base = Url::parse(BASE).unwrap();
        let (mut has_base, mut templates, mut in_style) = (false, 0u32, false);
        // Held to its own tests; here it matters what it is given.
        let css = |text: &[u8]| {
            let mut found = Vec::new();
            let mut scanner = css::Scanner::new();
            let mut take = |url: &[u8], _| found.push(String::from_utf8(url.to_vec()).unwrap());
            scanner.text(text, &mut take);
            scanner.end(&mut take);
            found
        };
        let mut told = Vec::new();
        for (token, foreign) in oracle::tokens(soup) {
            let link = |base: &Url, raw: &str, element: &str, attribute: &str| {
                let raw = raw.trim_matches(|c| c <= ' ');
                match base.join(raw) {
                    Ok(url) => format!("{element} {attribute} {url}"),
                    Err(error) => format!("invalid {raw} {}", Cause::Url(error)),
                }
            };
            match &token {
                Token::Text(text) if in_style => {
                    for found in css(text) {
                        told.push(link(&base, &found, "style", "url()"));
                    }
                }
                Token::Start(name, attributes, closes_itself) => {
                    in_style = name == "style" && templates == 0 && !(foreign && *closes_itself);
                    for (attribute, value) in attributes.iter().filter(|_| templates == 0) {
                        if (attribute == "id" || attribute == "name" && name == "a")
                            && !value.is_empty()
                        {
                            told.push(format!("anchor {value}"));
                        }
                        if name == "base" && attribute == "href" && !foreign && !has_base {
                            has_base = true;
                            base = base.join(value).unwrap();
                            told.push(format!("base {base}"));
                        }
                        let is_link = attribute == "style"
                            || LINKS.iter().any(|(known, elements)| {
                                known == attribute && elements.contains(&&name[..])
                            });
                        // By namespace: HTML, SVG or both.
                        let is_there = match (&attribute[..], &name[..]) {
                            ("style", _) | ("href", "a") => true,
                            ("xlink:href", _) | ("href", "image" | "use" | "script") => foreign,
                            _ => !foreign,
                        };
                        let is_empty = value.trim().is_empty() && name != "a" && name != "area";
                        let connects = attributes
                            .iter()
                            .any(|(name, value)| name == "rel" && value.contains("preconnect"));
                        if !is_link || !is_there || connects && name == "link" {
                            continue;
                        }
                        let element = name;
                        if is_empty {
                            told.push(format!("empty {element} {attribute}"));
                            continue;
                        }
                        match &attribute[..] {
                            "srcset" => {
                                for url in value.split(',') {
                                    let url = url.split_whitespace().next().unwrap();
                                    told.push(link(&base, url, element, "srcset"));
                                }
                            }
                            "style" => {
                                for found in css(value.as_bytes()) {
                                    told.push(link(&base, &found, element, "style"));
                                }
                            }
                            "content" => {
                                let url = value.split_once("url=").unwrap().1;
                                told.push(link(&base, url, element, "content"));
                            }
                            attribute => told.push(link(&base, value, element, attribute)),
                        }
                    }
                    if name == "template" && !foreign {
                        templates += 1;
                    }
                }
                Token::End(name) => {
                    in_style = false;
                    if name == "template" {
                        templates = templates.saturating_sub(1);
                    }
                }
                _ => {}
            }
        }
        told
    }

    /// What the program prints and reports, of a text that comes in these pieces.
    fn printed(
        text: &[u8],
        base: Option<&str>,
        options: Options,
        cuts: Vec<usize>,
    ) -> (Vec<u8>, Vec<String>) {
        let base = base.map(|base| Url::parse(base).unwrap());
        let (mut out, mut reported) = (Vec::new(), Vec::new());
        let mut report = |invalid: &Invalid<'_>| {
            reported.push(format!("{} {}", invalid.raw, invalid.cause));
        };
        let mut input = arbitrary::pieces(text, cuts);
        links(&mut input, base.as_ref(), options, &mut out, &mut report).unwrap();
        (out, reported)
    }

    #[track_caller]
    fn prints(text: &str, base: Option<&str>, expected: &str, reported: &[&str]) {
        for cut in [1, 5, usize::MAX] {
            let (out, found) = printed(text.as_bytes(), base, Options::default(), vec![cut]);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text}");
            assert_eq!(found, reported, "{text}");
        }
    }

    #[test]
    fn a_mark_begins_a_page() {
        let mark = |url: &str| format!("<base data-page=\"{url}\" href=\"http://no/\">\n");
        let (a, b) = (mark("http://a/x/y"), mark("http://b/"));
        let page = "<a href=#f><a href=1><base href=z/><a href=2>";
        let links = |page: &str| format!("{page}1\n{page}z/2\n");
        let (of_a, of_b) = (links("http://a/x/"), links("http://b/"));
        prints(
            &format!("{a}{page}{b}{page}"),
            None,
            &(of_a.clone() + &of_b),
            &[],
        );
        for open in [
            "<script>",
            "<!--",
            "<textarea>",
            "<template>",
            "<a href='",
            "<svg>",
            "<",
            "<style>",
            "<![CDATA[",
        ] {
            prints(
                &format!("{a}{page}{open}{b}{page}"),
                None,
                &(of_a.clone() + &of_b),
                &[],
            );
        }
        // --base is for what has no mark.
        let text = format!("<a href=0>{a}{page}");
        prints(
            &text,
            Some("http://c/"),
            &format!("http://c/0\n{of_a}"),
            &[],
        );
        prints(
            &text,
            None,
            &of_a,
            &["0 relative, and there is no base URL"],
        );
        prints(
            &(mark("x") + "<a href=1>"),
            Some("http://c/"),
            "",
            &[
                "x relative, and there is no base URL",
                "1 relative, and there is no base URL",
            ],
        );
    }

    #[test]
    fn a_mark_alone_does_not_lead_to_files() {
        let text = "<base data-page=\"file:///a/b\" href=\"\">\n\
                    <a href=c><a href=http://h/><a href=mailto:x>\
                    <base data-page=\"http://h/\"><a href=file:///c>";
        let cause = "c a local file (printed with --base file:///)";
        prints(text, None, "http://h/\n", &[cause]);
        prints(text, Some("http://h/"), "http://h/\n", &[cause]);
        prints(
            text,
            Some("file:///"),
            "file:///a/c\nhttp://h/\nfile:///c\n",
            &[],
        );
    }

    /// What a marker writes of a page: it ends its last line.
    fn ended(mut page: Vec<u8>) -> Vec<u8> {
        if page.last().is_some_and(|byte| *byte != b'\n') {
            page.push(b'\n');
        }
        page
    }

    // case web-6
    #[test]
    fn queries_are_in_the_charset_of_the_page() {
        let page = "<base href='/д?ж'><a href='?п'><a href='д?п#п'><img src='?a&amp;é'>\
                    <a href=''><style>a{b:url(?п)}</style><p style='b:url(?п)'>";
        let options = Options {
            charset: Charset::named(b"windows-1251").unwrap(),
            ..ALL
        };
        let expected = [
            "base http://host/%D0%B4?%E6",
            "a href http://host/%D0%B4?%EF",
            "a href http://host/%D0%B4?%EF#%D0%BF",
            "img src http://host/%D0%B4?a&%26%23233%3B",
            "a href http://host/%D0%B4?%E6",
            "style url() http://host/%D0%B4?%D0%BF",
            "p style http://host/%D0%B4?%D0%BF",
        ];
        assert_eq!(told(page.as_bytes(), options, vec![3]), expected);
        // Where it is found only in the middle.
        let mut told = Told::default();
        let mut links = Links::new(None, Options::default(), &mut told);
        links.block("<a href='http://h/?п'>".as_bytes()).unwrap();
        links.set_charset(options.charset);
        links.block("<a href='http://h/?п'>".as_bytes()).unwrap();
        links.end().unwrap();
        assert_eq!(told.0, ["a href http://h/?%D0%BF", "a href http://h/?%EF"]);
    }

    // case web-6
    #[test]
    fn a_mark_names_the_charset() {
        let mark = |rest: &str| format!("<base data-page=\"http://h/\"{rest}>\n<a href='?п'>\n");
        let text = mark(" data-charset=\"KOI8-R\" href=\"http://h/\"") + &mark("");
        prints(&text, None, "http://h/?%D0\nhttp://h/?%D0%BF\n", &[]);
    }

    #[test]
    fn an_empty_mark_ends_a_page() {
        let text = "<base data-page=\"http://h/\">\n<base href=/x/><a href=1><script>\n\
                    <base data-page=\"\">\n<a href=2>";
        let cause = "2 relative, and there is no base URL";
        prints(text, None, "http://h/x/1\n", &[cause]);
        prints(text, Some("http://c/"), "http://h/x/1\nhttp://c/2\n", &[]);
    }

    proptest! {
        #[test]
        fn pages_in_a_row_are_pages_of_their_own(
            pages in proptest::collection::vec((0..4usize, oracle::page()), 1..4),
            cuts in arbitrary::cuts(),
        ) {
            let urls = ["http://a/b/c", "https://a:1/?q=\"&amp;r", "http://d/e/#f", "file:///g/h"];
            let (mut text, mut expected) = (Vec::new(), (Vec::new(), Vec::new()));
            for (url, page) in pages {
                let mut marker = pages::Marker::new(Url::parse(urls[url]).unwrap());
                text.extend_from_slice(marker.text(&page, true, Found::Nothing));
                let page = ended(page);
                let (out, reported) = printed(&page, Some(urls[url]), ALL, vec![usize::MAX]);
                expected.0.extend(out);
                expected.1.extend(reported);
            }
            prop_assert_eq!(printed(&text, None, ALL, cuts), expected);
        }

        #[test]
        fn html5ever_and_url_agree(soup in oracle::soup(), cuts in arbitrary::cuts()) {
            prop_assert_eq!(told(soup.as_bytes(), ALL, cuts), naive(&soup));
        }

        #[test]
        fn anything_goes_and_cuts_change_nothing(
            page in oracle::page(),
            cuts in arbitrary::cuts(),
        ) {
            prop_assert_eq!(told(&page, ALL, cuts), told(&page, ALL, vec![usize::MAX]));
        }
    }
}

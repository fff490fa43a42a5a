//! The links of pages, compared with html5ever and `url`.

use super::link::LONGEST;
use super::*;
use crate::common::arbitrary;
use crate::common::error::Error;
use crate::web::html::address::Found;
use crate::web::html::oracle::{self, Token};
use crate::web::html::pages;
use proptest::prelude::*;
use url::Url;

const ALL: Options = Options {
    all: true,
    fragments: true,
    schemes: true,
    xml: false,
    charset: Charset::UTF_8,
};

/// Records what is reported.
#[derive(Default)]
struct Reported(Vec<String>);

impl Visit for Reported {
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

fn reported(page: &[u8], options: Options, cuts: Vec<usize>) -> Vec<String> {
    let mut found = Reported::default();
    let base = Url::parse(BASE).unwrap();
    visit(
        &mut arbitrary::pieces(page, cuts),
        Some(&base),
        options,
        &mut found,
    )
    .unwrap();
    found.0
}

/// The URLs of `a` and `img`.
fn plain(page: &str) -> Vec<String> {
    let found = reported(page.as_bytes(), Options::default(), vec![usize::MAX]);
    let last = |line: String| line.rsplit(' ').next().unwrap().to_string();
    let others = ["anchor", "base", "empty"];
    found
        .into_iter()
        .filter(|line| !others.iter().any(|other| line.starts_with(other)))
        .map(last)
        .collect()
}

fn all(page: &str) -> Vec<String> {
    reported(page.as_bytes(), ALL, vec![3])
}

#[test]
fn the_links_of_the_talk() {
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
fn text_that_is_no_link() {
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
fn empty_values_are_reported_and_are_no_links() {
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

/// Writes down the lines that it is found.
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
fn an_invalid_url_is_reported_and_the_rest_is_read() {
    assert_eq!(
        all("<a href='http://['><a href=x>"),
        [
            "invalid http://[ invalid URL: invalid IPv6 address",
            "a href http://host/dir/x"
        ]
    );
    let mut found = Reported::default();
    let page = b"<a href=x><base href=http://b/><a href=y>";
    visit(&mut &page[..], None, Options::default(), &mut found).unwrap();
    assert_eq!(
        found.0,
        [
            "invalid x relative, and there is no base URL",
            "base http://b/",
            "a href http://b/y"
        ]
    );
}

#[test]
fn control_characters_are_never_raw() {
    let page = b"<a href='\x1B[31m/\x7F?\x9B#\x01\xFF\xC2\x9B'><a href='mailto:\x1b[0m\xC2\x9B'>";
    for line in reported(page, ALL, vec![usize::MAX]) {
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
        let found = reported(page.as_bytes(), options, vec![100_000]);
        assert_eq!(found.len(), count);
        assert_eq!(found.last().unwrap(), "a href http://host/dir/y");
        if count == 2 {
            assert!(found[0].ends_with("… longer than 2 MiB") && found[0].len() < 300);
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

/// The reports for a tag soup, from html5ever's tokens, in the simplest way.
fn naive(soup: &str) -> Vec<String> {
    let mut base = Url::parse(BASE).unwrap();
    let (mut has_base, mut templates, mut in_style) = (false, 0u32, false);
    // It has its own tests; here its input is tested.
    let css = |text: &[u8]| {
        let mut found = Vec::new();
        let mut scanner = css::Scanner::new();
        let mut take = |url: &[u8], _| found.push(String::from_utf8(url.to_vec()).unwrap());
        scanner.text(text, &mut take);
        scanner.end(&mut take);
        found
    };
    let mut all = Vec::new();
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
                for url in css(text) {
                    all.push(link(&base, &url, "style", "url()"));
                }
            }
            Token::Start(name, attributes, closes_itself) => {
                in_style = name == "style" && templates == 0 && !(foreign && *closes_itself);
                for (attribute, value) in attributes.iter().filter(|_| templates == 0) {
                    if (attribute == "id" || attribute == "name" && name == "a")
                        && !value.is_empty()
                    {
                        all.push(format!("anchor {value}"));
                    }
                    if name == "base" && attribute == "href" && !foreign && !has_base {
                        has_base = true;
                        base = base.join(value).unwrap();
                        all.push(format!("base {base}"));
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
                        all.push(format!("empty {element} {attribute}"));
                        continue;
                    }
                    match &attribute[..] {
                        "srcset" => {
                            for url in value.split(',') {
                                let url = url.split_whitespace().next().unwrap();
                                all.push(link(&base, url, element, "srcset"));
                            }
                        }
                        "style" => {
                            for url in css(value.as_bytes()) {
                                all.push(link(&base, &url, element, "style"));
                            }
                        }
                        "content" => {
                            let url = value.split_once("url=").unwrap().1;
                            all.push(link(&base, url, element, "content"));
                        }
                        attribute => all.push(link(&base, value, element, attribute)),
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
    all
}

/// The output and the reports of the program, for a text in these pieces.
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
    // --base is for text without a mark.
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

/// A page as a marker writes it, which ends its last line.
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
    assert_eq!(reported(page.as_bytes(), options, vec![3]), expected);
    // It may be found in the middle of the page.
    let mut found = Reported::default();
    let mut links = Links::new(None, Options::default(), &mut found);
    links.block("<a href='http://h/?п'>".as_bytes()).unwrap();
    links.set_charset(options.charset);
    links.block("<a href='http://h/?п'>".as_bytes()).unwrap();
    links.end().unwrap();
    assert_eq!(found.0, ["a href http://h/?%D0%BF", "a href http://h/?%EF"]);
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
    fn pages_in_a_row_are_read_as_single_pages(
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
        prop_assert_eq!(reported(soup.as_bytes(), ALL, cuts), naive(&soup));
    }

    #[test]
    fn cuts_change_nothing_in_any_page(
        page in oracle::page(),
        cuts in arbitrary::cuts(),
    ) {
        prop_assert_eq!(reported(&page, ALL, cuts), reported(&page, ALL, vec![usize::MAX]));
    }
}

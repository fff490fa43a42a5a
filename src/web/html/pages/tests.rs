//! Marks, written and read.

use super::mark::{LONGEST, MARK};
use super::marker::HELD;
use super::splitter::SEARCHED;
use super::*;
use crate::common::arbitrary;
use crate::web::html::Charset;
use crate::web::html::address::Found;
use crate::web::html::oracle;
use proptest::collection::vec;
use proptest::prelude::*;
use url::Url;

const PAGE: &str = "http://host/dir/page?a=1&b=\"";

/// A page in blocks, as a [`Marker`] writes it.
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

/// A page with the end that a marker adds.
fn ended(page: &str) -> String {
    let newline = if page.ends_with('\n') { "" } else { "\n" };
    format!("{page}{newline}<base data-page=\"\">\n")
}

/// The pages of a text in blocks, each with its URL.
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
fn a_mark_contains_the_url_and_the_base() {
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
fn only_the_head_is_buffered() {
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

    // A truncated page, and a head without an end.
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
fn marks_are_found_anywhere() {
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
        for (after, charset) in [
            (" data-charset=\"windows-1251\" href=\"b\"", " windows-1251"),
            (" data-charset=\"koi8-r", " KOI8-R"),
            (" data-charset=\"utf-8\"", ""),
            (" data-charset=\"nonsense\"", ""),
            (" href=\"b\" data-charset=\"koi8-r\"", ""),
        ] {
            assert_eq!(
                pages(&format!("<base data-page=\"a\"{after}>c")),
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
fn a_mark_contains_the_charset() {
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
    fn marked_pages_are_split_again(
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

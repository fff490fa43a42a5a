//! The text of pages, compared with html5ever.

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
fn the_text_of_a_page() {
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
        // It hides the contents of blocks only.
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
            (name, attribute(), inner.clone(), ends).prop_map(|(name, attribute, inner, ends)| {
                let end = if ends {
                    format!("</{name}>")
                } else {
                    String::new()
                };
                format!("<{name}{attribute}>{inner}{end}")
            })
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
        let rows = rows.prop_map(|(attribute, cells)| format!("<tr{attribute}>{}", cells.concat()));
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

/// The text of a tag soup in the simplest way: marks for the ends of lines, then
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
    // No blanks at the end or beginning of a line, and no empty lines.
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

/// The tag soups that `naive` can read.
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
    // These only look like a mark.
    assert_eq!(
        text("a<base data-pag>b<textarea><base data-page="),
        "ab\n<base data-page=\n"
    );
}

proptest! {
    #[test]
    fn pages_in_a_row_are_read_as_single_pages(
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
    fn cuts_change_nothing_in_any_page(
        page in oracle::page(),
        cuts in arbitrary::cuts(),
    ) {
        let whole = filtered(untag(), &page, vec![usize::MAX]);
        prop_assert_eq!(filtered(untag(), &page, cuts), whole);
    }
}

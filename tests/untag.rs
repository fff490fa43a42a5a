//! `untag` as a process.

use crate::process::{classic, filter, repository, run, shell};

#[test]
fn the_words_of_a_page() {
    let page = std::fs::read(repository("tests/data/page.html")).unwrap();
    let text = String::from_utf8(filter("untag", &[], &page)).unwrap();
    assert!(text.contains("DreamHost"));
    for no in ['<', '>', '\t'] {
        assert!(!text.contains(no), "{text}");
    }
    assert!(!text.contains("&middot;") && !text.contains("\n\n"));
}

#[test]
fn words_are_counted_instead_of_markup() {
    let page = b"<p class=p>Pie &amp; pie</p><script>pie()</script><p>pie<p>tea";
    let counted = classic("untag | words | lower | count | topn 1", page);
    assert_eq!(String::from_utf8(counted).unwrap(), "3 pie\n");
}

#[test]
fn each_file_is_a_page() {
    // Elements that one leaves open do not affect the next.
    let ran = run(
        &mut shell("untag <(printf 'a<script>b') <(printf 'c<pre> d') <(printf 'e  f')"),
        b"",
    );
    assert_eq!(
        (ran.status, String::from_utf8(ran.stdout).unwrap()),
        (0, "a\nc\n d\ne f\n".to_string())
    );
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_constant() {
    // 50 MB each of text, tag, attribute, comment, cells and nesting; the limit is 32.
    for (start, unit) in [
        ("<p>", "words and words "),
        ("<", "tag"),
        ("<a ", "b=c "),
        ("<a b='", "value "),
        ("<!--", "comment-"),
        ("<tr>", "<td> "),
        ("", "<div><svg><desc>"),
        ("<pre>", " x"),
        ("", "<div hidden>a"),
        ("<details>", "<summary>a<details>"),
        ("<i hidden>", "<x-y hidden='until-found'>"),
        ("<p hidden ", "hidden=x open "),
        ("<p hidden='", "x"),
        ("&", "amp"),
        ("&#", "000"),
    ] {
        let line = format!(
            "{{ printf '%s' \"{start}\"; yes '{unit}' | tr -d '\\n' | head -c 50000000 || true; }} | \
             {{ ulimit -v 32768; untag; }} | tail -c 1 >/dev/null"
        );
        let ran = run(&mut shell(&format!("set -o pipefail; {line}")), b"");
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{start} {unit}");
    }
}

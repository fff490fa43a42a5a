//! `count` as a process, held against `sort | uniq -c`.

use crate::process::{argument, classic, file, filter, mixed_text, program, run};

/// What the classic tools print, the padding removed.
const CLASSIC: &str = "sort | uniq -c | perl -pe 's/^ +//'";

fn words() -> Vec<u8> {
    filter("words", &[], &mixed_text(1 << 20))
}

#[test]
fn as_sort_and_uniq_have_it() {
    for text in [words(), mixed_text(1 << 20), b"b\na\n\nb".to_vec()] {
        assert!(filter("count", &[], &text) == classic(CLASSIC, &text));
    }
}

#[test]
fn nul_ends_lines_on_request() {
    let text: Vec<u8> = mixed_text(1 << 20);
    let counted = filter("count", &["-z"], &text);
    assert!(counted == classic("sort -z | uniq -zc | perl -0pe 's/^ +//'", &text));
}

#[test]
fn unsorted_is_the_same_in_no_order() {
    let counted = filter("count", &["--unsorted"], &words());
    assert!(classic("sort -k2", &counted) == classic("sort -k2", &filter("count", &[], &words())));
}

#[test]
fn a_tab_between_on_request() {
    assert_eq!(filter("count", &["-t"], b"a b\na b\n"), b"2\ta b\n");
}

#[test]
fn partial_counts_add_up() {
    let text = words();
    let lines: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let parts: Vec<_> = lines
        .chunks(lines.len() / 3)
        .map(|part| filter("count", &["-t"], &part.concat()))
        .map(|part| file(&part))
        .collect();
    let args: Vec<_> = parts.iter().map(|part| argument(part.path())).collect();
    assert!(
        filter("count", &[&["--merge"], &args[..]].concat(), b"") == filter("count", &[], &text)
    );
    // Also the classic tools' own.
    assert_eq!(
        filter("count", &["--merge"], b"      3 a\n      4 b\n      1 a\n"),
        b"4 a\n4 b\n"
    );
}

#[test]
fn a_malformed_record_and_an_overflow_are_errors() {
    let bad = file(b"1 a\nb\n");
    let ran = run(
        program("count").args(["--merge", argument(bad.path())]),
        b"",
    );
    let message = format!(
        "count: {}: line 2: no count before the line\n",
        argument(bad.path())
    );
    assert_eq!(
        (ran.status, &ran.stdout[..], ran.stderr),
        (1, &b""[..], message)
    );

    let ran = run(
        program("count").arg("--merge"),
        b"18446744073709551615 a\n1 a\n",
    );
    let message = "count: stdin: line 2: a sum of counts is larger than 64 bits hold\n";
    assert_eq!(
        (ran.status, &ran.stdout[..], &ran.stderr[..]),
        (1, &b""[..], message)
    );
}

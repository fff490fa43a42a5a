//! `words` as a process, compared with perl.

use crate::process::{argument, classic, file, filter, mixed_text, program, repository, run};

#[test]
fn as_perl_has_it() {
    let text = String::from_utf8_lossy(&mixed_text(1 << 20)).into_owned();
    let perl = r#"perl -CSD -ne 'print "$_\n" for /\w+/g'"#;
    assert!(filter("words", &[], text.as_bytes()) == classic(perl, text.as_bytes()));
}

#[test]
fn bytewise_as_perl_has_it() {
    let text = mixed_text(1 << 20);
    let perl = r#"perl -ne 'print "$_\n" for /\w+/g'"#;
    assert!(filter("words", &["--ascii"], &text) == classic(perl, &text));
}

#[test]
fn a_pattern_of_ones_own() {
    assert_eq!(
        filter("words", &["-e", "-?[0-9]+"], b"1 -2 x3"),
        b"1\n-2\n3\n"
    );
}

#[test]
fn a_pattern_on_one_long_line() {
    let line = b"word ".repeat(1 << 20);
    assert!(filter("words", &["-e", r"\w+"], &line) == b"word\n".repeat(1 << 20));
}

#[test]
fn a_second_pattern_is_not_dropped() {
    let ran = run(program("words").args(["-e", "a", "-e", "b"]), b"a b\n");
    assert_eq!((ran.status, &ran.stdout[..]), (2, &b""[..]));
}

// case text-3
#[test]
fn the_value_of_a_short_option_is_all_that_follows_it() {
    let matches = filter("words", &["-e=[0-9]+"], b"a=1&b=22\n");
    assert_eq!(matches, b"=1\n=22\n");
}

// case text-12
#[test]
fn a_pattern_that_can_match_nothing_is_wrong_usage() {
    for pattern in ["a\\nb", ""] {
        let ran = run(program("words").args(["-e", pattern]), b"a\nb\n");
        assert_eq!((ran.status, &ran.stdout[..]), (2, &b""[..]));
        assert!(ran.stderr.contains("it can match"), "{}", ran.stderr);
    }
}

#[test]
fn natural_words() {
    let text = "Don’t e-mail: 私は日本語を話します。 L’eau";
    for (options, expected) in [
        (
            &["--natural"][..],
            "Don't e mail 私 は 日本語 を 話 しま す L'eau",
        ),
        (
            &["--natural", "--hyphens", "--elision"],
            "Don't e-mail 私 は 日本語 を 話 しま す L eau",
        ),
    ] {
        let words = filter("words", options, text.as_bytes());
        assert_eq!(
            String::from_utf8(words)
                .unwrap()
                .trim_end()
                .replace('\n', " "),
            expected
        );
    }
    assert_eq!(
        filter("capwords", &["--natural"], text.as_bytes()),
        b"Don't\nL'eau\n"
    );
}

/// The table of docs/natural.md.
#[test]
fn words_of_ten_languages() {
    let page = std::fs::read_to_string(repository("docs/natural.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .map(|line| line.split('|').map(str::trim).collect())
        .filter(|cells: &Vec<_>| {
            cells.len() == 7
                && !cells[1].is_empty()
                && cells[1] != "language"
                && !cells[1].starts_with('-')
        })
        .collect();
    assert_eq!(rows.len(), 10);
    for row in rows {
        let words = |options: &[&str]| {
            let words = filter("words", options, row[2].as_bytes());
            String::from_utf8(words)
                .unwrap()
                .trim_end()
                .replace('\n', " · ")
        };
        assert_eq!(
            (&words(&[])[..], &words(&["--natural"])[..]),
            (row[3], row[4])
        );
    }
}

#[test]
fn a_dictionary_of_ones_own() {
    let words = file("\u{FEFF}编程\r\n \n我喜欢 ".as_bytes());
    let found = filter(
        "words",
        &["--natural", "--dictionary", argument(words.path())],
        "我喜欢编程".as_bytes(),
    );
    assert_eq!(found, "我喜欢\n编程\n".as_bytes());

    let long = "漢".repeat(2000);
    for (words, cause) in [
        ("编程\nabc\n".as_bytes(), "line 2: not a word of one script"),
        (b"\xE6\xBC\n", "line 1: not UTF-8"),
        (long.as_bytes(), "line 1: longer than 64 characters"),
    ] {
        let words = file(words);
        let ran = run(
            program("words")
                .args(["--natural", "--dictionary"])
                .arg(words.path()),
            b"text",
        );
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
        assert!(ran.stderr.contains(cause), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1);
    }
    let ran = run(
        program("words").args(["--natural", "--dictionary", "/nowhere"]),
        b"text",
    );
    assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
    assert!(
        ran.stderr.starts_with("words: /nowhere: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn options_that_do_not_go_together_are_wrong_usage() {
    for options in [
        &["--natural", "--ascii"][..],
        &["--natural", "-e", "a"],
        &["--hyphens"],
        &["--elision"],
        &["--dictionary", "x"],
        &["--breaks=word"],
    ] {
        let ran = run(program("words").args(options), b"text");
        assert_eq!((ran.status, &ran.stdout[..]), (2, &b""[..]), "{options:?}");
    }
}

#[test]
fn empty_lines_end_parts_of_a_text() {
    let text = b"One. Two\nthree\n\nfour";
    for (option, expected) in [
        ("--breaks", "One Two three  four "),
        ("--breaks=line", "One Two  three  four "),
        ("--breaks=sentence", "One  Two  three  four "),
    ] {
        for more in [&[][..], &["--natural"], &["-e", r"\w+"]] {
            let words = filter("words", &[&[option], more].concat(), text);
            let words = String::from_utf8(words).unwrap().replace('\n', " ");
            assert_eq!(words, format!("{expected} "), "{option} {more:?}");
        }
    }
    // Each file ends a part.
    let (a, b) = (file(b"a"), file(b"b"));
    let words = filter(
        "words",
        &["--breaks", argument(a.path()), argument(b.path())],
        b"",
    );
    assert_eq!(words, b"a\n\nb\n\n");
}

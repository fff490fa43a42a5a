//! `stem` as a process. `scripts/test-stem` compares it with the PyPI package snowballstemmer.

use crate::process::{argument, classic, file, filter, program, run};

#[test]
fn a_stem_for_each_word() {
    let text = "connected\nconnecting\nconnections\n\nskies\n".as_bytes();
    let stems = filter("stem", &["english"], text);
    assert_eq!(stems, b"connect\nconnect\nconnect\n\nsky\n");
    let german = filter("stem", &["german"], "häusern\nhaus".as_bytes());
    assert_eq!(german, b"haus\nhaus\n");
}

#[test]
fn input_is_in_lower_case() {
    assert_eq!(
        filter("stem", &["english"], b"Running\nrunning\n"),
        b"Run\nrun\n"
    );
    assert_eq!(filter("stem", &["english"], b"RUNNING\n"), b"RUNNING\n");
}

#[test]
fn the_list_has_every_language() {
    let list = String::from_utf8(filter("stem", &["--list"], b"")).unwrap();
    assert_eq!(list.lines().count(), 38);
    for language in list.lines() {
        assert_eq!(filter("stem", &[language], b"\n"), b"\n", "{language}");
    }
    let ran = run(program("stem").args(["--list", "english"]), b"");
    assert_eq!((ran.status, ran.stdout.len()), (2, 0));
}

#[test]
fn an_unknown_language_is_wrong_usage() {
    for (name, cause) in [
        (
            "englisch",
            "LANG: unknown language 'englisch'; did you mean 'english'?",
        ),
        (
            "klingon",
            "LANG: unknown language 'klingon' (stem --list prints the names)",
        ),
    ] {
        let ran = run(program("stem").arg(name), b"running\n");
        let line = format!("stem: {cause} (see stem --help)\n");
        assert_eq!(
            (ran.status, &ran.stdout[..], ran.stderr),
            (2, &b""[..], line)
        );
    }
    let ran = run(&mut program("stem"), b"running\n");
    assert_eq!((ran.status, ran.stdout.len()), (2, 0));
    assert!(ran.stderr.contains("<LANG>"), "{}", ran.stderr);
}

#[test]
fn with_their_words() {
    let shown = filter(
        "stem",
        &["--show", "french"],
        "continuellement\ncontinuel".as_bytes(),
    );
    assert_eq!(shown, b"continuel\tcontinuellement\ncontinuel\tcontinuel\n");
}

#[test]
fn lines_that_are_not_words_stay() {
    let text = [
        &b"\xFFing\n\nrunning\xC3\n"[..],
        &b"running".repeat(1000),
        b"\n",
    ]
    .concat();
    assert_eq!(filter("stem", &["english"], &text), text);
}

#[test]
fn lines_end_as_the_options_say() {
    assert_eq!(
        filter("stem", &["english", "-z"], b"running\0runs"),
        b"run\0run\0"
    );
    assert_eq!(
        filter("stem", &["english", "--crlf"], b"running\r\nruns\r\n"),
        b"run\nrun\n"
    );
}

#[test]
fn each_file_is_a_text_of_its_own() {
    let (one, two) = (file(b"running"), file(b"skies\n"));
    let arguments = ["english", argument(one.path()), argument(two.path())];
    assert_eq!(filter("stem", &arguments, b""), b"run\nsky\n");
}

/// More words than the table of recent ones has places, each of them twice.
#[test]
fn many_words() {
    let words: String = (0..40_000).map(|n| format!("x{n}ings\n")).collect();
    let text = words.repeat(2);
    let expected = classic("sed 's/ings$/ing/'", text.as_bytes());
    assert!(filter("stem", &["english"], text.as_bytes()) == expected);
}

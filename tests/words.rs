//! `words` as a process, compared with perl.

use crate::process::{classic, filter, mixed_text, program, run};

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

//! `capwords` as a process, compared with perl.

use crate::process::{classic, filter, mixed_text, program, run};

/// The talk's expression, on characters; what is not UTF-8 separates words.
const PERL: &str =
    r#"perl -CSD -e 'undef $/; $_ = <STDIN>; print "$_\n" for /\b[[:upper:]]\w*\b/g'"#;

#[test]
fn as_perl_has_it() {
    let text = String::from_utf8_lossy(&mixed_text(1 << 20)).into_owned();
    let text = text.as_bytes();
    assert!(filter("capwords", &[], text) == classic(PERL, text));
}

#[test]
fn bytewise_as_perl_has_it() {
    let text = mixed_text(1 << 20);
    let perl = r#"perl -ne 'print "$_\n" for /\b[[:upper:]]\w*\b/g'"#;
    assert!(filter("capwords", &["--ascii"], &text) == classic(perl, &text));
}

#[test]
fn a_replacement_character_separates_as_the_bytes_do() {
    let text = mixed_text(1 << 20);
    let replaced = String::from_utf8_lossy(&text).into_owned();
    assert!(filter("capwords", &[], &text) == filter("capwords", &[], replaced.as_bytes()));
}

#[test]
fn a_pattern_of_ones_own() {
    let found = filter(
        "capwords",
        &["-e", "[a-z]+@[a-z.]+"],
        b"a@b.c, d@e\nf@\ng@h",
    );
    assert_eq!(found, b"a@b.c\nd@e\ng@h\n");
    // The bytewise meaning can see into characters.
    assert_eq!(
        filter("capwords", &["--ascii", "-e", r"\xC3."], "é".as_bytes()),
        b"\xC3\xA9\n"
    );
}

#[test]
fn a_bad_pattern_is_wrong_usage() {
    let ran = run(program("capwords").args(["-e", "("]), b"");
    assert_eq!(
        (ran.status, &ran.stderr[..]),
        (2, "capwords: -e (: unclosed group (see capwords --help)\n")
    );
}

#[test]
fn files_are_texts_of_their_own() {
    let (a, b) = (crate::process::file(b"Ab"), crate::process::file(b"Cd"));
    let args = [a.path(), b.path()].map(|path| path.to_str().unwrap().to_string());
    assert_eq!(
        filter("capwords", &[&args[0], "-", &args[1]], b"X"),
        b"Ab\nX\nCd\n"
    );
}

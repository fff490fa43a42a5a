//! `ngrams` as a process, compared with awk and paste.

use crate::process::{argument, classic, file, filter, mixed_text, program, run};

#[test]
fn trigrams_as_awk_has_them() {
    let text = [&mixed_text(1 << 20)[..], b"\n\nlast"].concat();
    // Not each awk reads NUL.
    let text: Vec<u8> = text.into_iter().map(|byte| byte.max(1)).collect();
    let awk = r#"awk '{ if ($0 == "") { n = 0; next } if (++n > 2) print a " " b " " $0; a = b; b = $0 }'"#;
    assert!(filter("ngrams", &["3"], &text) == classic(awk, &text));
}

#[test]
fn pairs_as_paste_has_them() {
    let text = b"to\nbe\nor\nnot\nto\nbe\n";
    let input = file(text);
    let paste = format!(
        "paste {0} <(tail -n +2 {0}) | head -n -1",
        argument(input.path())
    );
    assert_eq!(filter("ngrams", &["2", "-t"], text), classic(&paste, b""));
}

#[test]
fn one_line_is_the_line() {
    let ngrams = filter("ngrams", &["1"], b"a\n\nb c\n\n");
    assert_eq!(ngrams, b"a\nb c\n");
}

#[test]
fn an_ngram_is_complete() {
    assert_eq!(filter("ngrams", &["3"], b"a\nb\n\nc\nd\ne"), b"c d e\n");
    assert_eq!(filter("ngrams", &["16"], &b"a\n".repeat(15)), b"");
    let sixteen = [&b"a ".repeat(15)[..], b"a\n"].concat();
    assert_eq!(
        filter("ngrams", &["16"], &b"a\n".repeat(17)),
        sixteen.repeat(2)
    );
}

#[test]
fn each_file_is_a_text_of_its_own() {
    let (one, two) = (file(b"a\nb"), file(b"c\nd\n"));
    let arguments = ["2", argument(one.path()), argument(two.path())];
    assert_eq!(filter("ngrams", &arguments, b""), b"a b\nc d\n");
}

#[test]
fn nul_ends_lines_on_request() {
    assert_eq!(
        filter("ngrams", &["2", "-z"], b"a\nb\0c\0\0d\0e"),
        b"a\nb c\0d e\0"
    );
}

#[test]
fn lines_that_end_in_crlf() {
    let text = b"a\r\nb\r\n\r\nc\r\nd\r\n";
    assert_eq!(filter("ngrams", &["2", "--crlf"], text), b"a b\nc d\n");
}

#[test]
fn a_number_that_is_not_from_1_to_16_is_wrong_usage() {
    for n in ["0", "17", "x", "1.5", "99999999999999999999"] {
        let ran = run(program("ngrams").arg(n), b"a\n");
        let cause =
            format!("ngrams: N: invalid number of lines '{n}' (use 1 to 16) (see ngrams --help)\n");
        assert_eq!(
            (ran.status, &ran.stdout[..], ran.stderr),
            (2, &b""[..], cause)
        );
    }
    let ran = run(&mut program("ngrams"), b"a\n");
    assert_eq!((ran.status, ran.stdout.len()), (2, 0));
    assert!(ran.stderr.contains("<N>"), "{}", ran.stderr);
}

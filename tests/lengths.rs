//! `lengths` as a process, compared with perl and a naive count.

use crate::process::{argument, classic, file, filter, mixed_text, program, run};

#[test]
fn characters_as_perl_has_them() {
    let text = String::from_utf8_lossy(&mixed_text(1 << 20)).into_owned();
    let perl = r#"perl -CSD -ne 'chomp; print length, "\n"'"#;
    assert!(filter("lengths", &[], text.as_bytes()) == classic(perl, text.as_bytes()));
}

#[test]
fn bytes_as_perl_has_them() {
    let text = mixed_text(1 << 20);
    let perl = r#"perl -ne 'chomp; print length, "\n"'"#;
    assert!(filter("lengths", &["--bytes"], &text) == classic(perl, &text));
}

#[test]
fn graphemes_as_perl_has_them() {
    // Not so new that any perl would not know them.
    let text = "e\u{301}te\u{301}\nπ\n\n각\u{11A8}\n🇩🇪🇫🇷\n\u{1F469}\u{200D}\u{1F467}!\nना\n";
    let perl = r#"perl -CSD -ne 'chomp; my $n = () = /\X/g; print "$n\n"'"#;
    for text in [text.to_string(), text.repeat(20_000)] {
        let own = filter("lengths", &["--graphemes"], text.as_bytes());
        assert!(own == classic(perl, text.as_bytes()));
    }
}

#[test]
fn bytes_of_no_character_count_as_one_each() {
    let text = mixed_text(1 << 20);
    let mut naive = String::new();
    let lines = text.strip_suffix(b"\n").unwrap_or(&text);
    for line in lines.split(|&byte| byte == b'\n') {
        let parts = line.utf8_chunks();
        let n = parts.map(|part| part.valid().chars().count() + part.invalid().len());
        naive += &format!("{}\n", n.sum::<usize>());
    }
    assert!(filter("lengths", &[], &text) == naive.as_bytes());
}

#[test]
fn nul_ends_lines_on_request() {
    assert_eq!(filter("lengths", &["-z"], b"a\nb\0\0c"), b"3\n0\n1\n");
}

#[test]
fn a_line_longer_than_memory_would_like() {
    let text = "é".repeat(10 << 20);
    for (options, length) in [(&[][..], "10485760\n"), (&["--bytes"], "20971520\n")] {
        assert_eq!(
            filter("lengths", options, text.as_bytes()),
            length.as_bytes()
        );
    }
}

#[test]
fn graphemes_of_a_line_longer_than_memory_would_like() {
    // Each character alone, and one with very many marks.
    let greek = "αβγδ εζ ".repeat(1 << 20);
    let marks = format!("a{}", "\u{301}".repeat(4 << 20));
    for (text, length) in [(greek, "8388608\n"), (marks, "1\n")] {
        assert_eq!(
            filter("lengths", &["--graphemes"], text.as_bytes()),
            length.as_bytes()
        );
    }
}

#[test]
fn each_file_is_a_text_of_its_own() {
    let (one, two) = (file(b"ab"), file(b"c\n"));
    let names = [argument(one.path()), argument(two.path())];
    assert_eq!(filter("lengths", &names, b""), b"2\n1\n");
}

#[test]
fn two_units_are_one_too_many() {
    let ran = run(program("lengths").args(["--bytes", "--graphemes"]), b"");
    assert_eq!((ran.status, &ran.stdout[..]), (2, &b""[..]));
}

#[test]
fn lines_that_end_in_crlf() {
    assert_eq!(
        filter("lengths", &["--crlf"], b"ab\r\n\r\na\rb\r"),
        b"2\n0\n3\n"
    );
}

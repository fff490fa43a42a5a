//! `topn` as a process, held against `sort -nr | head`.
//!
//! `awk` stands in for `head`, which leaves before `sort` is done: a failed stage fails the test.

use crate::process::{argument, classic, file, filter, mixed_text, program, run};

#[test]
fn as_sort_and_head_have_it() {
    let counts = filter("count", &[], &filter("words", &[], &mixed_text(1 << 20)));
    for n in ["0", "1", "2", "5", "10", "100", "1000000"] {
        assert!(
            filter("topn", &[n], &counts)
                == classic(&format!("sort -nr | awk 'NR <= {n}'"), &counts),
            "{n}"
        );
    }
    assert!(filter("topn", &[], &counts) == classic("sort -nr | awk 'NR <= 10'", &counts));
}

#[test]
fn ties_and_padding_as_sort_and_head_have_them() {
    let padded = classic("sort | uniq -c", b"we\nweb\na\nb\nb\n\n");
    for n in 0..7 {
        let n = n.to_string();
        assert_eq!(
            filter("topn", &[&n], &padded),
            classic(&format!("sort -nr | awk 'NR <= {n}'"), &padded)
        );
    }
}

#[test]
fn nul_ends_records_on_request() {
    assert_eq!(
        filter("topn", &["-z", "1"], b"1 a\n\x002 b\nc\0"),
        b"2 b\nc\0"
    );
}

#[test]
fn the_rest_is_one_line_on_request() {
    assert_eq!(
        filter("topn", &["--other", "1"], b"1 a\n2 b\n4 c\n"),
        b"4 c\n3 (other)\n"
    );
}

#[test]
fn a_line_without_a_count_is_named() {
    let bad = file(b"1 a\n2 b\nthree c\n");
    let ran = run(program("topn").args(["2", argument(bad.path())]), b"");
    let message = format!(
        "topn: {}: line 3: no count before the line\n",
        argument(bad.path())
    );
    assert_eq!(
        (ran.status, &ran.stdout[..], ran.stderr),
        (1, &b""[..], message)
    );
}

#[test]
fn several_files_and_a_file_that_is_called_as_a_number() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("5"), "3 c\n").unwrap();
    let ran = run(
        program("topn").args(["./5", "-"]).current_dir(&folder),
        b"4 d\n",
    );
    assert_eq!((ran.status, &ran.stdout[..]), (0, &b"4 d\n3 c\n"[..]));
    let ran = run(program("topn").arg("99999999999999999999999"), b"");
    assert_eq!(ran.status, 2);
}

#[test]
fn the_number_as_head_takes_it() {
    let counts = b"1 a\n3 c\n2 b\n";
    for args in [
        &["2"][..],
        &["-2"],
        &["-n2"],
        &["-n", "2"],
        &["--lines=2"],
        &["--li", "2"],
    ] {
        assert_eq!(filter("topn", args, counts), b"3 c\n2 b\n", "{args:?}");
    }
    // Behind -n all operands are files, whatever their names.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("5"), "7 d\n").unwrap();
    let ran = run(program("topn").args(["-n1", "5"]).current_dir(&folder), b"");
    assert_eq!((ran.status, &ran.stdout[..]), (0, &b"7 d\n"[..]));
    for bad in ["-n", "-nx", "-n-1", "--lines=", "-n99999999999999999999999"] {
        let ran = run(program("topn").arg(bad), counts);
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{bad}");
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{bad}: {}", ran.stderr);
    }
}

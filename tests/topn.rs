//! `topn` as a process, compared with `sort -nr | head`.
//!
//! `awk` stands in for `head`, which ends before `sort` does: a failed stage fails the test.

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

/// Case 4: the sum looks like the lines, and differs from a line of that name.
#[test]
fn the_rest_has_the_separator_of_the_lines_and_is_always_last() {
    let tabs = filter("count", &["-t"], b"a\nb\nb\nc d\n");
    assert_eq!(
        filter("topn", &["1", "--other"], &tabs),
        b"2\tb\n2\t(other)\n"
    );
    let padded = classic("sort | uniq -c", b"a\nb\nb\n");
    let out = filter("topn", &["1", "--other"], &padded);
    assert!(out.ends_with(b" 2 b\n1 (other)\n"));
    // What a script does, whatever the lines are.
    for (lines, n, kept, rest) in [
        (&b"(other)\n(other)\na\n"[..], "1", "2 (other)\n", "1\n"),
        (b"(other)\na\na\n", "1", "2 a\n", "1\n"),
        (b"(other)\na\na\n", "2", "2 a\n1 (other)\n", "0\n"),
        (b"", "2", "", "0\n"),
    ] {
        let counts = filter("count", &[], lines);
        let out = filter("topn", &["--other", n], &counts);
        let script = |line| String::from_utf8(classic(line, &out)).unwrap();
        assert_eq!(script("sed '$d'"), kept);
        assert_eq!(script("sed -n '$s/ .*//p'"), rest);
    }
    let out = filter("topn", &["-z", "--other", "1"], b"1\ta\x002\tb\0");
    assert_eq!(out, b"2\tb\x001\t(other)\0");
}

#[test]
fn the_least_as_sort_and_head_have_them() {
    let counts = filter("count", &[], &filter("words", &[], &mixed_text(1 << 18)));
    for n in ["0", "1", "5", "100", "1000000"] {
        assert!(
            filter("topn", &["--least", n], &counts)
                == classic(&format!("sort -n | awk 'NR <= {n}'"), &counts),
            "{n}"
        );
    }
}

#[test]
fn ties_as_awk_finds_them() {
    let counts = filter("count", &[], &filter("words", &[], &mixed_text(1 << 18)));
    let ties = |n| format!("awk 'NR <= {n} || $1 == last {{ print; last = $1 }}'");
    for n in ["1", "5", "100", "1000"] {
        for (sort, options) in [
            ("sort -nr", &["--ties", n][..]),
            ("sort -n", &["--ties", "--least", n]),
        ] {
            let own = filter("topn", options, &counts);
            assert!(
                own == classic(&format!("{sort} | {}", ties(n)), &counts),
                "{options:?}"
            );
            // No count is lost.
            let other = filter("topn", &[options, &["--other"]].concat(), &counts);
            assert!(other.starts_with(&own));
            let sum = "awk '{ sum += $1 } END { print sum }'";
            assert_eq!(classic(sum, &other), classic(sum, &counts));
        }
    }
}

#[test]
fn a_line_without_a_count_is_named() {
    let bad = file(b"1 a\n2 b\nthree c\n");
    let ran = run(program("topn").args(["2", argument(bad.path())]), b"");
    let message = format!(
        "topn: {}: line 3: no count before the line: 'three c'\n",
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
fn a_first_operand_that_is_neither_a_number_nor_a_file_has_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let topn = |args: &[&str]| {
        let ran = run(program("topn").args(args).current_dir(&folder), b"1 a\n");
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]), "{args:?}");
        ran.stderr
    };
    let missing = "No such file or directory";
    let hint = "(use digits for a number of lines)";
    for name in ["five", "10k", "zehn", "fünf"] {
        let message = format!("topn: {name}: {missing} {hint}\n");
        assert_eq!(topn(&[name]), message);
        assert_eq!(topn(&[name, "-"]), message);
    }
    // Names of files, words behind a number, and operands beside -n.
    for (args, name) in [
        (&["a.txt"][..], "a.txt"),
        (&["a/b"], "a/b"),
        (&["5", "five"], "five"),
        (&["-n", "5", "five"], "five"),
        (&["-", "five"], "five"),
    ] {
        assert_eq!(topn(args), format!("topn: {name}: {missing}\n"));
    }
    std::fs::write(folder.path().join("five"), "3 c\n").unwrap();
    let ran = run(program("topn").arg("five").current_dir(&folder), b"");
    assert_eq!((ran.status, &ran.stdout[..]), (0, &b"3 c\n"[..]));
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

#[test]
fn an_odd_number_is_wrong_usage() {
    for odd in ["-1.5", "1.5", "+3", "-2e3", "1e3", ".5", "-.5"] {
        let ran = run(program("topn").arg(odd), b"1 a\n");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{odd}");
        let expected = match odd {
            // To clap this is an option.
            "-.5" => "topn: unexpected argument '-.' found (see topn --help)\n".to_string(),
            _ => format!(
                "topn: invalid number of lines '{odd}' (use a whole number, or ./{odd} for a file) \
                 (see topn --help)\n"
            ),
        };
        assert_eq!(ran.stderr, expected);
        let ran = run(program("topn").args(["-n", odd]), b"1 a\n");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "-n {odd}");
        assert!(ran.stderr.contains(odd) || odd == "-.5", "{}", ran.stderr);
    }
    let ran = run(program("topn").args(["-n", "1", "-1.5"]), b"1 a\n");
    assert_eq!((ran.status, ran.stdout.len()), (2, 0));
    assert!(ran.stderr.contains("'-1.5' beside -n"), "{}", ran.stderr);
    // As a path it is a file.
    let folder = tempfile::tempdir().unwrap();
    for name in ["1.5", "-1.5"] {
        std::fs::write(folder.path().join(name), "7 d\n").unwrap();
        let name = format!("./{name}");
        let ran = run(program("topn").arg(name).current_dir(&folder), b"");
        assert_eq!((ran.status, &ran.stdout[..]), (0, &b"7 d\n"[..]));
    }
}

#[test]
fn lines_that_end_in_crlf() {
    assert_eq!(
        filter("topn", &["1", "--crlf"], b"1 a\r\n3 b\r\n"),
        b"3 b\n"
    );
}

//! `field` as a process, compared with awk, cut, Python's csv and jq.

use crate::process::{argument, classic, file, filter, installed, mixed_text, program, run, shell};

/// Lines with blanks, commas and TABs, without NUL, which some versions of awk do not read.
fn lines() -> Vec<u8> {
    let mut text = mixed_text(1 << 18);
    text.retain(|byte| *byte != 0);
    text
}

#[test]
fn as_awk_has_it() {
    let text = lines();
    for (list, script) in [
        ("1", "print $1"),
        ("2", "print $2"),
        ("7", "print $7"),
        ("-1", "print(NF ? $NF : \"\")"),
        ("3,1", "print $3 \"\t\" $1"),
    ] {
        let awk = format!("awk '{{ {script} }}'");
        assert!(
            filter("field", &[list], &text) == classic(&awk, &text),
            "{list}"
        );
    }
    let awk = classic("awk -F, '{ print $2 }'", &text);
    assert!(filter("field", &["2", "-d,"], &text) == awk);
}

#[test]
fn as_cut_has_it_where_there_is_a_delimiter() {
    let text = classic("grep -a ,", &lines());
    for (list, fields) in [("2", "2"), ("2-", "2-"), ("1-3", "1-3")] {
        let cut = classic(&format!("cut -d, -f{fields}"), &text);
        assert!(
            filter("field", &[list, "-d", ",", "-o", ","], &text) == cut,
            "{list}"
        );
    }
    // Without one, cut prints the line.
    assert_eq!(filter("field", &["-d,", "2"], b"a b\n"), b"\n");
    assert_eq!(filter("field", &["-d,", "-s", "2"], b"a b\n"), b"");
}

#[test]
fn as_python_reads_csv() {
    if !installed("python3", "Python 3") {
        return;
    }
    let text =
        b"id,name,\"note, long\"\r\n1,\"a \"\"b\"\"\",x\r\n2,\"line\nend\",\n3,,\"\"\n4,b\"c,y\n";
    for (name, list) in [("name", "name"), ("note, long", "\"note, long\"")] {
        let script = format!(
            "import csv, io, sys\nfor row in csv.DictReader(io.TextIOWrapper(sys.stdin.buffer, newline='')):\
             \n    print(row['{name}'].replace('\\n', ' '))"
        );
        let python = classic(
            &format!("python3 -c \"{}\"", script.replace('"', "\\\"")),
            text,
        );
        assert_eq!(filter("field", &["--csv", list], text), python);
    }
}

#[test]
fn as_jq_reads_json() {
    if !installed("jq", "jq-1.") {
        return;
    }
    let text = b"{\"a\":\"x \\u00e9\\ud83d\\ude00\",\"b\":[{\"c\":1}]}\n {\"b\" : [ { \"c\" : true } ] , \"a\":7}\n{}\n";
    for (list, path) in [("a", ".a"), ("b[0].c", ".b[0].c"), ("/b/0/c", ".b[0].c")] {
        let jq = classic(&format!("jq -r '{path} // \"\"'"), text);
        assert_eq!(filter("field", &["--json", list], text), jq, "{list}");
    }
}

#[test]
fn lists_that_begin_with_the_last_field() {
    for list in [&["-1,1"][..], &["--", "-1,1"]] {
        assert_eq!(filter("field", list, b"a b c\n"), b"c\ta\n");
    }
    assert_eq!(filter("field", &["-2-"], b"a b c\n"), b"b\tc\n");
    assert_eq!(filter("field", &["-d,", "-1"], b"a,b\n"), b"b\n");
    assert_eq!(filter("field", &["-1,1", "-d,"], b"a,b\n"), b"b\ta\n");
}

#[test]
fn wrong_usage() {
    for (args, cause) in [
        (&["0"][..], "invalid field 0 (the first field is 1)"),
        (&[""], "empty item in the list of fields"),
        (&["1,"], "empty item in the list of fields"),
        (
            &["path"],
            "invalid field 'path' (use a number, -1 for the last one, or a range such as 3-)",
        ),
        (
            &["a", "--csv", "--no-header"],
            "invalid field 'a' (use a number, -1 for the last one, or a range such as 3-)",
        ),
        (&["1", "--no-header"], "--no-header needs --csv or --tsv"),
        (
            &["1", "-d", "ab"],
            "--delimiter: invalid delimiter 'ab' (use a single byte)",
        ),
        (
            &["1", "-d", ""],
            "--delimiter: invalid delimiter '' (use a single byte)",
        ),
        (
            &["a..b", "--json"],
            "invalid path 'a..b' (use a.b[0].c, or a JSON Pointer such as /a/b/0/c)",
        ),
    ] {
        let ran = run(program("field").args(args), b"a b\n");
        let message = format!("field: {cause} (see field --help)\n");
        assert_eq!(
            (ran.status, &ran.stdout[..], ran.stderr),
            (2, &b""[..], message)
        );
    }
    for args in [
        &[][..],
        &["a", "--csv", "--json"],
        &["1", "-q", "-d,"],
        &["path", "--log", "--w3c"],
        &["url", "--log"],
        &["-x"],
    ] {
        let ran = run(program("field").args(args), b"a b\n");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{args:?}");
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{}", ran.stderr);
    }
}

const GOOD: &str =
    r#"10.0.0.1 - - [28/Nov/2026:10:11:12 +0000] "GET /a?b HTTP/1.1" 200 5 "-" "curl""#;

#[test]
fn lines_that_do_not_parse_are_named_with_their_file() {
    let first = file(format!("{GOOD}\nx\ny\n").as_bytes());
    let second = file(format!("{GOOD}\n").as_bytes());
    let third = file(b"z\n");
    let [first, second, third] = [&first, &second, &third].map(|file| argument(file.path()));
    let ran = run(
        program("field").args(["path", "--log", first, second, third]),
        b"",
    );
    let cause = "line 2: no time in brackets, as in [28/Nov/2026:10:11:12 +0000]; 2 invalid lines";
    assert_eq!(ran.stdout, b"/a\n\n\n/a\n\n");
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert_eq!((ran.status, lines.len()), (1, 3), "{}", ran.stderr);
    assert_eq!(lines[0], format!("field: {first}: {cause}"));
    assert_eq!(lines[2], "field: total: 3 invalid lines");
}

#[test]
fn each_file_has_a_header_of_its_own() {
    let first = file(b"a,b\n1,2\n");
    let second = file(b"b,a\n3,4\n");
    let third = file(b"c\n5\n");
    let [first, second, third] = [&first, &second, &third].map(|file| argument(file.path()));
    let ran = run(
        program("field").args(["a", "--csv", third, first, second]),
        b"",
    );
    let message = format!("field: {third}: no field 'a' (there are c)\n");
    assert_eq!(
        (ran.status, &ran.stdout[..], ran.stderr),
        (1, &b"1\n4\n"[..], message)
    );
}

#[test]
fn options_of_output() {
    let csv = b"a,b\n\"x\ty\nz\",1\n";
    assert_eq!(filter("field", &["--csv", "b,a"], csv), b"1\tx y z\n");
    assert_eq!(
        filter("field", &["--csv", "-z", "b,a"], csv),
        b"1\tx\ty\nz\0"
    );
    assert_eq!(
        filter("field", &["--csv", "-o: ", "b,a"], csv),
        b"1: x\ty z\n"
    );
    assert_eq!(
        filter("field", &["--csv", "-d;", "b"], b"a;b\n1;2,5\n"),
        b"2,5\n"
    );
    assert_eq!(
        filter("field", &["--tsv", "b"], b"a\tb\r\n1\t\"2\r\n"),
        b"\"2\n"
    );
    assert_eq!(filter("field", &["--crlf", "2"], b"a b\r\n"), b"b\n");
}

/// What came is written before more is awaited, in each format.
#[test]
fn behind_tail() {
    for (args, input, expected) in [
        ("2 -d,", "a,b\n", "b"),
        ("2 -q", "a \"b c\"\n", "b c"),
        ("host --log", &format!("{GOOD}\n"), "10.0.0.1"),
        ("x --csv", "x\n\"a\"\n", "a"),
        ("x --tsv", "x\na\n", "a"),
        ("x --w3c", "#Fields: x\na\n", "a"),
        ("x --json", "{\"x\":\"a\"}\n", "a"),
    ] {
        let line = format!(
            "coproc P {{ field {args}; }}; cat >&${{P[1]}}; read -r -t 60 first <&${{P[0]}}; echo \"$first\"; \
             eval \"exec ${{P[1]}}>&-\"; wait"
        );
        let ran = run(&mut shell(&line), input.as_bytes());
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap(),
            format!("{expected}\n"),
            "{args}: {}",
            ran.stderr
        );
    }
}

//! `bars` as a process: in pipes and on pseudo-terminals.

use crate::process::{argument, file, filter, program, run};

/// The chart of a text on a terminal of this width.
fn on_terminal(columns: u16, args: &[&str], environment: &[(&str, &str)], text: &[u8]) -> String {
    let mut command = program("bars");
    command
        .args(args)
        .env_remove("NO_COLOR")
        .env("TERM", "xterm");
    command.envs(environment.iter().copied());
    String::from_utf8(crate::process::on_terminal(columns, &mut command, text)).unwrap()
}

#[test]
fn the_end_of_a_pipeline() {
    let counts = filter("count", &[], b"a\nb c\nb c\nb c\n");
    let bars = filter("bars", &["--width", "25"], &filter("topn", &[], &counts));
    let expected = "3 ██████████ b c\n1 ███▎       a\n";
    assert_eq!(String::from_utf8(bars).unwrap(), expected);
}

/// Two fifths of 80 columns, or of the width that is given; lines are not cut.
#[test]
fn the_width_where_there_is_no_terminal() {
    let long = "x".repeat(200);
    let text = format!("4 {long}\n");
    for (width, bar) in [
        (&[][..], 32),
        (&["--width", "100%"], 32),
        (&["--width=50%"], 16),
        (&["--width", "1%"], 10),
        (&["--width", "200"], 80),
        (&["--width", "1"], 10),
    ] {
        let mut command = program("bars");
        let ran = run(command.env("COLUMNS", "40").args(width), text.as_bytes());
        let expected = format!("4 {} {long}\n", "█".repeat(bar));
        assert_eq!(
            (ran.status, String::from_utf8(ran.stdout).unwrap()),
            (0, expected)
        );
    }
}

#[test]
fn lines_are_cut_to_the_width_of_a_terminal() {
    let text = "30 dreamhost hosting 日本語 日本語\n".as_bytes();
    let never = ["--color=never"];
    assert_eq!(on_terminal(20, &never, &[], text), "30 ██████████ dream…\n");
    let line = format!("30 {} dreamhost hosting 日本語 日本語\n", "█".repeat(32));
    assert_eq!(on_terminal(80, &never, &[], text), line);
    let line = format!("30 {} dreamhost hosting 日本語 日本語\n", "█".repeat(80));
    assert_eq!(on_terminal(200, &never, &[], text), line);
    // A wide character is not divided.
    let line = format!("30 {} dreamhost hosting 日…\n", "█".repeat(17));
    assert_eq!(on_terminal(43, &never, &[], text), line);
    let half = on_terminal(80, &["--width", "50%", "--color=never"], &[], text);
    assert_eq!(half, format!("30 {} dreamhost hosting …\n", "█".repeat(16)));
    let ascii = on_terminal(20, &["--ascii", "--color=never"], &[], text);
    assert_eq!(ascii, "30 ########## dre...\n");
}

#[test]
fn color_on_a_terminal_if_the_environment_allows_it() {
    let colored = "4 \x1b[36m██████████\x1b[0m a\n";
    let plain = "4 ██████████ a\n";
    for (args, environment, expected) in [
        (&[][..], &[][..], colored),
        (&[], &[("NO_COLOR", "")], colored),
        (&[], &[("NO_COLOR", "1")], plain),
        (&[], &[("TERM", "dumb")], plain),
        (&["--color=never"], &[], plain),
        (&["--color=always"], &[("NO_COLOR", "1")], colored),
        (
            &["--color=auto"],
            &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
            plain,
        ),
    ] {
        assert_eq!(
            on_terminal(25, args, environment, b"4 a\n"),
            expected,
            "{args:?} {environment:?}"
        );
    }
    let piped = |args| String::from_utf8(filter("bars", args, b"4 a\n")).unwrap();
    assert_eq!(piped(&["--width=25"]), plain);
    assert_eq!(piped(&["--width=25", "--color=always"]), colored);
}

/// Everywhere, since the output is for readers.
#[test]
fn what_a_terminal_would_execute_is_escaped() {
    let text = b"4 \x1b[2Jx\xff\xc2\x9by\0\r\n4 a\tb\xe2\x80\xae\n";
    let expected = "4 ██████████ \\u{1b}[2Jx\\xff\\u{9b}y\\0\\r\n4 ██████████ a\\tb\\u{202e}\n";
    let piped = filter("bars", &["--width=25"], text);
    assert_eq!(String::from_utf8(piped).unwrap(), expected);
    assert_eq!(
        on_terminal(70, &["--width=50", "--color=never"], &[], text),
        expected.replace("█".repeat(10).as_str(), &"█".repeat(20))
    );
    // With -z a line may contain line ends.
    let piped = filter("bars", &["--width=25", "-z"], b"4 a\nb\0");
    assert_eq!(String::from_utf8(piped).unwrap(), "4 ██████████ a\\nb\n");
}

#[test]
fn shares_and_scales() {
    let chart = |args: &[&str]| String::from_utf8(filter("bars", args, b"7 a\n1 b\n")).unwrap();
    assert_eq!(
        chart(&["--width=25", "--percent"]),
        "7 87.5% ██████████ a\n1 12.5% █▍         b\n"
    );
    assert_eq!(
        chart(&["--width=25", "--log"]),
        "log scale: log(1 + COUNT)\n7 ██████████ a\n1 ███▎       b\n"
    );
    assert_eq!(
        chart(&["--width=25", "--max", "3.5"]),
        "7 █████████+ a\n1 ██▊        b\n"
    );
    assert_eq!(
        chart(&["--width=25", "--ascii", "--max=3"]),
        "7 #########+ a\n1 ###        b\n"
    );
}

#[test]
fn nothing_is_drawn_after_an_error() {
    let good = file(b"1 a\n");
    let name = argument(good.path());
    for (text, cause) in [
        (&b"1 a\n-2 b\n"[..], "line 2: negative count: '-2 b'"),
        (b"1 a\n2 b\nc\n", "line 3: no count before the line: 'c'"),
    ] {
        let bad = file(text);
        let bad = argument(bad.path());
        let ran = run(program("bars").args([name, bad]), b"");
        assert_eq!((ran.status, ran.stdout.len()), (1, 0));
        assert_eq!(ran.stderr, format!("bars: {bad}: {cause}\n"));
    }
    let huge = "9".repeat(38);
    let ran = run(
        program("bars").arg("--percent"),
        format!("{huge} a\n{huge} b\n").as_bytes(),
    );
    assert_eq!((ran.status, ran.stdout.len()), (1, 0));
    assert_eq!(
        ran.stderr,
        "bars: total: the sum of the counts is too large\n"
    );
}

#[test]
fn values_of_options() {
    for (option, cause) in [
        (
            "--width=0",
            "--width: invalid width '0' (use a number of columns, 1 to 65535, or 1% to 100%)",
        ),
        (
            "--width=101%",
            "--width: invalid width '101%' (use a number of columns, 1 to 65535, or 1% to 100%)",
        ),
        (
            "--width=+5",
            "--width: invalid width '+5' (use a number of columns, 1 to 65535, or 1% to 100%)",
        ),
        (
            "--max=0",
            "--max: invalid number '0' (use a number larger than 0, of at most 38 digits)",
        ),
        (
            "--max=-1",
            "--max: invalid number '-1' (use a number larger than 0, of at most 38 digits)",
        ),
    ] {
        let ran = run(program("bars").arg(option), b"1 a\n");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{option}");
        assert_eq!(ran.stderr, format!("bars: {cause} (see bars --help)\n"));
    }
    assert_eq!(run(program("bars").arg("--color=yes"), b"").status, 2);
}

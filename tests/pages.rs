//! Pages of `COUNT LINE`: `topn` and `bars` in pipes, and on pseudo-terminals, where they draw each
//! page in the place of the one before. What a terminal shows then is tested in
//! src/common/screen, on a model of one.

use crate::process::{OnTerminal, argument, file, filter, on_terminal, program, run, shell};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// The first and the last bytes of a page on a terminal.
const BEGIN: &str = "\x1b[?2026h\x1b[?7l\r";
const END: &str = "\x1b[J\x1b[?7h\x1b[?2026l";

/// A page on a terminal whose rows are not as wide as that, after one of so many rows.
fn drawn(before: usize, rows: &[&str]) -> String {
    let rows = rows.iter().map(|row| format!("{row}\x1b[K\r\n"));
    drawn_after(before, &rows.collect::<String>())
}

fn drawn_after(before: usize, rows: &str) -> String {
    let up = match before {
        0 => String::new(),
        rows => format!("\x1b[{rows}A"),
    };
    format!("{BEGIN}{up}{rows}{END}")
}

/// A program with arguments, and with an environment in which it draws.
fn drawing(name: &str, args: &[&str]) -> Command {
    let mut command = program(name);
    command
        .args(args)
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    command
}

fn piped(name: &str, args: &[&str], text: &str) -> String {
    String::from_utf8(filter(name, args, text.as_bytes())).unwrap()
}

#[test]
fn a_page_for_each_in_a_pipe() {
    let text = "1 a\n3 b\n2 c\n\x0c\n\x0c\n5 d\n";
    assert_eq!(piped("topn", &["1"], text), "3 b\n\x0c\n\x0c\n5 d\n");
    assert_eq!(
        piped("topn", &["--least", "--other", "1"], text),
        "1 a\n5 (other)\n\x0c\n0 (other)\n\x0c\n5 d\n0 (other)\n"
    );
    let bars = "3 ██████████ b\n\x0c\n\x0c\n5 ██████████ d\n";
    let top = piped("topn", &["1"], text);
    assert_eq!(piped("bars", &["--width=25"], &top), bars);
    // The last page is there without a line only if it is the only one.
    assert_eq!(piped("topn", &["--other"], "\x0c\n"), "0 (other)\n\x0c\n");
    assert_eq!(piped("topn", &[], "1 a\n\x0c\n"), "1 a\n\x0c\n");
    // A form feed without a line end is a line, too.
    assert_eq!(piped("topn", &[], "1 a\n\x0c"), "1 a\n\x0c\n");
}

#[test]
fn ends_of_lines_and_of_pages() {
    assert_eq!(
        piped("topn", &["-z", "1"], "1 a\x002 b\nc\0\x0c\x003 d\0"),
        "2 b\nc\0\x0c\x003 d\0"
    );
    // The lines of a chart end with a newline.
    assert_eq!(
        piped("bars", &["-z", "--width=25"], "1 a\0\x0c\x003 d\0"),
        "1 ██████████ a\n\x0c\n3 ██████████ d\n"
    );
    for name in ["topn", "bars"] {
        let text = "1 a\r\n\x0c\r\n3 d\r\n";
        let plain = piped(name, &[], &text.replace('\r', ""));
        assert_eq!(piped(name, &["--crlf"], text), plain);
        let ran = run(&mut program(name), text.as_bytes());
        let message = format!("{name}: stdin: line 2: no count before the line: '\\u{{c}}\\r'\n");
        assert_eq!((ran.status, ran.stdout.len(), ran.stderr), (1, 0, message));
    }
}

#[test]
fn a_page_goes_on_in_the_next_file() {
    let (first, second) = (file(b"1 a\n\x0c\n2 b\n"), file(b"4 c\n\x0c\n"));
    let (third, empty) = (file(b"5 d\n"), file(b""));
    let paths = [&first, &second, &empty, &third].map(|file| argument(file.path()));
    let topn = |paths: &[&str]| piped("topn", &[&["-n9"][..], paths].concat(), "");
    assert_eq!(topn(&paths), "1 a\n\x0c\n4 c\n2 b\n\x0c\n5 d\n");
    assert_eq!(topn(&paths[..3]), "1 a\n\x0c\n4 c\n2 b\n\x0c\n");
    assert_eq!(topn(&paths[..1]), "1 a\n\x0c\n2 b\n");
    assert_eq!(topn(&[paths[0], paths[2]]), "1 a\n\x0c\n2 b\n");
    assert_eq!(topn(&paths[2..3]), "");
}

/// The pages before an error stay. A line has its number in the file, on whichever page it is.
#[test]
fn an_error_on_a_later_page() {
    let good = file(b"1 a\n\x0c\n2 b\n");
    let bad = file(b"3 c\n\x0c\n4 d\nx\n\x0c\n5 e\n");
    let (good, bad) = (argument(good.path()), argument(bad.path()));
    for (name, pages) in [
        ("topn", "1 a\n\x0c\n3 c\n2 b\n\x0c\n"),
        (
            "bars",
            "1 ██████████ a\n\x0c\n2 ██████▋    b\n3 ██████████ c\n\x0c\n",
        ),
    ] {
        let mut command = program(name);
        if name == "bars" {
            command.arg("--width=25");
        }
        let ran = run(command.args([good, bad]), b"");
        let message = format!("{name}: {bad}: line 4: no count before the line: 'x'\n");
        let stdout = String::from_utf8(ran.stdout).unwrap();
        assert_eq!((ran.status, &stdout[..], ran.stderr), (1, pages, message));
    }
    let huge = "9".repeat(38);
    let text = format!("1 a\n\x0c\n{huge} a\n{huge} b\n\x0c\n");
    let ran = run(program("bars").arg("--percent"), text.as_bytes());
    let message = "bars: stdin: line 5: the sum of the counts is too large\n";
    assert_eq!((ran.status, &ran.stderr[..]), (1, message));
    assert!(ran.stdout.ends_with(b" a\n\x0c\n"));
}

#[test]
fn a_page_is_written_at_its_end() {
    for (name, args, expected) in [
        ("topn", &[][..], "2 b\n1 a\n\x0c\n"),
        (
            "bars",
            &["--width=25"],
            "1 █████      a\n2 ██████████ b\n\x0c\n",
        ),
    ] {
        let mut command = program(name);
        command.args(args).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        for _ in 0..3 {
            stdin.write_all(b"1 a\n2 b\n\x0c\n").unwrap();
            // The pipe stays open: this returns only if the program does not wait for more.
            let mut page = vec![0; expected.len()];
            stdout.read_exact(&mut page).unwrap();
            assert_eq!(String::from_utf8(page).unwrap(), expected);
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_terminal_without_pages() {
    for (name, args, text) in [
        ("topn", &["-n100"][..], "1 a\n".repeat(50)),
        ("bars", &["--color=never"], "1 a\n".repeat(50)),
        ("topn", &[], String::new()),
    ] {
        let found = on_terminal(80, &mut drawing(name, args), text.as_bytes());
        assert!(found == filter(name, args, text.as_bytes()), "{name}");
    }
}

#[test]
fn each_page_is_drawn_in_the_place_of_the_one_before() {
    let mut topn = OnTerminal::start(24, 80, &mut drawing("topn", &["2"]));
    for (text, before, rows) in [
        ("1 a\n3 b\n2 c\n\x0c\n", 0, &["3 b", "2 c"][..]),
        ("5 d\n\x0c\n", 2, &["5 d"]),
        ("\x0c\n", 1, &[]),
        ("7 e\n6\tf\r\n\x0c\n", 0, &["7 e", "6       f"]),
    ] {
        topn.send(text);
        assert_eq!(topn.until(END), drawn(before, rows), "{text:?}");
    }
    // The last one has no form feed behind it.
    topn.send("8 g\n");
    assert_eq!(topn.end(), (0, drawn(2, &["8 g"])));

    // If there is none, that before it stays.
    let mut bars = OnTerminal::start(24, 80, &mut drawing("bars", &["--width=25"]));
    bars.send("4 a\n2 b\n\x0c\n");
    let colored = |count, bar, blanks, line| {
        format!("{count} \x1b[36m{}\x1b[0m{blanks} {line}", "█".repeat(bar))
    };
    let rows = [colored(4, 10, "", "a"), colored(2, 5, "     ", "b")];
    assert_eq!(bars.until(END), drawn(0, &[&rows[0], &rows[1]]));
    assert_eq!(bars.end(), (0, String::new()));
}

#[test]
fn rows_are_as_wide_as_the_terminal() {
    let long = format!("12 {}", "日本x".repeat(100));
    for (columns, shown) in [(20, 3), (80, 15), (200, 39)] {
        let mut topn = OnTerminal::start(24, columns, &mut drawing("topn", &[]));
        topn.send(format!("{long}\n1 a\n\x0c\n"));
        // The next character has two columns, for which there is no room before the mark.
        let cut = format!("12 {}…", "日本x".repeat(shown));
        assert_eq!(topn.until(END), drawn(0, &[&cut, "1 a"]), "{columns}");
        assert_eq!(topn.end().0, 0);

        let bar = usize::from(columns * 2 / 5).max(10);
        let mut bars = OnTerminal::start(24, columns, &mut drawing("bars", &["--color=never"]));
        bars.send(format!("7 {}\n\x0c\n", "x".repeat(300)));
        let label = "x".repeat(usize::from(columns) - bar - 4);
        let row = format!("\x1b[K7 {} {label}…\r\n", "█".repeat(bar));
        assert_eq!(bars.until(END), drawn_after(0, &row));
        assert_eq!(bars.end().0, 0);
    }
    // A chart that is wider than the terminal.
    let mut bars = OnTerminal::start(24, 20, &mut drawing("bars", &["--width=50"]));
    bars.send("7 a\n\x0c\n");
    let row = format!("\x1b[K7 \x1b[36m{}…\x1b[0m\r\n", "█".repeat(17));
    assert_eq!(bars.until(END), drawn_after(0, &row));
}

#[test]
fn what_a_terminal_would_execute_is_escaped_in_pages() {
    let text = b"2 a\x1b[2J\xff\n1 b\x0c\n\x0c\n";
    let mut topn = OnTerminal::start(24, 80, &mut drawing("topn", &[]));
    topn.send(text);
    let rows = ["2 a\\u{1b}[2J\\xff", "1 b\\u{c}"];
    assert_eq!(topn.until(END), drawn(0, &rows));
    let mut raw = OnTerminal::start(24, 80, &mut drawing("topn", &["--raw"]));
    raw.send("2 a\x1b[1mb\x1b[0m\n\x0c\n");
    assert_eq!(raw.until(END), drawn(0, &["2 a\x1b[1mb\x1b[0m"]));
}

#[test]
fn the_size_is_read_at_each_page() {
    let page = format!("1 {}\n\x0c\n", "x".repeat(100));
    let row = |columns: usize| {
        let bar = "█".repeat((columns * 2 / 5).max(10));
        let label = "x".repeat(columns - bar.chars().count() - 4);
        format!("\x1b[K1 {bar} {label}…\r\n")
    };
    let mut bars = OnTerminal::start(24, 80, &mut drawing("bars", &["--color=never"]));
    bars.send(&page);
    assert_eq!(bars.until(END), drawn_after(0, &row(80)));
    // A wider terminal shows the same rows.
    bars.resize(24, 90);
    bars.send(&page);
    assert_eq!(bars.until(END), drawn_after(1, &row(90)));
    // A narrower one has divided or cut them.
    bars.resize(24, 30);
    bars.send(&page);
    assert_eq!(
        bars.until(END),
        drawn_after(0, &format!("\x1b[H{}", row(30)))
    );
    bars.send(&page);
    assert_eq!(bars.until(END), drawn_after(1, &row(30)));
    assert_eq!(bars.end(), (0, String::new()));
}

#[test]
fn a_page_that_is_higher_than_the_terminal() {
    let page: String = (1..=8).map(|n| format!("{n}\n")).collect();
    let mut topn = OnTerminal::start(5, 20, &mut drawing("topn", &[]));
    topn.send(format!("{page}\x0c\n"));
    let rows = ["8", "7", "6", "… 5 more"];
    assert_eq!(topn.until(END), drawn(0, &rows));
    topn.resize(8, 20);
    topn.send(format!("{page}\x0c\n"));
    let rows = ["8", "7", "6", "5", "4", "3", "… 2 more"];
    assert_eq!(topn.until(END), drawn(4, &rows));
    topn.resize(9, 20);
    topn.send(&page);
    let rows = ["8", "7", "6", "5", "4", "3", "2", "1"];
    assert_eq!(topn.end(), (0, drawn(7, &rows)));
}

/// The last page stays, and the cursor is below it, since nothing is written after it.
#[test]
fn signals_end_a_view() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        for name in ["topn", "bars"] {
            let mut view = OnTerminal::start(24, 80, &mut drawing(name, &[]));
            // More than a page has been read, and a part of the next one.
            view.send("1 a\n\x0c\n2 b\n");
            assert!(view.until(END).contains("\x1b[K\r\n"));
            view.signal(signal);
            assert_eq!(view.end(), (status, String::new()), "{name}");
        }
    }
}

/// A page of a megabyte, of which a terminal has some kilobytes before it is read: its lines, and a
/// view of it that has begun to write it. A part of the next page has been sent.
fn begun_page(command: &str) -> (String, OnTerminal) {
    let line = format!("1 {}", "x".repeat(900));
    let mut view = OnTerminal::start(1000, 1000, shell(command).env("TERM", "xterm"));
    view.send(format!("{}\x0c\n2 b\n", format!("{line}\n").repeat(999)));
    assert_eq!(view.until(BEGIN), BEGIN);
    (line, view)
}

/// A signal during a write that waits for the terminal. With a small stack the program runs in a second
/// thread, which must get the signal.
#[test]
fn a_signal_ends_a_view_when_the_page_is_whole() {
    for command in ["exec topn -n 999", "ulimit -s 256; exec topn -n 999"] {
        for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let (line, mut view) = begun_page(command);
            view.signal(signal);
            let page = view.until(END);
            assert_eq!(page, drawn(0, &vec![&line[..]; 999])[BEGIN.len()..]);
            assert_eq!(view.end(), (status, String::new()), "{command}");
        }
    }
}

/// A terminal that reads no more.
#[test]
fn a_signal_ends_a_view_in_the_middle_of_a_page_if_nothing_moves() {
    for command in ["exec topn -n 999", "ulimit -s 256; exec topn -n 999"] {
        let (line, mut view) = begun_page(command);
        view.signal(Signal::TERM);
        view.until_ended();
        let (status, begun) = view.end();
        assert_eq!(status, 143, "{command}");
        assert!(drawn(0, &vec![&line[..]; 999])[BEGIN.len()..].starts_with(&begun));
    }
}

/// Ctrl-S, and Ctrl-Q after some time.
#[test]
fn a_signal_ends_a_view_on_a_terminal_that_is_stopped() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        for name in ["topn", "bars"] {
            let mut view = OnTerminal::start(24, 80, &mut drawing(name, &[]));
            view.send("1 a\n\x0c\n");
            view.until(END);
            view.stop(true);
            view.send("2 b\n\x0c\n");
            view.until_all_is_read();
            view.signal(signal);
            view.until_ended();
            view.stop(false);
            assert_eq!(view.end(), (status, String::new()), "{name}");
        }
    }
    // Without a signal it continues.
    let mut view = OnTerminal::start(24, 80, &mut drawing("topn", &[]));
    view.stop(true);
    view.send("1 a\n\x0c\n");
    view.until_all_is_read();
    // The size is that of the time when it continues.
    view.resize(24, 3);
    view.stop(false);
    assert_eq!(view.until(END), drawn_after(0, "\x1b[K1 a\r\n"));
    assert_eq!(view.end(), (0, String::new()));
}

/// `alarm`, the timer that `topn` has been started with, continues between pages.
#[test]
fn an_alarm_ends_a_view() {
    let mut command = shell("exec perl -e 'alarm 1; exec @ARGV' topn");
    let mut view = OnTerminal::start(24, 80, command.env("TERM", "xterm"));
    view.send("1 a\n\x0c\n2 b\n");
    view.until_ended();
    assert_eq!(view.end().0, 142);
}

/// In the background of the terminal's shell only the last page is drawn. The shell leads a
/// session, so the terminal that it opens controls it.
#[test]
fn a_view_in_the_background() {
    for (text, page) in [
        ("1 a\n\x0c\n2 b\n\x0c\n3 c\n", "3 c"),
        ("1 a\n\x0c\n2 b\n\x0c\n", "2 b"),
    ] {
        let mut command = shell(
            "exec setsid --wait bash -c 'exec 4<>/dev/fd/1; set -m; topn 1 & wait %1' 2>/dev/null",
        );
        let mut view = OnTerminal::start(24, 80, command.env("TERM", "xterm"));
        view.send(text);
        assert_eq!(view.end(), (0, drawn(0, &[page])));
    }
}

/// With `stty tostop` the last page stops a program in the background. `kill` ends it all the same, and
/// `fg` has it write the page.
#[test]
fn a_view_that_stops_in_the_background() {
    let kill = "kill %1; timeout 50 tail -s 0.1 --pid=$! -f /dev/null || kill -9 %1; wait $!";
    for (then, status, page) in [
        (kill, 143, String::new()),
        ("fg >/dev/null", 0, drawn(0, &["2 b"])),
    ] {
        // The standard error of bash must be the terminal for `fg`. It reports jobs there.
        let jobs = format!("set -m; topn 1 & wait %1; {then}");
        let opens = "exec 4<>/dev/fd/1; stty tostop <&4; exec bash -c \"$0\"";
        let line = format!("exec setsid --wait bash -c '{opens}' '{jobs}' 2>&1");
        let mut view = OnTerminal::start(24, 80, shell(&line).env("TERM", "xterm"));
        view.send("1 a\n\x0c\n2 b\n");
        let (found, seen) = view.end();
        let pages = seen.find(BEGIN).map_or("", |start| &seen[start..]);
        assert_eq!((found, pages), (status, &page[..]), "{then}");
    }
}

/// Only the last program of a pipeline draws.
#[test]
fn a_pipeline_on_a_terminal() {
    let mut command = shell("topn 2 | bars --color=never --width=25");
    let mut view = OnTerminal::start(24, 80, command.env("TERM", "xterm"));
    view.send("1 a\n4 b\n2 c\n\x0c\n");
    let rows = ["4 ██████████ b", "2 █████      c"];
    assert_eq!(view.until(END), drawn(0, &rows));
    view.send("3 d\n\x0c\n5 e\n");
    assert_eq!(view.until(END), drawn(2, &["3 ██████████ d"]));
    view.signal(Signal::INT);
    assert_eq!(view.end(), (130, String::new()));
}

/// After a stop (Ctrl-Z, fg) the shell's lines are below the last page.
#[test]
fn a_view_that_is_continued_begins_below() {
    let mut view = OnTerminal::start(24, 80, &mut drawing("topn", &[]));
    view.send("1 a\n\x0c\n");
    assert_eq!(view.until(END), drawn(0, &["1 a"]));
    view.signal(Signal::STOP);
    view.signal(Signal::CONT);
    view.send("2 b\n\x0c\n");
    assert_eq!(view.until(END), drawn(0, &["2 b"]));
    view.send("3 c\n\x0c\n");
    assert_eq!(view.until(END), drawn(1, &["3 c"]));
    assert_eq!(view.end(), (0, String::new()));
}

/// A terminal that only shows lines gets all pages, one after the other.
#[test]
fn a_dumb_terminal() {
    let mut command = drawing("topn", &["1"]);
    command.env("TERM", "dumb");
    let found = on_terminal(80, &mut command, b"1 a\n\x0c\n2 b\n");
    assert_eq!(String::from_utf8(found).unwrap(), "1 a\n\\u{c}\n2 b\n");
}

/// To the other filters it is a part of a text.
#[test]
fn a_form_feed_is_a_line_to_other_filters() {
    let text = "A\n\x0c\nB\n";
    assert_eq!(piped("lower", &[], text), "a\n\x0c\nb\n");
    assert_eq!(piped("field", &["-d,", "1"], text), text);
    assert_eq!(piped("words", &[], text), "A\nB\n");
    assert_eq!(piped("count", &[], text), "1 \x0c\n1 A\n1 B\n");
    assert_eq!(piped("lengths", &[], text), "1\n1\n1\n");
}

//! The contract, for every program.
//!
//! The programs are found in `src/bin`, so a new one is in it without being
//! added. What differs between them is only how a text must be dressed for a
//! program to take it, in [`dressed`].

use crate::process::{
    Ran, argument, file, on_terminal, programs, repository, run, shell, terminal,
};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// The names of all programs.
fn all() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository("src/bin"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_string()
        })
        .filter(|name| {
            cfg!(feature = "net") || !["fetch", "linkcheck", "warc"].contains(&&name[..])
        })
        .collect();
    names.sort();
    names
}

/// Programs that are no filters: what they read or write is no text that passes
/// through, or they run other programs.
const COMMANDS: [&str; 4] = ["converse", "linkcheck", "memo", "sieve"];

/// The names of the filters.
fn filters() -> Vec<String> {
    let mut names = all();
    names.retain(|name| !COMMANDS.contains(&&name[..]));
    names
}

/// The arguments that a program needs before it reads a text.
fn arguments(name: &str) -> &'static [&'static str] {
    match name {
        // All of each line: there is no such byte in the texts.
        "field" => &["-d~", "1"],
        "ngrams" => &["1"],
        "stem" => &["english"],
        _ => &[],
    }
}

/// A program with the arguments that it needs.
fn program(name: &str) -> Command {
    let mut command = crate::process::program(name);
    command.args(arguments(name));
    command
}

/// The same in a line of shell.
fn called(name: &str) -> String {
    [&[name], arguments(name)].concat().join(" ")
}

/// What a program calls the file at this path, or what it is to read there.
fn operand(name: &str, path: &str) -> String {
    match name {
        "fetch" => format!("file://{path}"),
        _ => path.to_string(),
    }
}

/// Bytes made into input of a program, and what keeps a file behind it alive.
fn dressed(name: &str, text: &[u8]) -> (Vec<u8>, Option<tempfile::NamedTempFile>) {
    match name {
        // Each line needs a count.
        "bars" | "topn" => {
            let lines = text.split_inclusive(|&byte| byte == b'\n');
            (
                lines.flat_map(|line| [b"7 ", line].concat()).collect(),
                None,
            )
        }
        // Each line is a line of the page, too.
        "untag" => {
            let lines = text.split_inclusive(|&byte| byte == b'\n');
            let ended = |line: &[u8]| match line.strip_suffix(b"\n") {
                Some(line) => [line, b"<br>"].concat(),
                None => line.to_vec(),
            };
            (lines.flat_map(ended).collect(), None)
        }
        // Each line is a link, or several: there are longer lines than URLs.
        "links" => {
            let lines = text.split(|&byte| byte == b'\n');
            let links = lines.flat_map(|line| line.chunks(1 << 20));
            let link = |link| [&b"<a href=\"http://host/"[..], link, b"\">\n"].concat();
            (links.flat_map(link).collect(), None)
        }
        // Each line is a number, with as many blanks before it as there were bytes.
        "mean" => {
            let mut numbers = Vec::new();
            for line in text.split_inclusive(|&byte| byte == b'\n') {
                let bytes = line.strip_suffix(b"\n").unwrap_or(line).len();
                numbers.resize(numbers.len() + bytes, b' ');
                numbers.push(b'7');
                numbers.extend_from_slice(&line[bytes..]);
            }
            (numbers, None)
        }
        // It reads archives.
        "warc" if !text.is_empty() => {
            let head = "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://host/\r\n";
            let fields = format!(
                "Content-Type: text/html; charset=utf-8\r\nContent-Length: {}",
                text.len()
            );
            let head = format!("{head}{fields}\r\n\r\n").into_bytes();
            ([&head, text, b"\r\n\r\n"].concat(), None)
        }
        // It reads URLs.
        "fetch" if !text.is_empty() => {
            let body = file(text);
            (
                format!("{}\n", operand(name, argument(body.path()))).into_bytes(),
                Some(body),
            )
        }
        _ => (text.to_vec(), None),
    }
}

/// Runs a program on a text.
fn fed(name: &str, text: &[u8]) -> Ran {
    let (input, _body) = dressed(name, text);
    run(&mut program(name), &input)
}

/// The standard error holds one line, and it begins with the program's name.
fn assert_one_line(name: &str, stderr: &str) {
    assert!(
        stderr.starts_with(&format!("{name}: ")),
        "{name}: {stderr:?}"
    );
    assert_eq!(stderr.matches('\n').count(), 1, "{name}: {stderr:?}");
    assert!(stderr.ends_with('\n'), "{name}: {stderr:?}");
}

/// Programs that add up: all or nothing.
fn adds_up(name: &str) -> bool {
    ["bars", "count", "topn", "mean"].contains(&name)
}

/// Programs that pass a text through, and add no end to its last line.
fn passes_through(name: &str) -> bool {
    ["fetch", "lower"].contains(&name)
}

#[test]
fn every_program_is_built() {
    assert!(all().len() >= 5);
    for name in all() {
        assert!(
            programs().join(&name).exists(),
            "{name} is in src/bin but is not built"
        );
        // Tests of a program are in the library: scripts/test runs none of src/bin.
        let source = std::fs::read_to_string(repository(&format!("src/bin/{name}.rs")));
        assert!(!source.unwrap().contains("#[test]"), "{name}");
    }
    // None is elsewhere, where it would not be found.
    let manifest = std::fs::read_to_string(repository("Cargo.toml")).unwrap();
    for section in manifest.split("[[bin]]").skip(1) {
        let section = section.split("\n[").next().unwrap();
        let name = section.split("name = \"").nth(1).unwrap();
        let name = name.split('"').next().unwrap();
        assert!(repository(&format!("src/bin/{name}.rs")).exists(), "{name}");
        assert!(!section.contains("path"), "{name}");
    }
    assert!(!repository("src/main.rs").exists());
}

#[test]
fn no_input_is_no_output() {
    // Programs that run other programs need a command.
    let told = |name: &String| !["converse", "memo"].contains(&&name[..]);
    for name in all().into_iter().filter(told) {
        let ran = fed(&name, b"");
        let (status, stderr) = match &name[..] {
            "mean" => (1, "mean: total: no numbers, so no mean\n"),
            _ => (0, ""),
        };
        assert_eq!(
            (ran.status, &ran.stdout[..], &ran.stderr[..]),
            (status, &b""[..], stderr),
            "{name}"
        );
    }
}

#[test]
fn a_last_line_without_an_end_counts() {
    for name in filters() {
        let (with, without) = (fed(&name, b"Ab Cd\n"), fed(&name, b"Ab Cd"));
        assert_eq!((without.status, &without.stderr[..]), (0, ""), "{name}");
        let text = |ran: Ran| String::from_utf8(ran.stdout).unwrap();
        let (with, without) = (text(with), text(without));
        match passes_through(&name) {
            true => assert_eq!(with, format!("{without}\n"), "{name}"),
            false => assert_eq!(with, without, "{name}"),
        }
        assert!(with.len() > 1 && with.ends_with('\n'), "{name}");
    }
}

#[test]
fn invalid_bytes_and_nuls_stop_nothing() {
    let odd = b"A\xFFb\xC3\n\xE2\x82C\n\x80";
    let nul = b"A\0b\n\0\0\nC";
    for name in filters() {
        let expected: Option<[&[u8]; 2]> = match &name[..] {
            "capwords" => Some([b"A\nC\n", b"A\nC\n"]),
            "words" => Some([b"A\nb\nC\n", b"A\nb\nC\n"]),
            "lower" => Some([b"a\xFFb\xC3\n\xE2\x82c\n\x80", b"a\0b\n\0\0\nc"]),
            "fetch" => Some([odd, nul]),
            "count" => Some([
                b"1 A\xFFb\xC3\n1 \x80\n1 \xE2\x82C\n",
                b"1 \0\0\n1 A\0b\n1 C\n",
            ]),
            "topn" => Some([
                b"7 \xE2\x82C\n7 \x80\n7 A\xFFb\xC3\n",
                b"7 C\n7 A\0b\n7 \0\0\n",
            ]),
            "untag" => Some([b"A\xFFb\xC3\n\xE2\x82C\n\x80\n", b"Ab\nC\n"]),
            "links" => Some([
                b"http://host/A%FFb%C3\nhttp://host/%E2%82C\nhttp://host/%80\n",
                b"http://host/A%EF%BF%BDb\nhttp://host/%EF%BF%BD%EF%BF%BD\nhttp://host/C\n",
            ]),
            "lengths" => Some([b"4\n3\n1\n", b"3\n2\n1\n"]),
            "field" | "ngrams" | "stem" => {
                Some([b"A\xFFb\xC3\n\xE2\x82C\n\x80\n", b"A\0b\n\0\0\nC\n"])
            }
            _ => None,
        };
        for (i, text) in [&odd[..], nul].into_iter().enumerate() {
            let ran = fed(&name, text);
            assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name}");
            match expected {
                Some(expected) => assert_eq!(
                    ran.stdout.escape_ascii().to_string(),
                    expected[i].escape_ascii().to_string(),
                    "{name}"
                ),
                None => assert!(!ran.stdout.is_empty(), "{name}"),
            }
        }
    }
}

#[test]
fn a_line_of_ten_megabytes_works_or_is_refused() {
    let mut line = vec![b'X'; 10 << 20];
    line.push(b'\n');
    for name in filters() {
        let ran = fed(&name, &line);
        // No number is that long: only here, a line is refused for its length.
        if name == "mean" {
            let shown = " ".repeat(60);
            let message = format!("mean: stdin: line 1: too long for a number: '{shown}…'\n");
            assert_eq!((ran.status, ran.stderr), (1, message));
            continue;
        }
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name}");
        match &name[..] {
            "lengths" => assert_eq!(ran.stdout, b"10485760\n"),
            _ => assert!(
                ran.stdout.len() >= line.len(),
                "{name}: {} bytes",
                ran.stdout.len()
            ),
        }
    }
}

/// Where a line is to be a number, what cannot be one is not read to its end.
#[test]
fn a_number_without_an_end_is_refused() {
    let shown = format!(": '{}…'", "1".repeat(60));
    for (name, first, out) in [("mean", "5", ""), ("sieve", "2", "2\n")] {
        let line = format!("{{ echo {first}; yes 1 | tr -d '\\n'; }} | {name}");
        let ran = run(&mut shell(&line), b"");
        let message = format!("{name}: stdin: line 2: too long for a number{shown}\n");
        let expected = (1, out.as_bytes(), &message[..]);
        assert_eq!((ran.status, &ran.stdout[..], &ran.stderr[..]), expected);
    }
}

#[test]
fn a_missing_file_and_a_directory_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for name in filters() {
        for (path, cause) in [
            ("/no/such/file", "No such file or directory"),
            (argument(folder.path()), "Is a directory"),
        ] {
            let operand = operand(&name, path);
            let ran = run(program(&name).arg(&operand), b"");
            assert_eq!((ran.status, ran.stdout.len()), (1, 0), "{name} {path}");
            assert_eq!(ran.stderr, format!("{name}: {operand}: {cause}\n"));
        }
    }
}

// case fetch-20
#[test]
fn an_output_that_is_the_input() {
    for name in filters() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"7 Words\n").unwrap();
        let operand = operand(&name, argument(file.path()));
        let refused = |input: std::process::Stdio, operand: &str, object: &str| {
            let output = std::fs::File::options().append(true).open(file.path());
            let mut command = program(&name);
            let command = command.stdin(input).stdout(output.unwrap());
            if !operand.is_empty() {
                command.arg(operand);
            }
            let ran = command
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let ran = ran.wait_with_output().unwrap();
            let expected = format!("{name}: {object}: input file is output file\n");
            assert_eq!(String::from_utf8(ran.stderr).unwrap(), expected);
            assert_eq!(ran.status.code(), Some(1));
            assert_eq!(std::fs::read(file.path()).unwrap(), b"7 Words\n", "{name}");
        };
        refused(std::process::Stdio::null(), &operand, &operand);
        let input = std::fs::File::open(file.path()).unwrap();
        refused(input.into(), "", "stdin");
    }
}

#[test]
fn an_output_ahead_of_the_input_is_refused_and_one_behind_it_is_not() {
    use std::io::Seek;
    let file = tempfile::NamedTempFile::new().unwrap();
    let ran = |start: u64| {
        std::fs::write(file.path(), b"a b\n").unwrap();
        let mut output = std::fs::File::options()
            .write(true)
            .open(file.path())
            .unwrap();
        output.seek(std::io::SeekFrom::Start(start)).unwrap();
        let input = std::fs::File::open(file.path()).unwrap();
        let status = program("words")
            .stdin(input)
            .stdout(output)
            .stderr(std::process::Stdio::null())
            .status();
        (status.unwrap().code(), std::fs::read(file.path()).unwrap())
    };
    assert_eq!(ran(0), (Some(0), b"a\nb\n".to_vec()));
    assert_eq!(ran(4), (Some(1), b"a b\n".to_vec()));
    assert_eq!(ran(1), (Some(1), b"a b\n".to_vec()));
}

// case text-11
#[test]
fn a_small_stack_is_enough() {
    for name in filters() {
        let (input, body) = dressed(&name, b"7 Ab\n");
        // The environment is on the stack, too.
        let line = format!(
            "exec env -i PATH=\"$PATH\" sh -c 'ulimit -s 16; exec {}'",
            called(&name)
        );
        let (small, usual) = (
            run(&mut shell(&line), &input),
            run(&mut program(&name), &input),
        );
        let shown = |ran: Ran| (ran.status, ran.stdout, ran.stderr);
        assert_eq!(shown(small), shown(usual), "{name}");
        drop(body);
    }
}

/// All pipes of a user share 64 MiB: 85 idle pipelines of three pipes leave some of it.
// case text-7
#[cfg(target_os = "linux")]
#[test]
fn pipes_stay_small() {
    for name in filters() {
        let mut child = program(&name)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let sizes = || {
            let input = rustix::pipe::fcntl_getpipe_size(&input).unwrap();
            (input, rustix::pipe::fcntl_getpipe_size(&output).unwrap())
        };
        // The input is opened behind the output.
        while sizes().0 == 64 << 10 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let (of_input, of_output) = sizes();
        assert!(of_input.max(of_output) <= 256 << 10, "{name}");
        drop((input, output));
        child.wait().unwrap();
    }
}

#[test]
fn after_a_missing_file_filters_continue_and_sums_print_nothing() {
    for name in filters() {
        let (input, _body) = dressed(&name, b"Ab\n");
        // A name of nothing is one more that is not there.
        for missing in [&operand(&name, "/no/such/file")[..], ""] {
            let ran = run(program(&name).args([missing, "-"]), &input);
            assert_eq!(ran.status, 1, "{name}");
            assert_one_line(&name, &ran.stderr);
            let object = if missing.is_empty() { "''" } else { missing };
            let start = format!("{name}: {object}: ");
            assert!(ran.stderr.starts_with(&start), "{:?}", ran.stderr);
            assert_eq!(ran.stdout.is_empty(), adds_up(&name), "{name}");
        }
    }
}

#[test]
fn a_name_with_control_characters_stays_on_its_line() {
    for name in filters() {
        let operand = operand(&name, "/no\nsuch\x1b[31m/\u{202e}file");
        let ran = run(program(&name).arg(operand), b"");
        assert_eq!(ran.status, 1, "{name}");
        assert_one_line(&name, &ran.stderr);
        for hidden in ['\x1b', '\u{202e}'] {
            assert!(!ran.stderr.contains(hidden), "{name}: {:?}", ran.stderr);
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported() {
    for name in filters() {
        let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
        let (input, _body) = dressed(&name, b"Ab Cd\n");
        let (mut stdin, pipe) = std::io::pipe().map(|(r, w)| (w, r)).unwrap();
        stdin.write_all(&input).unwrap();
        drop(stdin);
        let output = program(&name)
            .stdin(pipe)
            .stdout(full())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), &stderr[..]),
            (
                Some(1),
                &format!("{name}: stdout: No space left on device\n")[..]
            )
        );
        let output = program(&name)
            .arg("--help")
            .stdout(full())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{name} --help");
        assert_one_line(&name, &String::from_utf8(output.stderr).unwrap());
    }
}

#[test]
fn a_closed_output_ends_it_silently() {
    let many = b"Ab Cd Ef Gh\n".repeat(1 << 18);
    for name in filters() {
        let (input, _body) = dressed(&name, &many);
        let (input, name) = (file(&input), &name);
        // Sums of few lines are small; a closed reader must be noticed all the same.
        let line = format!(
            "{{ sleep 0.1; {} < {}; echo $? >&2; }} | true",
            called(name),
            argument(input.path())
        );
        let ran = run(&mut shell(&line), b"");
        assert_eq!(ran.stderr, "141\n", "{name}");
    }
}

#[test]
fn a_closed_stream_is_an_error() {
    for name in filters() {
        let (input, _body) = dressed(&name, b"Ab Cd\n");
        let ran = run(&mut shell(&format!("{} >&-", called(&name))), &input);
        assert_eq!(
            (ran.status, ran.stderr),
            (1, format!("{name}: stdout: Bad file descriptor\n"))
        );
        let ran = run(&mut shell(&format!("{} <&-", called(&name))), b"");
        assert_eq!(
            (ran.status, ran.stderr),
            (1, format!("{name}: stdin: Bad file descriptor\n"))
        );
    }
}

#[test]
fn wrong_usage_is_one_line_and_status_2() {
    for name in all() {
        let ran = run(program(&name).arg("--no-such-flag"), b"");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{name}");
        assert_one_line(&name, &ran.stderr);
        assert!(
            ran.stderr.contains("--no-such-flag"),
            "{name}: {:?}",
            ran.stderr
        );
    }
}

#[test]
fn a_flag_may_be_given_twice() {
    for (name, flag) in [("words", "--ascii"), ("lower", "--nfc"), ("count", "-z")] {
        let ran = run(program(name).args([flag, flag]), b"");
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name} {flag}");
    }
}

#[test]
fn help_has_usage_order_and_cost() {
    for name in all() {
        let ran = run(program(&name).arg("--help"), b"");
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name}");
        let help = String::from_utf8(ran.stdout).unwrap();
        for part in [
            &format!("Usage: {name} ")[..],
            "\nExample",
            "Order of output: ",
            "Cost: ",
            "--version",
        ] {
            assert!(help.contains(part), "{name} --help lacks {part:?}:\n{help}");
        }
        let fits = |line: &str| line.chars().count() <= 80;
        assert!(help.lines().all(fits), "{name} --help is wide:\n{help}");
        let ran = run(program(&name).arg("--version"), b"");
        // case text-10
        let unicode = textmill::text::unicode::VERSION;
        let data = match &name[..] {
            "stem" => format!(", {}", textmill::text::stem::VERSION),
            "capwords" | "words" => format!(", {}", textmill::text::natural::VERSION),
            _ => String::new(),
        };
        let version = format!(
            "{name} (textmill) {}, Unicode {unicode}{data}\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(
            (ran.status, String::from_utf8(ran.stdout).unwrap()),
            (0, version)
        );
    }
}

#[test]
fn short_help_fits_a_screen() {
    for name in all() {
        let ran = run(program(&name).arg("-h"), b"");
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name}");
        let help = String::from_utf8(ran.stdout).unwrap();
        for part in [
            &format!("Usage: {name} ")[..],
            "\nOptions:\n",
            "\nExample:\n  ",
        ] {
            assert_eq!(
                help.matches(part).count(),
                1,
                "{name} -h, {part:?}:\n{help}"
            );
        }
        // A screen has 24 lines, the last of which is the next prompt.
        assert!(help.lines().count() < 24, "{name} -h is long:\n{help}");
        assert!(
            help.lines().all(|line| line.chars().count() <= 80),
            "{help}"
        );
    }
}

#[test]
fn help_is_as_wide_as_the_terminal() {
    for columns in [40, 80, 133] {
        let (terminal, reader) = terminal(columns);
        let mut child = program("count")
            .arg("--help")
            .stdout(terminal.try_clone().unwrap())
            .spawn()
            .unwrap();
        drop(terminal);
        assert!(child.wait().unwrap().success());
        let help = String::from_utf8(reader.join().unwrap()).unwrap();
        let longest = help
            .lines()
            .map(|line| line.trim_end().chars().count())
            .max();
        let longest = longest.unwrap();
        let columns: usize = columns.into();
        assert!(
            (columns - 15..=columns).contains(&longest),
            "{columns}: {longest}\n{help}"
        );
    }
}

/// The programs that have no `--raw`: they write numbers, or escape everywhere.
const NEVER_RAW: [&str; 3] = ["bars", "lengths", "mean"];

#[test]
fn a_terminal_gets_escapes_and_a_pipe_the_bytes() {
    let text = b"7 Ab\x1b[31m\xff\tcd\xc2\x9b\xe2\x80\xaeEf\x7f\xe2\r\n7 Gh\rI\xe2\x81\xa6\n";
    let escaped = "7 Ab\\u{1b}[31m\\xff\tcd\\u{9b}\\u{202e}Ef\\u{7f}\\xe2\r\n7 Gh\\rI\\u{2066}\n";
    for name in filters() {
        let (input, _body) = dressed(&name, text);
        let shown = on_terminal(1000, &mut program(&name), &input);
        let shown = String::from_utf8(shown).unwrap();
        let is_executed = |c: char| match c {
            '\t' | '\n' | '\r' => false,
            // The color of bars.
            '\x1b' => name != "bars",
            c => c.is_control() || "\u{202e}\u{2066}".contains(c),
        };
        assert!(!shown.contains(is_executed), "{name}: {shown:?}");
        assert!(
            !shown.replace("\r\n", "\n").contains('\r'),
            "{name}: {shown:?}"
        );
        let ran = run(&mut program(&name), &input);
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        match &name[..] {
            "field" | "fetch" => {
                assert_eq!(shown, escaped, "{name}");
                assert_eq!(ran.stdout, text, "{name}");
            }
            "lower" => assert_eq!(shown, escaped.to_lowercase()),
            "count" => assert_eq!(shown, escaped.replace("7 ", "1 7 ")),
            "topn" => {
                let lines = escaped.split_inclusive('\n').rev();
                let expected: String = lines.map(|line| format!("7 {line}")).collect();
                assert_eq!(shown, expected);
            }
            _ => assert!(!shown.is_empty(), "{name}"),
        }
        let raw = |command: &mut Command| {
            command.arg("--raw");
            on_terminal(1000, command, &input)
        };
        match NEVER_RAW.contains(&&name[..]) {
            true => assert_eq!(run(program(&name).arg("--raw"), b"").status, 2, "{name}"),
            false => assert!(raw(&mut program(&name)) == ran.stdout, "{name}"),
        }
    }
}

/// With -z, a NUL ends a line.
#[test]
fn a_terminal_gets_the_ends_of_lines() {
    for (name, args, text, shown) in [
        ("count", &["-z"][..], &b"a\x1b\nb\0"[..], "1 a\\u{1b}\nb\0"),
        ("topn", &["-z"], b"1 a\x1b\nb\0", "1 a\\u{1b}\nb\0"),
        ("field", &["-z", "1,2"], b"a\x1b b", "a\\u{1b}\tb\0"),
        ("count", &[], b"a\0b\n", "1 a\\0b\n"),
        ("words", &["-e", ".+"], b"a\x07\tb", "a\\u{7}\tb\n"),
    ] {
        let mut command = crate::process::program(name);
        let found = on_terminal(80, command.args(args), text);
        assert_eq!(String::from_utf8(found).unwrap(), shown, "{name} {args:?}");
    }
}

#[test]
#[cfg(feature = "net")]
fn a_program_without_operands_does_not_wait_for_the_keyboard() {
    for name in ["fetch", "linkcheck"] {
        let (terminal, _) = terminal(80);
        let output = program(name).stdin(terminal).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        let usage = format!("{name}: no URL; usage: {name} [OPTIONS] URL... (see {name} --help)\n");
        assert_eq!(stderr, usage);
    }
}

#[test]
fn progress_is_for_terminals_only() {
    for name in filters() {
        let (input, _body) = dressed(&name, b"Ab\n");
        for option in ["-q", "--quiet", "--progress"] {
            // It is --quoted there.
            if (&name[..], option) == ("field", "-q") {
                continue;
            }
            let ran = run(program(&name).arg(option), &input);
            assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name} {option}");
        }
    }
}

#[test]
fn long_options_can_be_abbreviated() {
    for (name, option, input, output) in [
        ("count", "--uns", "a\n", "1 a\n"),
        ("count", "--merg", "2 a\n3 a\n", "5 a\n"),
        ("words", "--reg=a+", "baab", "aa\n"),
    ] {
        let ran = run(program(name).arg(option), input.as_bytes());
        assert_eq!(
            (ran.status, &ran.stdout[..], &ran.stderr[..]),
            (0, output.as_bytes(), "")
        );
    }
}

#[test]
fn wrong_usage_suggests_what_to_type() {
    for (name, option, cause) in [
        (
            "count",
            "--mrege",
            "unexpected argument '--mrege' found; did you mean '--merge'?",
        ),
        (
            "count",
            "--ver",
            "option '--ver' is ambiguous; possibilities: '--verbose' '--version'",
        ),
        (
            "lower",
            "--nfd",
            "unexpected argument '--nfd' found; did you mean '--nfc'?",
        ),
    ] {
        let ran = run(program(name).arg(option), b"");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{name} {option}");
        assert_one_line(name, &ran.stderr);
        assert!(ran.stderr.contains(cause), "{}", ran.stderr);
    }
}

#[test]
fn no_locale_changes_the_output() {
    let text = "Ab ÉÀ ΟΔΟΣ IİI\nb\nA\n".as_bytes();
    for name in filters() {
        let plain = fed(&name, text);
        for locale in ["C", "tr_TR.UTF-8", "de_DE.ISO-8859-1"] {
            let (input, _body) = dressed(&name, text);
            let ran = run(
                program(&name).env("LC_ALL", locale).env("LANG", locale),
                &input,
            );
            assert_eq!(
                (ran.status, ran.stdout),
                (0, plain.stdout.clone()),
                "{name} in {locale}"
            );
        }
    }
}

#[test]
fn what_came_is_written_before_more_is_awaited() {
    let plain = filters().into_iter().map(|name| (name, &[][..]));
    let with_options = [
        ("lower", &["--nfc"][..]),
        ("lower", &["--fold"]),
        ("lower", &["--fold", "--nfc"]),
        ("lower", &["--nfkc"]),
        ("lower", &["--no-marks"]),
        ("lower", &["--ascii"]),
        ("words", &["--ascii"]),
        ("words", &["-e", r"\w+"]),
        ("links", &["--all", "--fragments", "--schemes"]),
    ];
    let with_options = with_options.map(|(name, options)| (name.to_string(), options));
    for (name, options) in plain.filter(|(name, _)| !adds_up(name)).chain(with_options) {
        let (input, _body) = dressed(&name, b"Ab Cd\n");
        let mut child = program(&name)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&input).unwrap();
        // The pipe stays open: this returns only if the program does not wait for more.
        let expected = run(program(&name).args(options), &input).stdout;
        assert!(expected.len() >= 2, "{name} {options:?}");
        let mut first = vec![0; expected.len()];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(first, expected, "{name} {options:?}");
        drop(stdin);
        child.wait().unwrap();
    }
}

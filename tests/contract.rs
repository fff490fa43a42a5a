//! The contract, held against every program there is.
//!
//! The programs are found in `src/bin`, so a new one is in it without being
//! added. What differs between them is only how a text must be dressed for a
//! program to take it, in [`dressed`].

use crate::process::{Ran, argument, file, program, programs, repository, run, shell};
use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

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
        .filter(|name| cfg!(feature = "net") || name != "fetch")
        .collect();
    names.sort();
    names
}

/// Bytes made into input of a program, and what keeps a file behind it alive.
fn dressed(name: &str, text: &[u8]) -> (Vec<u8>, Option<tempfile::NamedTempFile>) {
    match name {
        // Each line needs a count.
        "topn" => {
            let lines = text.split_inclusive(|&byte| byte == b'\n');
            (
                lines.flat_map(|line| [b"7 ", line].concat()).collect(),
                None,
            )
        }
        // It reads URLs.
        "fetch" if !text.is_empty() => {
            let body = file(text);
            (
                format!("file://{}\n", argument(body.path())).into_bytes(),
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
    ["count", "topn", "mean"].contains(&name)
}

#[test]
fn every_program_is_built() {
    assert!(all().len() >= 5);
    for name in all() {
        assert!(
            programs().join(&name).exists(),
            "{name} is in src/bin but is not built"
        );
    }
}

#[test]
fn no_input_is_no_output() {
    for name in all() {
        let ran = fed(&name, b"");
        assert_eq!(
            (ran.status, &ran.stdout[..], &ran.stderr[..]),
            (0, &b""[..], ""),
            "{name}"
        );
    }
}

#[test]
fn a_last_line_without_an_end_counts() {
    for name in all() {
        let (with, without) = (fed(&name, b"Ab Cd\n"), fed(&name, b"Ab Cd"));
        assert_eq!((without.status, &without.stderr[..]), (0, ""), "{name}");
        let text = |ran: &Ran| String::from_utf8(ran.stdout.clone()).unwrap();
        assert!(!with.stdout.is_empty(), "{name}");
        assert_eq!(text(&with).trim_end(), text(&without).trim_end(), "{name}");
    }
}

#[test]
fn invalid_bytes_and_nuls_stop_nothing() {
    for name in all() {
        for text in [&b"A\xFFB\xC3\n\xE2\x82\n\x80"[..], b"A\0B\n\0\0\nC"] {
            let ran = fed(&name, text);
            assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name}");
            assert!(
                ran.stdout.contains(&b'A') || ran.stdout.contains(&b'a'),
                "{name}"
            );
        }
    }
}

#[test]
fn a_line_of_ten_megabytes_works() {
    let mut line = vec![b'X'; 10 << 20];
    line.push(b'\n');
    for name in all() {
        let ran = fed(&name, &line);
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name}");
        assert!(
            ran.stdout.len() >= line.len(),
            "{name}: {} bytes",
            ran.stdout.len()
        );
    }
}

#[test]
fn a_missing_file_and_a_directory_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for name in all() {
        for path in ["/no/such/file", argument(folder.path())] {
            let ran = run(program(&name).arg(path), b"");
            assert_eq!((ran.status, ran.stdout.len()), (1, 0), "{name} {path}");
            assert_one_line(&name, &ran.stderr);
            assert!(ran.stderr.contains(path), "{name}: {:?}", ran.stderr);
        }
    }
}

#[test]
fn after_a_missing_file_filters_go_on_and_sums_say_nothing() {
    for name in all() {
        let (input, _body) = dressed(&name, b"Ab\n");
        let ran = run(program(&name).args(["/no/such/file", "-"]), &input);
        assert_eq!(ran.status, 1, "{name}");
        assert_one_line(&name, &ran.stderr);
        assert_eq!(ran.stdout.is_empty(), adds_up(&name), "{name}");
    }
}

#[test]
fn a_name_with_control_characters_stays_on_its_line() {
    for name in all() {
        let ran = run(program(&name).arg("/no\nsuch\x1b[31m/file"), b"");
        assert_eq!(ran.status, 1, "{name}");
        assert_one_line(&name, &ran.stderr);
        assert!(!ran.stderr.contains('\x1b'), "{name}: {:?}", ran.stderr);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said() {
    for name in all() {
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
fn a_reader_who_leaves_ends_it_silently() {
    let many = b"Ab Cd Ef Gh\n".repeat(1 << 18);
    for name in all() {
        let (input, _body) = dressed(&name, &many);
        let (input, name) = (file(&input), &name);
        // Sums of few lines are small; a closed reader must be noticed all the same.
        let line = format!(
            "{{ sleep 0.1; {name} < {}; echo $? >&2; }} | true",
            argument(input.path())
        );
        let ran = run(&mut shell(&line), b"");
        assert_eq!(ran.stderr, "141\n", "{name}");
    }
}

#[test]
fn a_closed_stream_is_an_error() {
    for name in all() {
        let (input, _body) = dressed(&name, b"Ab Cd\n");
        let ran = run(&mut shell(&format!("{name} >&-")), &input);
        assert_eq!(
            (ran.status, ran.stderr),
            (1, format!("{name}: stdout: Bad file descriptor\n"))
        );
        let ran = run(&mut shell(&format!("{name} <&-")), b"");
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
fn help_tells_use_order_and_cost() {
    for name in all() {
        let ran = run(program(&name).arg("--help"), b"");
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name}");
        let help = String::from_utf8(ran.stdout).unwrap();
        for part in [
            &format!("Usage: {name} ")[..],
            "Example:\n",
            "Order of output: ",
            "Cost: ",
            "--version",
        ] {
            assert!(help.contains(part), "{name} --help lacks {part:?}:\n{help}");
        }
        let ran = run(program(&name).arg("--version"), b"");
        let version = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            (ran.status, String::from_utf8(ran.stdout).unwrap()),
            (0, version)
        );
    }
}

#[test]
fn no_locale_changes_the_output() {
    let text = "Ab ÉÀ ΟΔΟΣ IİI\nb\nA\n".as_bytes();
    for name in all() {
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
    for name in all().into_iter().filter(|name| !adds_up(name)) {
        let (input, _body) = dressed(&name, b"Ab Cd\n");
        let mut child = program(&name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&input).unwrap();
        // The pipe stays open: this returns only if the program does not wait for more.
        let mut first = [0; 2];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(first.to_ascii_lowercase(), *b"ab", "{name}");
        drop(stdin);
        child.wait().unwrap();
    }
}

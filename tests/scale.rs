//! Text on many processors and machines: `scripts/wordfreq-parallel`, and what
//! of `scripts/wordfreq-spark` needs no Spark (`scripts/test-spark` is the rest).
//!
//! Where GNU parallel or Python are not installed, nothing is tested here; in
//! continuous integration they must be there.

use crate::process::{
    Ran, argument, classic, file, installed, mixed_text, programs, repository, run, shell,
};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

fn parallel_is_installed() -> bool {
    installed("parallel", "GNU parallel")
}

/// The script, with the programs of a folder and small parts.
fn script(arguments: &[&str], programs: &Path) -> Command {
    let mut script = shell(r#"exec "$0" --block 100K "$@""#);
    script
        .arg(repository("scripts/wordfreq-parallel"))
        .args(arguments)
        .env("TEXTMILL_BIN", programs);
    script
}

fn wordfreq_parallel(arguments: &[&str], stdin: &[u8]) -> Ran {
    run(&mut script(arguments, programs()), stdin)
}

/// What the pipeline of one machine prints for some texts.
fn pipeline(texts: &[&[u8]], line: &str) -> String {
    // As files they would not run into each other.
    String::from_utf8(classic(line, &texts.join(&b'\n'))).unwrap()
}

fn assert_answer(ran: &Ran, answer: &str) {
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    assert_eq!(String::from_utf8_lossy(&ran.stdout), answer);
}

#[test]
fn parallel_gives_the_answer_of_one_process() {
    if !parallel_is_installed() {
        return;
    }
    let text = mixed_text(1 << 20);
    let answer = pipeline(&[&text], "capwords | lower | count | topn");
    let large = file(&text);
    let path = argument(large.path());
    assert_answer(&wordfreq_parallel(&[path], b""), &answer);
    assert_answer(&wordfreq_parallel(&[], &text), &answer);
    assert_answer(&wordfreq_parallel(&["--sshlogin", ":", path], b""), &answer);
    let answer = pipeline(&[&text, &text], "words | lower | count | topn 1000");
    let ran = wordfreq_parallel(&["--words", "-j", "3", "-n", "1000", path, path], b"");
    assert_answer(&ran, &answer);
}

#[test]
fn parallel_takes_a_compressed_file_as_one_part() {
    if !parallel_is_installed() || !installed("zstd", "Zstandard") {
        return;
    }
    let text = mixed_text(1 << 20);
    let answer = pipeline(&[&text, &text, &text], "capwords | lower | count | topn");
    let plain = file(&text);
    let bytes = classic("gzip -c", &text);
    let gzip = file(&bytes);
    let zstd = file(&classic("zstd -qc", &text));
    let paths = [&gzip, &plain, &zstd].map(|file| argument(file.path()));
    assert_answer(&wordfreq_parallel(&paths, b""), &answer);
    let cut = file(&bytes[..5000]);
    let ran = wordfreq_parallel(&[paths[1], argument(cut.path())], b"");
    assert_eq!((ran.status, ran.stdout.len()), (1, 0));
    assert!(ran.stderr.contains("truncated gzip data"), "{}", ran.stderr);
}

#[test]
fn parallel_takes_any_text_under_any_name() {
    if !parallel_is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let texts: &[(&str, &[u8])] = &[
        ("-n", b"One Line Without Its Newline"),
        ("empty", b""),
        ("a b", b"\n\nOne\r\nTwo\0Three\n\n"),
        ("'\"$(x)`\\\n*", b"One\xFFTwo\xE2\x82"),
        ("Größe", &b"One very Long line ".repeat(50_000)),
    ];
    for (name, text) in texts {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let names: Vec<&str> = texts.iter().map(|(name, _)| *name).collect();
    let bodies: Vec<&[u8]> = texts.iter().map(|(_, text)| *text).collect();
    let answer = pipeline(&bodies, "capwords | lower | count | topn 100");
    let arguments = [&["-n", "100", "--"], &names[..]].concat();
    let ran = run(
        script(&arguments, programs()).current_dir(folder.path()),
        b"",
    );
    assert_answer(&ran, &answer);

    assert_answer(&wordfreq_parallel(&[], b""), "");
    let empty = folder.path().join("empty");
    assert_answer(&wordfreq_parallel(&[argument(&empty)], b""), "");
}

/// A failure in any part and any stage: no output, and a non-zero status.
#[test]
fn parallel_fails_as_a_whole() {
    if !parallel_is_installed() {
        return;
    }
    let mut text = mixed_text(1 << 20);
    text.extend_from_slice(b"\nPoison\n");
    text.extend(mixed_text(1 << 18));
    let large = file(&text);
    for broken in ["capwords", "lower", "count"] {
        for end in ["exit 9", "kill -9 $$"] {
            let folder = tempfile::tempdir().unwrap();
            for name in ["capwords", "lower", "count", "topn"] {
                let (path, real) = (folder.path().join(name), programs().join(name));
                if name == broken {
                    let real = real.display();
                    let line = format!(
                        "#!/bin/bash\n[[ $1 != --merge ]] || exec '{real}' \"$@\"\n\
                         text=$(mktemp -p '{}')\n'{real}' \"$@\" >\"$text\"\ncat \"$text\"\n\
                         ! grep -qai poison \"$text\" || {end}\n",
                        folder.path().display()
                    );
                    std::fs::write(&path, line).unwrap();
                    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
                } else {
                    symlink(real, path).unwrap();
                }
            }
            for (arguments, stdin) in [(&[argument(large.path())][..], &b""[..]), (&[], &text)] {
                let ran = run(&mut script(arguments, folder.path()), stdin);
                assert_eq!(
                    (ran.status, &ran.stdout[..]),
                    (1, &b""[..]),
                    "{broken} {end}"
                );
                assert!(ran.stderr.contains("This job failed"), "{}", ran.stderr);
            }
        }
    }
    let good = argument(large.path());
    for (bad, cause) in [
        ("/no/such", "not a regular file"),
        ("/", "not a regular file"),
    ] {
        let ran = wordfreq_parallel(&[good, bad], b"");
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
        assert!(ran.stderr.contains(cause), "{}", ran.stderr);
    }
}

#[test]
fn parallel_knows_wrong_usage() {
    for arguments in [
        &["-x"][..],
        &["-n"],
        &["-n", "x"],
        &["-n", "99999999999999999999"],
        &["--block", "0"],
        &["--words", "--sshlogin"],
    ] {
        let mut bash = shell(r#"exec "$0" "$@""#);
        bash.arg(repository("scripts/wordfreq-parallel"))
            .args(arguments);
        let ran = run(&mut bash, b"");
        assert_eq!(
            (ran.status, &ran.stdout[..]),
            (2, &b""[..]),
            "{arguments:?}"
        );
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{}", ran.stderr);
    }
}

/// The split rule against a naive one, the job in one process, and all its failures.
#[test]
fn spark_job_without_spark() {
    if !installed("python3", "Python 3") {
        return;
    }
    let mut python = shell("exec python3 -m unittest test_wordfreq");
    python
        .current_dir(repository("scripts/spark.d"))
        .env("TEXTMILL_BIN", programs());
    let ran = run(&mut python, b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

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

/// The script, with the programs of a folder.
fn script(arguments: &[&str], programs: &Path) -> Command {
    let mut script = shell(r#"exec "$0" "$@""#);
    script
        .arg(repository("scripts/wordfreq-parallel"))
        .args(arguments)
        .env("TEXTMILL_BIN", programs);
    script
}

/// The options that cut text into small parts.
const SMALL: [&str; 2] = ["--block", "100K"];

fn wordfreq_parallel(arguments: &[&str], stdin: &[u8]) -> Ran {
    run(
        &mut script(&[&SMALL, arguments].concat(), programs()),
        stdin,
    )
}

/// The same with a pipeline of the user, on whole files.
fn wordfreq_parallel_pipe(front: &str, arguments: &[&str], stdin: &[u8]) -> Ran {
    let options = ["-n", "1000", "--pipe", front];
    run(
        &mut script(&[&options, arguments].concat(), programs()),
        stdin,
    )
}

/// What the pipeline of one machine prints for some texts.
fn pipeline(texts: &[&[u8]], line: &str) -> String {
    // As files they would not run into each other.
    String::from_utf8(classic(line, &texts.join(&b'\n'))).unwrap()
}

fn assert_answer(ran: &Ran, answer: impl AsRef<[u8]>) {
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.stdout == answer.as_ref(), "wrong answer: {printed}");
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
    for length in [3, 5000] {
        let cut = file(&bytes[..length]);
        let cut = argument(cut.path());
        let ran = wordfreq_parallel(&[paths[1], cut], b"");
        assert_eq!((ran.status, ran.stdout.len()), (1, 0));
        assert!(ran.stderr.contains("truncated gzip data"), "{}", ran.stderr);
        assert!(
            ran.stderr.ends_with(&format!(": {cut}: failed\n")),
            "{}",
            ran.stderr
        );
    }
}

/// What one machine prints if it runs a pipeline on each file; sed ends the last line of each.
fn piped(front: &str, files: &[&str]) -> Vec<u8> {
    let line = format!(
        "set -eo pipefail; for file; do {{ {front}\n}} <\"$file\" | sed '$a\\'; done | \
         count --no-decompress | topn 1000"
    );
    let ran = run(shell(&line).arg("bash").args(files), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{front}");
    ran.stdout
}

#[test]
fn parallel_runs_any_pipeline_on_whole_files() {
    if !parallel_is_installed() {
        return;
    }
    let text = mixed_text(1 << 20);
    let texts = [
        file(&text),
        file(&classic("gzip -c", &text)),
        file(b""),
        file(b"no Newline"),
        file(b"{} \xFF{1}\nNUL\0 b's\n"),
    ];
    let files = texts.each_ref().map(|file| argument(file.path()));
    for front in [
        "words | lower",
        // Of an empty file, too.
        "wc -l",
        "head -n 1",
        // Quotes, and what parallel replaces elsewhere.
        "sed \"s/^/{}{1}{#}{=1=}'/\" | awk '{print $1}' # a comment",
        "sort -u |\ntail -n 100; true",
    ] {
        let answer = piped(front, &files);
        assert_answer(&wordfreq_parallel_pipe(front, &files, b""), &answer);
        let here = [&["--sshlogin", ":", "-j", "2"], &files[..]].concat();
        assert_answer(&wordfreq_parallel_pipe(front, &here, b""), &answer);
        // Standard input is one part.
        let answer = piped(front, &files[..1]);
        assert_answer(&wordfreq_parallel_pipe(front, &[], &text), &answer);
    }
}

#[test]
fn parallel_cuts_plain_text_for_a_pipeline_if_that_is_asked_for() {
    if !parallel_is_installed() {
        return;
    }
    let text = mixed_text(1 << 20);
    let plain = file(&text);
    let gzip = file(&classic("gzip -c", &text));
    let files = [&plain, &gzip].map(|file| argument(file.path()));
    let front = "words | lower";
    let cut = [&SMALL, &files[..]].concat();
    let answer = piped(front, &files);
    assert_answer(&wordfreq_parallel_pipe(front, &cut, b""), &answer);
    let answer = piped(front, &files[..1]);
    assert_answer(&wordfreq_parallel_pipe(front, &SMALL, &text), &answer);
    // The number of parts: several of the plain file, one of the other.
    let ran = wordfreq_parallel_pipe("echo part; cat >/dev/null", &cut, b"");
    assert_answer(&ran, "12 part\n");
}

/// A command of the pipeline that fails fails all, and the file is named.
#[test]
fn parallel_names_the_file_on_which_a_pipeline_fails() {
    if !parallel_is_installed() {
        return;
    }
    let texts = [file(b"Good\n"), file(b"Good\nPoison\n"), file(b"")];
    let [good, bad, empty] = texts.each_ref().map(|file| argument(file.path()));
    let poison = "sed '/Poison/q9' | words";
    for (front, files, name) in [
        (poison, &[good, bad, good][..], bad),
        (poison, &[good, good, bad], bad),
        ("grep . | words", &[good, empty], empty),
        ("no-such-command | words", &[bad], bad),
        ("cat; kill -9 $$", &[good], good),
    ] {
        let ran = wordfreq_parallel_pipe(front, files, b"");
        let failed = format!("scripts/wordfreq-parallel: {name}: failed\n");
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]), "{front}");
        assert!(ran.stderr.ends_with(&failed), "{front}: {}", ran.stderr);
    }
    let ran = wordfreq_parallel_pipe(poison, &[], b"Poison\n");
    assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
}

#[cfg(feature = "net")]
#[test]
fn parallel_counts_the_words_of_web_archives() {
    if !parallel_is_installed() {
        return;
    }
    let site = repository("tests/data/site.warc");
    let bytes = std::fs::read(&site).unwrap();
    let gzip = file(&classic("gzip -c", &bytes));
    let files = [argument(&site), argument(gzip.path())];
    let front = "warc | untag | words | lower";
    let answer = piped(front, &files);
    assert!(answer.starts_with(b"6 web\n6 hosting\n"), "{answer:?}");
    assert_answer(&wordfreq_parallel_pipe(front, &files, b""), &answer);
    let cut = file(&bytes[..1000]);
    let ran = wordfreq_parallel_pipe(front, &[files[0], argument(cut.path())], b"");
    assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
    assert!(ran.stderr.contains("warc: stdin: "), "{}", ran.stderr);
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
    let arguments = [&SMALL[..], &["-n", "100", "--"], &names].concat();
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
                let arguments = [&SMALL, arguments].concat();
                let ran = run(&mut script(&arguments, folder.path()), stdin);
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
        &["--pipe"],
        &["--pipe", " "],
        &["--pipe", "words |"],
        &["--pipe", "words } | { lower"],
        &["--words", "--pipe", "lower"],
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

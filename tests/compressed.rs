//! Compressed files, as the programs gzip, zstd, bzip2, xz and lz4 write them.

use crate::process::{
    argument, classic, file, installed, mixed_text, program, repository, run, shell, skipped,
};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// The programs that read text.
const PROGRAMS: &[&str] = &[
    "bars",
    "capwords",
    "count",
    "field",
    "lengths",
    "links",
    "lower",
    "mean",
    "ngrams",
    "stem",
    "topn",
    "untag",
    #[cfg(feature = "net")]
    "warc",
    "words",
];

/// Commands that compress standard input, each with the program that it needs, and a mark in
/// what that says of its version.
const COMMANDS: [(&str, &str, &str); 16] = [
    ("gzip", "gzip", "gzip -c"),
    ("gzip", "gzip", "gzip -1c; printf '' | gzip -9"),
    ("gzip", "gzip", "gzip -c; head -c 700 /dev/zero"),
    ("zstd", "Zstandard", "zstd -qc"),
    ("zstd", "Zstandard", "zstd -qc --no-check -19"),
    ("zstd", "Zstandard", "zstd -qc --long=27"),
    ("bzip2", "", "bzip2 -c"),
    ("bzip2", "", "bzip2 -1c"),
    ("xz", "XZ Utils", "xz -c"),
    (
        "xz",
        "XZ Utils",
        "xz -c --check=sha256 --block-size=100KiB; head -c 8 /dev/zero",
    ),
    (
        "xz",
        "XZ Utils",
        "xz -c --check=none --x86 --lzma2=preset=1",
    ),
    ("lz4", "LZ4", "lz4 -qc"),
    ("lz4", "LZ4", "lz4 -qc -B4 -BD -BX"),
    ("lz4", "LZ4", "lz4 -qc -9 --content-size -B7"),
    ("lz4", "LZ4", "lz4 -qc -l"),
    (
        "lz4",
        "LZ4",
        "printf 'P*M\\030\\003\\000\\000\\000abc'; lz4 -qc --no-frame-crc",
    ),
];

/// A program that reads all of each line.
fn reader(name: &str) -> Command {
    let mut command = program(name);
    command.args(match name {
        "field" => &["-d~", "1"][..],
        "ngrams" => &["3"],
        "stem" => &["english"],
        _ => &[],
    });
    command
}

/// Text that a program takes.
fn text(program: &str) -> Vec<u8> {
    match program {
        "mean" => (0..9000)
            .flat_map(|n| format!("{n}\n").into_bytes())
            .collect(),
        "bars" | "topn" => (0..9000)
            .flat_map(|n| format!("{} line {n}\n", n % 701).into_bytes())
            .collect(),
        "warc" => {
            let body = mixed_text(30_000);
            let length = body.len();
            let head = format!(
                "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://host/\r\n\
                 Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
            );
            [head.as_bytes(), &body, b"\r\n\r\n"].concat().repeat(10)
        }
        "links" => b"<a href=http://a.example/x>text</a> ".repeat(9000),
        _ => mixed_text(300_000),
    }
}

#[test]
fn every_program_reads_every_format() {
    for (number, (tool, mark, command)) in COMMANDS.into_iter().enumerate() {
        if !installed(tool, mark) {
            continue;
        }
        // All programs have the same way in: each command is tried with three of them.
        for &name in PROGRAMS.iter().skip(number % 3).step_by(3) {
            let text = text(name);
            let expected = run(&mut reader(name), &text);
            assert_eq!((expected.status, &expected.stderr[..]), (0, ""), "{name}");
            let bytes = classic(&format!("({command})"), &text);
            let found = run(&mut reader(name), &bytes);
            assert_eq!(
                (found.status, &found.stderr[..]),
                (0, ""),
                "{command} | {name}"
            );
            assert!(found.stdout == expected.stdout, "{command} | {name}");
            let file = file(&bytes);
            let found = run(reader(name).arg(file.path()), b"");
            assert!(
                found.stdout == expected.stdout,
                "{command} >FILE; {name} FILE"
            );
        }
    }
}

/// What the tools themselves decode, and how they join it.
#[test]
fn logs_that_were_rotated_and_compressed() {
    if !installed("zstd", "Zstandard") || !installed("xz", "XZ Utils") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let line = "seq 1 30000 >a; seq 100 20000 | gzip >a.1.gz; seq 7 9000 | zstd -q >a.2.zst; \
        seq 5 2 4000 | xz >a.3.xz; seq 3 3000 | bzip2 >a.4.bz2; cat a.1.gz a.2.zst a.4.bz2 >b; \
        count a a.*.* b -T . -j 2 >found; \
        (cat a; for i in 1 2; do zcat a.1.gz; zstd -dcq a.2.zst; bzip2 -dc a.4.bz2; done; xz -dc a.3.xz) | \
            sort | uniq -c | sed 's/^ *//' >expected; cmp found expected; \
        count --merge --sorted <(count a | gzip) <(count b | zstd -q) >merged; \
        zcat -f a a.1.gz | cat - <(zstd -dcq a.2.zst; bzip2 -dc a.4.bz2) | count | cmp - merged";
    let ran = run(shell(line).current_dir(&folder), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
}

/// The line that a program writes for a file, its status and its output.
fn failure(name: &str, bytes: &[u8]) -> (String, i32, Vec<u8>) {
    let file = file(bytes);
    let path = argument(file.path()).to_string();
    let ran = run(reader(name).arg(&path), b"");
    let line = ran.stderr.strip_prefix(&format!("{name}: {path}: "));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stderr));
    (line.trim_end().to_string(), ran.status, ran.stdout)
}

#[test]
fn what_cannot_be_read_is_one_line_and_status_1() {
    for &name in PROGRAMS {
        let gzip = classic("gzip -c", &text(name));
        let cut = &gzip[..gzip.len() - 5];
        let mut damaged = gzip.clone();
        damaged[gzip.len() - 6] ^= 1;
        for (bytes, cause) in [
            (cut, "truncated gzip data"),
            (&damaged, "corrupt gzip data"),
            (
                &[&gzip[..], b"garbage"].concat(),
                "7 bytes after the end of the gzip data",
            ),
            (b"PK\x03\x04rest", "is a zip archive (use unzip -p)"),
            (
                b"\x1F\x9D\x90rest",
                "is compressed by compress (use gzip -dc)",
            ),
            (b"LZIP\x01rest", "is compressed by lzip (use lzip -dc)"),
            (
                b"\x28\xB5\x2F\xFD\x04\xA8",
                "the zstd data needs 2 GiB of memory, more than 128 MiB (use zstd -dc --long=31)",
            ),
        ] {
            let (line, status, output) = failure(name, bytes);
            assert_eq!((&line[..], status), (cause, 1), "{name}");
            // A program that adds up prints nothing.
            if ["bars", "count", "mean", "topn"].contains(&name) {
                assert!(output.is_empty(), "{name}");
            }
        }
    }
    let gzip = classic("gzip -c", &b"7 some words\n".repeat(100_000));
    let cut = &gzip[..gzip.len() - 5];
    // A filter prints what there is, and goes on with the next file.
    let (first, second) = (file(cut), file(b"the next file"));
    let ran = run(program("words").arg(first.path()).arg(second.path()), b"");
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.starts_with(b"7\nsome\nwords\n") && ran.stdout.ends_with(b"\nthe\nnext\nfile\n")
    );
}

#[test]
fn bytes_stay_bytes_if_asked() {
    let gzip = classic("gzip -c", b"a\nb\n");
    let ran = run(
        program("lengths").args(["--bytes", "-z", "--no-decompress"]),
        &gzip,
    );
    assert_eq!(ran.status, 0);
    assert!(ran.stdout.len() > 2);
    // A text that begins like a compressed one.
    for text in ["BZh9 is a text", "BZh", "PK", "(", "LZIP is a program"] {
        let ran = run(&mut program("lower"), text.as_bytes());
        assert_eq!(ran.stdout, text.to_lowercase().as_bytes());
    }
}

/// The window of a decoder is part of the limit of `-S`.
#[test]
fn memory_of_decoders() {
    if !installed("zstd", "Zstandard") {
        return;
    }
    let text = mixed_text(12 << 20);
    let zstd = file(&classic("zstd -qc --long=23 --no-content-size", &text));
    let path = argument(zstd.path());
    let ran = run(program("count").args(["-S", "4M", path]), b"");
    let cause = "the zstd data needs 8 MiB of memory, more than the 3 MiB that are left";
    assert_eq!(
        (ran.status, ran.stderr, ran.stdout.len()),
        (
            1,
            format!("count: {path}: {cause} (use a larger -S, or zstd -dc)\n"),
            0
        )
    );
    let ran = run(program("count").args(["-S", "16M", path]), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    let plain = run(program("count").args(["-S", "16M"]), &text);
    assert!(ran.stdout == plain.stdout);
}

/// Behind `tail -f`, only a part of a magic number waits for the next byte.
#[test]
fn text_that_arrives_slowly() {
    let mut child = program("lower")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for (text, expected) in [
        ("BZh9\n", "bzh9"),
        ("BZh91AY\n", "bzh91ay"),
        ("\u{1F}X\n", "\u{1F}x"),
    ] {
        input.write_all(text.as_bytes()).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), expected);
    }
    drop(input);
    assert!(child.wait().unwrap().success());

    // A stream of gzip that is flushed after each line. Perl has what it takes.
    let line = "perl -MIO::Compress::Gzip=:flush -e '$z = IO::Compress::Gzip->new(\"-\"); \
        for (qw(One Two)) { $z->print(\"$_\\n\"); $z->flush(Z_SYNC_FLUSH); <STDIN>; } $z->close' | lower";
    let has_module = run(&mut shell("perl -MIO::Compress::Gzip -e 1"), b"").status == 0;
    if !has_module {
        return skipped("perl has no IO::Compress::Gzip");
    }
    let mut child = shell(line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for expected in ["one", "two"] {
        assert_eq!(lines.next().unwrap().unwrap(), expected);
        input.write_all(b"\n").unwrap();
    }
    assert!(child.wait().unwrap().success());
}

/// The programs of [`PROGRAMS`] are all that have the option.
#[test]
fn all_programs_that_read_text_are_tested() {
    for entry in std::fs::read_dir(repository("src/bin")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if cfg!(feature = "net") || !["fetch", "linkcheck", "warc"].contains(&name) {
            let help = run(program(name).arg("--help"), b"").stdout;
            let help = String::from_utf8(help).unwrap();
            assert_eq!(
                help.contains("--no-decompress"),
                PROGRAMS.contains(&name),
                "{name}"
            );
        }
    }
}

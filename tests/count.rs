//! `count` as a process, compared with `sort | uniq -c`.

use crate::process::{
    Ran, argument, classic, file, filter, mixed_text, program, run, shell, skipped,
};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What the classic tools print, the padding removed.
const CLASSIC: &str = "sort | uniq -c | perl -pe 's/^ +//'";

fn words() -> Vec<u8> {
    filter("words", &[], &mixed_text(1 << 20))
}

#[test]
fn as_sort_and_uniq_have_it() {
    for text in [words(), mixed_text(1 << 20), b"b\na\n\nb".to_vec()] {
        assert!(filter("count", &[], &text) == classic(CLASSIC, &text));
    }
}

#[test]
fn nul_ends_lines_on_request() {
    let text: Vec<u8> = mixed_text(1 << 20);
    let counted = filter("count", &["-z"], &text);
    assert!(counted == classic("sort -z | uniq -zc | perl -0pe 's/^ +//'", &text));
}

#[test]
fn unsorted_is_the_same_in_no_order() {
    let counted = filter("count", &["--unsorted"], &words());
    assert!(classic("sort -k2", &counted) == classic("sort -k2", &filter("count", &[], &words())));
}

#[test]
fn a_tab_between_on_request() {
    assert_eq!(filter("count", &["-t"], b"a b\na b\n"), b"2\ta b\n");
}

#[test]
fn partial_counts_add_up() {
    let text = words();
    let lines: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let parts: Vec<_> = lines
        .chunks(lines.len() / 3)
        .map(|part| filter("count", &["-t"], &part.concat()))
        .map(|part| file(&part))
        .collect();
    let args: Vec<_> = parts.iter().map(|part| argument(part.path())).collect();
    assert!(
        filter("count", &[&["--merge"], &args[..]].concat(), b"") == filter("count", &[], &text)
    );
    // Also the classic tools' own.
    assert_eq!(
        filter("count", &["--merge"], b"      3 a\n      4 b\n      1 a\n"),
        b"4 a\n4 b\n"
    );
}

#[test]
fn a_malformed_record_and_an_overflow_are_errors() {
    let bad = file(b"1 a\nb\n");
    let ran = run(
        program("count").args(["--merge", argument(bad.path())]),
        b"",
    );
    let message = format!(
        "count: {}: line 2: no count before the line: 'b'\n",
        argument(bad.path())
    );
    assert_eq!(
        (ran.status, &ran.stdout[..], ran.stderr),
        (1, &b""[..], message)
    );

    let ran = run(
        program("count").arg("--merge"),
        b"18446744073709551615 a\n1 a\n",
    );
    let message = "count: stdin: line 2: a sum of counts is larger than 64 bits hold\n";
    assert_eq!(
        (ran.status, &ran.stdout[..], &ran.stderr[..]),
        (1, &b""[..], message)
    );
}

/// Lines of 1 to 60 bytes in no order, most of them different, half of them
/// twice: too many for a megabyte.
fn different_lines() -> Vec<u8> {
    let mut text = Vec::new();
    for i in (0..100_000u64).chain(0..50_000) {
        let mixed = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let width = (mixed % 60) as usize;
        writeln!(text, "{mixed:0width$}").unwrap();
    }
    text
}

/// Little memory, so that much is spilled.
const LITTLE: &[&str] = &["-S", "1M"];

#[test]
fn little_memory_gives_the_same() {
    let text = different_lines();
    let expected = classic(CLASSIC, &text);
    for means in [&["-j", "1"][..], &["-j", "2"], &["-j", "7", "-S0"], &[]] {
        assert!(
            filter("count", &[LITTLE, means].concat(), &text) == expected,
            "{means:?}"
        );
    }
    // Read as partial counts, too.
    assert!(filter("count", &[LITTLE, &["--merge"]].concat(), &expected) == expected);
    let twice = [&expected[..], &expected[..]].concat();
    let doubled = classic("sort | uniq -c | perl -pe 's/^ +(\\d+)/2 * $1/e'", &text);
    assert!(filter("count", &[LITTLE, &["--merge"]].concat(), &twice) == doubled);
}

/// Then they are added up twice, once to be sure.
#[test]
fn all_sums_together_may_be_more_than_64_bits_hold() {
    let counted = classic(CLASSIC, &different_lines());
    let counted = [b"18446744073709551615 !\n", &counted[..]].concat();
    for means in [&["-j1"][..], &["-j4"], &["-S1M", "-j1"], &["-S1M", "-j4"]] {
        let merged = filter("count", &[means, &["--merge"]].concat(), &counted);
        assert!(merged == counted, "{means:?}");
    }
}

#[test]
fn verbose_reports_the_cost() {
    let text = different_lines();
    let run_with = |args: &[&str]| {
        let ran = run(program("count").args(args), &text);
        assert_eq!(ran.status, 0);
        let numbers = ran.stderr.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
        (ran.stderr, numbers)
    };
    let distinct = filter("count", &[], &text)
        .iter()
        .filter(|&&b| b == b'\n')
        .count() as u64;

    let (line, numbers) = run_with(&["--verbose"]);
    let [lines, different, runs, spilled, peak] = numbers[..] else {
        panic!("{line}")
    };
    assert_eq!(
        (lines, different, runs, spilled),
        (150_000, distinct, 0, 0),
        "{line}"
    );
    assert!((1_000..1_000_000).contains(&peak), "{line}");
    assert!(
        line.starts_with("count: ") && line.matches('\n').count() == 1,
        "{line}"
    );

    let (line, numbers) = run_with(&["--verbose", "-S", "1M"]);
    assert_eq!(numbers[..2], [150_000, distinct], "{line}");
    assert!(numbers[2] > 1 && numbers[3] > 1 << 20, "{line}");
}

/// The peak of memory at the end of the line of --verbose, in KiB.
fn peak(ran: &Ran) -> u64 {
    let (_, peak) = ran.stderr.rsplit_once(", ").unwrap();
    peak.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn memory_stays_within_its_limit() {
    // 60 MB of lines that are all different, some short, some long.
    let mut text = different_lines();
    for i in 0..1_500u64 {
        let mixed = i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let length = (mixed >> 48) as usize;
        text.extend_from_slice(format!("{mixed:020} {}\n", "x".repeat(length)).as_bytes());
    }
    for threads in ["1", "2", "4"] {
        let args = ["-S", "16M", "-j", threads, "--verbose"];
        let ran = run(program("count").args(args), &text);
        let peak = peak(&ran);
        assert!(peak <= (16 + 32) << 10, "{threads} threads: {peak} KiB");
        assert!(ran.stdout == filter("count", &[], &text));
    }
}

/// So many lines of so many bytes, that differ at both ends; every third one
/// comes again at once, every fifth one later.
fn long_lines(n: usize, size: usize) -> Vec<u8> {
    let filling: Vec<u8> = (0..size).map(|i| b'a' + (i * i % 23) as u8).collect();
    let mut text = Vec::new();
    for i in (0..n).map(|i| i * 7 % n).chain((0..n).step_by(5)) {
        let start = text.len();
        write!(text, "{:04}", i % 10 * 1000 + i).unwrap();
        text.extend_from_slice(&filling[text.len() - start + 8..]);
        writeln!(text, "{i:08}").unwrap();
        if i % 3 == 0 {
            text.extend_from_within(start..);
        }
    }
    text
}

#[test]
fn memory_stays_within_its_limit_for_long_lines_and_all_threads() {
    for (n, size, limit) in [(22, 5_000_000, 32), (16, 2_000_000, 16), (6, 4_000_000, 8)] {
        // Short lines come first, and so all threads do.
        let text = [different_lines(), long_lines(n, size)].concat();
        let text = file(&text);
        let input = argument(text.path());
        let expected = classic(&format!("cat {input} | {CLASSIC} | cksum"), b"");
        for threads in ["1", "2", "4", "8"] {
            let count = format!("count -S{limit}M -j{threads} --verbose {input} | cksum");
            let ran = run(&mut shell(&count), b"");
            assert!(ran.stdout == expected, "{count}");
            let peak = peak(&ran);
            let most = (limit << 20).max(5 * size as u64) + (32 << 20);
            assert!(peak <= most >> 10, "{count}: {peak} KiB");
        }
    }
}

#[test]
fn a_long_line_that_comes_again_and_again_is_not_written_each_time() {
    let text = [&b"x".repeat(3 << 20)[..], b"\n"].concat().repeat(20);
    let ran = run(program("count").args(["-S8M", "--verbose"]), &text);
    assert!(ran.stdout == [b"20 ", &text[..(3 << 20) + 1]].concat());
    assert!(ran.stderr.contains(" 0 runs"), "{}", ran.stderr);
}

#[test]
fn a_line_larger_than_the_limit_works_and_is_reported_once() {
    let mut text = b"a\nb\na\n".to_vec();
    text.extend(vec![b'x'; 3 << 20]);
    text.extend(b"\nb\n");
    text.extend(vec![b'x'; 3 << 20]);
    let ran = run(program("count").args(["-S1M", "--verbose"]), &text);
    assert_eq!(ran.status, 0);
    assert!(ran.stdout == classic(CLASSIC, &text));
    let said = "count: a line of 3145728 bytes is larger than the limit of 1048576 bytes\n";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches('\n').count(), 2);
}

#[test]
fn sizes_are_those_of_sort() {
    for size in ["1b", "1000", "64K", "1M", "2G", "50%", "1%", "K"] {
        assert_eq!(filter("count", &["-S", size], b"a\n"), b"1 a\n", "{size}");
    }
    for size in [
        "",
        "x",
        "1X",
        "-1",
        "1.5G",
        "99999999999999999999",
        "1MB",
        "%",
    ] {
        let ran = run(program("count").arg(format!("-S{size}")), b"a\n");
        assert_eq!((ran.status, &ran.stdout[..]), (2, &b""[..]), "{size}");
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{}", ran.stderr);
    }
}

/// What becomes of a count that cannot write its runs to this directory.
fn fails_at(setup: &str, directory: &str, cause: &str) {
    let line = format!("{setup} count -S 1M -T {directory}");
    let ran = run(&mut shell(&line), &different_lines());
    let message = format!("count: {directory}: {cause}\n");
    assert_eq!(
        (ran.status, &ran.stdout[..], ran.stderr),
        (1, &b""[..], message),
        "{line}"
    );
}

#[test]
fn a_temporary_directory_that_fails_is_named_and_nothing_is_written() {
    fails_at("", "/nonexistent", "No such file or directory");
    fails_at("", "/dev/null", "Not a directory");
    let directory = tempfile::tempdir().unwrap();
    let directory = argument(directory.path());
    fails_at("ulimit -f 100;", directory, "File too large");
    // One that is full, where we may make one.
    let full = format!("mount -t tmpfs -o size=200k none {directory} &&");
    let in_namespace = |line: &str| format!("unshare --mount --map-root-user sh -c '{line}'");
    let may = run(&mut shell(&in_namespace(&format!("{full} true"))), b"").status == 0;
    if may {
        let line = in_namespace(&format!("{full} count -S 1M -T {directory}"));
        let ran = run(&mut shell(&line), &different_lines());
        let message = format!("count: {directory}: No space left on device\n");
        assert_eq!(
            (ran.status, &ran.stdout[..], ran.stderr),
            (1, &b""[..], message)
        );
    } else {
        skipped("no tmpfs may be mounted here");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_limit_on_addresses_is_a_limit_on_memory() {
    let line = "ulimit -v 100000; seq 1500000 | count -j 4 --verbose | cksum";
    let ran = run(&mut shell(line), b"");
    assert!(
        ran.stderr
            .starts_with("count: 1500000 lines, 1500000 distinct, "),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains(" 0 runs"), "{}", ran.stderr);
    assert!(ran.stdout == classic("seq 1500000 | sort | sed 's/^/1 /' | cksum", b""));
}

#[test]
fn few_open_files_are_enough() {
    let text = different_lines();
    let ran = run(&mut shell("ulimit -n 20; count -S 0 -j 16"), &text);
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    assert!(ran.stdout == filter("count", &[], &text));
    // Also for many runs: so many that what they are merged into is merged, and that again.
    let line = "ulimit -n 16; seq -f %040.0f 800000 | count -S 0 --verbose | cksum";
    let ran = run(&mut shell(line), b"");
    assert!(
        ran.stderr
            .starts_with("count: 800000 lines, 800000 distinct, "),
        "{}",
        ran.stderr
    );
    let runs = ran.stderr.split(", ").nth(2).unwrap();
    let runs: u32 = runs.strip_suffix(" runs").unwrap().parse().unwrap();
    assert!(runs > 12 * 12, "{runs} runs");
}

/// A running count of these lines that has spilled, and waits for more.
fn spilling(args: &[&str]) -> Child {
    let mut child = program("count")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(&different_lines()).unwrap();
    child
}

/// The directories of the files without a name that a process has open.
fn nameless(child: &Child) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
    let links = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    let links = links.map(|link| link.display().to_string());
    let deleted = links.filter(|link| link.ends_with(" (deleted)"));
    let directory = |link: String| Path::new(&link).parent().unwrap().display().to_string();
    deleted.map(directory).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn files_have_no_names_and_directories_take_turns() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, b) = (argument(a.path()), argument(b.path()));
    let mut child = spilling(&["-S1M", "-T", a, "-T", b]);
    let started = Instant::now();
    while !(nameless(&child).contains(&a.to_string()) && nameless(&child).contains(&b.to_string()))
    {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "nothing is spilled"
        );
        thread::sleep(Duration::from_millis(10));
    }
    for directory in [a, b] {
        assert_eq!(fs::read_dir(directory).unwrap().count(), 0, "{directory}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn sorted_partial_counts_are_merged_as_they_come() {
    let text = different_lines();
    let lines: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let parts: Vec<_> = lines
        .chunks(lines.len() / 5)
        .map(|part| file(&filter("count", &["-t"], &part.concat())))
        .collect();
    let args: Vec<_> = parts.iter().map(|part| argument(part.path())).collect();
    let args = [&["--merge", "--sorted", "--verbose"], &args[..]].concat();
    let ran = run(program("count").args(args), b"");
    assert_eq!(ran.status, 0);
    assert!(ran.stdout == filter("count", &[], &text));
    assert!(ran.stderr.contains(" 0 runs"), "{}", ran.stderr);
}

#[test]
fn a_broken_promise_and_an_overflow_name_file_and_line() {
    let good = file(b"1 a\n2 b\n3 d\n");
    let bad = file(b"1 a\n2 c\n3 b\n");
    let max = file(format!("1 a\n{} d\n", u64::MAX).as_bytes());
    let [good, bad, max] = [&good, &bad, &max].map(|file| argument(file.path()));
    let merged = |args: &[&str]| {
        let ran = run(program("count").arg("--merge").args(args), b"");
        (
            ran.status,
            String::from_utf8(ran.stdout).unwrap(),
            ran.stderr,
        )
    };
    let disorder = format!("count: {bad}: line 3: not in order, as --sorted promises: '3 b'\n");
    let (status, out, message) = merged(&["--sorted", good, bad]);
    assert_eq!((status, message), (1, disorder));
    assert!("2 a\n2 b\n".starts_with(&out), "{out}");

    let overflow = |file| {
        format!(
            "count: {file}: line {}: a sum of counts is larger than 64 bits hold\n",
            if file == max { 2 } else { 3 }
        )
    };
    assert_eq!(merged(&["--sorted", max, good]).2, overflow(good));
    assert_eq!(merged(&["--sorted", good, max]).2, overflow(max));
    assert_eq!(merged(&[max, good]), (1, String::new(), overflow(good)));
    assert_eq!(merged(&[good, max]), (1, String::new(), overflow(max)));
    // Also where the counts met only in the end, after much else: in a table
    // that was emptied, in runs on disk.
    let many: String = (0..100_000).map(|i| format!("1 {i:040}\n")).collect();
    let many = file(many.as_bytes());
    for memory in ["-S50%", "-S1M"] {
        let files = [memory, good, argument(many.path()), max];
        assert_eq!(
            merged(&files),
            (1, String::new(), overflow(max)),
            "{memory}"
        );
    }
}

#[test]
fn standard_input_named_twice_is_read_once() {
    let counts = [&b"1 a\n".repeat(40_000)[..], b"1 b 5 z\n"].concat();
    for args in [
        &["--merge", "--sorted", "-", "-"][..],
        &["--merge", "-", "-"],
    ] {
        assert_eq!(filter("count", args, &counts), b"40000 a\n1 b 5 z\n");
    }
}

#[test]
fn an_overflow_on_standard_input_names_what_is_known() {
    let many: String = (0..200_000).map(|i| format!("1 {i:040}\n")).collect();
    let counts = format!("{} x\n{many}1 x\n", u64::MAX);
    let stdin = file(counts.as_bytes());
    for memory in ["-S50%", "-S1M"] {
        // A file can be read again, wherever it comes from.
        let line = format!("count --merge {memory} <{}", argument(stdin.path()));
        let ran = run(&mut shell(&line), b"");
        let message = "count: stdin: line 200002: a sum of counts is larger than 64 bits hold\n";
        assert_eq!(
            (ran.status, &ran.stdout[..], &ran.stderr[..]),
            (1, &b""[..], message)
        );
        // A pipe cannot.
        let ran = run(
            program("count").args(["--merge", memory]),
            counts.as_bytes(),
        );
        let cause = ": a sum of counts is larger than 64 bits hold, that of the line x\n";
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
        assert!(ran.stderr.ends_with(cause), "{}", ran.stderr);
    }
}

// case text-1
#[test]
fn an_overflow_in_a_fifo_is_an_error_at_once() {
    let max = file(format!("{} a\n", u64::MAX).as_bytes());
    let max = argument(max.path());
    let folder = tempfile::tempdir().unwrap();
    for args in ["--merge", "--merge --sorted"] {
        let line = format!(
            "cd {}; rm -f q; mkfifo q; (cat {max} >q &); count {args} q {max}",
            argument(folder.path())
        );
        let ran = run(&mut shell(&line), b"");
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]), "{args}");
        let cause = "a sum of counts is larger than 64 bits hold";
        assert!(ran.stderr.contains(cause), "{args}: {}", ran.stderr);
    }
}

// case text-2
#[test]
fn an_overflow_on_a_shared_standard_input_is_found_from_where_count_began() {
    let many: String = (0..20_000).map(|i| format!("1 {i:040}\n")).collect();
    let text = format!("a header\n{} x\n{many}1 x\n", u64::MAX);
    let stdin = file(text.as_bytes());
    let line = format!(
        "exec <{}; read header; count --merge -S 1b; echo $?; cat",
        argument(stdin.path())
    );
    let ran = run(&mut shell(&line), b"");
    // Nothing is left for cat: the offset is at the end.
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "1\n");
    let message = "count: stdin: line 20002: a sum of counts is larger than 64 bits hold\n";
    assert_eq!(ran.stderr, message);
}

#[test]
fn lines_that_differ_by_case_only_are_counted_together() {
    let text = "The\nthe\nTHE\nthe\nStraße\nSTRASSE\n".as_bytes();
    let expected = "2 STRASSE\n4 the\n".as_bytes();
    assert_eq!(filter("count", &["--ignore-case"], text), expected);
    let parts = filter("count", &[], text);
    assert_eq!(filter("count", &["--merge", "-i"], &parts), expected);
    let tabs = "2\tSTRASSE\n4\tthe\n".as_bytes();
    assert_eq!(filter("count", &["-itS1K", "-j2"], text), tabs);
    // The place of an overflow, with its spelling where there is no place.
    let counts = format!("1 b\n{} x\n1 X\n", u64::MAX);
    let place = "count: stdin: line 3: a sum of counts is larger than 64 bits hold\n";
    let stdin = file(counts.as_bytes());
    let line = format!("count --merge -i <{}", argument(stdin.path()));
    assert_eq!(run(&mut shell(&line), b"").stderr, place);
    let ran = run(program("count").args(["--merge", "-i"]), counts.as_bytes());
    assert!(
        ran.stderr.ends_with("that of the line x\n"),
        "{}",
        ran.stderr
    );
    let bad = run(program("count").args(["--merge", "-i"]), b"1 a\nx\n");
    assert_eq!(
        bad.stderr,
        "count: stdin: line 2: no count before the line: 'x'\n"
    );
}

#[test]
fn lines_that_end_in_crlf() {
    let text = b"a\r\nb\r\na\r\na\nb\rc\r";
    assert_eq!(filter("count", &["--crlf"], text), b"3 a\n1 b\n1 b\rc\n");
    let sums = filter(
        "count",
        &["--crlf", "--merge", "--sorted"],
        b"1 a\r\n2 b\r\n",
    );
    assert_eq!(sums, b"1 a\n2 b\n");
    let ran = run(program("count").args(["--crlf", "-z"]), b"");
    assert_eq!(ran.status, 2);
}

#[test]
fn memory_stays_within_its_limit_whatever_the_lines_are_like() {
    // Lines that are too long to be keys, all different; and lines that come
    // again beyond the reach of a table, while what they begin with moves on.
    let long = "seq 1500000 | sed 's/^/https:..a.example.c.d./'";
    let moving = "for i in 1 2 3 4 5 6; do for j in 1 2 3; do seq -f $i%07.0f 150000; done; done";
    for lines in [long, moving] {
        for means in ["-S16M -j1", "-S16M -j4", "-S32M -j2"] {
            let ran = run(
                &mut shell(&format!("{{ {lines}; }} | count {means} --verbose | cksum")),
                b"",
            );
            let peak = peak(&ran);
            let limit: u64 = means[2..4].parse().unwrap();
            assert!(peak <= (limit + 32) << 10, "{lines}, {means}: {peak} KiB");
        }
    }
}

#[test]
fn many_sorted_files_need_few_open() {
    let directory = tempfile::tempdir().unwrap();
    for i in 0..300 {
        let path = directory.path().join(i.to_string());
        fs::write(path, format!("2 {i:03}\n1 all\n")).unwrap();
    }
    let line = format!(
        "ulimit -n 20; count --merge --sorted {}/*",
        argument(directory.path())
    );
    let ran = run(&mut shell(&line), b"");
    let expected: String = (0..300).map(|i| format!("2 {i:03}\n")).collect();
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    assert_eq!(
        String::from_utf8(ran.stdout).unwrap(),
        expected + "300 all\n"
    );
}

/// The pages of `count --every EVERY --window WINDOW` by `count` itself: of the lines up to the end
/// of each interval, from the start of the window on.
fn pages_of(text: &[u8], every: usize, window: usize, args: &[&str]) -> Vec<u8> {
    let lines: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let page = |end: usize| {
        let start = (end.div_ceil(every) * every).saturating_sub(window);
        filter("count", args, &lines[start..end].concat())
    };
    let mut pages = Vec::new();
    for end in (every..=lines.len()).step_by(every) {
        pages.extend(page(end));
        pages.extend(b"\x0C\n");
    }
    pages.extend(page(lines.len()));
    pages
}

#[test]
fn pages_by_lines_are_counts_of_parts() {
    let text = words();
    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
    let every = lines / 7;
    for args in [&[][..], &["-t"], &["-j1"], &["-S1M", "-j3"]] {
        let every_option = format!("--every={every}");
        let pages = filter("count", &[args, &[&every_option]].concat(), &text);
        assert!(
            pages == pages_of(&text, every, usize::MAX, args),
            "{args:?}"
        );
        let window = format!("--window={}", 3 * every);
        let pages = filter("count", &[args, &[&every_option, &window]].concat(), &text);
        assert!(pages == pages_of(&text, every, 3 * every, args), "{args:?}");
    }
    assert_eq!(
        filter("count", &["-z", "--every", "1"], b"b\0a\n"),
        b"1 b\0\x0C\x001 a\n\x001 b\0\x0C\x001 a\n\x001 b\0"
    );
    assert_eq!(
        filter("count", &["--crlf", "--every", "2"], b"b\r\nb\r\nb\r\n"),
        b"2 b\n\x0C\n3 b\n"
    );
}

#[test]
fn pages_with_little_memory_are_the_same() {
    let text = different_lines();
    for (window, args) in [(None, ""), (Some(100_000), "--window=100000")] {
        let expected = pages_of(&text, 50_000, window.unwrap_or(usize::MAX), &[]);
        let args = ["-S1M", "--verbose", "--every=50000", args];
        let args = args.iter().filter(|arg| !arg.is_empty());
        let ran = run(program("count").args(args), &text);
        assert!(ran.stdout == expected, "{}", ran.stderr);
        assert!(
            ran.stderr.starts_with("count: 150000 lines, "),
            "{}",
            ran.stderr
        );
        assert!(!ran.stderr.contains(" 0 bytes spilled"), "{}", ran.stderr);
    }
}

#[test]
fn memory_of_pages_stays_within_the_limit() {
    let mut text = different_lines();
    for i in 0..1_500u64 {
        let mixed = i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let length = (mixed >> 48) as usize;
        text.extend_from_slice(format!("{mixed:020} {}\n", "x".repeat(length)).as_bytes());
    }
    for window in ["--window=900000", "--window=90000"] {
        for threads in ["1", "4"] {
            let args = [
                "-S",
                "16M",
                "-j",
                threads,
                "--verbose",
                "--every",
                "30000",
                window,
            ];
            let ran = run(program("count").args(args), &text);
            let peak = peak(&ran);
            assert!(
                peak <= (16 + 32) << 10,
                "{window}, {threads} threads: {peak} KiB"
            );
        }
    }
    // Long lines.
    let text = [different_lines(), long_lines(16, 2_000_000)].concat();
    let args = ["-S16M", "--verbose", "--every", "5", "--window", "50"];
    let text = [&b"a\n"[..], &text[text.len() - 30_000_000..]].concat();
    let ran = run(program("count").args(args), &text);
    let peak = peak(&ran);
    assert!(peak <= ((10 * 2_000_000) >> 10) + (32 << 10), "{peak} KiB");
}

#[test]
fn pages_are_printed_while_the_input_is_open() {
    for every in ["2", "10ms"] {
        let mut child = program("count")
            .args(["--every", every])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut expect = |page: &[u8]| {
            let mut printed = vec![0; page.len()];
            stdout.read_exact(&mut printed).unwrap();
            assert_eq!(printed, page);
        };
        stdin.write_all(b"a\na\nb").unwrap();
        expect(b"2 a\n\x0C\n");
        stdin.write_all(b"\na\n").unwrap();
        expect(b"3 a\n1 b\n\x0C\n");
        drop(stdin);
        expect(b"3 a\n1 b\n");
        assert!(child.wait().unwrap().success());
    }
    // Lines leave the window without others that come.
    let mut child = program("count")
        .args(["--every", "10ms", "--window", "20ms"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(b"a\n").unwrap();
    let mut printed = [0; 8];
    stdout.read_exact(&mut printed).unwrap();
    assert_eq!(printed, *b"1 a\n\x0C\n\x0C\n");
    drop(child.stdin.take());
    assert_eq!(stdout.read(&mut printed).unwrap(), 0);
    assert!(child.wait().unwrap().success());
}

#[test]
fn pages_end_by_sigpipe_while_the_input_is_open() {
    let mut child = program("count")
        .args(["--every", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"a\n").unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGPIPE));
    drop(stdin);
}

#[test]
fn pages_go_across_files_and_stay_after_an_error() {
    let (a, b) = (file(b"1 x\n2 y"), file(b"3 x\n4 y\n5 z\n"));
    let (a, b) = (argument(a.path()), argument(b.path()));
    assert_eq!(
        filter("count", &["--merge", "--every=3", a, b], b""),
        b"4 x\n2 y\n\x0C\n4 x\n6 y\n5 z\n"
    );
    let ran = run(
        program("count").args(["--merge", "--every=3", a, b, "/nonexistent"]),
        b"",
    );
    let message = "count: /nonexistent: No such file or directory\n";
    assert_eq!(
        (ran.status, &ran.stdout[..], &ran.stderr[..]),
        (1, &b"4 x\n2 y\n\x0C\n"[..], message)
    );
    let bad = file(b"1 x\n2 y\nz\n");
    let bad = argument(bad.path());
    let ran = run(program("count").args(["--merge", "--every=2", a, bad]), b"");
    let message = format!("count: {bad}: line 3: no count before the line: 'z'\n");
    let pages = b"1 x\n2 y\n\x0C\n2 x\n4 y\n\x0C\n";
    assert_eq!(
        (ran.status, &ran.stdout[..], ran.stderr),
        (1, &pages[..], message)
    );
    let max = file(format!("{} x\n", u64::MAX).as_bytes());
    let max = argument(max.path());
    let ran = run(program("count").args(["--merge", "--every=1", max, b]), b"");
    let message = format!("count: {b}: line 1: a sum of counts is larger than 64 bits hold\n");
    let page = format!("{} x\n\x0C\n", u64::MAX);
    assert_eq!(
        (ran.status, &ran.stdout[..], ran.stderr),
        (1, page.as_bytes(), message)
    );
}

#[test]
fn intervals_that_do_not_fit_are_wrong_usage() {
    for (args, cause) in [
        (&["--every", "0"][..], "invalid interval '0'"),
        (&["--every", "1.5"], "invalid interval '1.5'"),
        (&["--every", "2x"], "invalid duration '2x'"),
        (
            &["--every", "2s", "--window", "3s"],
            "--window must be a multiple of --every",
        ),
        (
            &["--every", "2s", "--window", "1s"],
            "--window must be a multiple of --every",
        ),
        (
            &["--every", "2s", "--window", "60"],
            "--window needs the unit of --every",
        ),
        (&["--window", "1m"], "--every"),
        (&["--every", "1s", "--unsorted"], "--unsorted"),
        (&["--every", "1s", "--ignore-case"], "--ignore-case"),
        (&["--every", "1s", "--merge", "--sorted"], "--sorted"),
    ] {
        let ran = run(program("count").args(args), b"a\n");
        assert_eq!((ran.status, &ran.stdout[..]), (2, &b""[..]), "{args:?}");
        assert!(ran.stderr.contains(cause), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn pages_of_a_compressed_file() {
    let text = words();
    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
    let compressed = file(&classic("gzip", &text));
    let every = format!("--every={}", lines / 2);
    let args = [&every[..], argument(compressed.path())];
    assert!(filter("count", &args, b"") == pages_of(&text, lines / 2, usize::MAX, &[]));
}

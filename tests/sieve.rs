//! `sieve` as processes: the primes, and that no process is left.

use crate::process::{Ran, argument, file, filter, installed, program, run, shell, skipped};
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, kill_process};
#[cfg(target_os = "linux")]
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// Numbers as text, one a line.
fn text(numbers: impl IntoIterator<Item = u64>) -> String {
    numbers.into_iter().map(|n| format!("{n}\n")).collect()
}

fn primes(numbers: impl IntoIterator<Item = u64>) -> String {
    let is_prime = |&n: &u64| n >= 2 && !(2..n).any(|divisor| n.is_multiple_of(divisor));
    text(numbers.into_iter().filter(is_prime))
}

fn sieved(input: &str) -> String {
    String::from_utf8(filter("sieve", &[], input.as_bytes())).unwrap()
}

#[test]
fn the_first_hundred() {
    let found = sieved(&text(2..542));
    assert_eq!(found, primes(2..542));
    assert_eq!(found.lines().count(), 100);
}

#[test]
fn any_gaps_in_the_input() {
    assert_eq!(sieved("4\n6\n9\n"), "");
    assert_eq!(sieved(&text(100..200)), primes(100..200));
    assert_eq!(
        sieved(&text((1..500).step_by(2))),
        primes((1..500).step_by(2))
    );
    let squares = [4, 9, 25, 49, 121, 169, 1_000_003, 1_000_003 * 3];
    assert_eq!(sieved(&text(squares)), "1000003\n");
    // Marsaglia's xorshift decides what is left out.
    let mut seed = 1u64;
    let some: Vec<u64> = (0..700)
        .filter(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.is_multiple_of(3)
        })
        .collect();
    assert_eq!(sieved(&text(some.iter().copied())), primes(some));
}

#[test]
fn numbers_as_people_write_them() {
    assert_eq!(sieved("-3\n 0\n+2\n 03 \r\n5"), "2\n3\n5\n");
    // More than a pipe holds, of which little gets through.
    let many = text((2..400_000).filter(|n| *n < 10 || n % 2 * (n % 3) * (n % 5) == 0));
    assert_eq!(sieved(&many), "2\n3\n5\n7\n");
}

fn failed(input: &str, out: &str, message: &str) {
    let Ran {
        status,
        stdout,
        stderr,
    } = run(&mut program("sieve"), input.as_bytes());
    assert_eq!(
        (status, String::from_utf8(stdout).unwrap(), stderr),
        (1, out.to_string(), format!("sieve: {message}\n"))
    );
}

#[test]
fn a_line_that_is_no_larger_number_is_named_after_the_primes_before_it() {
    let same = "not larger than the number before it";
    failed(
        "2\n3\n3\n5\n",
        "2\n3\n",
        &format!("stdin: line 3: {same}: '3'"),
    );
    failed("7\n5\n", "7\n", &format!("stdin: line 2: {same}: '5'"));
    failed("x\n2\n", "", "stdin: line 1: not a whole number: 'x'");
    failed("2\n\n3\n", "2\n", "stdin: line 2: not a whole number: ''");
    failed(
        "2\n18446744073709551616\n",
        "2\n",
        "stdin: line 2: larger than 64 bits hold: '18446744073709551616'",
    );
    let long = format!("2\n{}3\n5\n", "0".repeat(5000));
    let message = format!(
        "stdin: line 2: too long for a number: '{}…'",
        "0".repeat(60)
    );
    failed(&long, "2\n", &message);
}

#[test]
fn files_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (file(b"2\n3"), file(b"2\n4\n5\n"));
    let names = [
        "/no/such/file",
        argument(one.path()),
        argument(folder.path()),
        argument(two.path()),
    ];
    let ran = run(program("sieve").args(names), b"");
    assert_eq!((ran.status, &ran.stdout[..]), (1, &b"2\n3\n2\n5\n"[..]));
    let message = format!(
        "sieve: /no/such/file: No such file or directory\nsieve: {}: Is a directory\n",
        names[2]
    );
    assert_eq!(ran.stderr, message);
}

#[test]
fn more_processes_than_allowed() {
    let run = |most: &str| {
        let mut sieve = program("sieve");
        run(
            sieve.args(["--max-processes", most]),
            text(2..12).as_bytes(),
        )
    };
    for most in ["5", "10000"] {
        assert_eq!(
            (run(most).status, &run(most).stdout[..]),
            (0, &b"2\n3\n5\n7\n11\n"[..])
        );
    }
    let ran = run("4");
    assert_eq!((ran.status, &ran.stdout[..]), (1, &b"2\n3\n5\n7\n"[..]));
    assert_eq!(
        ran.stderr,
        "sieve: process for 11: more than --max-processes are needed\n"
    );
    assert!(run("0").stdout.is_empty());
}

/// The system's own limit, which does not bind its administrator.
#[test]
#[cfg(target_os = "linux")]
fn more_processes_than_the_system_has() {
    let mut line = "ulimit -u 30 && exec sieve".to_string();
    if rustix::process::geteuid().is_root() {
        line = format!("exec setpriv --reuid=65534 --regid=65534 --clear-groups bash -c '{line}'");
        let reachable = run(
            &mut shell(&line.replace("exec sieve", "sieve --version")),
            b"",
        );
        if !installed("setpriv", "util-linux") {
            return;
        }
        if reachable.status != 0 {
            return skipped("other users cannot run the programs where they are");
        }
    }
    let mut sieve = shell(&line);
    sieve.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut sieve = sieve.stderr(Stdio::piped()).spawn().unwrap();
    // The input stays open, and so no process ends before the last one fails.
    let mut input = sieve.stdin.take().unwrap();
    input.write_all(text(2..2_000).as_bytes()).unwrap();
    let output = sieve.wait_with_output().unwrap();
    drop(input);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("sieve: process for "), "{stderr}");
    assert!(
        stderr.ends_with(": Resource temporarily unavailable\n"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(primes(2..200).starts_with(&printed), "{printed}");
}

/// A chain of its own process group, with both its ends.
struct Running {
    head: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start() -> Self {
        let mut command = program("sieve");
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut head = command.stderr(Stdio::piped()).spawn().unwrap();
        let input = head.stdin.take().unwrap();
        let output = BufReader::new(head.stdout.take().unwrap());
        Running {
            head,
            input,
            output,
        }
    }

    /// Sends numbers and reads so many primes.
    fn expect(&mut self, numbers: impl IntoIterator<Item = u64>, primes: &str) {
        self.input.write_all(text(numbers).as_bytes()).unwrap();
        for prime in primes.lines() {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), prime);
        }
    }
}

/// The standard error of a process.
fn said(process: Child) -> String {
    let mut said = String::new();
    process.stderr.unwrap().read_to_string(&mut said).unwrap();
    said
}

/// The living processes of a process group, by their numbers.
#[cfg(target_os = "linux")]
fn living(group: u32) -> Vec<i32> {
    let mut living = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap() {
        let Ok(stat) = std::fs::read_to_string(entry.unwrap().path().join("stat")) else {
            continue;
        };
        // "ID (NAME) STATE PARENT GROUP …"; a name may hold anything.
        let (id, rest) = stat.split_once(" (").unwrap();
        let fields: Vec<&str> = rest.rsplit_once(") ").unwrap().1.split(' ').collect();
        if fields[2] == group.to_string() && fields[0] != "Z" {
            living.push(id.parse().unwrap());
        }
    }
    living
}

/// Returns when a process group has so many processes; hangs if it never has.
#[cfg(target_os = "linux")]
fn await_living(group: u32, n: usize) {
    while living(group).len() != n {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_for_each_prime_and_none_after_the_end() {
    let mut running = Running::start();
    // The input stays open: what came is answered.
    running.expect(2..542, &primes(2..542));
    await_living(running.head.id(), HEAD_AND_PARENT + 100);
    running.expect([547], "547\n");
    await_living(running.head.id(), HEAD_AND_PARENT + 101);
    drop(running.input);
    assert!(running.head.wait().unwrap().success());
    assert!(living(running.head.id()).is_empty());
    assert_eq!(running.output.read(&mut [0]).unwrap(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_closed_output_ends_all_processes_while_input_arrives() {
    let mut running = Running::start();
    running.expect(2..100, &primes(2..100));
    drop(running.output);
    // Nothing more is sent, and yet it ends.
    let status = running.head.wait().unwrap();
    assert_eq!(status.signal(), Some(libc::SIGPIPE));
    assert!(living(running.head.id()).is_empty());
    let said = said(running.head);
    assert_eq!(said, "");
}

#[test]
fn a_reader_that_ends_early_in_a_pipeline() {
    let line = "seq 2 5000 | { sieve; echo $? >&2; } | head -3";
    let ran = run(&mut shell(line), b"");
    assert_eq!(
        (&ran.stdout[..], &ran.stderr[..]),
        (&b"2\n3\n5\n"[..], "141\n")
    );
}

/// The processes of a chain besides those for primes.
#[cfg(target_os = "linux")]
const HEAD_AND_PARENT: usize = 2;

/// A chain for the 25 primes below 100, with its processes: the head, its parent
/// and those for primes, in order.
#[cfg(target_os = "linux")]
fn of_25_primes() -> (Running, Vec<Pid>) {
    let mut running = Running::start();
    running.expect(2..100, &primes(2..100));
    let head = running.head.id() as i32;
    await_living(running.head.id(), HEAD_AND_PARENT + 25);
    // A process has its number from the system's counter, which starts again at its end.
    let mut chain = living(running.head.id());
    chain.sort_by_key(|id| (*id as u32).wrapping_sub(head as u32));
    (
        running,
        chain.into_iter().filter_map(Pid::from_raw).collect(),
    )
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_that_is_killed_is_reported_and_ends_all() {
    for (at, prime) in [(0, 2), (10, 31), (24, 97)] {
        let (mut running, chain) = of_25_primes();
        kill_process(chain[HEAD_AND_PARENT + at], Signal::KILL).unwrap();
        assert_eq!(running.head.wait().unwrap().code(), Some(1));
        assert!(living(running.head.id()).is_empty());
        let message = format!("sieve: process for {prime}: killed by a signal\n");
        assert_eq!(said(running.head), message);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_parent_that_is_killed_is_reported_and_leaves_no_process() {
    let (mut running, chain) = of_25_primes();
    kill_process(chain[1], Signal::KILL).unwrap();
    assert_eq!(running.head.wait().unwrap().code(), Some(1));
    // They are no children of the head.
    await_living(running.head.id(), 0);
    let message = "sieve: parent of the processes: killed by a signal\n";
    assert_eq!(said(running.head), message);
}

#[test]
#[cfg(target_os = "linux")]
fn a_head_that_a_signal_ends_leaves_no_process() {
    for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
        let (mut running, chain) = of_25_primes();
        kill_process(chain[0], signal).unwrap();
        assert_eq!(running.head.wait().unwrap().signal(), Some(signal.as_raw()));
        await_living(running.head.id(), 0);
        assert_eq!(said(running.head), "");
    }
}

/// Else the writer to the head would not see that it has ended, nor a process that
/// its reader has.
#[test]
#[cfg(target_os = "linux")]
fn processes_have_no_pipes_but_their_own() {
    let (running, chain) = of_25_primes();
    let pipes = |process: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
        // The list of our own has the folder that is being read, which is closed then.
        let links = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        let names = links.map(|link| link.to_str().unwrap().to_string());
        names.filter(|name| name.starts_with("pipe:")).collect()
    };
    let input = format!("/proc/{}/fd/0", running.head.id());
    let input = std::fs::read_link(input).unwrap();
    // What the test has open, too, is inherited: standard streams, and pipes of others.
    let inherited = pipes("self");
    let mut all = BTreeSet::new();
    for (at, process) in chain.iter().enumerate() {
        let pipes = pipes(&process.as_raw_pid().to_string());
        assert_eq!(pipes.contains(input.to_str().unwrap()), at == 0, "{at}");
        let own: Vec<&String> = pipes.difference(&inherited).collect();
        let ends = if at < HEAD_AND_PARENT { 1 } else { 2 };
        assert_eq!(own.len(), ends, "{at}: {own:?}");
        all.extend(own.into_iter().cloned());
    }
    // One into each process for a prime, and one to the parent.
    assert_eq!(all.len(), 25 + 1);
    drop(running);
}

#[test]
fn a_sigchld_that_is_ignored() {
    let line = r#"perl -e '$SIG{CHLD} = "IGNORE"; exec "sieve"'"#;
    let ran = run(&mut shell(line), b"2\n3\n4\n5\n");
    assert_eq!(
        (ran.status, &ran.stdout[..], &ran.stderr[..]),
        (0, &b"2\n3\n5\n"[..], "")
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_and_closed_streams_are_reported_once() {
    for (line, message) in [
        ("sieve > /dev/full", "stdout: No space left on device"),
        ("sieve >&-", "stdout: Bad file descriptor"),
        ("sieve <&-", "stdin: Bad file descriptor"),
    ] {
        let ran = run(&mut shell(line), b"2\n3\n5\n7\n");
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]), "{line}");
        assert_eq!(ran.stderr, format!("sieve: {message}\n"));
    }
}

//! `converse` as a process. What must not hang runs under `timeout`, which is
//! generous: it says that it ends, not when.

use crate::process::{Ran, SIGCHLD_IGNORED, SIGNALS, argument, on_terminal, program, run, shell};
use std::process::Command;

/// Commands, told apart by a `=`, with a time limit.
fn converse(words: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    let program = program("converse");
    command.arg("60").arg(program.get_program()).args(words);
    command
}

/// Two lines of shell in a conversation.
fn talk(first: &str, second: &str) -> Ran {
    talk_with(&[], first, second)
}

/// The same with options.
fn talk_with(options: &[&str], first: &str, second: &str) -> Ran {
    let words = ["sh", "-c", first, "=", "sh", "-c", second];
    run(&mut converse(&[options, &words[..]].concat()), b"")
}

/// Runs a conversation that succeeds; returns the standard error of both.
fn succeeds(first: &str, second: &str) -> String {
    succeeds_with(&[], first, second)
}

fn succeeds_with(options: &[&str], first: &str, second: &str) -> String {
    let ran = talk_with(options, first, second);
    assert_eq!(
        (ran.status, &ran.stdout[..]),
        (0, &b""[..]),
        "{first} = {second}: {}",
        ran.stderr
    );
    ran.stderr
}

/// The script `perl -e`, quoted for the shell.
fn perl(script: &str) -> String {
    format!("exec perl -e '$| = 1; {script}'")
}

#[test]
fn each_reads_the_output_of_the_other() {
    let stderr = succeeds(
        "echo 6; echo 7; read product; echo $product >&2",
        "read a; read b; echo $((a * b))",
    );
    assert_eq!(stderr, "42\n");
    // To the last byte, also from a command that has ended long before it is read.
    let digest = succeeds("seq 300000", "sleep 0.2; exec cksum >&2");
    assert_eq!(
        digest.as_bytes(),
        crate::process::classic("seq 300000 | cksum", b"")
    );
}

#[test]
fn ten_thousand_turns() {
    let asks = perl(
        r#"for $i (1 .. 10000) { print "$i\n"; $j = <STDIN>; $j == 2 * $i or die "$i: $j" } print STDERR "done\n""#,
    );
    let answers = perl(r#"while (<STDIN>) { print 2 * $_, "\n" }"#);
    assert_eq!(succeeds(&asks, &answers), "done\n");
}

/// 100 MB each way before either reads: more than any pipe holds.
const WRITES_FIRST: &str = "head -c 100000000 /dev/zero; exec >&2; wc -c";

#[test]
fn both_may_write_before_they_read() {
    let counts = succeeds(WRITES_FIRST, WRITES_FIRST);
    assert_eq!(counts, "100000000\n100000000\n");
}

/// With two plain pipes the same commands deadlock.
#[test]
fn two_fifos_hang_there() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!(
        "mkfifo ab ba; timeout 2 sh -c '({WRITES_FIRST}) <ba >ab & ({WRITES_FIRST}) >ba <ab; wait'"
    );
    let ran = run(shell(&line).current_dir(&folder), b"");
    // Ended by the time limit, and nothing was counted.
    assert_eq!((ran.status, &ran.stderr[..]), (124, ""));
}

/// Under a limit on the size of files that is less than `yes` writes in the time.
#[test]
fn a_writer_waits_when_the_buffer_is_full() {
    let line = "ulimit -f 200000; timeout 60 converse yes 'READ 0' = \
        sh -c 'sleep 2; head -n 1 > /dev/null; echo verdict >&2'";
    let ran = run(&mut shell(line), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, "verdict\n"));
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written");
    let writes = format!("head -c 30000000 /dev/zero; echo > {}", written.display());
    let reads = format!(
        "sleep 1; [ -e {} ] || echo waits >&2; exec >&2; wc -c",
        written.display()
    );
    for held in ["0", "64K", "1M"] {
        std::fs::remove_file(&written).ok();
        let counted = succeeds_with(&["--max-held", held], &writes, &reads);
        assert_eq!(counted, "waits\n30000000\n", "{held}");
    }
    std::fs::remove_file(&written).unwrap();
    assert_eq!(succeeds(&writes, &reads), "30000000\n");
    for size in ["x", "1.5M", "-1"] {
        let ran = talk_with(&["--max-held", size], "true", "true");
        assert_eq!((ran.status, ran.stderr.lines().count()), (2, 1), "{size}");
    }
}

/// As a shell's pipe: its reader waits for processes in the background, the shell does not.
#[test]
fn both_commands_have_ended_and_others_go_on() {
    let stays = "sleep 600 2> /dev/null & echo $! >&2; exit 0";
    let ids = succeeds(stays, "true") + &succeeds("true", stays) + &succeeds(stays, stays);
    assert_eq!(ids.lines().count(), 4);
    for id in ids.lines() {
        let id = rustix::process::Pid::from_raw(id.parse().unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    }
    assert_eq!(
        succeeds("(sleep 0.5; echo late) & exit 0", "cat >&2"),
        "late\n"
    );
    // It never stops writing, and another one reading.
    succeeds("yes 2> /dev/null & exit 0", "true");
    succeeds(
        "exec 3<&0; cat <&3 > /dev/null 2>&1 & exit 0",
        "exec yes 2> /dev/null & sleep 0.3; exit 0",
    );
    // What was written before comes to a process that reads it after the end of both.
    let folder = tempfile::tempdir().unwrap();
    let counted = folder.path().join("counted");
    let reads = format!(
        "exec 3<&0; (sleep 0.5; wc -c <&3 > {0}.new; mv {0}.new {0}) > /dev/null 2>&1 & exit 0",
        counted.display()
    );
    succeeds(&reads, "exec head -c 5000000 /dev/zero");
    while !counted.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(std::fs::read_to_string(&counted).unwrap(), "5000000\n");
}

#[test]
fn statuses_come_in_the_order_of_the_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statuses");
    let statuses = |options: &[&str], first: &str, second: &str| {
        let ran = talk_with(
            &[&["--statuses", argument(&file)], options].concat(),
            first,
            second,
        );
        let lines = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        (ran.status, lines)
    };
    let is = |status: i32, lines: &str| (status, lines.to_string());
    let late = "read end; sleep 0.3; exit 3";
    assert_eq!(statuses(&[], late, "exit 0"), is(1, "second 0\nfirst 3\n"));
    assert_eq!(
        statuses(&[], "kill -KILL $$", late),
        is(1, "first 137\nsecond 3\n")
    );
    let (status, mut lines) = statuses(&["--timeout", "200ms"], "exec sleep 600", "exec cat");
    assert_eq!((status, lines.remove(0)), (1, 't'));
    assert_eq!(lines, "imeout\nfirst 143\nsecond 143\n");
    // To the end of a pipe, too, and in what is there before the commands run.
    let line = "converse --statuses - true = false; converse --statuses /dev/stdout false = true; \
        converse --log - --statuses - echo a = sh -c 'read a; exit 5'";
    let ran = run(&mut shell(line), b"");
    let lines: Vec<_> = std::str::from_utf8(&ran.stdout).unwrap().lines().collect();
    assert_eq!((lines.len(), ran.status), (7, 1), "{lines:?}");
    assert!(
        lines[..2].contains(&"second 1") && lines[2..4].contains(&"first 1"),
        "{lines:?}"
    );
    // They end within a moment of each other.
    assert_eq!(lines[4], "> a");
    assert!(lines[5..].contains(&"first 0") && lines[5..].contains(&"second 5"));
    let folder = folder.path().join("no/such");
    let ran = talk_with(&["--statuses", argument(&folder)], "echo run >&2", "true");
    let message = format!(
        "converse: {}: No such file or directory\n",
        folder.display()
    );
    assert_eq!((ran.status, ran.stderr), (1, message));
}

#[test]
fn a_time_limit_ends_both() {
    let ran = talk_with(
        &["--timeout", "300ms"],
        "trap '' TERM; sleep 600; sleep 600",
        "cat",
    );
    let message = "converse: timeout: not finished after 300ms (--timeout)\n";
    assert_eq!((ran.status, &ran.stderr[..]), (1, message));
    // Also when both have closed their pipes, or never wait.
    let closed = "exec <&- >&-; sleep 600";
    assert_eq!(talk_with(&["--timeout", "300ms"], closed, closed).status, 1);
    assert_eq!(
        talk_with(&["--timeout", "300ms"], "exec yes", "exec cat > /dev/null").status,
        1
    );
    assert_eq!(
        succeeds_with(&["--timeout", "1m"], "echo a", "cat >&2"),
        "a\n"
    );
}

#[test]
fn a_closed_input_is_no_failure_and_ends_the_writer() {
    assert_eq!(succeeds("exec yes", "exec head -n 1 >&2"), "y\n");
    assert_eq!(succeeds("exec head -n 1 >&2", "exec yes"), "y\n");
    // A shell takes the status of the command that SIGPIPE ends for its own.
    succeeds("seq 1000000 | cat", "exec head -n 1 > /dev/null");
    succeeds("yes; exit $?", "exec head -n 1 > /dev/null");
    // The same status without that is a failure.
    let ran = talk("exit 141", "exec cat");
    let message = "converse: first command (sh): exit status: 141\n";
    assert_eq!((ran.status, &ran.stderr[..]), (1, message));
    // A last line to a command that has ended by then.
    assert_eq!(
        succeeds("read a; read b; echo bye; echo well >&2", "echo a"),
        "well\n"
    );
}

#[test]
fn failures_are_named() {
    let ran = talk("exit 3", "kill -TERM $$");
    assert_eq!(
        (ran.status, &ran.stderr[..]),
        (
            1,
            "converse: first command (sh): exit status: 3\n\
             converse: second command (sh): signal: 15 (SIGTERM)\n"
        )
    );
    let ran = talk("exit 0", "exit 3");
    let message = "converse: second command (sh): exit status: 3\n";
    assert_eq!((ran.status, &ran.stderr[..]), (1, message));
    for (which, words) in [
        ("first", ["/no/such", "=", "cat"]),
        ("second", ["cat", "=", "/no/such"]),
    ] {
        let ran = run(&mut converse(&words), b"");
        let message = format!("converse: {which} command (/no/such): No such file or directory\n");
        assert_eq!((ran.status, ran.stderr), (1, message));
    }
    for words in [&["cat"][..], &["cat", "="], &["=", "cat"], &["="], &[]] {
        let ran = run(&mut converse(words), b"");
        assert_eq!(
            (ran.status, ran.stderr.lines().count()),
            (2, 1),
            "{words:?}"
        );
    }
}

#[test]
fn the_log_has_all_lines_in_order() {
    let words = [
        "sh",
        "-c",
        "echo one; read two; printf three?; read four",
        "=",
        "sh",
        "-c",
        "read one; echo two; head -c 6 > /dev/null; echo four",
    ];
    let expected = "> one\n< two\n>+three?\n< four\n";
    let ran = run(&mut converse(&[&["--log", "-"], &words[..]].concat()), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), expected);
    let file = tempfile::NamedTempFile::new().unwrap();
    let log = ["--log", argument(file.path())];
    let ran = run(&mut converse(&[&log, &words[..]].concat()), b"");
    assert_eq!((ran.status, ran.stdout.len(), &ran.stderr[..]), (0, 0, ""));
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), expected);
}

#[test]
fn a_log_on_a_terminal_has_escapes() {
    let words = [
        "--log",
        "-",
        "printf",
        r"\033[1m\377\n",
        "=",
        "sh",
        "-c",
        "read a",
    ];
    let log = on_terminal(80, &mut converse(&words), b"");
    assert_eq!(String::from_utf8(log).unwrap(), "> \\u{1b}[1m\\xff\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_log_that_cannot_be_written_ends_both() {
    for (log, name) in [("/dev/full", "/dev/full"), ("- > /dev/full", "stdout")] {
        let line = format!("timeout 60 converse --log {log} yes = cat");
        let ran = run(&mut shell(&line), b"");
        let message = format!("converse: {name}: No space left on device\n");
        assert_eq!((ran.status, ran.stderr), (1, message));
    }
    let line = "{ timeout 60 converse --log - yes = cat; echo $? >&2; } | head -n 1";
    let ran = run(&mut shell(line), b"");
    assert_eq!((&ran.stdout[..], &ran.stderr[..]), (&b"> y\n"[..], "141\n"));
}

#[test]
fn a_full_disk_is_reported() {
    let line =
        "ulimit -f 4000; TMPDIR=/tmp timeout 60 converse sh -c 'exec cat /dev/zero' = sleep 30";
    let ran = run(&mut shell(line), b"");
    assert_eq!(
        (ran.status, &ran.stderr[..]),
        (1, "converse: /tmp: File too large\n")
    );
}

#[test]
fn commands_have_their_signals_as_they_were() {
    // In the background of a shell and under nohup, some are ignored. No `timeout` here: it
    // changes that itself.
    for setup in ["", "trap '' HUP INT QUIT;"] {
        let told = |before: &[&str], after: &[&str]| {
            let line = format!("{SIGNALS} >&2");
            let words = [before, &["sh", "-c", &line], after].concat();
            let ran = run(
                shell(&format!(r#"{setup} exec "$0" "$@""#)).args(words),
                b"",
            );
            assert_eq!(ran.status, 0, "{}", ran.stderr);
            ran.stderr
        };
        assert_eq!(told(&["converse"], &["=", "true"]), told(&[], &[]));
    }
}

/// A parent may ignore SIGCHLD, and its children inherit that.
#[test]
fn where_the_ends_of_children_are_ignored() {
    let ran = run(
        &mut shell(&format!("{SIGCHLD_IGNORED} converse true = true")),
        b"",
    );
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
}

#[cfg(target_os = "linux")]
mod deadlock {
    use super::*;
    use crate::process::{fifo, installed};
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::Write;
    use std::os::unix::net::UnixListener;
    use std::thread;
    use std::time::Duration;

    /// The talk's parent and child.
    const READS: &str = "sysread STDIN, $data, 8192;";

    /// A deadlock is found, and both commands are ended.
    fn is_found(first: &str, second: &str) -> String {
        is_found_with(&[], first, second)
    }

    fn is_found_with(options: &[&str], first: &str, second: &str) -> String {
        let ran = talk_with(options, first, second);
        assert_eq!(
            (ran.status, &ran.stdout[..]),
            (1, &b""[..]),
            "{first} = {second}: {}",
            ran.stderr
        );
        let one_line = ran.stderr.lines().count() == 1;
        assert!(
            one_line && ran.stderr.starts_with("converse: deadlock: "),
            "{first} = {second}: {}",
            ran.stderr
        );
        ran.stderr
    }

    #[test]
    fn the_talks_parent_and_child_are_found() {
        let stderr = is_found(&perl(READS), &format!("exec cat; {READS}"));
        assert_eq!(
            without_ids(&stderr),
            "converse: deadlock: perl (process ) waits to read what the second command writes, \
             and cat (process ) what the first command writes; output that was written may still be \
             buffered (try stdbuf -oL, python -u)\n"
        );
    }

    fn without_ids(stderr: &str) -> String {
        stderr.chars().filter(|c| !c.is_ascii_digit()).collect()
    }

    /// `--max-held` makes this possible.
    #[test]
    fn both_wait_to_write() {
        let held = ["--max-held", "1M"];
        let stderr = is_found_with(&held, "exec yes", "cat /dev/zero; true");
        assert_eq!(
            without_ids(&stderr),
            "converse: deadlock: yes (process ) waits to write to the second command, \
             and cat (process ) to the first command, and neither reads (try a larger --max-held)\n"
        );
        // Without inputs, both are ended by SIGPIPE.
        let options = [&held[..], &["--on-deadlock", "eof"]].concat();
        let ran = talk_with(&options, "exec yes", "cat /dev/zero");
        assert_eq!(
            (ran.status, ran.stderr.lines().count()),
            (0, 1),
            "{}",
            ran.stderr
        );
    }

    /// Its own processes, whatever the other one does.
    #[test]
    fn inside_one_command() {
        let waits = perl(r#"$child = open $output, "-|", "yes"; waitpid $child, 0"#);
        let reads = perl(r#"use IPC::Open2; open2($output, $input, "cat"); <$output>"#);
        for first in [&waits, &reads] {
            for second in ["exec cat", "true", "exec <&-; cat /dev/null; true"] {
                is_found(first, second);
                is_found(second, first);
            }
        }
        assert_eq!(
            without_ids(&is_found(&waits, "true")),
            "converse: deadlock: all processes wait for each other: perl (process ) waits for a child, \
             yes (process ) waits at a pipe of its own\n"
        );
        // If closing the inputs does not help, the deadlock is reported again, and both are ended.
        let ran = talk_with(&["--on-deadlock", "eof"], &waits, "exec cat");
        assert_eq!(
            (ran.status, ran.stderr.lines().count()),
            (1, 2),
            "{}",
            ran.stderr
        );
        if installed("python3", "") {
            for script in [
                "p = Popen([\"yes\"], stdout=PIPE); p.wait()",
                "p = Popen([\"cat\"], stdin=PIPE, stdout=PIPE); p.stdout.read()",
            ] {
                let script = format!("exec python3 -c 'from subprocess import *; {script}'");
                is_found(&script, "exec cat");
            }
        }
    }

    /// Only by time: a handler for SIGALRM is taken for an alarm.
    #[test]
    fn patience_finds_deadlocks_that_states_do_not_show() {
        let may_have_an_alarm = perl("$SIG{ALRM} = sub { exit }; <STDIN>");
        let patience = ["--patience", "700ms"];
        for waits in [&may_have_an_alarm[..], "exec sleep 600"] {
            let stderr = is_found_with(&patience, waits, "cat");
            assert_eq!(
                stderr,
                "converse: deadlock: nothing was written for 700ms and no processor time was used \
                 (--patience 700ms)\n"
            );
        }
        // Processes that run, come and go, or are stopped.
        let computes = perl("$t = time + 3; 1 while time < $t");
        thread::scope(|scope| {
            for lives in [
                &computes[..],
                "for i in $(seq 40); do sleep 0.05; done",
                "(sleep 2; kill -CONT $$) & kill -STOP $$; echo",
            ] {
                scope.spawn(move || {
                    succeeds_with(&patience, lives, "cat > /dev/null");
                });
            }
        });
    }

    /// The line that promises nothing where processes cannot be inspected.
    #[test]
    fn without_its_own_proc() {
        let told = |unshare: &str, setup: &str| {
            let line = format!(
                "unshare {unshare} sh -c '{setup} timeout 60 converse --timeout 1s cat = cat; echo'"
            );
            let ran = run(&mut shell(&line), b"");
            let mut lines: Vec<_> = ran.stderr.lines().map(str::to_string).collect();
            if lines
                .first()
                .is_none_or(|line| !line.starts_with("converse: "))
            {
                crate::process::skipped("no namespaces are to be had");
                return None;
            }
            assert_eq!(
                lines.pop().unwrap(),
                "converse: timeout: not finished after 1s (--timeout)"
            );
            Some(lines)
        };
        if let Some(lines) = told("-rm", "mount -t tmpfs none /proc || exit;") {
            assert_eq!(
                lines,
                ["converse: /proc: No such file or directory: a deadlock would not be found"]
            );
        }
        if let Some(lines) = told("-rpf", "") {
            assert_eq!(
                lines,
                ["converse: /proc: not of this PID namespace: a deadlock would not be found"]
            );
        }
    }

    /// Waits for standard input in this system call, `poll` or another one with its arguments.
    fn polls(call: libc::c_long, limit: &str) -> String {
        perl(&format!(
            r#"$polled = pack "iss", 0, 1, 0; syscall {call}, $polled, 1, {limit}"#
        ))
    }

    #[test]
    fn however_they_wait() {
        for waits in [
            // A shell for a child that reads; pipes of their own; orphans.
            "cat; true",
            "cat | cat; true",
            "(cat | (cat; true) | cat); true",
            "cat & exec cat",
            "exec 3<&0; (cat <&3 &) ; exec cat",
            // A writer to a pipe of their own that is full.
            "exec 3<&0; yes | { exec 4<&0; cat <&3; }",
            &perl("vec($r, 0, 1) = 1; select($r, undef, undef, undef)"),
            #[cfg(target_arch = "x86_64")]
            &polls(libc::SYS_poll, "-1"),
            &polls(libc::SYS_ppoll, "0, 0, 0"),
            // After a while, and in the middle of a talk.
            "sleep 0.3; exec cat",
            // Long after the command itself has ended.
            "exec 3<&0; (sleep 1.5; exec cat <&3) & exit 0",
        ] {
            is_found(waits, "cat");
            is_found("cat", waits);
        }
        is_found("echo question; read answer", "read question; read more");
    }

    /// `exec` leaves a process the children that it had before.
    #[test]
    fn children_from_before_are_not_touched() {
        let line = "sleep 600 > /dev/null 2>&1 & echo $!; exec converse cat = cat";
        let ran = run(&mut shell(line), b"");
        let earlier = String::from_utf8(ran.stdout).unwrap();
        let earlier = Pid::from_raw(earlier.trim().parse().unwrap()).unwrap();
        let ended = kill_process(earlier, Signal::TERM);
        assert_eq!((ran.status, ended), (1, Ok(())), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("converse: deadlock: "));
    }

    #[test]
    fn life_is_not_taken_for_a_deadlock() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = fifo(folder.path());
        let waits_for_a_fifo = format!("(sleep 1.2; echo) > {0} & read line < {0}", fifo.display());
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = thread::spawn(move || {
            let mut peer = listener.accept().unwrap().0;
            thread::sleep(Duration::from_millis(1200));
            peer.write_all(b"x").unwrap();
        });
        let waits_for_a_socket = perl(&format!(
            r#"use IO::Socket::UNIX; $s = IO::Socket::UNIX->new("{}"); sysread $s, $data, 1"#,
            socket.display()
        ));
        let lives = [
            "sleep 1.2",
            "timeout 1.2 cat; true",
            &waits_for_a_fifo,
            &perl("$t = time + 2; 1 while time < $t"),
            &perl("$SIG{ALRM} = sub { exit }; alarm 2; <STDIN>"),
            &perl("select(undef, undef, undef, 1.2)"),
            &perl("vec($r, 0, 1) = 1; select($r, undef, undef, 1.2)"),
            &waits_for_a_socket,
        ]
        .map(str::to_string);
        // All at once, or it would take as long as all of them together.
        thread::scope(|scope| {
            for lives in &lives {
                scope.spawn(move || {
                    let ran = talk(lives, "cat; true");
                    assert!(!ran.stderr.contains("deadlock"), "{lives}: {}", ran.stderr);
                });
            }
        });
        server.join().unwrap();
    }

    /// Programs that handle every signal that would end them, SIGALRM included.
    #[test]
    fn handlers_that_only_clean_up_are_doubted_for_a_while() {
        let found = thread::spawn(|| is_found("exec sort", "exec sort"));
        let sets_no_alarm = perl(r#"@SIG{"ALRM", "XCPU"} = (sub { exit }) x 2; <STDIN>"#);
        is_found(&sets_no_alarm, "exec cat");
        found.join().unwrap();
        // An alarm that ends the wait soon is no deadlock.
        let alarm = perl(r#"@SIG{"ALRM", "XCPU"} = (sub { exit }) x 2; alarm 4; <STDIN>"#);
        succeeds(&alarm, "cat; true");
        succeeds(
            "exec bash --posix -c 'trap true EXIT; read -t 4 x; echo go'",
            "read x",
        );
    }

    /// Each process begins the next one and ends: no list of processes has them all.
    #[test]
    fn a_relay_of_processes_is_alive() {
        let folder = tempfile::tempdir().unwrap();
        let relay = folder.path().join("relay");
        let script = "i=${1:-0}; [ $i -ge 400 ] && { echo go; exit; }; sh $0 $((i + 1)) &\n";
        std::fs::write(&relay, script).unwrap();
        for _ in 0..3 {
            let first = format!("sh {} & exec cat > /dev/null", relay.display());
            assert_eq!(succeeds(&first, "read x; echo got $x >&2"), "got go\n");
        }
    }

    /// Compiles a C program. Rust links with a C compiler, so as a rule there is one.
    fn compile(source: &str, built: &std::path::Path) -> bool {
        if !installed("cc", "") {
            return false;
        }
        let mut cc = Command::new("cc");
        cc.args(["-pthread", "-x", "c", "-", "-o", argument(built)]);
        let compiled = run(&mut cc, source.as_bytes());
        assert_eq!((compiled.status, &compiled.stderr[..]), (0, ""));
        true
    }

    /// The kernel writes to an eventfd after 1.2 s. Status 77 if it has no such ring.
    #[test]
    fn a_ring_of_the_kernel_is_life() {
        let begin = r#"
            #include <linux/aio_abi.h>
            #include <linux/io_uring.h>
            #include <poll.h>
            #include <stdint.h>
            #include <string.h>
            #include <sys/eventfd.h>
            #include <sys/mman.h>
            #include <sys/syscall.h>
            #include <sys/timerfd.h>
            #include <unistd.h>
            int main() {
                int event = eventfd(0, 0);
                uint64_t number;"#;
        let end = "read(event, &number, sizeof number); return write(1, \"go\\n\", 3) != 3; }";
        let uring = r#"
                struct io_uring_params p = {0};
                int ring = syscall(SYS_io_uring_setup, 1, &p);
                if (ring < 0) return 77;
                char *queue = mmap(0, p.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
                struct io_uring_sqe *entry = mmap(0, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
                struct __kernel_timespec time = {1, 200000000};
                if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_EVENTFD, &event, 1)) return 77;
                entry->opcode = IORING_OP_TIMEOUT;
                entry->fd = -1;
                entry->addr = (uintptr_t)&time;
                entry->len = 1;
                *(uint32_t *)(queue + p.sq_off.array) = 0;
                ++*(uint32_t *)(queue + p.sq_off.tail);
                if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, 0, 0) != 1) return 77;
                CLOSE"#;
        let closed = uring.replace("CLOSE", "close(ring);");
        let uring = uring.replace("CLOSE", "");
        let aio = r#"
                aio_context_t context = 0;
                int timer = timerfd_create(CLOCK_MONOTONIC, 0);
                struct itimerspec time = {{0, 0}, {1, 200000000}};
                struct iocb request = {0}, *requests[] = {&request};
                timerfd_settime(timer, 0, &time, 0);
                if (syscall(SYS_io_setup, 1, &context)) return 77;
                request.aio_lio_opcode = IOCB_CMD_POLL;
                request.aio_fildes = timer;
                request.aio_buf = POLLIN;
                request.aio_flags = IOCB_FLAG_RESFD;
                request.aio_resfd = event;
                if (syscall(SYS_io_submit, context, 1, requests) != 1) return 77;"#;
        let folder = tempfile::tempdir().unwrap();
        for (name, ring) in [("uring", &uring[..]), ("closed", &closed), ("aio", aio)] {
            let built = folder.path().join(name);
            if !compile(&format!("{begin}{ring}{end}"), &built) {
                return;
            }
            let alone = run(&mut Command::new(&built), b"");
            if alone.status != 0 {
                crate::process::skipped(&format!("no {name} is to be had"));
                continue;
            }
            assert_eq!(
                succeeds(&format!("exec {}", built.display()), "read x; echo $x >&2"),
                "go\n",
                "{name}"
            );
        }
        // The same without a ring.
        let built = folder.path().join("none");
        compile(&format!("{begin}{end}"), &built);
        is_found(&format!("exec {}", built.display()), "cat");
    }

    /// `pthread_join` waits as for a thread of another process.
    #[test]
    fn a_thread_that_is_joined() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("built");
        let source = r#"
            #include <pthread.h>
            #include <unistd.h>
            static void *reads(void *byte) { read(0, byte, 1); return NULL; }
            int main() {
                pthread_t thread;
                char byte;
                pthread_create(&thread, NULL, reads, &byte);
                pthread_join(thread, NULL);
            }"#;
        if compile(source, &built) {
            is_found(&format!("exec {}", built.display()), "cat");
        }
    }

    /// Its first thread has ended, and the others go on: they are ended, too.
    #[test]
    fn a_process_may_outlive_its_first_thread() {
        let folder = tempfile::tempdir().unwrap();
        let (built, sign) = (folder.path().join("built"), folder.path().join("sign"));
        let source = r#"
            #include <pthread.h>
            #include <stdio.h>
            #include <unistd.h>
            static void *go_on(void *sign) {
                char byte;
                if (read(0, &byte, 1) >= 0) fclose(fopen(sign, "w"));
                return NULL;
            }
            int main(int count, char **arguments) {
                pthread_t thread;
                pthread_create(&thread, NULL, go_on, arguments[1]);
                pthread_exit(NULL);
            }"#;
        if !compile(source, &built) {
            return;
        }
        let first = format!("exec {} {}", built.display(), sign.display());
        is_found(&first, "cat");
        thread::sleep(Duration::from_millis(200));
        assert!(!sign.exists());
    }

    /// A last line without a newline may be the cause of the deadlock.
    #[test]
    fn the_log_of_a_deadlock_is_whole() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let words = [
            "--log",
            argument(log.path()),
            "sh",
            "-c",
            "printf 'name? '; read x",
            "=",
            "cat",
        ];
        let ran = run(&mut converse(&words), b"");
        // The answer is what was asked, and no line either.
        assert_eq!(ran.status, 1);
        let text = std::fs::read_to_string(log.path()).unwrap();
        assert_eq!(text, ">+name? \n<+name? \n");
    }

    /// Orphans that have ended do not occupy process IDs for as long as the commands run.
    #[test]
    fn orphans_are_reaped() {
        let orphans = "for i in $(seq 50); do (/bin/true &); done; sleep 2; \
            cat /proc/[0-9]*/stat 2> /dev/null | grep -c \") Z $PPID \" >&2; echo";
        assert_eq!(succeeds(orphans, "read x"), "0\n");
    }

    /// A pipe from outside: which process has its other end is not known.
    #[test]
    fn a_pipe_from_outside_is_life() {
        let line = "sleep 1.2 | timeout 60 converse sh -c 'cat <&3 >&2' = cat 3<&0";
        let ran = run(&mut shell(line), b"");
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    }

    #[test]
    fn both_inputs_are_closed_on_request() {
        let words = [
            "sh",
            "-c",
            "cat; echo a >&2",
            "=",
            "sh",
            "-c",
            "cat; sleep 0.1; echo b >&2",
        ];
        let ran = run(
            &mut converse(&[&["--on-deadlock", "eof"], &words[..]].concat()),
            b"",
        );
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!((ran.status, &lines[1..]), (0, &["a", "b"][..]));
        assert!(lines[0].starts_with("converse: deadlock: "));
    }

    /// Not even one that ignores being asked, or is an orphan.
    #[test]
    fn no_process_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let ids = folder.path().join("ids");
        // In the background of a shell the input would be /dev/null.
        let stubborn = "trap '' TERM; exec 3<&0; (cat <&3 & echo $! >> IDS); \
            (setsid cat <&3 & echo $! >> IDS); echo $$ >> IDS; cat; cat";
        is_found(&stubborn.replace("IDS", argument(&ids)), "cat");
        let ids = std::fs::read_to_string(ids).unwrap();
        assert_eq!(ids.lines().count(), 3);
        for id in ids.lines() {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
            assert!(
                !stat.is_ok_and(|stat| stat.contains("(cat)") || stat.contains("(sh)")),
                "{id}"
            );
        }
    }
}

#[test]
fn the_talks_coroutine() {
    let script = crate::process::repository("scripts/ticktock");
    let mut command = Command::new(script);
    command.env("TEXTMILL_BIN", crate::process::programs());
    let ran = run(&mut command, b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    let expected = "tick tock tick # bip tock bip tock # bop bip bop bip bop bip"
        .replacen('#', "# Okay, bip not tick.", 1)
        .replace("# bop", "# Okay, bop not tock. bop");
    let words = String::from_utf8(ran.stdout).unwrap().replace('\n', " ");
    assert_eq!(words.trim_end(), expected);
}

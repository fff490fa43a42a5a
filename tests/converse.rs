//! `converse` as a process. What must not hang runs under `timeout`, which is
//! generous: it says that it ends, not when.

use crate::process::{DEAF, Ran, SIGNALS, argument, program, run, shell};
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
    run(
        &mut converse(&["sh", "-c", first, "=", "sh", "-c", second]),
        b"",
    )
}

/// A conversation that goes well. What the two said on standard error.
fn goes_well(first: &str, second: &str) -> String {
    let ran = talk(first, second);
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
fn one_hears_what_the_other_says() {
    let stderr = goes_well(
        "echo 6; echo 7; read product; echo $product >&2",
        "read a; read b; echo $((a * b))",
    );
    assert_eq!(stderr, "42\n");
    // To the last byte, also of one who has ended long before it is read.
    let digest = goes_well("seq 300000", "sleep 0.2; exec cksum >&2");
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
    assert_eq!(goes_well(&asks, &answers), "done\n");
}

/// 100 MB each way before anybody reads: more than any pipe holds.
const WRITES_FIRST: &str = "head -c 100000000 /dev/zero; exec >&2; wc -c";

#[test]
fn both_may_write_before_they_read() {
    let counts = goes_well(WRITES_FIRST, WRITES_FIRST);
    assert_eq!(counts, "100000000\n100000000\n");
}

/// What `converse` is for: with two pipes alone the same two hang.
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

#[test]
fn who_leaves_is_no_failure_and_ends_who_goes_on() {
    assert_eq!(goes_well("exec yes", "exec head -n 1 >&2"), "y\n");
    assert_eq!(goes_well("exec head -n 1 >&2", "exec yes"), "y\n");
    // A last word to one who is gone by then.
    assert_eq!(
        goes_well("read a; read b; echo bye; echo well >&2", "echo a"),
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
            "converse: sh: exit status: 3\nconverse: sh: signal: 15 (SIGTERM)\n"
        )
    );
    for words in [["/no/such", "=", "cat"], ["cat", "=", "/no/such"]] {
        let ran = run(&mut converse(&words), b"");
        let message = "converse: /no/such: No such file or directory\n";
        assert_eq!((ran.status, &ran.stderr[..]), (1, message));
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
fn the_log_has_what_was_said_in_order() {
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
fn a_full_disk_is_said() {
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

/// Who started us may have said so for himself, and his children have it from him.
#[test]
fn where_the_ends_of_children_are_ignored() {
    let ran = run(&mut shell(&format!("{DEAF} converse true = true")), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
}

#[cfg(target_os = "linux")]
mod deadlock {
    use super::*;
    use crate::process::installed;
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::Write;
    use std::os::unix::net::UnixListener;
    use std::thread;
    use std::time::Duration;

    /// The talk's parent and child.
    const READS: &str = "sysread STDIN, $data, 8192;";

    /// Ends as a deadlock, by which both are ended.
    fn is_found(first: &str, second: &str) -> String {
        let ran = talk(first, second);
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
        let plain: String = stderr.chars().filter(|c| !c.is_ascii_digit()).collect();
        assert_eq!(
            plain,
            "converse: deadlock: perl (process ) waits to read what the second command writes, \
             cat (process ) what the first writes, and nothing is on its way\n"
        );
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
            // One who writes into a pipe of theirs that nobody empties.
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
    fn children_from_before_are_left_alone() {
        let line = "sleep 600 > /dev/null 2>&1 & echo $!; exec converse cat = cat";
        let ran = run(&mut shell(line), b"");
        let stranger = String::from_utf8(ran.stdout).unwrap();
        let stranger = Pid::from_raw(stranger.trim().parse().unwrap()).unwrap();
        let ended = kill_process(stranger, Signal::TERM);
        assert_eq!((ran.status, ended), (1, Ok(())), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("converse: deadlock: "));
    }

    #[test]
    fn life_is_not_taken_for_a_deadlock() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(
            Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
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
    fn who_only_cleans_up_behind_itself_is_found() {
        let found = thread::spawn(|| is_found("exec sort", "exec sort"));
        let sets_no_alarm = perl(r#"@SIG{"ALRM", "XCPU"} = (sub { exit }) x 2; <STDIN>"#);
        is_found(&sets_no_alarm, "exec cat");
        found.join().unwrap();
        // And an alarm that ends the wait soon is no deadlock.
        let alarm = perl(r#"@SIG{"ALRM", "XCPU"} = (sub { exit }) x 2; alarm 1; <STDIN>"#);
        goes_well(&alarm, "cat; true");
    }

    /// Each process begins the next one and ends: no list of processes has them all.
    #[test]
    fn who_hands_on_from_process_to_process_is_alive() {
        let folder = tempfile::tempdir().unwrap();
        let relay = folder.path().join("relay");
        let script = "i=${1:-0}; [ $i -ge 400 ] && { echo go; exit; }; sh $0 $((i + 1)) &\n";
        std::fs::write(&relay, script).unwrap();
        for _ in 0..3 {
            let first = format!("sh {} & exec cat > /dev/null", relay.display());
            assert_eq!(goes_well(&first, "read x; echo got $x >&2"), "got go\n");
        }
    }

    /// Its first thread has ended, and the others go on: they are ended, too.
    #[test]
    fn a_process_may_outlive_its_first_thread() {
        // A C compiler is there as a rule, since Rust links with it.
        if !installed("cc", "") {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (built, sign) = (folder.path().join("built"), folder.path().join("sign"));
        let source = br#"
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
        let mut cc = Command::new("cc");
        cc.args(["-pthread", "-x", "c", "-", "-o", argument(&built)]);
        let compiled = run(&mut cc, source);
        assert_eq!((compiled.status, &compiled.stderr[..]), (0, ""));
        let first = format!("exec {} {}", built.display(), sign.display());
        is_found(&first, "cat");
        thread::sleep(Duration::from_millis(200));
        assert!(!sign.exists());
    }

    /// What was said last, and not ended by a newline, may be why nobody answers.
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

    /// The dead whose parents have gone keep no numbers for as long as a talk lasts.
    #[test]
    fn orphans_are_buried() {
        let orphans = "for i in $(seq 50); do (/bin/true &); done; sleep 2; \
            cat /proc/[0-9]*/stat 2> /dev/null | grep -c \") Z $PPID \" >&2; echo";
        assert_eq!(goes_well(orphans, "read x"), "0\n");
    }

    /// A pipe from outside: who holds its other end is not known.
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
    fn nobody_is_left_over() {
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

//! `memo` among processes: several that ask at once, signals, what commands inherit.

use super::*;
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;

/// Shell that waits for a file in the folder.
fn until(folder: &Path, name: &str) -> String {
    format!(
        "until [ -e {} ]; do sleep 0.01; done",
        folder.join(name).display()
    )
}

fn start(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ended(child: Child) -> (i32, String, String) {
    let output = child.wait_with_output().unwrap();
    let status = output.status;
    let status = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status, text(output.stdout), text(output.stderr))
}

/// The process whose id a command has written to a file.
fn pid_in(file: &Path) -> Pid {
    let id = fs::read_to_string(file).unwrap();
    Pid::from_raw(id.trim().parse().unwrap()).unwrap()
}

fn kill(child: &Child, signal: &str) {
    let signal = Signal::from_named_raw(number(signal)).unwrap();
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn what_was_begun_before_forget_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let forget = || ran(&mut memo(&folder.join("store"), &["--forget", "k"]));
    for has_value in [false, true] {
        if has_value {
            assert_eq!(ran(&mut get(folder, "k", "echo 0")), printed("0\n"));
        }
        let line = format!(
            "echo old; touch {}/a; {}",
            folder.display(),
            until(folder, "go")
        );
        let args = ["--ttl", "0", "k", "--", "sh", "-c", &line];
        let first = start(&mut memo(&folder.join("store"), &args));
        wait_for(&folder.join("a"));
        // With a value there is nothing to wait for.
        let waits = (!has_value).then(|| start(&mut get(folder, "k", "echo never")));
        waits.iter().for_each(wait_for_draft);
        assert_eq!(forget(), printed(""));
        // Nothing is left to forget.
        assert_eq!(forget().0, 1);
        // It is made again immediately, and stored.
        assert_eq!(ran(&mut get(folder, "k", "echo new")), printed("new\n"));
        fs::write(folder.join("go"), "").unwrap();
        assert_eq!(ended(first), printed("old\n"));
        assert!(waits.is_none_or(|waits| ended(waits) == printed("new\n")));
        assert_eq!(ran(&mut get_any(folder)).1, "new\n");
        assert_eq!(files(folder).1, Vec::<PathBuf>::new());
        assert_eq!(forget(), printed(""));
        for name in ["a", "go"] {
            fs::remove_file(folder.join(name)).unwrap();
        }
    }
    // A forgotten run that was killed is removed by --prune.
    let line = format!("touch {}/a; exec cat", folder.display());
    let mut killed = get(folder, "k", &line)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&folder.join("a"));
    assert_eq!(forget(), printed(""));
    assert_eq!(
        ran(&mut memo(&folder.join("store"), &["--prune"])),
        printed("")
    );
    assert_eq!(files(folder).1.len(), 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(forget().0, 1);
    assert_eq!(
        ran(&mut memo(&folder.join("store"), &["--prune"])),
        printed("")
    );
    assert_eq!(files(folder), (vec![], vec![]));
}

const CIRCLE: &str = "is being made by the command that asks for it";

/// Key 0 needs 1, 1 needs 2, and so on; the last one needs 0.
#[test]
fn a_circle_of_keys_is_an_error() {
    for n in [2, 3, 7] {
        for _ in 0..3 {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            let store = argument(&folder.join("store")).to_string();
            let program = program("memo");
            let program = argument(program.get_program()).to_string();
            let children: Vec<Child> = (0..n)
                .map(|i| {
                    let all: Vec<String> =
                        (0..n).map(|j| until(folder, &format!("b{j}"))).collect();
                    let line = format!(
                        "touch {}/b{i}; {}; exec {program} -d {store} k{} -- echo made",
                        folder.display(),
                        all.join("; "),
                        (i + 1) % n
                    );
                    let key = format!("k{i}");
                    start(&mut memo(
                        &folder.join("store"),
                        &[&key, "--", "sh", "-c", &line],
                    ))
                })
                .collect();
            let ended: Vec<_> = children.into_iter().map(ended).collect();
            let said = ended
                .iter()
                .filter(|ended| ended.2.contains(CIRCLE))
                .count();
            // The others share the failure.
            assert_eq!(said, 1, "{ended:?}");
            assert!(
                ended.iter().all(|ended| (ended.0, &ended.1[..]) == (1, "")),
                "{ended:?}"
            );
            assert_eq!(files(folder), (vec![], vec![]));
        }
    }
}

/// A run that was forgotten is waited for still.
#[test]
fn a_circle_through_a_forgotten_run_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = argument(&folder.join("store")).to_string();
    let program = program("memo");
    let program = argument(program.get_program()).to_string();
    let line = format!(
        "touch {}/a; {}; exec {program} -d {store} b -- echo made",
        folder.display(),
        until(folder, "go")
    );
    let a = start(&mut memo(
        &folder.join("store"),
        &["a", "--", "sh", "-c", &line],
    ));
    wait_for(&folder.join("a"));
    let args = ["b", "--", &program, "-d", &store, "a", "--", "echo", "made"];
    let b = start(&mut memo(&folder.join("store"), &args));
    let waits = || {
        files(folder)
            .1
            .iter()
            .any(|path| path.extension().unwrap() == "wait")
    };
    wait_until(waits);
    assert_eq!(
        ran(&mut memo(&folder.join("store"), &["--forget", "a"])),
        printed("")
    );
    fs::write(folder.join("go"), "").unwrap();
    let (a, b) = (ended(a), ended(b));
    assert_eq!(a.0, 1);
    assert!(a.2.ends_with(&format!("{CIRCLE}\n")), "{a:?}");
    assert_eq!((b.0, b.1), (1, String::new()));
    assert_eq!(files(folder), (vec![], vec![]));
}

/// What only looks like a circle: the process that waited was killed.
#[test]
fn a_killed_process_waits_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = argument(&folder.join("store")).to_string();
    let program = program("memo");
    let program = argument(program.get_program()).to_string();
    let here = folder.display();
    // a asks for b in the background and is killed there; b asks for a, which ends.
    let line = format!(
        "{program} -d {store} b -- false & echo $! > {here}/pid; mv {here}/pid {here}/waiter; \
         wait $!; {}; echo a",
        until(folder, "go")
    );
    let begun = format!(
        "touch {here}/b; {}; exec {program} -d {store} a -- false",
        until(folder, "ask")
    );
    let b = start(&mut memo(
        &folder.join("store"),
        &["b", "--", "sh", "-c", &begun],
    ));
    wait_for(&folder.join("b"));
    let a = start(&mut memo(
        &folder.join("store"),
        &["a", "--", "sh", "-c", &line],
    ));
    let waits = || {
        files(folder)
            .1
            .iter()
            .filter(|path| path.extension().unwrap() == "wait")
            .count()
    };
    wait_until(|| waits() == 1);
    wait_for(&folder.join("waiter"));
    let id = pid_in(&folder.join("waiter"));
    kill_process(id, Signal::KILL).unwrap();
    // Its file is there still, until the next one looks.
    assert_eq!(waits(), 1);
    let gone = format!("/proc/{}", id.as_raw_nonzero());
    wait_until(|| !Path::new(&gone).exists());
    fs::write(folder.join("ask"), "").unwrap();
    wait_until(|| {
        let files = files(folder).1;
        let mut waits = files
            .iter()
            .filter(|path| path.extension().unwrap() == "wait");
        waits.any(|path| {
            fs::read_to_string(path).is_ok_and(|text| text.split_whitespace().count() == 3)
        }) && waits.next().is_none()
    });
    fs::write(folder.join("go"), "").unwrap();
    assert_eq!(ended(a).1, "a\n");
    assert_eq!(ended(b), printed("a\n"));
}

#[test]
fn processes_that_wait_share_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let line = format!("echo part; {}; exit 3", until(folder, "go"));
    let children: Vec<Child> = (0..8)
        .map(|_| start(&mut get(folder, "k", &line)))
        .collect();
    children.iter().for_each(wait_for_draft);
    fs::write(folder.join("go"), "").unwrap();
    let mut all: Vec<_> = children.into_iter().map(ended).collect();
    all.sort();
    assert_eq!(all.pop().unwrap(), (3, "part\n".to_string(), String::new()));
    let line = "memo: k: COMMAND failed in another memo (exit status 3)\n";
    assert!(
        all.iter()
            .all(|ran| *ran == (3, String::new(), line.to_string())),
        "{all:?}"
    );
    assert_eq!(runs(folder), 1);
    // The next one tries again.
    assert_eq!(ran(&mut get(folder, "k", "echo well")), printed("well\n"));
    assert_eq!(files(folder).1, Vec::<PathBuf>::new());
}

#[test]
fn signals_are_passed_on_to_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for signal in ["TERM", "HUP", "INT"] {
        // One that ends by it, and memo too; the sleep keeps its output open.
        let begun = folder.join("begun");
        let line = format!("touch {}; sleep 30 & wait", begun.display());
        let child = start(&mut get(folder, "k", &line));
        wait_for(&begun);
        wait_for_draft(&child);
        let waits = start(&mut get(folder, "k", "echo other"));
        wait_for_draft(&waits);
        kill(&child, signal);
        let (status, ..) = ended_with_orphan(child);
        assert_eq!(status, 128 + number(signal), "{signal}");
        // That is no failure of the command.
        assert_eq!(ended(waits), printed("other\n"));
        let forget = ran(&mut memo(&folder.join("store"), &["--forget", "k"]));
        assert_eq!(forget, printed(""));
        // One that ends in its own way.
        fs::remove_file(&begun).unwrap();
        let line = format!(
            "trap 'echo end; exit 0' {signal}; touch {}; while :; do sleep 0.01; done",
            begun.display()
        );
        let child = start(&mut get(folder, "k", &line));
        wait_for(&begun);
        kill(&child, signal);
        assert_eq!(ended(child), printed("end\n"));
        assert_eq!(ran(&mut get_any(folder)), printed("end\n"));
        assert_eq!(
            ran(&mut memo(&folder.join("store"), &["--forget", "k"])).0,
            0
        );
        fs::remove_file(&begun).unwrap();
    }
}

#[test]
fn output_after_a_signal_is_whole_or_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let begun = folder.join("begun");
    let expected: String = (1..=50_000).map(|i| format!("{i}\n")).collect();
    for _ in 0..5 {
        let line = format!(
            "trap 'seq 50000; exit 0' TERM; touch {}; while :; do sleep 0.01; done",
            begun.display()
        );
        let child = start(&mut get(folder, "k", &line));
        wait_for(&begun);
        kill(&child, "TERM");
        let (status, output, _) = ended(child);
        assert!(
            (status, &output) == (0, &expected),
            "{} bytes",
            output.len()
        );
        let forget = ran(&mut memo(&folder.join("store"), &["--forget", "k"]));
        assert_eq!(forget, printed(""));
        fs::remove_file(&begun).unwrap();
    }
    // Another process has the output open, and may write more.
    let line = format!(
        "trap : TERM; (trap '' TERM; exec sleep 600) 2>/dev/null & echo $! >{0}.id; touch {0}; wait; echo early; exit 0",
        begun.display()
    );
    let child = start(&mut get(folder, "k", &line));
    wait_for(&begun);
    kill(&child, "TERM");
    let (status, output, message) = ended(child);
    assert_eq!((status, output.as_str()), (0, "early\n"));
    let expected =
        "memo: k: output not stored: another process has COMMAND's standard output open\n";
    assert_eq!(message, expected);
    kill_process(pid_in(&begun.with_extension("id")), Signal::KILL).unwrap();
    assert_eq!(ran(&mut get(folder, "k", "echo new")), printed("new\n"));
}

fn number(signal: &str) -> i32 {
    match signal {
        "HUP" => 1,
        "INT" => 2,
        _ => 15,
    }
}

/// The status of a process whose output another process may keep open.
fn ended_with_orphan(mut child: Child) -> (i32, String, String) {
    let status = child.wait().unwrap();
    let status = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap());
    (status, String::new(), String::new())
}

/// A terminal sends the signal to the command as well: one of them is enough.
#[test]
#[cfg(target_os = "linux")]
fn a_signal_of_the_terminal_comes_once() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::io::Write;
    if !crate::process::installed("setsid", "util-linux") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let mut options = fs::File::options();
    options.read(true).write(true).custom_flags(libc::O_NOCTTY);
    let terminal = options.open(name.to_str().unwrap()).unwrap();
    let here = folder.display();
    let line = format!(
        "trap 'echo int >> {here}/log' INT; touch {here}/begun; {}; sleep 0.3; echo end",
        until(folder, "log")
    );
    let memo = get(folder, "k", &line);
    let mut session = Command::new("setsid");
    session
        .arg("--ctty")
        .arg(memo.get_program())
        .args(memo.get_args());
    let child = start(session.stdin(terminal));
    wait_for(&folder.join("begun"));
    fs::File::from(master.try_clone().unwrap())
        .write_all(b"\x03")
        .unwrap();
    assert_eq!(ended(child), printed("end\n"));
    assert_eq!(fs::read_to_string(folder.join("log")).unwrap(), "int\n");
    assert_eq!(ran(&mut get_any(folder)), printed("end\n"));
}

#[test]
fn a_store_that_was_removed_does_not_come_back() {
    for end in ["exit 3", "echo text"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let line = format!("rm -r {}/store; {end}", folder.display());
        let (status, ..) = ran(&mut get(folder, "k", &line));
        assert_ne!(status, 0);
        assert!(!folder.join("store").exists());
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = argument(&folder.join("store")).to_string();
    let line = format!(
        "touch {}/begun; {}; echo made",
        folder.display(),
        until(folder, "go")
    );
    let mut nohup = shell(&format!(
        "trap '' HUP; exec memo -d {store} k -- sh -c '{line}'"
    ));
    let child = start(&mut nohup);
    wait_for(&folder.join("begun"));
    kill(&child, "HUP");
    fs::write(folder.join("go"), "").unwrap();
    assert_eq!(ended(child), printed("made\n"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_memo_ends_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let here = folder.display();
    let line = format!(
        "trap 'touch {here}/ended; exit' TERM; touch {here}/begun; while :; do sleep 0.01; done"
    );
    let mut child = get(folder, "k", &line)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&folder.join("begun"));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for(&folder.join("ended"));
    assert_eq!(ran(&mut get(folder, "k", "echo next")), printed("next\n"));
}

#[test]
fn a_closed_stream_is_closed_for_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let store = argument(&folder.path().join("store")).to_string();
    let closed =
        |line: &str, end: &str| ran(&mut shell(&format!("memo -d {store} k -- {line} {end}")));
    let (status, output, error) = closed("cat", "<&-");
    assert_eq!((status, &output[..]), (1, ""));
    assert!(error.contains("Bad file descriptor"), "{error}");
    // The descriptors are as they are without memo.
    let open = "sh -c 'for i in 0 1 2; do [ -e /proc/$$/fd/$i ] && echo $i; done; exit 1'";
    for (end, there) in [("<&-", "1\n2\n"), ("2>&-", "0\n1\n"), ("<&- 2>&-", "1\n")] {
        assert_eq!(closed(open, end), (1, there.to_string(), String::new()));
    }
    // The commands of converse have pipes instead of the first two.
    let log = folder.path().join("log");
    let line = open.replace("exit 1", "exec 1>&-");
    let line = line.replace("echo $i", &format!("echo $i >> {}", log.display()));
    assert_eq!(
        ran(&mut shell(&format!("converse {line} = cat 2>&-"))),
        printed("")
    );
    assert_eq!(fs::read_to_string(log).unwrap(), "0\n1\n");
    let line = "memo: stdout: Bad file descriptor\n";
    assert_eq!(
        closed("echo text", ">&-"),
        (1, String::new(), line.to_string())
    );
    assert_eq!(files(folder.path()), (vec![], vec![]));
}

#[test]
fn it_reports_what_it_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let line = format!("sh -c '{}; echo late' & echo text", until(folder, "go"));
    let mut child = start(&mut get(folder, "k", &line));
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut said).unwrap();
    let line = "memo: k: COMMAND has ended; waiting for another process that has its standard output open\n";
    assert_eq!(said, line);
    fs::write(folder.join("go"), "").unwrap();
    assert_eq!(ended(child), printed("text\nlate\n"));
    assert_eq!(ran(&mut get_any(folder)), printed("text\nlate\n"));
}

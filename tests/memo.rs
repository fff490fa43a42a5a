//! `memo` as a process: many at a time, killed, cut short, read while it writes.
//!
//! No test waits for a time that might be too short: what must be under way is
//! waited for by a file that it makes.
//!
//! Chapters: `options` (what each option does), `processes` (several that ask at once,
//! signals, what commands inherit).

mod options;
mod processes;

use crate::process::{
    Ran, SIGCHLD_IGNORED, SIGNALS, argument, fifo, on_terminal, program, run, shell, skipped,
};
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `memo` with a store in this folder.
fn memo(folder: &Path, args: &[&str]) -> Command {
    let mut memo = program("memo");
    memo.arg("-d").arg(folder).args(args);
    memo
}

/// The same for a key and a line of shell. The line's counter in the folder
/// `runs` is the number of runs.
fn get(folder: &Path, key: &str, line: &str) -> Command {
    let line = format!("echo run >> {}/runs; {line}", folder.display());
    memo(&folder.join("store"), &[key, "--", "sh", "-c", &line])
}

fn runs(folder: &Path) -> usize {
    fs::read_to_string(folder.join("runs")).map_or(0, |runs| runs.lines().count())
}

/// The files in the store but its lock, by their ends: values, and drafts and the like.
fn files(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let all = fs::read_dir(folder.join("store")).into_iter().flatten();
    all.map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("lock"))
        .partition(|path| path.extension().is_none())
}

/// Has `text` stored under `k`; the file of that value, the only one.
fn stored(folder: &Path) -> PathBuf {
    assert_eq!(ran(&mut get(folder, "k", "echo text")), printed("text\n"));
    files(folder).0.remove(0)
}

/// Asks for `k` of the store in this folder, which must be there.
fn get_any(folder: &Path) -> Command {
    memo(&folder.join("store"), &["k", "--", "false"])
}

/// The bytes before the output in the file of a value.
const MARK: usize = 16;

/// Changes the time at which a value was stored; its output is this.
fn set_stored(path: &Path, output: &str, time: SystemTime) {
    let mut bytes = fs::read(path).unwrap();
    let n = bytes.len();
    let ms = time.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    bytes[n - 32..n - 24].copy_from_slice(&ms.to_le_bytes());
    let digest = Sha256::digest(&bytes[MARK + output.len()..n - 24]);
    bytes[n - 24..n - 16].copy_from_slice(&digest[..8]);
    fs::write(path, bytes).unwrap();
}

fn wait_for(path: &Path) {
    wait_until(|| path.exists());
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until a process has a draft open: it runs the command, or waits for that.
fn wait_for_draft(child: &Child) {
    let folder = format!("/proc/{}/fd", child.id());
    wait_until(|| {
        let links = fs::read_dir(&folder).unwrap().flatten();
        let mut links = links.filter_map(|link| fs::read_link(link.path()).ok());
        links.any(|path| path.extension().is_some_and(|end| end == "new"))
    });
}

fn ran(command: &mut Command) -> (i32, String, String) {
    let Ran {
        status,
        stdout,
        stderr,
    } = run(command, b"");
    (status, String::from_utf8(stdout).unwrap(), stderr)
}

fn printed(text: &str) -> (i32, String, String) {
    (0, text.to_string(), String::new())
}

#[test]
fn the_second_time_nothing_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for _ in 0..3 {
        assert_eq!(
            ran(&mut get(folder, "k", "echo one; printf two")),
            printed("one\ntwo")
        );
    }
    assert_eq!(runs(folder), 1);
    // The key is all that counts, and another one is another value.
    assert_eq!(
        ran(&mut get(folder, "k", "echo other")),
        printed("one\ntwo")
    );
    assert_eq!(ran(&mut get(folder, "K", "true")), printed(""));
    assert_eq!(ran(&mut get(folder, "K", "echo other")), printed(""));
    assert_eq!(runs(folder), 2);
    // Not even looked for.
    let mut missing = memo(&folder.join("store"), &["k", "--", "/no/such/command"]);
    assert_eq!(ran(&mut missing), printed("one\ntwo"));
}

#[test]
fn large_values_of_all_bytes_come_to_pipes_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bytes: Vec<u8> = (0..3_000_000u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8)
        .collect();
    let source = folder.join("bytes");
    fs::write(&source, &bytes).unwrap();
    let line = format!("cat {}", source.display());
    for _ in 0..2 {
        assert!(run(&mut get(folder, "k", &line), b"").stdout == bytes);
        for append in [false, true] {
            let path = folder.join("out");
            let mut options = fs::OpenOptions::new();
            options
                .create(true)
                .append(append)
                .write(true)
                .truncate(!append);
            let _ = fs::remove_file(&path);
            let out = options.open(&path).unwrap();
            assert!(
                get(folder, "k", &line)
                    .stdout(out)
                    .status()
                    .unwrap()
                    .success()
            );
            assert!(fs::read(&path).unwrap() == bytes);
        }
    }
    assert_eq!(runs(folder), 1);
}

#[test]
fn what_fails_is_passed_through_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (line, status) in [
        ("exit 3", 3),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
    ] {
        let line = format!("echo part; echo cause >&2; {line}");
        let failed = (status, "part\n".to_string(), "cause\n".to_string());
        assert_eq!(ran(&mut get(folder, "k", &line)), failed);
    }
    for (command, status, cause) in [
        ("/no/such/command", 127, "No such file or directory"),
        ("/", 126, "Permission denied"),
    ] {
        let ran = ran(&mut memo(&folder.join("store"), &["k", "--", command]));
        assert_eq!(
            ran,
            (status, String::new(), format!("memo: {command}: {cause}\n"))
        );
    }
    assert_eq!(files(folder), (vec![], vec![]));
    assert_eq!(ran(&mut get(folder, "k", "echo whole")), printed("whole\n"));
}

#[test]
fn what_comes_is_passed_on_at_once() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let go = folder.join("go");
    let line = format!(
        "echo one; while ! [ -e {} ]; do sleep 0.01; done; echo two",
        go.display()
    );
    let mut child = get(folder, "k", &line)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    fs::write(go, "").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    assert!(child.wait().unwrap().success());
}

#[test]
fn standard_input_is_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&mut memo(folder.path(), &["k", "--", "cat"]), b"text");
    assert_eq!((ran.status, &ran.stdout[..]), (0, &b"text"[..]));
}

#[test]
fn of_fifty_at_once_one_runs_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut children: Vec<Child> = (0..50)
        .map(|_| {
            let mut memo = get(folder, "k", "sleep 0.3; seq 1000");
            memo.stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let expected: String = (1..=1000).map(|i| format!("{i}\n")).collect();
    for child in children.drain(..) {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
    assert_eq!(runs(folder), 1);
    let (values, drafts) = files(folder);
    assert_eq!((values.len(), drafts.len()), (1, 0));
}

/// A reader that does not read delays no other process.
#[test]
fn a_slow_reader_does_not_keep_the_others_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let slow = get(folder, "k", "seq 500000")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&folder.join("runs"));
    let other = run(&mut get(folder, "k", "seq 500000"), b"");
    assert_eq!((other.status, runs(folder)), (0, 1));
    assert!(slow.wait_with_output().unwrap().stdout == other.stdout);
}

#[test]
fn a_closed_output_does_not_change_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = folder.display();
    let line = format!("{{ memo -d {store}/store k -- seq 500000; echo $? >&2; }} | head -n 1");
    assert_eq!(
        ran(&mut shell(&line)),
        (0, "1\n".to_string(), "141\n".to_string())
    );
    let ran = run(&mut memo(&folder.join("store"), &["k", "--", "false"]), b"");
    assert_eq!((ran.status, ran.stdout.len()), (0, 3_388_895));
}

#[test]
fn killed_while_writing_it_leaves_no_value_and_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let half = folder.join("half");
    // The command outlives memo, until its input ends.
    let line = format!("echo half; touch {}; exec cat", half.display());
    let start = || {
        let child = get(folder, "k", &line)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for(&half);
        fs::remove_file(&half).unwrap();
        child
    };
    let kill = |mut child: Child| {
        let stdin = child.stdin.take();
        child.kill().unwrap();
        child.wait().unwrap();
        drop(stdin);
    };
    let prune = || ran(&mut memo(&folder.join("store"), &["--prune"]));
    let list = || ran(&mut memo(&folder.join("store"), &["--list"]));

    kill(start());
    assert_eq!(list(), printed(""));
    let (values, drafts) = files(folder);
    assert_eq!((values.len(), drafts.len()), (0, 1));
    // The next one takes its place.
    assert_eq!(ran(&mut get(folder, "k", "echo whole")), printed("whole\n"));
    let (values, drafts) = files(folder);
    assert_eq!((values.len(), drafts.len()), (1, 0));

    assert_eq!(
        ran(&mut memo(&folder.join("store"), &["--forget", "k"])),
        printed("")
    );
    kill(start());
    assert_eq!(prune(), printed(""));
    assert_eq!(files(folder), (vec![], vec![]));

    // A value that is being made stays.
    let child = start();
    assert_eq!(prune(), printed(""));
    assert_eq!(files(folder).1.len(), 1);
    kill(child);
}

#[test]
fn a_process_that_waits_for_a_killed_one_makes_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let half = folder.join("half");
    let line = format!("echo half; touch {}; exec cat", half.display());
    let mut first = get(folder, "k", &line)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&half);
    let second = get(folder, "k", "echo whole")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(50));
    assert_eq!(runs(folder), 1);
    first.kill().unwrap();
    assert_eq!(second.wait_with_output().unwrap().stdout, b"whole\n");
    drop(first.stdin.take());
    first.wait().unwrap();
}

#[test]
fn readers_of_a_value_that_is_rewritten_see_one_or_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let line = "echo run >> RUNS; yes $(wc -l < RUNS) | head -n 50000";
    let line = line.replace("RUNS", argument(&folder.join("runs")));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let args = ["--ttl", "20ms", "k", "--", "sh", "-c", &line];
                    let ran = run(&mut memo(&folder.join("store"), &args), b"");
                    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
                    let text = String::from_utf8(ran.stdout).unwrap();
                    let first = text.lines().next().unwrap();
                    assert_eq!(text.lines().count(), 50_000);
                    assert!(text.lines().all(|line| line == first));
                }
            });
        }
    });
    assert!(runs(folder) > 1);
}

#[test]
fn time_to_live() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = folder.join("store");
    let get =
        |ttl: &str, text: &str| ran(&mut memo(&store, &["--ttl", ttl, "k", "--", "echo", text]));
    assert_eq!(get("1h", "1"), printed("1\n"));
    thread::sleep(Duration::from_millis(20));
    assert_eq!(get("1h", "2"), printed("1\n"));
    assert_eq!(get("1ms", "3"), printed("3\n"));
    assert_eq!(get("1h", "4"), printed("3\n"));
    // After a failure to make it again the old one is still there.
    thread::sleep(Duration::from_millis(20));
    assert_eq!(
        ran(&mut memo(&store, &["--ttl", "1ms", "k", "--", "false"])).0,
        1
    );
    assert_eq!(get("1h", "5"), printed("3\n"));
    let prune = |ttl: &str| ran(&mut memo(&store, &["--prune", "--ttl", ttl]));
    assert_eq!(prune("1h"), printed(""));
    assert_eq!(files(folder).0.len(), 1);
    assert_eq!(prune("1ms"), printed(""));
    assert_eq!(files(folder), (vec![], vec![]));
}

/// The clock was set back: what is stored is from the future.
#[test]
fn a_value_from_the_future_is_made_again_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let get = |text: &str| {
        let args = ["--ttl", "1h", "k", "--", "echo", text];
        ran(&mut memo(&folder.join("store"), &args))
    };
    let hour = Duration::from_secs(3600);
    assert_eq!(get("1"), printed("1\n"));
    set_stored(&files(folder).0[0], "1\n", SystemTime::now() + 24 * hour);
    assert_eq!(get("2"), printed("2\n"));
    assert_eq!(get("3"), printed("2\n"));
    // The same way, what is too old.
    set_stored(&files(folder).0[0], "2\n", SystemTime::now() - 24 * hour);
    assert_eq!(get("4"), printed("4\n"));
    // Without a limit no time matters.
    set_stored(&files(folder).0[0], "4\n", SystemTime::now() + 24 * hour);
    assert_eq!(ran(&mut get_any(folder)), printed("4\n"));
    let mut prune = memo(&folder.join("store"), &["--prune", "--ttl", "1h"]);
    assert_eq!(ran(&mut prune), printed(""));
    assert_eq!(files(folder), (vec![], vec![]));
}

/// A process that waits accepts a value that was made meanwhile, for any limit.
#[test]
fn what_is_made_while_one_waits_is_good_enough() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(ran(&mut get(folder, "k", "echo old")), printed("old\n"));
    thread::sleep(Duration::from_millis(20));
    let (go, begun) = (folder.join("go"), folder.join("begun"));
    let line = format!(
        "echo run >> {0}/runs; touch {1}; while ! [ -e {2} ]; do sleep 0.01; done; echo new",
        folder.display(),
        begun.display(),
        go.display()
    );
    let start = || {
        let args = ["--ttl", "1ms", "k", "--", "sh", "-c", &line];
        let mut memo = memo(&folder.join("store"), &args);
        memo.stdout(Stdio::piped()).spawn().unwrap()
    };
    let first = start();
    wait_for(&begun);
    let others: Vec<Child> = (0..5).map(|_| start()).collect();
    others.iter().for_each(wait_for_draft);
    fs::write(go, "").unwrap();
    for child in others.into_iter().chain([first]) {
        assert_eq!(child.wait_with_output().unwrap().stdout, b"new\n");
    }
    assert_eq!(runs(folder), 2);
}

#[test]
fn prune_does_not_wait_for_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = folder.join("store");
    for key in ["old", "other"] {
        assert_eq!(ran(&mut get(folder, key, "echo old")), printed("old\n"));
    }
    thread::sleep(Duration::from_millis(20));
    let begun = folder.join("begun");
    let line = format!("touch {}; exec cat", begun.display());
    let args = ["--ttl", "1ms", "old", "--", "sh", "-c", &line];
    let mut child = memo(&store, &args).stdin(Stdio::piped()).spawn().unwrap();
    wait_for(&begun);
    // It ends while the command runs; the new value is stored for later requests.
    let prune = || ran(&mut memo(&store, &["--prune", "--ttl", "1ms"]));
    assert_eq!(prune(), printed(""));
    assert_eq!(ran(&mut memo(&store, &["--list"])), printed("old\n"));
    assert_eq!(files(folder).1.len(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(prune(), printed(""));
    assert_eq!(files(folder), (vec![], vec![]));
}

#[test]
fn any_text_is_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let keys = ["--", "--forget=a", "--help", "--list", "-dx", "-x", "a"];
    for key in keys {
        for text in [key, "other"] {
            let made = memo(folder, &["--", key, "--", "echo", "--", text]);
            let mut made = made;
            assert_eq!(ran(&mut made), printed(&format!("-- {key}\n")));
        }
    }
    let listed = keys.join("\n") + "\n";
    assert_eq!(ran(&mut memo(folder, &["--list"])), printed(&listed));
    for key in keys {
        let forget = format!("--forget={key}");
        assert_eq!(ran(&mut memo(folder, &[&forget])), printed(""));
    }
    assert_eq!(ran(&mut memo(folder, &["--list"])), printed(""));
    // The first -- behind a KEY is the one.
    let mut memo = memo(folder, &["k", "--", "echo", "--", "b"]);
    assert_eq!(ran(&mut memo), printed("-- b\n"));
}

/// As in a script with `memo "$KEY" -- …`.
#[test]
fn a_key_that_is_an_option_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(
        ran(&mut memo(folder, &["a", "--", "echo", "1"])),
        printed("1\n")
    );
    for key in ["--forget=a", "--list", "--prune", "--list -z"] {
        let args: Vec<&str> = key.split(' ').chain(["--", "echo", "wanted"]).collect();
        let ran = ran(&mut memo(folder, &args));
        let cause = "memo: COMMAND with --list, --forget or --prune; \
                     a KEY like that is memo -- KEY -- COMMAND (see memo --help)\n";
        assert_eq!(ran, (2, String::new(), cause.to_string()), "{key}");
    }
    assert_eq!(ran(&mut memo(folder, &["--list"])), printed("a\n"));
}

#[test]
fn keys_are_listed_in_order_and_on_a_line_each() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let long = "l".repeat(20_000);
    for key in ["b", "a\nb", "ä", "B\\n", "\x1b[31m", &long] {
        assert_eq!(ran(&mut memo(folder, &[key, "--", "true"])), printed(""));
    }
    // Other files stay.
    fs::write(folder.join("README"), "not ours").unwrap();
    let listed = format!("\\u{{1b}}[31m\nB\\\\n\na\\nb\nb\n{long}\nä\n");
    assert_eq!(ran(&mut memo(folder, &["--list"])), printed(&listed));
    let listed = format!("\x1b[31m\0B\\n\0a\nb\0b\0{long}\0ä\0");
    assert_eq!(ran(&mut memo(folder, &["--list", "-z"])), printed(&listed));
    assert_eq!(ran(&mut memo(folder, &["--forget", "a\nb"])), printed(""));
    let missing = (
        1,
        String::new(),
        "memo: a\\nb: not in the store\n".to_string(),
    );
    assert_eq!(ran(&mut memo(folder, &["--forget", "a\nb"])), missing);
    assert_eq!(
        ran(&mut memo(&folder.join("none"), &["--list"])),
        printed("")
    );
    assert_eq!(
        ran(&mut memo(&folder.join("none"), &["--prune"])),
        printed("")
    );
}

#[test]
fn only_not_found_leads_to_creation() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let value = stored(folder);
    let whole = fs::read(&value).unwrap();
    let name = value.display();
    let damaged = format!(
        "memo: {name}: damaged, or not a value of memo (--forget removes it, --heal replaces it)\n"
    );
    let is_refused = |message: &str| {
        let ran = ran(&mut get(folder, "k", "echo other"));
        assert_eq!(ran, (1, String::new(), message.to_string()));
    };
    // Cut, grown, something else.
    for bytes in [
        &whole[..whole.len() - 1],
        &whole[1..],
        &whole[..2],
        b"",
        b"something else\n",
    ] {
        fs::write(&value, bytes).unwrap();
        is_refused(&damaged);
        let list = (1, String::new(), damaged.clone());
        assert_eq!(ran(&mut memo(&folder.join("store"), &["--list"])), list);
    }
    // The value of another key under this name.
    assert_eq!(ran(&mut get(folder, "other", "echo o")), printed("o\n"));
    let other = files(folder)
        .0
        .into_iter()
        .find(|path| *path != value)
        .unwrap();
    fs::copy(&other, &value).unwrap();
    is_refused(&format!("memo: {name}: is the value of another key\n"));
    // No file at all, a link, a pipe.
    fs::remove_file(&value).unwrap();
    fs::create_dir(&value).unwrap();
    is_refused(&format!("memo: {name}: not a file\n"));
    fs::remove_dir(&value).unwrap();
    std::os::unix::fs::symlink(&other, &value).unwrap();
    is_refused(&format!(
        "memo: {name}: Too many levels of symbolic links\n"
    ));
    fs::remove_file(&value).unwrap();
    fs::rename(fifo(folder), &value).unwrap();
    is_refused(&format!("memo: {name}: not a file\n"));
    assert_eq!(runs(folder), 2);
    // That helps.
    assert_eq!(
        ran(&mut memo(&folder.join("store"), &["--forget", "k"])),
        printed("")
    );
    assert_eq!(ran(&mut get(folder, "k", "echo new")), printed("new\n"));
    assert_eq!(runs(folder), 3);
}

#[test]
fn no_damaged_byte_of_a_value_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (line, length) in [("echo text", 5), ("seq 200000", 1_288_895)] {
        let made = run(&mut get(folder, "k", line), b"").stdout;
        assert_eq!(made.len(), length);
        let value = files(folder).0.remove(0);
        let whole = fs::read(&value).unwrap();
        for at in [0, 3, length / 2, length - 1] {
            let mut damaged = whole.clone();
            damaged[MARK + at] ^= 1;
            fs::write(&value, damaged).unwrap();
            let Ran {
                status,
                stdout,
                stderr,
            } = run(&mut get(folder, "k", "echo other"), b"");
            let name = value.display();
            let cause = format!(
                "memo: {name}: damaged, or not a value of memo (--forget removes it, --heal replaces it)\n"
            );
            assert_eq!((status, stderr), (1, cause));
            // What came before is right, up to a quarter of a mebibyte before it.
            assert!(stdout.len() <= at && at - stdout.len() < 256 << 10);
            assert!(made.starts_with(&stdout));
        }
        let mut forget = memo(&folder.join("store"), &["--forget", "k"]);
        assert_eq!(ran(&mut forget), printed(""));
    }
    assert_eq!(runs(folder), 2);
}

#[test]
fn a_value_of_an_older_format_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let value = stored(folder);
    let key = [&b"k"[..], &5u64.to_le_bytes(), &1u64.to_le_bytes(), &[0; 8]].concat();
    let digest = &Sha256::digest(&key)[..8];
    fs::write(
        &value,
        [b"text\n", &key[..], digest, b"textmill memo 1\n"].concat(),
    )
    .unwrap();
    let name = value.display();
    let cause = format!(
        "memo: {name}: in the format of an older memo (--forget removes it, --heal replaces it)\n"
    );
    let ran = ran(&mut get(folder, "k", "echo other"));
    assert_eq!(ran, (1, String::new(), cause));
}

/// In a store that all users may write to, another user's file can have any content.
#[test]
fn what_belongs_to_another_user_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let value = stored(folder);
    let draft = value.with_extension("new");
    let refused = |path: &Path| {
        let cause = format!("memo: {}: belongs to another user\n", path.display());
        (1, String::new(), cause)
    };
    let give_away = |path: &Path| std::os::unix::fs::chown(path, Some(12345), None);
    if give_away(&value).is_err() {
        return skipped("only root can give files away");
    }
    assert_eq!(ran(&mut get(folder, "k", "echo other")), refused(&value));
    let mut list = memo(&folder.join("store"), &["--list"]);
    assert_eq!(ran(&mut list), refused(&value));
    fs::rename(&value, &draft).unwrap();
    assert_eq!(ran(&mut get(folder, "k", "echo other")), refused(&draft));
    assert!(draft.exists());
    assert_eq!(runs(folder), 1);
    fs::remove_file(&draft).unwrap();
    assert_eq!(ran(&mut get(folder, "k", "echo new")), printed("new\n"));
}

#[test]
fn a_store_that_is_none_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let ran = ran(&mut memo(file.path(), &["k", "--", "echo", "text"]));
    assert_eq!((ran.0, &ran.1[..]), (1, ""));
    assert!(ran.2.ends_with(": Not a directory\n"), "{}", ran.2);
    let mut homeless = program("memo");
    homeless.args(["k", "--", "echo"]).env_clear();
    assert_eq!(run(&mut homeless, b"").status, 2);
}

#[test]
fn a_store_that_is_full_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let store = argument(&store);
    // A limit on the size of files, in KiB, is as good as a small disk.
    let line = format!("ulimit -f 100; memo -d {store} k -- seq 100000 > /dev/null; echo $?");
    let ran = ran(&mut shell(&line));
    assert_eq!(ran.1, "1\n");
    assert!(ran.2.ends_with(".new: File too large\n"), "{}", ran.2);
    assert_eq!(files(folder.path()), (vec![], vec![]));
}

#[test]
fn the_command_has_its_signals_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let inside = ran(&mut memo(folder.path(), &["k", "--", "sh", "-c", SIGNALS]));
    let outside = ran(Command::new("sh").args(["-c", SIGNALS]));
    assert_eq!(signals(&inside), signals(&outside));
}

/// The output of [`SIGNALS`], except 32 and 33, which the C library uses for threads.
fn signals((_, told, _): &(i32, String, String)) -> Vec<u64> {
    let masks = told.lines().map(|line| line.rsplit('\t').next().unwrap());
    let masks: Vec<u64> = masks
        .map(|mask| u64::from_str_radix(mask, 16).unwrap() & !(0b11 << 31))
        .collect();
    assert_eq!(masks.len(), 2);
    masks
}

/// Ignored signals are inherited from the parent.
#[test]
fn where_the_ends_of_children_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let store = argument(folder.path());
    let ignored = |line: &str| ran(&mut shell(&format!("{SIGCHLD_IGNORED} {line}")));
    let made = ignored(&format!("memo -d {store} k -- echo x"));
    assert_eq!(made, printed("x\n"));
    assert_eq!(ran(&mut memo(folder.path(), &["k", "--", "false"])), made);
    let inside = ignored(&format!("memo -d {store} l -- {SIGNALS}"));
    assert_eq!(signals(&inside), signals(&ignored(SIGNALS)));
}

/// If the cache is emptied, another process can begin.
#[test]
fn a_removed_draft_does_not_disturb_the_next_one() {
    for first in ["exit 3", "echo first"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let file = |name: &str| folder.join(name);
        let line = |begun: &str, end: &str, then: &str| {
            let (begun, end) = (file(begun), file(end));
            let (begun, end) = (begun.display(), end.display());
            format!("touch {begun}; until [ -e {end} ]; do sleep 0.01; done; {then}")
        };
        let start = |line: &str| {
            let mut memo = get(folder, "k", line);
            memo.stdout(Stdio::piped()).stderr(Stdio::piped());
            memo.spawn().unwrap()
        };
        let a = start(&line("a", "a-end", first));
        wait_for(&file("a"));
        fs::remove_dir_all(file("store")).unwrap();
        let b = start(&line("b", "b-end", "echo second"));
        wait_for(&file("b"));
        fs::write(file("a-end"), "").unwrap();
        let a = a.wait_with_output().unwrap();
        assert!(!a.status.success());
        fs::write(file("b-end"), "").unwrap();
        let b = b.wait_with_output().unwrap();
        assert_eq!(
            (b.status.success(), &b.stdout[..]),
            (true, &b"second\n"[..])
        );
        assert_eq!(ran(&mut get_any(folder)), printed("second\n"));
    }
}

#[test]
fn asking_for_what_one_makes_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = argument(folder.path());
    let line = format!("memo -d {store} k -- memo -d {store} k -- echo x");
    let ran = ran(&mut shell(&line));
    assert_eq!((ran.0, &ran.1[..]), (1, ""));
    assert!(
        ran.2
            .ends_with("is being made by the command that asks for it\n")
    );
    // Another key is no matter.
    let line = format!("memo -d {store} k -- memo -d {store} l -- echo x");
    assert_eq!(run(&mut shell(&line), b"").stdout, b"x\n");
}

/// What the command started may outlive it, and the number of the draft's file
/// is used again: that is another draft.
#[test]
fn a_child_that_outlives_the_command_may_wait_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = argument(&folder.join("store")).to_string();
    let file = |name: &str| argument(&folder.join(name)).to_string();
    let until = |name: &str| format!("while ! [ -e {} ]; do sleep 0.01; done", file(name));
    let memo_itself = program("memo");
    let program = memo_itself.get_program().display();
    let (log, begun, asked) = (file("log"), file("begun"), file("asked"));
    let orphan = format!(
        "{}; touch {asked}; {program} -d {store} b -- echo x > {log}.part 2>&1; mv {log}.part {log}",
        until("begun")
    );
    let failing = format!("sh -c '{orphan}' < /dev/null > /dev/null 2>&1 & exit 1");
    let failed = ran(&mut memo(
        &folder.join("store"),
        &["a", "--", "sh", "-c", &failing],
    ));
    assert_eq!(failed, (1, String::new(), String::new()));
    let line = format!("touch {begun}; {}; sleep 0.2; echo made", until("asked"));
    let made = ran(&mut memo(
        &folder.join("store"),
        &["b", "--", "sh", "-c", &line],
    ));
    assert_eq!(made, printed("made\n"));
    wait_for(Path::new(&log));
    assert_eq!(fs::read_to_string(&log).unwrap(), "made\n");
    // Each draft has a mark of its own, whatever the number of its file.
    let mut variable = memo(
        &folder.join("store"),
        &["c", "--", "sh", "-c", "echo $TEXTMILL_MEMO_MAKING"],
    );
    let marks: Vec<String> = (0..2)
        .map(|_| {
            let (_, mark, _) = ran(&mut variable);
            let mut forget = memo(&folder.join("store"), &["--forget", "c"]);
            assert_eq!(ran(&mut forget), printed(""));
            mark
        })
        .collect();
    assert_ne!(marks[0], marks[1]);
    assert!(marks.iter().all(|mark| mark.len() == MARK + 1), "{marks:?}");
}

#[test]
fn only_the_owner_can_read_the_store_below_the_cache_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (cache, home) = (folder.path().join("cache"), folder.path().join("home"));
    for (variables, store) in [
        (
            [("XDG_CACHE_HOME", &cache), ("HOME", &home)],
            cache.join("textmill/memo"),
        ),
        // A relative one does not count.
        (
            [("XDG_CACHE_HOME", &PathBuf::from("cache")), ("HOME", &home)],
            home.join(".cache/textmill/memo"),
        ),
    ] {
        let mut memo = program("memo");
        memo.args(["k", "--", "echo", "text"]).envs(variables);
        assert_eq!(ran(&mut memo), printed("text\n"));
        assert_eq!(mode(&store), 0o700);
        for file in fs::read_dir(&store).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
    }
}

#[test]
fn wrong_usage() {
    for args in [
        &["k"][..],
        &["k", "echo"],
        &["--", "echo"],
        &["", "--", "echo"],
        &["--list", "k", "--", "echo"],
        &["--list", "--prune"],
        &["--list", "--forget", "k"],
        &["--prune", "--forget", "k"],
        &["--list", "k"],
        &["-x", "--", "echo"],
        &["--", "k", "--"],
        &["--", "k", "echo"],
        &["--", "", "--", "echo"],
        &["k", "l", "--", "echo"],
        &["--ttl", "never", "k", "--", "echo"],
        &["-z", "--prune"],
        &["-z", "k", "--", "echo"],
        &["-l", "k", "--", "echo"],
        &["-l", "--prune"],
        &["--stale", "k", "--", "echo"],
        &["--stale", "--ttl", "1h", "--keep-status", "k", "--", "echo"],
        &["--wait", "1s", "--no-wait", "k", "--", "echo"],
        &["--wait", "-1s", "k", "--", "echo"],
        &["--no-wait", "--forget", "k"],
        &["--heal", "--list"],
        &["--keep-status", "--prune"],
        &["--max-size", "1x", "k", "--", "echo"],
        &["--max-size", "50%", "k", "--", "echo"],
        &["--max-size", "1K", "--forget", "k"],
        &[],
    ] {
        let ran = ran(program("memo").args(args));
        assert_eq!(
            (ran.0, &ran.1[..], ran.2.lines().count()),
            (2, "", 1),
            "{args:?}"
        );
    }
}

/// The output of a command that runs, and the stored one.
#[test]
fn a_terminal_gets_escapes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = b"a\x1b[1m\xff\tb\n";
    let shown = |args: &[&str]| {
        let command = ["k", "--", "printf", r"a\033[1m\377\tb\n"];
        on_terminal(
            80,
            &mut memo(folder.path(), &[args, &command].concat()),
            b"",
        )
    };
    for _ in 0..2 {
        assert_eq!(shown(&[]), b"a\\u{1b}[1m\\xff\tb\n");
    }
    assert_eq!(shown(&["--raw"]), bytes);
    let command = &mut memo(folder.path(), &["k", "--", "false"]);
    assert_eq!(run(command, b"").stdout, bytes);
    let list = |args: &[&str]| on_terminal(80, memo(folder.path(), &["--list"]).args(args), b"");
    let made = run(&mut memo(folder.path(), &["l\x1b", "--", "true"]), b"");
    assert_eq!(made.status, 0);
    assert_eq!(list(&["-z"]), b"k\0l\\u{1b}\0");
    assert_eq!(list(&["-z", "--raw"]), b"k\0l\x1b\0");
}

//! What the options of `memo` do.

use super::*;

/// `memo` with these options, for `k` and a line of shell.
fn asked(folder: &Path, options: &[&str], line: &str) -> Command {
    let mut memo = memo(&folder.join("store"), options);
    memo.args(["k", "--", "sh", "-c", line]);
    memo
}

fn is_near(age: &str) -> bool {
    age.parse::<u64>().unwrap() < 1000
}

#[test]
fn ttl_0_runs_the_command_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for text in ["1", "2", "3"] {
        let line = format!("echo {text}");
        let made = ran(&mut asked(folder, &["--ttl", "0"], &line));
        assert_eq!(made, printed(&format!("{text}\n")));
        assert_eq!(ran(&mut get_any(folder)), made);
    }
    let kept = ran(&mut asked(folder, &["--ttl", "1d12h30m"], "echo 4"));
    assert_eq!(kept, printed("3\n"));
    let mut prune = memo(&folder.join("store"), &["--prune", "--ttl", "0"]);
    assert_eq!(ran(&mut prune), printed(""));
    assert_eq!(files(folder), (vec![], vec![]));
}

#[test]
fn an_invalid_duration_names_the_units() {
    let ran = ran(program("memo").args(["--ttl", "1x", "k", "--", "true"]));
    let line = "memo: --ttl: invalid duration '1x' (use ms, s, m, h, d or w) (see memo --help)\n";
    assert_eq!(ran, (2, String::new(), line.to_string()));
}

#[test]
fn stale_prints_the_old_value_if_the_command_fails() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let stale = |line: &str| ran(&mut asked(folder, &["--ttl", "0", "--stale"], line));
    // Without an old value a failure is one.
    let failed = (3, "part\n".to_string(), "cause\n".to_string());
    assert_eq!(stale("echo part; echo cause >&2; exit 3"), failed);
    assert_eq!(stale("echo old"), printed("old\n"));
    for (line, why) in [
        ("echo part; exit 3", "COMMAND failed (exit status 3)"),
        ("seq 100000; exit 1", "COMMAND failed (exit status 1)"),
        ("kill -KILL $$", "COMMAND failed (exit status 137)"),
    ] {
        let (status, output, error) = stale(line);
        assert_eq!((status, &output[..]), (0, "old\n"));
        let said = format!("memo: k: {why}; printing the output stored ");
        assert!(
            error.starts_with(&said) && error.ends_with(" ago\n"),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1);
    }
    let mut missing = memo(
        &folder.join("store"),
        &["--ttl", "0", "--stale", "k", "--", "/no/such"],
    );
    let (status, output, error) = ran(&mut missing);
    assert_eq!((status, &output[..]), (0, "old\n"));
    assert!(error.contains("cannot be started (No such file"), "{error}");
    // A success is new, large ones too.
    let large: String = (1..=200_000).map(|i| format!("{i}\n")).collect();
    assert_eq!(stale("seq 200000"), printed(&large));
    assert_eq!(ran(&mut get_any(folder)), printed(&large));
}

#[test]
fn keep_status_stores_failures() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let kept = |line: &str| ran(&mut asked(folder, &["--keep-status"], line));
    // An end by a signal is no status, and what cannot be started is no command.
    assert_eq!(
        kept("echo part; kill -TERM $$"),
        (143, "part\n".to_string(), String::new())
    );
    let mut missing = memo(
        &folder.join("store"),
        &["--keep-status", "k", "--", "/no/such"],
    );
    assert_eq!(ran(&mut missing).0, 127);
    assert_eq!(files(folder), (vec![], vec![]));
    let failed = (7, "no match\n".to_string(), String::new());
    assert_eq!(kept("echo no match; exit 7"), failed);
    assert_eq!(kept("echo other"), failed);
    assert_eq!(ran(&mut get_any(folder)), failed);
    let anew = ran(&mut asked(
        folder,
        &["--keep-status", "--ttl", "0"],
        "echo well",
    ));
    assert_eq!(anew, printed("well\n"));
    assert_eq!(ran(&mut get_any(folder)), printed("well\n"));
}

#[test]
fn max_size_removes_the_oldest_values() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = folder.join("store");
    let keys = || ran(&mut memo(&store, &["--list"])).1;
    let made = |key: &str, bytes: usize, most: &str| {
        let bytes = format!("head -c {bytes} /dev/zero");
        let args = [
            "--max-size",
            most,
            "--ttl",
            "0",
            key,
            "--",
            "sh",
            "-c",
            &bytes,
        ];
        // Names do not show the order, and the clock of files may be coarse.
        thread::sleep(Duration::from_millis(20));
        ran(&mut memo(&store, &args))
    };
    for key in ["d", "c", "b", "a"] {
        assert_eq!(made(key, 10_000, "1M"), printed(&"\0".repeat(10_000)));
    }
    assert_eq!(keys(), "a\nb\nc\nd\n");
    // Room for three of them and a bit.
    assert_eq!(made("e", 10_000, "32K").0, 0);
    assert_eq!(keys(), "a\nb\ne\n");
    // The one that is replaced does not count twice.
    assert_eq!(made("a", 11_000, "32K").0, 0);
    assert_eq!(keys(), "a\nb\ne\n");
    assert_eq!(made("b", 20_000, "32K").0, 0);
    assert_eq!(keys(), "a\nb\n");
    // A value that is too large changes nothing.
    let large = made("f", 40_000, "32K");
    let said = "memo: f: output not stored: larger than --max-size\n";
    assert_eq!((large.0, large.1.len(), &large.2[..]), (0, 40_000, said));
    assert_eq!(keys(), "a\nb\n");
    let prune = |most: &str| ran(&mut memo(&store, &["--prune", "--max-size", most]));
    assert_eq!(prune("32K"), printed(""));
    assert_eq!(keys(), "a\nb\n");
    assert_eq!(prune("24k"), printed(""));
    assert_eq!(keys(), "b\n");
    assert_eq!(prune("0"), printed(""));
    assert_eq!(files(folder), (vec![], vec![]));
}

#[test]
fn max_size_is_kept_by_many_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let children: Vec<Child> = (0..20)
        .map(|i| {
            let key = i.to_string();
            let args = [
                "--max-size",
                "10K",
                &key,
                "--",
                "head",
                "-c",
                "3000",
                "/dev/zero",
            ];
            let mut memo = memo(&folder.join("store"), &args);
            memo.stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.success(), output.stdout.len()), (true, 3000));
    }
    let (values, drafts) = files(folder);
    let sizes: Vec<u64> = values
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .collect();
    assert_eq!((sizes.len(), drafts.len()), (3, 0));
    assert!(sizes.iter().sum::<u64>() <= 10 << 10, "{sizes:?}");
}

#[test]
fn long_lists_have_age_and_size() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let key = "a\tb\nc\\";
    let mut odd = memo(&folder.join("store"), &[key, "--", "seq", "100000"]);
    assert_eq!(run(&mut odd, b"").status, 0);
    let value = stored_beside(folder);
    set_stored(
        &value,
        "text\n",
        SystemTime::now() - Duration::from_secs(90_000),
    );
    for end in ['\n', '\0'] {
        let options: &[&str] = if end == '\0' {
            &["--list", "-lz"]
        } else {
            &["--list", "--long"]
        };
        let (status, list, error) = ran(&mut memo(&folder.join("store"), options));
        assert_eq!((status, &error[..]), (0, ""));
        // What is behind the second TAB is the key, whatever is in it.
        let entries = list
            .strip_suffix(end)
            .unwrap()
            .split(if end == '\0' { '\0' } else { '\n' });
        let entries: Vec<Vec<&str>> = entries.map(|line| line.splitn(3, '\t').collect()).collect();
        assert_eq!(entries.len(), 2);
        let shown = if end == '\0' { key } else { "a\\tb\\nc\\\\" };
        assert_eq!(entries[0][1..], ["588895", shown]);
        assert_eq!(entries[1][1..], ["5", "k"]);
        assert!(is_near(entries[0][0]));
        assert!(is_near(
            &(entries[1][0].parse::<u64>().unwrap() - 90_000).to_string()
        ));
    }
}

/// Has `text` stored under `k` beside another value; its file.
fn stored_beside(folder: &Path) -> PathBuf {
    assert_eq!(ran(&mut get(folder, "k", "echo text")), printed("text\n"));
    let digest = Sha256::digest(b"k");
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    folder.join("store").join(name)
}

#[test]
fn heal_replaces_a_damaged_value() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let said = "memo: k: the stored value is damaged; running COMMAND to replace it\n";
    let heal = |line: &str| ran(&mut asked(folder, &["--heal"], line));
    let large: String = (1..=100_000).map(|i| format!("{i}\n")).collect();
    for old in ["text\n", &large] {
        fs::write(folder.join("old"), old).unwrap();
        let line = format!("cat {}", folder.join("old").display());
        assert_eq!(heal(&line), printed(old));
        let value = files(folder).0.remove(0);
        let whole = fs::read(&value).unwrap();
        let mut changed = whole.clone();
        // In the last block: the first one, though right, is not printed.
        changed[MARK + old.len() - 1] ^= 1;
        let older = [&b"text\n"[..], b"textmill memo 1\n"].concat();
        for damaged in [&changed[..], &whole[..whole.len() - 1], b"", &older] {
            fs::write(&value, damaged).unwrap();
            // A failure does not change it.
            assert_eq!(heal("exit 3"), (3, String::new(), said.to_string()));
            assert_eq!(fs::read(&value).unwrap(), damaged);
            assert_eq!(heal("echo new"), (0, "new\n".to_string(), said.to_string()));
            assert_eq!(heal("echo other"), printed("new\n"));
        }
        fs::remove_file(&value).unwrap();
    }
    // All other errors stay errors.
    let value = folder.join("store").join("x");
    assert_eq!(heal("echo text"), printed("text\n"));
    fs::rename(&files(folder).0[0], &value).unwrap();
    let value = stored_beside(folder);
    fs::remove_file(&value).unwrap();
    fs::create_dir(&value).unwrap();
    let refused = (
        1,
        String::new(),
        format!("memo: {}: not a file\n", value.display()),
    );
    assert_eq!(heal("echo other"), refused);
}

#[test]
fn waiting_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let begun = folder.join("begun");
    let line = format!("touch {}; exec cat", begun.display());
    assert_eq!(ran(&mut get(folder, "k", "echo old")), printed("old\n"));
    let mut first = asked(folder, &["--ttl", "0"], &line);
    let mut first = first
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&begun);
    let asked = |options: &[&str]| {
        let options = [&["--ttl", "0"], options].concat();
        ran(&mut asked(folder, &options, "echo other"))
    };
    let busy = |cause: &str| (1, String::new(), format!("memo: k: {cause}\n"));
    let running = "COMMAND is running in another memo (--no-wait)";
    let still = "COMMAND is still running in another memo (--wait is over)";
    assert_eq!(asked(&["--no-wait"]), busy(running));
    assert_eq!(asked(&["--wait", "0"]), busy(running));
    assert_eq!(asked(&["--wait", "30ms"]), busy(still));
    // The old value is better than none.
    let (status, output, error) = asked(&["--no-wait", "--stale"]);
    assert_eq!((status, &output[..]), (0, "old\n"));
    assert!(error.starts_with(&format!("memo: k: {running}; printing the output stored ")));
    // And what is fresh is there at once.
    let fresh = memo(&folder.join("store"), &["--no-wait", "k", "--", "false"]);
    let mut fresh = fresh;
    assert_eq!(ran(&mut fresh), printed("old\n"));
    drop(first.stdin.take());
    assert!(first.wait().unwrap().success());
    // With time enough it is as without a limit.
    assert_eq!(asked(&["--wait", "1h"]), printed("other\n"));
}

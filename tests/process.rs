//! Running programs: bytes in, bytes and status out.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread::{self, JoinHandle};

/// What a program left behind.
#[derive(Debug)]
pub struct Ran {
    /// Its exit status, or 128 and the signal that ended it, as the shell has it.
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

/// The folder of the built programs, or that in TEXTMILL_BIN: `scripts/test-arm` has emulated ones.
pub fn programs() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("TEXTMILL_BIN") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_BIN_EXE_count"))
            .parent()
            .unwrap()
            .into(),
    });
    &FOLDER
}

/// One of our programs.
pub fn program(name: &str) -> Command {
    Command::new(programs().join(name))
}

/// Tells which signals are ignored and blocked.
pub const SIGNALS: &str = "grep -E '^Sig(Ign|Blk)' /proc/self/status";

/// A prefix for a command of the shell: it starts with SIGCHLD ignored.
pub const SIGCHLD_IGNORED: &str = r#"perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV'"#;

/// A line of shell, run by bash with our programs first in PATH and no locale.
pub fn shell(line: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .args(["-c", line])
        .env("PATH", format!("{}:{path}", programs().display()))
        .env("LC_ALL", "C")
        .env_remove("LANG");
    for proxy in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ] {
        command.env_remove(proxy);
    }
    command
}

/// Runs a command on these bytes.
pub fn run(command: &mut Command, stdin: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // A program may leave without having read it all.
        scope.spawn(move || pipe.write_all(stdin));
        child.wait_with_output().unwrap()
    });
    let status = output.status;
    Ran {
        status: status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap()),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs one of our programs, which must succeed; returns its output.
pub fn filter(name: &str, args: &[&str], stdin: &[u8]) -> Vec<u8> {
    let ran = run(program(name).args(args), stdin);
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name} {args:?}");
    ran.stdout
}

/// Runs a line of shell, which must succeed; returns its output.
pub fn classic(line: &str, stdin: &[u8]) -> Vec<u8> {
    let ran = run(&mut shell(&format!("set -o pipefail; {line}")), stdin);
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{line}");
    ran.stdout
}

/// Whether a program is there to test with. In continuous integration it must be; elsewhere the
/// test that asks is skipped, and [`skipped`] reports it.
pub fn installed(program: &str, mark: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(mark));
    if !found {
        let cause = format!("{program} is not installed");
        assert!(std::env::var_os("CI").is_none(), "{cause}");
        skipped(&cause);
    }
    found
}

/// Says that this test is skipped, on standard error itself: the test harness would hide it.
/// `scripts/test` counts these lines.
pub fn skipped(cause: &str) {
    let test = thread::current();
    let line = format!("skipped: {}: {cause}\n", test.name().unwrap_or("?"));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A temporary file with these bytes; it is gone when the value is.
pub fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// A pseudo-terminal of so many columns: the end of its user, and that of programs.
pub fn pseudo_terminal(columns: u16) -> (File, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let path = OsStr::from_bytes(name.as_bytes());
    let mut options = File::options();
    options.read(true).write(true).custom_flags(libc::O_NOCTTY);
    let terminal = options.open(path).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&terminal, size).unwrap();
    (File::from(master), terminal)
}

/// A pseudo-terminal of so many columns, and a thread that reads what is written to it
/// until all its writers have closed it.
pub fn terminal(columns: u16) -> (File, JoinHandle<Vec<u8>>) {
    let (mut master, terminal) = pseudo_terminal(columns);
    let reader = thread::spawn(move || {
        let (mut seen, mut block) = (Vec::new(), [0; 4096]);
        // At the end Linux returns EIO, others 0.
        while let Ok(n @ 1..) = master.read(&mut block) {
            seen.extend_from_slice(&block[..n]);
        }
        seen
    });
    (terminal, reader)
}

/// What a command, which must succeed, writes for these bytes to a pseudo-terminal with this number of
/// columns. The terminal changes nothing.
pub fn on_terminal(columns: u16, command: &mut Command, stdin: &[u8]) -> Vec<u8> {
    let (terminal, reader) = terminal(columns);
    let mut mode = tcgetattr(&terminal).unwrap();
    mode.make_raw();
    tcsetattr(&terminal, OptionalActions::Now, &mode).unwrap();
    let input = file(stdin);
    command.stdin(input.reopen().unwrap()).stdout(terminal);
    assert!(command.status().unwrap().success(), "{command:?}");
    // The reader waits until all descriptors of the terminal are closed.
    command.stdout(Stdio::null());
    reader.join().unwrap()
}

/// A path as an argument.
pub fn argument(path: &(impl AsRef<OsStr> + ?Sized)) -> &str {
    path.as_ref().to_str().unwrap()
}

/// A text in which scripts, cases and invalid bytes meet, larger than any
/// buffer; the same one each time.
pub fn mixed_text(bytes: usize) -> Vec<u8> {
    const PIECES: &[&[u8]] = &[
        b"The ",
        b"Web",
        b"we\n",
        b"a ",
        b"Dream",
        b"Host ",
        b"42 ",
        b"_x ",
        b"\n\n",
        b". ",
        b"-",
        "Élan ".as_bytes(),
        "ΟΔΟΣ ".as_bytes(),
        "Привет, ".as_bytes(),
        "日本語".as_bytes(),
        "ǅ ".as_bytes(),
        "e\u{301}".as_bytes(),
        "İ".as_bytes(),
        "𝒜 ".as_bytes(),
        "'".as_bytes(),
        b"\xFF",
        b"\xE2\x82",
        b"\0",
    ];
    let mut seed = 1u64;
    let mut text = Vec::new();
    while text.len() < bytes {
        // Xorshift (Marsaglia, 2003).
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        text.extend_from_slice(PIECES[(seed >> 33) as usize % PIECES.len()]);
    }
    text
}

/// Lines of JSON, each read.
#[cfg(feature = "net")]
pub fn json_lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Vec<serde_json::Value> {
    let lines = lines.into_iter();
    lines
        .map(|line| serde_json::from_str(line.as_ref()).unwrap())
        .collect()
}

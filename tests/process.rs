//! Running programs: bytes in, bytes and status out.

use rustix::process::{Pid, Signal, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    Action, OptionalActions, Winsize, tcflow, tcgetattr, tcsetattr, tcsetwinsize,
};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

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
    Ran {
        status: status(output.status),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An exit status, or 128 and the signal that ended a process.
fn status(status: ExitStatus) -> i32 {
    let signal = || 128 + status.signal().unwrap();
    status.code().unwrap_or_else(signal)
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

/// A FIFO in a folder.
pub fn fifo(folder: &Path) -> PathBuf {
    let fifo = folder.join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    fifo
}

/// A pseudo-terminal: the end of the terminal emulator, and that of the programs.
pub fn pseudo_terminal(rows: u16, columns: u16) -> (File, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let path = OsStr::from_bytes(name.as_bytes());
    let mut options = File::options();
    options.read(true).write(true).custom_flags(libc::O_NOCTTY);
    let terminal = options.open(path).unwrap();
    resize(&terminal, rows, columns);
    (File::from(master), terminal)
}

fn resize(terminal: &File, rows: u16, columns: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}

/// Passes what is written to a terminal to `take`, until all its writers have closed it or `take`
/// returns false.
fn read_all(mut master: File, mut take: impl FnMut(&[u8]) -> bool) {
    let mut block = [0; 4096];
    // At the end Linux returns EIO, others 0.
    while let Ok(n @ 1..) = master.read(&mut block) {
        if !take(&block[..n]) {
            return;
        }
    }
}

/// Has the terminal change nothing.
fn make_raw(terminal: &File) {
    let mut mode = tcgetattr(terminal).unwrap();
    mode.make_raw();
    tcsetattr(terminal, OptionalActions::Now, &mode).unwrap();
}

/// A pseudo-terminal of this width, and a thread that reads what is written to it
/// until all its writers have closed it.
pub fn terminal(columns: u16) -> (File, JoinHandle<Vec<u8>>) {
    let (master, terminal) = pseudo_terminal(24, columns);
    let reader = thread::spawn(move || {
        let mut seen = Vec::new();
        read_all(master, |block| {
            seen.extend_from_slice(block);
            true
        });
        seen
    });
    (terminal, reader)
}

/// What a command, which must succeed, writes for these bytes to a pseudo-terminal with this number of
/// columns. The terminal changes nothing.
pub fn on_terminal(columns: u16, command: &mut Command, stdin: &[u8]) -> Vec<u8> {
    let (terminal, reader) = terminal(columns);
    make_raw(&terminal);
    let input = file(stdin);
    command.stdin(input.reopen().unwrap()).stdout(terminal);
    assert!(command.status().unwrap().success(), "{command:?}");
    // The reader waits until all descriptors of the terminal are closed.
    command.stdout(Stdio::null());
    reader.join().unwrap()
}

/// A command on a pseudo-terminal that changes nothing. Its standard input stays open.
pub struct OnTerminal {
    child: Child,
    stdin: ChildStdin,
    terminal: File,
    blocks: Receiver<Vec<u8>>,
    seen: Vec<u8>,
}

impl OnTerminal {
    /// Starts a command, in a process group of its own.
    pub fn start(rows: u16, columns: u16, command: &mut Command) -> OnTerminal {
        let (master, terminal) = pseudo_terminal(rows, columns);
        make_raw(&terminal);
        // It reads no more than the test waits for.
        let (sender, blocks) = sync_channel(0);
        thread::spawn(move || read_all(master, |block| sender.send(block.to_vec()).is_ok()));
        command.process_group(0).stdin(Stdio::piped());
        command.stdout(terminal.try_clone().unwrap());
        let mut child = command.spawn().unwrap();
        // The reader waits until all descriptors of the terminal are closed.
        command.stdout(Stdio::null());
        OnTerminal {
            stdin: child.stdin.take().unwrap(),
            child,
            terminal,
            blocks,
            seen: Vec::new(),
        }
    }

    /// Writes to its standard input.
    pub fn send(&mut self, text: impl AsRef<[u8]>) {
        self.stdin.write_all(text.as_ref()).unwrap();
    }

    /// Waits for some bytes on the terminal; returns all up to and with these that it has not
    /// returned before.
    pub fn until(&mut self, end: &str) -> String {
        let found = loop {
            let places = self.seen.windows(end.len());
            let mut places = places.enumerate().filter(|place| place.1 == end.as_bytes());
            if let Some((place, _)) = places.next() {
                break place + end.len();
            }
            // Far longer than a program takes.
            let block = self.blocks.recv_timeout(Duration::from_secs(100));
            let seen = String::from_utf8_lossy(&self.seen);
            let block = block.unwrap_or_else(|error| panic!("{error}: only {seen:?}"));
            self.seen.extend(block);
        };
        let rest = self.seen.split_off(found);
        String::from_utf8(std::mem::replace(&mut self.seen, rest)).unwrap()
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, rows: u16, columns: u16) {
        resize(&self.terminal, rows, columns);
        // A terminal emulator would be its controlling terminal, which does this.
        self.signal(Signal::WINCH);
    }

    /// Sends a signal to all processes of the command, as the terminal does for a key.
    pub fn signal(&self, signal: Signal) {
        let group = Pid::from_child(&self.child);
        kill_process_group(group, signal).unwrap();
    }

    /// Stops the terminal, as Ctrl-S does, or lets it continue.
    pub fn stop(&self, stopped: bool) {
        let action = match stopped {
            true => Action::OOff,
            false => Action::OOn,
        };
        tcflow(&self.terminal, action).unwrap();
    }

    /// Waits until the command has read all that was sent.
    pub fn until_all_is_read(&self) {
        while rustix::io::ioctl_fionread(&self.stdin).unwrap() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until the command has ended, while nothing is read from the terminal.
    pub fn until_ended(&mut self) {
        for _ in 0..100_000 {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.signal(Signal::KILL);
        panic!("it does not end");
    }

    /// Closes its standard input and waits for its end. Returns its exit status, or 128 and the
    /// signal that ended it, and all that [`until`](OnTerminal::until) has not returned.
    pub fn end(self) -> (i32, String) {
        let OnTerminal {
            mut child,
            stdin,
            terminal,
            blocks,
            mut seen,
        } = self;
        drop((stdin, terminal));
        seen.extend(blocks.iter().flatten());
        let status = status(child.wait().unwrap());
        (status, String::from_utf8(seen).unwrap())
    }
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

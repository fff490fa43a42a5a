//! Progress on a terminal: a line on standard error while files are read.
//!
//! The programs read a FIFO, or write to a slow reader. So they run until the terminal has the
//! line, however fast they are.

use crate::process::{argument, fifo, file, program, pseudo_terminal};
use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::termios::{Action, OptionalActions, tcflow, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What a terminal got.
struct Screen {
    seen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Screen {
    /// A terminal of this width, and the end for programs.
    fn new(columns: u16) -> (Screen, File) {
        let (mut master, terminal) = pseudo_terminal(24, columns);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        let reader = thread::spawn(move || {
            let mut block = [0; 4096];
            // At the end Linux returns EIO, others 0.
            while let Ok(n @ 1..) = master.read(&mut block) {
                all.lock().unwrap().extend_from_slice(&block[..n]);
            }
        });
        (Screen { seen, reader }, terminal)
    }

    /// All so far.
    fn seen(&self) -> String {
        String::from_utf8(self.seen.lock().unwrap().clone()).unwrap()
    }

    /// All, when no program has the terminal open.
    fn end(self) -> String {
        self.reader.join().unwrap();
        String::from_utf8(Arc::into_inner(self.seen).unwrap().into_inner().unwrap()).unwrap()
    }
}

/// The rows that a terminal shows for these characters.
fn rows(seen: &str) -> Vec<String> {
    let (mut rows, mut column) = (vec![Vec::new()], 0);
    for c in seen.chars() {
        let row = rows.last_mut().unwrap();
        match c {
            '\r' => column = 0,
            '\n' => rows.push(Vec::new()),
            c => {
                assert!(!c.is_control(), "{seen:?}");
                row.resize(row.len().max(column + 1), ' ');
                row[column] = c;
                column += 1;
            }
        }
    }
    let text = |row: Vec<char>| row.into_iter().collect::<String>().trim_end().to_string();
    rows.into_iter().map(text).collect()
}

/// Waits until something is so.
fn until(is_so: impl Fn() -> bool, otherwise: impl FnOnce() -> String) {
    let start = Instant::now();
    while !is_so() {
        let limit = Duration::from_secs(60);
        assert!(start.elapsed() < limit, "{}", otherwise());
        thread::sleep(Duration::from_millis(10));
    }
}

/// A program whose standard error is a terminal of its own.
struct Running {
    line: String,
    child: Child,
    /// The other end of its input, and the folder that has it.
    input: File,
    _folder: tempfile::TempDir,
    screen: Screen,
    terminal: File,
}

/// Its standard output.
enum Output {
    File,
    Pipe,
    Terminal,
}

impl Running {
    /// Starts a program, of which all words are given. FIFO is its input; without that, standard
    /// input is. When this returns, the program has begun to read.
    fn start(line: &str, output: Output, columns: u16) -> Running {
        Running::start_on(line, output, Screen::new(columns))
    }

    fn start_on(line: &str, output: Output, (screen, terminal): (Screen, File)) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let fifo = fifo(folder.path());
        let mut words = line.split(' ').map(|word| match word {
            "FIFO" => argument(&fifo),
            word => word,
        });
        let mut command = program(words.next().unwrap());
        let end = || terminal.try_clone().unwrap();
        command.args(words).stdin(Stdio::null()).stderr(end());
        match output {
            Output::File => command.stdout(tempfile::tempfile().unwrap()),
            Output::Pipe => command.stdout(Stdio::piped()),
            Output::Terminal => command.stdout(end()),
        };
        let (child, input) = match line.contains("FIFO") {
            true => (
                command.spawn(),
                File::options().write(true).open(&fifo).unwrap(),
            ),
            false => {
                let (reader, writer) = std::io::pipe().unwrap();
                let child = command.stdin(reader).spawn();
                (child, File::from(OwnedFd::from(writer)))
            }
        };
        Running {
            line: line.to_string(),
            child: child.unwrap(),
            input,
            _folder: folder,
            screen,
            terminal,
        }
    }

    /// Gives it a line. A program that has ended is a failure that is found later.
    fn feed(&mut self) {
        let _ = self.input.write_all(b"7 1\n");
    }

    /// Whether the terminal has the line.
    fn shows(&self) -> bool {
        self.screen.seen().ends_with("B/s")
    }

    /// Ends its input; its exit status, and all that the terminal got.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.input);
        let status = self.child.wait().unwrap().code();
        // What was stopped may go on.
        tcflow(&self.terminal, Action::OOn).unwrap();
        drop(self.terminal);
        (status, self.screen.end())
    }
}

#[test]
fn a_line_appears_while_a_file_is_read() {
    let raw = Screen::new(80);
    let mut mode = tcgetattr(&raw.1).unwrap();
    mode.make_raw();
    tcsetattr(&raw.1, OptionalActions::Now, &mode).unwrap();
    let stopped = Screen::new(80);
    tcflow(&stopped.1, Action::OOff).unwrap();
    let mut without = [
        Running::start("words -q FIFO", Output::File, 80),
        Running::start("words --progress -q FIFO", Output::Pipe, 80),
        Running::start("field --quiet 1 FIFO", Output::File, 80),
        Running::start("count --quiet FIFO", Output::Pipe, 80),
        // A reader may write to the terminal, and this one does.
        Running::start("words FIFO", Output::Pipe, 80),
        Running::start("count --merge --sorted FIFO", Output::Pipe, 80),
        // No file is named.
        Running::start("words", Output::File, 80),
        Running::start("words -", Output::File, 80),
        // There is no room.
        Running::start("words FIFO", Output::File, 10),
        // A pager has it.
        Running::start_on("words FIFO", Output::File, raw),
        // Ctrl-S. The program does not wait.
        Running::start_on("words FIFO", Output::File, stopped),
    ];
    let mut with_output = Running::start("lower FIFO", Output::Terminal, 80);
    let mut with = [
        Running::start("words FIFO", Output::File, 80),
        Running::start("words FIFO", Output::File, 40),
        Running::start("words -q --progress FIFO", Output::Pipe, 80),
        Running::start("field 1 FIFO", Output::File, 80),
        Running::start("count FIFO", Output::Pipe, 80),
        Running::start("count --merge --sorted FIFO", Output::File, 80),
        Running::start("mean --counts /dev/null FIFO", Output::Pipe, 80),
    ];
    let mut failing = Running::start("words FIFO /no/such/file", Output::File, 80);
    // The programs without a line began before the others, so they have had the time for one.
    until_all_show(
        with.iter_mut().chain([&mut failing]),
        &mut without,
        &mut with_output,
    );
    for running in without {
        let line = running.line.clone();
        assert_eq!(running.end(), (Some(0), String::new()), "{line}");
    }
    let (status, seen) = with_output.end();
    assert_eq!(status, Some(0));
    assert_eq!(seen.replace("7 1\r\n", ""), "");
    for running in with {
        let line = running.line.clone();
        let name = line.split(' ').next().unwrap();
        let (status, seen) = running.end();
        assert!(
            seen.starts_with(&format!("\r{name}:  ")),
            "{line}: {seen:?}"
        );
        assert_eq!(
            (status, rows(&seen)),
            (Some(0), vec![String::new()]),
            "{line}"
        );
        // Nothing is left of it after the cursor.
        assert!(seen.ends_with(" \r"), "{line}: {seen:?}");
    }
    let (status, seen) = failing.end();
    let message = "words: /no/such/file: No such file or directory";
    assert_eq!(
        (status, rows(&seen)),
        (Some(1), vec![message.into(), String::new()])
    );
}

/// Feeds all until the first have shown a line, and once more.
fn until_all_show<'a>(
    with: impl Iterator<Item = &'a mut Running>,
    without: &mut [Running],
    with_output: &mut Running,
) {
    let mut with: Vec<_> = with.collect();
    let start = Instant::now();
    while !with.iter().all(|running| running.shows()) {
        with.iter_mut().for_each(|running| running.feed());
        assert!(start.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(10));
    }
    without.iter_mut().for_each(Running::feed);
    with_output.feed();
}

#[test]
fn a_sum_is_written_after_the_line_is_gone() {
    let mut running = Running::start("count FIFO", Output::Pipe, 80);
    // More than a pipe holds: the program cannot end while nothing reads its output.
    let lines: String = (0..200_000).map(|n| format!("{n}\n")).collect();
    running.input.write_all(lines.as_bytes()).unwrap();
    while !running.shows() {
        running.feed();
        thread::sleep(Duration::from_millis(10));
    }
    running.input = tempfile::tempfile().unwrap();
    let is_erased = || rows(&running.screen.seen()) == [""];
    until(is_erased, || running.screen.seen());
    assert!(running.child.try_wait().unwrap().is_none());
    let mut output = running.child.stdout.take().unwrap();
    let written = std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    assert!(written > lines.len() as u64);
    assert_eq!(running.end().0, Some(0));
}

/// Runs `words --progress` on a slow reader until the line is there, and then to its end; all that
/// the terminal got.
fn slowly(prepare: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let (screen, terminal) = Screen::new(80);
    let mut command = program("words");
    command.arg("--progress");
    prepare(&mut command);
    let child = command.stdout(Stdio::piped()).stderr(terminal).spawn();
    drop(command);
    let mut child = child.unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut block = vec![0; 64 << 10];
    while !screen.seen().ends_with("left") {
        let n = output.read(&mut block).unwrap();
        assert!(n > 0, "{}", screen.seen());
        thread::sleep(Duration::from_millis(30));
    }
    std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
    screen.end()
}

#[test]
fn the_total_is_that_of_the_files_as_they_are() {
    let text = b"word\n".repeat(3 << 20);
    let plain = file(&text);
    // Stored, since threads read ahead; with padding, the size is not that of the text.
    let mut stored = GzEncoder::new(Vec::new(), Compression::none());
    stored.write_all(&text).unwrap();
    let compressed = file(&[&stored.finish().unwrap()[..], &[0; 1 << 20]].concat());
    thread::scope(|scope| {
        let of_plain = scope.spawn(|| slowly(|words| words.arg(plain.path())));
        let of_compressed = scope.spawn(|| slowly(|words| words.arg(compressed.path())));
        let of_stdin = scope.spawn(|| {
            // The first third was read before.
            let mut rest = plain.reopen().unwrap();
            std::io::copy(&mut (&mut rest).take(5 << 20), &mut std::io::sink()).unwrap();
            slowly(|words| words.stdin(rest))
        });
        let of_both = scope.spawn(|| {
            let stdin = plain.reopen().unwrap();
            slowly(|words| words.arg("-").arg(compressed.path()).stdin(stdin))
        });
        for (shown, total) in [
            (of_plain, "15.00 MiB"),
            (of_compressed, "16.00 MiB"),
            (of_stdin, "10.00 MiB"),
            (of_both, "31.00 MiB"),
        ] {
            let shown = shown.join().unwrap();
            assert!(shown.starts_with("\rwords:  "), "{shown:?}");
            assert!(shown.contains(&format!("MiB of {total}  ")), "{shown:?}");
            assert_eq!(rows(&shown), [""]);
        }
    });
}

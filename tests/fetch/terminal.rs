//! The output of `fetch` on a pseudo-terminal.

use super::{one, program, text};
use crate::process::{argument, terminal};
use crate::server::{Server, Step, head, page};
use std::process::Stdio;
use std::time::Duration;

/// The kind of standard output.
enum Output {
    Terminal,
    Pipe,
    File,
}

/// The output on a terminal of this width, and on standard output if that is not the
/// terminal.
fn at_terminal(columns: u16, args: &[&str], output: Output) -> (Vec<u8>, Vec<u8>) {
    let (terminal, reader) = terminal(columns);
    let file = tempfile::NamedTempFile::new().unwrap();
    let stdout = match output {
        Output::Terminal => terminal.try_clone().unwrap().into(),
        Output::Pipe => Stdio::piped(),
        Output::File => file.reopen().unwrap().into(),
    };
    let mut command = program(args);
    command.env("TERM", "xterm").stdout(stdout).stderr(terminal);
    let child = command.spawn().unwrap();
    // The reader waits until all descriptors of the terminal are closed.
    drop(command);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success());
    let written = match output {
        Output::File => std::fs::read(file.path()).unwrap(),
        _ => ended.stdout,
    };
    (reader.join().unwrap(), written)
}

/// A screen without end, as far as progress needs one. As terminals do, it
/// goes on in the next line where one is full.
#[derive(Default)]
struct Screen {
    columns: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    fn after(bytes: &[u8], columns: u16) -> Screen {
        let mut screen = Screen {
            columns: columns.into(),
            ..Screen::default()
        };
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\r' => screen.column = 0,
                '\n' => screen.row += 1,
                '\x1b' => {
                    assert_eq!(chars.next(), Some('['));
                    let sequence: Vec<char> = {
                        let mut sequence = Vec::new();
                        for c in chars.by_ref() {
                            sequence.push(c);
                            if c.is_ascii_alphabetic() {
                                break;
                            }
                        }
                        sequence
                    };
                    screen.obey(&sequence);
                }
                c => screen.put(c),
            }
        }
        screen
    }

    fn obey(&mut self, sequence: &[char]) {
        let (what, number) = sequence.split_last().unwrap();
        let number: String = number.iter().collect();
        let n = number.parse().unwrap_or(1);
        match what {
            'A' => self.row = self.row.saturating_sub(n),
            'B' => self.row += n,
            'C' => self.column += n,
            'D' => self.column = self.column.saturating_sub(n),
            'K' if number == "2" => {
                if let Some(line) = self.lines.get_mut(self.row) {
                    line.clear();
                }
            }
            'm' => {}
            other => panic!("a sequence that we do not know: {number}{other}"),
        }
    }

    fn put(&mut self, c: char) {
        if self.column >= self.columns {
            (self.row, self.column) = (self.row + 1, 0);
        }
        if self.lines.len() <= self.row {
            self.lines.resize(self.row + 1, Vec::new());
        }
        let line = &mut self.lines[self.row];
        if line.len() <= self.column {
            line.resize(self.column + 1, ' ');
        }
        line[self.column] = c;
        self.column += 1;
    }

    fn is_blank(&self) -> bool {
        self.lines.iter().flatten().all(|&c| c == ' ')
    }
}

/// A body of 2 MiB whose second half comes half a second later.
fn slow(body: &[u8]) -> Server {
    let (first, second) = body.split_at(body.len() / 2);
    let length = format!("Content-Length: {}", body.len());
    super::answers(vec![
        Step::send(head("200 OK", &[&length])),
        Step::send(first),
        Step::Pause(Duration::from_millis(500)),
        Step::send(second),
    ])
}

#[test]
fn lines_that_come_and_go() {
    let body = text(2 << 20);
    let server = slow(&body);
    for columns in [100, 20, 5] {
        let url = server.url("/a/long/path/so/that/the/line/must/be/cut/somewhere/in/it");
        let (seen, out) = at_terminal(columns, &[&url, &url], Output::File);
        assert!(out == [body.clone(), body.clone()].concat());
        let shown = String::from_utf8_lossy(&seen);
        if columns == 20 {
            assert!(shown.contains("http://12") && shown.contains("1.00 MiB"));
        }
        if columns == 100 {
            assert!(shown.contains("http://127.0.0.1:"), "{shown:?}");
            assert!(shown.contains("1.00 MiB of 2.00 MiB"), "{shown:?}");
        }
        let screen = Screen::after(&seen, columns);
        assert!(screen.is_blank(), "{columns}: {shown:?}");
        // A line for each of the two, however narrow they are.
        assert!(screen.lines.len() <= 2, "{columns}: {shown:?}");
    }
}

#[test]
fn nothing_where_nobody_wants_it() {
    let server = slow(b"a body\n");
    let (seen, out) = at_terminal(80, &["-q", &server.url("/")], Output::File);
    assert_eq!((&seen[..], &out[..]), (&b""[..], &b"a body\n"[..]));
    // The reader of a pipe may be a pager, which has the terminal for itself.
    let (seen, out) = at_terminal(80, &[&server.url("/")], Output::Pipe);
    assert_eq!((&seen[..], &out[..]), (&b""[..], &b"a body\n"[..]));
    // To the terminal goes the body then, and nothing else.
    let (seen, _) = at_terminal(80, &[&server.url("/")], Output::Terminal);
    assert_eq!(String::from_utf8(seen).unwrap(), "a body\r\n");
}

#[test]
fn progress_where_it_is_asked_for_or_disturbs_nothing() {
    let server = slow(b"a body\n");
    let url = server.url("/");
    let file = tempfile::NamedTempFile::new().unwrap();
    let to_file = ["-o", argument(file.path()), &url];
    for (args, output) in [
        (&["--progress", &url][..], Output::Pipe),
        (&["-q", "--progress", &url], Output::Pipe),
        (&to_file, Output::Pipe),
        (&to_file, Output::Terminal),
    ] {
        let (seen, _) = at_terminal(80, args, output);
        let shown = String::from_utf8_lossy(&seen);
        assert!(shown.contains("http://127.0.0.1:"), "{args:?}: {shown:?}");
    }
}

#[test]
fn what_is_over_at_once_is_not_shown_for_long() {
    let server = one(page(&[], b"x"));
    let (seen, out) = at_terminal(80, &[&server.url("/")], Output::File);
    assert_eq!(out, b"x");
    assert!(Screen::after(&seen, 80).is_blank());
}

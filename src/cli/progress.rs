//! Progress on a terminal: one line on standard error while files are read.
//!
//! It appears after a second, and is erased before an answer, an error line or the end. Reads draw
//! it, so there is no thread, and the line does not change while a read waits. It is not drawn while
//! the terminal is in other use: by a pager, by another job, or stopped by Ctrl-S.
//!
//! Costs: none when off. When on, each read takes the time, and five times a second one makes some
//! system calls.

use crate::common::deadline::Deadline;
use crate::common::show::visible;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp, tcgetwinsize};
use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The time before the line appears.
const DELAY: Duration = Duration::from_secs(1);

/// The time between two updates.
const INTERVAL: Duration = Duration::from_millis(200);

/// The time over which the rate is an average, in seconds: older rates fade.
const FADE: f64 = 5.0;

/// The longest line, in columns.
const LONGEST: usize = 100;

const BLANKS: &str = match str::from_utf8(&[b' '; LONGEST]) {
    Ok(blanks) => blanks,
    Err(_) => "",
};

/// The line of this process, from [`begin`] to [`end`].
static LINE: Mutex<Option<Line>> = Mutex::new(None);

/// The columns of the line on the terminal; 0 if it is not there.
static SHOWN: AtomicUsize = AtomicUsize::new(0);

fn line() -> MutexGuard<'static, Option<Line>> {
    LINE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// From now on reads of these inputs draw the line.
pub(super) fn begin(program: &str, inputs: Inputs) {
    *line() = Some(Line::new(program, inputs, Instant::now()));
}

/// Erases the line; it is not drawn again.
pub(super) fn end() {
    let mut line = line();
    *line = None;
    erase();
}

/// Erases the line, and prints something in its place. The next read may draw it again.
pub(super) fn pause<R>(print: impl FnOnce() -> R) -> R {
    let _line = line();
    erase();
    print()
}

/// A FILE operand. Its reads draw the line, if there is one.
pub(super) struct Source {
    file: File,
    /// Until when a read waits.
    deadline: Deadline,
    is_counted: bool,
}

impl Source {
    pub(super) fn new(file: File, deadline: &Deadline) -> Source {
        let is_on = line().is_some();
        // What a user types should not meet the line.
        let is_typed = is_on && file.is_terminal();
        if is_typed {
            pause(|| ());
        }
        let is_counted = is_on && !is_typed;
        let deadline = deadline.clone();
        Source {
            file,
            deadline,
            is_counted,
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.deadline.wait(&self.file)?;
        let n = self.file.read(buffer)?;
        if self.is_counted {
            count(n);
        }
        Ok(n)
    }
}

fn count(bytes: usize) {
    let mut line = line();
    let Some(line) = &mut *line else {
        return;
    };
    let now = Instant::now();
    if line.add(bytes, now)
        && let Some(room) = room()
    {
        draw(&line.text(now, room), room);
    }
}

/// The longest line that may be drawn now, in columns; none if the terminal is in other use.
fn room() -> Option<usize> {
    let stderr = io::stderr();
    // An error says that it is not the terminal that controls this process.
    let is_background = tcgetpgrp(&stderr).is_ok_and(|group| group != getpgrp());
    // A pager or an editor reads single keys.
    let is_by_lines =
        tcgetattr(&stderr).is_ok_and(|mode| mode.local_modes.contains(LocalModes::ICANON));
    let mut ends = [PollFd::new(&stderr, PollFlags::OUT)];
    let is_stopped = poll(&mut ends, Some(&Timespec::default())) != Ok(1);
    if is_background || !is_by_lines || is_stopped {
        return None;
    }
    let columns = match tcgetwinsize(&stderr) {
        Ok(size) if size.ws_col > 0 => size.ws_col.into(),
        _ => 80,
    };
    // In the last column, a terminal may begin a new line.
    Some(LONGEST.min(columns - 1))
}

/// Draws a text over the line that is there.
fn draw(text: &str, room: usize) {
    let before = SHOWN.load(Ordering::Relaxed).min(room);
    if text.is_empty() && before == 0 {
        return;
    }
    write(&format!("\r{text:<before$}"));
    SHOWN.store(text.chars().count().max(before), Ordering::Relaxed);
}

fn erase() {
    let shown = SHOWN.load(Ordering::Relaxed);
    if shown > 0
        && let Some(room) = room()
    {
        write(&format!("\r{}\r", &BLANKS[..shown.min(room)]));
    }
    SHOWN.store(0, Ordering::Relaxed);
}

/// Writes all at once.
fn write(text: &str) {
    // There is no place to report that this failed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The bytes that erase the line, for a process that can neither allocate memory nor wait.
pub(super) fn erasure() -> [&'static str; 3] {
    match SHOWN.load(Ordering::Relaxed) {
        0 => [""; 3],
        shown => ["\r", &BLANKS[..shown.min(LONGEST)], "\r"],
    }
}

/// All inputs of a program.
#[derive(Debug)]
pub(super) struct Inputs {
    /// The names of the files, without standard input.
    pub(super) names: Vec<OsString>,
    /// The bytes that standard input has, if that is known: none where it is not an input.
    pub(super) stdin: Option<u64>,
}

impl Inputs {
    /// The size of all, if it is known.
    fn size(&self) -> Option<u64> {
        let mut sum = self.stdin?;
        for name in &self.names {
            match fs::metadata(name) {
                Ok(file) if file.is_file() => sum = sum.saturating_add(file.len()),
                // They are errors when they are read.
                Err(_) => {}
                Ok(file) if file.is_dir() => {}
                // A pipe or a device.
                Ok(_) => return None,
            }
        }
        Some(sum)
    }
}

/// The line: what was read, and when it is to be drawn.
#[derive(Debug)]
struct Line {
    program: String,
    inputs: Inputs,
    /// The size of all inputs, if it is known. The line asks for it when it appears.
    total: OnceCell<Option<u64>>,
    done: u64,
    /// The time of the last update, and the bytes that were read by then.
    last: (Instant, u64),
    /// The bytes a second, after the first update.
    rate: Option<f64>,
    /// The time of the next update.
    next: Instant,
}

impl Line {
    fn new(program: &str, inputs: Inputs, now: Instant) -> Line {
        Line {
            program: visible(program),
            inputs,
            total: OnceCell::new(),
            done: 0,
            last: (now, 0),
            rate: None,
            next: now + DELAY,
        }
    }

    /// Counts bytes that were read; whether an update is due.
    fn add(&mut self, bytes: usize, now: Instant) -> bool {
        self.done += bytes as u64;
        now >= self.next
    }

    /// Updates the line: its text, in at most this many columns.
    fn text(&mut self, now: Instant, room: usize) -> String {
        let rate = self.measure(now) as u64;
        let total = *self.total.get_or_init(|| self.inputs.size());
        // A file may have grown.
        let known = total.and_then(|total| Some((total, total.checked_sub(self.done)?)));
        let done = format!("{}: {:>10}", self.program, size(self.done));
        let speed = format!("  {:>12}", format!("{}/s", size(rate)));
        let fields = match known {
            None => [done, speed, String::new()],
            Some((total, rest)) => {
                let left = match rate {
                    0 => String::new(),
                    rate => format!("  {:>6} left", time(rest.div_ceil(rate))),
                };
                [format!("{done} of {:<10}", size(total)), speed, left]
            }
        };
        let mut text = String::new();
        let mut columns = 0;
        for field in fields {
            columns += field.chars().count();
            if columns > room {
                break;
            }
            text += &field;
        }
        text
    }

    /// The bytes a second, at the time of this update.
    fn measure(&mut self, now: Instant) -> f64 {
        let (then, before) = self.last;
        let seconds = now.duration_since(then).as_secs_f64();
        let current = (self.done - before) as f64 / seconds;
        let rate = match self.rate {
            None => current,
            Some(rate) => rate + (current - rate) * (seconds / (seconds + FADE)),
        };
        (self.last, self.rate) = ((now, self.done), Some(rate));
        self.next = now + INTERVAL;
        rate
    }
}

/// A number of bytes in the largest unit that is not larger: `1.25 GiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = bytes.checked_ilog2().unwrap_or(0) / 10;
    let Some(unit) = (power as usize).checked_sub(1) else {
        return format!("{bytes} B");
    };
    let hundredths = ((u128::from(bytes) * 100) >> (10 * power)) as u64;
    let (whole, fraction) = (hundredths / 100, hundredths % 100);
    format!("{whole}.{fraction:02} {}", UNITS[unit])
}

/// Some seconds in two units: `1h05m`.
fn time(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard input of this size.
    fn stdin(size: Option<u64>) -> Inputs {
        Inputs {
            names: Vec::new(),
            stdin: size,
        }
    }

    /// A line for this number of bytes, and its first moment.
    fn line_of(total: Option<u64>) -> (Line, Instant) {
        let now = Instant::now();
        (Line::new("words", stdin(total), now), now)
    }

    #[test]
    fn it_is_due_after_a_second_and_then_five_times_a_second() {
        let (mut line, start) = line_of(None);
        let mut updates = Vec::new();
        for ms in 0..2000 {
            let now = start + Duration::from_millis(ms);
            if line.add(1, now) {
                line.text(now, 80);
                updates.push(ms);
            }
        }
        assert_eq!(updates, [1000, 1200, 1400, 1600, 1800]);
        assert_eq!(line.done, 2000);
    }

    #[test]
    fn it_has_as_much_as_there_is_room_for() {
        let shown = |total, room| {
            let (mut line, start) = line_of(total);
            line.add(256 << 20, start);
            line.text(start + Duration::from_secs(2), room)
        };
        let all = "words: 256.00 MiB of 1.00 GiB    128.00 MiB/s      6s left";
        let without_time = &all[..all.len() - 13];
        let total = Some(1 << 30);
        for (room, text) in [
            (100, all),
            (all.len(), all),
            (all.len() - 1, without_time),
            (without_time.len(), without_time),
            (without_time.len() - 1, "words: 256.00 MiB of 1.00 GiB  "),
            (30, ""),
            (0, ""),
        ] {
            assert_eq!(shown(total, room), text, "{room}");
        }
        let unknown = "words: 256.00 MiB  128.00 MiB/s";
        // A total that is not known, and one of a file that has grown.
        for total in [None, Some(1000)] {
            assert_eq!(shown(total, 80), unknown);
            assert_eq!(shown(total, unknown.len() - 1), "words: 256.00 MiB");
        }
        assert!(shown(Some(256 << 20), 80).ends_with("      0s left"));
    }

    #[test]
    fn a_terminal_executes_nothing() {
        let start = Instant::now();
        let mut line = Line::new("\x1b[31mwords", stdin(None), start);
        let text = line.text(start + Duration::from_secs(1), 80);
        assert_eq!(text, "\\u{1b}[31mwords:        0 B         0 B/s");
    }

    #[test]
    fn nothing_read_is_no_time_left() {
        let (mut line, start) = line_of(Some(1000));
        let text = line.text(start + Duration::from_secs(1), 80);
        assert_eq!(text, "words:        0 B of 1000 B             0 B/s");
    }

    #[test]
    fn the_rate_follows_the_reads() {
        let (mut line, start) = line_of(None);
        let mut now = start;
        let mut rates = Vec::new();
        for (seconds, rate) in [
            (1, 1000),
            (9, 1000),
            (2, 100),
            (28, 100),
            (3600, 0),
            (60, 100),
        ] {
            for _ in 0..seconds {
                now += Duration::from_secs(1);
                line.add(rate, now);
                line.measure(now);
            }
            rates.push(line.rate.unwrap().round() as u64);
        }
        assert_eq!(rates[..2], [1000, 1000]);
        assert!((700..750).contains(&rates[2]), "{rates:?}");
        assert!((101..110).contains(&rates[3]), "{rates:?}");
        assert_eq!(rates[4..], [0, 100]);
    }

    #[test]
    fn the_total_is_that_of_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let names = |names: &[&str]| names.iter().map(|name| path(name).into()).collect();
        fs::write(path("a"), "12345").unwrap();
        fs::write(path("b"), "678").unwrap();
        let size = |names: Vec<OsString>, stdin| Inputs { names, stdin }.size();
        assert_eq!(size(names(&["a", "b", "a"]), Some(0)), Some(13));
        assert_eq!(size(names(&["a", "missing", ""]), Some(100)), Some(105));
        assert_eq!(size(names(&["a"]), None), None);
        assert_eq!(size(vec!["/dev/null".into()], Some(0)), None);
    }

    #[test]
    fn sizes_and_times_have_two_units() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            ((1 << 20) - 1, "1023.99 KiB"),
            (1 << 20, "1.00 MiB"),
            (5 << 28, "1.25 GiB"),
            (u64::MAX, "15.99 EiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
        for (seconds, shown) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m00s"),
            (3599, "59m59s"),
            (3900, "1h05m"),
            (86400, "1d00h"),
            (u64::MAX, "213503982334601d07h"),
        ] {
            assert_eq!(time(seconds), shown);
        }
    }

    #[test]
    fn the_erasure_covers_the_line() {
        assert_eq!(erasure(), ["", "", ""]);
        assert_eq!((BLANKS.len(), BLANKS.trim()), (LONGEST, ""));
    }
}

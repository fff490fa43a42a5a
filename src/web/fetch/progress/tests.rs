//! The lines, on a terminal that records what is written to it.

use super::bar::{Bar, templates};
use super::*;
use crate::web::fetch::job::Job;
use crate::web::progress::{HERTZ, Lines, Progress};
use indicatif::{ProgressDrawTarget, ProgressStyle, TermLike};
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

/// A terminal that records its input.
#[derive(Debug, Clone, Default)]
struct Terminal(Arc<Mutex<Vec<String>>>);

impl Terminal {
    fn record(&self, what: &str) -> io::Result<()> {
        self.0.lock().unwrap().push(what.to_string());
        Ok(())
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().concat()
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        70
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.record(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.record(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        self.record("<cleared>")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

fn watched() -> (Lines, Terminal) {
    let terminal = Terminal::default();
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), HERTZ);
    (Lines::on(target, 70), terminal)
}

#[test]
fn the_templates_can_be_read() {
    for template in [100, 30, 10].into_iter().flat_map(templates) {
        assert!(ProgressStyle::with_template(template).is_ok());
    }
}

#[test]
fn lines_and_messages() {
    let (lines, terminal) = watched();
    let url = format!("http://a.example/\x1b{}", "long".repeat(30));
    let bar = Bar::new(&lines, &url, None);
    bar.set_total(Some(3 << 20));
    std::thread::sleep(Duration::from_millis(150));
    bar.set_done(1 << 20);
    let text = terminal.text();
    assert!(text.contains("http://a.example/?"), "{text}");
    assert!(text.contains("1.00 MiB of 3.00 MiB"), "{text}");
    assert!(
        !text.contains('\x1b') && !text.contains(&"long".repeat(15)),
        "{text}"
    );
    let progress = Progress(Some(lines));
    let said = progress.pause(|| terminal.record("a message\n").is_ok());
    assert!(said);
    let text = terminal.text();
    let (before, after) = text.split_once("a message\n").unwrap();
    assert!(before.ends_with("<cleared>"), "{before}");
    assert!(after.contains("http://a.example/?"), "{after}");
    drop(bar);
    let text = terminal.text();
    assert!(text.trim_end().ends_with("<cleared>"), "{text}");
}

#[test]
fn updates_are_cheap_and_limited() {
    let (lines, terminal) = watched();
    let bar = Bar::new(&lines, "http://a/", Some(1));
    let start = Instant::now();
    let blocks = 1_000_000;
    for n in 0..blocks {
        bar.set_done(n);
    }
    let tenths = start.elapsed().as_millis() as usize / 100;
    let drawn = terminal.text().matches("http://a/").count();
    // It may begin with a burst of twenty.
    assert!(
        drawn <= tenths + 21,
        "{drawn} in {tenths} tenths of a second"
    );
}

#[test]
fn a_job_in_flight_has_a_line() {
    let (lines, terminal) = watched();
    let job = Arc::new(Job::new("http://me:secret@a.example/", None));
    job.set_total(Some(2 << 20));
    job.add_received(1 << 20);
    let watch = watch(&Progress(Some(lines)), move || vec![Arc::clone(&job)]);
    std::thread::sleep(Duration::from_millis(600));
    drop(watch);
    let text = terminal.text();
    assert!(text.contains("http://a.example/ "), "{text}");
    assert!(text.contains("1.00 MiB of 2.00 MiB"), "{text}");
    assert!(text.trim_end().ends_with("<cleared>"), "{text}");
}

#[test]
fn nothing_when_off() {
    let progress = Progress::new(false);
    let watch = watch(&progress, || unreachable!("no thread reads the jobs"));
    assert_eq!(progress.pause(|| 7), 7);
    drop(watch);
}

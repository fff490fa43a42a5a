//! How far the transfers have got, for whoever sits before the terminal.
//!
//! One line on standard error for each URL in flight: its name, cut to the
//! width of the terminal, the bytes that have come and those there are, bytes a
//! second, time left; on a narrow terminal less of that. The line goes when the transfer is over, so that nothing
//! stays but messages, which push the lines down while they are printed.
//!
//! Costs: nothing when off. When on, a thread that looks at what is in flight
//! ten times a second; the transfers themselves do nothing for it.

use super::Errand;
use super::address::shown;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often the lines are written anew, in times a second.
const HERTZ: u8 = 10;

/// How often the transfers are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// From so many columns on there is room for all of it.
const WIDE: u16 = 60;

/// From so many columns on there is room for a name and a number.
const NARROW: u16 = 20;

const KNOWN: &str =
    "{wide_msg} {binary_bytes:>10} of {binary_total_bytes:<10} {binary_bytes_per_sec:>12} {eta:>4}";
const UNKNOWN: &str = "{wide_msg} {binary_bytes:>10} {binary_bytes_per_sec:>12}";
const SHORT: &str = "{wide_msg} {binary_bytes:>10}";
const NAME: &str = "{wide_msg}";

/// What a line looks like on a terminal of so many columns: where it is known
/// how many bytes there will be, and where not. It must not be longer than that.
fn templates(columns: u16) -> [&'static str; 2] {
    match columns {
        WIDE.. => [KNOWN, UNKNOWN],
        NARROW.. => [SHORT; 2],
        _ => [NAME; 2],
    }
}

/// How many columns the terminal has, as it says now.
fn columns() -> u16 {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 => size.ws_col,
        _ => 80,
    }
}

/// Keeps a line for each transfer that is under way, on a thread of its own,
/// until the value is dropped. Nothing if the lines are off.
pub fn watch(
    progress: &Progress,
    in_flight: impl Fn() -> Vec<Arc<Errand>> + Send + 'static,
) -> Watch {
    let mut watch = Watch {
        thread: None,
        over: None,
    };
    if progress.0.is_some() {
        let progress = progress.clone();
        let (over, is_over) = mpsc::channel::<()>();
        watch.over = Some(over);
        // Where there is no thread to be had, nothing is shown.
        let started = thread::Builder::new().spawn(move || {
            let mut bars: Vec<(Arc<Errand>, Bar)> = Vec::new();
            while is_over.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let now = in_flight();
                bars.retain(|(known, _)| now.iter().any(|errand| Arc::ptr_eq(errand, known)));
                for errand in now {
                    if !bars.iter().any(|(known, _)| Arc::ptr_eq(&errand, known)) {
                        let bar = progress.start(&shown(errand.url()), errand.total());
                        bars.push((errand, bar));
                    }
                }
                for (errand, bar) in &bars {
                    bar.set_total(errand.total());
                    bar.set_done(errand.got());
                }
            }
        });
        watch.thread = started.ok();
    }
    watch
}

/// Somebody who keeps the lines. They go when this is dropped.
#[derive(Debug)]
pub struct Watch {
    thread: Option<JoinHandle<()>>,
    over: Option<Sender<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over = None;
        if let Some(thread) = self.thread.take() {
            // It does nothing that could fail but writing to the terminal.
            let _ = thread.join();
        }
    }
}

/// The lines of all transfers. Clones stand for the same lines.
#[derive(Debug, Clone)]
pub struct Progress(Option<Lines>);

#[derive(Debug, Clone)]
struct Lines {
    all: MultiProgress,
    templates: [&'static str; 2],
}

impl Progress {
    /// No lines yet; never any if it is not `on`.
    pub fn new(on: bool) -> Progress {
        Progress(on.then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(HERTZ);
            Lines::on(target, columns())
        }))
    }

    /// A line for a URL, of which `total` bytes will come, if that is known.
    pub fn start(&self, url: &str, total: Option<u64>) -> Bar {
        let Some(lines) = &self.0 else {
            return Bar(None);
        };
        // Nothing that a terminal would obey.
        let name = url.chars().map(|c| if c.is_control() { '?' } else { c });
        let line = ProgressBar::no_length().with_style(style(lines.templates[1]));
        let line = lines.all.add(line.with_message(name.collect::<String>()));
        let bar = Bar(Some((line, lines.templates)));
        bar.set_total(total);
        bar
    }

    /// Prints something on standard error, with the lines out of its way.
    pub fn say<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(lines) => lines.all.suspend(print),
            None => print(),
        }
    }
}

impl Lines {
    fn on(target: ProgressDrawTarget, columns: u16) -> Lines {
        Lines {
            all: MultiProgress::with_draw_target(target),
            templates: templates(columns),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // Ours are tested; another would look plainer.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The line of one transfer. It goes when this is dropped.
#[derive(Debug)]
pub struct Bar(Option<(ProgressBar, [&'static str; 2])>);

impl Bar {
    /// So many bytes have come by now.
    pub fn set_done(&self, bytes: u64) {
        if let Some((line, _)) = &self.0 {
            line.set_position(bytes);
        }
    }

    /// How many bytes there will be, if that is known by now.
    pub fn set_total(&self, total: Option<u64>) {
        if let Some((line, [known, unknown])) = &self.0 {
            if line.length() == total {
                return;
            }
            match total {
                Some(total) => {
                    line.set_style(style(known));
                    line.set_length(total);
                }
                None => {
                    line.set_style(style(unknown));
                    line.unset_length();
                }
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((line, _)) = &self.0 {
            line.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::sync::Mutex;
    use std::time::Instant;

    /// A terminal that notes what is written to it.
    #[derive(Debug, Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<String>>>);

    impl Terminal {
        fn note(&self, what: &str) -> io::Result<()> {
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
            self.note(&format!("{text}\n"))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.note(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            self.note("<cleared>")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn watched() -> (Progress, Terminal) {
        let terminal = Terminal::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), HERTZ);
        (Progress(Some(Lines::on(target, 70))), terminal)
    }

    #[test]
    fn the_templates_can_be_read() {
        for template in [100, 30, 10].into_iter().flat_map(templates) {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }

    #[test]
    fn lines_and_messages() {
        let (progress, terminal) = watched();
        let url = format!("http://a.example/\x1b{}", "long".repeat(30));
        let bar = progress.start(&url, None);
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
        let said = progress.say(|| terminal.note("a message\n").is_ok());
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
    fn cheap_and_seldom() {
        let (progress, terminal) = watched();
        let bar = progress.start("http://a/", Some(1));
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
    fn who_is_under_way_has_a_line() {
        let (progress, terminal) = watched();
        let errand = Arc::new(Errand::new("http://me:secret@a.example/", None));
        errand.expect(Some(2 << 20));
        errand.came(1 << 20);
        let watch = watch(&progress, move || vec![Arc::clone(&errand)]);
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
        let bar = progress.start("http://a/", Some(1));
        bar.set_done(1);
        bar.set_total(None);
        assert_eq!(progress.say(|| 7), 7);
    }
}

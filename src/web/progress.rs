//! Progress on a terminal: lines on standard error, which are redrawn ten times a second at
//! most, and cleared at the end. Messages and output are printed above them.
//!
//! Costs: none when off.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// The maximum number of updates a second.
pub(crate) const HERTZ: u8 = 10;

/// The lines of a program. A clone has the same lines.
#[derive(Debug, Clone)]
pub struct Progress(pub(crate) Option<Lines>);

#[derive(Debug, Clone)]
pub(crate) struct Lines {
    all: MultiProgress,
    /// The width of the terminal.
    pub(crate) columns: u16,
}

impl Progress {
    /// No lines yet. Unless it is `on`, and standard error is a terminal, there never are any.
    pub fn new(on: bool) -> Progress {
        let on = on && io::stderr().is_terminal();
        Progress(on.then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(HERTZ);
            Lines::on(target, columns())
        }))
    }

    /// Clears the lines while something is printed, which is then above them.
    pub fn pause<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(lines) => lines.all.suspend(print),
            None => print(),
        }
    }
}

impl Lines {
    pub(crate) fn on(target: ProgressDrawTarget, columns: u16) -> Lines {
        let all = MultiProgress::with_draw_target(target);
        Lines { all, columns }
    }

    /// Adds a line with a message, which `{wide_msg}` in the template shows.
    pub(crate) fn add(&self, template: &str, message: String) -> Line {
        let line = ProgressBar::no_length().with_style(style(template));
        Line(self.all.add(line.with_message(message)))
    }
}

/// The width of the terminal in columns.
fn columns() -> u16 {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 => size.ws_col,
        _ => 80,
    }
}

pub(crate) fn style(template: &str) -> ProgressStyle {
    // Tests parse all templates.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A line. Dropping it clears it.
#[derive(Debug)]
pub(crate) struct Line(pub(crate) ProgressBar);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// An output that may be the terminal of the lines.
pub struct PausingOutput<'a, W> {
    /// The output.
    pub output: &'a mut W,
    /// The lines that are cleared during each write.
    pub progress: Progress,
}

impl<W: Write> Write for PausingOutput<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.pause(|| self.output.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

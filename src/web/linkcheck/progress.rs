//! Progress on the terminal: one line on standard error, which is redrawn ten times a
//! second and cleared at the end.

use super::Tally;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// How often the line is redrawn, in times a second.
const HERTZ: u8 = 10;

/// A progress line. Clones share it.
#[derive(Debug, Clone)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A line, if it is `on` and standard error is a terminal.
    pub fn new(on: bool) -> Progress {
        let on = on && io::stderr().is_terminal();
        Progress(on.then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(HERTZ);
            let line = ProgressBar::with_draw_target(None, target);
            // The template is valid.
            line.with_style(
                ProgressStyle::with_template("{wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        }))
    }

    /// Shows the progress.
    pub fn show(&self, tally: &Tally, in_flight: usize) {
        if let Some(line) = &self.0 {
            let Tally {
                urls,
                checked,
                broken,
                pages,
                ..
            } = tally;
            line.set_message(format!(
                "{checked} of {urls} URLs, {pages} pages, {broken} broken links, {in_flight} in flight"
            ));
            line.tick();
        }
    }

    /// Clears the line while something is printed.
    pub fn pause<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }

    /// Clears the line.
    pub fn end(&self) {
        if let Some(line) = &self.0 {
            line.finish_and_clear();
        }
    }
}

/// An output that may be the terminal of a progress line.
pub struct PausingOutput<'a, W> {
    /// The output.
    pub output: &'a mut W,
    /// The line that is cleared during each write.
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

//! How far the walk has got, for whoever sits before the terminal: one line on
//! standard error, written anew some times a second, gone at the end.

use super::Tally;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// How often the line is written anew, in times a second.
const HERTZ: u8 = 10;

/// The line. Clones stand for the same one.
#[derive(Debug, Clone)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A line, if it is `on` and standard error is a terminal.
    pub fn new(on: bool) -> Progress {
        let on = on && io::stderr().is_terminal();
        Progress(on.then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(HERTZ);
            let line = ProgressBar::with_draw_target(None, target);
            // A template without a mistake.
            line.with_style(
                ProgressStyle::with_template("{wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        }))
    }

    /// Shows how far it is.
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

    /// Does something with the line out of the way.
    pub fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }

    /// Takes the line away for good.
    pub fn end(&self) {
        if let Some(line) = &self.0 {
            line.finish_and_clear();
        }
    }
}

/// An output that may be the same terminal.
pub struct Aside<'a, W> {
    /// Where to write to.
    pub output: &'a mut W,
    /// What to put out of the way meanwhile.
    pub progress: Progress,
}

impl<W: Write> Write for Aside<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.aside(|| self.output.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

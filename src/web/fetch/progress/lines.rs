//! The lines of all transfers, on a terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io;

/// The maximum number of updates a second.
pub(crate) const HERTZ: u8 = 10;

/// The minimum columns for all fields.
const WIDE: u16 = 60;

/// The minimum columns for the name and a number.
const NARROW: u16 = 20;

const KNOWN: &str =
    "{wide_msg} {binary_bytes:>10} of {binary_total_bytes:<10} {binary_bytes_per_sec:>12} {eta:>4}";
const UNKNOWN: &str = "{wide_msg} {binary_bytes:>10} {binary_bytes_per_sec:>12}";
const SHORT: &str = "{wide_msg} {binary_bytes:>10}";
const NAME: &str = "{wide_msg}";

/// The templates of a line for a terminal of this width: with a known total, and without. A
/// line is not longer than the terminal.
pub(crate) fn templates(columns: u16) -> [&'static str; 2] {
    match columns {
        WIDE.. => [KNOWN, UNKNOWN],
        NARROW.. => [SHORT; 2],
        _ => [NAME; 2],
    }
}

/// The width of the terminal in columns.
fn columns() -> u16 {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 => size.ws_col,
        _ => 80,
    }
}

/// The lines of all transfers. A clone has the same lines.
#[derive(Debug, Clone)]
pub struct Progress(pub(crate) Option<Lines>);

#[derive(Debug, Clone)]
pub(crate) struct Lines {
    all: MultiProgress,
    templates: [&'static str; 2],
}

impl Progress {
    /// No lines yet. Unless it is `on`, there never are any.
    pub fn new(on: bool) -> Progress {
        Progress(on.then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(HERTZ);
            Lines::on(target, columns())
        }))
    }

    /// Whether lines are shown.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Starts a line for a URL; `total` is the length of its body, if it is known.
    pub(crate) fn start(&self, url: &str, total: Option<u64>) -> Bar {
        let Some(lines) = &self.0 else {
            return Bar(None);
        };
        // Control characters could change the terminal.
        let name = url.chars().map(|c| if c.is_control() { '?' } else { c });
        let line = ProgressBar::no_length().with_style(style(lines.templates[1]));
        let line = lines.all.add(line.with_message(name.collect::<String>()));
        let bar = Bar(Some((line, lines.templates)));
        bar.set_total(total);
        bar
    }

    /// Prints a message on standard error above the lines.
    pub fn say<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(lines) => lines.all.suspend(print),
            None => print(),
        }
    }
}

impl Lines {
    pub(crate) fn on(target: ProgressDrawTarget, columns: u16) -> Lines {
        Lines {
            all: MultiProgress::with_draw_target(target),
            templates: templates(columns),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // Tests parse all templates.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The line of one transfer. Dropping it clears the line.
#[derive(Debug)]
pub(crate) struct Bar(Option<(ProgressBar, [&'static str; 2])>);

impl Bar {
    /// Sets the number of received bytes.
    pub(crate) fn set_done(&self, bytes: u64) {
        if let Some((line, _)) = &self.0 {
            line.set_position(bytes);
        }
    }

    /// Sets the total, if it is known.
    pub(crate) fn set_total(&self, total: Option<u64>) {
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

//! The line of one transfer.

use crate::web::progress::{Line, Lines, style};

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

/// The line of one transfer. Dropping it clears the line.
#[derive(Debug)]
pub(crate) struct Bar {
    line: Line,
    templates: [&'static str; 2],
}

impl Bar {
    /// Starts a line for a URL; `total` is the length of its body, if it is known.
    pub(crate) fn new(lines: &Lines, url: &str, total: Option<u64>) -> Bar {
        // Control characters could change the terminal.
        let name = url.chars().map(|c| if c.is_control() { '?' } else { c });
        let templates = templates(lines.columns);
        let line = lines.add(templates[1], name.collect());
        let bar = Bar { line, templates };
        bar.set_total(total);
        bar
    }

    /// Sets the number of received bytes.
    pub(crate) fn set_done(&self, bytes: u64) {
        self.line.0.set_position(bytes);
    }

    /// Sets the total, if it is known.
    pub(crate) fn set_total(&self, total: Option<u64>) {
        let (Line(line), [known, unknown]) = (&self.line, self.templates);
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

//! The progress of a check, on a terminal: one line.

use super::Tally;
use crate::web::progress::{Line, Progress};

/// The line. Dropping it clears it.
#[derive(Debug)]
pub struct TallyLine(Option<Line>);

/// The message of the line.
const MESSAGE: &str = "{wide_msg}";

impl TallyLine {
    /// Adds an empty line.
    pub fn new(progress: &Progress) -> TallyLine {
        let lines = progress.0.as_ref();
        TallyLine(lines.map(|lines| lines.add(MESSAGE, String::new())))
    }

    /// Shows the progress.
    pub fn show(&self, tally: &Tally, in_flight: usize) {
        if let Some(Line(line)) = &self.0 {
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
}

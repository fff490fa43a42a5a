//! Findings, notes and the summary.

use super::super::finding::displayed;
use super::super::summary::{Observer, Summary};
use super::super::worker::Task;
use super::state::Walk;
use crate::common::error::Error;
use crate::common::show::visible;
use std::io::Write;

impl Walk {
    /// Writes the new findings.
    pub(crate) fn report(&mut self, output: &mut impl Write) -> Result<(), Error> {
        let mut lines = String::new();
        while let Some(finding) = self.frontier.finding() {
            if !self.options.verbose && finding.is_information() {
                continue;
            }
            let finding = match self.options.group {
                true => self.groups.add(finding, &self.options.folders),
                false => Some(finding),
            };
            lines.extend(
                finding.map(|finding| finding.line(self.options.format, &self.options.folders)),
            );
        }
        if self.is_over() {
            lines.push_str(&self.groups.lines(self.options.format));
        }
        match lines.is_empty() {
            true => Ok(()),
            false => output.write_all(lines.as_bytes()).map_err(Error::Write),
        }
    }

    pub(crate) fn summary(&mut self, observer: &mut impl Observer) -> Summary {
        let tally = self.frontier.tally;
        if tally.left_out > 0 {
            self.is_complete = false;
            let (left_out, most) = (tally.left_out, self.options.max_urls);
            let cause = format!("{left_out} links to more were not followed (--max-urls)");
            observer.note(&format!("{most} URLs"), &cause);
        }
        let mut notes = Vec::new();
        for (url, media_type) in self.frontier.starts_without_links() {
            let cause = match media_type {
                "" => "not an HTML page: no link was checked".to_string(),
                media_type => format!("not an HTML page ({media_type}): no link was checked"),
            };
            notes.push((self.shown(url), cause));
        }
        for (object, cause) in notes {
            self.is_complete = false;
            observer.note(&object, &visible(&cause));
        }
        let failed = self.frontier.failed_starts();
        let failed = failed
            .iter()
            .map(|(url, cause)| (self.shown(url), cause.to_string()));
        Summary {
            tally,
            fine: self
                .frontier
                .fine
                .iter()
                .map(|url| url.to_string())
                .collect(),
            is_complete: self.is_complete,
            failed_starts: failed.collect(),
        }
    }

    pub(super) fn note(&mut self, task: &Task, cause: &str, observer: &mut impl Observer) {
        self.is_complete = false;
        observer.note(&self.shown(task.url()), cause);
    }

    /// A URL as messages show it.
    pub(super) fn shown(&self, url: &str) -> String {
        displayed(url, &self.options.folders)
    }
}

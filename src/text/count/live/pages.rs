//! The counts on the page, and the page itself.

use super::intervals::{Lines, Slot};
use super::rest::Rest;
use super::stored::Stored;
use super::{Live, Memory};
use crate::common::error::Error;
use crate::text::count::counts::Counts;
use crate::text::count::limits::Report;
use crate::text::count::output;
use crate::text::count::output::sorter::Format;
use crate::text::pages;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// Writes pages.
pub struct Pages<'a> {
    live: Live,
    output: &'a mut dyn Write,
    /// The memory of the counts of a page in bytes.
    memory: usize,
    /// The directories for temporary files, used in turn.
    directories: Vec<Arc<Path>>,
    /// The counts on the page.
    counts: Stored,
    window: Option<Window>,
    /// Where counts go that were taken.
    used: Sender<Counts>,
    report: Report,
}

/// The last slots.
struct Window {
    /// The number of slots in the window.
    slots: u64,
    /// The counts of each that has lines.
    counts: Stored,
}

impl Window {
    /// The end of the counts that are no longer in the window when a slot has ended.
    fn end_of_left(&self, slot: u64) -> Result<u64, Error> {
        match slot.checked_sub(self.slots) {
            Some(left) => self.counts.end_of(left),
            None => Ok(0),
        }
    }
}

impl<'a> Pages<'a> {
    /// An empty page.
    pub fn new(
        live: Live,
        memory: &Memory,
        used: Sender<Counts>,
        output: &'a mut dyn Write,
    ) -> Self {
        let directories = memory.directories();
        let window = live.pace.window.map(|slots| Window {
            slots,
            counts: Stored::new(memory.of_window(), &directories[0]),
        });
        Pages {
            live,
            output,
            memory: memory.of_page(),
            counts: Stored::new(0, &directories[0]),
            directories,
            window,
            used,
            report: Report::default(),
        }
    }

    /// The report on all slots up to now.
    pub fn report(&self) -> Report {
        let window = self.window.as_ref();
        let spilled = window.map_or(0, |window| window.counts.spilled());
        Report {
            spilled: self.report.spilled + spilled,
            ..self.report
        }
    }

    /// Adds the lines of a slot, and writes the page if it has changed, or if it is the last one.
    /// Nothing of a page is written if a sum on it is too large.
    pub fn add(&mut self, slot: Slot) -> Result<(), Error> {
        let Slot {
            lines,
            number,
            is_last,
        } = slot;
        let format = self.format();
        match lines {
            Lines::Copied(copy) => self.report.distinct = copy.write(format, self.output)?,
            // All that are there.
            Lines::Exchanged(counts)
                if is_last && self.window.is_none() && self.counts.len() == 0 =>
            {
                let Format {
                    separator,
                    terminator,
                } = format;
                self.report = counts.write(separator, terminator, self.output)?;
            }
            Lines::Exchanged(counts) => {
                if !self.update(counts, number)? && !is_last {
                    return Ok(());
                }
                let counts = self.counts.records(0..self.counts.len());
                self.report.distinct = output::write(vec![counts], format, self.output)?;
            }
        }
        if !is_last {
            let end = pages::end(format.terminator);
            self.output.write_all(&end).map_err(Error::Write)?;
        }
        Ok(())
    }

    fn format(&self) -> Format {
        Format {
            separator: self.live.separator,
            terminator: self.live.terminator,
        }
    }

    /// Adds the counts of a slot to those on the page. Returns whether lines have come or left.
    fn update(&mut self, mut counts: Counts, slot: u64) -> Result<bool, Error> {
        let (records, report) = counts.take_records()?;
        // The thread may have ended.
        let _ = self.used.send(counts);
        self.report.lines += report.lines;
        self.report.runs += report.runs;
        self.report.spilled += report.spilled;
        let left = match &self.window {
            Some(window) => window.end_of_left(slot)?,
            None => 0,
        };
        if report.lines == 0 && left == 0 {
            return Ok(false);
        }
        self.directories.rotate_left(1);
        let mut counts = Stored::new(self.memory, &self.directories[0]);
        let before = self.counts.records(0..self.counts.len());
        match &mut self.window {
            None => {
                let inputs = [before].into_iter().chain(records);
                counts.add(0, inputs.map(Rest::all).collect(), |_| true)?;
            }
            Some(Window { counts: window, .. }) => {
                let start = window.len();
                window.add(slot, records, |_| true)?;
                let inputs = vec![
                    Rest::of(before, window.records(0..left))?,
                    Rest::all(window.records(start..window.len())),
                ];
                // A line of which all counts are 0 looks like one that has left.
                counts.add(0, inputs, |count| count > 0)?;
                window.remove(left)?;
            }
        }
        self.report.spilled += counts.spilled();
        self.counts = counts;
        Ok(true)
    }
}

//! The slot that is counted: which bytes belong to it, and when it ends.
//!
//! Slots are numbered from 0. A slot of time ends at a multiple of the interval, and lines belong
//! to the slot in which their end was read. A slot of lines ends with its last line.
//!
//! Each slot is ended by itself while lines are on the page that may leave it. Slots of time in
//! which nothing can change are passed over: the program sleeps until more is read.

use super::pace::{Interval, Pace};
use std::time::Duration;

/// The current slot.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    pace: Pace,
    /// Its number.
    number: u64,
    /// The last slot in which something was read.
    last: Option<u64>,
    /// The lines that are missing, if slots are numbers of lines.
    missing: u64,
    /// Whether a line has started whose end was not read.
    started: bool,
}

impl Slots {
    /// The first slot.
    pub fn new(pace: Pace) -> Self {
        let mut slots = Slots {
            pace,
            number: 0,
            last: None,
            missing: 0,
            started: false,
        };
        slots.missing = slots.lines();
        slots
    }

    /// The lines of a slot.
    fn lines(&self) -> u64 {
        match self.pace.every {
            Interval::Lines(lines) => lines.get(),
            Interval::Time(_) => u64::MAX,
        }
    }

    /// The nanoseconds of a slot.
    fn nanoseconds(&self) -> Option<u64> {
        match self.pace.every {
            Interval::Lines(_) => None,
            Interval::Time(time) => Some(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1)),
        }
    }

    /// The number of the current slot.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The number of the slot that is the last one if the input ends here. A slot of lines without
    /// lines has not begun.
    pub fn last_number(&self) -> u64 {
        match self.pace.every {
            Interval::Lines(lines) if self.missing == lines.get() => self.number.saturating_sub(1),
            _ => self.number,
        }
    }

    /// When the slot ends, if that may change the page.
    pub fn end(&self) -> Option<Duration> {
        let nanoseconds = self.nanoseconds()?;
        let leaves = self.last?.saturating_add(self.pace.window.unwrap_or(0));
        let end = (self.number + 1).saturating_mul(nanoseconds);
        (self.number <= leaves).then(|| Duration::from_nanos(end))
    }

    /// Whether the slot has all its lines.
    pub fn is_full(&self) -> bool {
        self.missing == 0
    }

    /// Whether what was read at this time belongs to the slot. If not, the slot ends.
    pub fn admits(&mut self, time: Duration) -> bool {
        if let Some(nanoseconds) = self.nanoseconds() {
            let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            let number = time / nanoseconds;
            if number > self.number {
                if self.end().is_some() {
                    return false;
                }
                self.number = number;
            }
        }
        self.last = Some(self.number);
        true
    }

    /// Adds a text to the slot, up to its last line. Returns the size of that part in bytes.
    pub fn add(&mut self, text: &[u8], terminator: u8) -> usize {
        if let Interval::Time(_) = self.pace.every {
            return text.len();
        }
        let ends = || memchr::memchr_iter(terminator, text);
        let lines = ends().count() as u64;
        if lines < self.missing {
            self.missing -= lines;
            self.started = text.last().map_or(self.started, |&byte| byte != terminator);
            return text.len();
        }
        let last = self.missing.saturating_sub(1) as usize;
        (self.missing, self.started) = (0, false);
        ends().nth(last).map_or(text.len(), |end| end + 1)
    }

    /// Ends an input. A line that has started ends, too.
    pub fn end_input(&mut self) {
        if std::mem::take(&mut self.started) {
            self.missing -= 1;
        }
    }

    /// Goes to the next slot.
    pub fn next(&mut self) {
        self.number += 1;
        self.missing = self.lines();
    }
}

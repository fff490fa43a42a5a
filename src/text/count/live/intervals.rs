//! The thread that counts slot after slot.

use super::arrivals::Arrivals;
use super::feed::Feed;
use super::slots::Slots;
use super::{Live, Memory};
use crate::common::error::Error;
use crate::text::count::counts::Counts;
use crate::text::count::ingest::source::Source;
use crate::text::count::output::sorter::Sorter;
use crate::text::count::threads::Stopped;
use std::io;
use std::mem;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender};

/// A slot that has ended.
pub struct Slot {
    /// The counts of its lines.
    pub lines: Lines,
    /// The number of the slot.
    pub number: u64,
    /// Whether the input has ended.
    pub is_last: bool,
}

/// The counts of the lines of a slot.
pub enum Lines {
    /// A copy of all counts from the start on. Counting goes on in the same tables.
    Copied(Sorter),
    /// Those since the last slot whose counts were exchanged, or since the start.
    Exchanged(Counts),
}

/// Counts the inputs, one after the other, and sends each slot when it has ended; at last the one
/// in which the input ends, or an error. `used` has counts that were taken.
pub fn count<A: Arrivals>(
    inputs: impl Iterator<Item = (String, io::Result<A>)>,
    live: Live,
    memory: &Memory,
    slots: &SyncSender<Result<Slot, Error>>,
    used: &Receiver<Counts>,
) {
    let mut counting = Counting {
        live,
        memory,
        sender: slots,
        used,
        slots: Slots::new(live.pace),
        counts: Counts::new(memory.of_slot()),
        copied: live.pace.window.is_none().then_some(0),
    };
    if let Err(Stopped::Failed(error)) = counting.all(inputs) {
        let _ = slots.send(Err(error)); // there may be no receiver
    }
}

struct Counting<'a> {
    live: Live,
    memory: &'a Memory,
    sender: &'a SyncSender<Result<Slot, Error>>,
    used: &'a Receiver<Counts>,
    slots: Slots,
    /// The lines of the current slot, or all lines while they are copied.
    counts: Counts,
    /// The number of lines in the last copy; none once counts are exchanged.
    copied: Option<u64>,
}

impl Counting<'_> {
    fn all<A: Arrivals>(
        &mut self,
        inputs: impl Iterator<Item = (String, io::Result<A>)>,
    ) -> Result<(), Stopped> {
        for (name, arrivals) in inputs {
            let arrivals = arrivals.map_err(|error| Error::Read(error).of(&name))?;
            self.input(&name, arrivals)?;
            // The end of an input is the end of a line.
            if self.slots.is_full() {
                self.end_slot()?;
            }
        }
        let number = self.slots.last_number();
        self.send(number, true)
    }

    fn input<A: Arrivals>(&mut self, name: &str, arrivals: A) -> Result<(), Stopped> {
        let terminator = self.live.terminator;
        let feed = Feed::new(arrivals, self.slots, terminator);
        let mut source = Mutex::new(Source::new(feed, terminator));
        loop {
            let counted = match self.live.merge {
                true => self.counts.merge_from(&source, terminator),
                false => self.counts.read_from(&source, terminator),
            };
            counted.map_err(|error| match error {
                // Of a temporary file, or of a sum.
                Error::In { .. } | Error::TooLarge { .. } => error,
                error => error.of(name),
            })?;
            let source = source.get_mut().expect("no panic");
            let paused = source.resume();
            self.slots = source.input().slots;
            if !paused {
                return Ok(());
            }
            self.end_slot()?;
            source.input().slots = self.slots;
        }
    }

    /// Sends the current slot and goes to the next one.
    fn end_slot(&mut self) -> Result<(), Stopped> {
        let number = self.slots.number();
        self.slots.next();
        self.send(number, false)
    }

    fn send(&mut self, number: u64, is_last: bool) -> Result<(), Stopped> {
        let lines = match self.copied {
            Some(lines) if !is_last && self.counts.lines() == lines => return Ok(()),
            Some(_) if !is_last => self.copy(),
            _ => None,
        };
        let lines = lines.unwrap_or_else(|| Lines::Exchanged(self.exchange()));
        let slot = Slot {
            lines,
            number,
            is_last,
        };
        let sent = self.sender.send(Ok(slot));
        sent.map_err(|_| Stopped::NoReceiver)
    }

    /// Copies all counts, if that is possible.
    fn copy(&mut self) -> Option<Lines> {
        let copy = self.counts.copy(self.memory.of_slot_now());
        self.copied = copy.is_some().then(|| self.counts.lines());
        copy.map(Lines::Copied)
    }

    /// Exchanges the counts for empty ones.
    fn exchange(&mut self) -> Counts {
        let limits = self.memory.of_slot();
        let next = match self.used.try_recv() {
            Ok(mut counts) => {
                counts.renew(limits);
                counts
            }
            Err(_) => Counts::new(limits),
        };
        mem::replace(&mut self.counts, next)
    }
}

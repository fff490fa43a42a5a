//! An input up to the end of each slot, for the [`Source`](super::super::ingest::source::Source) of
//! a count.
//!
//! Whole blocks are exchanged with those of the count, not copied.

use super::arrivals::{Arrivals, Arrived};
use super::slots::Slots;
use crate::common::stream::Blocks;
use crate::text::count::ingest::source::{Filled, Input};
use std::io;
use std::mem;

/// An input that pauses at the end of each slot.
pub struct Feed<A> {
    arrivals: A,
    /// The current slot.
    pub slots: Slots,
    terminator: u8,
    /// The block that does not belong to the slot as a whole.
    arrived: Option<Arrived>,
    /// The bytes of it that were taken.
    taken: usize,
}

impl<A: Arrivals> Feed<A> {
    /// The input from this slot on.
    pub fn new(arrivals: A, slots: Slots, terminator: u8) -> Self {
        Feed {
            arrivals,
            slots,
            terminator,
            arrived: None,
            taken: 0,
        }
    }
}

impl<A: Arrivals> Input for Feed<A> {
    fn fill(&mut self, block: &mut Blocks) -> io::Result<Filled> {
        if self.slots.is_full() {
            return Ok(Filled::Paused);
        }
        let arrived = match self.arrived.take() {
            Some(arrived) => Some(arrived),
            None => self.arrivals.next(self.slots.end())?,
        };
        let Some(mut arrived) = arrived else {
            return Ok(Filled::Paused);
        };
        if !self.slots.admits(arrived.time) {
            self.arrived = Some(arrived);
            return Ok(Filled::Paused);
        }
        let text = arrived.block.text();
        if text.is_empty() {
            self.slots.end_input();
            return Ok(Filled::Ended);
        }
        let end = self.taken + self.slots.add(&text[self.taken..], self.terminator);
        if end < text.len() {
            block.append(&text[self.taken..end]);
            self.taken = end;
            self.arrived = Some(arrived);
            return Ok(Filled::Some);
        }
        match mem::take(&mut self.taken) {
            // Before it goes the start of its first line.
            0 if arrived.block.prepend(block.text()) => mem::swap(block, &mut arrived.block),
            taken => block.append(&arrived.block.text()[taken..]),
        }
        self.arrivals.reuse(arrived.block);
        Ok(Filled::Some)
    }
}

//! The keys of one class: a table of those seen lately, and what has left it.

use super::key::{self, STRIDE};
use super::ranges::{Overflow, Ranges, Splitters};
use super::table::Table;
use crate::common::error::Error;

/// How many keys a table may hold before they are moved out.
///
/// Where most lines are new, a small table is as good as a large one, and
/// stays in the cache. Where lines come again, it counts them; then it may grow.
#[derive(Debug)]
pub struct Quota {
    keys: usize,
    most: usize,
    /// How many keys were looked up since the table was last empty.
    looked_up: usize,
}

impl Quota {
    /// Until it is known how much memory there is: what a new table holds.
    const FIRST: usize = if cfg!(test) { 100 } else { (1 << 10) / 5 * 4 };
    /// At first: a table of 1.5 or 2 MB. (A small one in tests, so that they see
    /// it moved out.)
    const LEAST: usize = if cfg!(test) { 100 } else { (1 << 16) / 5 * 4 };
    /// In the end: of 25 or 33 MB, about the size of a large cache.
    const MOST: usize = Quota::LEAST << 4;

    fn new() -> Self {
        Quota {
            keys: Quota::FIRST,
            most: Quota::FIRST,
            looked_up: 0,
        }
    }

    /// Lets the table take so many bytes, if it needs them.
    pub fn allow<const N: usize>(&mut self, size: usize) {
        let slots = (size / size_of::<[u64; N]>()).max(1);
        let keys = (1 << slots.ilog2()) / 5 * 4;
        self.most = keys.clamp(Quota::FIRST, Quota::MOST);
        self.keys = self.most.min(Quota::LEAST);
    }

    /// Whether a table of `len` keys must be emptied before `n` are looked up.
    #[inline(always)]
    pub fn is_spent(&mut self, len: usize, n: usize) -> bool {
        let spent = len + n > self.keys;
        if spent && self.looked_up >= 4 * len && self.keys < self.most {
            self.keys *= 2;
            self.looked_up += n;
            return false;
        }
        self.looked_up = if spent { n } else { self.looked_up + n };
        spent
    }
}

/// The keys of one class: a table, and what has left it.
#[derive(Debug)]
pub struct Class<const N: usize> {
    /// What has been counted lately.
    pub table: Table<N>,
    /// How much of it that may be.
    pub quota: Quota,
    out: Option<Ranges<N>>,
}

impl<const N: usize> Class<N> {
    /// No keys.
    pub fn new() -> Self {
        Class {
            table: Table::new(),
            quota: Quota::new(),
            out: None,
        }
    }

    /// The first words of the keys in the table.
    pub fn sample(&self) -> impl Iterator<Item = u64> {
        self.table.iter().map(|slot| slot[0])
    }

    /// Whether there are no keys, in the table or out of it.
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0 && self.out.as_ref().is_none_or(|out| out.size() == 0)
    }

    /// Whether keys have left the table.
    pub fn has_flushed(&self) -> bool {
        self.out.is_some()
    }

    /// Moves the keys out of the table, to their ranges.
    pub fn flush(&mut self, splitters: &Splitters) -> Result<(), Error> {
        let out = self.out.get_or_insert_with(|| Ranges::new(splitters));
        self.table.drain(|slot| out.push(splitters, slot));
        out.compact().map_err(too_large)
    }

    /// All keys, by ranges; none are left.
    pub fn take(&mut self, splitters: &Splitters) -> Result<Ranges<N>, Error> {
        self.flush(splitters)?;
        Ok(self.out.take().unwrap_or_else(|| Ranges::new(splitters)))
    }

    /// Adds up what has been moved out, if that halves it.
    pub fn add_up(&mut self) -> Result<(), Error> {
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        match out.repeats(2, 1).map_err(too_large)? {
            true => out.add_up().map_err(too_large),
            false => Ok(()),
        }
    }

    /// How much memory it takes to move out all of it, in bytes: a table's
    /// slots are for a time in two places, as they are when it grows.
    pub fn size(&self) -> usize {
        2 * self.table.size() + self.out.as_ref().map_or(0, Ranges::size)
    }
}

/// The sum that does not fit is that of this key.
fn too_large<const N: usize>(slot: Overflow<N>) -> Error {
    let line = key::line(&slot[..N - 1], &mut [0; STRIDE]).to_vec();
    Error::TooLarge { line }
}

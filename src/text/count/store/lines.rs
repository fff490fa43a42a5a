//! The lines of a range: a list of slots for each class.
//!
//! Each class is sorted by itself. `in_order` merges the three lists when they are read.

use super::arena::{Arena, Arenas, LOADED};
use super::class::too_large;
use super::key::{Inline, Key, LineKey, Long, Middle, STRIDE, Short};
use super::ranges::sort_and_merge;
use super::slot::{Overflow, Slot, merge_equal};
use crate::common::error::Error;

/// The lines of a range.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// Lines of up to 15 bytes.
    pub short: Vec<Slot<Short>>,
    /// Lines of 16 to 23 bytes.
    pub middle: Vec<Slot<Middle>>,
    /// Longer lines.
    pub long: Vec<Slot<Long>>,
}

/// The memory of some lines: the slots of each class, and the size of the arena.
#[derive(Clone, Copy, Debug, Default)]
pub struct Footprint {
    short: usize,
    middle: usize,
    long: usize,
    /// The size of the long lines in bytes.
    pub arena: usize,
}

impl Footprint {
    /// The sum of both.
    pub fn and(self, other: Footprint) -> Self {
        Footprint {
            short: self.short + other.short,
            middle: self.middle + other.middle,
            long: self.long + other.long,
            arena: self.arena + other.arena,
        }
    }

    /// The sum in bytes.
    pub fn bytes(self) -> usize {
        self.short * size_of::<Slot<Short>>()
            + self.middle * size_of::<Slot<Middle>>()
            + self.long * size_of::<Slot<Long>>()
            + self.arena
    }
}

/// A key whose line can be found: in itself or in an arena.
pub trait Find: Key {
    /// The line as the first bytes of the result, and its length. It may be in `buffer`.
    fn find<'b>(&self, arenas: Arenas<'b>, buffer: &'b mut [u8; STRIDE]) -> (&'b [u8], usize);

    /// The first 16 bytes of the line as a big-endian number, padded with zeros.
    fn prefix_in(&self, arenas: Arenas) -> u128;

    /// The line itself.
    fn line_in<'b>(&self, arenas: Arenas<'b>, buffer: &'b mut [u8; STRIDE]) -> &'b [u8] {
        let (bytes, length) = self.find(arenas, buffer);
        &bytes[..length]
    }
}

impl<K: Inline> Find for K {
    #[inline(always)]
    fn find<'b>(&self, _: Arenas<'b>, buffer: &'b mut [u8; STRIDE]) -> (&'b [u8], usize) {
        self.padded(buffer)
    }

    #[inline(always)]
    fn prefix_in(&self, _: Arenas) -> u128 {
        self.prefix()
    }
}

impl Find for Long {
    #[inline(always)]
    fn find<'b>(&self, arenas: Arenas<'b>, _: &'b mut [u8; STRIDE]) -> (&'b [u8], usize) {
        let line = arenas.line(self);
        (line, line.len())
    }

    #[inline(always)]
    fn prefix_in(&self, arenas: Arenas) -> u128 {
        let start = arenas.line(self).first_chunk();
        u128::from_be_bytes(*start.expect("long lines are longer"))
    }
}

impl Lines {
    /// Lines of the three classes, in any order.
    pub fn new(short: Vec<Slot<Short>>, middle: Vec<Slot<Middle>>, long: Vec<Slot<Long>>) -> Self {
        Lines {
            short,
            middle,
            long,
        }
    }

    /// Sorts the lines and merges equal ones.
    pub fn sort(&mut self, arenas: Arenas) -> Result<(), Error> {
        sort_and_merge(&mut self.short).map_err(too_large)?;
        sort_and_merge(&mut self.middle).map_err(too_large)?;
        sort_long(&mut self.long, arenas).map_err(|Overflow(key)| {
            let line = arenas.line(&key).to_vec();
            Error::TooLarge { line }
        })
    }

    /// The number of slots.
    pub fn len(&self) -> usize {
        self.short.len() + self.middle.len() + self.long.len()
    }

    /// Whether there are no slots.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the lines of another list.
    pub fn append(&mut self, other: Lines) {
        append(&mut self.short, other.short);
        append(&mut self.middle, other.middle);
        append(&mut self.long, other.long);
    }

    /// The memory of these lines.
    pub fn footprint(&self, arenas: Arenas) -> Footprint {
        let line = |slot: &Slot<Long>| Arena::size_of(arenas.line(&slot.key));
        Footprint {
            short: self.short.len(),
            middle: self.middle.len(),
            long: self.long.len(),
            arena: self.long.iter().map(line).sum(),
        }
    }

    /// Makes room for lines of this footprint.
    pub fn reserve(&mut self, footprint: Footprint) {
        self.short.reserve_exact(footprint.short);
        self.middle.reserve_exact(footprint.middle);
        self.long.reserve_exact(footprint.long);
    }

    /// Adds a line, which any bytes follow in `padded`; `arena` has the number [`LOADED`].
    #[inline(always)]
    pub fn push(&mut self, count: u64, line: &[u8], padded: &[u8; STRIDE], arena: &mut Arena) {
        match LineKey::new(padded, line.len(), None) {
            LineKey::Short(key) => self.short.push(Slot { key, count }),
            LineKey::Middle(key) => self.middle.push(Slot { key, count }),
            LineKey::Long => {
                let place = arena.push(LOADED, line);
                let key = Long { order: 0, place };
                self.long.push(Slot { key, count });
            }
        }
    }

    /// Passes all lines and their counts to `put`, class by class in no order: each line as
    /// the first bytes of a slice, and its length.
    #[inline(always)]
    pub fn each<E>(
        &self,
        arenas: Arenas,
        mut put: impl FnMut(u64, &[u8], usize) -> Result<(), E>,
    ) -> Result<(), E> {
        each(&self.short, arenas, &mut put)?;
        each(&self.middle, arenas, &mut put)?;
        each(&self.long, arenas, &mut put)
    }

    /// Removes up to `n` lines of each class; none if there are none.
    pub fn take_some(&mut self, n: usize) -> Lines {
        Lines {
            short: take_some(&mut self.short, n),
            middle: take_some(&mut self.middle, n),
            long: take_some(&mut self.long, n),
        }
    }

    /// Moves each line to one of `parts`: `which` returns its number, by the first 16 bytes
    /// of the line, as a big-endian number, and by the line.
    pub fn share_out(
        self,
        arenas: Arenas,
        which: impl Fn(u128, &[u8]) -> usize,
        parts: &mut [Lines],
    ) {
        share_out(self.short, arenas, &which, |part, slot| {
            parts[part].short.push(slot);
        });
        share_out(self.middle, arenas, &which, |part, slot| {
            parts[part].middle.push(slot);
        });
        share_out(self.long, arenas, &which, |part, slot| {
            parts[part].long.push(slot);
        });
    }

    /// About `n` of the lines, evenly spaced.
    pub fn sample(&self, arenas: Arenas, n: usize) -> Vec<Vec<u8>> {
        let step = self.len() / n + 1;
        let mut lines = Vec::new();
        sample(&self.short, step, arenas, &mut lines);
        sample(&self.middle, step, arenas, &mut lines);
        sample(&self.long, step, arenas, &mut lines);
        lines
    }
}

/// Sorts long lines and merges equal ones: first by the eight bytes after their common
/// beginning, which become the order of the key, and then by the rest.
fn sort_long(slots: &mut Vec<Slot<Long>>, arenas: Arenas) -> Result<(), Overflow<Long>> {
    let Some(first) = slots.first().map(|slot| arenas.line(&slot.key)) else {
        return Ok(());
    };
    // A range of very long lines may have only one, which needs no comparison.
    let others = slots.iter().skip(1);
    let common = others.fold(first.len(), |common, slot| {
        let line = arenas.line(&slot.key);
        let pairs = first[..common].iter().zip(line);
        pairs.take_while(|(a, b)| a == b).count()
    });
    let rest = |key: &Long| &arenas.line(key)[common..];
    for Slot { key, .. } in slots.iter_mut() {
        let rest = rest(key);
        let mut start = [0; 8];
        let length = rest.len().min(8);
        start[..length].copy_from_slice(&rest[..length]);
        key.order = u64::from_be_bytes(start);
    }
    slots.sort_unstable_by(|Slot { key: a, .. }, Slot { key: b, .. }| {
        let order = a.order.cmp(&b.order);
        order.then_with(|| rest(a).cmp(rest(b)))
    });
    merge_equal(slots, |a, b| a.order == b.order && rest(a) == rest(b))
}

#[inline(always)]
fn each<K: Find, E>(
    slots: &[Slot<K>],
    arenas: Arenas,
    put: &mut impl FnMut(u64, &[u8], usize) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = [0; STRIDE];
    slots.iter().try_for_each(|Slot { key, count }| {
        let (bytes, length) = key.find(arenas, &mut buffer);
        put(*count, bytes, length)
    })
}

fn share_out<K: Find>(
    slots: Vec<Slot<K>>,
    arenas: Arenas,
    which: impl Fn(u128, &[u8]) -> usize,
    mut put: impl FnMut(usize, Slot<K>),
) {
    let mut buffer = [0; STRIDE];
    for slot in slots {
        let line = slot.key.line_in(arenas, &mut buffer);
        put(which(slot.key.prefix_in(arenas), line), slot);
    }
}

fn sample<K: Find>(slots: &[Slot<K>], step: usize, arenas: Arenas, lines: &mut Vec<Vec<u8>>) {
    let slots = slots.iter().step_by(step);
    lines.extend(slots.map(|slot| {
        let mut buffer = [0; STRIDE];
        slot.key.line_in(arenas, &mut buffer).to_vec()
    }));
}

/// Appends a list to another one that may be empty.
fn append<T>(to: &mut Vec<T>, mut from: Vec<T>) {
    match to.is_empty() {
        true => *to = from,
        false => to.append(&mut from),
    }
}

/// Removes up to `n` items from the end and frees their memory.
fn take_some<T>(from: &mut Vec<T>, n: usize) -> Vec<T> {
    let some = from.split_off(from.len().saturating_sub(n));
    from.shrink_to_fit();
    some
}

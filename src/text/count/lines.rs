//! The lines of a range: three lists of slots, sorted, added up, laid out.
//!
//! Each class of keys is sorted by itself, and the three are merged as they
//! are laid out.

use super::arena::{Arena, Arenas, LOADED};
use super::key::{self, MIDDLE, SHORT, STRIDE};
use super::ranges::add_up;
use crate::common::error::Error;
use std::cmp::Ordering;

/// The lines of a range.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    short: Vec<[u64; 3]>,
    middle: Vec<[u64; 4]>,
    long: Vec<[u64; 3]>,
}

/// What it takes to hold some lines: slots of each class, and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    short: usize,
    middle: usize,
    long: usize,
    /// What the long ones take where they stand.
    pub arena: usize,
}

impl Size {
    /// The sum of both.
    pub fn and(self, other: Size) -> Self {
        Size {
            short: self.short + other.short,
            middle: self.middle + other.middle,
            long: self.long + other.long,
            arena: self.arena + other.arena,
        }
    }

    /// All of it in bytes.
    pub fn bytes(self) -> usize {
        let slots = 3 * (self.short + self.long) + 4 * self.middle;
        slots * size_of::<u64>() + self.arena
    }
}

impl Lines {
    /// Lines of the three classes, in any order.
    pub fn new(short: Vec<[u64; 3]>, middle: Vec<[u64; 4]>, long: Vec<[u64; 3]>) -> Self {
        Lines {
            short,
            middle,
            long,
        }
    }

    /// Sorts the lines and adds up equal ones.
    pub fn sort(&mut self, arenas: Arenas) -> Result<(), Error> {
        let line = |slot: &[u64; 3]| arenas.line(slot);
        self.short.sort_unstable_by_key(|&[a, b, _]| two(a, b));
        self.middle
            .sort_unstable_by_key(|&[a, b, c, _]| (two(a, b), c));
        self.sort_long(arenas);
        let too_large = |line: &[u8]| {
            let line = line.to_vec();
            Error::TooLarge { line }
        };
        let of_key = |key: &[u64]| too_large(key::line(key, &mut [0; STRIDE]));
        add_up(&mut self.short, |a, b| a[..2] == b[..2]).map_err(|slot| of_key(&slot[..2]))?;
        add_up(&mut self.middle, |a, b| a[..3] == b[..3]).map_err(|slot| of_key(&slot[..3]))?;
        add_up(&mut self.long, |a, b| a[0] == b[0] && line(a) == line(b))
            .map_err(|slot| too_large(line(&slot)))
    }

    /// Sorts the long lines: by the eight bytes behind what all of them have in
    /// common, which take the place of the first eight, and then by the rest.
    fn sort_long(&mut self, arenas: Arenas) {
        let Some(first) = self.long.first().map(|slot| arenas.line(slot)) else {
            return;
        };
        // A range of very long lines may have but one: it is not worth a look.
        let others = self.long.iter().skip(1);
        let common = others.fold(first.len(), |common, slot| {
            let line = arenas.line(slot);
            let pairs = first[..common].iter().zip(line);
            pairs.take_while(|(a, b)| a == b).count()
        });
        for slot in &mut self.long {
            let rest = &arenas.line(slot)[common..];
            let mut start = [0; 8];
            let length = rest.len().min(8);
            start[..length].copy_from_slice(&rest[..length]);
            slot[0] = u64::from_be_bytes(start);
        }
        let rest = |slot: &[u64; 3]| &arenas.line(slot)[common..];
        self.long
            .sort_unstable_by(|a, b| a[0].cmp(&b[0]).then_with(|| rest(a).cmp(rest(b))));
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.short.len() + self.middle.len() + self.long.len()
    }

    /// Appends those of another list.
    pub fn append(&mut self, other: Lines) {
        append(&mut self.short, other.short);
        append(&mut self.middle, other.middle);
        append(&mut self.long, other.long);
    }

    /// What it takes to hold these lines.
    pub fn size(&self, arenas: Arenas) -> Size {
        let line = |slot| Arena::size_of(arenas.line(slot));
        Size {
            short: self.short.len(),
            middle: self.middle.len(),
            long: self.long.len(),
            arena: self.long.iter().map(line).sum(),
        }
    }

    /// Makes room for lines that take so much.
    pub fn reserve(&mut self, size: Size) {
        self.short.reserve_exact(size.short);
        self.middle.reserve_exact(size.middle);
        self.long.reserve_exact(size.long);
    }

    /// Adds a line that is followed in `padded` by any bytes; `arena` has the
    /// number [`LOADED`].
    #[inline(always)]
    pub fn push(&mut self, count: u64, line: &[u8], padded: &[u8; STRIDE], arena: &mut Arena) {
        match line.len() {
            length @ 0..=SHORT => {
                let start = padded.first_chunk().expect("16 of 24 bytes");
                let [a, b] = key::short(start, length);
                self.short.push([a, b, count]);
            }
            length @ ..=MIDDLE => {
                let [a, b, c] = key::middle(padded, length);
                self.middle.push([a, b, c, count]);
            }
            _ => self.long.push([0, arena.push(LOADED, line), count]),
        }
    }

    /// Hands on all lines with their counts, in no order but class by class:
    /// each line as the first bytes of some, and how many these are.
    #[inline(always)]
    pub fn each<E>(
        &self,
        arenas: Arenas,
        mut put: impl FnMut(u64, &[u8], usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut buffer = [0; STRIDE];
        for slot in &self.short {
            let (bytes, length) = key::padded(&slot[..2], &mut buffer);
            put(slot[2], bytes, length)?;
        }
        for slot in &self.middle {
            let (bytes, length) = key::padded(&slot[..3], &mut buffer);
            put(slot[3], bytes, length)?;
        }
        for slot in &self.long {
            let line = arenas.line(slot);
            put(slot[2], line, line.len())?;
        }
        Ok(())
    }

    /// Takes some away, at most `n` of each class; none if there are none.
    pub fn take_some(&mut self, n: usize) -> Lines {
        Lines {
            short: take_some(&mut self.short, n),
            middle: take_some(&mut self.middle, n),
            long: take_some(&mut self.long, n),
        }
    }

    /// The slots of the short ones.
    #[cfg(test)]
    pub fn into_short(self) -> Vec<[u64; 3]> {
        self.short
    }

    /// Shares them out among these lists: `which` finds the list of a line by its
    /// first 16 bytes, as a big-endian number, and by all of it.
    pub fn share_out(
        self,
        arenas: Arenas,
        which: impl Fn(u128, &[u8]) -> usize,
        lists: &mut [Lines],
    ) {
        let mut buffer = [0; STRIDE];
        for slot in self.short {
            let which = which(short_prefix(&slot), key::line(&slot[..2], &mut buffer));
            lists[which].short.push(slot);
        }
        for slot in self.middle {
            let which = which(middle_prefix(&slot), key::line(&slot[..3], &mut buffer));
            lists[which].middle.push(slot);
        }
        for slot in self.long {
            let line = arenas.line(&slot);
            lists[which(long_prefix(line), line)].long.push(slot);
        }
    }

    /// About `n` of the lines, from all of the list.
    pub fn sample(&self, arenas: Arenas, n: usize) -> Vec<Vec<u8>> {
        let step = self.len() / n + 1;
        let key = |key: &[u64]| key::line(key, &mut [0; STRIDE]).to_vec();
        let short = self.short.iter().step_by(step).map(|slot| key(&slot[..2]));
        let middle = self.middle.iter().step_by(step);
        let middle = middle.map(|slot| key(&slot[..3]));
        let long = self.long.iter().step_by(step);
        let long = long.map(|slot| arenas.line(slot).to_vec());
        short.chain(middle).chain(long).collect()
    }

    /// Hands on lines in order, as [`Lines::each`] has it, from a position on and
    /// as long as `put` wants more; whether there are more lines.
    pub fn in_order<E>(
        &self,
        from: &mut Position,
        arenas: Arenas,
        mut put: impl FnMut(u64, &[u8], usize) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let runs = [
            Slots::Short(&self.short),
            Slots::Middle(&self.middle),
            Slots::Long(&self.long, arenas),
        ];
        let runs = runs.into_iter().enumerate();
        let mut cursors: Vec<_> = runs
            .filter_map(|(class, run)| Some((class, Cursor::new(run, from[class])?)))
            .collect();
        let mut wanted = true;
        while !cursors.is_empty() && wanted {
            // The cursor with the smallest line is followed up to the next larger one's.
            let (smallest, next) = two_smallest(&cursors);
            let limit = next.map(|next| cursors[next].1.prefix);
            let (class, cursor) = &mut cursors[smallest];
            let more = loop {
                let mut buffer = [0; STRIDE];
                let (bytes, length) = cursor.padded(&mut buffer);
                wanted = put(cursor.count(), bytes, length)?;
                let more = cursor.advance();
                let beyond = limit.is_some_and(|limit| cursor.prefix >= limit);
                if !more || beyond || !wanted {
                    break more;
                }
            };
            from[*class] = cursor.at;
            if !more {
                cursors.swap_remove(smallest);
            }
        }
        Ok(!cursors.is_empty())
    }
}

/// How many lines of each class have been put out.
pub type Position = [usize; 3];

/// Which cursor has the smallest line, and which the next larger one.
fn two_smallest(cursors: &[(usize, Cursor)]) -> (usize, Option<usize>) {
    let (mut first, mut second) = (0, None);
    for i in 1..cursors.len() {
        let is_less = |than: usize| cursors[i].1.cmp(&cursors[than].1).is_lt();
        if is_less(first) {
            (first, second) = (i, Some(first));
        } else if second.is_none_or(is_less) {
            second = Some(i);
        }
    }
    (first, second)
}

/// The lines of one class, in order.
#[derive(Clone, Copy)]
enum Slots<'a> {
    Short(&'a [[u64; 3]]),
    Middle(&'a [[u64; 4]]),
    Long(&'a [[u64; 3]], Arenas<'a>),
}

/// A line of a run, and the way to the next.
struct Cursor<'a> {
    run: Slots<'a>,
    at: usize,
    /// The first 16 bytes of the line, padded with zeros.
    prefix: u128,
}

impl<'a> Cursor<'a> {
    /// The line of this number of a run; `None` if it has fewer.
    fn new(run: Slots<'a>, at: usize) -> Option<Self> {
        let prefix = 0;
        let cursor = Cursor { run, at, prefix };
        let prefix = cursor.first_bytes()?;
        Some(Cursor { prefix, ..cursor })
    }

    /// Goes to the next line; false if there is none.
    #[inline(always)]
    fn advance(&mut self) -> bool {
        self.at += 1;
        let prefix = self.first_bytes();
        self.prefix = prefix.unwrap_or_default();
        prefix.is_some()
    }

    #[inline(always)]
    fn first_bytes(&self) -> Option<u128> {
        Some(match self.run {
            Slots::Short(run) => run.get(self.at).map(short_prefix)?,
            Slots::Middle(run) => run.get(self.at).map(middle_prefix)?,
            Slots::Long(run, arenas) => long_prefix(arenas.line(run.get(self.at)?)),
        })
    }

    /// The line as the first of these bytes, and how many they are; it may have
    /// to be laid out in `buffer`.
    #[inline(always)]
    fn padded<'b>(&self, buffer: &'b mut [u8; STRIDE]) -> (&'b [u8], usize)
    where
        'a: 'b,
    {
        match self.run {
            Slots::Short(run) => key::padded(&run[self.at][..2], buffer),
            Slots::Middle(run) => key::padded(&run[self.at][..3], buffer),
            Slots::Long(run, arenas) => {
                let line = arenas.line(&run[self.at]);
                (line, line.len())
            }
        }
    }

    fn line<'b>(&self, buffer: &'b mut [u8; STRIDE]) -> &'b [u8]
    where
        'a: 'b,
    {
        let (bytes, length) = self.padded(buffer);
        &bytes[..length]
    }

    fn count(&self) -> u64 {
        match self.run {
            Slots::Short(run) | Slots::Long(run, _) => run[self.at][2],
            Slots::Middle(run) => run[self.at][3],
        }
    }

    fn cmp(&self, other: &Cursor) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| {
            let (mut a, mut b) = ([0; STRIDE], [0; STRIDE]);
            self.line(&mut a).cmp(other.line(&mut b))
        })
    }
}

/// The first 16 bytes of a line, padded with zeros, by its slot.
#[inline(always)]
fn short_prefix(&[a, b, _]: &[u64; 3]) -> u128 {
    two(a, b & !0xFF)
}

#[inline(always)]
fn middle_prefix(&[a, b, ..]: &[u64; 4]) -> u128 {
    two(a, b)
}

#[inline(always)]
fn long_prefix(line: &[u8]) -> u128 {
    u128::from_be_bytes(*line.first_chunk().expect("long lines are longer"))
}

/// Appends a list to another that may be empty.
fn append<T>(to: &mut Vec<T>, mut from: Vec<T>) {
    match to.is_empty() {
        true => *to = from,
        false => to.append(&mut from),
    }
}

/// Takes up to `n` items from the end, and gives their memory back.
fn take_some<T>(from: &mut Vec<T>, n: usize) -> Vec<T> {
    let some = from.split_off(from.len().saturating_sub(n));
    from.shrink_to_fit();
    some
}

/// Two words as one number, in whose order they are.
fn two(a: u64, b: u64) -> u128 {
    u128::from(a) << 64 | u128::from(b)
}

//! One thread's counting: lines in, distinct lines by ranges out.
//!
//! Tables miss the cache on every probe. So short lines are taken in batches:
//! first all are hashed, and the processor told which slots will be needed;
//! then, while those come in from memory, they are looked up one by one.

use super::hash::Seed;
use super::key::{self, MIDDLE, Middle, SHORT, STRIDE, Short};
use super::ranges::{Borders, Ranges};
use super::table::Table;
use crate::scan::{self, CHUNK};
use std::sync::{Arc, OnceLock};

/// How many keys are hashed before the first is looked up.
const BATCH: usize = 32;

/// The lines too long to be keys themselves, one after the other: the length
/// in eight bytes, then the line.
#[derive(Debug, Default)]
pub struct Arena(Vec<u8>);

/// Where a long line stands: the number of its arena in the upper 16 bits, and
/// its offset there, plus one. Never 0.
pub type Place = u64;

const OFFSET_BITS: u32 = 48;

impl Arena {
    /// The line at a place.
    pub fn line(&self, place: Place) -> &[u8] {
        let offset = (place & ((1 << OFFSET_BITS) - 1)) as usize - 1;
        let (length, line) = self.0[offset..].split_first_chunk().expect("a length");
        &line[..u64::from_le_bytes(*length) as usize]
    }

    /// The first eight bytes of the line at a place, as a big-endian number.
    fn start(&self, place: Place) -> u64 {
        let start = self.line(place).first_chunk();
        u64::from_be_bytes(*start.expect("long lines are longer"))
    }

    fn push(&mut self, number: u64, line: &[u8]) -> Place {
        let place = number << OFFSET_BITS | (self.0.len() as u64 + 1);
        self.0.extend_from_slice(&(line.len() as u64).to_le_bytes());
        self.0.extend_from_slice(line);
        place
    }
}

/// The arena of a place.
pub fn arena_of(place: Place) -> usize {
    (place >> OFFSET_BITS) as usize
}

/// One of so many keys is looked at to find the borders of the ranges.
const SAMPLE: usize = 64;

/// How many keys a table may hold before they are moved out.
///
/// Where most lines are new, a small table is as good as a large one, and
/// stays in the cache. Where lines come again, it counts them; then it may grow.
#[derive(Debug)]
struct Quota {
    keys: usize,
    /// How many keys were looked up since the table was last empty.
    looked_up: usize,
}

impl Quota {
    /// At first: a table of 1.5 or 2 MB. (A small one in tests, so that they see
    /// it moved out.)
    const LEAST: usize = if cfg!(test) { 100 } else { (1 << 16) / 5 * 4 };
    /// In the end: of 25 or 33 MB, about the size of a large cache.
    const MOST: usize = Quota::LEAST << 4;

    fn new() -> Self {
        Quota {
            keys: Quota::LEAST,
            looked_up: 0,
        }
    }

    /// Whether a table of `len` keys must be emptied before `n` are looked up.
    #[inline(always)]
    fn is_spent(&mut self, len: usize, n: usize) -> bool {
        let spent = len + n > self.keys;
        if spent && self.looked_up >= 4 * len && self.keys < Quota::MOST {
            self.keys *= 2;
            self.looked_up += n;
            return false;
        }
        self.looked_up = if spent { n } else { self.looked_up + n };
        spent
    }
}

/// Where the ranges of all workers begin, once the first of them needs to know.
pub type SharedBorders = Arc<OnceLock<Borders>>;

/// The keys of one class: a table, and what has left it.
#[derive(Debug)]
struct Class<const N: usize> {
    table: Table<N>,
    quota: Quota,
    out: Option<Ranges<N>>,
}

impl<const N: usize> Class<N> {
    fn new() -> Self {
        Class {
            table: Table::new(),
            quota: Quota::new(),
            out: None,
        }
    }

    /// The first words of some of the keys.
    fn sample(&self) -> impl Iterator<Item = u64> {
        self.table.sample(SAMPLE).map(|slot| slot[0])
    }

    /// Moves the keys out of the table. False if a sum does not fit in 64 bits.
    fn move_out(&mut self, borders: &Borders) -> bool {
        let out = self.out.get_or_insert_with(|| Ranges::new(borders));
        self.table.drain(|slot| out.push(borders, slot));
        out.tidy()
    }

    /// All keys, by ranges. `None` if a sum does not fit in 64 bits.
    fn finish(mut self, borders: &Borders) -> Option<Ranges<N>> {
        if !self.move_out(borders) {
            return None;
        }
        self.out
    }
}

/// One thread's tables, and what has left them.
#[derive(Debug)]
pub struct Worker {
    seed: Seed,
    number: u64,
    borders: SharedBorders,
    /// Lines of up to 15 bytes.
    short: Class<3>,
    /// Lines of 16 to 23 bytes.
    middle: Class<4>,
    /// Longer ones: the key is the hash, and the line's place. These stay.
    long: Table<3>,
    /// Where the long lines stand.
    arena: Arena,
}

/// What one thread has counted, by ranges.
pub struct Counted {
    /// Lines of up to 15 bytes.
    pub short: Ranges<3>,
    /// Lines of 16 to 23 bytes.
    pub middle: Ranges<4>,
    /// Longer ones: the first eight bytes, the place, the count.
    pub long: Ranges<3>,
    /// Where these stand.
    pub arena: Arena,
}

impl Worker {
    /// A worker that has counted nothing. All workers have one seed and the
    /// same borders, and each a number of its own.
    pub fn new(seed: Seed, borders: SharedBorders, number: u16) -> Self {
        Worker {
            seed,
            number: number.into(),
            borders,
            short: Class::new(),
            middle: Class::new(),
            long: Table::new(),
            arena: Arena::default(),
        }
    }

    /// Where the ranges begin: whoever asks first gives the sample for all.
    fn borders(&self) -> &Borders {
        self.borders.get_or_init(|| {
            let long = self
                .long
                .sample(SAMPLE)
                .map(|slot| self.arena.start(slot[1]));
            Borders::cutting(
                self.short
                    .sample()
                    .chain(self.middle.sample())
                    .chain(long)
                    .collect(),
            )
        })
    }

    /// Sees to it that the table of a class has room for `n` keys more. False
    /// if a sum does not fit in 64 bits.
    #[inline(always)]
    fn make_room<const N: usize>(
        &mut self,
        class: impl Fn(&mut Self) -> &mut Class<N>,
        n: usize,
    ) -> bool {
        let Class { table, quota, .. } = class(self);
        if !quota.is_spent(table.len(), n) {
            return true;
        }
        self.borders();
        let borders = Arc::clone(&self.borders);
        let borders = borders.get();
        borders.is_some_and(|borders| class(self).move_out(borders))
    }

    /// Ends the counting: everything, by ranges.
    pub fn finish(mut self) -> Option<Counted> {
        self.borders();
        let borders = self.borders.get()?;
        let mut long = Ranges::new(borders);
        self.long.drain(|[_, place, count]| {
            long.push(borders, [self.arena.start(place), place, count]);
        });
        Some(Counted {
            short: self.short.finish(borders)?,
            middle: self.middle.finish(borders)?,
            long,
            arena: self.arena,
        })
    }

    /// Counts the lines of a text of whole lines; the last may lack its
    /// terminator. `padded` is the text and [`STRIDE`] bytes more.
    pub fn count(&mut self, padded: &[u8], terminator: u8) {
        let text = &padded[..padded.len() - STRIDE];
        let mut batch = Batch::default();
        let mut start = 0;
        let mut ends = [0; 16];
        for (i, piece) in text.chunks(ends.len() * CHUNK).enumerate() {
            let base = i * ends.len() * CHUNK;
            let ends = &mut ends[..piece.len().div_ceil(CHUNK)];
            scan::find(terminator, piece, ends);
            for (j, &ends) in ends.iter().enumerate() {
                let mut ends = ends;
                while ends != 0 {
                    let end = base + j * CHUNK + ends.trailing_zeros() as usize;
                    self.line(padded, start, end, &mut batch);
                    start = end + 1;
                    ends &= ends - 1;
                }
            }
        }
        if start < text.len() {
            self.line(padded, start, text.len(), &mut batch);
        }
        self.look_up_short(&mut batch);
        self.look_up_middle(&mut batch);
    }

    /// Counts the line from `start` to `end`.
    #[inline(always)]
    fn line(&mut self, padded: &[u8], start: usize, end: usize, batch: &mut Batch) {
        let bytes: &[u8; STRIDE] = padded[start..].first_chunk().expect("padding");
        match end - start {
            length @ 0..=SHORT => {
                let key = key::short(bytes.first_chunk().expect("16 of 24 bytes"), length);
                let hash = self.seed.two(key[0], key[1]);
                self.short.table.prefetch(hash);
                if batch.short.push(hash, key) {
                    self.look_up_short(batch);
                }
            }
            length @ ..=MIDDLE => {
                let key = key::middle(bytes, length);
                let hash = self.seed.three(key[0], key[1], key[2]);
                self.middle.table.prefetch(hash);
                if batch.middle.push(hash, key) {
                    self.look_up_middle(batch);
                }
            }
            _ => {
                self.add_long(&padded[start..end], 1);
            }
        }
    }

    fn look_up_short(&mut self, batch: &mut Batch) {
        // Counts of one each never grow too large.
        self.make_room(|worker| &mut worker.short, batch.short.len);
        for &(hash, key) in batch.short.take() {
            self.add_short(hash, key, 1);
        }
    }

    fn look_up_middle(&mut self, batch: &mut Batch) {
        self.make_room(|worker| &mut worker.middle, batch.middle.len);
        for &(hash, key) in batch.middle.take() {
            self.add_middle(hash, key, 1);
        }
    }

    /// Adds to the count of a line; false if the sum does not fit in 64 bits.
    pub fn add(&mut self, line: &[u8], count: u64) -> bool {
        let mut bytes = [0; STRIDE];
        if let Some(start) = bytes.get_mut(..line.len()) {
            start.copy_from_slice(line);
        }
        match line.len() {
            length @ 0..=SHORT => {
                let key = key::short(bytes.first_chunk().expect("16 of 24 bytes"), length);
                self.make_room(|worker| &mut worker.short, 1)
                    && self.add_short(self.seed.two(key[0], key[1]), key, count)
            }
            length @ ..=MIDDLE => {
                let key = key::middle(&bytes, length);
                self.make_room(|worker| &mut worker.middle, 1)
                    && self.add_middle(self.seed.three(key[0], key[1], key[2]), key, count)
            }
            _ => self.add_long(line, count),
        }
    }

    #[inline(always)]
    fn add_short(&mut self, hash: u64, key: Short, count: u64) -> bool {
        let seed = self.seed;
        let [a, b] = key;
        let is = |known: &[u64]| known == key;
        self.short.table.add(
            hash,
            count,
            is,
            || [a, b, 0],
            |key| seed.two(key[0], key[1]),
        )
    }

    #[inline(always)]
    fn add_middle(&mut self, hash: u64, key: Middle, count: u64) -> bool {
        let seed = self.seed;
        let [a, b, c] = key;
        let is = |known: &[u64]| known == key;
        self.middle.table.add(
            hash,
            count,
            is,
            || [a, b, c, 0],
            |key| seed.three(key[0], key[1], key[2]),
        )
    }

    fn add_long(&mut self, line: &[u8], count: u64) -> bool {
        let hash = self.seed.bytes(line);
        let arena = std::cell::RefCell::new(&mut self.arena);
        let is = |known: &[u64]| known[0] == hash && arena.borrow().line(known[1]) == line;
        let make = || [hash, arena.borrow_mut().push(self.number, line), 0];
        self.long.add(hash, count, is, make, |key| key[0])
    }
}

/// Keys that are hashed and not yet looked up.
#[derive(Default)]
struct Batch {
    short: Pending<Short>,
    middle: Pending<Middle>,
}

#[derive(Default)]
struct Pending<K> {
    keys: [(u64, K); BATCH],
    len: usize,
}

impl<K> Pending<K> {
    /// Adds a key; true if the batch is now full.
    #[inline(always)]
    fn push(&mut self, hash: u64, key: K) -> bool {
        self.keys[self.len] = (hash, key);
        self.len += 1;
        self.len == BATCH
    }

    /// The keys; the batch is then empty.
    #[inline(always)]
    fn take(&mut self) -> &[(u64, K)] {
        let len = std::mem::take(&mut self.len);
        &self.keys[..len]
    }
}

//! One thread's counting: lines in, tables out.
//!
//! Large tables miss the cache on every probe. So lines are taken in batches:
//! first all are hashed, and the processor told which slots will be needed;
//! then, while those come in from memory, they are looked up one by one.

use super::hash::Seed;
use super::key::{self, MIDDLE, Middle, SHORT, STRIDE, Short};
use super::table::Table;
use crate::scan::{self, CHUNK};

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

/// What one thread has counted.
#[derive(Debug)]
pub struct Worker {
    seed: Seed,
    number: u64,
    /// Lines of up to 15 bytes.
    pub short: Table<3>,
    /// Lines of 16 to 23 bytes.
    pub middle: Table<4>,
    /// Longer ones: the key is the hash, and the line's place.
    pub long: Table<3>,
    /// Where the long lines stand.
    pub arena: Arena,
}

impl Worker {
    /// A worker that has counted nothing. All workers have one seed, and each a
    /// number of its own.
    pub fn new(seed: Seed, number: u16) -> Self {
        Worker {
            seed,
            number: number.into(),
            short: Table::new(),
            middle: Table::new(),
            long: Table::new(),
            arena: Arena::default(),
        }
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
                self.short.prefetch(hash);
                if batch.short.push(hash, key) {
                    self.look_up_short(batch);
                }
            }
            length @ ..=MIDDLE => {
                let key = key::middle(bytes, length);
                let hash = self.seed.three(key[0], key[1], key[2]);
                self.middle.prefetch(hash);
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
        for &(hash, key) in batch.short.take() {
            self.add_short(hash, key, 1);
        }
    }

    fn look_up_middle(&mut self, batch: &mut Batch) {
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
                self.add_short(self.seed.two(key[0], key[1]), key, count)
            }
            length @ ..=MIDDLE => {
                let key = key::middle(&bytes, length);
                self.add_middle(self.seed.three(key[0], key[1], key[2]), key, count)
            }
            _ => self.add_long(line, count),
        }
    }

    #[inline(always)]
    fn add_short(&mut self, hash: u64, key: Short, count: u64) -> bool {
        let seed = self.seed;
        let [a, b] = key;
        let is = |known: &[u64]| known == key;
        self.short
            .add(hash, count, is, || [a, b, 0], |key| hash_short(seed, key))
    }

    #[inline(always)]
    fn add_middle(&mut self, hash: u64, key: Middle, count: u64) -> bool {
        let seed = self.seed;
        let [a, b, c] = key;
        let is = |known: &[u64]| known == key;
        self.middle.add(
            hash,
            count,
            is,
            || [a, b, c, 0],
            |key| hash_middle(seed, key),
        )
    }

    fn add_long(&mut self, line: &[u8], count: u64) -> bool {
        let hash = self.seed.bytes(line);
        let arena = std::cell::RefCell::new(&mut self.arena);
        let is = |known: &[u64]| known[0] == hash && arena.borrow().line(known[1]) == line;
        let make = || [hash, arena.borrow_mut().push(self.number, line), 0];
        self.long.add(hash, count, is, make, hash_long)
    }
}

/// The hash of a key of the short table.
pub fn hash_short(seed: Seed, key: &[u64]) -> u64 {
    seed.two(key[0], key[1])
}

/// The hash of a key of the middle table.
pub fn hash_middle(seed: Seed, key: &[u64]) -> u64 {
    seed.three(key[0], key[1], key[2])
}

/// The hash of a key of the long table.
pub fn hash_long(key: &[u64]) -> u64 {
    key[0]
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

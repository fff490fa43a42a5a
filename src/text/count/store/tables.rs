//! The tables of one worker: one for each class of keys.

use super::arena::Arena;
use super::class::Class;
use super::hash::Seed;
use super::key::{Inline, Long, Middle, Short};
use super::lines::Lines;
use super::ranges::{Ranges, Splitters};
use super::slot::Slot;
use super::table::Table;
use crate::common::error::Error;
use crate::text::count::sizes::Sizes;

/// The distinct lines of one worker.
#[derive(Debug)]
pub struct Tables {
    /// Lines of up to 15 bytes.
    pub short: Class<Short>,
    /// Lines of 16 to 23 bytes.
    pub middle: Class<Middle>,
    /// Longer lines.
    pub long: LongLines,
}

/// A key that is a line, and is counted in the table of its class.
pub trait InClass: Inline {
    /// The class.
    fn class(tables: &mut Tables) -> &mut Class<Self>;
}

impl InClass for Short {
    #[inline(always)]
    fn class(tables: &mut Tables) -> &mut Class<Self> {
        &mut tables.short
    }
}

impl InClass for Middle {
    #[inline(always)]
    fn class(tables: &mut Tables) -> &mut Class<Self> {
        &mut tables.middle
    }
}

/// The lines of one worker, by ranges, and the arena of the long ones.
#[derive(Debug)]
pub struct Counted {
    /// The lines of each range, in the order of the ranges.
    pub ranges: Vec<Lines>,
    /// The arena with the number of the worker.
    pub arena: Arena,
}

impl Tables {
    /// No lines yet, for the worker of this number.
    pub fn new(number: u16, seed: Seed, sizes: &Sizes) -> Self {
        Tables {
            short: Class::new(seed, sizes),
            middle: Class::new(seed, sizes),
            long: LongLines {
                number,
                table: Table::new(),
                arena: Arena::default(),
            },
        }
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.short.is_empty() && self.middle.is_empty() && self.long.table.is_empty()
    }

    /// Whether lines have left the tables.
    pub fn have_flushed(&self) -> bool {
        self.short.has_flushed() || self.middle.has_flushed()
    }

    /// Lets each table of short keys grow to a size in bytes.
    pub fn allow(&mut self, size: usize, sizes: &Sizes) {
        self.short.allow(size, sizes);
        self.middle.allow(size, sizes);
    }

    /// Splitters by a sample: the lines in the tables.
    pub fn splitters(&self) -> Splitters {
        let classes = self.short.sample().chain(self.middle.sample());
        Splitters::new(classes.chain(self.long.sample()).collect())
    }

    /// The memory in use, or needed at once to flush all lines, in bytes.
    pub fn size(&self) -> usize {
        self.short.size() + self.middle.size() + self.long.size()
    }

    /// Merges equal lines that have left the tables, if that halves them.
    pub fn merge_equal(&mut self) -> Result<(), Error> {
        self.short.merge_equal()?;
        self.middle.merge_equal()
    }

    /// Takes all lines. The tables of short keys keep their sizes.
    pub fn take(&mut self, splitters: &Splitters, sizes: &Sizes) -> Result<Counted, Error> {
        let short = self.short.take(splitters, sizes)?;
        let middle = self.middle.take(splitters, sizes)?;
        let (long, arena) = self.long.take(splitters, sizes);
        Ok(Counted::new(short, middle, long, arena))
    }

    /// A copy of the lines in the tables.
    pub fn copy(&self, splitters: &Splitters, sizes: &Sizes) -> Counted {
        let short = self.short.copy(splitters, sizes);
        let middle = self.middle.copy(splitters, sizes);
        let (long, arena) = self.long.copy(splitters, sizes);
        Counted::new(short, middle, long, arena)
    }
}

impl Counted {
    fn new(short: Ranges<Short>, middle: Ranges<Middle>, long: Ranges<Long>, arena: Arena) -> Self {
        let classes = short.into_slots().zip(middle.into_slots());
        let classes = classes.zip(long.into_slots());
        let lines = classes.map(|((short, middle), long)| Lines::new(short, middle, long));
        Counted {
            ranges: lines.collect(),
            arena,
        }
    }
}

/// Lines that are too long to be keys. They stay in their table and their arena until all
/// lines are taken.
#[derive(Debug)]
pub struct LongLines {
    /// The number of the arena.
    number: u16,
    table: Table<Long>,
    arena: Arena,
}

impl LongLines {
    /// Whether the next new line makes the table grow.
    pub fn is_full(&self) -> bool {
        self.table.is_full()
    }

    /// The size of the arena in bytes.
    pub fn arena_size(&self) -> usize {
        self.arena.size()
    }

    /// The memory in use, or needed at once to take all lines, in bytes.
    fn size(&self) -> usize {
        2 * self.table.size() + self.arena.size()
    }

    /// The additional memory, in bytes, to add a new line.
    pub fn growth(&self, line: &[u8]) -> usize {
        let table = match self.table.is_full() {
            true => 2 * self.table.size(),
            false => 0,
        };
        table + Arena::size_of(line)
    }

    /// Makes room in the table for a new line.
    pub fn grow(&mut self) {
        if self.table.is_full() {
            self.table.grow(|key| key.order);
        }
    }

    /// Whether there is a line of this hash.
    pub fn contains(&self, hash: u64, line: &[u8]) -> bool {
        let is = |known: &Long| known.order == hash && self.arena.line(known.place) == line;
        self.table.contains(hash, is)
    }

    /// Adds to the count of a line. Returns false if the sum does not fit in 64 bits.
    pub fn add(&mut self, hash: u64, line: &[u8], count: u64) -> bool {
        let LongLines {
            number,
            table,
            arena,
        } = self;
        let arena = std::cell::RefCell::new(arena);
        // A vacant key has no place in the arena.
        let is = |known: &Long| {
            known.order == hash && known.place != 0 && arena.borrow().line(known.place) == line
        };
        let make = || Long {
            order: hash,
            place: arena.borrow_mut().push(*number, line),
        };
        table.add(hash, count, is, make, |key| key.order)
    }

    /// The starts of the lines.
    fn sample(&self) -> impl Iterator<Item = u64> {
        let places = self.table.iter().map(|slot| slot.key.place);
        places.map(|place| self.arena.start(place))
    }

    /// Takes all lines. The key of each is then its start and its place.
    fn take(&mut self, splitters: &Splitters, sizes: &Sizes) -> (Ranges<Long>, Arena) {
        let ranges = self.ranges(splitters, sizes);
        self.table = Table::new();
        (ranges, std::mem::take(&mut self.arena))
    }

    /// The same of a copy.
    fn copy(&self, splitters: &Splitters, sizes: &Sizes) -> (Ranges<Long>, Arena) {
        (self.ranges(splitters, sizes), self.arena.clone())
    }

    fn ranges(&self, splitters: &Splitters, sizes: &Sizes) -> Ranges<Long> {
        let mut ranges = Ranges::new(splitters, sizes);
        self.table.iter().for_each(|Slot { key, count }| {
            let order = self.arena.start(key.place);
            let key = Long { order, ..key };
            ranges.push(splitters, Slot { key, count });
        });
        ranges
    }
}

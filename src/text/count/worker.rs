//! One thread's counting: lines in, distinct lines by ranges out.
//!
//! Tables miss the cache on every probe. So short lines are taken in batches:
//! first all are hashed, and the processor told which slots will be needed;
//! then, while those come in from memory, they are looked up one by one.

use super::arena::{Arena, Arenas};
use super::batch::Batch;
use super::class::Class;
use super::hash::Seed;
use super::key::{self, MIDDLE, Middle, SHORT, STRIDE, Short};
use super::lines::{Lines, Position};
use super::ranges::{Ranges, Splitters};
use super::spill::Spill;
use super::table::Table;
use crate::common::error::{Error, TOO_LARGE};
use crate::common::sys;
use crate::text::scan::{self, CHUNK};
use crate::text::tally::Tally;
use std::sync::{Arc, OnceLock};

/// How many lines too long to be keys there may be, in bytes, before the
/// memory held is looked at for the first time.
const LOOK: usize = if cfg!(test) { 1 << 10 } else { 1 << 16 };

/// Where the ranges of all workers begin, once the first of them needs to know.
pub type SharedSplitters = Arc<OnceLock<Splitters>>;

/// One thread's tables, and what has left them.
#[derive(Debug)]
pub struct Worker {
    seed: Seed,
    number: u16,
    splitters: SharedSplitters,
    /// Whether its ranges are those of all workers.
    shares_ranges: bool,
    spill: Arc<Spill>,
    /// How much memory this worker may take, in bytes, once it has asked.
    share: Option<usize>,
    /// How much of that is for the block that it reads from.
    block: usize,
    /// Lines of up to 15 bytes.
    short: Class<3>,
    /// Lines of 16 to 23 bytes.
    middle: Class<4>,
    /// Longer ones: the key is the hash, and the line's place. These stay.
    long: Table<3>,
    /// Where the long lines stand.
    arena: Arena,
    /// How large the arena may be before the memory held is looked at.
    look: usize,
    /// Whether it is the only one, and so sees all lines in their order.
    pub is_alone: bool,
    /// How many lines it has counted.
    lines: u64,
    /// The sum of the counts that it has merged.
    merged: u128,
    /// The size of the longest, in bytes, if it was too long to be a key.
    longest: usize,
    /// What went wrong since [`Worker::count`] or [`Worker::add`] was called.
    failed: Option<Error>,
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

impl Counted {
    /// The lines of each range, in the order of the ranges, and the arena.
    pub fn into_lines(self) -> (impl Iterator<Item = Lines>, Arena) {
        let short = self.short.into_slots();
        let classes = short.zip(self.middle.into_slots());
        let classes = classes.zip(self.long.into_slots());
        let lines = classes.map(|((short, middle), long)| Lines::new(short, middle, long));
        (lines, self.arena)
    }
}

impl Worker {
    /// A worker that has counted nothing. All workers have one seed, the same
    /// splitters and one place to spill to, and each a number of its own.
    pub fn new(seed: Seed, splitters: SharedSplitters, spill: Arc<Spill>, number: u16) -> Self {
        Worker {
            seed,
            number,
            splitters,
            shares_ranges: true,
            spill,
            share: None,
            block: 0,
            short: Class::new(),
            middle: Class::new(),
            long: Table::new(),
            arena: Arena::default(),
            look: LOOK,
            is_alone: number == 0,
            lines: 0,
            merged: 0,
            longest: 0,
            failed: None,
        }
    }

    /// How many lines it has counted.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The size of the longest line that was too long to be a key, in bytes.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The sum of all counts, or more.
    pub fn total(&self) -> u128 {
        self.merged + u128::from(self.lines)
    }

    /// Whether it holds no line.
    fn is_empty(&self) -> bool {
        self.short.is_empty() && self.middle.is_empty() && self.long.len() == 0
    }

    /// Whether all counts there are stand in these tables, none of them moved out.
    fn holds_all(&self) -> bool {
        let flushed = self.short.has_flushed() || self.middle.has_flushed();
        self.is_alone && !flushed && self.spill.spilled().runs == 0
    }

    /// Where the ranges begin: whoever asks first gives the sample for all.
    fn splitters(&self) -> SharedSplitters {
        self.splitters.get_or_init(|| {
            let long = self.long.iter().map(|slot| self.arena.start(slot[1]));
            Splitters::cutting(
                self.short
                    .sample()
                    .chain(self.middle.sample())
                    .chain(long)
                    .collect(),
            )
        });
        Arc::clone(&self.splitters)
    }

    /// Sees to it that the table of a class has room for `n` keys more.
    #[inline(always)]
    fn make_room<const N: usize>(&mut self, class: impl Fn(&mut Self) -> &mut Class<N>, n: usize) {
        let Class { table, quota, .. } = class(self);
        if quota.is_spent(table.len(), n) {
            let made = self.flush_table(class, n);
            self.note(made);
        }
    }

    /// Moves the keys of a class out of their table, unless it may grow.
    #[cold]
    fn flush_table<const N: usize>(
        &mut self,
        class: impl Fn(&mut Self) -> &mut Class<N>,
        n: usize,
    ) -> Result<(), Error> {
        if self.share.is_none() {
            self.learn_share();
            let Class { table, quota, .. } = class(self);
            if !quota.is_spent(table.len(), n) {
                return Ok(());
            }
        }
        let splitters = self.splitters();
        let splitters = splitters.get().expect("asked for just now");
        class(self).flush(splitters)?;
        self.keep_to_share(0)
    }

    /// How much memory this worker may take, and its tables.
    fn learn_share(&mut self) -> usize {
        let share = self.spill.share();
        self.share = Some(share);
        self.block = self.spill.block();
        // Twice that for both, since they move: a quarter of the share.
        self.short.quota.allow::<3>(share / 16);
        self.middle.quota.allow::<4>(share / 16);
        share
    }

    /// How much memory it holds, or needs at once to write all of that, in bytes.
    pub fn held(&self) -> usize {
        let long = 2 * self.long.size() + self.arena.size();
        self.short.size() + self.middle.size() + long
    }

    /// Sees to it that there is memory for the lines that are foreseen by now.
    pub fn foresee(&mut self) -> Result<(), Error> {
        self.learn_share();
        self.keep_to_share(0)
    }

    /// Spills all there is and gives back all memory: other workers go on.
    pub fn retire(&mut self) -> Result<(), Error> {
        self.spill()?;
        (self.short, self.middle) = (Class::new(), Class::new());
        Ok(())
    }

    /// Sees to it that no more memory is held than this worker's share, so many
    /// bytes `more` included: by adding up, or else by writing a run.
    fn keep_to_share(&mut self, more: usize) -> Result<(), Error> {
        let share = self.share.unwrap_or_else(|| self.learn_share());
        let share = share.saturating_sub(self.block);
        if self.held() + more > share {
            self.short.add_up()?;
            self.middle.add_up()?;
            // Little room made would soon be used up again.
            if self.held() + more > share / 2 {
                self.spill()?;
            }
        }
        let room = share.saturating_sub(self.held() + more);
        self.look = self.arena.size() + (room / 2).max(LOOK);
        Ok(())
    }

    /// Notes what went wrong, for the caller of the caller.
    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.failed.get_or_insert(error);
        }
    }

    /// Writes all there is to temporary files; the worker is then as new.
    pub fn spill(&mut self) -> Result<(), Error> {
        if self.is_empty() {
            return Ok(());
        }
        let number = self.number;
        let (ranges, arena) = self.take()?.into_lines();
        let arenas = Arenas::one(number, &arena);
        let mut ranges: Vec<Lines> = ranges.collect();
        if self.shares_ranges && self.spill.write_parts(&mut ranges, arenas)? {
            return Ok(());
        }
        // From here on the ranges are this worker's own, and begin where those
        // of its next lines do.
        self.shares_ranges = false;
        self.splitters = SharedSplitters::default();
        let mut writer = self.spill.writer()?;
        for mut lines in ranges {
            lines.sort(arenas)?;
            let put = |count, line: &[u8], length| {
                writer.put(count, line, length)?;
                Ok::<_, Error>(true)
            };
            lines.in_order(&mut Position::default(), arenas, put)?;
        }
        drop(arena);
        self.spill.add(writer.run()?)
    }

    /// Everything, by ranges; nothing is left.
    pub fn take(&mut self) -> Result<Counted, Error> {
        let splitters = self.splitters();
        let splitters = splitters.get().expect("asked for just now");
        let mut long = Ranges::new(splitters);
        self.long.drain(|[_, place, count]| {
            long.push(splitters, [self.arena.start(place), place, count]);
        });
        self.long = Table::new();
        Ok(Counted {
            short: self.short.take(splitters)?,
            middle: self.middle.take(splitters)?,
            long,
            arena: std::mem::take(&mut self.arena),
        })
    }

    /// Counts the lines of a text of whole lines; the last may lack its
    /// terminator. `padded` is the text and [`STRIDE`] bytes more.
    pub fn count(&mut self, padded: &[u8], terminator: u8) -> Result<(), Error> {
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
                self.lines += u64::from(ends.count_ones());
                while ends != 0 {
                    let end = base + j * CHUNK + ends.trailing_zeros() as usize;
                    self.line(padded, start, end, &mut batch);
                    start = end + 1;
                    ends &= ends - 1;
                }
            }
        }
        if start < text.len() {
            self.lines += 1;
            self.line(padded, start, text.len(), &mut batch);
        }
        self.look_up_short(&mut batch);
        self.look_up_middle(&mut batch);
        self.failed.take().map_or(Ok(()), Err)
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
        self.make_room(|worker| &mut worker.short, batch.short.len());
        for &(hash, key) in batch.short.take() {
            self.add_short(hash, key, 1);
        }
    }

    fn look_up_middle(&mut self, batch: &mut Batch) {
        self.make_room(|worker| &mut worker.middle, batch.middle.len());
        for &(hash, key) in batch.middle.take() {
            self.add_middle(hash, key, 1);
        }
    }

    /// Adds up the records of a text of whole lines; the last may lack its
    /// terminator. `number` is that of the first line.
    pub fn merge(&mut self, text: &[u8], terminator: u8, number: u64) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let text = text.strip_suffix(&[terminator]).unwrap_or(text);
        let mut start = 0;
        let ends = memchr::memchr_iter(terminator, text).chain([text.len()]);
        for (end, number) in ends.zip(number..) {
            let record = &text[start..end];
            start = end + 1;
            let tally = Tally::parse(record).map_err(|cause| Error::Line { number, cause })?;
            self.merged += u128::from(tally.count);
            let added = self.add(tally.line, tally.count);
            added.map_err(|error| match error {
                Error::TooLarge { .. } if self.holds_all() => {
                    let cause = TOO_LARGE;
                    Error::Line { number, cause }
                }
                error => error,
            })?;
        }
        Ok(())
    }

    /// Adds to the count of a line.
    fn add(&mut self, line: &[u8], count: u64) -> Result<(), Error> {
        let mut bytes = [0; STRIDE];
        if let Some(start) = bytes.get_mut(..line.len()) {
            start.copy_from_slice(line);
        }
        let fits = match line.len() {
            length @ 0..=SHORT => {
                let key = key::short(bytes.first_chunk().expect("16 of 24 bytes"), length);
                self.make_room(|worker| &mut worker.short, 1);
                self.add_short(self.seed.two(key[0], key[1]), key, count)
            }
            length @ ..=MIDDLE => {
                let key = key::middle(&bytes, length);
                self.make_room(|worker| &mut worker.middle, 1);
                self.add_middle(self.seed.three(key[0], key[1], key[2]), key, count)
            }
            _ => self.add_long(line, count),
        };
        self.lines += 1;
        if !fits {
            let line = line.to_vec();
            return Err(Error::TooLarge { line });
        }
        self.failed.take().map_or(Ok(()), Err)
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
        self.longest = self.longest.max(line.len());
        let hash = self.seed.bytes(line);
        if self.long.is_full() || self.arena.size() + line.len() > self.look {
            let made = self.make_room_for_long(hash, line);
            self.note(made);
        }
        let arena = std::cell::RefCell::new(&mut self.arena);
        // An empty slot has no place.
        let is = |known: &[u64]| {
            known[0] == hash && known[1] != 0 && arena.borrow().line(known[1]) == line
        };
        let make = || [hash, arena.borrow_mut().push(self.number, line), 0];
        self.long.add(hash, count, is, make, |key| key[0])
    }

    /// Lets the table of long lines grow if it is full, and the arena by this line,
    /// if it is new, as far as there is memory; or else spills.
    #[cold]
    fn make_room_for_long(&mut self, hash: u64, line: &[u8]) -> Result<(), Error> {
        let is = |known: &[u64]| known[0] == hash && self.arena.line(known[1]) == line;
        if self.long.contains(hash, is) {
            return Ok(());
        }
        // What the lists of short lines were, and the first places of an arena
        // that has grown, would stay in use.
        sys::give_freed_memory_back();
        let table = match self.long.is_full() {
            true => 2 * self.long.size(),
            false => 0,
        };
        self.keep_to_share(table + Arena::size_of(line))?;
        if self.long.is_full() {
            self.long.grow(|key| key[0]);
        }
        Ok(())
    }
}

//! One thread of a count: lines in, distinct lines by ranges out.
//!
//! Most look-ups in a table miss the cache. Short lines are therefore looked up
//! in batches: first all are hashed and their slots prefetched, then they are
//! looked up one by one, while the next slots arrive from memory.

use super::batch::Batch;
use crate::common::error::{Error, TOO_LARGE};
use crate::common::sys;
use crate::text::count::sizes::Sizes;
use crate::text::count::spill::Spill;
use crate::text::count::store::arena::Arenas;
use crate::text::count::store::class::Class;
use crate::text::count::store::hash::Seed;
use crate::text::count::store::in_order::{Position, each_in_order};
use crate::text::count::store::key::{Inline, LineKey, STRIDE};
use crate::text::count::store::ranges::Splitters;
use crate::text::count::store::tables::{Counted, Tables};
use crate::text::scan::{self, CHUNK};
use crate::text::tally::Tally;
use std::sync::{Arc, OnceLock};

/// The bounds of the ranges of all workers, once the first of them needs them.
pub type SharedSplitters = Arc<OnceLock<Splitters>>;

/// One thread of a count.
#[derive(Debug)]
pub struct Worker {
    seed: Seed,
    number: u16,
    sizes: Sizes,
    splitters: SharedSplitters,
    /// Whether its ranges are those of all workers.
    shares_ranges: bool,
    spill: Arc<Spill>,
    /// The memory that its lines may take, in bytes, once it is known.
    share: Option<usize>,
    tables: Tables,
    /// The size of the arena, in bytes, at which the memory in use is checked.
    check_at: usize,
    /// Whether it is the only worker, and so gets all lines in their order.
    pub is_alone: bool,
    /// The number of lines.
    lines: u64,
    /// The sum of the counts that were merged.
    merged: u128,
    /// The size of the longest line, in bytes, if it is too long to be a key.
    longest: usize,
    /// The first error since [`Worker::count`] or [`Worker::add`] was called.
    failed: Option<Error>,
}

impl Worker {
    /// A worker that has counted nothing. All workers have the same seed, splitters and spill,
    /// and each has a number of its own.
    pub fn new(seed: Seed, splitters: SharedSplitters, spill: Arc<Spill>, number: u16) -> Self {
        let sizes = *spill.sizes();
        Worker {
            seed,
            number,
            sizes,
            splitters,
            shares_ranges: true,
            spill,
            share: None,
            tables: Tables::new(number, &sizes),
            check_at: sizes.unchecked_bytes,
            is_alone: number == 0,
            lines: 0,
            merged: 0,
            longest: 0,
            failed: None,
        }
    }

    /// The number of lines that were counted.
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

    /// The memory in use, or needed at once to write all lines, in bytes.
    pub fn size(&self) -> usize {
        self.tables.size()
    }

    /// Whether these tables have all counts of the program.
    fn has_all_counts(&self) -> bool {
        self.is_alone && !self.tables.have_flushed() && self.spill.spilled().runs == 0
    }

    /// The bounds of the ranges. The worker that needs them first provides the sample.
    fn splitters(&self) -> SharedSplitters {
        self.splitters.get_or_init(|| self.tables.splitters());
        Arc::clone(&self.splitters)
    }

    /// Makes room for `n` more keys in the table of a class.
    #[inline(always)]
    fn make_room<K: Inline>(&mut self, class: impl Fn(&mut Tables) -> &mut Class<K>, n: usize) {
        if class(&mut self.tables).is_spent(n) {
            let made = self.flush_table(class, n);
            self.note(made);
        }
    }

    /// Flushes the table of a class, unless it may grow.
    #[cold]
    fn flush_table<K: Inline>(
        &mut self,
        class: impl Fn(&mut Tables) -> &mut Class<K>,
        n: usize,
    ) -> Result<(), Error> {
        if self.share.is_none() {
            self.update_share();
            if !class(&mut self.tables).is_spent(n) {
                return Ok(());
            }
        }
        let splitters = self.splitters();
        let splitters = splitters.get().expect("initialized just now");
        class(&mut self.tables).flush(splitters, &self.sizes)?;
        self.keep_to_share(0)
    }

    /// Gets the memory that this worker's lines may take.
    fn update_share(&mut self) -> usize {
        let share = self.spill.budget().share();
        self.share = Some(share.lines);
        self.tables.allow(share.table, &self.sizes);
        share.lines
    }

    /// Makes room for the lines that were reserved.
    pub fn reserve(&mut self) -> Result<(), Error> {
        self.update_share();
        self.keep_to_share(0)
    }

    /// Spills all lines and frees all memory; other workers continue.
    pub fn retire(&mut self) -> Result<(), Error> {
        self.spill()?;
        self.tables = Tables::new(self.number, &self.sizes);
        Ok(())
    }

    /// Keeps the memory of the lines, and `more` bytes, within this worker's share: it merges
    /// equal lines, or else spills.
    fn keep_to_share(&mut self, more: usize) -> Result<(), Error> {
        let share = self.share.unwrap_or_else(|| self.update_share());
        if self.size() + more > share {
            self.tables.merge_equal()?;
            // A little room would soon be used up again.
            if self.size() + more > share / 2 {
                self.spill()?;
            }
        }
        let room = share.saturating_sub(self.size() + more);
        let unchecked = (room / 2).max(self.sizes.unchecked_bytes);
        self.check_at = self.tables.long.arena_size() + unchecked;
        Ok(())
    }

    /// Notes an error, for the end of the block.
    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.failed.get_or_insert(error);
        }
    }

    /// Writes all lines to temporary files. The worker is then as new.
    pub fn spill(&mut self) -> Result<(), Error> {
        if self.tables.is_empty() {
            return Ok(());
        }
        let Counted { mut ranges, arena } = self.take()?;
        let arenas = Arenas::one(self.number, &arena);
        if self.shares_ranges && self.spill.write_parts(&mut ranges, arenas)? {
            return Ok(());
        }
        // From here on the worker has ranges of its own, whose bounds come from its next
        // lines.
        self.shares_ranges = false;
        self.splitters = SharedSplitters::default();
        let mut writer = self.spill.writer()?;
        for mut lines in ranges {
            lines.sort(arenas)?;
            let put = |count, line: &[u8], length| {
                writer.put(count, line, length)?;
                Ok::<_, Error>(true)
            };
            each_in_order(&lines, &mut Position::default(), arenas, put)?;
        }
        drop(arena);
        self.spill.add(writer.run()?)
    }

    /// Takes all lines, by ranges.
    pub fn take(&mut self) -> Result<Counted, Error> {
        let splitters = self.splitters();
        let splitters = splitters.get().expect("initialized just now");
        self.tables.take(splitters, &self.sizes)
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
        let bytes = padded[start..].first_chunk().expect("padding");
        match LineKey::new(bytes, end - start) {
            LineKey::Short(key) => {
                let hash = key.hash(self.seed);
                self.tables.short.prefetch(hash);
                if batch.short.push(hash, key) {
                    self.look_up_short(batch);
                }
            }
            LineKey::Middle(key) => {
                let hash = key.hash(self.seed);
                self.tables.middle.prefetch(hash);
                if batch.middle.push(hash, key) {
                    self.look_up_middle(batch);
                }
            }
            LineKey::Long => {
                self.add_long(&padded[start..end], 1);
            }
        }
    }

    fn look_up_short(&mut self, batch: &mut Batch) {
        self.make_room(|tables| &mut tables.short, batch.short.len());
        for &(hash, key) in batch.short.take() {
            self.tables.short.add(self.seed, hash, key, 1);
        }
    }

    fn look_up_middle(&mut self, batch: &mut Batch) {
        self.make_room(|tables| &mut tables.middle, batch.middle.len());
        for &(hash, key) in batch.middle.take() {
            self.tables.middle.add(self.seed, hash, key, 1);
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
                Error::TooLarge { .. } if self.has_all_counts() => {
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
        let fits = match LineKey::new(&bytes, line.len()) {
            LineKey::Short(key) => self.add_key(|tables| &mut tables.short, key, count),
            LineKey::Middle(key) => self.add_key(|tables| &mut tables.middle, key, count),
            LineKey::Long => self.add_long(line, count),
        };
        self.lines += 1;
        if !fits {
            let line = line.to_vec();
            return Err(Error::TooLarge { line });
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    #[inline(always)]
    fn add_key<K: Inline>(
        &mut self,
        class: impl Fn(&mut Tables) -> &mut Class<K>,
        key: K,
        count: u64,
    ) -> bool {
        self.make_room(&class, 1);
        let hash = key.hash(self.seed);
        class(&mut self.tables).add(self.seed, hash, key, count)
    }

    fn add_long(&mut self, line: &[u8], count: u64) -> bool {
        self.longest = self.longest.max(line.len());
        let hash = self.seed.bytes(line);
        let long = &self.tables.long;
        if long.is_full() || long.arena_size() + line.len() > self.check_at {
            let made = self.make_room_for_long(hash, line);
            self.note(made);
        }
        self.tables.long.add(hash, line, count)
    }

    /// Lets the table of long lines grow if it is full, and the arena by this line,
    /// if it is new, as far as there is memory; or else spills.
    #[cold]
    fn make_room_for_long(&mut self, hash: u64, line: &[u8]) -> Result<(), Error> {
        if self.tables.long.contains(hash, line) {
            return Ok(());
        }
        // The memory of earlier lists of short lines, and of an arena before it grew, would
        // stay in use.
        sys::give_freed_memory_back();
        self.keep_to_share(self.tables.long.growth(line))?;
        self.tables.long.grow();
        Ok(())
    }
}

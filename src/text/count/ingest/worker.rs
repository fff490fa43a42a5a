//! One thread of a count: lines in, distinct lines by ranges out.
//!
//! Most look-ups in a table miss the cache. So all lines of a small piece of text are hashed
//! first and their places in the tables prefetched, and then they are looked up one by one, while
//! the next places arrive from memory.

use super::batch::{Batch, LANES, PIECE, POSITIONS, Pending};
use crate::common::error::{Error, TOO_LARGE};
use crate::common::sys;
use crate::text::count::sizes::Sizes;
use crate::text::count::spill::Spill;
use crate::text::count::store::arena::Arenas;
use crate::text::count::store::hash::Seed;
use crate::text::count::store::in_order::{Position, each_in_order};
use crate::text::count::store::key::{Inline, LineKey, STRIDE};
use crate::text::count::store::ranges::Splitters;
use crate::text::count::store::simd::{self, Simd, Wide, Work};
use crate::text::count::store::tables::{Counted, InClass, Tables};
use crate::text::scan::{self, CHUNK};
use crate::text::tally::Tally;
use std::sync::{Arc, OnceLock};

/// The bounds of the ranges of all workers, once the first of them needs them.
pub type SharedSplitters = Arc<OnceLock<Splitters>>;

/// One thread of a count.
#[derive(Debug)]
pub struct Worker {
    seed: Seed,
    wide: Option<Wide>,
    number: u16,
    sizes: Sizes,
    splitters: SharedSplitters,
    /// Whether its ranges are those of all workers.
    shares_ranges: bool,
    spill: Arc<Spill>,
    /// Whether its tables have the sizes that the budget allows.
    has_share: bool,
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
            wide: Wide::new(),
            number,
            sizes,
            splitters,
            shares_ranges: true,
            spill,
            has_share: false,
            tables: Tables::new(number, seed, &sizes),
            check_at: sizes.unchecked_bytes,
            is_alone: number == 0,
            lines: 0,
            merged: 0,
            longest: 0,
            failed: None,
        }
    }

    /// The number of lines that were counted.
    pub fn total_lines(&self) -> u64 {
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
    fn make_room<K: InClass>(&mut self, n: usize) {
        if K::class(&mut self.tables).is_spent(n) {
            let made = self.flush_table::<K>(n);
            self.note(made);
        }
    }

    /// Flushes the table of a class, unless it may grow.
    #[cold]
    fn flush_table<K: InClass>(&mut self, n: usize) -> Result<(), Error> {
        if !self.has_share {
            self.update_share();
            if !K::class(&mut self.tables).is_spent(n) {
                return Ok(());
            }
        }
        let splitters = self.splitters();
        let splitters = splitters.get().expect("initialized just now");
        K::class(&mut self.tables).flush(splitters, &self.sizes, n)?;
        self.keep_to_share(0)
    }

    /// Gets the memory that this worker's lines may take.
    fn update_share(&mut self) -> usize {
        let share = self.spill.budget().share();
        self.has_share = true;
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
        self.tables = Tables::new(self.number, self.seed, &self.sizes);
        Ok(())
    }

    /// Keeps the memory of the lines, and `more` bytes, within this worker's share: it merges
    /// equal lines, or else spills.
    fn keep_to_share(&mut self, more: usize) -> Result<(), Error> {
        // Decoders may have taken memory.
        let share = self.update_share();
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

    /// Splitters by a sample of the lines of this worker.
    pub fn sample(&self) -> Splitters {
        self.tables.splitters()
    }

    /// A copy of all lines, by ranges; none if lines have left the tables.
    pub fn copy(&self, splitters: &Splitters) -> Option<Counted> {
        let all = !self.tables.have_flushed();
        all.then(|| self.tables.copy(splitters, &self.sizes))
    }

    /// Starts again, after all lines were taken. Its tables keep their sizes.
    pub fn renew(&mut self, splitters: SharedSplitters, spill: Arc<Spill>) {
        (self.splitters, self.spill) = (splitters, spill);
        self.shares_ranges = true;
        self.check_at = self.sizes.unchecked_bytes;
        (self.lines, self.merged, self.longest) = (0, 0, 0);
    }

    /// Counts the lines of a text of whole lines; the last may lack its
    /// terminator. `padded` is the text and [`STRIDE`] bytes more.
    pub fn count(&mut self, padded: &[u8], terminator: u8) -> Result<(), Error> {
        let (simd, wide) = (self.seed.simd, self.wide);
        let lines = Lines {
            worker: self,
            padded,
            terminator,
        };
        simd::run(lines, simd, wide);
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Counts the lines of a text.
    #[inline(always)]
    fn lines(&mut self, seed: Seed, wide: Option<Wide>, padded: &[u8], terminator: u8) {
        let text = &padded[..padded.len() - STRIDE];
        let mut batch = Batch::default();
        let mut start = 0;
        let mut ends = [0; PIECE / CHUNK];
        for (i, piece) in text.chunks(PIECE).enumerate() {
            let ends = &mut ends[..piece.len().div_ceil(CHUNK)];
            scan::find(terminator, piece, ends);
            let base = i * PIECE;
            start = match wide {
                Some(wide) => {
                    self.piece_by_groups(seed, wide, padded, start, base, ends, &mut batch)
                }
                None => self.piece(seed, padded, start, base, ends, &mut batch),
            };
            self.look_up_all(seed, &mut batch);
        }
        if start < text.len() {
            self.lines += 1;
            self.line(seed, padded, start, text.len(), &mut batch);
            self.look_up_all(seed, &mut batch);
        }
    }

    /// Hashes the lines that end in a piece. The piece starts at `base`, and its first line at
    /// `start`; `ends` are the terminators in the piece. Returns the start of the next line.
    #[inline(always)]
    fn piece(
        &mut self,
        seed: Seed,
        padded: &[u8],
        mut start: usize,
        base: usize,
        ends: &[u64],
        batch: &mut Batch,
    ) -> usize {
        for (j, &ends) in ends.iter().enumerate() {
            let mut ends = ends;
            self.lines += u64::from(ends.count_ones());
            while ends != 0 {
                let end = base + j * CHUNK + ends.trailing_zeros() as usize;
                self.line(seed, padded, start, end, batch);
                start = end + 1;
                ends &= ends - 1;
            }
        }
        start
    }

    /// The same, several lines at once.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn piece_by_groups(
        &mut self,
        seed: Seed,
        wide: Wide,
        padded: &[u8],
        start: usize,
        base: usize,
        ends: &[u64],
        batch: &mut Batch,
    ) -> usize {
        let mut positions = [0; POSITIONS];
        let n = wide.positions(ends, &mut positions);
        let end = |i: usize| usize::from(positions[i]);
        if n == 0 {
            return start;
        }
        self.lines += n as u64;
        // The first line may have started before the piece.
        self.line(seed, padded, start, base + end(0), batch);
        for i in (1..n).step_by(LANES) {
            let group = positions[i - 1..].first_chunk().expect("room for a group");
            let keys = batch.short.room();
            if let Some(hashes) = wide.short_keys(seed.words(), &padded[base..], group, keys) {
                hashes
                    .0
                    .iter()
                    .for_each(|&hash| self.tables.short.prefetch(hash));
                batch.short.add(&hashes, n - i);
            } else {
                for i in i..n.min(i + LANES) {
                    self.line(seed, padded, base + end(i - 1) + 1, base + end(i), batch);
                }
            }
        }
        base + end(n - 1) + 1
    }

    /// Hashes the line from `start` to `end`.
    #[inline(always)]
    fn line(&mut self, seed: Seed, padded: &[u8], start: usize, end: usize, batch: &mut Batch) {
        let bytes = padded[start..].first_chunk().expect("padding");
        match LineKey::new(bytes, end - start, seed.simd) {
            LineKey::Short(key) => {
                let hash = key.hash(seed);
                self.tables.short.prefetch(hash);
                batch.short.push(hash, key);
            }
            LineKey::Middle(key) => {
                let hash = key.hash(seed);
                self.tables.middle.prefetch(hash);
                batch.middle.push(hash, key);
            }
            LineKey::Long => {
                self.add_long(&padded[start..end], 1);
            }
        }
    }

    /// Looks up the keys of all classes.
    #[inline(always)]
    fn look_up_all(&mut self, seed: Seed, batch: &mut Batch) {
        self.look_up(seed, &mut batch.short);
        self.look_up(seed, &mut batch.middle);
    }

    /// Looks up the keys of one class.
    #[inline(always)]
    fn look_up<K: InClass>(&mut self, seed: Seed, pending: &mut Pending<K>) {
        let (hashes, keys) = pending.take();
        self.make_room::<K>(keys.len());
        let class = K::class(&mut self.tables);
        if class.is_bypassed()
            && let Some(splitters) = self.splitters.get()
        {
            for &key in keys {
                class.bypass(splitters, key, 1);
            }
            return;
        }
        for (&hash, key) in hashes.iter().zip(keys) {
            class.add(seed.simd, hash, key, 1);
        }
    }

    /// Adds up the records of a text of whole lines; the last may lack its
    /// terminator. `number` is that of the first line.
    pub fn merge(&mut self, text: &[u8], terminator: u8, number: u64) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let text = text.strip_suffix(&[terminator]).unwrap_or(text);
        let (simd, wide) = (self.seed.simd, self.wide);
        let records = Records {
            worker: self,
            text,
            terminator,
            number,
        };
        simd::run(records, simd, wide)
    }

    /// The same, for a text that is not empty and without the last terminator.
    #[inline(always)]
    fn records(
        &mut self,
        seed: Seed,
        text: &[u8],
        terminator: u8,
        number: u64,
    ) -> Result<(), Error> {
        let mut start = 0;
        let ends = memchr::memchr_iter(terminator, text).chain([text.len()]);
        for (end, number) in ends.zip(number..) {
            let record = &text[start..end];
            start = end + 1;
            let tally =
                Tally::parse(record).map_err(|cause| Error::bad_line(number, cause, record))?;
            self.merged += u128::from(tally.count);
            let added = self.add(seed, tally.line, tally.count);
            added.map_err(|error| match error {
                Error::TooLarge { .. } if self.has_all_counts() => Error::line(number, TOO_LARGE),
                error => error,
            })?;
        }
        Ok(())
    }

    /// Adds to the count of a line.
    #[inline(always)]
    fn add(&mut self, seed: Seed, line: &[u8], count: u64) -> Result<(), Error> {
        let mut bytes = [0; STRIDE];
        if let Some(start) = bytes.get_mut(..line.len()) {
            start.copy_from_slice(line);
        }
        let fits = match LineKey::new(&bytes, line.len(), seed.simd) {
            LineKey::Short(key) => self.add_key(seed, key, count),
            LineKey::Middle(key) => self.add_key(seed, key, count),
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
    fn add_key<K: InClass>(&mut self, seed: Seed, key: K, count: u64) -> bool {
        self.make_room::<K>(1);
        let class = K::class(&mut self.tables);
        if class.is_bypassed()
            && let Some(splitters) = self.splitters.get()
        {
            class.bypass(splitters, key, count);
            return true;
        }
        class.add(seed.simd, key.hash(seed), &key, count)
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

/// A text whose lines are counted.
struct Lines<'a> {
    worker: &'a mut Worker,
    padded: &'a [u8],
    terminator: u8,
}

impl Work for Lines<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: Option<Simd>, wide: Option<Wide>) {
        let seed = self.worker.seed.by(simd);
        self.worker.lines(seed, wide, self.padded, self.terminator);
    }
}

/// A text whose records are added up.
struct Records<'a> {
    worker: &'a mut Worker,
    text: &'a [u8],
    terminator: u8,
    /// The number of the first line.
    number: u64,
}

impl Work for Records<'_> {
    type Output = Result<(), Error>;

    #[inline(always)]
    fn run(self, simd: Option<Simd>, _: Option<Wide>) -> Result<(), Error> {
        let seed = self.worker.seed.by(simd);
        let Records {
            worker,
            text,
            terminator,
            number,
        } = self;
        worker.records(seed, text, terminator, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::count::limits::Limits;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// The lines of a text and their counts, as a worker finds them with some instructions.
    fn counted(text: &[u8], wide: Option<Wide>, simd: Option<Simd>) -> BTreeMap<Vec<u8>, u64> {
        let mut seed = Seed::random();
        seed.simd = simd;
        let spill = Arc::new(Spill::new(Limits::default()));
        let mut worker = Worker::new(seed, SharedSplitters::default(), spill, 0);
        worker.wide = wide;
        let padded = [text, &[b'x'; STRIDE]].concat();
        worker.count(&padded, b'\n').unwrap();
        let Counted { ranges, arena } = worker.take().unwrap();
        let mut counts = BTreeMap::new();
        for lines in ranges {
            let put = |count, bytes: &[u8], length| {
                *counts.entry(bytes[..length].to_vec()).or_insert(0) += count;
                Ok::<_, Error>(())
            };
            lines.each(Arenas::one(0, &arena), put).unwrap();
        }
        counts
    }

    proptest! {
        #[test]
        fn all_instructions_find_the_same_lines(
            lines in prop::collection::vec(
                prop_oneof![
                    9 => prop::collection::vec(b'a'..b'c', 0..6),
                    2 => prop::collection::vec(b'a'..b'c', 13..26),
                    1 => prop::collection::vec(b'a'..b'c', 0..1500),
                ],
                0..400,
            ),
            ends: bool,
        ) {
            let mut expected = BTreeMap::new();
            lines.iter().for_each(|line| *expected.entry(line.clone()).or_insert(0) += 1);
            let mut text = lines.join(&b'\n');
            match lines.last() {
                Some(last) if !ends && !last.is_empty() => {}
                Some(_) => text.push(b'\n'),
                None => {}
            }
            for (wide, simd) in [(Wide::new(), Simd::new()), (None, Simd::new()), (None, None)] {
                prop_assert_eq!(&counted(&text, wide, simd), &expected);
            }
        }
    }
}

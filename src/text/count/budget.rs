//! The arithmetic of the memory limit: which part of it each buffer may take.
//!
//! All functions are pure. All sizes are in bytes. A program that counts goes through three
//! phases, and each divides the whole limit again:
//!
//! | phase | terms |
//! |---|---|
//! | counting | decoders of compressed inputs; for each worker: [`overhead`](Share::overhead), [`block`](Share::block), [`lines`](Share::lines) |
//! | sorting ranges in memory ([`Budget::sorting_threads`]) | lines in memory; for each thread a range and pieces of output |
//! | merging runs ([`FinalMerge`]) | blocks of runs; for each thread a range and blocks that are on their way; the output |
//!
//! A *long line* is one that is longer than [`ORDINARY`]. Its copies are terms, too. If a
//! single line needs more than the limit, the program exceeds the limit; it then takes about
//! five times the line.

use super::limits::THREADS;
use super::sizes::Sizes;
use crate::common::stream::{BLOCK, GROWTH};

/// The longest line that needs no memory besides [`Share::overhead`].
pub const ORDINARY: usize = BLOCK;

/// A second worker starts only if each gets this many times [`Sizes::least_share`].
const SHARES_PER_WORKER: usize = 4;

/// A second worker works only if the longest line fits this many times into the share of
/// each: it is in a block, may be in the blocks of some runs that are merged, and there
/// should be many in memory.
const LINES_PER_WORKER: usize = 8;

/// The overhead of a worker (a block, its stack, its output) is this part of
/// [`Sizes::least_share`].
const OVERHEAD_PART: usize = 4;

/// Each of the two tables of short keys is this part of the share. Its slots exist twice
/// while they move out of it or into a larger one, so that both tables take a quarter.
const TABLE_PART: usize = 16;

/// The ranges on disk leave this part of the share for the lines that are added up with them.
const RANGE_PART: usize = 2;

/// The blocks of runs that are merged while workers count take this part of the share: that of
/// the worker that wrote the last run, and has no lines now.
const MERGE_PART: usize = 2;

/// Copies of the longest line while two runs are merged into the output: a block of each, the
/// block that a range is read from, the line that is added up, and the output.
const MERGED_COPIES: usize = 5;

/// Copies of the longest line in each thread that reads back a range: the block that it is
/// read from, and the line in memory.
const LOADED_COPIES: usize = 2;

/// Lines stay in memory for the output if they, and the ranges that are read back, fill at
/// most this part of the limit, as numerator and denominator. The rest is for the lists that
/// grow when the lists of all workers are joined.
const KEPT: (usize, usize) = (3, 4);

/// The pieces of output that a thread of the sorter formats ahead of their writing.
pub const PIECES_AHEAD: usize = 2;

/// The pieces of output of each thread: those ahead, one that it fills, one that waits to be
/// sent, and one that is written.
const PIECES: usize = PIECES_AHEAD + 3;

/// The blocks that a thread of the final merge merges ahead of their use.
pub const BLOCKS_AHEAD: usize = 4;

/// The blocks of each thread of the final merge: those ahead, one that it fills, one that
/// waits to be sent, and one that is read; then the block that a range is read from, and the
/// line that is added up.
const BLOCKS: usize = BLOCKS_AHEAD + 3 + 2;

/// The copies of a line in the last step of the final merge: the line that is added up, and
/// the output.
const LAST_COPIES: usize = 2;

/// Half of the files are for runs, half for inputs that are merged.
const FILES_PART: usize = 2;

/// The files besides runs and one for each worker: standard streams, an input, a run that
/// others are merged to, and some more.
const OTHER_FILES: usize = 8;

/// Each worker needs this many files.
const FILES_PER_WORKER: usize = 4;

/// The resources of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The memory of all workers together.
    pub limit: usize,
    /// The largest number of workers, for ordinary lines.
    workers: usize,
    /// The largest number of runs, which is the largest number of inputs of a merge.
    pub runs: usize,
    /// The overhead of a worker besides the first.
    overhead: usize,
    /// The longest line.
    longest: usize,
    /// The memory of decoders, while the input is read.
    decoders: usize,
}

impl Budget {
    /// The budget for a memory limit, a number of threads, a number of open files, and
    /// ordinary lines.
    pub fn new(limit: u64, threads: usize, files: u64, sizes: &Sizes) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let limit = limit.max(sizes.least_share);
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let affordable = limit / (SHARES_PER_WORKER * sizes.least_share);
        let workers = threads.min(THREADS).min(affordable);
        let workers = workers.min(files / FILES_PER_WORKER).max(1);
        let runs = files.saturating_sub(OTHER_FILES + workers) / FILES_PART;
        Budget {
            limit,
            workers,
            // Two runs can always be merged.
            runs: runs.clamp(2, sizes.runs),
            overhead: sizes.least_share / OVERHEAD_PART,
            longest: ORDINARY,
            decoders: 0,
        }
    }

    /// The same resources for lines of up to `longest` bytes.
    pub fn with_longest(self, longest: usize) -> Self {
        Budget { longest, ..self }
    }

    /// The same resources, of which decoders take `bytes`.
    pub fn beside_decoders(self, bytes: u64) -> Self {
        let decoders = usize::try_from(bytes).unwrap_or(usize::MAX);
        Budget { decoders, ..self }
    }

    /// The memory of one more copy of the longest line, beyond that of an ordinary one.
    fn line(&self) -> usize {
        self.longest.saturating_sub(ORDINARY)
    }

    /// The number of workers.
    pub fn workers(&self) -> usize {
        let affordable = self.limit / LINES_PER_WORKER / self.line().max(1);
        self.workers.min(affordable).max(1)
    }

    /// The overhead of each worker. The limit does not include that of a single one.
    fn overhead(&self) -> usize {
        match self.workers() {
            1 => 0,
            _ => self.overhead,
        }
    }

    /// The memory of each worker beside its overhead.
    fn total_share(&self) -> usize {
        let limit = self.limit.saturating_sub(self.decoders);
        (limit / self.workers()).saturating_sub(self.overhead())
    }

    /// The share of each worker while it counts.
    pub fn share(&self) -> Share {
        let total = self.total_share();
        // A block grows in steps, so part of it is unused.
        let block = self.line().saturating_add(self.line() / GROWTH);
        Share {
            overhead: self.overhead(),
            block,
            lines: total.saturating_sub(block),
            table: total / TABLE_PART,
        }
    }

    /// The memory for a merge of runs while workers count.
    pub fn intermediate_merge(&self) -> usize {
        self.total_share() / MERGE_PART
    }

    /// The largest range that may be on disk: one worker must be able to read it back, also
    /// beside runs that are merged.
    pub fn largest_range(&self) -> usize {
        let beside_merge = self
            .limit
            .saturating_sub(MERGED_COPIES.saturating_mul(self.line()));
        (self.total_share() / RANGE_PART).min(beside_merge)
    }

    /// Whether `in_memory` bytes of lines can stay in memory for the output, beside the
    /// ranges that `threads` read back, each of up to `range` bytes.
    pub fn can_stay(&self, in_memory: usize, threads: usize, range: usize) -> bool {
        let loaded = threads * (range + LOADED_COPIES * self.line());
        in_memory + loaded <= self.limit / KEPT.1 * KEPT.0
    }

    /// How many of `threads` can sort ranges of up to `range` bytes beside `in_memory` bytes
    /// of lines.
    pub fn sorting_threads(&self, threads: usize, in_memory: usize, range: usize) -> usize {
        let each = range + PIECES * self.line();
        let room = self.limit.saturating_sub(in_memory);
        threads.min(room / each.max(1)).max(1)
    }

    /// The final merge of runs whose largest block is `block`, and of ranges on disk of up to
    /// `range` bytes.
    pub fn final_merge(&self, range: usize, block: usize) -> FinalMerge {
        FinalMerge {
            limit: self.limit,
            range,
            block,
        }
    }
}

/// The memory of one worker while it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its stack, an ordinary block, and its output.
    pub overhead: usize,
    /// The part of its block that only long lines need.
    pub block: usize,
    /// The lines that it counts.
    pub lines: usize,
    /// The part of `lines` that each table of short keys may take.
    pub table: usize,
}

/// The memory of the final merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalMerge {
    limit: usize,
    /// The largest range on disk.
    range: usize,
    /// The largest block of all runs and ranges.
    block: usize,
}

impl FinalMerge {
    /// Whether the ranges can be read back beside a merge. If not, they become a run first.
    pub fn can_load_ranges(&self) -> bool {
        self.range + MERGED_COPIES * self.block <= self.limit
    }

    /// The memory for the last step and all that comes before it.
    fn before_last(&self) -> usize {
        self.limit.saturating_sub(LAST_COPIES * self.block)
    }

    /// The memory for one block of each run.
    pub fn runs(&self, threads: usize) -> usize {
        match threads {
            // A range, and the block that it is read from.
            1 => self.before_last().saturating_sub(self.range + self.block),
            _ => self.before_last() / 2,
        }
    }

    /// How many of `threads` can merge, if the blocks of the runs take `runs` bytes.
    pub fn threads(&self, threads: usize, runs: usize) -> usize {
        let each = self.range + BLOCKS * self.block;
        let room = self.before_last().saturating_sub(runs);
        threads.min(room / each.max(1)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn budget(limit: usize, threads: usize, longest: usize) -> Budget {
        let budget = Budget::new(limit as u64, threads, 1024, &Sizes::default());
        budget.with_longest(longest)
    }

    #[test]
    fn the_share_of_each_term() {
        // limit, threads, longest line: workers, overhead, block, lines, table; in KiB.
        for (limit, threads, longest, expected) in [
            (1024, 1, 1, [1, 0, 0, 1024, 64]),
            (1024, 8, 128, [1, 0, 0, 1024, 64]),
            // Less than the least share, and less than that of two workers.
            (0, 8, 1, [1, 0, 0, 1024, 64]),
            (7 * 1024, 8, 1, [1, 0, 0, 7168, 448]),
            (8 * 1024, 8, 1, [2, 256, 0, 3840, 240]),
            (64 * 1024, 8, 128, [8, 256, 0, 7936, 496]),
            // The longest line fits eight times into the share of each.
            (64 * 1024, 8, 128 + 1024, [8, 256, 1152, 6784, 496]),
            (64 * 1024, 8, 128 + 2048, [4, 256, 2304, 13824, 1008]),
            (64 * 1024, 8, 128 + 8192, [1, 0, 9216, 56320, 4096]),
            // A line that is larger than the limit.
            (1024, 2, 128 + 2048, [1, 0, 2304, 0, 64]),
        ] {
            let budget = budget(limit << 10, threads, longest << 10);
            let Share {
                overhead,
                block,
                lines,
                table,
            } = budget.share();
            let found = [overhead, block, lines, table].map(|bytes| bytes >> 10);
            let found = [budget.workers(), found[0], found[1], found[2], found[3]];
            assert_eq!(found, expected, "{limit} KiB, {threads}, {longest} KiB");
        }
    }

    /// Budgets of all kinds.
    fn budgets() -> impl Iterator<Item = (Budget, usize)> {
        let limits = [0, 1, 3, 16, 100, 4096, 1 << 20].map(|mib| mib * MIB + 12_345);
        let lines = [0, ORDINARY, ORDINARY + 1, MIB, 3 * MIB, 50 * MIB, 1 << 30];
        limits.into_iter().flat_map(move |limit| {
            [1, 2, 7, 256].into_iter().flat_map(move |threads| {
                lines.map(|longest| (budget(limit, threads, longest), threads))
            })
        })
    }

    #[test]
    fn the_sum_of_a_phase_never_exceeds_the_limit() {
        for (budget, threads) in budgets() {
            // A line that is too long for the limit may exceed it.
            let most = budget.limit.max(2 * budget.longest);
            let share = budget.share();
            let each = share.overhead + share.block + share.lines;
            assert!(budget.workers() * each <= most, "{budget:?}");
            let decoders = budget.limit / 3;
            let share = budget.beside_decoders(decoders as u64).share();
            let each = share.overhead + share.block + share.lines;
            assert!(budget.workers() * each + decoders <= most.max(decoders + budget.longest * 2));
            assert!(4 * share.table <= budget.limit / budget.workers() / 4);

            let most = budget.limit.max(MERGED_COPIES * budget.longest);
            let range = budget.largest_range();
            assert!(range <= budget.limit);
            let in_memory = budget.limit / 3;
            if budget.can_stay(in_memory, threads, range) {
                let loaded = threads * (range + LOADED_COPIES * budget.line());
                assert!(in_memory + loaded <= budget.limit);
            }
            let sorting = budget.sorting_threads(threads, in_memory, range);
            let each = range + PIECES * budget.line();
            assert!(sorting == 1 || in_memory + sorting * each <= budget.limit);

            let block = budget.line() + ORDINARY;
            let merge = budget.final_merge(range, block);
            if merge.can_load_ranges() {
                let one = range + block + merge.runs(1).max(2 * block) + LAST_COPIES * block;
                assert!(one <= most + LAST_COPIES * ORDINARY, "{budget:?}");
                let runs = merge.runs(threads);
                let merging = merge.threads(threads, runs);
                let each = range + BLOCKS * block;
                assert!(merging == 1 || runs + merging * each + 2 * block <= budget.limit);
            }
        }
    }

    #[test]
    fn more_memory_or_shorter_lines_never_mean_fewer_workers() {
        for threads in [1, 4, 256] {
            let workers = |limit, longest| budget(limit, threads, longest).workers();
            let mut last = 0;
            for mib in 0..2000 {
                let now = workers(mib * MIB, MIB);
                assert!(now >= last && now <= threads);
                last = now;
            }
            for mib in 1..500 {
                let shorter = workers(512 * MIB, (mib - 1) * MIB);
                assert!(workers(512 * MIB, mib * MIB) <= shorter);
            }
        }
    }

    #[test]
    fn files_bound_workers_and_runs() {
        let new = |files| Budget::new(1 << 40, 64, files, &Sizes::default());
        for (files, workers, runs) in [(0, 1, 2), (20, 5, 3), (1024, 64, 128), (u64::MAX, 64, 128)]
        {
            let budget = new(files);
            assert_eq!(
                (budget.workers(), budget.runs),
                (workers, runs),
                "{files} files"
            );
        }
    }
}

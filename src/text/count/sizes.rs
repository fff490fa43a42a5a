//! The sizes of tables, batches and ranges. (That of a block of a run is `spill::record::RUN_BLOCK`,
//! that of a read `stream::BLOCK`.)
//!
//! They are parameters, so that a test with a small input takes every path of the program: it
//! runs the same code with `Sizes::SMALL`.

/// The sizes of a count. They change its speed, never its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The part of the input, in bytes, that one thread reads before others start.
    pub single_threaded: usize,
    /// A table, in bytes, while the thread does not know its share of the memory.
    pub first_table: usize,
    /// A table whose lines rarely repeat, in bytes: it stays in the cache.
    pub table_of_new: usize,
    /// A table whose lines repeat, in bytes: about the size of a large cache.
    pub table_of_repeated: usize,
    /// The slots that leave the tables, some 50 MB, before equal lines are first added up.
    pub unmerged_slots: usize,
    /// The long lines, in bytes, that arrive between two checks of the memory in use.
    pub unchecked_bytes: usize,
    /// The smallest share of the memory for a thread, in bytes. With less, runs are too
    /// small.
    pub least_share: usize,
    /// The largest number of runs. If there are more, some are merged.
    pub runs: usize,
    /// The slots of a range after repartitioning: some 6 MB.
    pub part_slots: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes {
            single_threaded: 4 << 20,
            first_table: 32 << 10,
            table_of_new: 2 << 20,
            table_of_repeated: 32 << 20,
            unmerged_slots: 1 << 21,
            unchecked_bytes: 1 << 16,
            least_share: 1 << 20,
            runs: 128,
            part_slots: 1 << 18,
        }
    }
}

#[cfg(test)]
impl Sizes {
    /// Sizes for tests: a few kilobytes start several threads, flush tables and write runs.
    pub const SMALL: Sizes = Sizes {
        single_threaded: 1 << 10,
        first_table: 2 << 10,
        table_of_new: 2 << 10,
        table_of_repeated: 32 << 10,
        unmerged_slots: 1 << 8,
        unchecked_bytes: 1 << 10,
        least_share: 1,
        runs: 8,
        part_slots: 50,
    };
}

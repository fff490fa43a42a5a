//! From counted lines to sorted output.
//!
//! 1. `repartition`: a range that came out too large is divided again.
//! 2. `sorter`: each range is sorted, with its parts on disk, and written.
//! 3. `final_merge`: if there are runs, they are merged with the ranges.
//! 4. `merge_sorted`: partial counts that are sorted need only a merge.

mod final_merge;
mod repartition;

pub mod merge_sorted;
pub mod sorter;

pub use final_merge::{records, write, write_runs};

//! Lines that do not fit in memory: temporary files.
//!
//! 1. `disk`: when a worker has used up its share of the memory, it writes its lines ...
//! 2. `parts`: ... range by range, to be read back and sorted later;
//! 3. `run`: or else, if a range would not fit, as a sorted run.
//! 4. `record`, `run_writer`, `records`, `temporary`: the format of both, how it is written
//!    and read, and the files.
//! 5. `loser_tree`: many runs become one.

mod disk;
pub mod loser_tree;
pub mod parts;
pub mod record;
pub mod records;
pub mod run;
pub mod run_writer;
pub mod temporary;

pub use disk::{Spill, all_records, size_of_all};

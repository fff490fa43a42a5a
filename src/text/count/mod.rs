//! `count`: how often each line occurs.
//!
//! The output of `LC_ALL=C sort | uniq -c`, without the padding: `COUNT LINE` for
//! each distinct line, in the order of its bytes. Lines are counted as they are
//! read, and only distinct lines are sorted at the end, so memory grows with the
//! distinct lines, not with the input.
//!
//! The chapters, in the order in which data flows:
//!
//! 1. [`counts`](Counts) starts the workers and puts the steps together. Its
//!    [`limits`](Limits), the [`sizes`](Sizes) of tables and batches, and the
//!    `budget`, which divides the memory, are the base of all that follows.
//! 2. `ingest`: threads read blocks of whole lines and look each line up ...
//! 3. `store`: ... in hash tables, from which distinct lines are flushed into ranges.
//! 4. `spill`: lines that do not fit in memory go to temporary files: ranges, or
//!    sorted runs.
//! 5. `output`: ranges are sorted, runs are merged, and the result is written.
//!
//! Three variants: `ignore_case` counts twice, to count together what differs by case;
//! [`merge_sorted`] adds up partial counts that are sorted, without tables; `live` writes a page
//! of counts after each interval ([`write_pages`]).
//!
//! The output depends only on the lines: not on threads, seeds, blocks or memory.

mod budget;
mod counts;
mod find_too_large;
mod ignore_case;
mod ingest;
mod limits;
mod live;
mod output;
mod sizes;
pub(crate) mod spill;
#[doc(hidden)]
pub mod store;
mod threads;

pub use counts::Counts;
pub use ignore_case::{Keys, write_ignoring_case};
pub use limits::{Limits, Report, THREADS};
pub use live::{Interval, Live, Pace, write_pages};
pub use output::merge_sorted::merge_sorted;
pub use sizes::Sizes;

// For the program's error messages.
#[doc(hidden)]
pub use find_too_large::find_too_large;
#[doc(hidden)]
pub use ignore_case::parts_of_key;

//! A worker carries out one task after the other, each for one URL. It knows nothing of
//! the site: it sends what it finds to the coordinator, as events.
//!
//! - `task`: tasks and events.
//! - `fetchers`: how the site and other hosts are requested.
//! - `run`: carries out a task.
//! - `page`, `visitor`: a page or style sheet in, batches of links out.
//! - `listing`: files, folders and sitemaps.
//!
//! Cost: the buffers of a transfer and of the tokenizer, and a batch of links. A page is
//! not buffered: its links are sent while the rest of it arrives.

mod fetchers;
mod listing;
mod page;
mod run;
mod task;
mod visitor;

pub(super) use fetchers::Settings;
pub(super) use run::Worker;
pub(super) use task::{Event, Outcome, Reason, Task};

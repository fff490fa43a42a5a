//! The coordinator: it hands tasks to the workers, and takes their results.
//!
//! It alone knows the state of the check, and it never waits for room: the queue of tasks
//! is unbounded. The workers wait for it if they find links faster than it takes them. So
//! there is no circle of waits, and the check is over when no task waits and none is in
//! flight. At most as many servers are requested as there are workers.
//!
//! - `state`: the state, and where it begins.
//! - `dispatch`: from URLs to tasks.
//! - `tasks`: the queue and the threads.
//! - `results`: from events to answers.
//! - `report`: findings, notes and the summary.
//! - `site`: a host, and its robots.txt.

mod dispatch;
mod report;
mod results;
mod site;
mod state;
mod tasks;

pub(super) use dispatch::LOOK;
pub(super) use state::Walk;

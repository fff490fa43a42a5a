//! Many URLs at once; their bodies in order, each whole.
//!
//! Workers (`worker`) take URLs from a queue, and each fetches one at a time. Bodies have turns,
//! in the order of their URLs. The worker of the body whose turn it is writes to the output
//! directly: no byte is copied between threads. The other workers write to spools (`spool`),
//! and stop reading when the budget is used up (`sink`).
//!
//! A worker that finishes the body whose turn it is passes the turn on: it writes the spool of
//! the next body, and continues with the body after that if the next is complete, until it
//! reaches a body in flight. From then on the worker of that body writes. So received bytes
//! never wait for another body that is complete.
//!
//! At most [`AHEAD`] URLs are ahead of their turn. Workers are started as they are
//! needed, up to [`Options::jobs`](super::Options::jobs).
//!
//! An error of the output ends the batch at once, without waiting for the workers.

use super::client::Fetcher;
use super::job::Job;
use super::transfer::Transfer;
use crate::common::error::Error;
use spool::Budget;
use state::{AHEAD, Entry, QUEUE, Shared, lock};
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

mod sink;
mod spool;
mod state;
mod worker;

/// The stack of a worker, in bytes: its buffers are on the heap.
const STACK: usize = 1 << 20;

/// Fetches many URLs at once and writes their bodies in order. A clone is the same batch, for
/// another thread.
pub struct Batch<W> {
    shared: Arc<Shared<W>>,
}

impl<W> Clone for Batch<W> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Batch { shared }
    }
}

impl<W> fmt::Debug for Batch<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}

impl<W: Write + Send + 'static> Batch<W> {
    /// A batch that writes bodies to `output`. If that is a pipe, `pipe` is the same pipe, and
    /// bytes that need no processing are moved to it within the kernel. `done` is called for
    /// each URL in order, after its body is written as far as it was received.
    pub fn new(
        fetcher: Fetcher,
        output: W,
        pipe: Option<File>,
        done: impl Fn(Transfer) + Send + Sync + 'static,
    ) -> Batch<W> {
        Batch::with_budget(Budget::default(), fetcher, output, pipe, done)
    }

    /// The same, with this budget for bodies that are ahead of their turn.
    fn with_budget(
        budget: Budget,
        fetcher: Fetcher,
        output: W,
        pipe: Option<File>,
        done: impl Fn(Transfer) + Send + Sync + 'static,
    ) -> Batch<W> {
        Batch {
            shared: Arc::new(Shared::new(budget, fetcher, output, pipe, Box::new(done))),
        }
    }

    /// Adds a URL; one thread adds all. Waits while the queue is full. `Break` means that the
    /// output has failed, and that further URLs have no effect.
    pub fn add(&self, url: &str) -> ControlFlow<()> {
        let shared = &self.shared;
        let jobs = shared.jobs();
        let mut state = lock(&shared.state);
        state.full = state.queue.len() >= QUEUE || state.entries.len() >= AHEAD + jobs;
        while !state.has_failed && state.full {
            state = shared.wait(&shared.queue_space, state);
        }
        if state.has_failed {
            return ControlFlow::Break(());
        }
        let is_first = state.entries.is_empty();
        let entry = Entry::new(shared.fetcher.job(url), &shared.budget, is_first);
        state.entries.push_back(Arc::clone(&entry));
        state.queue.push_back(entry);
        if state.idle >= state.queue.len() {
            shared.work.notify_one();
        } else if state.workers < jobs {
            state.workers += 1;
            drop(state);
            self.start_worker();
        }
        ControlFlow::Continue(())
    }

    /// Starts a worker. If that fails, the other workers go on; without any the batch fails.
    fn start_worker(&self) {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new().stack_size(STACK);
        let started = thread.spawn(move || shared.work());
        if let Err(error) = started {
            let mut state = lock(&self.shared.state);
            state.workers -= 1;
            if state.workers == 0 {
                drop(state);
                self.shared.fail(Error::Start(error).of("thread"));
            }
        }
    }

    /// Closes the queue: no more URLs follow.
    pub fn end(&self) {
        lock(&self.shared.state).is_closed = true;
        self.shared.work.notify_all();
        self.shared.finished.notify_all();
    }

    /// Waits until all URLs are done after the [`end`](Batch::end). The error is an error of
    /// the output.
    pub fn wait(&self) -> Result<(), Error> {
        let mut state = lock(&self.shared.state);
        while !(state.has_failed || state.is_closed && state.entries.is_empty()) {
            state = self.shared.wait(&self.shared.finished, state);
        }
        state.error.take().map_or(Ok(()), Err)
    }

    /// The URLs in flight, in order.
    pub fn in_flight(&self) -> Vec<Arc<Job>> {
        let state = lock(&self.shared.state);
        let jobs = state.entries.iter().map(|entry| &entry.job);
        jobs.filter(|job| job.is_in_flight()).cloned().collect()
    }
}

#[cfg(test)]
mod tests;

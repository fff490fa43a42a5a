//! The state that the threads of a batch share.

use super::spool::{BodySpool, Budget};
use crate::common::error::Error;
use crate::web::fetch::client::Fetcher;
use crate::web::fetch::job::Job;
use crate::web::fetch::transfer::Transfer;
use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// The maximum number of URLs ahead of their turn: each may need an open file for its spool.
pub(crate) const AHEAD: usize = 256;

/// The maximum number of URLs that wait for a worker. The thread that adds URLs is woken when
/// half of them are taken: waking it for each URL is slow.
pub(crate) const QUEUE: usize = 64;

/// The state that the threads of a batch share.
pub(crate) struct Shared<W> {
    pub(crate) fetcher: Fetcher,
    pub(crate) state: Mutex<State>,
    /// For workers: the queue has a URL, or it is closed.
    pub(crate) work: Condvar,
    /// For bodies ahead of their turn: the budget has space, or it is their turn.
    pub(crate) unblocked: Condvar,
    /// For the thread that adds URLs: the queue has space.
    pub(crate) queue_space: Condvar,
    /// For the thread that waits for the end.
    pub(crate) finished: Condvar,
    pub(crate) budget: Arc<Budget>,
    pub(crate) output: Mutex<W>,
    /// The output, if it is a pipe.
    pub(crate) pipe: Option<File>,
    pub(crate) done: Box<dyn Fn(Transfer) + Send + Sync>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The URLs that no worker has taken.
    pub(crate) queue: VecDeque<Arc<Entry>>,
    /// The URLs that are not done, in order. It is the turn of the first.
    pub(crate) entries: VecDeque<Arc<Entry>>,
    pub(crate) workers: usize,
    /// The number of workers that wait for a URL.
    pub(crate) idle: usize,
    /// The number of bodies ahead of their turn that wait for the budget.
    pub(crate) blocked: usize,
    /// The thread that adds URLs waits for space in the queue.
    pub(crate) full: bool,
    /// No more URLs follow.
    pub(crate) is_closed: bool,
    /// The output has failed.
    pub(crate) has_failed: bool,
    /// The error of the output, until it is returned.
    pub(crate) error: Option<Error>,
}

/// One URL.
pub(crate) struct Entry {
    pub(crate) job: Arc<Job>,
    pub(crate) body: Mutex<BufferedBody>,
}

pub(crate) struct BufferedBody {
    pub(crate) spool: BodySpool,
    /// It is the body's turn, and its worker writes to the output.
    pub(crate) is_direct: bool,
    /// The result, after the last byte.
    pub(crate) transfer: Option<Transfer>,
}

impl Entry {
    /// A new URL; `is_first` means that it is its turn.
    pub(crate) fn new(job: Job, budget: &Arc<Budget>, is_first: bool) -> Arc<Entry> {
        if is_first {
            job.set_urgent();
        }
        Arc::new(Entry {
            job: Arc::new(job),
            body: Mutex::new(BufferedBody {
                spool: BodySpool::new(budget),
                is_direct: is_first,
                transfer: None,
            }),
        })
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|lock| lock.into_inner())
}

impl<W> Shared<W> {
    pub(crate) fn new(
        budget: Budget,
        fetcher: Fetcher,
        output: W,
        pipe: Option<File>,
        done: Box<dyn Fn(Transfer) + Send + Sync>,
    ) -> Shared<W> {
        Shared {
            fetcher,
            state: Mutex::default(),
            work: Condvar::new(),
            unblocked: Condvar::new(),
            queue_space: Condvar::new(),
            finished: Condvar::new(),
            budget: Arc::new(budget),
            output: Mutex::new(output),
            pipe,
            done,
        }
    }

    pub(crate) fn jobs(&self) -> usize {
        self.fetcher.options().jobs.max(1)
    }

    pub(crate) fn wait<'a>(
        &self,
        condition: &Condvar,
        state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        condition
            .wait(state)
            .unwrap_or_else(|lock| lock.into_inner())
    }

    /// Ends the batch after an error of the output.
    pub(crate) fn fail(&self, error: Error) {
        let mut state = lock(&self.state);
        state.has_failed = true;
        state.error.get_or_insert(error);
        drop(state);
        self.work.notify_all();
        self.unblocked.notify_all();
        self.queue_space.notify_all();
        self.finished.notify_all();
    }

    /// Wakes the bodies that wait for the budget or for their turn.
    pub(crate) fn wake_blocked(&self) {
        if lock(&self.state).blocked > 0 {
            self.unblocked.notify_all();
        }
    }

    /// Wakes the thread that adds URLs, if the queue has space.
    pub(crate) fn wake_adder(&self, state: &mut State) {
        let has_space = state.queue.len() <= QUEUE / 2 && state.entries.len() < AHEAD + self.jobs();
        if state.full && has_space {
            state.full = false;
            self.queue_space.notify_one();
        }
    }
}

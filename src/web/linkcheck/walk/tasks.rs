//! The queue of tasks, and the threads that take them.

use super::super::worker::{Event, Settings, Task, Worker};
use crate::common::error::Error;
use crate::common::stream;
use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

/// The stack of a thread, in bytes.
const STACK: usize = 1 << 20;

/// The tasks that wait for a worker, each with the number of its host.
#[derive(Default)]
pub(super) struct Tasks {
    waiting: Mutex<Waiting>,
    added: Condvar,
}

#[derive(Default)]
struct Waiting {
    tasks: VecDeque<(usize, Task)>,
    /// The number of workers that wait for a task.
    idle: usize,
    /// No more tasks are wanted.
    ended: bool,
}

impl Tasks {
    /// Adds a task for the host of this number.
    pub(super) fn add(&self, host: usize, task: Task) {
        let mut waiting = self.waiting();
        waiting.tasks.push_back((host, task));
        let is_awaited = waiting.idle > 0;
        drop(waiting);
        // A notification is a system call, even if no worker waits.
        if is_awaited {
            self.added.notify_one();
        }
    }

    /// Waits for the next task; `None` if the queue has ended.
    fn next(&self) -> Option<(usize, Task)> {
        let mut waiting = self.waiting();
        loop {
            if waiting.ended {
                return None;
            }
            if let Some(task) = waiting.tasks.pop_front() {
                return Some(task);
            }
            waiting.idle += 1;
            let woken = self.added.wait(waiting);
            waiting = woken.unwrap_or_else(|poisoned| poisoned.into_inner());
            waiting.idle -= 1;
        }
    }

    /// Ends the threads: those that wait now, the others after their task.
    pub(super) fn end(&self) {
        self.waiting().ended = true;
        self.added.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Starts `jobs` threads, and returns the receiver of their events.
pub(super) fn start(
    settings: &Settings,
    jobs: usize,
    tasks: &Arc<Tasks>,
) -> Result<Receiver<Vec<Event>>, Error> {
    // A worker that is this far ahead of the coordinator waits.
    let (sender, events) = mpsc::sync_channel(2 * jobs);
    for n in 0..jobs.max(1) {
        let worker = Worker::new(settings.clone(), sender.clone());
        let tasks = Arc::clone(tasks);
        let thread = thread::Builder::new().stack_size(STACK);
        let started = thread.spawn(move || work(&worker, &tasks));
        // With fewer threads it takes longer.
        if let (Err(error), 0) = (started, n) {
            return Err(Error::Start(error));
        }
    }
    Ok(events)
}

/// Carries out tasks until the queue ends.
fn work(worker: &Worker, tasks: &Tasks) {
    let mut buffer = vec![0; stream::BLOCK];
    while let Some((host, task)) = tasks.next() {
        worker.run(host, task, &mut buffer);
    }
}

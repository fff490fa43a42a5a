//! The queue of tasks, and the threads that take them.

use super::super::worker::{Event, Settings, Task, Worker};
use crate::common::error::Error;
use crate::common::stream;
use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

/// The stack of a worker's thread, in bytes.
const STACK: usize = 1 << 20;

/// Tasks that wait for a worker, each with the number of its host.
#[derive(Default)]
pub(super) struct Tasks {
    waiting: Mutex<Waiting>,
    there: Condvar,
}

#[derive(Default)]
struct Waiting {
    tasks: VecDeque<(usize, Task)>,
    /// The workers that wait for a task.
    idle: usize,
    /// There will be none any more.
    ended: bool,
}

impl Tasks {
    pub(super) fn add(&self, host: usize, task: Task) {
        let mut waiting = self.waiting();
        waiting.tasks.push_back((host, task));
        let is_awaited = waiting.idle > 0;
        drop(waiting);
        // To notify costs a system call, even where no worker waits.
        if is_awaited {
            self.there.notify_one();
        }
    }

    /// The next task, as soon as there is one; None if there will be none.
    fn next(&self) -> Option<(usize, Task)> {
        let mut waiting = self.waiting();
        loop {
            if let Some(task) = waiting.tasks.pop_front() {
                return Some(task);
            }
            if waiting.ended {
                return None;
            }
            waiting.idle += 1;
            let woken = self.there.wait(waiting);
            waiting = woken.unwrap_or_else(|held| held.into_inner());
            waiting.idle -= 1;
        }
    }

    /// Ends the threads: those that wait now, the others after their task.
    pub(super) fn end(&self) {
        self.waiting().ended = true;
        self.there.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(|held| held.into_inner())
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

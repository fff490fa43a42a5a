//! A thread that updates the lines.

use super::bar::Bar;
use crate::web::fetch::job::Job;
use crate::web::fetch::redact::shown;
use crate::web::progress::{Lines, Progress};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The interval between two updates.
const INTERVAL: Duration = Duration::from_millis(100);

/// Shows a line for each job in flight, on a thread of its own, until the result is dropped.
/// Does nothing if the lines are off.
pub fn watch(progress: &Progress, in_flight: impl Fn() -> Vec<Arc<Job>> + Send + 'static) -> Watch {
    let Some(lines) = progress.0.clone() else {
        return Watch {
            thread: None,
            stop: None,
        };
    };
    let (stop, is_stopped) = mpsc::channel::<()>();
    let started = thread::Builder::new().spawn(move || {
        let mut bars: Vec<(Arc<Job>, Bar)> = Vec::new();
        while is_stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            update(&mut bars, in_flight(), &lines);
        }
    });
    Watch {
        // Without a new thread nothing is shown.
        thread: started.ok(),
        stop: Some(stop),
    }
}

/// Removes the lines of finished jobs, adds lines for new jobs, and updates all.
fn update(bars: &mut Vec<(Arc<Job>, Bar)>, jobs: Vec<Arc<Job>>, lines: &Lines) {
    bars.retain(|(known, _)| jobs.iter().any(|job| Arc::ptr_eq(job, known)));
    for job in jobs {
        if !bars.iter().any(|(known, _)| Arc::ptr_eq(&job, known)) {
            let bar = Bar::new(lines, &shown(job.url()), job.total());
            bars.push((job, bar));
        }
    }
    for (job, bar) in bars {
        bar.set_total(job.total());
        bar.set_done(job.received());
    }
}

/// The thread that updates the lines. Dropping it stops the thread and clears the lines.
#[derive(Debug)]
pub struct Watch {
    thread: Option<JoinHandle<()>>,
    stop: Option<Sender<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

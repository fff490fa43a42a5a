//! Work on several threads.
//!
//! If the system refuses to start another thread, the threads that run do its work.

use crate::common::error::Error;
use std::sync::Mutex;
use std::thread::{self, Builder};

/// Why a thread stops before its work is done.
pub enum Stopped {
    /// An operation has failed.
    Failed(Error),
    /// No thread receives its results any more.
    NoReceiver,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Stopped::Failed(error)
    }
}

/// Does some work on every item, each on a thread of its own, and the first on
/// this one. Returns the results in the order of the items.
pub fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let items: Vec<_> = items
        .into_iter()
        .map(|item| Mutex::new(Some(item)))
        .collect();
    let work = |i: usize| {
        let item = items[i].lock().expect("no panic").take();
        work(item.expect("every item is worked on once"))
    };
    thread::scope(|scope| {
        let work = &work;
        let start = |i| Builder::new().spawn_scoped(scope, move || work(i));
        let others: Vec<_> = (1..items.len()).map(start).collect();
        let first = (!items.is_empty()).then(|| work(0));
        let others = others.into_iter().zip(1..).map(|(thread, i)| match thread {
            Ok(thread) => thread.join().expect("no panic"),
            Err(_) => work(i),
        });
        first.into_iter().chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_are_in_order() {
        let squares = super::each((0..50u64).collect(), |i| i * i);
        assert_eq!(squares, (0..50u64).map(|i| i * i).collect::<Vec<_>>());
        assert!(super::each(Vec::<u64>::new(), |i| i).is_empty());
    }
}

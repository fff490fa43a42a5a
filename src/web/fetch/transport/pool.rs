//! Idle connections, to be used again.

use super::connection::Connection;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long a connection is kept that nothing uses.
const KEPT: Duration = Duration::from_secs(15);

/// The idle connections of a client.
#[derive(Debug)]
pub(in crate::web::fetch) struct Pool {
    /// How many there are at most.
    most: usize,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    /// By what they are good for, the one that was used last at the end.
    connections: HashMap<String, Vec<(Connection, Instant)>>,
    count: usize,
}

impl Pool {
    pub(super) fn new(most: usize) -> Pool {
        let idle = Mutex::default();
        Pool { most, idle }
    }

    /// An idle connection that is good for this, if there is one.
    pub(super) fn take(&self, key: &str) -> Option<Connection> {
        loop {
            let (mut connection, since) = {
                let mut idle = self.idle();
                let taken = idle.connections.get_mut(key)?.pop()?;
                idle.count -= 1;
                taken
            };
            // The look costs system calls: not within the lock.
            if since.elapsed() < KEPT && connection.is_idle() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection on which an answer has ended.
    pub(super) fn give(&self, key: String, connection: Connection) {
        let mut idle = self.idle();
        if idle.count >= self.most {
            idle.forget_old();
        }
        if idle.count < self.most {
            idle.count += 1;
            let same = idle.connections.entry(key).or_default();
            same.push((connection, Instant::now()));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Idle {
    /// Closes the connection that was not used for the longest time.
    fn forget_old(&mut self) {
        let first = |connections: &Vec<(Connection, Instant)>| connections.first().map(|one| one.1);
        let oldest = self
            .connections
            .iter()
            .filter_map(|(key, same)| Some((first(same)?, key.clone())))
            .min();
        if let Some((_, key)) = oldest
            && let Some(same) = self.connections.get_mut(&key)
        {
            same.remove(0);
            self.count -= 1;
        }
        self.connections.retain(|_, same| !same.is_empty());
    }
}

//! Idle connections for further requests.

use super::connection::Connection;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long an idle connection is kept.
const MAX_IDLE: Duration = Duration::from_secs(15);

/// The idle connections of a client.
#[derive(Debug)]
pub(crate) struct Pool {
    /// The maximum number of idle connections.
    max: usize,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    /// By key; the connection that was used last is the last.
    connections: HashMap<String, Vec<(Connection, Instant)>>,
    count: usize,
}

impl Pool {
    pub(crate) fn new(max: usize) -> Pool {
        let idle = Mutex::default();
        Pool { max, idle }
    }

    /// Takes an idle connection with this key, if there is one.
    pub(crate) fn take(&self, key: &str) -> Option<Connection> {
        loop {
            let (mut connection, since) = {
                let mut idle = self.idle();
                let taken = idle.connections.get_mut(key)?.pop()?;
                idle.count -= 1;
                taken
            };
            // The check makes system calls: it runs without the lock.
            if since.elapsed() < MAX_IDLE && connection.is_idle() {
                return Some(connection);
            }
        }
    }

    /// Adds a connection whose response has ended.
    pub(crate) fn put(&self, key: String, connection: Connection) {
        let mut idle = self.idle();
        if idle.count >= self.max {
            idle.close_oldest();
        }
        if idle.count < self.max {
            idle.count += 1;
            let same = idle.connections.entry(key).or_default();
            same.push((connection, Instant::now()));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(|lock| lock.into_inner())
    }
}

impl Idle {
    /// Closes the connection that has been idle for the longest time.
    fn close_oldest(&mut self) {
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

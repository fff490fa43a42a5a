//! The output of one worker: the output of the batch if it is the body's turn, otherwise the
//! spool of the body.

use super::state::{Entry, Shared, lock};
use crate::web::fetch::body::output::Output;
use rustix::fd::{AsFd, BorrowedFd};
use std::io::{self, Write};

/// The output of one worker.
pub(crate) struct Sink<'a, W> {
    shared: &'a Shared<W>,
    entry: &'a Entry,
    is_direct: bool,
}

impl<'a, W: Write> Sink<'a, W> {
    pub(crate) fn new(shared: &'a Shared<W>, entry: &'a Entry) -> Sink<'a, W> {
        Sink {
            shared,
            entry,
            is_direct: false,
        }
    }

    /// Adds bytes to the spool, and waits for the budget; false if it is the body's turn.
    fn push(&self, bytes: &[u8]) -> io::Result<bool> {
        loop {
            {
                let mut body = lock(&self.entry.body);
                if body.is_direct {
                    return Ok(false);
                }
                if body.spool.push(bytes) {
                    return Ok(true);
                }
            }
            let shared = self.shared;
            let mut state = lock(&shared.state);
            while !state.has_failed
                && !self.entry.job.is_urgent()
                && !shared.budget.has_disk(bytes.len())
            {
                state.blocked += 1;
                state = shared.wait(&shared.unblocked, state);
                state.blocked -= 1;
            }
            if state.has_failed {
                return Err(io::Error::other("the output has failed"));
            }
        }
    }
}

impl<W: Write> Write for Sink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let clock = &self.entry.job.clock;
        self.is_direct = self.is_direct || !clock.pause(|| self.push(bytes))?;
        if self.is_direct {
            clock.pause(|| lock(&self.shared.output).write_all(bytes))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Output for Sink<'_, W> {
    /// The output, once it is the body's turn: from then on only this worker writes.
    fn pipe(&mut self) -> io::Result<Option<BorrowedFd<'_>>> {
        let Some(pipe) = &self.shared.pipe else {
            return Ok(None);
        };
        self.is_direct = self.is_direct || lock(&self.entry.body).is_direct;
        Ok(self.is_direct.then(|| pipe.as_fd()))
    }
}

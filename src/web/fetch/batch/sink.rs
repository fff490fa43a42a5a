//! Where a thread writes its body: the output if it has its turn, or else a
//! spool, as far as there is room.

use super::{Entry, Shared, lock};
use crate::web::fetch::page::Output;
use rustix::fd::{AsFd, BorrowedFd};
use std::io::{self, Write};

/// Where a thread writes a body to: the output or its spool.
pub(super) struct Sink<'a, W> {
    pub(super) shared: &'a Shared<W>,
    pub(super) entry: &'a Entry,
    pub(super) direct: bool,
}

impl<W: Write> Sink<'_, W> {
    /// Puts bytes into the spool; false if it is this body's turn.
    fn put(&self, bytes: &[u8]) -> io::Result<bool> {
        loop {
            {
                let mut body = lock(&self.entry.body);
                if body.direct {
                    return Ok(false);
                }
                if body.spool.push(bytes) {
                    return Ok(true);
                }
            }
            let shared = self.shared;
            let mut state = lock(&shared.state);
            while !state.is_broken
                && !self.entry.errand.is_urgent()
                && !shared.room.has(bytes.len())
            {
                state.held_up += 1;
                state = shared.wait(&shared.onward, state);
                state.held_up -= 1;
            }
            if state.is_broken {
                return Err(io::ErrorKind::Other.into());
            }
        }
    }
}

impl<W: Write> Write for Sink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let clock = &self.entry.errand.clock;
        self.direct = self.direct || !clock.pause(|| self.put(bytes))?;
        if self.direct {
            clock.pause(|| lock(&self.shared.output).write_all(bytes))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Output for Sink<'_, W> {
    /// The output, once it is this body's turn: then only this thread writes.
    fn pipe(&mut self) -> io::Result<Option<BorrowedFd<'_>>> {
        let Some(pipe) = &self.shared.pipe else {
            return Ok(None);
        };
        self.direct = self.direct || lock(&self.entry.body).direct;
        Ok(self.direct.then(|| pipe.as_fd()))
    }
}

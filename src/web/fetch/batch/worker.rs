//! A worker: it fetches URLs of the queue, and passes the turn on.

use super::sink::Sink;
use super::state::{BufferedBody, Entry, Shared, lock};
use crate::common::error::Error;
use crate::common::stream::Blocks;
use crate::web::fetch::transfer::Transfer;
use std::io::Write;
use std::sync::Arc;

/// The size of a write of small bodies, in bytes.
const WRITE: usize = 64 << 10;

/// Complete bodies that are written together.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// The results of the bodies that end in `bytes`.
    done: Vec<Transfer>,
}

impl<W: Write> Shared<W> {
    /// Fetches URLs until the queue is closed and empty, or the output has failed.
    pub(crate) fn work(self: Arc<Self>) {
        let mut blocks = Blocks::new();
        while let Some(entry) = self.next() {
            let mut output = Sink::new(&self, &entry);
            let transfer = self.fetcher.run(&entry.job, &mut blocks, &mut output);
            if let Err(error) = self.finish(&entry, transfer) {
                self.fail(error);
            }
        }
    }

    /// Takes the next URL; None if no more follow.
    fn next(&self) -> Option<Arc<Entry>> {
        let mut state = lock(&self.state);
        loop {
            if state.has_failed {
                return None;
            }
            if let Some(entry) = state.queue.pop_front() {
                self.wake_adder(&mut state);
                return Some(entry);
            }
            if state.is_closed {
                return None;
            }
            state.idle += 1;
            state = self.wait(&self.work, state);
            state.idle -= 1;
        }
    }

    /// Records the result of a body, and passes the turn on if it is its turn. The error is an
    /// error of the output.
    fn finish(&self, entry: &Entry, mut transfer: Transfer) -> Result<(), Error> {
        match transfer.error.take() {
            Some(error @ Error::Write(_)) => return Err(error),
            error => transfer.error = error,
        }
        {
            let mut body = lock(&entry.body);
            if !body.is_direct {
                body.transfer = Some(transfer);
                return Ok(());
            }
        }
        (self.done)(transfer);
        self.pass_turn()
    }

    /// Writes the spools of the next bodies, up to the first that is in flight: it is its turn.
    fn pass_turn(&self) -> Result<(), Error> {
        let mut pending = Pending::default();
        while let Some(next) = self.advance(&mut pending)? {
            // The body's worker waits for this lock before it writes.
            let mut body = lock(&next.body);
            next.job.set_urgent();
            self.fetcher.session().rate_limit.wake();
            self.drain(&mut body, &mut pending)?;
            let transfer = body.transfer.take();
            if transfer.is_none() {
                self.write(&mut pending)?;
                body.is_direct = true;
            }
            drop(body);
            self.wake_blocked();
            let Some(transfer) = transfer else {
                return Ok(());
            };
            let has_failed = transfer.error.is_some();
            pending.done.push(transfer);
            if has_failed {
                self.write(&mut pending)?;
            }
        }
        Ok(())
    }

    /// Removes the first entry, and returns the next.
    fn advance(&self, pending: &mut Pending) -> Result<Option<Arc<Entry>>, Error> {
        // The program may end, or another body may be written, as soon as the last entry is
        // removed: pending bytes are written before.
        let mut state = lock(&self.state);
        while state.entries.len() == 1 && !pending.done.is_empty() {
            drop(state);
            self.write(pending)?;
            state = lock(&self.state);
        }
        state.entries.pop_front();
        if state.entries.is_empty() {
            self.finished.notify_all();
        }
        self.wake_adder(&mut state);
        Ok(state.entries.front().cloned())
    }

    fn drain(&self, body: &mut BufferedBody, pending: &mut Pending) -> Result<(), Error> {
        body.spool.drain(|bytes| {
            pending.bytes.extend_from_slice(bytes);
            match pending.bytes.len() >= WRITE {
                true => self.write(pending),
                false => Ok(()),
            }
        })
    }

    /// Writes the pending bytes, and reports the bodies that end there.
    fn write(&self, pending: &mut Pending) -> Result<(), Error> {
        if !pending.bytes.is_empty() {
            let result = lock(&self.output).write_all(&pending.bytes);
            result.map_err(Error::Write)?;
            pending.bytes.clear();
        }
        pending.done.drain(..).for_each(&self.done);
        Ok(())
    }
}

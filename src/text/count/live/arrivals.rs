//! A thread that reads the input, so that a slot can end while there is nothing to read.

use crate::common::stream::{BLOCK, Blocks};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// The number of blocks that wait to be counted.
const AHEAD: usize = 4;

/// Some bytes of an input, none at its end.
pub struct Arrived {
    /// The time at which they were read, from the start on.
    pub time: Duration,
    /// The bytes.
    pub block: Blocks,
}

/// An input as it arrives.
pub trait Arrivals: Send + 'static {
    /// The next bytes; none if nothing is read before the time `end`.
    fn next(&mut self, end: Option<Duration>) -> io::Result<Option<Arrived>>;

    /// Takes back a block, to read into it again.
    fn reuse(&mut self, block: Blocks);
}

/// An input that another thread reads.
///
/// Dropping it does not wait for that thread, which ends when it has read its next block.
pub struct Reader {
    blocks: Receiver<io::Result<Arrived>>,
    used: Sender<Blocks>,
    start: Instant,
}

impl Reader {
    /// Starts to read. Times are measured from `start` on.
    pub fn start(input: impl Read + Send + 'static, start: Instant) -> io::Result<Self> {
        let (send, blocks) = sync_channel(AHEAD);
        let (used, empty) = channel();
        Builder::new().spawn(move || read(input, start, &send, &empty))?;
        Ok(Reader {
            blocks,
            used,
            start,
        })
    }
}

/// Reads up to the end of the input, to an error, or until the blocks are not received any more.
fn read(
    mut input: impl Read,
    start: Instant,
    blocks: &SyncSender<io::Result<Arrived>>,
    empty: &Receiver<Blocks>,
) {
    loop {
        let mut block = empty.try_recv().unwrap_or_default();
        block.keep(0);
        let read = block.read(&mut input);
        let is_last = !matches!(read, Ok(n) if n > 0);
        let time = start.elapsed();
        let arrived = read.map(|_| Arrived { time, block });
        if blocks.send(arrived).is_err() || is_last {
            return;
        }
    }
}

impl Arrivals for Reader {
    fn next(&mut self, end: Option<Duration>) -> io::Result<Option<Arrived>> {
        let received = match end {
            None => self.blocks.recv().map_err(RecvTimeoutError::from),
            Some(end) => {
                let left = end.saturating_sub(self.start.elapsed());
                self.blocks.recv_timeout(left)
            }
        };
        match received {
            Ok(arrived) => arrived.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(io::Error::other("the thread that reads has stopped"))
            }
        }
    }

    fn reuse(&mut self, block: Blocks) {
        // One that has grown for a long line is freed.
        if block.size() < 2 * BLOCK {
            // The thread may have ended.
            let _ = self.used.send(block);
        }
    }
}

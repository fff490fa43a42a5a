//! A thread that reads ahead: the next blocks are made while the last one is used.

use super::stream;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvError, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// The size of a block, in bytes.
const BLOCK: usize = 256 << 10;

/// The number of blocks that wait for their use.
const AHEAD: usize = 8;

/// The memory of a reader and its thread, in bytes.
pub(crate) const MEMORY: usize = (AHEAD + 2) * BLOCK;

/// A reader whose input is read by another thread.
///
/// Dropping it does not wait for that thread, which ends when it has read its next block.
pub(crate) struct Ahead {
    blocks: Receiver<io::Result<Block>>,
    used: Sender<Vec<u8>>,
    block: Block,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Failed,
}

/// The other end: what the thread reads goes there.
pub(crate) struct Filler {
    blocks: SyncSender<io::Result<Block>>,
    used: Receiver<Vec<u8>>,
}

/// Some bytes of the input; none at its end.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

/// A reader, and the end that a thread fills.
pub(crate) fn pair() -> (Filler, Ahead) {
    let (filled, blocks) = sync_channel(AHEAD);
    let (used, empty) = channel();
    let filler = Filler {
        blocks: filled,
        used: empty,
    };
    let ahead = Ahead {
        blocks,
        used,
        block: Block::default(),
        state: State::Open,
    };
    (filler, ahead)
}

/// Reads `input` in a thread, or in this one if no thread can be started.
pub(crate) fn start(input: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    let (filler, ahead) = pair();
    match hand_over(input, move |input| filler.fill(input)) {
        Ok(()) => Box::new(ahead),
        Err(input) => input,
    }
}

/// Starts a thread that works on a value; returns the value if no thread can be started.
pub(crate) fn hand_over<T: Send + 'static>(
    value: T,
    work: impl FnOnce(T) + Send + 'static,
) -> Result<(), T> {
    let (send, receive) = sync_channel(1);
    let run = move || {
        if let Ok(value) = receive.recv() {
            work(value);
        }
    };
    match thread::Builder::new().spawn(run) {
        // The thread waits for it.
        Ok(_) => send.send(value).map_err(|unsent| unsent.0),
        Err(_) => Err(value),
    }
}

impl Filler {
    /// Reads up to the end of the input, to an error, or until the reader is dropped.
    pub(crate) fn fill(&self, mut input: impl Read) {
        loop {
            let bytes = self.used.try_recv();
            let mut bytes = bytes.unwrap_or_else(|_| vec![0; BLOCK]);
            let result = stream::read(&mut input, &mut bytes);
            let is_last = !matches!(result, Ok(n) if n > 0);
            let block = result.map(|end| Block {
                bytes,
                start: 0,
                end,
            });
            if self.blocks.send(block).is_err() || is_last {
                return;
            }
        }
    }
}

/// The error if a thread has ended without the end of its input.
pub(crate) fn stopped(_: RecvError) -> io::Error {
    io::Error::other("the decoder stopped")
}

impl Read for Ahead {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.state == State::Failed {
            return Err(io::Error::other("the input has failed before"));
        }
        if self.block.start == self.block.end && self.state == State::Open {
            let used = std::mem::take(&mut self.block).bytes;
            if !used.is_empty() {
                // The thread may have ended.
                let _ = self.used.send(used);
            }
            self.state = State::Failed;
            self.block = self.blocks.recv().map_err(stopped)??;
            self.state = match self.block.end {
                0 => State::Ended,
                _ => State::Open,
            };
        }
        let rest = &self.block.bytes[self.block.start..self.block.end];
        let n = rest.len().min(output.len());
        output[..n].copy_from_slice(&rest[..n]);
        self.block.start += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Gives some bytes, and then fails.
    struct Failing(usize);

    impl Read for Failing {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            match self.0 {
                0 => Err(io::Error::other("failed")),
                left => {
                    let n = left.min(output.len()).min(1000);
                    self.0 -= n;
                    Ok(n)
                }
            }
        }
    }

    #[test]
    fn the_same_bytes_and_the_end() {
        let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
        for length in [0, 1, BLOCK, BLOCK + 1, bytes.len()] {
            let mut read = Vec::new();
            let mut ahead = start(Box::new(Cursor::new(bytes[..length].to_vec())));
            ahead.read_to_end(&mut read).unwrap();
            assert!(read == bytes[..length]);
            assert_eq!(ahead.read(&mut [0; 9]).unwrap(), 0);
        }
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it() {
        let mut read = Vec::new();
        let mut ahead = start(Box::new(Failing(2500)));
        let error = ahead.read_to_end(&mut read);
        assert_eq!(error.unwrap_err().to_string(), "failed");
        assert_eq!(read.len(), 2500);
        assert!(ahead.read(&mut [0; 9]).is_err());
    }

    #[test]
    fn a_thread_that_stops_is_an_error() {
        let (filler, mut ahead) = pair();
        drop(filler);
        let error = ahead.read(&mut [0; 9]).unwrap_err();
        assert_eq!(error.to_string(), "the decoder stopped");
    }

    #[test]
    fn it_may_be_dropped_before_the_end() {
        let mut ahead = start(Box::new(io::repeat(7)));
        let mut some = [0; 10];
        ahead.read_exact(&mut some).unwrap();
        assert_eq!(some, [7; 10]);
    }
}

//! A thread that reads the input, so that a slot can end while there is nothing to read.

use crate::common::stream::{BLOCK, Blocks};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// The largest number of blocks that wait to be counted.
const AHEAD: usize = 8;

/// When so many blocks wait, the thread continues to read. It is not woken for each block.
const LOW: usize = AHEAD / 2;

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
    queue: Side,
    start: Instant,
}

impl Reader {
    /// Starts to read. Times are measured from `start` on.
    pub fn start(input: impl Read + Send + 'static, start: Instant) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let other = Side(Arc::clone(&queue));
        Builder::new().spawn(move || read(input, start, &other.0))?;
        Ok(Reader {
            queue: Side(queue),
            start,
        })
    }
}

/// Reads up to the end of the input, to an error, or until the blocks are not wanted any more.
fn read(mut input: impl Read, start: Instant, queue: &Queue) {
    let mut block = Blocks::new();
    loop {
        let read = block.read(&mut input);
        let is_last = !matches!(read, Ok(n) if n > 0);
        let time = start.elapsed();
        let arrived = read.map(|_| Arrived { time, block });
        match queue.push(arrived) {
            Some(next) if !is_last => block = next,
            _ => return,
        }
    }
}

impl Arrivals for Reader {
    fn next(&mut self, end: Option<Duration>) -> io::Result<Option<Arrived>> {
        let end = end.map(|end| self.start + end);
        self.queue.0.pop(end).transpose()
    }

    fn reuse(&mut self, block: Blocks) {
        // One that has grown for a long line is freed.
        if block.size() < 2 * BLOCK {
            self.queue.0.lock().used.push(block);
        }
    }
}

/// Blocks on their way from one thread to another.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// Wakes the thread that waits for blocks.
    filled: Condvar,
    /// Wakes the thread that reads.
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    blocks: VecDeque<io::Result<Arrived>>,
    /// Blocks to read into.
    used: Vec<Blocks>,
    /// Whether one side has ended.
    closed: bool,
    /// Whether the thread that reads waits, or the other one.
    is_full: bool,
    is_awaited: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    /// Adds a block, after waiting for room. Returns another one, or none if the queue is closed.
    fn push(&self, arrived: io::Result<Arrived>) -> Option<Blocks> {
        let mut state = self.lock();
        if state.blocks.len() >= AHEAD {
            state.is_full = true;
            let is_full = |state: &mut State| state.blocks.len() > LOW && !state.closed;
            state = self.emptied.wait_while(state, is_full).expect("no panic");
            state.is_full = false;
        }
        if state.closed {
            return None;
        }
        state.blocks.push_back(arrived);
        if state.is_awaited {
            self.filled.notify_one();
        }
        let mut block = state.used.pop().unwrap_or_default();
        block.keep(0);
        Some(block)
    }

    /// The next block; none if there is none until a time.
    fn pop(&self, end: Option<Instant>) -> Option<io::Result<Arrived>> {
        let mut state = self.lock();
        while state.blocks.is_empty() {
            if state.closed {
                let stopped = io::Error::other("the thread that reads has stopped");
                return Some(Err(stopped));
            }
            state.is_awaited = true;
            state = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                None => self.filled.wait(state).expect("no panic"),
                Some(Duration::ZERO) => return None,
                Some(left) => self.filled.wait_timeout(state, left).expect("no panic").0,
            };
        }
        state.is_awaited = false;
        let next = state.blocks.pop_front();
        if state.is_full && state.blocks.len() == LOW {
            self.emptied.notify_one();
        }
        next
    }
}

/// One side of a queue. The queue is closed when it is dropped; what is in it can still be taken.
struct Side(Arc<Queue>);

impl Drop for Side {
    fn drop(&mut self) {
        let mut state = match self.0.state.lock() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        };
        state.closed = true;
        self.0.filled.notify_one();
        self.0.emptied.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::sync::mpsc::{Receiver, channel};

    /// All bytes of an input, up to its end.
    fn all(reader: &mut Reader) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let Arrived { block, .. } = reader.next(None)?.expect("without an end");
            if block.text().is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(block.text());
            reader.reuse(block);
        }
    }

    #[test]
    fn the_same_bytes_in_order() {
        let bytes: Vec<u8> = (0..2_000_000_u32).flat_map(u32::to_le_bytes).collect();
        for length in [0, 1, BLOCK, BLOCK + 1, bytes.len()] {
            let input = Cursor::new(bytes[..length].to_vec());
            let mut reader = Reader::start(input, Instant::now()).unwrap();
            assert!(all(&mut reader).unwrap() == bytes[..length]);
            assert!(reader.next(None).is_err());
        }
    }

    /// Reads what is sent, an error if that is empty.
    struct Sent(Receiver<Vec<u8>>);

    impl Read for Sent {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.recv() {
                Ok(bytes) if bytes.is_empty() => Err(io::Error::other("failed")),
                Ok(bytes) => bytes.as_slice().read(buffer),
                Err(_) => Ok(0),
            }
        }
    }

    #[test]
    fn nothing_is_next_until_it_is_read() {
        let (send, receive) = channel();
        let start = Instant::now();
        let mut reader = Reader::start(Sent(receive), start).unwrap();
        for end in [0, 1, 20].map(Duration::from_millis) {
            assert!(reader.next(Some(end)).unwrap().is_none());
            assert!(start.elapsed() >= end);
        }
        send.send(b"a".to_vec()).unwrap();
        let Arrived { time, block } = reader.next(None).unwrap().unwrap();
        assert_eq!(block.text(), b"a");
        assert!(time >= Duration::from_millis(20) && time <= start.elapsed());
        // What was read before is there, also after its time.
        send.send(b"b".to_vec()).unwrap();
        let far = Some(Duration::from_secs(3600));
        assert_eq!(reader.next(far).unwrap().unwrap().block.text(), b"b");
        send.send(Vec::new()).unwrap();
        assert_eq!(reader.next(far).err().unwrap().to_string(), "failed");
        assert!(reader.next(far).is_err());
    }

    #[test]
    fn it_may_be_dropped_before_the_end() {
        let mut reader = Reader::start(io::repeat(7), Instant::now()).unwrap();
        for _ in 0..3 * AHEAD {
            let arrived = reader.next(None).unwrap().unwrap();
            assert_eq!(arrived.block.text(), [7; BLOCK]);
        }
        let queue = Arc::downgrade(&reader.queue.0);
        drop(reader);
        // The thread ends.
        while queue.upgrade().is_some() {
            std::thread::yield_now();
        }
    }
}

//! The input as it arrives: each block has the time at which it was read.

use crate::common::deadline::Deadline;
use crate::common::stream::{BLOCK, Blocks};
use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

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

/// An input whose reads wait until a deadline at most.
pub struct Reader<R> {
    input: R,
    deadline: Deadline,
    start: Instant,
    /// A block to read into.
    spare: Option<Blocks>,
}

impl<R: Read> Reader<R> {
    /// An input whose reads have this deadline. Times are measured from `start` on.
    pub fn new(input: R, deadline: Deadline, start: Instant) -> Self {
        Reader {
            input,
            deadline,
            start,
            spare: None,
        }
    }
}

impl<R: Read + Send + 'static> Arrivals for Reader<R> {
    fn next(&mut self, end: Option<Duration>) -> io::Result<Option<Arrived>> {
        self.deadline.set(end.map(|end| self.start + end));
        let mut block = self.spare.take().unwrap_or_default();
        block.keep(0);
        match block.read(&mut self.input) {
            Ok(_) => Ok(Some(Arrived {
                time: self.start.elapsed(),
                block,
            })),
            Err(error) if error.kind() == ErrorKind::WouldBlock && end.is_some() => {
                self.spare = Some(block);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn reuse(&mut self, block: Blocks) {
        // One that has grown for a long line is freed.
        if block.size() < 2 * BLOCK {
            self.spare = Some(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{PipeReader, Write};

    /// A pipe whose reads have a deadline.
    struct Pipe(PipeReader, Deadline);

    impl Read for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1.wait(&self.0)?;
            self.0.read(buffer)
        }
    }

    #[test]
    fn nothing_is_next_until_it_is_read() {
        let (pipe, mut write) = io::pipe().unwrap();
        let (deadline, start) = (Deadline::default(), Instant::now());
        let mut reader = Reader::new(Pipe(pipe, deadline.clone()), deadline, start);
        for end in [0, 1, 20].map(Duration::from_millis) {
            assert!(reader.next(Some(end)).unwrap().is_none());
            assert!(start.elapsed() >= end);
        }
        write.write_all(b"a").unwrap();
        let Arrived { time, block } = reader.next(None).unwrap().unwrap();
        assert_eq!(block.text(), b"a");
        assert!(time >= Duration::from_millis(20) && time <= start.elapsed());
        reader.reuse(block);
        // What can be read is next, also after its time.
        write.write_all(b"b").unwrap();
        let arrived = reader.next(Some(Duration::ZERO)).unwrap().unwrap();
        assert_eq!(arrived.block.text(), b"b");
        drop(write);
        let arrived = reader.next(Some(Duration::from_secs(3600))).unwrap();
        assert_eq!(arrived.unwrap().block.text(), b"");
    }

    /// An input that never waits, and has nothing.
    struct Unready;

    impl Read for Unready {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }
    }

    #[test]
    fn an_input_that_does_not_wait_is_an_error_without_a_deadline() {
        let mut reader = Reader::new(Unready, Deadline::default(), Instant::now());
        assert!(reader.next(Some(Duration::ZERO)).unwrap().is_none());
        assert!(reader.next(None).is_err());
    }
}

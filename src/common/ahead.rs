//! A thread that reads ahead: the next blocks are made while the last one is used.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvError, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// The size of a block, in bytes.
const BLOCK: usize = 256 << 10;

/// The number of blocks that wait for their use.
const AHEAD: usize = 4;

/// A reader whose input is read by a thread of its own.
///
/// Memory: [`AHEAD`] and two more blocks. Dropping it does not wait for the thread, which ends
/// when it has read its next block.
pub(crate) struct Ahead {
    blocks: Receiver<Result<Block, io::Error>>,
    used: Sender<Vec<u8>>,
    block: Block,
    has_ended: bool,
}

/// Some bytes of the input; none at its end.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Ahead {
    /// Reads `input` in a thread, or in this one if no thread can be started.
    pub(crate) fn start(input: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        let (filled, blocks) = sync_channel(AHEAD);
        let (used, empty) = channel();
        let (hand_over, input_there) = sync_channel(1);
        let run = move || {
            if let Ok(input) = input_there.recv() {
                read(input, &empty, &filled);
            }
        };
        match thread::Builder::new().spawn(run) {
            Ok(_) => {
                // The thread waits for it.
                let _ = hand_over.send(input);
                Box::new(Ahead {
                    blocks,
                    used,
                    block: Block::default(),
                    has_ended: false,
                })
            }
            Err(_) => input,
        }
    }
}

/// Reads up to the end of the input, to an error, or until the blocks are not wanted.
fn read(
    mut input: Box<dyn Read + Send>,
    empty: &Receiver<Vec<u8>>,
    filled: &SyncSender<Result<Block, io::Error>>,
) {
    loop {
        let mut bytes = empty.try_recv().unwrap_or_else(|_| vec![0; BLOCK]);
        let result = crate::common::stream::read(&mut input, &mut bytes);
        let is_last = !matches!(result, Ok(n) if n > 0);
        let block = result.map(|end| Block {
            bytes,
            start: 0,
            end,
        });
        if filled.send(block).is_err() || is_last {
            return;
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.block.start == self.block.end && !self.has_ended {
            let used = std::mem::take(&mut self.block.bytes);
            if !used.is_empty() {
                // The thread may have ended.
                let _ = self.used.send(used);
            }
            let next = self.blocks.recv();
            // Without a last block the thread has not ended as it should.
            let next = next.map_err(|RecvError| io::Error::other("the decoder stopped"))?;
            self.block = next.inspect_err(|_| self.has_ended = true)?;
            self.has_ended = self.block.end == 0;
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
            let input = Box::new(Cursor::new(bytes[..length].to_vec()));
            let mut ahead = Ahead::start(input);
            ahead.read_to_end(&mut read).unwrap();
            assert!(read == bytes[..length]);
            assert_eq!(ahead.read(&mut [0; 9]).unwrap(), 0);
        }
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it() {
        let mut read = Vec::new();
        let error = Ahead::start(Box::new(Failing(2500))).read_to_end(&mut read);
        assert_eq!(error.unwrap_err().to_string(), "failed");
        assert_eq!(read.len(), 2500);
    }

    #[test]
    fn it_may_be_dropped_before_the_end() {
        let mut ahead = Ahead::start(Box::new(io::repeat(7)));
        let mut some = [0; 10];
        ahead.read_exact(&mut some).unwrap();
        assert_eq!(some, [7; 10]);
    }
}

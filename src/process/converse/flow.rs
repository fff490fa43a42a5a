//! One direction: the output of one command on its way to the other.

use crate::common::error::Error;
use crate::common::spool::Spool;
use crate::common::stream;
use rustix::event::PollFlags;
use rustix::io::ioctl_fionread;
use std::fs::File;
use std::io::{self, Write};

/// How much is read at a time, in bytes.
pub(super) const BLOCK: usize = 128 << 10;

/// How much of the queue is kept in memory, in bytes.
const MEMORY: usize = 1 << 20;

/// How much a command may write after the other has closed its input, in bytes.
const FAREWELL: u64 = 1 << 20;

/// One direction of the conversation.
#[derive(Debug)]
pub(super) struct Flow {
    /// The output of the one. `None` after its end.
    pub(super) from: Option<File>,
    /// The input of the other. `None` when either side has closed it.
    pub(super) to: Option<File>,
    queue: Spool,
    /// The most that may be buffered, in bytes.
    most: u64,
    /// How much was written after the reader had closed its input.
    dropped: u64,
    /// Whether the writer gets SIGPIPE: its output was closed here.
    pub(super) refused: bool,
}

impl Flow {
    pub(super) fn new(from: File, to: File, most: u64) -> Flow {
        Flow {
            from: Some(from),
            to: Some(to),
            queue: Spool::new(MEMORY),
            most,
            dropped: 0,
            refused: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// The end that is read, if more may be buffered. An empty buffer takes any block.
    pub(super) fn readable(&self) -> Option<&File> {
        let has_room = self.queue.is_empty() || self.queue.len() < self.most;
        self.from.as_ref().filter(|_| has_room)
    }

    /// The end that is written to, and what to wait for there.
    pub(super) fn writable(&self) -> Option<(&File, PollFlags)> {
        let wanted = match self.queue.is_empty() {
            // `poll` reports a reader that has closed its end in any case.
            true => PollFlags::empty(),
            false => PollFlags::OUT,
        };
        Some((self.to.as_ref()?, wanted))
    }

    /// Reads what was written. `None` at the end.
    pub(super) fn take<'a>(&mut self, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>, Error> {
        let Some(from) = &mut self.from else {
            return Ok(None);
        };
        match stream::read(from, buffer) {
            Ok(0) => {
                self.from = None;
                Ok(None)
            }
            Ok(n) => Ok(Some(&buffer[..n])),
            Err(error) => Err(Error::Read(error).of("pipe")),
        }
    }

    /// How many bytes can be read at once.
    pub(super) fn waiting(&self) -> usize {
        let waiting = self
            .from
            .as_ref()
            .and_then(|from| ioctl_fionread(from).ok());
        waiting.unwrap_or(0) as usize
    }

    /// Passes on a block: into the pipe as far as that has room, and the rest into the queue.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut rest = bytes;
        if self.queue.is_empty()
            && let Some(to) = &mut self.to
        {
            match written(to, bytes)? {
                Some(n) => rest = &bytes[n..],
                None => self.to = None,
            }
        }
        if self.to.is_some() {
            return self.queue.push(rest).map_err(spooled);
        }
        self.dropped += rest.len() as u64;
        if self.dropped > FAREWELL {
            self.from = None;
            self.refused = true;
        }
        Ok(())
    }

    /// Writes buffered bytes, as many as the pipe has room for.
    pub(super) fn give(&mut self, ready: PollFlags) -> Result<(), Error> {
        let Some(to) = &mut self.to else {
            return Ok(());
        };
        let closed = if ready.contains(PollFlags::OUT) && !self.queue.is_empty() {
            match written(to, self.queue.front().map_err(spooled)?)? {
                Some(n) => {
                    self.queue.pop(n);
                    false
                }
                None => true,
            }
        } else {
            ready.intersects(PollFlags::ERR | PollFlags::NVAL)
        };
        if closed {
            self.close_input();
        }
        Ok(())
    }

    /// Closes the input, and drops the bytes that are buffered for it.
    pub(super) fn close_input(&mut self) {
        self.to = None;
        self.queue.clear();
    }

    /// Closes the input when all that was written to it is delivered.
    pub(super) fn close_when_done(&mut self) {
        if self.from.is_none() && self.queue.is_empty() {
            self.to = None;
        }
    }
}

/// Writes as much as a pipe has room for. `None` if its reader has closed it.
fn written(to: &mut File, bytes: &[u8]) -> Result<Option<usize>, Error> {
    loop {
        return match to.write(bytes) {
            Ok(n) => Ok(Some(n)),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => continue,
                io::ErrorKind::WouldBlock => Ok(Some(0)),
                io::ErrorKind::BrokenPipe => Ok(None),
                _ => Err(Error::Write(error).of("pipe")),
            },
        };
    }
}

/// An error of the queue names the folder of its file.
fn spooled(error: io::Error) -> Error {
    Error::Write(error).of(std::env::temp_dir().display().to_string())
}

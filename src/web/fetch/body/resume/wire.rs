//! The body of one answer as it comes over the wire, framing taken off. Every
//! end that is not the true end is an error.

use super::cause;
use super::errand::Errand;
use super::failure::Failure;
use super::hosts::Place;
use super::http::Body;
use super::request::Tail;
use rustix::event::{PollFd, PollFlags};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The bytes of one answer.
pub(super) struct Wire {
    body: Body,
    errand: Arc<Errand>,
    /// The longest time without a byte.
    stall: Duration,
    /// Where in the whole body we are, in bytes.
    at: u64,
    /// Where this answer ends, if that is known.
    end: Option<u64>,
    /// How many bytes the whole body has, if that is known; for messages.
    pub(super) total: Option<u64>,
    /// After its end or an error the reader must not be asked again: it would
    /// report a clean end.
    over: bool,
    /// Given up with the last byte, or with the break: who asks again needs one.
    place: Option<Place>,
}

impl Wire {
    /// The body of this answer, which begins at the whole's byte `at`, and ends
    /// before `end`, if that is known.
    pub(super) fn new(
        errand: &Arc<Errand>,
        stall: Duration,
        tail: Tail,
        at: u64,
        end: Option<u64>,
    ) -> Wire {
        Wire {
            body: tail.body,
            errand: Arc::clone(errand),
            stall,
            at,
            end,
            total: end,
            over: false,
            place: Some(tail.place),
        }
    }

    /// What has come so far, in bytes of the whole body.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Reads some bytes; 0 at the true end of the answer.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        if self.over || buffer.is_empty() {
            return Ok(0);
        }
        let wait = self.errand.wait(self.stall);
        let result = match self.body.read(buffer, wait) {
            Ok(n) => self.moved(n),
            Err(broken) => Err(cause::cut(broken, self.at, self.total, wait)),
        };
        self.note_end(result)
    }

    /// Moves some bytes to a pipe, within the kernel; None where that cannot be
    /// done now, but a read can. An error of the outer kind is the pipe's.
    pub(super) fn splice(
        &mut self,
        pipe: rustix::fd::BorrowedFd,
    ) -> Option<io::Result<Result<usize, Failure>>> {
        if self.over {
            return None;
        }
        // What the pipe's reader takes its time for does not count.
        let full =
            || rustix::event::poll(&mut [PollFd::from_borrowed_fd(pipe, PollFlags::OUT)], None);
        let _ = self.errand.clock.pause(full);
        let wait = self.errand.wait(self.stall);
        let result = match self.body.splice(pipe, wait)? {
            Ok(n) => self.moved(n),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Some(Err(error)),
            Err(error) => Err(cause::cut(error.into(), self.at, self.total, wait)),
        };
        Some(Ok(self.note_end(result)))
    }

    /// Notes that there is nothing more to read, if so.
    fn note_end(&mut self, result: Result<usize, Failure>) -> Result<usize, Failure> {
        if !matches!(result, Ok(1..)) {
            self.over = true;
            self.place = None;
        }
        result
    }

    /// So many bytes have come, 0 at the end; whether that is right.
    fn moved(&mut self, n: usize) -> Result<usize, Failure> {
        self.at += n as u64;
        match self.end {
            Some(end) if self.at > end => {
                Err(Failure::Protocol("more bytes than were announced".into()))
            }
            Some(end) if n == 0 && self.at < end => {
                Err(Failure::Truncated(cause::so_far(self.at, self.total)))
            }
            _ => Ok(n),
        }
    }
}

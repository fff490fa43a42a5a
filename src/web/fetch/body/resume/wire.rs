//! The body of one response without its framing. Every end but its true end is an error.

use crate::web::fetch::failure::Failure;
use crate::web::fetch::job::Job;
use crate::web::fetch::request::message::ResponseBody;
use crate::web::fetch::request::rate_limit::Permit;
use crate::web::fetch::transport::body::Body;
use crate::web::fetch::transport::cause;
use rustix::event::{PollFd, PollFlags};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The bytes of one response.
pub(crate) struct Wire {
    body: Body,
    job: Arc<Job>,
    /// The longest time without a byte.
    stall: Duration,
    /// The offset in the whole body.
    offset: u64,
    /// The end of this response in the whole body, if it is known.
    end: Option<u64>,
    /// The length of the whole body, if it is known; for messages.
    pub(crate) total: Option<u64>,
    /// Set at the end and after an error: a further read would report a clean end.
    is_finished: bool,
    /// The permit of the request, released at the end or after an error: a request for the
    /// rest needs one of its own.
    permit: Option<Permit>,
}

impl Wire {
    /// The body of a response that begins at `offset` of the whole body, and ends before `end`,
    /// if that is known.
    pub(crate) fn new(
        job: &Arc<Job>,
        stall: Duration,
        body: ResponseBody,
        offset: u64,
        end: Option<u64>,
    ) -> Wire {
        Wire {
            body: body.body,
            job: Arc::clone(job),
            stall,
            offset,
            end,
            total: end,
            is_finished: false,
            permit: Some(body.permit),
        }
    }

    /// The offset in the whole body.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads some bytes; 0 at the true end of the response.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        if self.is_finished || buffer.is_empty() {
            return Ok(0);
        }
        let wait = self.job.wait(self.stall);
        let result = match self.body.read(buffer, wait) {
            Ok(n) => self.advance(n),
            Err(error) => Err(cause::body_failed(error, self.offset, self.total, wait)),
        };
        self.finish_if_over(result)
    }

    /// Moves some bytes to a pipe within the kernel; None if that is not possible now, but a
    /// read is. The outer error is an error of the pipe.
    pub(crate) fn splice(
        &mut self,
        pipe: rustix::fd::BorrowedFd,
    ) -> Option<io::Result<Result<usize, Failure>>> {
        if self.is_finished {
            return None;
        }
        // The time that the pipe is full does not count.
        let until_writable =
            || rustix::event::poll(&mut [PollFd::from_borrowed_fd(pipe, PollFlags::OUT)], None);
        let _ = self.job.clock.pause(until_writable);
        let wait = self.job.wait(self.stall);
        let result = match self.body.splice(pipe, wait)? {
            Ok(n) => self.advance(n),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Some(Err(error)),
            Err(error) => Err(cause::body_failed(
                error.into(),
                self.offset,
                self.total,
                wait,
            )),
        };
        Some(Ok(self.finish_if_over(result)))
    }

    /// Releases the permit at the end and after an error.
    fn finish_if_over(&mut self, result: Result<usize, Failure>) -> Result<usize, Failure> {
        if !matches!(result, Ok(1..)) {
            self.is_finished = true;
            self.permit = None;
        }
        result
    }

    /// Adds a number of bytes, 0 at the end, and checks them against the expected end.
    fn advance(&mut self, n: usize) -> Result<usize, Failure> {
        self.offset += n as u64;
        match self.end {
            Some(end) if self.offset > end => {
                Err(Failure::Protocol("more bytes than were announced".into()))
            }
            Some(end) if n == 0 && self.offset < end => Err(Failure::Truncated(
                cause::progress(self.offset, self.total).into(),
            )),
            _ => Ok(n),
        }
    }
}

//! A body that is resumed: every byte exactly once, or an error.
//!
//! A body is broken if its rest does not arrive: a connection that is closed or reset, a
//! timeout, invalid framing. After a wait (`retry`) the server gets another request:
//!
//! - If the response had a strong validator (`range`), the request is for the rest of that
//!   version: `Range` with `If-Range`. With status 206 the rest follows, and its head must
//!   fit to the byte. Status 416 means that there is no rest: the body must be complete.
//! - Otherwise, and if the server sends the whole body all the same (200), the body is read
//!   from its beginning. The part that was received before is skipped, and must be the same.
//!   It is compared by a hash (`fingerprint`), computed from the first byte on, unless the
//!   server supports ranges of this version: then the validator must be the same.
//!
//! A body that has changed is an error ([`Failure::Changed`]); two versions are never spliced.
//! [`Options::retry`](crate::web::fetch::Options) limits the number of retries in a row without
//! a new byte.
//!
//! A body with neither length nor chunks (HTTP/1.0) ends with a FIN. A truncated one looks the
//! same.

use super::source::Source;
use crate::common::error::Error;
use crate::web::fetch::address::parse;
use crate::web::fetch::failure::{Failure, RANGE_NOT_SATISFIABLE};
use crate::web::fetch::job::Job;
use crate::web::fetch::request::message::{
    Request, RequestError, Response, ResponseBody, ResponseHead,
};
use crate::web::fetch::request::session::Session;
use crate::web::fetch::request::{retry, send};
use crate::web::fetch::transport::cause;
use crate::web::fetch::transport::head::items;
use fingerprint::Fingerprint;
use range::{ContentRange, Validator};
use rustix::fd::BorrowedFd;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::StatusCode;
use ureq::http::header::CONTENT_ENCODING;
use url::Url;
use wire::Wire;

mod fingerprint;
pub(crate) mod range;
mod wire;

/// The size of a read of the part to skip, in bytes.
const SKIP: usize = 64 << 10;

/// A body that is resumed where it breaks.
pub(crate) struct Resumed {
    session: Arc<Session>,
    job: Arc<Job>,
    /// The URL of the body, after redirects.
    url: Url,
    wire: Wire,
    /// Whether the response is a part, which may end before the body does.
    in_part: bool,
    /// The validator of the version that is being read.
    validator: Option<Validator>,
    /// Whether the server supports ranges, as far as it is known.
    has_ranges: bool,
    encodings: Vec<String>,
    total: Option<u64>,
    /// The number of bytes that were read.
    offset: u64,
    /// The hash of these bytes, if it may be needed.
    prefix: Option<Fingerprint>,
    /// The number of retries since the last new byte.
    retries: u32,
    is_finished: bool,
}

/// The result of a request for the rest: go on reading, or the body is complete.
type Rest = ControlFlow<()>;

impl Resumed {
    /// The body of the first response.
    pub(crate) fn new(
        session: &Arc<Session>,
        job: &Arc<Job>,
        head: &ResponseHead,
        body: ResponseBody,
    ) -> Resumed {
        let total = body.body.framing().length();
        job.set_total(total);
        let validator = Validator::of(&head.headers);
        let offered = range::are_offered(&head.headers);
        let is_resumable = validator.is_some() && offered == Some(true);
        Resumed {
            session: Arc::clone(session),
            job: Arc::clone(job),
            url: head.url.clone(),
            has_ranges: validator.is_some() && offered != Some(false),
            validator,
            encodings: items(&head.headers, CONTENT_ENCODING),
            total,
            wire: Wire::new(job, session.options.stall_timeout, body, 0, total),
            in_part: false,
            offset: 0,
            prefix: (!is_resumable).then(Fingerprint::new),
            retries: 0,
            is_finished: false,
        }
    }

    fn wire(&self, body: ResponseBody, offset: u64, end: Option<u64>) -> Wire {
        let stall = self.session.options.stall_timeout;
        Wire::new(&self.job, stall, body, offset, end)
    }

    /// Resumes a broken body, with retries.
    fn resume(&mut self, broken: Failure) -> Result<Rest, Failure> {
        // A body that begins with invalid framing is not broken: it would be the same again.
        if self.offset == 0 && matches!(broken, Failure::Garbled(_)) {
            return Err(broken);
        }
        let mut last = broken.clone();
        let mut retry_after = None;
        loop {
            if last.is_too_long() {
                return Err(last);
            }
            if self.retries >= self.session.options.retry || !self.wait(retry_after) {
                return Err(last.after(broken));
            }
            match self.request_rest() {
                Ok(rest) => return Ok(rest),
                Err(error) if error.failure.is_resumable() => {
                    last = error.failure;
                    retry_after = error.retry_after;
                }
                Err(error) => return Err(error.failure.after(broken)),
            }
        }
    }

    /// Waits before a retry; false if the deadline is earlier.
    fn wait(&mut self, retry_after: Option<Duration>) -> bool {
        self.retries += 1;
        self.job.count_retry();
        let first = self.session.options.retry_delay;
        let delay = retry::delay(first, self.retries, retry_after);
        self.job.clock.sleep(delay)
    }

    /// Requests the rest, or the whole body, once.
    fn request_rest(&mut self) -> Result<Rest, RequestError> {
        let validator = self.validator.as_ref().filter(|_| self.has_ranges);
        let mut request = Request::default();
        if self.offset > 0 {
            request.rest = validator.map(|validator| (self.offset, validator.as_str()));
        }
        let Response { head, body } = self.send(&request)?;
        match head.status {
            StatusCode::PARTIAL_CONTENT => self.continue_with_part(&head, body)?,
            StatusCode::RANGE_NOT_SATISFIABLE => {
                self.check_end(&head)?;
                return Ok(Rest::Break(()));
            }
            _ => self.restart(&head, body)?,
        }
        Ok(Rest::Continue(()))
    }

    /// Requests the URL of the body, and the first URL if that fails: the target of a redirect
    /// may be valid for one request or a few minutes only.
    fn send(&self, request: &Request) -> Result<Response, RequestError> {
        let error = match send(&self.session, &self.job, self.url.clone(), request) {
            Err(error) => error,
            response => return response,
        };
        match parse(self.job.url()) {
            Ok(first) if first != self.url && !error.failure.is_resumable() => {
                send(&self.session, &self.job, first, request)
            }
            _ => Err(error),
        }
    }

    /// Status 206: continues with the rest, after checking that it is the rest of this version.
    fn continue_with_part(
        &mut self,
        head: &ResponseHead,
        body: ResponseBody,
    ) -> Result<(), Failure> {
        let Some(ContentRange::Part { first, last, total }) = ContentRange::of(&head.headers)
        else {
            return Err(Failure::Protocol("206 without a Content-Range".into()));
        };
        if first != self.offset {
            let message = format!("bytes from {first} instead of {} on", self.offset);
            return Err(Failure::Protocol(message.into()));
        }
        self.check_total(total)?;
        // A tag is required in a part (RFC 9110, 15.3.7), a time is not.
        let is_same = self.validator.as_ref().is_some_and(|validator| {
            let default = matches!(validator, Validator::Modified(_));
            validator.matches(&head.headers, default)
        });
        if !is_same {
            return Err(Failure::Changed("the rest is of another version".into()));
        }
        if head.headers.contains_key(CONTENT_ENCODING) {
            self.check_encodings(head)?;
        }
        let end = last + 1;
        check_length(&body, end - first)?;
        self.total = self.total.or(total);
        self.wire = self.wire(body, first, Some(end));
        self.in_part = true;
        self.set_total();
        Ok(())
    }

    /// Status 416: checks that the body ends at the offset.
    fn check_end(&mut self, head: &ResponseHead) -> Result<(), Failure> {
        match ContentRange::of(&head.headers) {
            Some(ContentRange::Unsatisfied { total })
                if total == self.offset && self.total.is_none_or(|known| known == total) =>
            {
                Ok(())
            }
            Some(ContentRange::Unsatisfied { total }) => {
                let message = format!("{total} bytes only, {} have come", self.offset);
                Err(Failure::Changed(message.into()))
            }
            _ => {
                // The response contradicts itself: the next request is for the whole body.
                self.has_ranges = false;
                Err(Failure::Status(RANGE_NOT_SATISFIABLE))
            }
        }
    }

    /// Status 200: continues with the whole body behind the part that was read before.
    fn restart(&mut self, head: &ResponseHead, body: ResponseBody) -> Result<(), Failure> {
        let total = body.body.framing().length();
        self.check_encodings(head)?;
        if self.offset > 0 {
            self.check_total(total)?;
        }
        let matches = |validator: &Validator| validator.matches(&head.headers, false);
        let has_same_validator = self.validator.as_ref().is_some_and(matches);
        if self.offset > 0 && self.prefix.is_none() && !has_same_validator {
            let message = "another version, and no part of this one";
            return Err(Failure::Changed(message.into()));
        }
        let validator = Validator::of(&head.headers);
        let offered = range::are_offered(&head.headers);
        let mut wire = self.wire(body, 0, total);
        self.skip_prefix(&mut wire)?;
        // This version is being read from now on.
        self.has_ranges = validator.is_some() && offered != Some(false) && self.has_ranges;
        self.validator = validator;
        self.total = total.or(self.total.filter(|_| self.offset > 0));
        self.wire = wire;
        self.in_part = false;
        self.set_total();
        Ok(())
    }

    fn check_encodings(&self, head: &ResponseHead) -> Result<(), Failure> {
        match items(&head.headers, CONTENT_ENCODING) == self.encodings {
            true => Ok(()),
            false => Err(Failure::Changed("another content encoding".into())),
        }
    }

    fn check_total(&self, total: Option<u64>) -> Result<(), Failure> {
        match (total, self.total) {
            (Some(now), Some(before)) if now != before => Err(Failure::Changed(
                format!("{now} bytes instead of {before}").into(),
            )),
            _ => Ok(()),
        }
    }

    fn set_total(&mut self) {
        self.wire.total = self.total;
        self.job.set_total(self.total);
    }

    /// Reads the part that was read before, and compares it.
    fn skip_prefix(&self, wire: &mut Wire) -> Result<(), Failure> {
        let mut hash = self.prefix.as_ref().map(Fingerprint::restart);
        let mut buffer = vec![0; SKIP];
        while wire.offset() < self.offset {
            let left = (self.offset - wire.offset()).min(SKIP as u64) as usize;
            let n = wire.read(&mut buffer[..left])?;
            if n == 0 {
                let message = format!("less than {} bytes", self.offset);
                return Err(Failure::Changed(message.into()));
            }
            if let Some(hash) = &mut hash {
                hash.update(&buffer[..n]);
            }
        }
        match self.prefix == hash {
            true => Ok(()),
            false => {
                let message = format!("its first {} bytes differ", self.offset);
                Err(Failure::Changed(message.into()))
            }
        }
    }

    /// Handles the result of a read: the number of new bytes; 0 at the end of the body, or if
    /// the next read continues.
    fn after_read(&mut self, read: Result<usize, Failure>) -> Result<usize, Failure> {
        let rest = match read {
            Ok(0) => self.after_end(),
            Ok(n) => {
                self.offset += n as u64;
                self.job.add_received(n);
                self.retries = 0;
                return Ok(n);
            }
            Err(broken) => self.resume(broken),
        };
        self.is_finished = !matches!(rest, Ok(Rest::Continue(())));
        rest.map(|_| 0)
    }

    /// Handles the true end of a response, which need not be the end of the body: a server may
    /// send a shorter part than requested.
    fn after_end(&mut self) -> Result<Rest, Failure> {
        let is_complete = match self.total {
            Some(total) => self.offset >= total,
            None => !self.in_part,
        };
        if is_complete {
            return Ok(Rest::Break(()));
        }
        self.request_rest().or_else(|_| {
            let progress = cause::progress(self.offset, self.total);
            self.resume(Failure::Truncated(progress.into()))
        })
    }
}

/// Checks that the length of a part is the length in the head.
fn check_length(body: &ResponseBody, length: u64) -> Result<(), Failure> {
    match body.body.framing().length() {
        Some(other) if other != length => Err(Failure::Protocol(
            format!("Content-Range of {length} bytes, Content-Length {other}").into(),
        )),
        _ => Ok(()),
    }
}

impl Read for Resumed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.is_finished {
            let read = self.wire.read(buffer);
            if let Ok(n @ 1..) = read
                && let Some(prefix) = &mut self.prefix
            {
                prefix.update(&buffer[..n]);
            }
            let n = self.after_read(read)?;
            if n > 0 {
                return Ok(n);
            }
        }
        Ok(0)
    }
}

impl Source for Resumed {
    fn splice(&mut self, pipe: BorrowedFd) -> Option<Result<usize, Error>> {
        // A hash needs the bytes.
        if self.is_finished || self.prefix.is_some() {
            return None;
        }
        let moved = match self.wire.splice(pipe)? {
            Ok(moved) => moved,
            Err(error) => return Some(Err(Error::Write(error))),
        };
        match self.after_read(moved) {
            Ok(0) if !self.is_finished => None,
            Ok(n) => Some(Ok(n)),
            Err(failure) => Some(Err(failure.into())),
        }
    }
}

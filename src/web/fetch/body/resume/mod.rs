//! A body that survives breaks: every byte is handed on exactly once, or there
//! is an error.
//!
//! A break is whatever keeps the rest of a body from coming: a connection cut
//! or reset, silence, a chunk that is none. Then, after a wait (`retry`), the
//! server is asked again:
//!
//! - If it gave its version of the body a name (a strong validator, `range`),
//!   for the rest of that version: `Range` with `If-Range`. With 206 the rest
//!   comes, and what the head says about it must fit to the byte. 416 says that
//!   there is none: then what was handed on must be all.
//! - Otherwise, and if the server answers with the whole all the same (200), the
//!   body is read anew: the bytes that were handed on before are skipped, and
//!   must be the same. They are known by a hash (`fingerprint`), which is kept from the
//!   first byte on, unless the server said that it will give ranges of this
//!   version: then that name must be the same.
//!
//! A body that is another one by now is an error ([`Failure::Changed`]), never
//! a splice. So is a body that breaks too often: as many tries are made as
//! [`Options::retry`](super::Options) says without one new byte.
//!
//! What cannot be seen: a plain FIN ends a body that has neither length nor
//! chunks (HTTP/1.0). That may have been a cut.

use super::address::parse;
use super::cause;
use super::errand::Errand;
use super::failure::{Failure, NO_RANGE};
use super::fingerprint::Fingerprint;
use super::http::items;
use super::page::Source;
use super::range::{self, ContentRange, Validator};
use super::request::{Answer, Head, Question, Refusal, Tail, ask};
use super::wire::Wire;
use super::{Inner, retry};
use crate::common::error::Error;
use rustix::fd::BorrowedFd;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::StatusCode;
use ureq::http::header::CONTENT_ENCODING;
use url::Url;

/// How much is skipped at a time, in bytes.
const SKIP: usize = 64 << 10;

/// The whole body, whatever it takes.
pub(super) struct Resumed {
    inner: Arc<Inner>,
    errand: Arc<Errand>,
    /// Where the body is, after all redirects.
    url: Url,
    wire: Wire,
    /// Whether that is a part, which may not reach to the end.
    in_part: bool,
    /// The name of the version that is being read.
    validator: Option<Validator>,
    /// Whether the server gives parts, as far as we know.
    parts: bool,
    encodings: Vec<String>,
    total: Option<u64>,
    /// How much was handed on, in bytes.
    offset: u64,
    /// The hash of that, if it may be needed.
    prefix: Option<Fingerprint>,
    /// How often it was tried in vain since the last new byte.
    tries: u32,
    over: bool,
}

/// What came of asking again.
enum Again {
    /// It goes on.
    Resumed,
    /// What was handed on was all there is.
    Complete,
}

impl Resumed {
    /// The body of a first answer.
    pub(super) fn new(
        inner: &Arc<Inner>,
        errand: &Arc<Errand>,
        head: &Head,
        tail: Tail,
    ) -> Resumed {
        let total = tail.body.framing().length();
        errand.expect(total);
        let validator = Validator::of(&head.headers);
        let offered = range::are_offered(&head.headers);
        let sure = validator.is_some() && offered == Some(true);
        Resumed {
            inner: Arc::clone(inner),
            errand: Arc::clone(errand),
            url: head.url.clone(),
            parts: validator.is_some() && offered != Some(false),
            validator,
            encodings: items(&head.headers, CONTENT_ENCODING),
            total,
            wire: Wire::new(errand, inner.options.stall_timeout, tail, 0, total),
            in_part: false,
            offset: 0,
            prefix: (!sure).then(Fingerprint::new),
            tries: 0,
            over: false,
        }
    }

    fn wire(&self, tail: Tail, at: u64, end: Option<u64>) -> Wire {
        Wire::new(
            &self.errand,
            self.inner.options.stall_timeout,
            tail,
            at,
            end,
        )
    }

    /// Gets over a break: asks again until it goes on, or there is no hope.
    fn mend(&mut self, broken: Failure) -> Result<Again, Failure> {
        // What begins so is no break of a body: it would begin so again.
        if self.offset == 0 && matches!(broken, Failure::Garbled(_)) {
            return Err(broken);
        }
        let mut last = (broken.clone(), None);
        loop {
            if last.0.is_too_long() {
                return Err(last.0);
            }
            if self.tries >= self.inner.options.retry || !self.wait(last.1) {
                return Err(last.0.ending(broken));
            }
            match self.again() {
                Ok(again) => return Ok(again),
                Err(refusal) if refusal.failure.may_pass() => {
                    last = (refusal.failure, refusal.after);
                }
                Err(refusal) => return Err(refusal.failure.ending(broken)),
            }
        }
    }

    fn wait(&mut self, asked: Option<Duration>) -> bool {
        self.tries += 1;
        self.errand.retried();
        let delay = retry::delay(self.inner.options.retry_delay, self.tries, asked);
        self.errand.clock.sleep(delay)
    }

    /// Asks for the rest, or for the whole, once.
    fn again(&mut self) -> Result<Again, Refusal> {
        let validator = self.validator.as_ref().filter(|_| self.parts);
        let mut question = Question::whole();
        if self.offset > 0 {
            question.rest = validator.map(|version| (self.offset, version.as_str()));
        }
        let Answer { head, tail } = self.ask(&question)?;
        match head.status {
            StatusCode::PARTIAL_CONTENT => self.part(&head, tail),
            StatusCode::RANGE_NOT_SATISFIABLE => self.nothing_left(&head),
            _ => self.anew(&head, tail),
        }
    }

    /// Asks where the body was; and where that is refused, at the first URL: what it
    /// redirects to may be good for one request, or some minutes.
    fn ask(&self, question: &Question) -> Result<Answer, Refusal> {
        let refusal = match ask(&self.inner, &self.errand, self.url.clone(), question) {
            Err(refusal) => refusal,
            answer => return answer,
        };
        match parse(self.errand.url()) {
            Ok(first) if first != self.url && !refusal.failure.may_pass() => {
                ask(&self.inner, &self.errand, first, question)
            }
            _ => Err(refusal),
        }
    }

    /// 206: the rest, if it is the rest of this.
    fn part(&mut self, head: &Head, tail: Tail) -> Result<Again, Refusal> {
        let Some(ContentRange::Part { first, last, total }) = ContentRange::of(&head.headers)
        else {
            return Err(Failure::Protocol("206 without a Content-Range".into()).into());
        };
        if first != self.offset {
            let cause = format!("bytes from {first} instead of {} on", self.offset);
            return Err(Failure::Protocol(cause).into());
        }
        if let (Some(now), Some(before)) = (total, self.total)
            && now != before
        {
            return Err(Failure::Changed(format!("{now} bytes instead of {before}")).into());
        }
        // A tag must come with a part (RFC 9110, 15.3.7), a time need not.
        let same = self.validator.as_ref().is_some_and(|version| {
            let silent = matches!(version, Validator::Modified(_));
            version.is_of(&head.headers, silent)
        });
        if !same {
            return Err(Failure::Changed("the rest is of another version".into()).into());
        }
        let encodings = items(&head.headers, CONTENT_ENCODING);
        let named = head.headers.contains_key(CONTENT_ENCODING);
        if named && encodings != self.encodings {
            return Err(Failure::Changed("another content encoding".into()).into());
        }
        let end = last + 1;
        fits(&tail, end - first)?;
        self.total = self.total.or(total);
        self.wire = self.wire(tail, first, Some(end));
        self.in_part = true;
        self.wire.total = self.total;
        self.errand.expect(self.total);
        Ok(Again::Resumed)
    }

    /// 416: there is nothing from the offset on.
    fn nothing_left(&mut self, head: &Head) -> Result<Again, Refusal> {
        match ContentRange::of(&head.headers) {
            Some(ContentRange::Beyond { total })
                if total == self.offset && self.total.is_none_or(|known| known == total) =>
            {
                Ok(Again::Complete)
            }
            Some(ContentRange::Beyond { total }) => {
                let cause = format!("{total} bytes only, {} have come", self.offset);
                Err(Failure::Changed(cause).into())
            }
            _ => {
                // It does not know what it says: no parts from this one.
                self.parts = false;
                Err(Failure::Status(NO_RANGE).into())
            }
        }
    }

    /// 200: the whole once more, whose beginning must be what was handed on.
    fn anew(&mut self, head: &Head, tail: Tail) -> Result<Again, Refusal> {
        let total = tail.body.framing().length();
        if items(&head.headers, CONTENT_ENCODING) != self.encodings {
            return Err(Failure::Changed("another content encoding".into()).into());
        }
        if let (Some(now), Some(before)) = (total, self.total)
            && now != before
            && self.offset > 0
        {
            return Err(Failure::Changed(format!("{now} bytes instead of {before}")).into());
        }
        let named = |version: &Validator| version.is_of(&head.headers, false);
        let same_name = self.validator.as_ref().is_some_and(named);
        if self.offset > 0 && self.prefix.is_none() && !same_name {
            let cause = "another version, and no part of this one";
            return Err(Failure::Changed(cause.into()).into());
        }
        let validator = Validator::of(&head.headers);
        let offered = range::are_offered(&head.headers);
        let mut wire = self.wire(tail, 0, total);
        self.skip(&mut wire)?;
        // From here on it is this version.
        self.parts = validator.is_some() && offered != Some(false) && self.parts;
        self.validator = validator;
        self.total = total.or(self.total.filter(|_| self.offset > 0));
        self.wire = wire;
        self.in_part = false;
        self.wire.total = self.total;
        self.errand.expect(self.total);
        Ok(Again::Resumed)
    }

    /// Reads what was handed on before, once more, and compares.
    fn skip(&self, wire: &mut Wire) -> Result<(), Refusal> {
        let mut hash = self.prefix.as_ref().map(Fingerprint::of_nothing);
        let mut buffer = vec![0; SKIP];
        let shorter = || Failure::Changed(format!("less than {} bytes", self.offset));
        while wire.at() < self.offset {
            let left = (self.offset - wire.at()).min(SKIP as u64) as usize;
            let n = wire.read(&mut buffer[..left])?;
            if n == 0 {
                return Err(shorter().into());
            }
            if let Some(hash) = &mut hash {
                hash.update(&buffer[..n]);
            }
        }
        match self.prefix == hash {
            true => Ok(()),
            false => {
                let cause = format!("its first {} bytes differ", self.offset);
                Err(Failure::Changed(cause).into())
            }
        }
    }

    /// What follows from a read: the number of bytes that were handed on; 0 if it is
    /// over, or goes on with the next read.
    fn after(&mut self, read: Result<usize, Failure>) -> Result<usize, Failure> {
        let again = match read {
            Ok(0) => self.ended(),
            Ok(n) => {
                self.offset += n as u64;
                self.errand.came(n);
                self.tries = 0;
                return Ok(n);
            }
            Err(broken) => self.mend(broken),
        };
        self.over = !matches!(again, Ok(Again::Resumed));
        again.map(|_| 0)
    }

    /// An answer has come to its true end. Whether that is the end of the body:
    /// a server may give a shorter part than it was asked for.
    fn ended(&mut self) -> Result<Again, Failure> {
        let complete = match self.total {
            Some(total) => self.offset >= total,
            None => !self.in_part,
        };
        if complete {
            return Ok(Again::Complete);
        }
        self.again().or_else(|_| {
            let so_far = cause::so_far(self.offset, self.total);
            self.mend(Failure::Truncated(so_far))
        })
    }
}

/// A length that a head tells must be the length that it tells elsewhere.
fn fits(tail: &Tail, length: u64) -> Result<(), Failure> {
    match tail.body.framing().length() {
        Some(other) if other != length => Err(Failure::Protocol(format!(
            "Content-Range of {length} bytes, Content-Length {other}"
        ))),
        _ => Ok(()),
    }
}

impl Read for Resumed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.over {
            let read = self.wire.read(buffer);
            if let Ok(n @ 1..) = read
                && let Some(prefix) = &mut self.prefix
            {
                prefix.update(&buffer[..n]);
            }
            let n = self.after(read)?;
            if n > 0 {
                return Ok(n);
            }
        }
        Ok(0)
    }
}

impl Source for Resumed {
    fn splice(&mut self, pipe: BorrowedFd) -> Option<Result<usize, Error>> {
        // What must be hashed must be read.
        if self.over || self.prefix.is_some() {
            return None;
        }
        let moved = match self.wire.splice(pipe)? {
            Ok(moved) => moved,
            Err(error) => return Some(Err(Error::Write(error))),
        };
        match self.after(moved) {
            Ok(0) if !self.over => None,
            Ok(n) => Some(Ok(n)),
            Err(failure) => Some(Err(failure.into())),
        }
    }
}

//! The body of one answer as it comes over the wire, framing taken off. Every
//! end that is not the true end is an error.

use super::cause;
use super::errand::Errand;
use super::failure::Failure;
use super::hosts::Place;
use super::request::{Head, Tail};
use super::{Inner, Options};
use std::io::{self, Read};
use std::sync::Arc;
use ureq::BodyReader;
use ureq::http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, TRANSFER_ENCODING};
use ureq::http::{StatusCode, Version};

/// The bytes of one answer.
pub(super) struct Wire {
    reader: BodyReader<'static>,
    inner: Arc<Inner>,
    errand: Arc<Errand>,
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
        inner: &Arc<Inner>,
        errand: &Arc<Errand>,
        tail: Tail,
        at: u64,
        end: Option<u64>,
    ) -> Wire {
        Wire {
            reader: tail.body.into_reader(),
            inner: Arc::clone(inner),
            errand: Arc::clone(errand),
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
        let result = self.attempt(buffer);
        if !matches!(result, Ok(1..)) {
            self.over = true;
            self.place = None;
        }
        result
    }

    fn attempt(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let options: &Options = &self.inner.options;
        let n = loop {
            match self.errand.on_network(|| self.reader.read(buffer)) {
                Ok(n) => break n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(cause::cut(error.into(), self.at, self.total, options));
                }
            }
        };
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

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// By its length.
    Sized(u64),
    /// By an empty chunk.
    Chunked,
    /// By the end of the connection.
    Close,
}

impl Framing {
    /// How many bytes the body has, if its head says so.
    pub(super) fn length(self) -> Option<u64> {
        match self {
            Framing::Sized(length) => Some(length),
            Framing::Chunked | Framing::Close => None,
        }
    }
}

/// How the body of an answer is framed. A transfer encoding that is not
/// chunked, or that is in the old protocol that has none, would be handed on as if it
/// were the body.
pub(super) fn framing(head: &Head) -> Result<Framing, Failure> {
    let codings = list(&head.headers, TRANSFER_ENCODING);
    match codings.as_slice() {
        [] if head.status == StatusCode::NO_CONTENT => Ok(Framing::Sized(0)),
        [] => {
            let length = head.headers.get(CONTENT_LENGTH);
            let length = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
            Ok(length.map_or(Framing::Close, Framing::Sized))
        }
        [only] if only == "chunked" && head.version >= Version::HTTP_11 => Ok(Framing::Chunked),
        codings => Err(Failure::Protocol(format!(
            "transfer encoding {} not understood",
            codings.join(", ")
        ))),
    }
}

/// The items of a header that is a list, in lower case, over all its lines.
pub(super) fn list(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let mut items = Vec::new();
    for value in headers.get_all(name) {
        for item in String::from_utf8_lossy(value.as_bytes()).split(',') {
            match item.trim().to_ascii_lowercase() {
                item if item.is_empty() || item == "identity" => {}
                item => items.push(item),
            }
        }
    }
    items
}

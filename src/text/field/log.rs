//! Common and combined logs of web servers, by shape and not by counting blanks.
//!
//! ```text
//! HOST IDENT USER [TIME] "REQUEST" STATUS BYTES "REFERER" "AGENT" …
//! ```
//!
//! A user, a request or a path with blanks shifts no other field. The user is all that precedes
//! the time in brackets, and the request ends where a quote, a blank, three digits and a blank
//! follow. nginx, Apache and Varnish escape quotes, so nothing in a user can look like a time with a
//! request after it, and nothing in a request like its end.

use super::lines::{Lines, each_line};
use super::marks::Marks;
use super::quoted::{closing, is_escaped};
use super::records::Records;
use crate::common::error::Error;
use memchr::{memchr, memchr_iter, memrchr};
use std::ops::Range;

/// A field of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// The first field.
    Host,
    /// The second field.
    Ident,
    /// What is between it and the time.
    User,
    /// `28/Nov/2026:10:11:12 +0000`.
    Time,
    /// `28/Nov/2026`.
    Date,
    /// `28/Nov/2026:10`.
    Hour,
    /// `28/Nov/2026:10:11`.
    Minute,
    /// `GET /a?b HTTP/1.1`.
    Request,
    /// `GET`.
    Method,
    /// `/a?b`.
    Target,
    /// `/a`.
    Path,
    /// `b`.
    Query,
    /// `HTTP/1.1`.
    Protocol,
    /// Three digits.
    Status,
    /// What follows the status.
    Bytes,
    /// The first field in quotes after that.
    Referer,
    /// The second one.
    Agent,
}

impl Name {
    /// All of them, as they are written.
    pub const ALL: [(&str, Name); 17] = [
        ("host", Name::Host),
        ("ident", Name::Ident),
        ("user", Name::User),
        ("time", Name::Time),
        ("date", Name::Date),
        ("hour", Name::Hour),
        ("minute", Name::Minute),
        ("request", Name::Request),
        ("method", Name::Method),
        ("target", Name::Target),
        ("path", Name::Path),
        ("query", Name::Query),
        ("protocol", Name::Protocol),
        ("status", Name::Status),
        ("bytes", Name::Bytes),
        ("referer", Name::Referer),
        ("agent", Name::Agent),
    ];
}

/// Fields of logs.
#[derive(Debug)]
pub struct Log {
    names: Vec<Name>,
    ends: Marks,
}

impl Log {
    /// These fields of each line.
    pub fn new(names: Vec<Name>) -> Self {
        Log {
            names,
            ends: Marks::default(),
        }
    }
}

/// Why a line is no line of a log.
const NO_TIME: &str = "no time in brackets, as in [28/Nov/2026:10:11:12 +0000]";
const NO_STATUS: &str = "no request in quotes with a status after it";

impl Lines for Log {
    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        self.ends.find(b'\n', text);
        each_line(text, &self.ends, records, |start, end, records| {
            let line = &text[start..end];
            match (Line::parse(line), &self.names[..]) {
                (Ok(line), [name]) => records.one(line.field(*name)),
                (Ok(line), names) => {
                    records.begin();
                    names
                        .iter()
                        .for_each(|name| records.field(line.field(*name)));
                    records.end();
                }
                (Err(cause), _) => records.does_not_parse(records.line, cause),
            }
        });
        Ok(())
    }
}

/// A line, and where its anchors are.
struct Line<'a> {
    line: &'a [u8],
    /// The place of the bracket before the time.
    bracket: usize,
    /// The time without its brackets.
    time: Range<usize>,
    /// The request without its quotes.
    request: Range<usize>,
}

/// The length of `28/Nov/2026:10:11:12`.
const TIME: usize = 20;

/// The most bytes between that and the bracket behind it.
const ZONE: usize = 32;

impl<'a> Line<'a> {
    #[inline]
    fn parse(line: &'a [u8]) -> Result<Self, &'static str> {
        let mut other = None;
        for bracket in memchr_iter(b'[', line) {
            let Some(end) = time_end(line, bracket) else {
                continue;
            };
            match line.get(end + 1..end + 3) {
                Some(b" \"") => {
                    return Line::with_request(line, bracket, end, end + 3);
                }
                _ => other = other.or(Some((bracket, end))),
            }
        }
        // More fields between the time and the request, as in the logs of Amazon's S3.
        let (bracket, end) = other.ok_or(NO_TIME)?;
        let quote = find(b" \"", line, end).ok_or(NO_STATUS)?;
        Line::with_request(line, bracket, end, quote + 2)
    }

    /// The line with these anchors and a request that begins at `start`.
    #[inline]
    fn with_request(
        line: &'a [u8],
        bracket: usize,
        time_end: usize,
        start: usize,
    ) -> Result<Self, &'static str> {
        let quotes = || memchr_iter(b'"', &line[start..]).map(|n| start + n);
        let has_status = |at: &usize| is_status(&line[at + 1..]);
        let has_none = |at: &usize| {
            let rest = &line[at + 1..];
            rest.starts_with(b" - ") || rest.starts_with(b" -1 ")
        };
        let is_plain = |at: &usize| !is_escaped(&line[start..*at]);
        let end = quotes()
            .find(|at| has_status(at) && is_plain(at))
            // Without a response there may be another status, such as that of Apache and HAProxy.
            .or_else(|| quotes().find(|at| has_none(at) && is_plain(at)))
            // Some servers escape no backslashes.
            .or_else(|| quotes().find(has_status));
        Ok(Line {
            line,
            bracket,
            time: bracket + 1..time_end,
            request: start..end.ok_or(NO_STATUS)?,
        })
    }

    /// A field; none if the line does not have it.
    #[inline]
    fn field(&self, name: Name) -> Option<&'a [u8]> {
        let line = self.line;
        let time = &line[self.time.clone()];
        match name {
            Name::Host => self.before_time().next(),
            Name::Ident => self.before_time().nth(1),
            Name::User => self.user(),
            Name::Time => Some(time),
            Name::Date => Some(&time[.."28/Nov/2026".len()]),
            Name::Hour => Some(&time[.."28/Nov/2026:10".len()]),
            Name::Minute => Some(&time[.."28/Nov/2026:10:11".len()]),
            Name::Request => Some(&line[self.request.clone()]),
            Name::Method => self.parts().map(|(method, _, _)| method),
            Name::Target => self.parts().map(|(_, target, _)| target),
            Name::Path => self
                .parts()
                .map(|(_, target, _)| match memchr(b'?', target) {
                    Some(at) => &target[..at],
                    None => target,
                }),
            Name::Query => {
                let (_, target, _) = self.parts()?;
                Some(&target[memchr(b'?', target)? + 1..])
            }
            Name::Protocol => self.parts().map(|(_, _, protocol)| protocol),
            Name::Status => self.after_request().next(),
            Name::Bytes => self.after_request().nth(1),
            Name::Referer => self.quoted(0),
            Name::Agent => self.quoted(1),
        }
    }

    /// The fields between blanks before the time.
    fn before_time(&self) -> impl Iterator<Item = &'a [u8]> {
        fields(&self.line[..self.bracket])
    }

    /// The user, with blanks.
    fn user(&self) -> Option<&'a [u8]> {
        let before = self.line[..self.bracket].strip_suffix(b" ")?;
        let host = memchr(b' ', before)?;
        let ident = host + 1 + memchr(b' ', &before[host + 1..])?;
        Some(&before[ident + 1..])
    }

    /// The fields between blanks after the request.
    fn after_request(&self) -> impl Iterator<Item = &'a [u8]> {
        fields(&self.line[self.request.end + 1..])
    }

    /// Method, target and protocol, if the request has all of them. The target may have blanks.
    #[inline]
    fn parts(&self) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        let request = &self.line[self.request.clone()];
        let first = memchr(b' ', request)?;
        let last = memrchr(b' ', request)?;
        let (method, protocol) = (&request[..first], &request[last + 1..]);
        let is_request = first + 1 < last
            && protocol.starts_with(b"HTTP/")
            && !method.is_empty()
            && method.iter().all(|&byte| is_token(byte));
        is_request.then(|| (method, &request[first + 1..last], protocol))
    }

    /// A field in quotes after the number of bytes.
    fn quoted(&self, n: usize) -> Option<&'a [u8]> {
        let line = self.line;
        // Behind the blank before the status.
        let mut at = self.request.end + 2;
        for skipped in 0..=n {
            let start = find(b" \"", line, at)? + 2;
            let end = closing(line, start, b'"').unwrap_or(line.len());
            if skipped == n {
                return Some(&line[start..end]);
            }
            at = (end + 1).min(line.len());
        }
        None
    }
}

/// The fields between blanks.
fn fields(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b' ')
        .filter(|field| !field.is_empty())
}

/// The place of a short text in a line, from `from` on.
fn find(needle: &[u8; 2], line: &[u8], from: usize) -> Option<usize> {
    let mut first = memchr_iter(needle[0], &line[from..]).map(|n| from + n);
    first.find(|at| line.get(at + 1) == Some(&needle[1]))
}

/// The shape of a time: the first of the bytes that may be at each place, and the number of others.
/// The comparison has no branches, so it is done for many bytes at once.
const SHAPE: ([u8; TIME], [u8; TIME]) = {
    let (first, mut others) = (*b"00/Aaa/0000:00:00:00", [0; TIME]);
    let mut i = 0;
    while i < TIME {
        others[i] = match first[i] {
            b'0' => 9,
            b'A' | b'a' => 25,
            _ => 0,
        };
        i += 1;
    }
    (first, others)
};

/// Where a time ends that begins behind this bracket: the place of the closing one.
#[inline]
fn time_end(line: &[u8], bracket: usize) -> Option<usize> {
    let time: &[u8; TIME] = line[bracket + 1..].first_chunk()?;
    let mut has_shape = bracket == 0 || line[bracket - 1] == b' ';
    for ((byte, first), others) in time.iter().zip(&SHAPE.0).zip(&SHAPE.1) {
        has_shape &= byte.wrapping_sub(*first) <= *others;
    }
    if !has_shape {
        return None;
    }
    let zone = bracket + 1 + TIME;
    let end = line.len().min(zone + ZONE);
    Some(zone + memchr(b']', &line[zone..end])?)
}

/// Whether a status follows a request and its quote.
fn is_status(rest: &[u8]) -> bool {
    match rest {
        [b' ', a, b, c, rest @ ..] => {
            [a, b, c].into_iter().all(u8::is_ascii_digit) && matches!(rest, [] | [b' ', ..])
        }
        _ => false,
    }
}

/// A byte of a token of HTTP (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

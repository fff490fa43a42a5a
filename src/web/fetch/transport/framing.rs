//! The framing of a body: how the response marks its end.

use super::head::items;
use super::message::HttpHead;
use crate::web::fetch::failure::Failure;
use ureq::http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use ureq::http::{StatusCode, Version};

/// How a response marks the end of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By a length in bytes.
    Sized(u64),
    /// By an empty chunk.
    Chunked,
    /// By the end of the connection.
    Close,
}

impl Framing {
    /// The length of the body in bytes, if the head contains it.
    pub(crate) fn length(self) -> Option<u64> {
        match self {
            Framing::Sized(length) => Some(length),
            Framing::Chunked | Framing::Close => None,
        }
    }

    /// The framing of a response (RFC 9112, 6.3). Any transfer coding but chunked is an error,
    /// and so is chunked in HTTP/1.0: the coded data would be taken for the body.
    pub(crate) fn of(head: &HttpHead) -> Result<Framing, Failure> {
        let mut codings = items(&head.headers, TRANSFER_ENCODING);
        if codings.iter().all(|coding| coding == "identity") {
            codings.clear();
        }
        match codings.as_slice() {
            [] if matches!(
                head.status,
                StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
            ) =>
            {
                Ok(Framing::Sized(0))
            }
            [] => Ok(length(&head.headers)?.map_or(Framing::Close, Framing::Sized)),
            [only] if only == "chunked" && head.version >= Version::HTTP_11 => Ok(Framing::Chunked),
            codings => Err(Failure::Protocol(
                format!("transfer encoding {} not understood", codings.join(", ")).into(),
            )),
        }
    }
}

/// The length in the header. It may occur more than once, with the same value.
fn length(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let mut lengths = items(headers, CONTENT_LENGTH);
    lengths.dedup();
    let invalid = |how: &str| {
        let lengths = lengths.join(", ");
        Err(Failure::Protocol(
            format!("Content-Length {lengths} {how}").into(),
        ))
    };
    match lengths.as_slice() {
        [] => Ok(None),
        [digits] if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(length) => Ok(Some(length)),
            Err(_) => invalid("is too large"),
        },
        [_] => invalid("is not a number"),
        _ => invalid("is ambiguous"),
    }
}

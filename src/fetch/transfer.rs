//! One GET and what comes back: a body, or the reason why there is none.

use super::failure::{self, Failure};
use super::redirect;
use super::{Body, Options, without_user};
use crate::error::Error;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use std::io::{self, Read};
use std::time::Duration;
use ureq::http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION,
    TRANSFER_ENCODING,
};
use ureq::http::{Response, StatusCode, Version};
use ureq::{Agent, BodyReader};
use url::Url;

/// Asks for `url`, follows its redirects and returns the body that is there in the end.
pub(super) fn get(agent: &Agent, mut url: Url, options: &Options) -> Result<Body, Error> {
    for _ in 0..=redirect::LIMIT {
        let response = ask(agent, &url, options)?;
        let status = response.status();
        if redirect::is_redirect(status.as_u16()) {
            let Some(location) = response.headers().get(LOCATION) else {
                return Err(Failure::Redirect(format!("{status} without a Location")).into());
            };
            url = redirect::next(&url, location.as_bytes())?;
            continue;
        }
        // Partial content was not asked for: it would be a part taken for the whole.
        if !status.is_success() || status == StatusCode::PARTIAL_CONTENT {
            return Err(Failure::Status(status.as_u16()).into());
        }
        return Ok(body(response, options.stall_timeout)?);
    }
    let limit = redirect::LIMIT;
    let last = without_user(url);
    Err(Failure::Redirect(format!("more than {limit} redirects, the last to {last}")).into())
}

/// One request and the head of its answer.
fn ask(agent: &Agent, url: &Url, options: &Options) -> Result<Response<ureq::Body>, Failure> {
    let mut bare = without_user(url.clone());
    bare.set_fragment(None);
    let send = || {
        let mut request = agent.get(bare.as_str());
        if let Some(credentials) = basic(url) {
            request = request.header(AUTHORIZATION, credentials);
        }
        request.call()
    };
    let answer = match send() {
        // Once more: the connection may have been an old one that was just being closed.
        Err(error) if failure::hung_up(&error) => send(),
        answer => answer,
    };
    answer.map_err(|error| failure::unanswered(error, options.stall_timeout))
}

/// User name and password of the URL, as the Authorization header has them
/// (RFC 7617).
fn basic(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

/// The body of an answer, and what its head says about it.
fn body(response: Response<ureq::Body>, stall_timeout: Duration) -> Result<Body, Failure> {
    let (head, body) = response.into_parts();
    let length = head.headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
    let chunked = transfer_encoding(&head.headers, head.version)?;
    let content_type = head.headers.get(CONTENT_TYPE);
    Ok(Body {
        encodings: list(&head.headers, CONTENT_ENCODING),
        content_type: content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into()),
        framed: chunked || length.is_some() || head.status == StatusCode::NO_CONTENT,
        bytes: Box::new(Wire {
            reader: body.into_reader(),
            got: 0,
            length: length.filter(|_| !chunked),
            over: false,
            stall_timeout,
        }),
    })
}

/// Whether the body is chunked. Any other transfer encoding, and this one in
/// the old protocol that has none, would be handed on as if it were the body.
fn transfer_encoding(headers: &HeaderMap, version: Version) -> Result<bool, Failure> {
    let codings = list(headers, TRANSFER_ENCODING);
    match codings.as_slice() {
        [] => Ok(false),
        [only] if only == "chunked" && version >= Version::HTTP_11 => Ok(true),
        codings => Err(Failure::Protocol(format!(
            "transfer encoding {} not understood",
            codings.join(", ")
        ))),
    }
}

/// The items of a header that is a list, in lower case, over all its lines.
fn list(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
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

/// A body's bytes as they come over the wire, framing taken off. Every end that
/// is not the true end is an error.
struct Wire {
    reader: BodyReader<'static>,
    /// How many bytes have come.
    got: u64,
    /// How many there should be, if the head says so.
    length: Option<u64>,
    /// After its end or an error the reader must not be asked again: it would
    /// report a clean end.
    over: bool,
    stall_timeout: Duration,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.over || buffer.is_empty() {
            return Ok(0);
        }
        match self.reader.read(buffer) {
            Ok(n) => {
                self.over = n == 0;
                self.got += n as u64;
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.over = true;
                Err(failure::cut(error.into(), self.got, self.length, self.stall_timeout).into())
            }
        }
    }
}

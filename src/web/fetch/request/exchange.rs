//! One request and its response, or the target of its redirect.

use super::header;
use super::message::{Request, RequestError, Response, ResponseBody, ResponseHead};
use super::rate_limit::Permit;
use super::session::Session;
use super::{redirect, retry};
use crate::web::fetch::charset::content_type;
use crate::web::fetch::failure::Failure;
use crate::web::fetch::job::Job;
use crate::web::fetch::options::Options;
use crate::web::fetch::transfer::LastResponse;
use crate::web::fetch::transport::body::Body;
use crate::web::fetch::transport::framing::Framing;
use crate::web::fetch::transport::message::{HttpHead, HttpRequest};
use ureq::http::StatusCode;
use ureq::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use url::Url;

/// The maximum size of an unused body that is read to its end, in bytes: a larger body costs
/// more than another connection.
const MAX_DISCARDED: u64 = 16 << 10;

/// The result of one request.
pub(crate) enum Reply {
    /// A response with a status that fits the request.
    Final(Box<Response>),
    /// A redirect to this URL.
    Redirect {
        status: u16,
        to: Url,
        sets_cookies: bool,
    },
}

/// Sends one request for `url`.
pub(crate) fn exchange(
    session: &Session,
    job: &Job,
    url: Url,
    request: &Request,
) -> Result<Reply, RequestError> {
    let options = &session.options;
    let is_origin = job.is_origin(&url);
    let permit = session
        .rate_limit
        .acquire(&url, job, options.honor_retry_after)?;
    let http_request = HttpRequest {
        method: if request.head { "HEAD" } else { "GET" },
        url: &url,
        fields: header::lines(session, job, &url, request, is_origin),
    };
    let wait = job.wait(options.stall_timeout);
    let (head, body) = session.client.exchange(&http_request, wait)?;
    let (head, body) = record(job, url, head, body)?;
    if redirect::is_redirect(head.status.as_u16()) {
        discard(body, job, options);
        return redirect_of(head, options);
    }
    if is_success(head.status, request) {
        let body = ResponseBody { body, permit };
        return Ok(Reply::Final(Box::new(Response { head, body })));
    }
    discard(body, job, options);
    Err(status_error(head, permit, is_origin, options))
}

/// Records a response in the job: its head for reports, its cookies.
fn record(
    job: &Job,
    url: Url,
    head: HttpHead,
    body: Result<Body, Failure>,
) -> Result<(ResponseHead, Body), Failure> {
    job.set_last_response(Some(LastResponse::new(
        &url,
        Some(head.status.as_u16()),
        content_type::of(&head.headers),
    )));
    let body = body?;
    job.jar().add(&url, &head.headers);
    let head = ResponseHead {
        url,
        status: head.status,
        version: head.version,
        headers: head.headers,
    };
    Ok((head, body))
}

/// Whether a status fits the request. Partial content fits only the request for a rest:
/// otherwise the part would be taken for the whole.
fn is_success(status: StatusCode, request: &Request) -> bool {
    match status {
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => request.rest.is_some(),
        status => status.is_success(),
    }
}

fn redirect_of(head: ResponseHead, options: &Options) -> Result<Reply, RequestError> {
    match target(&head, options) {
        Ok(to) => Ok(Reply::Redirect {
            status: head.status.as_u16(),
            to,
            sets_cookies: head.headers.contains_key(SET_COOKIE),
        }),
        Err(failure) => Err(RequestError {
            failure,
            retry_after: None,
            head: Some(Box::new(head)),
        }),
    }
}

/// The target of a redirect.
fn target(head: &ResponseHead, options: &Options) -> Result<Url, Failure> {
    let status = head.status;
    let location = head.headers.get(LOCATION).map(HeaderValue::as_bytes);
    match location.map(<[u8]>::trim_ascii) {
        None => Err(Failure::Redirect(
            format!("{status} without a Location").into(),
        )),
        Some(b"") => Err(Failure::Redirect(
            format!("{status} with an empty Location").into(),
        )),
        Some(location) => redirect::next(&head.url, location, options.allow_downgrade),
    }
}

/// The failure for an error status. A `Retry-After` pauses the host.
fn status_error(
    head: ResponseHead,
    permit: Permit,
    is_origin: bool,
    options: &Options,
) -> RequestError {
    let retry_after = retry::after(&head.headers);
    if let Some(time) = retry_after {
        permit.pause_host(time.min(retry::MAX_DELAY));
    }
    let failure = match head.status {
        StatusCode::NOT_MODIFIED if is_origin && options.has_condition() => Failure::NotModified,
        status => Failure::Status(status.as_u16()),
    };
    RequestError {
        failure,
        retry_after,
        head: Some(Box::new(head)),
    }
}

/// Reads a short body to its end, so that its connection can be reused.
fn discard(mut body: Body, job: &Job, options: &Options) {
    let is_short = |length| length <= MAX_DISCARDED;
    if body.framing() == Framing::Chunked || body.framing().length().is_some_and(is_short) {
        let mut buffer = [0; MAX_DISCARDED as usize];
        let mut left = buffer.len();
        // An error only closes the connection.
        while left > 0
            && let Ok(n @ 1..) = body.read(&mut buffer[..left], job.wait(options.stall_timeout))
        {
            left -= n;
        }
    }
}

//! One request: its header, its response, and the redirects that it follows.
//!
//! 1. [`send`] follows redirects, or reports them (`redirect`).
//! 2. `exchange` waits for a permit of the host (`rate_limit`), sends one request and checks
//!    the status of the response.
//! 3. `header` has the lines of the request: the user's fields, credentials (`netrc`),
//!    cookies.
//!
//! `retry` has the waits before retries, which the callers of this chapter make;
//! `Failure::is_transient` decides which statuses and failures are retried. The
//! `session` is the state that all requests share, `message` has the types.

use super::failure::Failure;
use super::job::Job;
use super::redact::without_user;
use exchange::{Reply, exchange};
use message::{Request, RequestError, Response};
use session::Session;
use url::Url;

mod exchange;
mod header;
pub(crate) mod message;
pub(crate) mod netrc;
pub(crate) mod rate_limit;
mod redirect;
pub(crate) mod retry;
pub(crate) mod session;

/// Requests `url` and follows redirects, if the options allow it. Redirects that set cookies
/// are always followed, since they may lead back. Success is a status that fits the request.
///
/// Only the origin of the job's URL gets the user's fields and credentials.
pub(crate) fn send(
    session: &Session,
    job: &Job,
    url: Url,
    request: &Request,
) -> Result<Response, RequestError> {
    job.set_last_response(None);
    match session.options.follow {
        true => follow(session, job, url, request),
        false => report_redirect(session, job, &url, request),
    }
}

/// Requests a URL, and the targets of redirects.
fn follow(
    session: &Session,
    job: &Job,
    mut url: Url,
    request: &Request,
) -> Result<Response, RequestError> {
    for redirects in 0..=redirect::MAX_REDIRECTS {
        match exchange(session, job, url.clone(), request) {
            Ok(Reply::Final(response)) => return Ok(*response),
            Ok(Reply::Redirect { to, .. }) => url = to,
            Err(mut error) => {
                if redirects > 0 && !matches!(error.failure, Failure::Redirect(_)) {
                    error.failure = Failure::Redirected {
                        to: without_user(url).into(),
                        because: Box::new(error.failure),
                    };
                }
                return Err(error);
            }
        }
    }
    let (max, last) = (redirect::MAX_REDIRECTS, without_user(url));
    let message = format!("more than {max} redirects, the last to {last}");
    Err(Failure::Redirect(message.into()).into())
}

/// Requests a URL. A redirect is a failure: [`Failure::Moved`]. A redirect to the same host
/// that sets cookies is followed: if it leads back to `start`, the result is that response.
fn report_redirect(
    session: &Session,
    job: &Job,
    start: &Url,
    request: &Request,
) -> Result<Response, RequestError> {
    let (status, to) = match exchange(session, job, start.clone(), request)? {
        Reply::Final(response) => return Ok(*response),
        Reply::Redirect {
            status,
            to,
            sets_cookies,
        } => {
            if sets_cookies
                && to.host() == start.host()
                && let Some(response) = follow_back(session, job, start, to.clone(), request)
            {
                return Ok(response);
            }
            (status, Box::new(to))
        }
    };
    Err(Failure::Moved { status, to }.into())
}

/// The response of `start`, if redirects from `url` lead back to it.
fn follow_back(
    session: &Session,
    job: &Job,
    start: &Url,
    mut url: Url,
    request: &Request,
) -> Option<Response> {
    for _ in 0..redirect::MAX_REDIRECTS {
        match exchange(session, job, url, request).ok()? {
            Reply::Final(response) if response.head.url == *start => return Some(*response),
            Reply::Final(_) => return None,
            Reply::Redirect { to, .. } => url = to,
        }
    }
    None
}

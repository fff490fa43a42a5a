//! A request as the chapters make it, and its response.

use super::rate_limit::Permit;
use crate::web::fetch::failure::Failure;
use crate::web::fetch::transport::body::Body;
use std::time::Duration;
use ureq::http::{HeaderMap, StatusCode, Version};
use url::Url;

/// What to request.
#[derive(Default)]
pub(crate) struct Request<'a> {
    /// Only the head.
    pub(crate) head: bool,
    /// Only the bytes from this offset on, if the body still has this validator.
    pub(crate) rest: Option<(u64, &'a str)>,
}

/// The final response, after redirects.
pub(crate) struct Response {
    pub(crate) head: ResponseHead,
    pub(crate) body: ResponseBody,
}

/// The head of a response.
pub(crate) struct ResponseHead {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
}

/// The body of a response, and the permit of its request.
pub(crate) struct ResponseBody {
    pub(crate) body: Body,
    pub(crate) permit: Permit,
}

/// Why a request has no response, or no successful one.
pub(crate) struct RequestError {
    pub(crate) failure: Failure,
    /// The wait that the server requests before a retry.
    pub(crate) retry_after: Option<Duration>,
    /// The head of the response, if its status is the failure.
    pub(crate) head: Option<Box<ResponseHead>>,
}

impl From<Failure> for RequestError {
    fn from(failure: Failure) -> RequestError {
        RequestError {
            failure,
            retry_after: None,
            head: None,
        }
    }
}

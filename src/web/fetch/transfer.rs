//! The result of one URL.

use super::failure::Failure;
use super::redact::without_user;
use crate::common::error::Error;
use std::time::Duration;
use url::Url;

/// The result of one URL.
#[derive(Debug)]
#[non_exhaustive]
pub struct Transfer {
    /// The URL as the caller passed it.
    pub url: String,
    /// The URL of the last response, without user name and password; None without a
    /// response. Responses to requests that resume the body do not count.
    pub final_url: Option<String>,
    /// The status of that response, also of an error or a redirect; None for a file.
    pub status: Option<u16>,
    /// The content type in the header.
    pub content_type: Option<String>,
    /// The number of bytes of the body that were received, each counted once.
    pub wire_bytes: u64,
    /// The number of bytes that were written.
    pub out_bytes: u64,
    /// The SHA-256 of the written bytes, if the options request it.
    pub sha256: Option<[u8; 32]>,
    /// The number of retries.
    pub retries: u32,
    /// The time since the start, all waits included.
    pub elapsed: Duration,
    /// The error, if the URL failed.
    pub error: Option<Error>,
}

impl Transfer {
    pub(crate) fn new(url: &str) -> Transfer {
        Transfer {
            url: url.to_string(),
            final_url: None,
            status: None,
            content_type: None,
            wire_bytes: 0,
            out_bytes: 0,
            sha256: None,
            retries: 0,
            elapsed: Duration::ZERO,
            error: None,
        }
    }

    /// Adds the head of the last response.
    pub(crate) fn add_response(&mut self, response: Option<LastResponse>) {
        if let Some(response) = response {
            self.final_url = Some(response.url);
            self.status = response.status;
            self.content_type = response.content_type;
        }
    }

    /// The word of [`WORDS`](super::WORDS) for the error; None without an error.
    pub fn failure_word(&self) -> Option<&'static str> {
        self.error.as_ref().map(Failure::word_of)
    }
}

/// The part of a response's head that a [`Transfer`] contains.
#[derive(Debug)]
pub(crate) struct LastResponse {
    url: String,
    status: Option<u16>,
    content_type: Option<String>,
}

impl LastResponse {
    pub(crate) fn new(
        url: &Url,
        status: Option<u16>,
        content_type: Option<String>,
    ) -> LastResponse {
        LastResponse {
            url: without_user(url.clone()).into(),
            status,
            content_type,
        }
    }
}

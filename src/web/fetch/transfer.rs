//! What came of one URL, for reports.

use super::Failure;
use super::address::without_user;
use crate::common::error::Error;
use std::time::Duration;
use url::Url;

/// What came of one URL.
#[derive(Debug)]
#[non_exhaustive]
pub struct Transfer {
    /// The URL as it was asked for.
    pub url: String,
    /// Where the last answer came from, without user name and password; None if
    /// there was no answer. What resuming was answered does not count.
    pub final_url: Option<String>,
    /// The status of that answer, of an error or a redirect, too; a file has none.
    pub status: Option<u16>,
    /// The content type, as its header has it.
    pub content_type: Option<String>,
    /// How many bytes of the body came over the wire, each counted once.
    pub wire_bytes: u64,
    /// How many bytes were written.
    pub out_bytes: u64,
    /// The SHA-256 of these, if it was asked for.
    pub sha256: Option<[u8; 32]>,
    /// How often it was tried again.
    pub retries: u32,
    /// How long it took from when it was begun, all waits included.
    pub elapsed: Duration,
    /// Why it failed, if it did.
    pub error: Option<Error>,
}

impl Transfer {
    pub(super) fn new(url: &str) -> Transfer {
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

    /// Notes the head of the last answer, if there was one.
    pub(super) fn note(&mut self, answered: Option<Answered>) {
        if let Some(answered) = answered {
            self.final_url = Some(answered.url);
            self.status = answered.status;
            self.content_type = answered.content_type;
        }
    }

    /// The one of [`WORDS`](super::WORDS) for why it failed; None if it did not.
    pub fn failure_word(&self) -> Option<&'static str> {
        self.error.as_ref().map(Failure::word_of)
    }
}

/// What the head of an answer says, for a [`Transfer`].
#[derive(Debug)]
pub(super) struct Answered {
    url: String,
    status: Option<u16>,
    content_type: Option<String>,
}

impl Answered {
    pub(super) fn new(url: &Url, status: Option<u16>, content_type: Option<String>) -> Answered {
        Answered {
            url: without_user(url.clone()).into(),
            status,
            content_type,
        }
    }
}

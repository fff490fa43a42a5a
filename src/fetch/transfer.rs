//! What came of one URL, for reports.

use super::Failure;
use crate::error::Error;
use std::time::Duration;

/// What came of one URL.
#[derive(Debug)]
#[non_exhaustive]
pub struct Transfer {
    /// The URL as it was asked for.
    pub url: String,
    /// Where it was in the end, without user name and password; None if there
    /// was no answer.
    pub final_url: Option<String>,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The content type, as the header has it.
    pub content_type: Option<String>,
    /// How many bytes of the body came over the wire, each counted once.
    pub wire_bytes: u64,
    /// How many bytes were written.
    pub out_bytes: u64,
    /// The SHA-256 of these, if it was asked for.
    pub sha256: Option<[u8; 32]>,
    /// How often it was tried again.
    pub retries: u32,
    /// How long it took.
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

    /// The one of [`WORDS`](super::WORDS) for why it failed; None if it did not.
    pub fn failure_word(&self) -> Option<&'static str> {
        self.error.as_ref().map(Failure::word_of)
    }
}

//! Why a link is broken: a text for people, and a word for scripts.

use super::batch::Kind;
use super::problem::Problem;
use crate::common::error::{self, Error};
use crate::web::fetch::Failure;
use std::fmt;
use std::io;

/// Why a link is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// One of those of [`crate::web::fetch::WORDS`], or `fragment`, or `https`.
    pub(super) word: &'static str,
    pub(super) text: String,
    /// The status that the server sent, if that is the cause.
    pub(super) status: Option<u16>,
}

impl Cause {
    /// The cause of an error of `fetch`.
    pub(super) fn of(error: &Error) -> Cause {
        let failure = Failure::of(error);
        let text = match failure {
            Some(Failure::Stalled(_) | Failure::TooLong(_)) => format!("timed out: {error}"),
            _ => error.to_string(),
        };
        let status = match failure {
            Some(Failure::Status(status)) => Some(*status),
            _ => None,
        };
        Cause {
            word: match error {
                Error::Own(_) => "file",
                _ => Failure::word_of(error),
            },
            text,
            status,
        }
    }

    /// The same, for a URL that was not requested: its host failed too often.
    pub(super) fn given_up(&self) -> Cause {
        let text = format!("host given up: {}", self.text);
        Cause {
            text,
            ..self.clone()
        }
    }

    /// A file that cannot be read.
    pub(super) fn file(error: &io::Error) -> Cause {
        Cause::new("file", error::cause(error))
    }

    /// A file outside the folder that is checked.
    pub(super) fn outside() -> Cause {
        let text = "a symbolic link that leads out of the folder";
        Cause::new("file", text.to_string())
    }

    /// A FIFO or a device.
    pub(super) fn not_a_file() -> Cause {
        Cause::new("file", Problem::NotAFile.to_string())
    }

    fn new(word: &'static str, text: String) -> Cause {
        let status = None;
        Cause { word, text, status }
    }

    pub(super) fn invalid(cause: impl fmt::Display) -> Cause {
        Cause::new("url", cause.to_string())
    }

    /// More than this many bytes.
    pub(super) fn too_large(most: u64) -> Cause {
        Cause::new("too-large", format!("larger than {most} bytes"))
    }

    pub(super) fn no_such_fragment(fragment: &str) -> Cause {
        Cause::new("fragment", format!("no #{fragment} on that page"))
    }

    /// A link to http, where https is required.
    pub(super) fn works_with_https() -> Cause {
        Cause::new("https", "works with https".to_string())
    }

    /// A start that leads to a URL that is left out.
    pub(super) fn not_read() -> Cause {
        Cause::new("redirect", "leads to what is not to be read".to_string())
    }

    /// A URL that is too long for servers.
    pub(super) fn too_long(most: usize) -> Cause {
        Cause::new("url", format!("a URL of more than {most} bytes"))
    }

    pub(super) fn redirect_loop() -> Cause {
        Cause::new("redirect", "redirect loop".to_string())
    }

    pub(super) fn too_many_redirects(limit: usize) -> Cause {
        Cause::new("redirect", format!("more than {limit} redirects"))
    }
}

impl Cause {
    /// Whether a link of this kind may work nevertheless: a server that refuses GET may
    /// accept a form, and for a form that is sent by POST, a GET finds out only whether
    /// the server answers.
    pub(super) fn excuses(&self, kind: Kind) -> bool {
        match kind {
            Kind::Enters | Kind::Uses | Kind::Style => false,
            Kind::Form => self.status == Some(405),
            Kind::Post => matches!(self.word, "status" | "redirect"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

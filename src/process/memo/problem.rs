//! Errors of a value, or of a request for it.

use crate::common::error::Error;

/// Errors of `memo`; the text is that of the error line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file has no valid trailer, or a hash does not match.
    #[error("damaged, or not a value of memo (--forget removes it, --heal replaces it)")]
    Damaged,
    /// The file was written by an older memo.
    #[error("in the format of an older memo (--forget removes it, --heal replaces it)")]
    Outdated,
    /// The file was renamed or copied.
    #[error("is the value of another key")]
    Misplaced,
    /// The file is a directory or another special file.
    #[error("not a file")]
    NotAFile,
    /// The file belongs to another user.
    #[error("belongs to another user")]
    OtherUser,
    /// COMMAND requested the key whose value it makes.
    #[error("is being made by the command that asks for it")]
    Circle,
    /// `--no-wait`: another process makes the value.
    #[error("COMMAND is running in another memo (--no-wait)")]
    Busy,
    /// `--wait`: another process still makes the value.
    #[error("COMMAND is still running in another memo (--wait is over)")]
    StillBusy,
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::own(problem)
    }
}

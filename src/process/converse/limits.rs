//! Settings, and errors of the commands.

use std::time::Duration;

/// The reaction to a deadlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeadlock {
    /// End both commands.
    End,
    /// Close both inputs, so that each command reads end of file.
    Eof,
}

/// How much the commands may write ahead, and how long they may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most that is buffered in each direction, in bytes, and a block more. Then the writer waits.
    pub max_held: u64,
    /// How long nothing moves, and no processor time is used, before that is a deadlock.
    pub patience: Option<Duration>,
    /// When both commands are ended.
    pub timeout: Option<Duration>,
}

/// Errors of `converse`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// One of the two commands has no words.
    #[error("a command without a name")]
    NoCommand,
}

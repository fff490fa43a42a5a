//! How a process of the chain ends.

use crate::common::error::Error;

/// Errors of `sieve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There are more primes than processes.
    #[error("more than --max-processes are needed")]
    TooManyProcesses,
    /// Another process sent a signal.
    #[error("killed by a signal")]
    Killed,
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::own(problem)
    }
}

/// How a forked process ends: reports what failed, and returns the exit status.
pub type End<'a> = &'a dyn Fn(Result<bool, Error>) -> u8;

/// The result of a process and that of its children.
pub(super) fn both(own: Result<(), Error>, children: Result<bool, Error>) -> Result<bool, Error> {
    match (own, children) {
        // A child that failed is the cause of a lost reader.
        (Ok(()) | Err(Error::Write(_)), failed @ (Ok(false) | Err(_))) => failed,
        (own, _) => own.map(|()| true),
    }
}

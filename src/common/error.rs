//! Errors of filters. `Display` is the cause in an error line; `cli::Program::report` writes
//! the line.

use std::io;
use thiserror::Error as Derived;

/// An error that ends a filter before the end of its input.
///
/// The two sides of a filter fail differently: a file that cannot be read is
/// one file less, a standard output that cannot be written to is the end.
#[derive(Debug, Derived)]
#[non_exhaustive]
pub enum Error {
    /// The input could not be read.
    #[error("{}", cause(.0))]
    Read(#[source] io::Error),
    /// The output could not be written.
    #[error("{}", cause(.0))]
    Write(#[source] io::Error),
    /// A process or a thread could not be started.
    #[error("{}", cause(.0))]
    Start(#[source] io::Error),
    /// The input as a whole has no answer.
    #[error("{0}")]
    Data(&'static str),
    /// Line `number` (the first is 1) of the input is invalid.
    #[error("line {number}: {cause}")]
    Line {
        /// The line's number in its file.
        number: u64,
        /// Why it is invalid.
        cause: &'static str,
    },
    /// The sum of the counts of one line overflows 64 bits.
    #[error("{TOO_LARGE}, that of the line {}", beginning(line))]
    TooLarge {
        /// The line, without its terminator.
        line: Vec<u8>,
    },
    /// An error of one program only.
    #[error(transparent)]
    Own(Box<dyn std::error::Error + Send + Sync>),
    /// Something other than the input at hand failed.
    #[error("{name}: {error}")]
    In {
        /// Its name in an error line.
        name: String,
        /// How it failed.
        #[source]
        error: Box<Error>,
    },
}

impl Error {
    /// The same, of something that an error line names.
    pub fn of(self, name: impl Into<String>) -> Self {
        let name = name.into();
        let error = Box::new(self);
        Error::In { name, error }
    }

    /// An error of one program only.
    pub fn own(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Error::Own(Box::new(error))
    }

    /// The error of one program, also if it has a name ([`of`](Error::of)); none for other errors.
    pub fn as_own<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Error::Own(error) => error.downcast_ref(),
            Error::In { error, .. } => error.as_own(),
            _ => None,
        }
    }
}

/// As much of a line as an error line shows.
fn beginning(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(100)]).into_owned()
}

/// The cause if a sum of counts overflows.
pub const TOO_LARGE: &str = "a sum of counts is larger than 64 bits hold";

/// The system's message for an error, without the number that Rust adds.
pub fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((sentence, _)) => sentence.to_string(),
        None => text,
    }
}

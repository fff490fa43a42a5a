//! Why a program stopped, in the words of the one error line it prints.

use std::fmt;
use std::io;

/// What can end a filter before its input does.
///
/// The two sides of a filter fail differently: a file that cannot be read is
/// one file less, a standard output that cannot be written to is the end.
#[derive(Debug)]
pub enum Error {
    /// The input could not be read.
    Read(io::Error),
    /// The output could not be written.
    Write(io::Error),
    /// A process or a thread could not be started.
    Start(io::Error),
    /// What was read has no answer.
    Data(&'static str),
    /// Line `number` (the first is 1) of the input is not what the program reads.
    Line {
        /// The line's number in its file.
        number: u64,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// The counts of one line add up to more than 64 bits hold.
    TooLarge {
        /// The line, without its terminator.
        line: Vec<u8>,
    },
    /// Something else than the input at hand failed: its name, and how.
    In {
        /// What an error line calls it.
        name: String,
        /// What happened to it.
        error: Box<Error>,
    },
}

impl Error {
    /// The same, of something that an error line shall name.
    pub fn of(self, name: impl Into<String>) -> Self {
        let name = name.into();
        let error = Box::new(self);
        Error::In { name, error }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read(error) | Error::Write(error) | Error::Start(error) => {
                f.write_str(&cause(error))
            }
            Error::Data(cause) => f.write_str(cause),
            Error::Line { number, cause } => write!(f, "line {number}: {cause}"),
            Error::TooLarge { line } => {
                // As much of it as one needs to know it by.
                let line = String::from_utf8_lossy(&line[..line.len().min(100)]);
                write!(f, "{TOO_LARGE}, that of the line {line}")
            }
            Error::In { name, error } => write!(f, "{name}: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// What is wrong with a count that does not fit.
pub const TOO_LARGE: &str = "a sum of counts is larger than 64 bits hold";

/// The system's own sentence for an error, without the number that Rust adds.
pub fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((sentence, _)) => sentence.to_string(),
        None => text,
    }
}

//! Errors of filters. `Display` is the cause in an error line; `cli::Program::report` writes
//! the line.

use super::show::escaped;
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
    #[error("line {number}: {cause}{}", after_cause(line.as_deref()))]
    Line {
        /// The line's number in its file.
        number: u64,
        /// Why it is invalid.
        cause: &'static str,
        /// The beginning of the line, escaped, if it is shown.
        line: Option<Box<str>>,
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
    /// The error for line `number`, which is not shown.
    pub fn line(number: u64, cause: &'static str) -> Self {
        Error::Line {
            number,
            cause,
            line: None,
        }
    }

    /// The error for line `number`, whose beginning is shown.
    #[cold]
    pub fn bad_line(number: u64, cause: &'static str, line: &[u8]) -> Self {
        Error::Line {
            number,
            cause,
            line: Some(beginning(line).into()),
        }
    }

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

/// As much of a line as an error line shows, escaped.
fn beginning(line: &[u8]) -> String {
    /// Bytes.
    const MOST: usize = 60;
    let mut end = line.len().min(MOST);
    // The cut is not within a character, which has at most four bytes.
    let continues = |end| line.get(end).is_some_and(|byte| byte & 0xC0 == 0x80);
    while end > MOST - 4 && continues(end) {
        end -= 1;
    }
    let rest = if end < line.len() { "…" } else { "" };
    format!("{}{rest}", escaped(&line[..end]))
}

/// What follows the cause in the error for a line.
fn after_cause(line: Option<&str>) -> String {
    line.map_or(String::new(), |line| format!(": '{line}'"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_escaped_and_shortened() {
        let shown = |line: &[u8]| Error::bad_line(7, "bad", line).to_string();
        assert_eq!(shown(b"a b"), "line 7: bad: 'a b'");
        assert_eq!(shown(b""), "line 7: bad: ''");
        assert_eq!(
            shown(b"a\t\x1b[1m\xff\\"),
            r"line 7: bad: 'a\t\u{1b}[1m\xff\\'"
        );
        let whole = "x".repeat(60);
        assert_eq!(shown(whole.as_bytes()), format!("line 7: bad: '{whole}'"));
        let long = "x".repeat(61);
        assert_eq!(shown(long.as_bytes()), format!("line 7: bad: '{whole}…'"));
        // A character is shown or is not.
        let text = format!("{}日本", "x".repeat(59));
        let cut = format!("line 7: bad: '{}…'", "x".repeat(59));
        assert_eq!(shown(text.as_bytes()), cut);
        // Bytes that are no character are not skipped.
        let invalid = [0x80; 61];
        assert_eq!(
            shown(&invalid),
            format!("line 7: bad: '{}…'", r"\x80".repeat(56))
        );
        assert_eq!(Error::line(7, "bad").to_string(), "line 7: bad");
    }
}

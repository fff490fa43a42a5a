//! The result of a check, and what is reported while it runs.

use super::frontier::Tally;

/// Somebody who is told what else happens, and how far it all is.
pub trait Observer {
    /// Something could not be done, so that the result is not complete.
    fn note(&mut self, object: &str, cause: &str);
    /// How far it is; some times a second.
    fn progress(&mut self, tally: &Tally, in_flight: usize);
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The numbers.
    pub tally: Tally,
    /// All was looked at that was to be: otherwise there was a note.
    pub is_complete: bool,
    /// The starts that could not be read, with their causes.
    pub failed_starts: Vec<(String, String)>,
    /// The external URLs that were asked for, and are fine: see [`Options::fine`].
    pub fine: Vec<String>,
}

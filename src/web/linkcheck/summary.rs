//! The result of a check, and what is reported while it runs.

use super::frontier::Tally;

/// Receives problems and progress.
pub trait Observer {
    /// Something could not be checked, so the result is not complete.
    fn note(&mut self, object: &str, cause: &str);
    /// The progress, a few times a second.
    fn progress(&mut self, tally: &Tally, in_flight: usize);
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its numbers.
    pub tally: Tally,
    /// Everything was checked. If not, there was a [`note`](Observer::note).
    pub is_complete: bool,
    /// The starts that could not be read, with their causes.
    pub failed_starts: Vec<(String, String)>,
    /// The external URLs that were requested, and are fine: see [`Options::fine`](super::Options::fine).
    pub fine: Vec<String>,
}

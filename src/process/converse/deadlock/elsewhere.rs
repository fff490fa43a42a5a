//! Systems that do not report the states of processes: only time decides.

use super::look::Look;
use super::quiet::{self, Activity, Quiet};
use std::fs::File;
use std::time::Duration;

/// The state of the conversation.
#[derive(Debug)]
pub(in super::super) struct Watch {
    patience: Option<Duration>,
    quiet: Quiet,
}

impl Watch {
    pub(in super::super) fn new(patience: Option<Duration>) -> Watch {
        let quiet = Quiet::default();
        Watch { patience, quiet }
    }

    pub(in super::super) fn pipes(&mut self, _: [&File; 2], _: [&File; 2]) {}

    pub(in super::super) fn children(&mut self, _: [u32; 2]) {}

    pub(in super::super) fn moved(&mut self) {
        self.quiet = Quiet::default();
    }

    /// Checks after a pause; `idle` returns whether there is nothing to pass on.
    pub(in super::super) fn look(&mut self, pause: Duration, idle: impl Fn() -> bool) -> Look {
        let quiet = self.quiet.after(pause, Activity::default());
        match self.patience {
            Some(patience) if quiet >= patience && idle() => {
                Look::Deadlock(quiet::sentence(patience))
            }
            _ => Look::Alive,
        }
    }
}

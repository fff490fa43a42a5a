//! `--patience`: for how long nothing has moved and no processor time was used.

use crate::common::time;
use std::time::Duration;

/// Clock ticks a second, as /proc counts them on all machines but very old ones.
const TICKS: f64 = 100.0;

/// How much of one processor a runtime may use that waits: virtual machines wake
/// up many times a second to look after themselves.
const IDLE: f64 = 0.01;

/// Ticks that count as none: two processes may round up.
const ROUNDING: f64 = 2.0;

/// The activity of the processes so far.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// IDs and start times.
    pub(super) processes: Vec<(u32, u64)>,
    /// Processor time of all, in clock ticks.
    pub(super) ticks: u64,
    /// One is stopped: someone will continue it.
    pub(super) stopped: bool,
}

/// How long there was no activity.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    time: Duration,
    since: Option<Activity>,
}

impl Quiet {
    /// How long it is now, after one more pause with this activity at its end.
    ///
    /// Pauses are added up instead of asking a clock: it goes on while all processes are stopped.
    pub(super) fn after(&mut self, pause: Duration, now: Activity) -> Duration {
        let time = self.time + pause;
        let allowed = ROUNDING + time.as_secs_f64() * TICKS * IDLE;
        let same = |since: &Activity| {
            let ticks = now.ticks.saturating_sub(since.ticks);
            !now.stopped && now.processes == since.processes && ticks as f64 <= allowed
        };
        if self.since.as_ref().is_some_and(same) {
            self.time = time;
        } else {
            self.time = Duration::ZERO;
            self.since = Some(now);
        }
        self.time
    }
}

/// The line about a deadlock that was found by time.
pub(super) fn sentence(patience: Duration) -> String {
    let time = time::shown(patience);
    format!(
        "deadlock: nothing was written for {time} and no processor time was used (--patience {time})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(1);

    fn activity(ticks: u64, id: u32) -> Activity {
        let processes = vec![(id, 1)];
        Activity {
            processes,
            ticks,
            stopped: false,
        }
    }

    #[test]
    fn activity_begins_it_anew() {
        let mut quiet = Quiet::default();
        let mut seconds = |now| quiet.after(PAUSE, now).as_secs();
        assert_eq!(seconds(activity(0, 1)), 0);
        assert_eq!(seconds(activity(1, 1)), 1);
        // As much as a runtime uses that waits.
        assert_eq!(seconds(activity(4, 1)), 2);
        // A computation.
        assert_eq!(seconds(activity(50, 1)), 0);
        assert_eq!(seconds(activity(51, 1)), 1);
        // Another process.
        assert_eq!(seconds(activity(51, 2)), 0);
        assert_eq!(seconds(activity(51, 2)), 1);
        let stopped = Activity {
            stopped: true,
            ..activity(51, 2)
        };
        assert_eq!(seconds(stopped), 0);
    }

    #[test]
    fn slow_work_is_no_quiet() {
        let mut quiet = Quiet::default();
        for second in 0..100 {
            // Two percent of a processor.
            assert!(quiet.after(PAUSE, activity(2 * second, 1)).as_secs() < 10);
        }
    }
}

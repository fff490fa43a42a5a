//! The line about a deadlock: which processes wait, and for what.

use super::thread::Wait;
use crate::process::converse::names::ORDINALS;

/// How many processes a line names.
const NAMED: usize = 6;

/// A process that waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) wait: Wait,
}

impl Waiter {
    fn process(&self) -> String {
        format!("{} (process {})", self.name, self.id)
    }
}

/// The line about these processes, all of which wait.
pub(super) fn sentence(waiters: &[Waiter]) -> String {
    let both = |wait: fn(usize) -> Wait| {
        let of = |side| waiters.iter().find(|waiter| waiter.wait == wait(side));
        Some([of(0)?.process(), of(1)?.process()])
    };
    if let Some([first, second]) = both(Wait::Read) {
        return format!(
            "deadlock: {first} waits to read what the second command writes, and {second} what the first \
             command writes; output that was written may still be buffered (try stdbuf -oL, python -u)"
        );
    }
    if let Some([first, second]) = both(Wait::Write) {
        return format!(
            "deadlock: {first} waits to write to the second command, and {second} to the first command, \
             and neither reads (try a larger --max-held)"
        );
    }
    let named = waiters.iter().take(NAMED).map(|waiter| {
        let process = waiter.process();
        match waiter.wait {
            Wait::Read(side) => {
                format!(
                    "{process} waits to read what the {} command writes",
                    ORDINALS[1 - side]
                )
            }
            Wait::Write(side) => {
                format!(
                    "{process} waits to write to the {} command",
                    ORDINALS[1 - side]
                )
            }
            Wait::Pipe => format!("{process} waits at a pipe of its own"),
            Wait::Child => format!("{process} waits for a child"),
            Wait::Thread => format!("{process} waits for one of its threads"),
        }
    });
    let mut named = named.collect::<Vec<_>>().join(", ");
    match waiters.len().saturating_sub(NAMED) {
        0 => {}
        1 => named += ", and 1 process more waits",
        more => named += &format!(", and {more} processes more wait"),
    }
    format!("deadlock: all processes wait for each other: {named}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiter(id: u32, wait: Wait) -> Waiter {
        let name = "x".to_string();
        Waiter { id, name, wait }
    }

    #[test]
    fn each_kind_has_its_line() {
        let line = |waits: &[Wait]| {
            let waiters = waits.iter().zip(1..).map(|(&wait, id)| waiter(id, wait));
            sentence(&waiters.collect::<Vec<_>>())
        };
        let read = line(&[Wait::Child, Wait::Read(1), Wait::Read(0)]);
        assert!(read.starts_with("deadlock: x (process 3) waits to read what the second command writes, and x (process 2) what the first"), "{read}");
        assert!(read.contains("stdbuf"));
        let write = line(&[Wait::Write(0), Wait::Write(1)]);
        assert!(
            write.contains("x (process 2) to the first command") && write.contains("--max-held"),
            "{write}"
        );
        assert_eq!(
            line(&[
                Wait::Child,
                Wait::Pipe,
                Wait::Read(1),
                Wait::Write(1),
                Wait::Thread
            ]),
            "deadlock: all processes wait for each other: x (process 1) waits for a child, \
             x (process 2) waits at a pipe of its own, \
             x (process 3) waits to read what the first command writes, \
             x (process 4) waits to write to the first command, \
             x (process 5) waits for one of its threads"
        );
        assert!(line(&[Wait::Pipe; 7]).ends_with(", and 1 process more waits"));
        assert!(line(&[Wait::Pipe; 9]).ends_with(", and 3 processes more wait"));
    }
}

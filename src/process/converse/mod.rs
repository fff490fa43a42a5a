//! `converse`: two commands, the output of each the input of the other.
//!
//! The talk: "two-way communication is harder". Two pipes and two processes
//! deadlock in two ways, and this handles both.
//!
//! *Both write and neither reads.* A pipe holds 64 KiB, then its writer waits.
//! Here output is read immediately and buffered, in memory and then in a
//! file (`common::spool`), so a writer waits for its reader only after
//! [`Limits::max_held`]. One loop around `poll` does it all ([`converse`]); there
//! are no threads.
//!
//! *Both read and neither writes.* When nothing has moved for a moment, the
//! states of all processes are inspected (`deadlock`, by way of `tree`). If
//! every one of them waits for another, it is a deadlock: both are ended, or both
//! inputs are closed. A process that computes, sleeps, or waits for anything else
//! is left alone.
//!
//! An input ends, as that of any pipe, when the last process that has the
//! output closes it. `converse` ends when both commands have ended and all that
//! was written is delivered. What is written to a command that has closed its
//! input is dropped, up to 1 MiB: a last line to a command that has ended is no
//! failure. After that its writer gets SIGPIPE, as from any pipe.
//!
//! Chapters: `limits` (the settings), `start` (the commands), `flow` (one direction), `log`,
//! `tree` (all processes), `deadlock`.

mod deadlock;
mod flow;
mod limits;
mod log;
mod names;
mod start;
mod tree;

pub use limits::{Limits, OnDeadlock, Problem};
pub use log::Log;
pub use names::shown;

use crate::common::error::Error;
use crate::common::time;
use crate::process::child;
use deadlock::{Look, Watch};
use flow::Flow;
use names::ORDINALS;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use start::End;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How long nothing moves before the processes are inspected.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between looks. Each is twice as long as the one before.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause where `poll` cannot wait for the end of a command.
const PAUSE_WITHOUT_PIDFD: Duration = Duration::from_millis(50);

/// How often orphans are reaped.
const REAP: Duration = Duration::from_secs(1);

/// An event of the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A command ended.
    Ended {
        /// 0 is the first command, 1 the second.
        which: usize,
        /// How it ended.
        status: ExitStatus,
        /// Whether that is a failure. To end by SIGPIPE is none if its reader had left.
        failed: bool,
    },
    /// A deadlock was found.
    Deadlock,
    /// The time was up.
    Timeout,
}

impl fmt::Display for Event {
    /// A line of `--statuses`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Ended { which, status, .. } => {
                write!(f, "{} {}", ORDINALS[*which], child::status(*status))
            }
            Event::Deadlock => f.write_str("deadlock"),
            Event::Timeout => f.write_str("timeout"),
        }
    }
}

/// How a conversation ended.
#[derive(Debug)]
pub struct Ended {
    /// The events, in order. Commands that were ended here come in any order.
    pub events: Vec<Event>,
    /// Whether both commands ended by themselves.
    pub finished: bool,
}

impl Ended {
    /// The commands that failed, 0 for the first, and how.
    pub fn failures(&self) -> Vec<(usize, ExitStatus)> {
        let failed = |event: &Event| match *event {
            Event::Ended {
                which,
                status,
                failed: true,
            } => Some((which, status)),
            _ => None,
        };
        let mut failures: Vec<_> = self.events.iter().filter_map(failed).collect();
        failures.sort_unstable_by_key(|&(which, _)| which);
        failures
    }
}

/// Runs two commands until both have ended, or are ended.
///
/// `say` gets the lines for standard error while it runs: which processes wait,
/// and for what. An error ends both commands; it names what failed, except
/// for a write to a log without a name.
pub fn converse(
    commands: [&[OsString]; 2],
    on_deadlock: OnDeadlock,
    limits: Limits,
    log: Option<Log>,
    say: impl FnMut(String),
) -> Result<Ended, Error> {
    let mut watch = Watch::new(limits.patience);
    let started = start::start(commands, &limits, &mut watch)?;
    let mut conversation = Conversation {
        flows: started.flows,
        children: started.children,
        ends: started.ends,
        watch,
        log,
        say,
        events: Vec::new(),
    };
    let over = conversation.run(on_deadlock, limits.timeout);
    if !matches!(over, Ok(true)) {
        tree::end(&mut conversation.children);
    }
    let logged = conversation.log.as_mut().map_or(Ok(()), Log::end);
    let finished = over?;
    logged?;
    let events = conversation.statuses()?;
    Ok(Ended { events, finished })
}

/// The results of `poll` for both flows, and for the ends of both commands.
type Ready = ([[PollFlags; 2]; 2], [PollFlags; 2]);

/// Two commands that run, and all that is between them.
struct Conversation<S> {
    flows: [Flow; 2],
    children: Vec<Child>,
    ends: [End; 2],
    watch: Watch,
    log: Option<Log>,
    say: S,
    /// The events so far. Statuses come at the end, by [`Conversation::statuses`].
    events: Vec<Event>,
}

impl<S: FnMut(String)> Conversation<S> {
    /// The loop: false if the commands are to be ended.
    fn run(&mut self, on_deadlock: OnDeadlock, timeout: Option<Duration>) -> Result<bool, Error> {
        let deadline = timeout.map(|timeout| (Instant::now() + timeout, timeout));
        let mut buffer = vec![0; flow::BLOCK];
        let mut pause = FIRST_PAUSE;
        let mut reaped = Instant::now();
        while !self.is_over() {
            let mut longest = pause;
            if self
                .ends
                .iter()
                .any(|end| !end.ended && end.to_come().is_none())
            {
                longest = longest.min(PAUSE_WITHOUT_PIDFD);
            }
            if let Some((deadline, timeout)) = deadline {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    let timeout = time::shown(timeout);
                    (self.say)(format!("timeout: not finished after {timeout} (--timeout)"));
                    self.events.push(Event::Timeout);
                    return Ok(false);
                }
                longest = longest.min(left);
            }
            let ready = wait(&self.flows, &self.ends, longest).map_err(polled)?;
            if reaped.elapsed() >= REAP {
                tree::reap_orphans(&self.children);
                reaped = Instant::now();
            }
            let moved = self.note_ends(
                ready.map_or([PollFlags::empty(); 2], |(_, ends)| ends),
                &mut buffer,
            )?;
            if let Some((flows, _)) = ready {
                self.move_all(flows, &mut buffer)?;
            }
            if moved || ready.is_some() {
                self.watch.moved();
                pause = FIRST_PAUSE;
                continue;
            }
            pause = LONGEST_PAUSE.min(2 * pause);
            let (flows, ends) = (&self.flows, &self.ends);
            let idle = || matches!(wait(flows, ends, Duration::ZERO), Ok(None));
            match self.watch.look(longest, idle) {
                Look::Alive => {}
                Look::Unknown(line) => (self.say)(line),
                Look::Deadlock(line) => {
                    (self.say)(line);
                    self.events.push(Event::Deadlock);
                    let has_inputs = self.flows.iter().any(|flow| flow.to.is_some());
                    if on_deadlock == OnDeadlock::End || !has_inputs {
                        return Ok(false);
                    }
                    self.flows.iter_mut().for_each(Flow::close_input);
                    self.watch.moved();
                    pause = FIRST_PAUSE;
                }
            }
        }
        Ok(true)
    }

    /// Whether both commands have ended and all that was written is delivered.
    fn is_over(&self) -> bool {
        self.ends.iter().all(|end| end.ended) && !self.flows.iter().any(Flow::is_open)
    }

    /// Notes the commands that have ended. After the second, what was written so far
    /// is the last: processes in the background go on by themselves.
    fn note_ends(&mut self, ready: [PollFlags; 2], buffer: &mut [u8]) -> Result<bool, Error> {
        // Of two that end between two looks, the one whose output ended before is the earlier.
        let mut order = [0, 1];
        order.sort_by_key(|&which| self.flows[which].from.is_some());
        let mut any = false;
        for which in order {
            if self.ends[which].has_come(ready[which]) {
                self.events.push(ended(which));
                any = true;
            }
        }
        if any && self.ends.iter().all(|end| end.ended) {
            for side in 0..2 {
                let mut left = self.flows[side].waiting();
                while left > 0 {
                    let most = left.min(buffer.len());
                    left -= match self.take(side, &mut buffer[..most])? {
                        0 => break,
                        n => n,
                    };
                }
                self.flows[side].from = None;
                self.flows[side].close_when_done();
            }
        }
        Ok(any)
    }

    /// Moves what can be moved at the ends that are ready.
    fn move_all(&mut self, ready: [[PollFlags; 2]; 2], buffer: &mut [u8]) -> Result<(), Error> {
        for (side, [from, to]) in ready.into_iter().enumerate() {
            if !to.is_empty() {
                self.flows[side].give(to)?;
            }
            if !from.is_empty() {
                self.take(side, buffer)?;
            }
            self.flows[side].close_when_done();
        }
        Ok(())
    }

    /// Reads what a command wrote, 0 for the first, logs it and passes it on. How many bytes.
    fn take(&mut self, side: usize, buffer: &mut [u8]) -> Result<usize, Error> {
        let Some(bytes) = self.flows[side].take(buffer)? else {
            return Ok(0);
        };
        if let Some(log) = &mut self.log {
            log.add(side, bytes)?;
        }
        self.flows[side].pass(bytes)?;
        Ok(bytes.len())
    }

    /// The events, with the statuses of the commands.
    fn statuses(mut self) -> Result<Vec<Event>, Error> {
        let here = (0..2).filter(|&which| !self.ends[which].ended);
        self.events.extend(here.map(ended));
        let mut events = Vec::new();
        for event in self.events {
            let Event::Ended { which, .. } = event else {
                events.push(event);
                continue;
            };
            // A process that SIGKILL does not end has none.
            let status = self.children[which].try_wait().map_err(Error::Read)?;
            events.extend(status.map(|status| {
                let refused = self.flows[which].refused && child::status(status) == SIGPIPE_STATUS;
                let failed = !status.success() && !refused;
                Event::Ended {
                    which,
                    status,
                    failed,
                }
            }));
        }
        Ok(events)
    }
}

/// A command that has ended, before it is reaped.
fn ended(which: usize) -> Event {
    let (status, failed) = (ExitStatus::default(), false);
    Event::Ended {
        which,
        status,
        failed,
    }
}

/// The exit status of a command that was ended by SIGPIPE, and that of a shell of which the
/// last command was.
const SIGPIPE_STATUS: u8 = 128 + libc::SIGPIPE as u8;

fn polled(error: io::Error) -> Error {
    Error::Read(error).of("poll")
}

/// Waits until something can be moved or a command has ended; `None` if nothing
/// happens in this time.
fn wait(flows: &[Flow; 2], ends: &[End; 2], pause: Duration) -> io::Result<Option<Ready>> {
    let mut fds = Vec::with_capacity(6);
    for flow in flows {
        fds.extend(flow.readable().map(|from| PollFd::new(from, PollFlags::IN)));
        fds.extend(flow.writable().map(|(to, wanted)| PollFd::new(to, wanted)));
    }
    for end in ends {
        fds.extend(end.to_come().map(|pidfd| PollFd::new(pidfd, PollFlags::IN)));
    }
    let pause = Timespec {
        tv_sec: pause.as_secs() as _,
        tv_nsec: pause.subsec_nanos() as _,
    };
    match poll(&mut fds, Some(&pause)) {
        Ok(0) => return Ok(None),
        Ok(_) => {}
        Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut found = fds.iter().map(PollFd::revents);
    let mut next = |there: bool| {
        let found = there.then(|| found.next()).flatten();
        found.unwrap_or(PollFlags::empty())
    };
    let flows = flows.each_ref().map(|flow| {
        [
            next(flow.readable().is_some()),
            next(flow.writable().is_some()),
        ]
    });
    let ends = ends.each_ref().map(|end| next(end.to_come().is_some()));
    Ok(Some((flows, ends)))
}

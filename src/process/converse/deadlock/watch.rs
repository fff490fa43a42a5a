//! Looks at all processes: the rule, and the patience.

use super::super::tree;
use super::look::Look;
use super::quiet::{self, Activity, Quiet};
use super::rings;
use super::sentence::{Waiter, sentence};
use super::thread::{self, Pipes, Thread, Waiting};
use crate::common::error;
use std::fs::{self, File};
use std::io;
use std::time::Duration;

/// How long nothing moves before a process that handles all signals, SIGALRM
/// included, is taken to have no alarm set. `--patience` changes it.
const DOUBT: Duration = Duration::from_secs(10);

/// How many new processes are checked after a look.
const CHECKED: u32 = 100;

/// The state of the conversation.
#[derive(Debug)]
pub(in super::super) struct Watch {
    patience: Option<Duration>,
    /// The commands' processes.
    children: [u32; 2],
    pipes: Pipes,
    /// The sum of all pauses before looks.
    paused: Duration,
    /// A deadlock, if no alarm is set, and the sum of pauses when it was first found.
    doubted: Option<(Vec<Waiting>, Duration)>,
    quiet: Quiet,
    /// Whether the states of processes can be read at all. `None`: not tried yet.
    readable: Option<bool>,
    /// Whether it was reported that they cannot be read.
    said: bool,
}

/// Why there is no deadlock for all that is known.
pub(super) enum Not {
    /// A process may run again, or has ended.
    Waiting,
    /// The state of a process cannot be read.
    Readable(io::Error),
}

impl From<io::Error> for Not {
    fn from(error: io::Error) -> Not {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Not::Readable(error),
            // A process has just ended.
            _ => Not::Waiting,
        }
    }
}

/// The threads that wait, and the processes that they belong to.
#[derive(Debug, Default)]
struct Found {
    threads: Vec<Waiting>,
    waiters: Vec<Waiter>,
    /// There may be a timer.
    doubtful: bool,
}

impl Watch {
    /// Call it before any pipe of the conversation is made.
    pub(in super::super) fn new(patience: Option<Duration>) -> Watch {
        Watch {
            patience,
            children: [0; 2],
            pipes: Pipes::before(),
            paused: Duration::ZERO,
            doubted: None,
            quiet: Quiet::default(),
            readable: None,
            said: false,
        }
    }

    /// Sets the pipes that are the inputs and the outputs of the commands.
    pub(in super::super) fn pipes(&mut self, inputs: [&File; 2], outputs: [&File; 2]) {
        self.pipes.inputs = inputs.map(thread::inode);
        self.pipes.outputs = outputs.map(thread::inode);
    }

    /// Sets the processes of the commands.
    pub(in super::super) fn children(&mut self, children: [u32; 2]) {
        self.children = children;
    }

    /// Notes that something was passed on, or that a command has ended.
    pub(in super::super) fn moved(&mut self) {
        self.doubted = None;
        self.quiet = Quiet::default();
    }

    /// Checks after a pause; `idle` returns whether there is nothing to pass on.
    pub(in super::super) fn look(&mut self, pause: Duration, idle: impl Fn() -> bool) -> Look {
        self.paused += pause;
        if self.readable.is_none() {
            let unreadable = unreadable();
            self.readable = Some(unreadable.is_none());
            if let Some(line) = unreadable {
                return Look::Unknown(line);
            }
        }
        if self.readable == Some(true) {
            match self.twice(&idle) {
                Ok(line) => return Look::Deadlock(line),
                Err(Not::Readable(error)) if !std::mem::replace(&mut self.said, true) => {
                    return Look::Unknown(not_found("/proc", error::cause(&error)));
                }
                Err(_) => {}
            }
        }
        if let Some(patience) = self.patience
            && self.is_quiet_for(patience, pause)
            && idle()
        {
            return Look::Deadlock(quiet::sentence(patience));
        }
        Look::Alive
    }

    fn is_quiet_for(&mut self, patience: Duration, pause: Duration) -> bool {
        let tree = match self.readable {
            Some(true) => tree::descendants().unwrap_or_default(),
            // Only time can decide.
            _ => Vec::new(),
        };
        let now = Activity {
            processes: tree
                .iter()
                .map(|process| (process.id, process.start))
                .collect(),
            ticks: tree.iter().map(|process| process.ticks).sum(),
            stopped: tree.iter().any(|process| process.stopped),
        };
        self.quiet.after(pause, now) >= patience
    }

    /// The line about a deadlock, if two looks find it, after one for the checks that take time.
    fn twice(&mut self, idle: impl Fn() -> bool) -> Result<String, Not> {
        // Most of the time one of these two shows at little cost that there is none.
        for child in self.children {
            self.process(child, true, &mut Found::default())?;
        }
        let before = self.once(tree::descendants)?;
        if before.threads.is_empty() {
            return Err(Not::Waiting);
        }
        // Not after the last look: a process may go on then, and end, and have none.
        for waiter in &before.waiters {
            if rings::has_ring(waiter.id)? {
                return Err(Not::Waiting);
            }
        }
        // In little time, since on a busy machine processes are made all the time.
        let newest = newest_process()?;
        let first = self.once(tree::descendants)?;
        if before.threads != first.threads || !idle() {
            return Err(Not::Waiting);
        }
        let second = self.once(tree::all_descendants)?;
        if first.threads != second.threads || any_made_since(newest)? {
            return Err(Not::Waiting);
        }
        match second.doubtful && !self.is_beyond_doubt(second.threads) {
            true => Err(Not::Waiting),
            false => Ok(sentence(&second.waiters)),
        }
    }

    /// Whether the same threads have waited, and not run, for as long as doubts last. Looks
    /// between may have found nothing: on a busy machine many do.
    fn is_beyond_doubt(&mut self, threads: Vec<Waiting>) -> bool {
        match &self.doubted {
            Some((same, since)) if *same == threads => {
                self.paused - *since >= self.patience.unwrap_or(DOUBT)
            }
            _ => {
                self.doubted = Some((threads, self.paused));
                false
            }
        }
    }

    /// Looks at all descendants, by this list of them.
    fn once(&self, list: fn() -> io::Result<Vec<tree::Process>>) -> Result<Found, Not> {
        let mut found = Found::default();
        let tree = list()?;
        for process in &tree {
            let has_children = tree.iter().any(|other| other.parent == process.id);
            self.process(process.id, has_children, &mut found)?;
        }
        Ok(found)
    }

    /// Adds the threads of a process, if all of them wait. A zombie has none.
    fn process(&self, process: u32, has_children: bool, found: &mut Found) -> Result<(), Not> {
        // Some kernels do not report timers.
        if fs::read(format!("/proc/{process}/timers")).is_ok_and(|timers| !timers.is_empty()) {
            return Err(Not::Waiting);
        }
        let mut waiter: Option<Waiter> = None;
        for entry in fs::read_dir(format!("/proc/{process}/task"))? {
            let Some(thread) = Thread::read(&entry?.path(), has_children, &self.pipes)? else {
                continue;
            };
            if waiter
                .as_ref()
                .is_none_or(|waiter| thread.wait < waiter.wait)
            {
                waiter = Some(Waiter {
                    id: process,
                    name: thread.name,
                    wait: thread.wait,
                });
            }
            found.doubtful |= thread.doubtful;
            found.threads.push(thread.waiting);
        }
        found.waiters.extend(waiter);
        Ok(())
    }
}

/// The line for standard error if /proc cannot be used, so that no deadlock is found.
fn unreadable() -> Option<String> {
    // It is there in any namespace, but leads to this process only in its own.
    if let Err(error) = fs::symlink_metadata("/proc/self") {
        return Some(not_found("/proc", error::cause(&error)));
    }
    let own = std::process::id().to_string();
    if !fs::read_link("/proc/self").is_ok_and(|link| link.as_os_str() == &own[..]) {
        return Some(not_found("/proc", "not of this PID namespace"));
    }
    ["/proc/loadavg", "/proc/thread-self/syscall"]
        .into_iter()
        .find_map(|file| {
            let error = fs::read(file).err()?;
            Some(not_found(file, error::cause(&error)))
        })
}

fn not_found(file: &str, cause: impl std::fmt::Display) -> String {
    format!("{file}: {cause}: a deadlock would not be found")
}

/// The ID of the process, or thread, that was made last in this namespace.
fn newest_process() -> io::Result<u32> {
    let load = fs::read_to_string("/proc/loadavg")?;
    let last = load.split_whitespace().last();
    last.and_then(|last| last.parse().ok())
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Whether a descendant may have been made since this process was the newest.
fn any_made_since(newest: u32) -> io::Result<bool> {
    let now = newest_process()?;
    // IDs begin again from low numbers when they are used up.
    let few = now.checked_sub(newest).is_some_and(|n| n <= CHECKED);
    Ok(!few || (newest + 1..=now).any(tree::may_be_descendant))
}

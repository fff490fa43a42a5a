//! `converse`: two commands, the output of each the input of the other.
//!
//! The talk: "two-way communication is harder". Two pipes and two processes
//! lock up in two ways, and this takes care of both.
//!
//! *Both write and neither reads.* A pipe holds 64 KiB, then its writer waits.
//! Here everything written is taken at once and held, in memory and then in a
//! file (`queue`), so a writer never waits for its reader. One loop around
//! `poll` does it all ([`converse`]); there are no threads.
//!
//! *Both read and neither writes.* When nothing has moved for a moment, the
//! states of all processes are looked at (`deadlock`, by way of `tree`). If
//! every one of them waits for another, it is a deadlock and is ended, or both
//! inputs are closed. Time alone proves nothing: who computes, sleeps, or waits
//! for anything else is left alone.
//!
//! One who leaves is noticed. What was written for him is dropped, and so is
//! what comes after, up to [`FAREWELL`]: a last word to one who has left is no
//! failure. Who goes on beyond that is told by SIGPIPE, as in any pipe.

mod deadlock;
mod log;
mod queue;
mod tree;

pub use log::Log;

use crate::cli;
use crate::error::Error;
use crate::stream;
use deadlock::{Look, Watch};
use queue::Queue;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, ioctl_fionread};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How much is read at a time, in bytes.
const BLOCK: usize = 128 << 10;

/// How much may be said to one who has left, in bytes.
pub const FAREWELL: u64 = 1 << 20;

/// How long nothing moves before the processes are looked at.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between looks. Each is twice as long as the one before.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often the dead are buried whom nobody else will.
const BURIAL: Duration = Duration::from_secs(1);

/// What to do about a deadlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeadlock {
    /// End both commands.
    End,
    /// Close both inputs, so that each reads its end.
    Eof,
}

/// How a conversation ended.
#[derive(Debug)]
pub enum Ended {
    /// Both commands did, with these statuses.
    Both([ExitStatus; 2]),
    /// By a deadlock, and both were ended.
    Deadlock,
}

/// What flows from one command to the other.
#[derive(Debug)]
struct Flow {
    /// What the one writes. `None` when that has ended.
    from: Option<File>,
    /// What the other reads. `None` when it was closed or the other has left.
    to: Option<File>,
    queue: Queue,
    /// How much was said to one who had left.
    dropped: u64,
    /// Whether the writer was told that nobody reads.
    refused: bool,
}

/// Runs two commands until both have ended, or are ended.
///
/// `tell` hears what is to be said on standard error while it runs: who waits
/// for whom. An error ends both commands; it names what failed, but for a write
/// to a log without a name.
pub fn converse(
    commands: [&[OsString]; 2],
    on_deadlock: OnDeadlock,
    mut log: Option<Log>,
    mut tell: impl FnMut(String),
) -> Result<Ended, Error> {
    let mut watch = Watch::new();
    let (mut flows, mut children) = start(commands, &mut watch)?;
    let ended = run(
        &mut flows,
        &children,
        &mut watch,
        on_deadlock,
        &mut log,
        &mut tell,
    );
    if !matches!(ended, Ok(true)) {
        tree::end(&mut children);
    }
    let logged = log.as_mut().map_or(Ok(()), Log::end);
    match (ended?, logged?) {
        (true, ()) => {}
        (false, ()) => return Ok(Ended::Deadlock),
    }
    let mut statuses = [ExitStatus::default(); 2];
    for (i, child) in children.iter_mut().enumerate() {
        let status = child.wait().map_err(Error::Read)?;
        let refused = flows[i].refused && status.signal() == Some(libc::SIGPIPE);
        statuses[i] = if refused {
            ExitStatus::default()
        } else {
            status
        };
    }
    Ok(Ended::Both(statuses))
}

/// Starts both commands. Should the second fail to start, the first is ended.
fn start(commands: [&[OsString]; 2], watch: &mut Watch) -> Result<([Flow; 2], Vec<Child>), Error> {
    let pipe = || -> io::Result<(File, File)> {
        let (reader, writer) = io::pipe()?;
        stream::enlarge_pipe(&reader);
        Ok((OwnedFd::from(reader).into(), OwnedFd::from(writer).into()))
    };
    let flow = |from, to| Flow {
        from: Some(from),
        to: Some(to),
        queue: Queue::default(),
        dropped: 0,
        refused: false,
    };
    let pipes = || -> io::Result<_> {
        // What each side writes, and what it reads.
        let (said, heard) = ([pipe()?, pipe()?], [pipe()?, pipe()?]);
        for (_, to) in &heard {
            ioctl_fionbio(to, true)?;
        }
        Ok((said, heard))
    };
    let ([a_said, b_said], [a_heard, b_heard]) =
        pipes().map_err(|error| Error::Read(error).of("pipe"))?;
    watch.pipes([&a_heard.0, &b_heard.0]);
    tree::adopt_orphans();
    let mut children = Vec::new();
    for (command, stdin, stdout) in [
        (commands[0], a_heard.0, a_said.1),
        (commands[1], b_heard.0, b_said.1),
    ] {
        let mut child = Command::new(&command[0]);
        child
            .args(&command[1..])
            .stdin(stdin)
            .stdout(stdout)
            .stderr(Stdio::inherit());
        cli::as_it_was(&mut child);
        match child.spawn() {
            Ok(child) => children.push(child),
            Err(error) => {
                tree::end(&mut children);
                return Err(Error::Read(error).of(cli::shown(&command[0])));
            }
        }
    }
    watch.children([children[0].id(), children[1].id()]);
    Ok((
        [flow(a_said.0, b_heard.1), flow(b_said.0, a_heard.1)],
        children,
    ))
}

/// The loop: false if a deadlock is to be the end.
fn run(
    flows: &mut [Flow; 2],
    children: &[Child],
    watch: &mut Watch,
    on_deadlock: OnDeadlock,
    log: &mut Option<Log>,
    tell: &mut impl FnMut(String),
) -> Result<bool, Error> {
    let mut buffer = vec![0; BLOCK];
    let mut pause = FIRST_PAUSE;
    let mut buried = Instant::now();
    while flows.iter().any(Flow::is_open) {
        // With an input closed, its reader does not wait for ever.
        let may_lock = flows.iter().all(Flow::is_silent);
        let ready = wait(flows, if may_lock { pause } else { BURIAL })
            .map_err(|error| Error::Read(error).of("poll"))?;
        if buried.elapsed() >= BURIAL {
            tree::reap_orphans(children);
            buried = Instant::now();
        }
        if let Some(ready) = ready {
            pause = FIRST_PAUSE;
            for (side, (flow, [from, to])) in flows.iter_mut().zip(ready).enumerate() {
                if !to.is_empty() {
                    flow.give(to)?;
                }
                if !from.is_empty()
                    && let Some(said) = flow.take(&mut buffer)?
                {
                    if let Some(log) = log {
                        log.add(side, said)?;
                    }
                    flow.pass(said)?;
                }
                flow.close_what_is_done();
            }
            continue;
        }
        if !may_lock {
            continue;
        }
        let in_flight = || flows.iter().any(|flow| !flow.is_empty());
        match watch.look(in_flight) {
            Look::Alive => {}
            Look::Unknown(cause) => tell(cause),
            Look::Deadlock(who) => {
                tell(who);
                if on_deadlock == OnDeadlock::End {
                    return Ok(false);
                }
                for flow in flows.iter_mut() {
                    flow.to = None;
                }
                continue;
            }
        }
        pause = LONGEST_PAUSE.min(2 * pause);
    }
    Ok(true)
}

/// Waits until something can be done; `None` if nothing could for so long.
/// For each flow what can be done at its two ends.
fn wait(flows: &[Flow; 2], pause: Duration) -> io::Result<Option<[[PollFlags; 2]; 2]>> {
    let mut fds = Vec::with_capacity(4);
    for flow in flows {
        fds.extend(
            flow.from
                .as_ref()
                .map(|from| PollFd::new(from, PollFlags::IN)),
        );
        let wanted = match flow.queue.is_empty() {
            // That the reader has left is told in any case.
            true => PollFlags::empty(),
            false => PollFlags::OUT,
        };
        fds.extend(flow.to.as_ref().map(|to| PollFd::new(to, wanted)));
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
    let mut ready = fds.iter().map(PollFd::revents);
    let mut next = |there: bool| {
        there
            .then(|| ready.next())
            .flatten()
            .unwrap_or(PollFlags::empty())
    };
    Ok(Some(flows.each_ref().map(|flow| {
        [next(flow.from.is_some()), next(flow.to.is_some())]
    })))
}

impl Flow {
    fn is_open(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Open at both ends, and nothing of it is here.
    fn is_silent(&self) -> bool {
        self.from.is_some() && self.to.is_some() && self.queue.is_empty()
    }

    /// Silent, and nothing is in its pipes either.
    fn is_empty(&self) -> bool {
        let empty = |end: &Option<File>| {
            end.as_ref()
                .is_some_and(|pipe| matches!(ioctl_fionread(pipe), Ok(0)))
        };
        self.is_silent() && empty(&self.from) && empty(&self.to)
    }

    /// Takes what was written. `None` at the end.
    fn take<'a>(&mut self, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>, Error> {
        let Some(from) = &mut self.from else {
            return Ok(None);
        };
        match stream::read(from, buffer) {
            Ok(0) => {
                self.from = None;
                Ok(None)
            }
            Ok(n) => Ok(Some(&buffer[..n])),
            Err(error) => Err(Error::Read(error).of("pipe")),
        }
    }

    /// Passes on what was said: at once if that goes, or else into the queue.
    fn pass(&mut self, said: &[u8]) -> Result<(), Error> {
        let mut rest = said;
        if self.queue.is_empty()
            && let Some(to) = &mut self.to
        {
            match written(to, said)? {
                Some(n) => rest = &said[n..],
                None => self.to = None,
            }
        }
        if self.to.is_some() {
            return self.queue.push(rest).map_err(spooled);
        }
        self.dropped += rest.len() as u64;
        if self.dropped > FAREWELL {
            self.from = None;
            self.refused = true;
        }
        Ok(())
    }

    /// Gives on what waits, as far as that goes.
    fn give(&mut self, ready: PollFlags) -> Result<(), Error> {
        let Some(to) = &mut self.to else {
            return Ok(());
        };
        let left = if ready.contains(PollFlags::OUT) && !self.queue.is_empty() {
            match written(to, self.queue.front().map_err(spooled)?)? {
                Some(n) => {
                    self.queue.pop(n);
                    false
                }
                None => true,
            }
        } else {
            ready.intersects(PollFlags::ERR | PollFlags::NVAL)
        };
        if left {
            self.to = None;
            self.queue.clear();
        }
        Ok(())
    }

    /// An input is closed when all that was said to it is delivered.
    fn close_what_is_done(&mut self) {
        if self.from.is_none() && self.queue.is_empty() {
            self.to = None;
        }
    }
}

/// Writes what a pipe takes now. `None` if its reader has left.
fn written(to: &mut File, bytes: &[u8]) -> Result<Option<usize>, Error> {
    loop {
        return match to.write(bytes) {
            Ok(n) => Ok(Some(n)),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => continue,
                io::ErrorKind::WouldBlock => Ok(Some(0)),
                io::ErrorKind::BrokenPipe => Ok(None),
                _ => Err(Error::Write(error).of("pipe")),
            },
        };
    }
}

/// The error of a queue is one of the folder of its file.
fn spooled(error: io::Error) -> Error {
    Error::Write(error).of(std::env::temp_dir().display().to_string())
}

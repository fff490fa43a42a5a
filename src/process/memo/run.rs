//! The command as a process: its start, the signals that it receives, its end.
//!
//! While it runs, memo does not end by SIGHUP, SIGINT or SIGTERM: it passes the signal
//! on and waits for the command's end. If memo is killed, the system ends the command.

use crate::process::child;
use crate::process::signals::{self, BlockedSignals};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often it is looked whether the command has ended while its output is open.
const PAUSE: Duration = Duration::from_secs(1);

/// The same after a signal: the command will end soon.
const SHORT_PAUSE: Duration = Duration::from_millis(20);

/// A command that was started.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// When to look next whether it has ended.
    next_look: Instant,
    looks: Looks,
}

/// The state of the command while its output was open.
#[derive(Debug, PartialEq)]
enum Looks {
    /// It was running.
    Running,
    /// It had ended at the last look.
    Ended,
    /// It had ended before the last look, which was said.
    Told,
}

/// How a command has ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    Status(ExitStatus),
    /// It received the signal that this process received, and has ended by it.
    Signal(i32),
    /// It received the signal, and ended with an exit status.
    Asked(ExitStatus),
}

/// What there is to be done about a running command.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Its output can be read.
    Read,
    /// It has ended after a signal, and all that it has written was read; other processes
    /// have its output open.
    Stop,
    /// It has ended, and other processes have its output open.
    Tell,
}

impl Running {
    /// Starts a command with this variable in its environment. From here on it gets the
    /// signals that are blocked until now.
    pub(super) fn start(
        command: &[OsString],
        (variable, value): (&str, String),
        signals: BlockedSignals,
    ) -> io::Result<(Running, Option<ChildStdout>)> {
        let mut child = Command::new(&command[0]);
        child.args(&command[1..]).env(variable, value);
        child.stdout(Stdio::piped());
        child::as_it_was(&mut child);
        child::share_stdin(&mut child);
        child::end_with_parent(&mut child);
        signals.are_not_for(&mut child);
        let mut child = child.spawn()?;
        signals::pass_signals_to(child.id());
        drop(signals);
        let stdout = child.stdout.take();
        let running = Running {
            child,
            next_look: Instant::now() + PAUSE,
            looks: Looks::Running,
        };
        Ok((running, stdout))
    }

    /// Waits for something to be done.
    pub(super) fn next(&mut self, stdout: &ChildStdout) -> io::Result<Next> {
        loop {
            let now = Instant::now();
            let is_signalled = signals::received_signal().is_some();
            if now >= self.next_look || is_signalled {
                let pause = if is_signalled { SHORT_PAUSE } else { PAUSE };
                self.next_look = now + pause;
                let has_ended = self.has_ended(WaitIdOptions::NOHANG)?;
                match self.looks {
                    _ if !has_ended => {}
                    // All that the command has written is in the pipe by now.
                    _ if is_signalled => {
                        let mut polled = [PollFd::new(stdout, PollFlags::IN)];
                        match poll(&mut polled, Some(&Timespec::default())) {
                            Ok(0) => return Ok(Next::Stop),
                            Ok(_) => return Ok(Next::Read),
                            Err(Errno::INTR) => continue,
                            Err(error) => return Err(error.into()),
                        }
                    }
                    Looks::Running => self.looks = Looks::Ended,
                    Looks::Ended => {
                        self.looks = Looks::Told;
                        return Ok(Next::Tell);
                    }
                    Looks::Told => {}
                }
            }
            let left = self.next_look.saturating_duration_since(now);
            let left = Timespec::try_from(left).unwrap_or_default();
            let mut polled = [PollFd::new(stdout, PollFlags::IN)];
            match poll(&mut polled, Some(&left)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(Next::Read),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for the end of the command.
    pub(super) fn wait(mut self) -> io::Result<Ended> {
        // Its number stays taken until it is reaped, and signals are passed on until then.
        self.has_ended(WaitIdOptions::empty())?;
        signals::stop_passing_signals();
        let status = self.child.wait()?;
        Ok(match signals::received_signal() {
            Some(signal) if status.signal() == Some(signal) => Ended::Signal(signal),
            Some(_) => Ended::Asked(status),
            None => Ended::Status(status),
        })
    }

    /// Whether it has ended; without NOHANG, waits for that.
    fn has_ended(&self, options: WaitIdOptions) -> io::Result<bool> {
        let options = options | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let Some(pid) = Pid::from_raw(self.child.id() as i32) else {
            return Ok(true);
        };
        loop {
            match waitid(WaitId::Pid(pid), options) {
                Err(Errno::INTR) => {}
                result => return Ok(result?.is_some()),
            }
        }
    }
}

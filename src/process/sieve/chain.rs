//! The parent: numbers in, a process for each prime out.
//!
//! It does nothing but to fork and reap, and so it stays small. It has the last
//! pipe of the chain, and no other: a pipe's end is seen only when all processes
//! that have its other end have closed that.

use super::end::{End, Problem, both};
use super::link;
use super::stage::{NUMBER, await_input};
use crate::common::error::Error;
use crate::process::child;
use rustix::io::retry_on_intr;
use rustix::process::{Pid, WaitOptions, waitpid};
use rustix::stdio::dup2_stdin;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, PipeReader};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Forks a process for the first of the numbers, then one for the first number
/// that this one passes on, and so on, up to `left` processes. Returns when all
/// have ended; whether they succeeded.
pub(super) fn run(
    text: &mut File,
    mut numbers: PipeReader,
    output: &File,
    mut left: usize,
    end: End<'_>,
) -> Result<bool, Error> {
    without_input(text).map_err(not_started)?;
    let mut forked = Forked::default();
    let extended = loop {
        let prime = match first_number(&mut numbers, output) {
            Ok(Some(prime)) => prime,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let next = match left {
            0 => Err(Problem::TooManyProcesses.into()),
            _ => fork(prime, &numbers, output, end).map_err(Error::Start),
        };
        match next {
            Ok((process, next)) => {
                forked.processes.push_back((process, prime));
                numbers = next;
                left -= 1;
            }
            Err(error) => break Err(error.of(name(prime))),
        }
        if let Err(error) = forked.reap() {
            break Err(Error::Read(error));
        }
    };
    // After a failure, the loss of this reader ends the processes.
    drop(numbers);
    both(extended, forked.end())
}

/// Waits for the parent, when the head has closed its pipe; whether all succeeded.
pub(super) fn end(parent: Pid) -> Result<bool, Error> {
    let status = wait(parent, WaitOptions::empty()).map_err(Error::Read)?;
    match status.map_or(Ok(false), succeeded) {
        Err(Error::Own(error)) => Err(Error::Own(error).of(PARENT)),
        ended => ended,
    }
}

/// Closes the text and standard input, which only the head reads.
fn without_input(text: &mut File) -> io::Result<()> {
    *text = File::open("/dev/null")?;
    Ok(dup2_stdin(&*text)?)
}

/// Waits for a number; none at the end.
fn first_number(numbers: &mut PipeReader, output: &File) -> Result<Option<u64>, Error> {
    let mut number = [0; NUMBER];
    await_input(numbers.as_fd(), output.as_fd())?;
    match link::read(numbers, &mut number)? {
        0 => Ok(None),
        _ => Ok(Some(u64::from_ne_bytes(number))),
    }
}

/// Forks the process for a prime, which reads the numbers; also returns what it passes on.
fn fork(
    prime: u64,
    numbers: &PipeReader,
    output: &File,
    end: End<'_>,
) -> io::Result<(Pid, PipeReader)> {
    let (next, pipe) = io::pipe()?;
    if let Some(process) = child::fork()? {
        return Ok((process, next));
    }
    // Else the loss of the next process would not be seen.
    drop(next);
    let result = link::run(prime, numbers, pipe, output);
    child::exit(end(result.map_err(|error| match error {
        Error::Write(_) => error,
        error => error.of(name(prime)),
    })))
}

/// The error of a parent that could not be forked, or could not begin.
pub(super) fn not_started(error: io::Error) -> Error {
    Error::Start(error).of(PARENT)
}

/// The parent's name in an error line.
const PARENT: &str = "parent of the processes";

/// The name of a process in an error line.
fn name(prime: u64) -> String {
    format!("process for {prime}")
}

/// The processes that were forked and not reaped yet, in order, with their primes;
/// and how the others ended.
#[derive(Default)]
struct Forked {
    processes: VecDeque<(Pid, u64)>,
    failed: bool,
    lost_reader: bool,
    killed: Option<u64>,
}

impl Forked {
    /// Reaps the processes that have ended, up to the first that has not: the
    /// input of a process ends later than that of those before it.
    fn reap(&mut self) -> io::Result<()> {
        while let Some(&(process, _)) = self.processes.front() {
            let Some(status) = wait(process, WaitOptions::NOHANG)? else {
                break;
            };
            self.ended(status);
        }
        Ok(())
    }

    /// Waits for all processes; whether they succeeded.
    fn end(mut self) -> Result<bool, Error> {
        while let Some(&(process, _)) = self.processes.front() {
            if let Some(status) = wait(process, WaitOptions::empty()).map_err(Error::Read)? {
                self.ended(status);
            }
        }
        match self.killed {
            // The others ended because this one did.
            Some(prime) => Err(Error::from(Problem::Killed).of(name(prime))),
            // It has reported the cause.
            None if self.failed => Ok(false),
            None if self.lost_reader => Err(Error::Write(io::ErrorKind::BrokenPipe.into())),
            None => Ok(true),
        }
    }

    /// Takes the first process out, which ended like this.
    fn ended(&mut self, status: ExitStatus) {
        let prime = self.processes.pop_front().map(|(_, prime)| prime);
        match succeeded(status) {
            Ok(ok) => self.failed |= !ok,
            Err(Error::Write(_)) => self.lost_reader = true,
            Err(_) => self.killed = self.killed.or(prime),
        }
    }
}

/// Whether a process succeeded. One that SIGPIPE ended had no reader.
fn succeeded(status: ExitStatus) -> Result<bool, Error> {
    match status.signal() {
        None => Ok(status.success()),
        Some(libc::SIGPIPE) => Err(Error::Write(io::ErrorKind::BrokenPipe.into())),
        Some(_) => Err(Problem::Killed.into()),
    }
}

/// Waits for a child; how it ended, unless it is not to be waited for.
fn wait(process: Pid, how: WaitOptions) -> io::Result<Option<ExitStatus>> {
    let ended = retry_on_intr(|| waitpid(Some(process), how))?;
    Ok(ended.map(|(_, status)| ExitStatus::from_raw(status.as_raw())))
}

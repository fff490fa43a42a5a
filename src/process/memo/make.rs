//! Making a value: the command's output goes into the draft, and from there to
//! standard output, each as fast as it goes by itself.

use super::Request;
use super::draft::{Draft, Kept};
use super::run::{Ended, Next, Running};
use super::value::{MARK, Summary};
use crate::common::error::Error;
use crate::common::output::Output;
use crate::common::show;
use crate::common::stream;
use crate::process::{child, signals};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::process::ChildStdout;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

/// How much is read at a time, in bytes.
const BLOCK: usize = 128 << 10;

/// The result of a run.
#[derive(Debug)]
pub(super) enum Made {
    /// All of the output was printed; it is stored, or `tell` got why not. The exit status.
    Value(u8),
    /// The command failed, with this exit status; its output was printed unless it was held
    /// back.
    Failed(u8),
    /// The command could not be started.
    NotStarted(io::Error),
    /// This process received a signal to end, and the command has ended.
    Signal(i32),
}

/// How much of a draft may be printed.
#[derive(Debug, Default)]
struct Growth {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    length: u64,
    ended: bool,
}

/// Runs the command and stores its output if it succeeds. If the output `is_held` back, it is
/// printed only then.
pub(super) fn make(
    draft: Draft,
    request: &Request,
    is_held: bool,
    output: &mut Output,
    tell: &mut dyn FnMut(String),
) -> Result<Made, Error> {
    // No signal ends this process between the start of the command and the moment when
    // signals are passed on to it.
    let signals = signals::block_signals();
    let growth = Arc::new(Growth::default());
    // The thread is started first: without it the command would have to be ended.
    let printer = Printer::start(&growth, &draft, output)?;
    let (mut running, stdout) = match Running::start(request.command, draft.environment(), signals)
    {
        Ok(started) => started,
        Err(error) => {
            draft.fail(child::status_without_start(&error));
            growth.end();
            printer.join()?;
            return Ok(Made::NotStarted(error));
        }
    };
    let print = |length| {
        if !is_held {
            growth.show(length);
        }
    };
    let filled = stdout.map_or(Ok((Summary::new(), true)), |stdout| {
        fill(&draft, stdout, &mut running, print, tell)
    });
    let ended = running
        .wait()
        .map_err(|error| Error::Read(error).of(show::shown(&request.command[0])));
    let ended = filled.and_then(|filled| Ok((filled, ended?)));
    // A slow reader must delay neither the end by a signal nor the processes that wait.
    let made = ended.and_then(|((summary, is_complete), ended)| match ended {
        Ended::Signal(signal) => Ok(Made::Signal(signal)),
        Ended::Status(status) | Ended::Asked(status) if !is_complete => {
            if status.success() {
                tell(
                    "output not stored: another process has COMMAND's standard output open"
                        .to_string(),
                );
                growth.show(summary.length);
            }
            Ok(Made::Failed(child::status(status)))
        }
        Ended::Status(status) | Ended::Asked(status)
            if status.success() || (request.keep_status && status.code().is_some()) =>
        {
            let status = child::status(status);
            growth.show(summary.length);
            growth.end();
            keep(draft, request, summary, status, tell).map(|()| Made::Value(status))
        }
        Ended::Status(status) => {
            let status = child::status(status);
            draft.fail(status);
            Ok(Made::Failed(status))
        }
        // Processes that have waited do not share that: they run the command themselves.
        Ended::Asked(status) => Ok(Made::Failed(child::status(status))),
    });
    growth.end();
    match made {
        // The process ends, and with it the thread.
        Ok(Made::Signal(signal)) => Ok(Made::Signal(signal)),
        made => {
            let printed = printer.join();
            let made = made?;
            printed?;
            Ok(made)
        }
    }
}

/// Takes what the command prints, up to its end, and says how much may be printed. Returns
/// whether the end has come.
///
/// If the draft cannot be written, the pipe is closed: the command gets SIGPIPE.
fn fill(
    draft: &Draft,
    mut stdout: ChildStdout,
    running: &mut Running,
    print: impl Fn(u64),
    tell: &mut dyn FnMut(String),
) -> Result<(Summary, bool), Error> {
    stream::enlarge_pipe(&stdout);
    let of_output = |error| Error::Read(error).of("the command's output");
    let mut buffer = vec![0; BLOCK];
    let mut summary = Summary::new();
    loop {
        match running.next(&stdout).map_err(of_output)? {
            Next::Read => {}
            Next::Stop => return Ok((summary, false)),
            Next::Tell => {
                tell(
                    "COMMAND has ended; waiting for another process that has its standard \
                     output open"
                        .to_string(),
                );
                continue;
            }
        }
        let n = match stream::read(&mut stdout, &mut buffer).map_err(of_output)? {
            0 => return Ok((summary, true)),
            n => n,
        };
        let written = (&draft.file).write_all(&buffer[..n]);
        written.map_err(|error| Error::Write(error).of(draft.name()))?;
        print(summary.length + n as u64);
        // The printing thread need not wait for that.
        summary.update(&buffer[..n]);
    }
}

/// Stores a value, or returns why it is not stored.
fn keep(
    draft: Draft,
    request: &Request,
    summary: Summary,
    status: u8,
    tell: &mut dyn FnMut(String),
) -> Result<(), Error> {
    let key = request.key.as_bytes();
    match draft.keep(key, summary, status, request.max_size)? {
        // --forget has this effect.
        Kept::Stored | Kept::Forgotten => {}
        Kept::TooLarge => tell("output not stored: larger than --max-size".to_string()),
    }
    Ok(())
}

/// The thread that prints.
struct Printer(JoinHandle<io::Result<()>>);

impl Printer {
    fn start(growth: &Arc<Growth>, draft: &Draft, output: &Output) -> Result<Printer, Error> {
        let of_draft = |error| Error::Write(error).of(draft.name());
        let reader = draft.file.try_clone().map_err(of_draft)?;
        let mut output = output.try_clone().map_err(Error::Write)?;
        let growth = Arc::clone(growth);
        let thread = thread::Builder::new().spawn(move || growth.print(&reader, &mut output));
        let thread = thread.map_err(|error| Error::Start(error).of("thread"))?;
        Ok(Printer(thread))
    }

    /// Waits until all is printed.
    fn join(self) -> Result<(), Error> {
        let panicked = |_| Err(io::Error::other("the printing thread panicked"));
        self.0.join().unwrap_or_else(panicked).map_err(Error::Write)
    }
}

impl Growth {
    /// Has the draft printed up to this length.
    fn show(&self, length: u64) {
        self.state().length = length;
        self.changed.notify_one();
    }

    fn end(&self) {
        self.state().ended = true;
        self.changed.notify_one();
    }

    /// Prints what has come, as it comes, up to the end.
    fn print(&self, draft: &File, output: &mut Output) -> io::Result<()> {
        let mut buffer = vec![0; BLOCK];
        let mut at = 0;
        loop {
            let state = self.more_than(at);
            while at < state.length {
                let n = (state.length - at).min(BLOCK as u64) as usize;
                draft.read_exact_at(&mut buffer[..n], MARK as u64 + at)?;
                output.write_all(&buffer[..n])?;
                at += n as u64;
            }
            if state.ended {
                return Ok(());
            }
        }
    }

    /// Waits until there is more than this, or the end.
    fn more_than(&self, length: u64) -> State {
        let waiting = |state: &mut State| state.length <= length && !state.ended;
        let state = self.changed.wait_while(self.state(), waiting);
        *state.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.state.lock();
        state.unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

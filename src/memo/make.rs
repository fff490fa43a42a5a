//! Making a value: the command's output goes into the draft, and from there to
//! standard output, each as fast as it goes by itself.

use super::Got;
use super::store::Draft;
use super::value::{MARK, Summary};
use crate::cli;
use crate::error::Error;
use crate::stream;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;

/// How much is read at a time, in bytes.
const BLOCK: usize = 128 << 10;

/// How far a draft has got.
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

/// Runs the command and keeps its output if it succeeds.
pub(super) fn make(
    draft: Draft,
    key: &[u8],
    command: &[OsString],
    output: &mut File,
) -> Result<Got, Error> {
    let of_draft = |error| Error::Write(error).of(draft.name());
    let (variable, making) = draft.making();
    let reader = draft.file.try_clone().map_err(of_draft)?;
    let name = draft.name();
    let mut child = Command::new(&command[0]);
    child.args(&command[1..]).env(variable, making);
    cli::as_it_was(&mut child);
    let growth = Growth::default();
    thread::scope(|scope| {
        // First of all, since nobody would look after the command without it.
        let printer = thread::Builder::new().spawn_scoped(scope, || growth.print(&reader, output));
        let printer = printer.map_err(|error| Error::Start(error).of("thread"))?;
        let mut child = match child.stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) => {
                growth.end();
                return Ok(Got::NotStarted(error));
            }
        };
        let stdout = child.stdout.take();
        let filled = stdout.map_or(Ok(Summary::new()), |stdout| {
            growth.fill(&draft.file, stdout, &name)
        });
        growth.end();
        let status = child
            .wait()
            .map_err(|error| Error::Read(error).of(cli::shown(&command[0])));
        // The others need not wait until it is printed.
        let got = filled.and_then(|summary| match status? {
            status if status.success() => {
                let kept = draft.keep(key, summary);
                kept.map_err(|error| Error::Write(error).of(name))?;
                Ok(Got::Value)
            }
            status => {
                drop(draft);
                Ok(Got::Failed(status))
            }
        });
        let printed = printer.join().unwrap_or_else(|_| Err(panicked()));
        let got = got?;
        printed.map_err(Error::Write)?;
        Ok(got)
    })
}

fn panicked() -> io::Error {
    io::Error::other("the printing thread panicked")
}

impl Growth {
    /// Takes what the command prints, up to its end.
    ///
    /// When the draft cannot be written, the pipe is closed: the command learns
    /// of it by SIGPIPE.
    fn fill(
        &self,
        mut draft: &File,
        mut stdout: ChildStdout,
        name: &str,
    ) -> Result<Summary, Error> {
        stream::enlarge_pipe(&stdout);
        let mut buffer = vec![0; BLOCK];
        let mut summary = Summary::new();
        loop {
            let n = match stream::read(&mut stdout, &mut buffer) {
                Ok(0) => return Ok(summary),
                Ok(n) => n,
                Err(error) => return Err(Error::Read(error).of("the command's output")),
            };
            let written = draft.write_all(&buffer[..n]);
            written.map_err(|error| Error::Write(error).of(name))?;
            let length = summary.length + n as u64;
            self.state().length = length;
            self.changed.notify_one();
            // The printing thread need not wait for that.
            summary.update(&buffer[..n]);
        }
    }

    fn end(&self) {
        self.state().ended = true;
        self.changed.notify_one();
    }

    /// Prints what has come, as it comes, up to the end.
    fn print(&self, draft: &File, output: &mut File) -> io::Result<()> {
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
        *state.unwrap_or_else(|held| held.into_inner())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|held| held.into_inner())
    }
}

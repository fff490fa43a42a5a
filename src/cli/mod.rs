//! From filters to programs: options, operands, standard streams, the error
//! line and the exit status.
//!
//! A binary is a struct of options and one call of [`run`]. Its library file
//! never prints to standard error and never ends the process; that is done
//! here, the same way for every program.
//!
//! Chapters: `usage` (the command line in; options, help or an error out), `options`
//! (those that several programs have), `input` (FILE operands), `pages` (a page for each that is
//! read), `progress` (a line on a terminal while files are read), `replace` (a file that replaces
//! another one when it is complete), `allocator` (out of memory).

mod allocator;
mod input;
mod options;
mod pages;
mod progress;
mod replace;
mod usage;
mod words;

pub use crate::process::streams::note_closed_streams;
pub use allocator::Allocator;
pub use input::Input;
pub use options::{
    Files, InputLineOptions, LineFiles, LineOptions, MemoryOptions, PlainFiles, TerminalOptions,
};
pub use usage::{Hint, columns, command};
pub use words::WordOptions;

use crate::common::decompress::Allowance;
use crate::common::error::{self, Error};
use crate::common::output::Output;
use crate::common::show::{shown, visible};
use crate::common::stream::{self, Filter};
use crate::process::{child, signals};
use crate::text::pages::AtEnd;
use clap::Parser;
use input::{open, standard};
use pages::Pages;
use replace::Replacement;
use rustix::fs::{FileType, fstat};
use rustix::process::{Resource, getrlimit};
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

/// Exit status: something failed.
const FAILED: u8 = 1;
/// Exit status: wrong usage.
const USAGE: u8 = 2;

/// The stack that suffices for all programs, in bytes. If the main thread may have less
/// (`ulimit -s`), the program runs in another thread.
const STACK: usize = 1 << 20;

/// Parses the command line and runs the program's body.
///
/// `name` is the binary's name, `env!("CARGO_BIN_NAME")`. Wrong usage is one
/// line on standard error and status 2; `--help` and `--version` are results
/// and go to standard output.
pub fn run<A: Parser>(
    name: &'static str,
    body: impl FnOnce(&Program, A) -> ExitCode + Send,
) -> ExitCode {
    run_with_hints(name, |_| None, body)
}

/// The same for a program that suggests replacements for some options that it does not have.
pub fn run_with_hints<A: Parser>(
    name: &'static str,
    hint: Hint,
    body: impl FnOnce(&Program, A) -> ExitCode + Send,
) -> ExitCode {
    let own = name;
    let name = called_as(own);
    allocator::set_name(name);
    let program = Program {
        name,
        raw: false,
        terminator: b'\n',
    };
    let stack = getrlimit(Resource::Stack).current;
    if stack.is_none_or(|stack| stack >= STACK as u64) {
        return start(&program, own, hint, body);
    }
    let signals = signals::leave_signals_to_threads();
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let start = || {
            signals.unblock();
            start(&program, own, hint, body)
        };
        match thread.spawn_scoped(scope, start) {
            Ok(thread) => thread.join().unwrap_or(ExitCode::from(FAILED)),
            Err(error) => {
                program.report("thread", error::cause(&error));
                ExitCode::from(FAILED)
            }
        }
    })
}

/// The name by which the program was called, if that is its name with a prefix, as
/// `scripts/install --program-prefix` gives it; otherwise its name.
fn called_as(name: &'static str) -> &'static str {
    let called = std::env::args_os().next().unwrap_or_default();
    let called = Path::new(&called).file_name().and_then(OsStr::to_str);
    match called {
        Some(called) if called.len() > name.len() && called.ends_with(name) => {
            // It lives as long as the process.
            Box::leak(called.to_string().into_boxed_str())
        }
        _ => name,
    }
}

/// Takes a lot of stack, which its caller may not have.
#[inline(never)]
fn start<A: Parser>(
    program: &Program,
    own: &str,
    hint: Hint,
    body: impl FnOnce(&Program, A) -> ExitCode,
) -> ExitCode {
    match usage::parse(program.name, own, hint) {
        Ok(args) => body(program, args),
        Err(usage::Refusal::Text(text)) => program.print(text.as_bytes()),
        Err(usage::Refusal::Wrong(cause)) => program.wrong_usage(cause),
    }
}

/// A running program: its name, how it reports errors, and what a terminal gets of its output.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    name: &'static str,
    /// Whether a terminal gets the output as it is.
    raw: bool,
    /// The byte that ends the lines of the output.
    terminator: u8,
}

impl Program {
    /// The same program. If `raw`, it writes control characters to a terminal as they are.
    pub fn raw(self, raw: bool) -> Program {
        Program { raw, ..self }
    }

    /// The same program, the lines of whose output end with this byte.
    pub fn ending_lines_with(self, terminator: u8) -> Program {
        Program { terminator, ..self }
    }

    /// Writes the error line, `program: object: cause`.
    pub fn report(&self, object: impl Display, cause: impl Display) {
        let object = match object.to_string() {
            empty if empty.is_empty() => "''".to_string(),
            object => object,
        };
        print_error(&format!("{}: {object}: {cause}", self.name));
    }

    /// Reports an error of `object`, or of what the error itself names.
    pub fn fail(&self, object: impl Display, error: Error) {
        match error {
            Error::In { name, error } => self.report(name, error),
            error => self.report(object, error),
        }
    }

    /// Writes a line about its work to standard error.
    pub fn say(&self, text: impl Display) {
        print_error(&format!("{}: {text}", self.name));
    }

    /// Reports wrong usage in one line; returns the exit status.
    pub fn wrong_usage(&self, cause: impl Display) -> ExitCode {
        print_error(&format!("{0}: {cause} (see {0} --help)", self.name));
        ExitCode::from(USAGE)
    }

    /// Reports that the output failed; returns the exit status. If the reader has closed
    /// the pipe, that is not a failure: the process ends by SIGPIPE, as classic tools do.
    pub fn output_failed(&self, error: &io::Error) -> ExitCode {
        self.end_if_reader_left(error);
        self.report("stdout", error::cause(error));
        ExitCode::from(FAILED)
    }

    /// Ends the process by SIGPIPE if this error of standard output says that its
    /// reader has closed it.
    pub fn end_if_reader_left(&self, error: &io::Error) {
        if error.kind() == io::ErrorKind::BrokenPipe {
            signals::die_by_sigpipe();
        }
    }

    /// Standard output, for large writes. If it is a terminal, control characters are escaped.
    pub fn output(&self) -> io::Result<Output> {
        let file = standard(1, io::stdout())?;
        stream::enlarge_pipe(&file);
        Ok(match self.raw {
            true => Output::raw(file),
            false => Output::new(file, self.terminator),
        })
    }

    /// Writes a whole result that is at hand.
    fn print(&self, result: &[u8]) -> ExitCode {
        self.with_output(|output| {
            output.write_all(result).map_err(Error::Write)?;
            Ok(true)
        })
    }

    /// Runs `body` on standard output and closes that. `body` returns whether it succeeded,
    /// and has reported its failures, except those of the output.
    pub fn with_output(&self, body: impl FnOnce(&mut Output) -> Result<bool, Error>) -> ExitCode {
        self.with_status(|output| body(output).map(|ok| if ok { 0 } else { FAILED }))
    }

    /// The same for a `body` that has an exit status of its own.
    pub fn with_status(&self, body: impl FnOnce(&mut Output) -> Result<u8, Error>) -> ExitCode {
        signals::refuse_large_files_by_error();
        let mut output = match self.output() {
            Ok(output) => output,
            Err(error) => return self.output_failed(&error),
        };
        let result = body(&mut output);
        progress::end();
        let closed = output.close().map_err(Error::Write);
        match result.and_then(|status| closed.map(|()| status)) {
            Ok(status) => ExitCode::from(status),
            Err(error) => ExitCode::from(self.end(Err(error))),
        }
    }

    /// Reports an error; returns the exit status. `Ok(false)` is a failure that was reported
    /// before. If the reader of standard output has closed it, the process ends by SIGPIPE.
    pub fn end(&self, result: Result<bool, Error>) -> u8 {
        match result {
            Ok(true) => return 0,
            Ok(false) => {}
            Err(Error::Write(error)) => {
                self.end_if_reader_left(&error);
                self.report("stdout", error::cause(&error));
            }
            Err(error) => self.fail("total", error),
        }
        FAILED
    }

    /// The same, but the results go to a file. On success it replaces the file at `path`;
    /// otherwise that stays as it was. `-` is standard output.
    pub fn with_output_to(
        &self,
        path: &OsStr,
        body: impl FnOnce(&mut Output) -> Result<bool, Error>,
    ) -> ExitCode {
        if path == "-" {
            return self.with_output(body);
        }
        let in_file = |error| Error::Write(error).of(shown(path));
        self.without_output(|| {
            let mut file = Replacement::of(path.as_ref()).map_err(in_file)?;
            let copy = file.output().try_clone().map_err(in_file)?;
            let ok = body(&mut Output::raw(copy)).map_err(|error| match error {
                Error::Write(error) => in_file(error),
                error => error,
            })?;
            if ok {
                file.complete().map_err(in_file)?;
            }
            Ok(ok)
        })
    }

    /// Replaces a file by what `body` writes, if that succeeds.
    pub fn replace(
        &self,
        path: &OsStr,
        body: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut file = Replacement::of(path.as_ref())?;
        body(file.output())?;
        file.complete()
    }

    /// Runs `body`, which writes no results. It returns whether it succeeded, and has
    /// reported its failures.
    pub fn without_output(&self, body: impl FnOnce() -> Result<bool, Error>) -> ExitCode {
        signals::refuse_large_files_by_error();
        match body() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(FAILED),
            Err(error) => {
                self.fail("total", error);
                ExitCode::from(FAILED)
            }
        }
    }

    /// Reports that a command could not be started; returns the shell's exit status for that.
    pub fn not_started(&self, command: &OsStr, error: &io::Error) -> u8 {
        self.report(shown(command), error::cause(error));
        child::status_without_start(error)
    }

    /// Ends the process by this signal, as if it had not been handled.
    pub fn end_by_signal(&self, signal: i32) -> ! {
        signals::die_by(signal)
    }

    /// Runs every file, each a text of its own, through a filter to standard
    /// output. A file that cannot be read is reported and the next one taken.
    pub fn filter(&self, files: &Files, filter: &mut dyn Filter) -> ExitCode {
        self.each_file(files, |input, output| {
            stream::filter(input, filter, output).map(|()| true)
        })
    }

    /// Runs `body` on the text of every file and standard output. It returns whether it
    /// succeeded, and has reported its failures. A file that cannot be read is reported, and
    /// the next one is read.
    pub fn each_file(
        &self,
        files: &Files,
        body: impl FnMut(&mut Input, &mut Output) -> Result<bool, Error>,
    ) -> ExitCode {
        self.show_progress(files);
        let allowance = Allowance::default();
        self.each_input(files.names(), |name| files.open(name, &allowance), body)
    }

    /// The same for files that are read as they are.
    pub fn each_plain_file(
        &self,
        files: &PlainFiles,
        body: impl FnMut(&mut File, &mut Output) -> Result<bool, Error>,
    ) -> ExitCode {
        self.each_input(files.names(), open, body)
    }

    fn each_input<I>(
        &self,
        names: Vec<&OsStr>,
        open: impl Fn(&OsStr) -> io::Result<I>,
        mut body: impl FnMut(&mut I, &mut Output) -> Result<bool, Error>,
    ) -> ExitCode {
        self.with_output(|output| {
            let mut ok = true;
            for name in names {
                let result = open(name)
                    .map_err(Error::Read)
                    .and_then(|mut input| body(&mut input, output))
                    .map(|file_ok| ok &= file_ok);
                ok &= self.report_input(shown(name), result)?;
            }
            Ok(ok)
        })
    }

    /// Passes every operand to `take`, in order, as bytes. For the operand `-`, or without
    /// operands, it passes every line of standard input that is not blank, as it arrives. An
    /// error of `take` ends it. Returns false if standard input could not be read, which is
    /// reported.
    pub fn each(
        &self,
        operands: &[OsString],
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let stdin = [OsString::from("-")];
        let operands = match operands {
            [] => &stdin,
            operands => operands,
        };
        let mut read = true;
        for operand in operands {
            if operand != "-" {
                take(operand.as_bytes())?;
                continue;
            }
            let lines = open(operand).map_err(Error::Read).and_then(|mut input| {
                stream::lines(&mut input, b'\n', |line| match line.trim_ascii() {
                    b"" => Ok(()),
                    line => take(line),
                })
            });
            read &= self.report_input("stdin", lines)?;
        }
        Ok(read)
    }

    /// Whether there are no operands and standard input is a terminal, so that the program
    /// would wait for input.
    pub fn waits_for_the_keyboard(&self, operands: &[OsString]) -> bool {
        operands.is_empty() && io::stdin().is_terminal()
    }

    /// Reports the failure of one input, so that the others can be read. Returns whether there
    /// was none. A failed output is returned as an error.
    fn report_input(&self, object: impl Display, result: Result<(), Error>) -> Result<bool, Error> {
        match result {
            Ok(()) => Ok(true),
            Err(Error::Write(error)) => Err(Error::Write(error)),
            Err(error) => {
                self.fail(object, error);
                Ok(false)
            }
        }
    }

    /// Shows the progress of reading these files, for a program that writes while it reads.
    pub fn show_progress(&self, files: &Files) {
        files.show_progress(self.name, false);
    }

    /// For a program whose memory grows with its input: memory that is freed is returned to
    /// the system.
    pub fn hold_only_what_is_used(&self) {
        allocator::give_large_buffers_back();
    }

    /// Runs a program that adds up: `take` takes every file into `state`,
    /// `give` writes the one answer. The first file that fails is reported and ends it
    /// without an answer, since part of a sum is a wrong sum. Decoders take the memory that
    /// `allowance` permits.
    pub fn sum<S>(
        &self,
        files: &Files,
        allowance: &Allowance,
        mut state: S,
        take: impl Fn(&mut S, &mut Input) -> Result<(), Error>,
        give: impl FnOnce(S, &mut Output) -> Result<(), Error>,
    ) -> ExitCode {
        files.show_progress(self.name, true);
        self.with_output(|output| {
            for name in files.names() {
                let input = files.open(name, allowance).map_err(Error::Read);
                if let Err(error) = input.and_then(|mut input| take(&mut state, &mut input)) {
                    self.fail(shown(name), error);
                    return Ok(false);
                }
            }
            progress::end();
            give(state, output).map(|()| true)
        })
    }

    /// The same for a program that reads pages, and gives an answer for each. `take` calls its last
    /// argument at the end of each page, and returns whether there are records after the last one.
    /// Pages may go on from file to file. After a failure the pages so far stay.
    pub fn sum_of_each_page<S>(
        &self,
        files: &Files,
        mut state: S,
        take: impl Fn(&mut S, &mut Input, AtEnd<S>) -> Result<bool, Error>,
        give: impl Fn(&mut S, &mut dyn Write) -> Result<(), Error>,
    ) -> ExitCode {
        files.show_progress(self.name, true);
        self.with_output(|output| {
            let mut pages = Pages::new(output, self.terminator);
            let mut is_open = true;
            for name in files.names() {
                // Another thread would get the signals that are blocked while a page is drawn.
                let input = match pages.are_drawn() {
                    true => files.open_in_turn(name, &Allowance::default()),
                    false => files.open(name, &Allowance::default()),
                };
                let read = input.map_err(Error::Read).and_then(|mut input| {
                    let more = take(&mut state, &mut input, &mut |state| {
                        is_open = false;
                        progress::end();
                        pages.page(&mut |output| give(state, output))
                    })?;
                    is_open |= more;
                    Ok(())
                });
                if !self.report_input(shown(name), read)? {
                    pages.end()?;
                    return Ok(false);
                }
            }
            progress::end();
            match is_open {
                true => pages.last(&mut |output| give(&mut state, output))?,
                false => pages.end()?,
            }
            Ok(true)
        })
    }
}

/// Whether the terminal, if there is one, only shows lines.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Writes a line to standard error.
fn print_error(text: &str) {
    // One write: the lines of several programs do not mix.
    let line = visible(text) + "\n";
    // There is no place to report that this failed.
    let _ = progress::pause(|| io::stderr().write_all(line.as_bytes()));
}

/// Whether standard output is a pipe or a socket.
pub fn stdout_is_pipe() -> bool {
    matches!(
        kind_of(io::stdout()),
        Some(FileType::Fifo | FileType::Socket)
    )
}

/// Whether a file is a pipe.
pub fn is_pipe(file: &File) -> bool {
    kind_of(file) == Some(FileType::Fifo)
}

fn kind_of(file: impl AsFd) -> Option<FileType> {
    let stat = fstat(file).ok()?;
    Some(FileType::from_raw_mode(stat.st_mode))
}

/// Places in a program what is one for the whole process: the allocator, and the look
/// at the standard streams before `main`. Each program has it once, outside of `main`;
/// the library has neither, so that other programs can use it.
#[macro_export]
macro_rules! process_wide {
    () => {
        #[cfg(not(textmill_doc))]
        #[global_allocator]
        static ALLOCATOR: textmill::cli::Allocator = textmill::cli::Allocator;

        // SAFETY: the loader calls every function in this section once, before `main`;
        // the function uses nothing that `std` must set up first.
        #[cfg(all(target_os = "linux", not(textmill_doc)))]
        #[used]
        #[unsafe(link_section = ".init_array")]
        static AT_START: extern "C" fn() = textmill::cli::note_closed_streams;

        // SAFETY: as above.
        #[cfg(all(target_vendor = "apple", not(textmill_doc)))]
        #[used]
        #[unsafe(link_section = "__DATA,__mod_init_func")]
        static AT_START: extern "C" fn() = textmill::cli::note_closed_streams;
    };
}

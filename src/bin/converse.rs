//! `converse`: two commands, the output of each the input of the other. See [`textmill::process::converse`].

use clap::Parser;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use textmill::cli::{self, Program};
use textmill::common::error::Error;
use textmill::common::memory::Size;
use textmill::common::output::Output;
use textmill::common::show;
use textmill::common::time;
use textmill::process::converse::{self, Ended, Limits, Log, OnDeadlock};

textmill::process_wide!();

/// Run two commands, the output of each the input of the other.
///
/// The output of one is buffered until the other reads it, so both may write before
/// they read. If all their processes wait for each other, that is a deadlock: converse
/// reports which processes wait, and for what, and ends both commands. It detects that
/// by the states of the processes (on Linux). A command that computes, sleeps or waits
/// for something else is left alone.
#[derive(Parser)]
#[command(
    version,
    override_usage = "converse [OPTIONS] COMMAND... = COMMAND...",
    after_help = "Example:\n  converse --log - sh -c 'echo 6 \\* 7; read n' = bc\n\n\
        The first = that is a word of its own separates the commands. The commands share standard \
        error; neither reads the standard input of converse. An input ends when the last process that has the \
        output closes it. converse ends when both commands have ended and their output is delivered.\n\
        Order of output: --log writes lines as they arrive: `> ` from the first command, `< ` from \
        the second; `>+` and `<+` mark a part of a line.\n\
        Deadlocks that only --patience finds: Go, Java, Ruby, mksh, Erlang, Bun, Deno, Python's asyncio, 32-bit \
        programs, programs that handle SIGALRM, and processes of other users (sudo).\n\
        Exit status: 0 if both commands succeeded; 1 if one failed or both were ended; \
        2 for wrong usage. A command that ends by SIGPIPE (or with a shell's status 141) \
        after the other has closed its input has not failed.\n\
        Cost: each byte is copied twice. In each direction 1 MiB is buffered in memory, the rest in temporary \
        files without a name in $TMPDIR."
)]
pub struct Args {
    /// The first command, a =, and the second
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    words: Vec<OsString>,

    /// What to do about a deadlock
    ///
    /// `end` ends both commands. `eof` closes both inputs, so that each command reads
    /// end of file.
    #[arg(long, value_name = "WHAT", default_value = "end", value_parser = ["end", "eof"])]
    on_deadlock: String,

    /// Assume a deadlock if nothing moves for TIME
    ///
    /// This means that nothing was written, and that the processes used less than one
    /// percent of a processor. Choose more time than any command may sleep.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    patience: Option<Duration>,

    /// End both commands after TIME
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    timeout: Option<Duration>,

    /// Size of the buffer in each direction
    ///
    /// If it is full, the writer waits, as at any pipe. A number with K (the default), M, G, T, or b for
    /// bytes, or % of the memory that is available.
    #[arg(long, value_name = "SIZE", default_value = "128M")]
    max_held: Size,

    /// Write the conversation to FILE (- is stdout)
    #[arg(long, value_name = "FILE")]
    log: Option<OsString>,

    /// Write how the commands ended to FILE (- is stdout)
    ///
    /// The lines `first STATUS` and `second STATUS` as the commands end, with the status that a
    /// shell has for it, and `deadlock` or `timeout`.
    #[arg(long, value_name = "FILE")]
    statuses: Option<OsString>,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let Some(commands) = args.commands() else {
            return program.wrong_usage("expected two commands and a = between them");
        };
        let stdout = |file: &Option<OsString>| file.as_deref().is_some_and(|name| name == "-");
        match stdout(&args.log) || stdout(&args.statuses) {
            true => program.with_output(|output| args.run(program, commands, Some(output))),
            false => program.without_output(|| args.run(program, commands, None)),
        }
    })
}

impl Args {
    /// The words before and after the first lone `=`.
    fn commands(&self) -> Option<[&[OsString]; 2]> {
        let middle = self.words.iter().position(|word| word == "=")?;
        let commands = [&self.words[..middle], &self.words[middle + 1..]];
        commands
            .iter()
            .all(|command| !command.is_empty())
            .then_some(commands)
    }

    /// Runs the commands and reports failures; true if there is none. `output` is standard
    /// output, if one of the files is.
    fn run(
        &self,
        program: &Program,
        commands: [&[OsString]; 2],
        output: Option<&mut Output>,
    ) -> Result<bool, Error> {
        let on_deadlock = match &self.on_deadlock[..] {
            "eof" => OnDeadlock::Eof,
            _ => OnDeadlock::End,
        };
        let limits = Limits {
            max_held: self.max_held.bytes_now(),
            patience: self.patience,
            timeout: self.timeout,
        };
        let log = self.log.as_ref().map(|name| log(name, output.as_deref()));
        let log = log.transpose()?;
        let run =
            || converse::converse(commands, on_deadlock, limits, log, |text| program.say(text));
        let Some(name) = &self.statuses else {
            return Ok(told(program, commands, &run()?));
        };
        if let Some(output) = output.filter(|_| name == "-") {
            let ended = run()?;
            output
                .write_all(lines(&ended).as_bytes())
                .map_err(Error::Write)?;
            return Ok(told(program, commands, &ended));
        }
        // The file is made before the commands run, and gets its name after they have ended.
        let mut result = None;
        let written = program.replace(name, |file| match result.insert(run()) {
            Ok(ended) => file.write_all(lines(ended).as_bytes()),
            Err(_) => Err(io::ErrorKind::Other.into()),
        });
        let ended = result.transpose()?;
        written.map_err(|error| Error::Write(error).of(show::shown(name)))?;
        Ok(ended.is_some_and(|ended| told(program, commands, &ended)))
    }
}

/// The log in this file, or in standard output for `-`.
fn log(name: &OsStr, output: Option<&Output>) -> Result<Log, Error> {
    if let Some(output) = output.filter(|_| name == "-") {
        return Ok(Log::new(output.try_clone().map_err(Error::Write)?, None));
    }
    let shown = show::shown(name);
    let file = File::create(name).map_err(|error| Error::Write(error).of(&shown))?;
    Ok(Log::new(Output::raw(file), Some(shown)))
}

/// The lines of `--statuses`.
fn lines(ended: &Ended) -> String {
    let events = ended.events.iter();
    events.map(|event| format!("{event}\n")).collect()
}

/// Reports which command failed; true if none did, and none was ended here.
fn told(program: &Program, commands: [&[OsString]; 2], ended: &Ended) -> bool {
    if !ended.finished {
        return false;
    }
    let failures = ended.failures();
    for &(which, status) in &failures {
        program.report(converse::shown(which, &commands[which][0]), status);
    }
    failures.is_empty()
}

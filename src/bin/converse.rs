//! `converse`: two commands, the output of each the input of the other. See [`textmill::converse`].

use clap::Parser;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::process::ExitCode;
use textmill::cli::{self, Program};
use textmill::converse::{self, Ended, Log, OnDeadlock};
use textmill::error::Error;

/// Let two commands talk: what each writes is what the other reads.
///
/// Everything written is taken at once and held until it is read, so the two
/// may write as much as they like before they read. When both wait to read,
/// and nothing is on its way, they would wait for ever: this is said, and both
/// are ended (found on Linux, by the state of the processes). A command that
/// computes, sleeps or waits for something else is not taken for that.
///
/// The first lone = stands between the commands. When one has ended, the other
/// reads what is left, and then the end.
#[derive(Parser)]
#[command(
    version,
    override_usage = "converse [OPTIONS] COMMAND... = COMMAND...",
    after_help = "Example:\n  converse --log - sh -c 'echo 6 \\* 7; read n' = bc\n\n\
        Order of output: only --log - writes any: what was said, in the order in which it arrived; `> ` is the \
        first command, `< ` the second, and `>+`, `<+` a piece of a line that goes on later, or never ended.\n\
        Standard error is that of both commands. Standard input is nobody's. What a command says to one \
        that has left is dropped; after a mebibyte of it SIGPIPE tells it so, and to end by that is no \
        failure.\n\
        Not found is a deadlock with processes that may not be looked at (sudo), that may have an alarm set, \
        that wait at a socket besides (asyncio) or for a thread (pthread_join), that were stopped and continued \
        in a poll, or share memory. Found after three seconds is one with processes that handle all signals (sort, bash with a trap). Who reads \
        is taken to wait for nothing else, even if a signal would have it go on, or a process outside that has \
        the other end of a pipe.\n\
        Exit status: 0 if both commands succeeded, 1 if one failed, which is said, or both were ended for a deadlock, 2 for \
        wrong usage.\n\
        Cost: two copies of what is said. What waits is in memory up to 1 MiB each way, and beyond that \
        in nameless files in $TMPDIR."
)]
struct Args {
    /// The first command, a =, and the second
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    words: Vec<OsString>,

    /// What to do about a deadlock
    ///
    /// `end` ends both commands. `eof` closes both inputs, so that each command reads
    /// end of file.
    #[arg(long, value_name = "WHAT", default_value = "end", value_parser = ["end", "eof"])]
    on_deadlock: String,

    /// Write the conversation to FILE (- is stdout)
    #[arg(long, value_name = "FILE")]
    log: Option<OsString>,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let Some([first, second]) = args.commands() else {
            return program.wrong_usage("no two commands with a = between them");
        };
        let commands = [first, second];
        let on_deadlock = match &args.on_deadlock[..] {
            "eof" => OnDeadlock::Eof,
            _ => OnDeadlock::End,
        };
        let run = |log| {
            let ended = converse::converse(commands, on_deadlock, log, |text| program.say(text));
            Ok(told(program, commands, ended?))
        };
        match args.log.as_deref() {
            Some(name) if name == "-" => program.with_output(|output| {
                let output = output.try_clone().map_err(Error::Write)?;
                run(Some(Log::new(output, None)))
            }),
            Some(name) => program.without_output(|| {
                let shown = cli::shown(name);
                let file = File::create(name).map_err(|error| Error::Write(error).of(&shown))?;
                run(Some(Log::new(file, Some(shown))))
            }),
            None => program.without_output(|| run(None)),
        }
    })
}

impl Args {
    /// What stands before and after the first lone `=`.
    fn commands(&self) -> Option<[&[OsString]; 2]> {
        let middle = self.words.iter().position(|word| word == "=")?;
        let commands = [&self.words[..middle], &self.words[middle + 1..]];
        commands
            .iter()
            .all(|command| !command.is_empty())
            .then_some(commands)
    }
}

/// Says which command failed; true if none did.
fn told(program: &Program, commands: [&[OsString]; 2], ended: Ended) -> bool {
    let Ended::Both(statuses) = ended else {
        return false;
    };
    let mut well = true;
    for (command, status) in commands.into_iter().zip(statuses) {
        if !status.success() {
            well = false;
            program.report(cli::shown(OsStr::new(&command[0])), status);
        }
    }
    well
}

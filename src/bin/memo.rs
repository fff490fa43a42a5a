//! `memo`: the stored output of a command, made if there is none. See [`textmill::process::memo`].

use clap::{ArgGroup, Parser, ValueHint};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use textmill::cli::{self, Program};
use textmill::common::error::Error;
use textmill::common::memory;
use textmill::common::output::Output;
use textmill::common::show;
use textmill::common::time;
use textmill::process::memo::{self, Entry, Got, Request, Store};

textmill::process_wide!();

/// Print the stored output of COMMAND, and run COMMAND only if there is none.
///
/// The output is stored under KEY, which is any text: another COMMAND with
/// the same KEY gets the same output. It is stored only if COMMAND succeeds. The
/// exit status and standard error of COMMAND pass through, and it reads the
/// standard input of memo.
///
/// If several processes ask for one KEY at a time, one runs COMMAND and the others
/// wait. They print what it stores, or end with its exit status if it fails.
///
/// A store that cannot be read or written is an error, and so is a damaged value,
/// or one of another user; COMMAND is not run then. Output is checked before it is
/// printed, 256 KiB at a time: if a large value is damaged, the part before the
/// damage is printed, and the exit status is 1.
#[derive(Parser)]
#[command(
    version,
    override_usage = "memo [OPTIONS] KEY -- COMMAND...\n       \
        memo [OPTIONS] -- KEY -- COMMAND...\n       \
        memo [OPTIONS] --list | --forget KEY | --prune",
    group(ArgGroup::new("what").required(true).multiple(true).args(["command", "list", "forget", "prune"])),
    group(ArgGroup::new("making").multiple(true)),
    after_help = "Write memo -- \"$KEY\" -- COMMAND and --forget=\"$KEY\" if KEY may begin with -: these forms are right \
        for each KEY.\n\n\
        TIME is like 500ms, 3s, 2m, 1h, 1d, 1w or 1h30m; a bare number is seconds.\n\n\
        Examples:\n  memo \"$URL\" -- fetch \"$URL\" | capwords | lower | count | topn 5\n  \
        memo --ttl 1h --stale \"$URL\" -- fetch \"$URL\"\n\n\
        Order of output: that of COMMAND; --list is in the order of the bytes of the keys.\n\
        If the reader closes the output, COMMAND runs to its end and its output is stored; then memo ends by \
        SIGPIPE.\n\
        Exit status: that of COMMAND if it was run (128 plus the number of a signal that ended it, 127 if \
        it does not exist, 126 if it cannot be started), 0 for a stored value (with --keep-status, the stored \
        status), 1 if anything failed (for --forget: nothing is stored or running under KEY), 2 for wrong usage.\n\
        Signals: SIGHUP, SIGINT and SIGTERM are passed on to COMMAND, and memo waits for its end. If memo is \
        killed, COMMAND gets SIGTERM (on Linux).\n\
        The store is $XDG_CACHE_HOME/textmill/memo, or ~/.cache/textmill/memo: one file for each value, readable \
        by its owner alone. Values stay until they are removed or replaced.\n\
        A COMMAND that asks for its own KEY is an error, also if it does so by way of other KEYs whose \
        COMMANDs wait for it. memo detects that by $TEXTMILL_MEMO_MAKING; without this variable, \
        as under env -i, it waits without limit, or for the time of --wait.\n\
        Cost: a stored value costs about as much as cat. A new one is written to the disk and \
        synced; a thread passes it on meanwhile. Memory is constant, except for 16 bytes for each 256 KiB of a value."
)]
pub struct Args {
    /// The name of the output
    #[arg(value_name = "KEY", requires = "command", conflicts_with_all = ["list", "forget", "prune"])]
    key: Option<OsString>,

    /// The command to run if there is no output yet
    #[arg(value_name = "COMMAND", last = true, value_hint = ValueHint::CommandName)]
    command: Vec<OsString>,

    /// The store
    ///
    /// It is created if it does not exist.
    #[arg(short, long, value_name = "DIR", value_parser = clap::value_parser!(PathBuf))]
    dir: Option<PathBuf>,

    /// Accept only outputs younger than TIME
    ///
    /// With 0, run COMMAND in any case. The output of a COMMAND that is already running is
    /// accepted. With --prune, remove older outputs.
    #[arg(long, value_name = "TIME", value_parser = time::pause, conflicts_with_all = ["list", "forget"])]
    ttl: Option<Duration>,

    /// If COMMAND fails, print the output older than --ttl
    ///
    /// The exit status is that of the old output, 0, and a line on standard error says so.
    /// If there is an old output, that of COMMAND is printed only after COMMAND has
    /// succeeded. The old output is also printed when the time of --wait is over.
    #[arg(
        long,
        requires = "ttl",
        group = "making",
        conflicts_with = "keep_status"
    )]
    stale: bool,

    /// Wait no longer than TIME for another memo
    ///
    /// If COMMAND is still running then, that is an error (exit status 1).
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = time::pause, group = "making")]
    wait: Option<Duration>,

    /// Do not wait for another memo; like --wait 0
    #[arg(
        long,
        hide_short_help = true,
        group = "making",
        conflicts_with = "wait"
    )]
    no_wait: bool,

    /// Store the output of a COMMAND that fails, too
    ///
    /// Its exit status is stored with it, and is that of memo the next time. A COMMAND that is
    /// ended by a signal or cannot be started is not stored.
    #[arg(long, hide_short_help = true, group = "making")]
    keep_status: bool,

    /// Replace a damaged value
    ///
    /// COMMAND is run if the file is truncated, changed, or in the format of an older memo.
    /// The whole value is checked before it is printed, so it is read twice.
    #[arg(long, hide_short_help = true, group = "making")]
    heal: bool,

    /// Limit the values of the store to SIZE
    ///
    /// Before a value is stored, the oldest ones are removed until the files of all are not
    /// larger together. A value that is larger than SIZE is not stored. With --prune, remove
    /// the oldest ones now. SIZE is a number of bytes, or one with K, M, G or T after it.
    #[arg(long, hide_short_help = true, value_name = "SIZE", value_parser = memory::bytes,
        conflicts_with_all = ["list", "forget"])]
    max_size: Option<u64>,

    /// Print the keys of the store, one a line
    ///
    /// Unprintable characters are escaped, as \n, and \ is \\.
    #[arg(long, conflicts_with_all = ["forget", "prune", "making"])]
    list: bool,

    /// With --list: AGE, SIZE and KEY, separated by TABs
    ///
    /// AGE is in seconds, SIZE is that of the output in bytes.
    #[arg(short, long, hide_short_help = true)]
    long: bool,

    /// End the keys of --list with NUL
    ///
    /// Then no character is escaped.
    #[arg(short, long)]
    zero_terminated: bool,

    /// Remove the output that is stored under KEY
    ///
    /// If a COMMAND is running for it, its output is not stored.
    #[arg(long, value_name = "KEY", conflicts_with_all = ["prune", "making"])]
    forget: Option<OsString>,

    /// Remove what killed processes left
    ///
    /// Outputs of running COMMANDs are not removed.
    #[arg(long, conflicts_with = "making")]
    prune: bool,

    #[command(flatten)]
    terminal: cli::TerminalOptions,
}

/// Most likely it is an option of COMMAND.
fn hint(_: &str) -> Option<&'static str> {
    Some("an option of COMMAND stands behind a --, as in memo KEY -- ls -l")
}

fn main() -> ExitCode {
    cli::run_with_hints(env!("CARGO_BIN_NAME"), hint, |program, mut args: Args| {
        if !args.command.is_empty() && (args.list || args.prune || args.forget.is_some()) {
            // Most likely a KEY that was taken for an option.
            return program.wrong_usage(
                "COMMAND with --list, --forget or --prune; a KEY like that is memo -- KEY -- COMMAND",
            );
        }
        if !args.command.is_empty() && args.key.is_none() && !args.key_behind_dashes() {
            return program
                .wrong_usage("no KEY; it is memo KEY -- COMMAND, or memo -- KEY -- COMMAND");
        }
        if args
            .key
            .as_ref()
            .or(args.forget.as_ref())
            .is_some_and(|key| key.is_empty())
        {
            return program.wrong_usage("KEY is empty");
        }
        if (args.zero_terminated || args.long) && !args.list {
            return program.wrong_usage("-l and -z need --list");
        }
        let store = match args
            .dir
            .clone()
            .map(Store::new)
            .map_or_else(Store::users_own, Ok)
        {
            Ok(store) => store,
            Err(cause) => return program.wrong_usage(cause),
        };
        let program = &program
            .raw(args.terminal.raw)
            .ending_lines_with(if args.zero_terminated { 0 } else { b'\n' });
        match &args.key {
            Some(key) => get(program, &store, key, &args),
            None => program.with_output(|output| manage(program, &store, &args, output)),
        }
    })
}

/// Prints the value of a key, made if need be.
fn get(program: &Program, store: &Store, key: &OsString, args: &Args) -> ExitCode {
    let request = Request {
        key,
        command: &args.command,
        ttl: args.ttl,
        stale: args.stale,
        wait: args.wait.or(args.no_wait.then_some(Duration::ZERO)),
        keep_status: args.keep_status,
        max_size: args.max_size,
        heal: args.heal,
    };
    program.with_status(|output| {
        let mut tell = |text| program.report(show::shown(key), text);
        Ok(match memo::get(store, &request, output, &mut tell)? {
            Got::Status(status) => status,
            Got::NotStarted(error) => program.not_started(&args.command[0], &error),
            Got::Signal(signal) => program.end_by_signal(signal),
        })
    })
}

/// Lists the values, or removes some. False if a file could not be read or removed,
/// which is reported.
fn manage(
    program: &Program,
    store: &Store,
    args: &Args,
    output: &mut Output,
) -> Result<bool, Error> {
    let mut ok = true;
    let tell = |error| {
        program.fail("store", error);
        ok = false;
    };
    if let Some(key) = &args.forget {
        if !store.forget(key.as_bytes())? {
            program.report(show::shown(key), "not in the store");
            ok = false;
        }
    } else if args.prune {
        store.prune(args.ttl, args.max_size, tell)?;
    } else {
        let entries = store.entries(tell)?;
        let lines: Vec<u8> = entries.into_iter().flat_map(|e| args.line(e)).collect();
        output.write_all(&lines).map_err(Error::Write)?;
    }
    Ok(ok)
}

impl Args {
    /// Takes KEY out of `-- KEY -- COMMAND`, where clap sees nothing but a
    /// COMMAND. False if it is not that.
    fn key_behind_dashes(&mut self) -> bool {
        let there = self.command.len() > 2 && self.command[1] == "--";
        if there {
            self.key = self.command.drain(..2).next();
        }
        there
    }

    /// A value as --list prints it.
    fn line(&self, entry: Entry) -> Vec<u8> {
        let mut line = Vec::new();
        if self.long {
            line = format!("{}\t{}\t", entry.age.as_secs(), entry.size).into_bytes();
        }
        match self.zero_terminated {
            true => line.extend([&entry.key[..], b"\0"].concat()),
            false => line.extend((show::escaped(&entry.key) + "\n").into_bytes()),
        }
        line
    }
}

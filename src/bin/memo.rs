//! `memo`: the stored output of a command, made if there is none. See [`textmill::memo`].

use clap::{ArgGroup, Parser};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use textmill::cli::{self, Program};
use textmill::error::Error;
use textmill::memo::{self, Got, Store};
use textmill::time;

/// Print the stored output of COMMAND, and run COMMAND only if there is none.
///
/// The output is stored under KEY, a text of your choice: another COMMAND with
/// the same KEY gets the same output. It is kept only if COMMAND succeeds; its
/// exit status and standard error pass through, its standard input is memo's.
///
/// Of many that ask for one KEY at a time, one runs COMMAND and the others wait
/// for what it stores. A store that cannot be read or written is an error, and
/// so is a damaged value, or one of another user; none of them runs COMMAND.
/// All that is printed was checked before, 256 KiB at a time: if a large value
/// is damaged, what stands before the damage is printed, and the status is 1.
#[derive(Parser)]
#[command(
    version,
    override_usage = "memo [-d DIR] [--ttl TIME] KEY -- COMMAND...\n       \
        memo [-d DIR] [--ttl TIME] -- KEY -- COMMAND...\n       \
        memo [-d DIR] --list [-z] | --forget KEY | --prune [--ttl TIME]",
    group(ArgGroup::new("what").required(true).multiple(true).args(["command", "list", "forget", "prune"])),
    after_help = "A KEY that begins with - stands behind a --, as in memo -- \"$KEY\" -- COMMAND, which is \
        right for every KEY; and --forget=KEY has it behind the =.\n\n\
        TIME is like 500ms, 3s, 2m, 1h, 1d, 1w or 1h30m; a bare number is seconds.\n\n\
        Example:\n  memo \"$URL\" -- fetch \"$URL\" | capwords | lower | count | topn 5\n\n\
        Order of output: that of COMMAND; --list is in the order of the bytes of the keys.\n\
        A reader who leaves does not stop COMMAND: its output is stored to the end, then memo ends by \
        SIGPIPE.\n\
        Exit status: that of COMMAND if it was run (128 and the number of a signal that ended it, 127 if \
        it is not there, 126 if it cannot be started), 0 for a stored value, 1 if anything failed \
        (for --forget: there is no such value), 2 for wrong usage.\n\
        The store is $XDG_CACHE_HOME/textmill/memo, or ~/.cache/textmill/memo: a file a value, for its \
        owner alone. Nothing leaves it by itself.\n\
        A COMMAND that asks for its own KEY is an error. It is known by $TEXTMILL_MEMO_MAKING; without that, \
        as under env -i, it waits for itself for ever.\n\
        Cost: a stored value costs about what cat does. One that is made is written to the disk and \
        synced; a thread passes it on meanwhile. Memory is constant, but for 16 bytes for each 256 KiB of a value."
)]
struct Args {
    /// The name of the output
    #[arg(value_name = "KEY", requires = "command", conflicts_with_all = ["list", "forget", "prune"])]
    key: Option<OsString>,

    /// The command to run if there is no output yet
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<OsString>,

    /// The store
    ///
    /// It is made if it is not there.
    #[arg(short, long, value_name = "DIR", value_parser = clap::value_parser!(PathBuf))]
    dir: Option<PathBuf>,

    /// Take only outputs younger than TIME
    ///
    /// With --prune, remove the others.
    #[arg(long, value_name = "TIME", value_parser = time::parse, conflicts_with_all = ["list", "forget"])]
    ttl: Option<Duration>,

    /// Print the keys of the store, one a line
    ///
    /// Invisible characters are escaped, as \n, and \ is \\.
    #[arg(long, conflicts_with_all = ["forget", "prune"])]
    list: bool,

    /// End the keys of --list with NUL
    ///
    /// Nothing is escaped then.
    #[arg(short, long)]
    zero_terminated: bool,

    /// Remove the output that is stored under KEY
    #[arg(long, value_name = "KEY", conflicts_with = "prune")]
    forget: Option<OsString>,

    /// Remove what killed processes left
    ///
    /// Outputs that are being made are left alone.
    #[arg(long)]
    prune: bool,
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
        if args.zero_terminated && !args.list {
            return program.wrong_usage("-z without --list");
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
        match &args.key {
            Some(key) => get(program, &store, key, &args),
            None => program.with_output(|output| {
                let mut well = true;
                let tell = |error| {
                    program.fail("store", error);
                    well = false;
                };
                if let Some(key) = &args.forget {
                    if !store.forget(key.as_bytes())? {
                        program.report(cli::shown(key), "not in the store");
                        well = false;
                    }
                } else if args.prune {
                    store.prune(args.ttl, tell)?;
                } else {
                    let keys = store.keys(tell)?;
                    let lines: Vec<u8> = keys.into_iter().flat_map(|key| args.line(key)).collect();
                    output.write_all(&lines).map_err(Error::Write)?;
                }
                Ok(well)
            }),
        }
    })
}

/// Prints the value of a key, made if need be.
fn get(program: &Program, store: &Store, key: &OsString, args: &Args) -> ExitCode {
    program.with_status(|output| {
        Ok(
            match memo::get(store, key, args.ttl, &args.command, output)? {
                Got::Value => 0,
                Got::Failed(status) => cli::status(status),
                Got::NotStarted(error) => program.not_started(&args.command[0], &error),
            },
        )
    })
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

    /// A key as --list prints it.
    fn line(&self, key: Vec<u8>) -> Vec<u8> {
        match self.zero_terminated {
            true => [key, vec![0]].concat(),
            false => (cli::escaped(&key) + "\n").into_bytes(),
        }
    }
}

//! `topn`: the N records with the largest counts. See [`textmill::topn`].

use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;
use textmill::cli;
use textmill::topn::Top;

/// Print the N lines with the largest counts, largest first.
///
/// Reads COUNT LINE, as count and uniq -c write it, and prints what
/// `LC_ALL=C sort -nr | head -n N` does. A line without a count is an error;
/// if anything fails, nothing is printed.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  words FILE | lower | count | topn 5\n\n\
        Order of output: by count, largest first; equal counts by the bytes of the line, \
        largest first.\n\
        Cost: one pass; memory for N lines."
)]
struct Args {
    /// How many lines, 10 if not said. A first operand that is no number is a FILE; a file whose name is one is written ./5
    #[arg(value_name = "N")]
    n: Option<OsString>,

    /// Print one line more, with the sum of the counts of all the other lines
    #[arg(long)]
    other: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

/// How many lines are printed if the command line does not say.
const DEFAULT: usize = 10;

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, mut args: Args| {
        let n = match args.lines.files.number_or_file(args.n.take()) {
            Ok(n) => n.unwrap_or(DEFAULT),
            Err(cause) => return program.wrong_usage(cause),
        };
        let terminator = args.lines.terminator();
        program.sum(
            &args.lines.files,
            Top::new(n),
            |top, input| top.read(input, terminator),
            |top, output| top.write(terminator, args.other, output),
        )
    })
}

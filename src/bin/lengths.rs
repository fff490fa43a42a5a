//! `lengths`: the length of each line. See [`textmill::lengths`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::crlf::WithoutCr;
use textmill::lengths::{Lengths, Unit};
use textmill::stream;

/// Print the length of each line, in characters.
///
/// A character is a Unicode scalar value, as wc -m and Python's len have it; a
/// byte that is part of none counts as one. The end of the line is not counted.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  words FILE | lengths | mean\n\n\
        Order of output: that of the lines.\n\
        Cost: one pass; memory is constant, whatever the length of a line."
)]
struct Args {
    /// Count bytes
    #[arg(long, conflicts_with = "graphemes")]
    bytes: bool,

    /// Count extended grapheme clusters
    ///
    /// These are what a reader takes for one character.
    #[arg(long)]
    graphemes: bool,

    /// Input lines end with NUL, not with a newline
    #[arg(short, long)]
    zero_terminated: bool,

    /// Drop a CR at the end of each line of input
    #[arg(long, conflicts_with = "zero_terminated")]
    crlf: bool,

    #[command(flatten)]
    files: cli::Files,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let unit = match (args.bytes, args.graphemes) {
            (true, _) => Unit::Bytes,
            (_, true) => Unit::Graphemes,
            _ => Unit::Characters,
        };
        let terminator = if args.zero_terminated { 0 } else { b'\n' };
        let mut lengths = Lengths::new(unit, terminator);
        program.each_file(&args.files, |input, output| {
            let filtered = match args.crlf {
                true => stream::filter(&mut WithoutCr::new(input), &mut lengths, output),
                false => stream::filter(input, &mut lengths, output),
            };
            filtered.map(|()| true)
        })
    })
}

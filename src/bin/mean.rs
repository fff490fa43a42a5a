//! `mean`: the mean of numbers. See [`textmill::mean`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::mean::Mean;

/// Print the mean of numbers, one a line.
///
/// All sums are exact, and what is printed is the nearest double. If a FILE cannot
/// be read or a line is no number, nothing is printed: part of a mean is a wrong
/// mean. So it is where there are no numbers. A line of more than 4096 bytes is
/// no number.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  words FILE | lengths | mean\n\n\
        Order of output: one number; with --all a line each for n, sum, min, max, mean, sd.\n\
        Cost: one pass, constant memory."
)]
struct Args {
    /// Print n, sum, min, max, mean and sd
    ///
    /// A line each: how many numbers there are, their sum, the smallest, the largest,
    /// the mean, and the standard deviation of the sample.
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let terminator = args.lines.terminator();
        program.sum(
            &args.lines.files,
            Mean::new(args.all),
            |mean, input| mean.read(input, terminator),
            |mean, output| mean.write(output),
        )
    })
}

//! `mean`: the mean of numbers. See [`textmill::text::mean`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::text::count::Limits;
use textmill::text::mean::{Format, Mean, Output, Percentile};

textmill::process_wide!();

/// Print the mean of numbers, one a line.
///
/// All sums are exact. The output is the nearest double; from 10^12 on the mean
/// of whole numbers has all its digits before the point, and up to four behind it.
/// If a FILE cannot be read or a line is not a number, nothing is printed, because the
/// mean would be wrong. An input without numbers is an error. A line of more than
/// 4096 bytes is not a number.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  words FILE | lengths | mean\n  \
        words FILE | lengths | count | mean --counts --all --median --percentile 99\n  \
        mean --merge <(mean --partial monday) <(mean --partial tuesday)\n\n\
        Order of output: one number; with --median or --percentile the median, then the \
        percentiles as on the command line, a line each; with --all a line each for n, sum, min, \
        max, mean, sd, and for these.\n\
        Cost: one pass, constant memory. With --median or --percentile memory for the distinct \
        numbers, up to the limit of -S; past it they are sorted in pieces, which go to \
        temporary files without a name."
)]
struct Args {
    /// Print n, sum, min, max, mean and sd
    ///
    /// A line each: the number of numbers, their sum, the smallest, the largest,
    /// the mean, and the standard deviation of the sample.
    #[arg(long)]
    all: bool,

    /// Read COUNT NUMBER, as count writes it
    ///
    /// And as uniq -c does. The output is that for the numbers themselves.
    #[arg(long, conflicts_with = "merge")]
    counts: bool,

    /// Print the median, in place of the mean
    ///
    /// With --all it is one line more.
    #[arg(long, conflicts_with_all = ["merge", "partial"])]
    median: bool,

    /// Print a percentile, 0 to 100; repeatable
    ///
    /// In place of the mean; with --all it is one line more. Between two numbers it is
    /// interpolated, as in numpy, R (type 7) and PERCENTILE.INC of Excel, but exactly.
    #[arg(long = "percentile", value_name = "P", conflicts_with_all = ["merge", "partial"])]
    percentiles: Vec<Percentile>,

    /// Print a partial result, for --merge
    ///
    /// One line of text with the values of --all, without rounding. An input without
    /// numbers is not an error.
    #[arg(long, conflicts_with = "all")]
    partial: bool,

    /// Read partial results and add them up
    ///
    /// The output is that for all the numbers together. A damaged line is an error.
    #[arg(long)]
    merge: bool,

    #[command(flatten)]
    memory: cli::MemoryOptions,

    #[command(flatten)]
    lines: cli::InputLineOptions,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let format = match (args.counts, args.merge) {
            (true, _) => Format::Counts,
            (_, true) => Format::Partials,
            _ => Format::Numbers,
        };
        let mut percentiles = args.percentiles;
        if args.median {
            percentiles.insert(0, Percentile::median());
        }
        if !percentiles.is_empty() {
            program.hold_only_what_is_used();
        }
        let output = match (args.all, args.partial) {
            (true, _) => Output::All(percentiles),
            (_, true) => Output::Partial,
            _ if percentiles.is_empty() => Output::Mean,
            _ => Output::Percentiles(percentiles),
        };
        let terminator = args.lines.terminator();
        let limits = Limits {
            threads: None,
            memory: args.memory.memory,
            directories: args.memory.directories(),
            ..Limits::default()
        };
        program.sum(
            &args.lines.text.files,
            Mean::new(format, output, limits),
            |mean, input| mean.read(&mut args.lines.text.input(input), terminator),
            |mean, output| mean.write(output),
        )
    })
}

//! `mean`: the mean of numbers. See [`textmill::text::mean`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::text::count::Limits;
use textmill::text::mean::{Format, Mean, Output, Percentile};

textmill::process_wide!();

/// Print the mean of numbers, one a line.
///
/// All sums are exact, and the answer is the nearest double. From 10^12 on, the mean of
/// whole numbers has all its digits before the point, and up to four after it. If a FILE
/// cannot be read or a line is not a number, nothing is printed, because part of a mean
/// is a wrong mean. Empty input is an error, too. A line of more than 4096 bytes is not
/// a number.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  words FILE | lengths | mean\n  \
        words FILE | lengths | count | mean --counts --all --median --percentile 99\n  \
        mean --merge <(mean --partial monday) <(mean --partial tuesday)\n\n\
        Order of output: one number; with --median or --percentile the median, then the \
        percentiles as on the command line, a line each; with --all a line each for n, sum, min, \
        max, mean, sd, and these.\n\
        Cost: one pass, constant memory. With --median or --percentile memory for the distinct \
        numbers, up to the limit of -S; beyond it they go to temporary files without a name."
)]
pub struct Args {
    /// Print n, sum, min, max, mean and sd
    ///
    /// These are, a line each: how many numbers there are, their sum, the smallest, the
    /// largest, the mean, and the standard deviation of the sample.
    #[arg(long)]
    all: bool,

    /// Read COUNT NUMBER, as count writes it
    ///
    /// uniq -c writes it, too. The answer is that for the numbers themselves.
    #[arg(long, conflicts_with = "merge")]
    counts: bool,

    /// Print the median, in place of the mean
    ///
    /// With --all, print it in addition.
    #[arg(long, conflicts_with_all = ["merge", "partial"])]
    median: bool,

    /// Print a percentile, 0 to 100; repeatable
    ///
    /// Print it in place of the mean, or in addition with --all. It is interpolated between
    /// two numbers, as in numpy, R (type 7) and PERCENTILE.INC of Excel, but exactly.
    #[arg(long = "percentile", value_name = "P", conflicts_with_all = ["merge", "partial"])]
    percentiles: Vec<Percentile>,

    /// Print a partial result, for --merge
    ///
    /// It is one line of text with all results of --all, without rounding. Empty input is
    /// valid.
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
            directories: args.memory.directories(),
            ..Limits::within(args.memory.memory)
        };
        program.sum(
            &args.lines.text.files,
            &limits.decoders.clone(),
            Mean::new(format, output, limits),
            |mean, input| mean.read(&mut args.lines.text.input(input), terminator),
            |mean, output| mean.write(output),
        )
    })
}

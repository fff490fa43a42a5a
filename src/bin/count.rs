//! `count`: how often each line occurs. See [`textmill::count`].

use clap::Parser;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use textmill::cli::{self, Files};
use textmill::count::{self, Counts, Report};
use textmill::error::Error;
use textmill::memory;

/// Print each distinct line once, after the number of times it occurs.
///
/// What `LC_ALL=C sort | uniq -c` prints, without padding: COUNT LINE. Lines
/// are bytes. If a FILE cannot be read, nothing is printed: part of a count
/// is a wrong count.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  words FILE | lower | count | topn 5\n  \
        count -S 2G -T /var/tmp HUGE >counts\n  \
        count --merge --sorted monday tuesday >both\n\n\
        Order of output: by the bytes of the line (with --unsorted: none).\n\
        Cost: one pass over the input, then a sort of the distinct lines. Memory grows \
        with the distinct lines, not with the input, and only up to the limit of -S, or five times \
        the longest line; past it they are sorted in pieces, which go to temporary files without a name. \
        With --sorted: a block and a line of each FILE."
)]
struct Args {
    /// Write the lines in any order
    ///
    /// For input with few distinct lines this is slower than sorting.
    #[arg(long)]
    unsorted: bool,

    /// Read COUNT LINE and add the counts up
    ///
    /// The lines are as count and uniq -c write them. So it sums by key: any
    /// command that writes NUMBER KEY can stand in front of it.
    #[arg(long)]
    merge: bool,

    /// With --merge: each FILE is sorted
    ///
    /// In the order in which count writes. The sums are written as the files are
    /// read, in constant memory.
    #[arg(long, requires = "merge")]
    sorted: bool,

    /// Separate count and line by a TAB
    #[arg(short, long)]
    tab: bool,

    /// Number of threads
    ///
    /// From 1 to 256. The default is one for each processor, up to 4.
    #[arg(short, long, value_name = "N", value_parser = threads)]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    memory: cli::MemoryOptions,

    /// Report what it took on standard error
    ///
    /// The number of lines and of temporary files, and the memory.
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let terminator = args.lines.terminator();
        let separator = if args.tab { b'\t' } else { b' ' };
        let files = &args.lines.files;
        let means = args.memory.means(args.jobs);
        let ended = |result: Result<Report, Error>| {
            let report = result.map_err(|error| located(error, files, terminator))?;
            if args.verbose {
                tell(program, report);
            }
            Ok(())
        };
        program.hold_only_what_is_used();
        if args.sorted {
            return program.with_output(|output| {
                let inputs = files.open();
                ended(count::merge_sorted(
                    inputs, means, separator, terminator, output,
                ))?;
                Ok(true)
            });
        }
        program.sum(
            files,
            Counts::new(means),
            |counts, input| match args.merge {
                true => counts
                    .merge(input, terminator)
                    .map_err(|error| located(error, files, terminator)),
                false => counts.read(input, terminator),
            },
            |counts, output| ended(counts.write(separator, terminator, output)),
        )
    })
}

/// Reads a number of threads.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok();
    let number = number.filter(|n: &NonZeroUsize| n.get() <= count::THREADS);
    number.ok_or_else(|| format!("not a number from 1 to {}", count::THREADS))
}

/// Where a sum grew too large: the record, if the files can be read again.
fn located(error: Error, files: &Files, terminator: u8) -> Error {
    let (Error::TooLarge { line }, Some(files)) = (&error, files.again()) else {
        return error;
    };
    let mut sum = 0;
    for (name, mut file) in files {
        if let Err(found) = count::find_too_large(line, &mut sum, &mut file, terminator) {
            return found.of(name);
        }
    }
    error
}

/// Says what a count took.
fn tell(program: &cli::Program, report: Report) {
    let Report {
        lines,
        distinct,
        runs,
        spilled,
        oversize,
    } = report;
    if let Some((line, limit)) = oversize {
        program.say(format_args!(
            "a line of {line} bytes is larger than the limit of {limit} bytes"
        ));
    }
    let peak = memory::peak().map_or("unknown".to_string(), |peak| format!("{} KiB", peak >> 10));
    program.say(format_args!(
        "{}, {distinct} distinct, {}, {} spilled, {peak} of memory at most",
        cli::number_of(lines, "line"),
        cli::number_of(runs, "run"),
        cli::number_of(spilled, "byte"),
    ));
}

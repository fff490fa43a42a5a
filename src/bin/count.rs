//! `count`: how often each line occurs. See [`textmill::count`].

use clap::Parser;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use textmill::cli;
use textmill::count::Counts;

/// Print each distinct line once, after the number of times it occurs.
///
/// What `LC_ALL=C sort | uniq -c` prints, without padding: COUNT LINE. Lines
/// are bytes. If a FILE cannot be read, nothing is printed: part of a count
/// is a wrong count.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  words FILE | lower | count | topn 5\n\n\
        Order of output: by the bytes of the line (with --unsorted: none).\n\
        Cost: one pass over the input, then a sort of the distinct lines; memory grows \
        with the distinct lines, not with the input."
)]
struct Args {
    /// Promise nothing about the order (today it costs the same to have one)
    #[arg(long)]
    unsorted: bool,

    /// Read COUNT LINE, as count and uniq -c write it, and add the counts up
    #[arg(long)]
    merge: bool,

    /// Write a TAB between count and line, instead of a blank
    #[arg(short, long)]
    tab: bool,

    /// Count with so many threads [default: one for each processor, up to 4]
    #[arg(short, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    lines: cli::LineOptions,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let terminator = args.lines.terminator();
        let separator = if args.tab { b'\t' } else { b' ' };
        program.hold_only_what_is_used();
        program.sum(
            &args.lines.files,
            Counts::new(args.jobs),
            |counts, input| match args.merge {
                true => counts.merge(input, terminator),
                false => counts.read(input, terminator),
            },
            |counts, output| counts.write(separator, terminator, output),
        )
    })
}

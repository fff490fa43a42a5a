//! `lengths`: the length of each line. See [`textmill::text::lengths`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::common::stream;
use textmill::text::lengths::{Lengths, Unit};

textmill::process_wide!();

/// Print the length of each line, in characters.
///
/// A character is a Unicode scalar value, as in wc -m and Python's len; a byte
/// that is part of no character counts as one. The end of the line is not counted.
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
    /// Readers perceive each of these as one character.
    #[arg(long)]
    graphemes: bool,

    #[command(flatten)]
    lines: cli::InputLineOptions,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let unit = match (args.bytes, args.graphemes) {
            (true, _) => Unit::Bytes,
            (_, true) => Unit::Graphemes,
            _ => Unit::Characters,
        };
        let lengths = &mut Lengths::new(unit, args.lines.terminator());
        program.each_file(&args.lines.text.files, |input, output| {
            let input = &mut args.lines.text.input(input);
            stream::filter(input, lengths, output).map(|()| true)
        })
    })
}

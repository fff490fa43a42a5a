//! `ngrams`: each N lines that follow one another. See [`textmill::text::ngrams`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::text::ngrams::{LARGEST, Ngrams};

textmill::process_wide!();

/// Print each N lines that follow one another, as one line.
///
/// With a word on each line, these are the N-grams of a text. A blank separates the lines
/// of an N-gram. An empty line is a border: no N-gram crosses it, nor the end of a FILE.
/// Fewer than N lines between two borders give no output.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  words FILE | lower | ngrams 3 | count | topn 5\n\n\
        Order of output: that of the lines.\n\
        Cost: one pass; memory for the longest N lines that follow one another. The output is \
        about N times as large as the input."
)]
pub struct Args {
    /// The number of lines, from 1 to 16
    #[arg(value_name = "N", value_parser = number)]
    n: usize,

    /// Separate the lines of an N-gram by a TAB
    #[arg(short, long)]
    tab: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

/// Parses the number of lines.
fn number(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    let number = number.filter(|n| (1..=LARGEST).contains(n));
    number.ok_or_else(|| format!("invalid number of lines '{text}' (use 1 to {LARGEST})"))
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let separator = if args.tab { b'\t' } else { b' ' };
        let ngrams = Ngrams::new(args.n, separator, args.lines.terminator());
        let program = args.lines.on(program);
        program.each_file(&args.lines.text.files, |input, output| {
            let input = &mut args.lines.text.input(input);
            ngrams.read(input, output).map(|()| true)
        })
    })
}

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
    /// How many lines [default: 10]
    ///
    /// A first operand that is not a number is a FILE; a file whose name is a number
    /// is written ./5. -5 is the same as 5.
    #[arg(value_name = "N", allow_negative_numbers = true)]
    operand: Option<OsString>,

    /// How many lines; all operands are files
    #[arg(short, long = "lines", value_name = "N", value_parser = number)]
    n: Option<usize>,

    /// Add a line with the sum of all other counts
    #[arg(long)]
    other: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

/// How many lines are printed if the command line does not say.
const DEFAULT: usize = 10;

impl Args {
    /// How many lines the command line asks for. The operand is that, or else the
    /// first FILE. The error is one line.
    fn n(&mut self) -> Result<Option<usize>, String> {
        let Some(operand) = self.operand.take() else {
            return Ok(self.n);
        };
        let text = operand.to_str().unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if self.n.is_some() || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            self.lines.files.insert_first(operand);
            return Ok(self.n);
        }
        number(digits)
            .map(Some)
            .map_err(|cause| format!("{digits}: {cause}"))
    }
}

/// Reads a number of lines.
fn number(text: &str) -> Result<usize, &'static str> {
    match text.parse() {
        Ok(number) => Ok(number),
        Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Err("number too large")
        }
        Err(_) => Err("invalid number"),
    }
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, mut args: Args| {
        let n = match args.n() {
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

//! `topn`: the N records with the largest counts. See [`textmill::text::topn`].

use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;
use textmill::cli;
use textmill::text::topn::{Choice, Top};

textmill::process_wide!();

/// Print the N lines with the largest counts, largest first.
///
/// The input is COUNT LINE, as count and uniq -c write it. The output is that of
/// `LC_ALL=C sort -nr | head -n N`. A line without a count is an error;
/// if anything fails, nothing is printed. A line that is a form feed alone ends a page;
/// the output has a page for each, and a terminal shows the last one.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  words FILE | lower | count | topn 5\n\n\
        Order of output: by count, largest first; equal counts by the bytes of the line, \
        largest first. With --least the order is the opposite, that of `LC_ALL=C sort -n`.\n\
        Cost: one pass; memory for N lines, and with --ties for all lines with the count of the N-th."
)]
pub struct Args {
    /// How many lines [default: 10]
    ///
    /// A first operand that is not a number is a FILE; a file whose name is a number
    /// is written ./5. -5 is the same as 5.
    #[arg(value_name = "N", allow_negative_numbers = true)]
    operand: Option<OsString>,

    /// Number of lines; all operands are files
    #[arg(short, long = "lines", value_name = "N", value_parser = number)]
    n: Option<usize>,

    /// Print the smallest counts, smallest first
    #[arg(long)]
    least: bool,

    /// Also print all lines with the same count as the N-th
    #[arg(long)]
    ties: bool,

    /// Add a last line with the sum of all other counts
    ///
    /// It is `SUM (other)`, with the separator of the first line, and always the last
    /// line: `0 (other)` if no line is left. An `(other)` above it is a line of the
    /// input.
    #[arg(long)]
    other: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

/// The number of lines by default.
const DEFAULT: usize = 10;

/// The hint for a first operand such as `five` that is not a file.
const IN_DIGITS: &str = "use digits for a number of lines";

impl Args {
    /// The number of lines on the command line. The operand is the number or the first FILE.
    /// The error is one line.
    fn n(&mut self) -> Result<Option<usize>, String> {
        let Some(operand) = self.operand.take() else {
            return Ok(self.n);
        };
        let text = operand.to_str().unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match self.n {
            None if is_whole => number(digits)
                .map(Some)
                .map_err(|cause| format!("{digits}: {cause}")),
            None if looks_like_number(text) => Err(format!(
                "invalid number of lines '{text}' (use a whole number, or ./{text} for a file)"
            )),
            Some(_) if digits.len() < text.len() && looks_like_number(text) => Err(format!(
                "unexpected argument '{text}' beside -n (use ./{text} for a file)"
            )),
            n => {
                let is_word = !text.is_empty() && text.chars().all(char::is_alphanumeric);
                let hint = (n.is_none() && is_word).then_some(IN_DIGITS);
                self.lines.text.files.insert_first(operand, hint);
                Ok(n)
            }
        }
    }
}

/// Whether a text is probably intended as a number: `1.5`, `+3`, `-2e3`.
fn looks_like_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// Parses a number of lines.
fn number(text: &str) -> Result<usize, &'static str> {
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if is_whole => Ok(number),
        Err(_) if is_whole => Err("number too large"),
        _ => Err("not a whole number"),
    }
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, mut args: Args| {
        let n = match args.n() {
            Ok(n) => n.unwrap_or(DEFAULT),
            Err(cause) => return program.wrong_usage(cause),
        };
        let choice = Choice {
            n,
            least: args.least,
            ties: args.ties,
        };
        let terminator = args.lines.terminator();
        let program = args.lines.on(program);
        program.sum_of_each_page(
            &args.lines.text.files,
            Top::new(choice),
            |top, input, at_end| top.read(&mut args.lines.text.input(input), terminator, at_end),
            |top, output| top.write(terminator, args.other, output),
        )
    })
}

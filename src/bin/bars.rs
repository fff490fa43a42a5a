//! `bars`: a bar chart of counts. See [`textmill::text::bars`].

use clap::Parser;
use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::str::FromStr;
use textmill::cli;
use textmill::text::bars::{Chart, Decimal, Style};

textmill::process_wide!();

/// Print a bar chart of COUNT LINE: the count, a bar, the line.
///
/// The input is COUNT LINE, as count, topn and uniq -c write it; a count may have a decimal
/// point. The bar of the largest count has two fifths of the width. Control characters
/// and invalid bytes are escaped. A line without a count, or with a negative one, is an
/// error; if anything fails, nothing is printed. A line that is a form feed alone ends a
/// page; the output has a chart for each, and a terminal shows the last one.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  words FILE | lower | count | topn | bars\n\n\
        Order of output: that of the input.\n\
        Cost: a page of the input is stored, since the scale depends on all counts, and written in one pass."
)]
pub struct Args {
    /// Draw with #, not with block elements
    ///
    /// Where a terminal shows block elements in two columns each, as some do in East Asia.
    #[arg(long)]
    ascii: bool,

    /// Width of a line: columns, or % of the terminal [default: 100%]
    ///
    /// Bars have two fifths of it, at least 10 columns. A line that is longer is cut on
    /// a terminal only. Where standard output is not a terminal, 100% is 80 columns.
    #[arg(
        long,
        value_name = "N|N%",
        default_value = "100%",
        hide_default_value = true
    )]
    width: Width,

    /// The count of a whole bar [default: the largest]
    ///
    /// Charts with the same N can be compared. A bar of a larger count ends with +.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max: Option<Decimal>,

    /// Print the share of the sum of all counts, too
    #[arg(long)]
    percent: bool,

    /// Draw log(1 + COUNT)
    ///
    /// The first line of the output says so.
    #[arg(long)]
    log: bool,

    /// Color the bars: auto, always or never
    ///
    /// With auto, they have a color if standard output is a terminal, NO_COLOR is unset
    /// or empty, and TERM is not dumb.
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true,
        value_parser = ["auto", "always", "never"]
    )]
    color: String,

    #[command(flatten)]
    lines: cli::InputLineOptions,
}

/// A width on the command line.
#[derive(Clone, Copy, Debug)]
enum Width {
    Columns(usize),
    Percent(usize),
}

impl Width {
    /// The number of columns on the terminal as it is now.
    fn columns(self) -> usize {
        match self {
            Width::Columns(columns) => columns,
            Width::Percent(percent) => cli::columns() * percent / 100,
        }
    }
}

impl FromStr for Width {
    type Err = String;

    fn from_str(text: &str) -> Result<Width, Self::Err> {
        /// The widest terminal.
        const COLUMNS: usize = u16::MAX as usize;
        let (digits, most) = match text.strip_suffix('%') {
            Some(digits) => (digits, 100),
            None => (text, COLUMNS),
        };
        let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits
            .parse()
            .ok()
            .filter(|n| is_whole && (1..=most).contains(n));
        match number {
            Some(columns) if digits.len() == text.len() => Ok(Width::Columns(columns)),
            Some(percent) => Ok(Width::Percent(percent)),
            None => Err(format!(
                "invalid width '{text}' (use a number of columns, 1 to 65535, or 1% to 100%)"
            )),
        }
    }
}

impl Args {
    fn style(&self) -> Style {
        let is_terminal = io::stdout().is_terminal();
        Style {
            width: self.width.columns(),
            cut: is_terminal,
            ascii: self.ascii,
            color: match &self.color[..] {
                "always" => true,
                "never" => false,
                _ => is_terminal && allows_color(),
            },
            percent: self.percent,
            log: self.log,
            max: self.max,
        }
    }
}

/// Whether NO_COLOR and TERM allow color.
fn allows_color() -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_color && !cli::is_dumb()
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        // It escapes control characters itself, and a terminal executes its colors.
        program.raw(true).sum_of_each_page(
            &args.lines.text.files,
            Chart::new(args.style()),
            |chart, input, at_end| {
                let mut input = args.lines.text.input(input);
                chart.read(&mut input, args.lines.terminator(), at_end)
            },
            |chart, output| {
                // A terminal may have another size at the next page.
                chart.set_width(args.width.columns());
                chart.draw(output)
            },
        )
    })
}

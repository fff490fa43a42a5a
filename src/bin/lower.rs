//! `lower`: the same text in lower case. See [`textmill::text::lower`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::common::stream::Filter;
use textmill::text::lower;

textmill::process_wide!();

/// Print a text in lower case.
///
/// The mapping is Unicode's full lower-casing, in any script: a capital sigma at
/// the end of a word becomes ς. Bytes that are not UTF-8 pass through. Each FILE is a text
/// of its own.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  capwords FILE | lower --fold --nfc | count | topn 5\n\n\
        Order of output: that of the text.\n\
        Cost: one pass; memory is constant, except for the text between a capital sigma \
        (with --nfc: a letter) and the character that decides about it."
)]
pub struct Args {
    /// Change A to Z only
    ///
    /// All other bytes pass through.
    #[arg(long, conflicts_with_all = ["fold", "nfc"])]
    ascii: bool,

    /// Fold case instead
    ///
    /// Words that differ by case alone become equal: ß and ss, σ and ς.
    #[arg(long)]
    fold: bool,

    /// Normalize to NFC as well
    ///
    /// Words that are encoded differently become equal: é and e◌́.
    #[arg(long)]
    nfc: bool,

    #[command(flatten)]
    terminal: cli::TerminalOptions,

    #[command(flatten)]
    files: cli::Files,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let mut filter: Box<dyn Filter> = match (args.ascii, args.fold, args.nfc) {
            (true, ..) => Box::new(lower::ascii()),
            (false, false, false) => Box::new(lower::lower()),
            (false, false, true) => Box::new(lower::lower_nfc()),
            (false, true, false) => Box::new(lower::fold()),
            (false, true, true) => Box::new(lower::fold_nfc()),
        };
        program
            .raw(args.terminal.raw)
            .filter(&args.files, filter.as_mut())
    })
}

//! `lower`: the same text in lower case. See [`textmill::text::lower`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::common::stream::Filter;
use textmill::text::lower::{self, Form};

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
        (with --nfc, --nfkc and --no-marks: a letter) and the character that decides about it."
)]
pub struct Args {
    /// Change A to Z only
    ///
    /// All other bytes pass through.
    #[arg(long, conflicts_with_all = ["fold", "nfc", "nfkc", "no_marks"])]
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

    /// Normalize to NFKC as well
    ///
    /// Variants of characters become equal, too: Ａ and a, ﬁ and fi, ² and 2.
    #[arg(long)]
    nfkc: bool,

    /// Remove diacritical marks, and normalize to NFC
    ///
    /// é becomes e, å becomes a, й becomes и, in any language. ø, ł and ß stay, as do vowel
    /// signs and the voicing marks of Kana.
    #[arg(long)]
    no_marks: bool,

    #[command(flatten)]
    terminal: cli::TerminalOptions,

    #[command(flatten)]
    files: cli::Files,
}

impl Args {
    /// The normalization form, if one is asked for.
    fn form(&self) -> Option<Form> {
        let form = Form {
            compatibility: self.nfkc,
            without_marks: self.no_marks,
        };
        (self.nfc || self.nfkc || self.no_marks).then_some(form)
    }
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let mut filter: Box<dyn Filter> = match (args.form(), args.fold) {
            _ if args.ascii => Box::new(lower::ascii()),
            (None, false) => Box::new(lower::lower()),
            (None, true) => Box::new(lower::fold()),
            (Some(form), false) => lower::lower_in(form),
            (Some(form), true) => Box::new(lower::fold_in(form)),
        };
        program
            .raw(args.terminal.raw)
            .filter(&args.files, filter.as_mut())
    })
}

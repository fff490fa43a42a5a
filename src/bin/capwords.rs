//! `capwords`: the capitalised words of a text, one a line. See [`textmill::text::capwords`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::text::{capwords, matches};

textmill::process_wide!();

/// Print the capitalised words of a text, one a line.
///
/// These are the words whose first character is upper case, in any script, as
/// Perl's `/\b[[:upper:]]\w*\b/` matches them. Bytes that are not UTF-8 separate
/// words. Each FILE is a text of its own.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  capwords FILE | lower | count | topn 5\n\n\
        Order of output: that of the text.\n\
        Cost: one pass; memory is constant, whatever the length of a line or a word \
        (with -e: that of a line and its matches)."
)]
pub struct Args {
    #[command(flatten)]
    options: cli::WordOptions,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let options = &args.options;
        let filter = capwords::capwords(options.ascii);
        match matches::or_matches(filter, &options.patterns, options.ascii) {
            Ok(mut filter) => program
                .raw(options.terminal.raw)
                .filter(&options.files, &mut *filter),
            Err(cause) => program.wrong_usage(cause),
        }
    })
}

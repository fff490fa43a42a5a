//! `stem`: the stem of each word. See [`textmill::text::stem`].

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;
use textmill::cli;
use textmill::common::error::Error;
use textmill::text::stem::{Language, Stem, VERSION};

textmill::process_wide!();

/// Print the stem of each word, by Snowball's algorithms.
///
/// The input has a word on each line, in lower case; an apostrophe is `'`. Words that differ
/// in their endings have the same stem, which need not be a word. A line that is not UTF-8,
/// or has more than 1,024 bytes, is written as it is.
#[derive(Parser)]
#[command(
    version = VERSION,
    after_help = "Example:\n  words FILE | lower | stem english | count | topn 5\n\n\
        Order of output: that of the lines.\n\
        Cost: one pass; memory is constant, except for the longest line. The stems of recent words \
        are in a table."
)]
pub struct Args {
    /// The language of the words: english, french, ...
    #[arg(value_name = "LANG", required_unless_present = "list")]
    language: Option<Language>,

    /// Print the names of the languages
    #[arg(long, exclusive = true)]
    list: bool,

    /// Print STEM TAB WORD
    #[arg(long)]
    show: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let Some(language) = args.language else {
            let names: String = Language::all()
                .map(|language| format!("{}\n", language.name()))
                .collect();
            return program.with_output(|output| {
                output.write_all(names.as_bytes()).map_err(Error::Write)?;
                Ok(true)
            });
        };
        let mut stem = Stem::new(language, args.show, args.lines.terminator());
        let program = args.lines.on(program);
        program.each_file(&args.lines.text.files, |input, output| {
            let input = &mut args.lines.text.input(input);
            stem.read(input, output).map(|()| true)
        })
    })
}

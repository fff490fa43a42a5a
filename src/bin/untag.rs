//! `untag`: the text of a page. See [`textmill::web::untag`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::web::untag;

textmill::process_wide!();

/// Print the text of an HTML page, as a reader sees it.
///
/// Tags, comments, scripts, styles, templates and the title are left out,
/// character references are decoded, and white space is collapsed except in pre
/// and textarea. Paragraphs, headings, items and other blocks have lines of
/// their own, br ends a line, and a TAB separates the cells of a table's row.
/// Elements with hidden or popover, and a dialog or details that is not open, are
/// left out, too. Style sheets and scripts are ignored. Bytes that are not UTF-8 pass
/// through. Each FILE is a page of its own, and so is each page of `fetch --base`.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  fetch URL | untag | words | lower | count | topn 5\n\n\
        Order of output: that of the page.\n\
        Cost: one pass; memory is constant, whatever the size of the page, a tag or a \
        comment."
)]
pub struct Args {
    #[command(flatten)]
    terminal: cli::TerminalOptions,

    #[command(flatten)]
    files: cli::Files,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        program
            .raw(args.terminal.raw)
            .filter(&args.files, &mut untag::untag())
    })
}

//! `warc`: the pages of a web archive. See [`textmill::web::warc`].

use clap::Parser;
use regex::bytes::Regex;
use std::process::ExitCode;
use textmill::cli;
use textmill::text::matches;
use textmill::web::fetch;
use textmill::web::warc::{self, MediaRange, Options};

textmill::process_wide!();

/// Print the pages of a web archive (WARC), as UTF-8 text.
///
/// These are the bodies of the responses with a status of success (2xx), of
/// resources and of conversions, whose content type is text/html,
/// application/xhtml+xml or text/plain. Chunks and content encodings (gzip, deflate,
/// br, zstd) are removed, and text of any charset is converted to UTF-8, as in fetch.
///
/// Each text is between two lines with base elements, as in fetch --base. From
/// these, untag and links get where it begins and what its URL is. Bodies other than text are
/// written unchanged, without such lines.
///
/// A page that cannot be decoded is reported on standard error and makes the exit
/// status 1. The other pages are still written.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  warc FILE.warc.gz | untag | words | lower | count | topn 5\n\n\
        Order of output: that of the archive. Data is written as it is read.\n\
        Cost: one pass; memory is constant, whatever the size of a body: some megabytes, and those that \
        decompression needs."
)]
pub struct Args {
    /// Write bodies of this media type only
    ///
    /// It is like text/html, text/* or */*, without parameters. The option may be
    /// repeated.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<MediaRange>,

    /// Write bodies whose URL matches only
    ///
    /// The syntax is that of Rust's regex crate. By default the URLs are those of
    /// http, https, ftp, ftps and file; under others, as metadata: and urn:, crawlers store
    /// their settings and notes.
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    url: Option<String>,

    /// Print status, media type and URL instead, one page a line
    ///
    /// By default these are all responses, resources and conversions. `-` stands for a
    /// status or a type that is unknown.
    #[arg(long)]
    urls: bool,

    #[command(flatten)]
    terminal: cli::TerminalOptions,

    #[command(flatten)]
    files: cli::Files,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let url = match args.url.as_deref().map(Regex::new).transpose() {
            Ok(url) => url,
            Err(error) => {
                let cause = matches::cause(&error);
                return program.wrong_usage(format_args!("--url: {cause}"));
            }
        };
        let options = Options {
            types: args.types,
            url,
            list: args.urls,
        };
        let program = program.raw(args.terminal.raw);
        program.each_file(&args.files, |input, output| {
            let mut ok = true;
            warc::warc(input, &options, output, &mut |url, failure| {
                ok = false;
                program.report(fetch::shown(url), failure);
            })?;
            Ok(ok)
        })
    })
}

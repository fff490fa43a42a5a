//! `links`: the links of a page. See [`textmill::web::links`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::web::links::{self, Options};
use url::Url;

textmill::process_wide!();

/// Print what an HTML page links to, as absolute URLs, one a line.
///
/// These are the href of each a and the src of each img, for http and https.
/// Relative URLs are resolved against the first base element, and that against
/// --base. Fragments (#part) are removed, and so are links that consist of a
/// fragment only. Comments, scripts and templates contain no links; noscript does.
///
/// `fetch --base` writes the URL of each page in front of it. links reads that,
/// so such pages need no --base here. It also writes the charset that the page
/// had, in which links encodes the queries of URLs. Without it they are UTF-8.
///
/// An invalid URL is reported on standard error and makes the exit status 1, and
/// so does a relative URL without a base. The other links are still printed.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  fetch --base URL | links | fetch --base - | untag | words | count\n\n\
        Order of output: that of the page; a link that occurs again is printed again.\n\
        Cost: one pass; memory is constant, whatever the size of the page, a tag or a \
        comment. A URL of more than 2 MiB is invalid."
)]
pub struct Args {
    /// The URL of the page
    ///
    /// Pages from `fetch --base` contain theirs.
    #[arg(long, value_name = "URL")]
    base: Option<String>,

    /// Print everything that the page uses
    ///
    /// area, link, script, iframe, frame, source, video, audio, track, embed, object,
    /// form, input type=image, formaction, background, srcset, poster, images of SVG,
    /// meta refresh, and url() and image-set() in style sheets and attributes.
    #[arg(long)]
    all: bool,

    /// Keep fragments, and links within the page
    #[arg(long)]
    fragments: bool,

    /// Print links of all schemes: mailto:, data:, …
    #[arg(long)]
    schemes: bool,

    #[command(flatten)]
    terminal: cli::TerminalOptions,

    #[command(flatten)]
    files: cli::Files,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let base = match args.base.as_deref().map(Url::parse).transpose() {
            Ok(base) => base,
            Err(error) => return program.wrong_usage(format_args!("--base: {error}")),
        };
        let options = Options {
            all: args.all,
            fragments: args.fragments,
            schemes: args.schemes,
            ..Options::default()
        };
        let program = program.raw(args.terminal.raw);
        program.each_file(&args.files, |input, output| {
            let mut ok = true;
            links::links(input, base.as_ref(), options, output, &mut |invalid| {
                ok = false;
                program.report(invalid.raw, invalid.cause);
            })?;
            Ok(ok)
        })
    })
}

//! `fetch`: the bodies of URLs, text as UTF-8. See [`textmill::fetch`].

use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;
use textmill::cli;
use textmill::fetch::{self, Fetcher, Options, time};

/// Write the bodies of URLs, text as UTF-8.
///
/// Text of any charset comes out as UTF-8. Which charset it is, is told by a
/// byte order mark, the header, <meta> or the XML declaration, or else by the
/// first character beyond ASCII: UTF-8 if it is well-formed, windows-1252 if
/// not. Files are text by their names: .html .htm .xhtml .xml .txt .text .md
/// .csv .tsv .json. What is no text comes out as it is.
///
/// The content encodings gzip and br are undone. Up to 20 redirects are
/// followed, but never from https to http.
///
/// The roots of trust are the system's, or those in $SSL_CERT_FILE and
/// $SSL_CERT_DIR. Every connection goes through the proxy that $ALL_PROXY,
/// $HTTPS_PROXY or $HTTP_PROXY names, the first of them that is set (in lower
/// case, too), but for the hosts in $NO_PROXY.
#[derive(Parser)]
#[command(
    version,
    after_help = "TIME is like 500ms, 3s, 2m or 1h; a bare number is seconds.\n\n\
        Example:\n  fetch http://localhost:8000/ | capwords | lower | count | topn 5\n\n\
        Order of output: that of the URLs, each body whole before the next begins. What has \
        arrived is written at once; of a body that breaks off, the beginning stays written. \
        A status of 400 or more writes nothing.\n\
        Exit status: 0 if every body arrived whole, 1 if any did not, 2 for wrong usage.\n\
        Cost: one connection at a time; memory is constant, some 5 MB (with br up to 16 MB more)."
)]
struct Args {
    /// What to fetch: http:, https: or file:. `-` is the lines of standard input, and so is no URL at all
    #[arg(value_name = "URL")]
    urls: Vec<OsString>,

    /// Write the bytes that came: no content encoding asked for or undone, no charset converted
    #[arg(long)]
    raw: bool,

    /// Longest time to find the host, and again to connect to it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time::parse)]
    connect_timeout: Duration,

    /// Longest time without a byte from the server
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time::parse)]
    stall_timeout: Duration,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let fetcher = Fetcher::new(Options {
            raw: args.raw,
            connect_timeout: args.connect_timeout,
            stall_timeout: args.stall_timeout,
        });
        program.each(
            &args.urls,
            |url| fetch::shown(&fetch::text(url)),
            |url, output| fetcher.fetch(&fetch::text(url), output),
        )
    })
}

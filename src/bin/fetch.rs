//! `fetch`: the bodies of URLs, text as UTF-8. See [`textmill::fetch`].

use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use textmill::cli::{self, Program};
use textmill::error::Error;
use textmill::fetch::{self, Fetcher, Many, Options, time};

/// Write the bodies of URLs, text as UTF-8: every byte exactly once, or fail.
///
/// A transfer that breaks off is resumed where it broke, if the server gives
/// ranges, or else read anew and compared with what was written. If the body
/// has changed meanwhile, that is an error: two versions are never spliced.
///
/// Text of any charset comes out as UTF-8. Which charset it is, is told by a
/// byte order mark, the header, <meta> or the XML declaration, or else by the
/// first character beyond ASCII: UTF-8 if it is well-formed, windows-1252 if
/// not. Files are text by their names: .html .htm .xhtml .xml .txt .text .md
/// .csv .tsv .json. What is no text comes out as it is.
///
/// The content encodings gzip and br are undone. Up to 20 redirects are
/// followed, but never from https to http (but see --allow-downgrade).
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
        arrived is written at once; of a body that breaks off for good, the beginning stays \
        written. A status of 400 or more writes nothing.\n\
        Tried again are connections that fail or break off, silence, and the statuses 408, 429, \
        500, 502, 503 and 504; a server's Retry-After is heeded, up to a minute. \
        A body that has neither length nor chunks (HTTP/1.0) and ends by a plain close cannot be \
        told from one that was cut there; all other cuts are noticed.\n\
        Failures are of these kinds: url (it cannot be read), file (nor can that), dns, connect, tls, \
        timeout, protocol (an answer that is not HTTP as it should be), status (400 or more), \
        redirect (refused, or leads nowhere), truncated (broke off, and was not resumed), changed \
        (another body by now), encoding (unknown or corrupt), too-large, interrupted.\n\
        Exit status: 0 if every body arrived whole, 1 if any did not, 2 for wrong usage.\n\
        Cost: a thread and a connection for each URL in flight; memory is constant, some 5 MB (each \
        body of br up to 16 MB more). Bodies ahead of their turn wait in memory, up to 16 MB, and in \
        nameless files in $TMPDIR, up to 1 GiB; beyond that they are not read."
)]
struct Args {
    /// What to fetch: http:, https: or file:. `-` is the lines of standard input, and so is no URL at all
    #[arg(value_name = "URL")]
    urls: Vec<OsString>,

    /// Write the bytes that came: no content encoding asked for or undone, no charset converted
    #[arg(long)]
    raw: bool,

    /// How many URLs to have in flight at a time
    #[arg(short, long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    jobs: u16,

    /// How many requests one host gets at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..))]
    per_host: u16,

    /// How often to try again without one new byte
    #[arg(long, value_name = "N", default_value = "3")]
    retry: u32,

    /// Wait before the first of these tries; each next one is twice as long, up to a minute
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = time::parse)]
    retry_delay: Duration,

    /// Longest time to find the host, and again to connect to it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time::parse)]
    connect_timeout: Duration,

    /// Longest time without a byte from the server
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time::parse)]
    stall_timeout: Duration,

    /// Longest time for one URL, redirects and retries included, waits for its turn and its reader not
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    max_time: Option<Duration>,

    /// Follow redirects from https to http, too
    #[arg(long)]
    allow_downgrade: bool,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let fetcher = Fetcher::new(Options {
            raw: args.raw,
            connect_timeout: args.connect_timeout,
            stall_timeout: args.stall_timeout,
            max_time: args.max_time,
            retry: args.retry,
            retry_delay: args.retry_delay,
            jobs: args.jobs.into(),
            per_host: args.per_host.into(),
            allow_downgrade: args.allow_downgrade,
            ..Options::default()
        });
        fetch_all(*program, fetcher, args.urls)
    })
}

/// Fetches them all. A thread reads the URLs: while it waits for the next line,
/// bodies flow.
fn fetch_all(program: Program, fetcher: Fetcher, urls: Vec<OsString>) -> ExitCode {
    program.with_output(|output| {
        let well = Arc::new(AtomicBool::new(true));
        let all_well = Arc::clone(&well);
        let output = output.try_clone().map_err(Error::Write)?;
        let many = Many::new(fetcher, output, move |transfer| {
            if let Some(error) = transfer.error {
                all_well.store(false, Ordering::Relaxed);
                program.fail(fetch::shown(&transfer.url), error);
            }
        });
        let (adding, all_read) = (many.clone(), Arc::clone(&well));
        thread::spawn(move || {
            let read = program.each(&urls, |url| adding.add(&fetch::text(url)));
            // An error here is one of the output, which is told below.
            if !matches!(read, Ok(true)) {
                all_read.store(false, Ordering::Relaxed);
            }
            adding.end();
        });
        many.wait()?;
        Ok(well.load(Ordering::Relaxed))
    })
}

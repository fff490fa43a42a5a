//! `fetch`: the bodies of URLs, text as UTF-8. See [`textmill::fetch`].

use clap::Parser;
use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use textmill::cli::{self, Program};
use textmill::error::Error;
use textmill::fetch::progress::{self, Progress};
use textmill::fetch::{self, Family, Fetcher, Field, Many, Options, Report, User};
use textmill::time;

/// Write the bodies of URLs, text as UTF-8: every byte exactly once, or fail.
///
/// A transfer that breaks off is resumed where it broke, if the server gives
/// ranges, or else read anew and compared with what was written. If the body
/// has changed meanwhile, that is an error: two versions are never spliced.
///
/// Text of any charset comes out as UTF-8. Which charset it is, is told by a
/// byte order mark, the header, <meta> or the XML declaration, or else guessed
/// from the first 4 KB beyond ASCII: UTF-8 if they are well-formed, or what they
/// look like. Files are text by their names: .html .htm .xhtml .xml .txt .text .md
/// .csv .tsv .json. What is no text comes out as it is.
///
/// The content encodings gzip, deflate, br and zstd are undone, and a
/// decompression bomb is not: that is an error. Up to 20 redirects are
/// followed, but never from https to http (but see --allow-downgrade).
///
/// The roots of trust are the system's, or those in $SSL_CERT_FILE and
/// $SSL_CERT_DIR. Proxies (of HTTP, HTTPS and SOCKS) are taken from the environment
/// as curl takes them: $http_proxy (in lower case only) for http, $HTTPS_PROXY for
/// https, $ALL_PROXY for both, but for the hosts, domains and networks in $NO_PROXY.
///
/// What -H and --user say, and what the netrc file knows, is for the origin
/// (scheme, host and port) of each URL: no redirect takes it anywhere else.
#[derive(Parser)]
#[command(
    version,
    after_help = "TIME is like 500ms, 3s, 2m or 1h; a bare number is seconds. SIZE is a number of bytes, or one \
        with K, M or G behind it (powers of 1024).\n\n\
        Examples:\n  fetch http://localhost:8000/ | capwords | lower | count | topn 5\n  \
        fetch --base http://localhost:8000/ | links | count\n\n\
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
        Cost: a thread and a connection for each URL in flight; memory is constant, some 6 MB, and with \
        -j 1000 up to 100 (each body of br up to 16 MB more). Bodies ahead of their turn wait in memory, \
        up to 16 MB, and in nameless files in $TMPDIR, up to 1 GiB; beyond that they are not read. --report costs a SHA-256 of what is written."
)]
struct Args {
    /// What to fetch: http:, https: or file:. `-` is the lines of standard input, and so is no URL at all
    #[arg(value_name = "URL")]
    urls: Vec<OsString>,

    /// Write the bytes that came: no content encoding asked for or undone, no charset converted
    #[arg(long)]
    raw: bool,

    /// Put the URL before each HTML page
    ///
    /// This is a line <base data-page="URL" href="BASE">, by which links and untag
    /// know the page's URL and where it begins. URL is the final one, without user;
    /// BASE is the same, or the base element in the page's head, resolved. The head
    /// is held until that is known, 256 KiB at most. A page is HTML by its content
    /// type; other bodies pass unchanged
    #[arg(long, conflicts_with_all = ["raw", "head"])]
    base: bool,

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

    /// Longest time for one URL from its beginning, redirects and retries included, waits for its turn and its reader not
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    max_time: Option<Duration>,

    /// Follow redirects from https to http, too
    #[arg(long)]
    allow_downgrade: bool,

    /// Most bytes of one body, content encodings undone; more are an error
    #[arg(long, value_name = "SIZE", value_parser = fetch::size)]
    max_size: Option<u64>,

    /// Header field to send; `Name:` leaves one out, `Name;` sends it empty
    #[arg(short = 'H', long = "header", value_name = "FIELD", value_parser = private::<Field>)]
    fields: Vec<Private<Field>>,

    /// What to call ourselves to servers, instead of textmill/VERSION
    #[arg(short = 'A', long, value_name = "NAME", value_parser = fetch::user_agent)]
    user_agent: Option<Field>,

    /// User name and password (Basic), for URLs that have none in them
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = private::<User>)]
    user: Option<Private<User>>,

    /// Look for user names and passwords in $NETRC, or else in ~/.netrc
    #[arg(short, long)]
    netrc: bool,

    /// Trust the certificates in this file (PEM) instead of the system's: authorities, or a server's own without CA:TRUE
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Trust anybody: no certificate is verified
    #[arg(long)]
    insecure: bool,

    /// Use IPv4 addresses only
    #[arg(short = '4', long, overrides_with = "ipv6")]
    ipv4: bool,

    /// Use IPv6 addresses only
    #[arg(short = '6', long, overrides_with = "ipv4")]
    ipv6: bool,

    /// Write the heads of the answers (to HEAD) instead of the bodies
    #[arg(short = 'I', long)]
    head: bool,

    /// Write what came of each URL into this file, as a line of JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Show no progress (which is shown only if stderr is a terminal and stdout is none)
    #[arg(short, long)]
    quiet: bool,
}

/// A value that may be a secret: where it is malformed, the message must not
/// show it, as clap's would.
type Private<T> = Result<T, &'static str>;

fn private<T: FromStr<Err = &'static str>>(text: &str) -> Result<Private<T>, Infallible> {
    Ok(text.parse())
}

impl Args {
    /// The error says what is wrong with them.
    fn options(&self) -> Result<Options, String> {
        let fields: Private<Vec<Field>> = self.fields.iter().cloned().collect();
        let fields = fields.map_err(|why| format!("--header: {why}"))?;
        let user = self.user.clone().transpose();
        let user = user.map_err(|why| format!("--user: {why}"))?;
        let family = match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        };
        Ok(Options {
            raw: self.raw,
            base: self.base,
            connect_timeout: self.connect_timeout,
            stall_timeout: self.stall_timeout,
            max_time: self.max_time,
            retry: self.retry,
            retry_delay: self.retry_delay,
            jobs: self.jobs.into(),
            per_host: self.per_host.into(),
            follow: true,
            heed_rest: true,
            allow_downgrade: self.allow_downgrade,
            max_size: self.max_size,
            head: self.head,
            fields,
            user_agent: self.user_agent.clone(),
            user,
            netrc: self.netrc,
            cacert: self.cacert.clone(),
            insecure: self.insecure,
            family,
            digest: self.report.is_some(),
        })
    }
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let options = match args.options() {
            Ok(options) => options,
            Err(cause) => return program.wrong_usage(cause),
        };
        if args.insecure {
            program.say("--insecure: no certificate is verified");
        }
        fetch_all(*program, args, options)
    })
}

/// Fetches them all. A thread reads the URLs: while it waits for the next line,
/// bodies flow.
fn fetch_all(program: Program, args: Args, options: Options) -> ExitCode {
    program.with_output(|output| {
        let fetcher = Fetcher::new(options)?;
        let report = args.report.as_deref().map(Report::create).transpose()?;
        let report = Mutex::new(report);
        let progress = Progress::new(!args.quiet && progress::is_watched());
        let well = Arc::new(AtomicBool::new(true));
        let (all_well, lines) = (Arc::clone(&well), progress.clone());
        let output = output.try_clone().map_err(Error::Write)?;
        let many = Many::new(fetcher, output, move |transfer| {
            let fail = |error| {
                all_well.store(false, Ordering::Relaxed);
                lines.say(|| program.fail(fetch::shown(&transfer.url), error));
            };
            let mut report = report.lock().unwrap_or_else(|held| held.into_inner());
            if let Some(Err(error)) = report.as_mut().map(|file| file.add(&transfer)) {
                fail(error);
                // Said once is enough.
                *report = None;
            }
            if let Some(error) = transfer.error {
                fail(error);
            }
        });
        let (adding, all_read) = (many.clone(), Arc::clone(&well));
        let reader = thread::Builder::new().spawn(move || {
            let read = program.each(&args.urls, |url| adding.add(&fetch::text(url)));
            // An error here is one of the output, which is told below.
            if !matches!(read, Ok(true)) {
                all_read.store(false, Ordering::Relaxed);
            }
            adding.end();
        });
        reader.map_err(|error| Error::Start(error).of("thread"))?;
        let shown = many.clone();
        let _lines = progress::watch(&progress, move || shown.in_flight());
        many.wait()?;
        Ok(well.load(Ordering::Relaxed))
    })
}

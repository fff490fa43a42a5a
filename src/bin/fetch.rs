//! `fetch`: the bodies of URLs, text as UTF-8. See [`textmill::web::fetch`].

use clap::Parser;
use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use textmill::cli::{self, Program};
use textmill::common::error::Error;
use textmill::common::memory;
use textmill::common::output::Output;
use textmill::common::time;
use textmill::web::fetch::progress;
use textmill::web::fetch::{
    self, Batch, Failure, Family, Fetcher, Field, Options, Report, Transfer, User,
};
use textmill::web::progress::Progress;
use url::Url;

textmill::process_wide!();

/// Write the bodies of URLs, text as UTF-8: every byte exactly once, or fail.
///
/// A transfer that breaks off is resumed, by a range request if the server supports
/// that, or else by reading the body again and comparing the part that was written.
/// A body that has changed is an error: two versions are never combined.
///
/// Text of any charset is converted to UTF-8. A byte order mark, the header, <meta>
/// or the XML declaration gives the charset; otherwise it is detected from the first
/// 4 KB beyond ASCII. Files are text by their names: .html .htm .xhtml .xht .css .xml
/// .txt .text .md .csv .tsv .json. Binary files are written unchanged.
///
/// The content encodings gzip, deflate, br and zstd are decoded; a decompression
/// bomb is an error. Up to 20 redirects are followed, but not from https to http
/// (see --allow-downgrade). Cookies that are set on the way are sent back (RFC 6265)
/// and last as long as their URL.
///
/// The trusted certificates are the system's, or those in $SSL_CERT_FILE and
/// $SSL_CERT_DIR. Proxies (HTTP, HTTPS and SOCKS) come from the environment, as for
/// curl: $http_proxy (in lower case only) for http, $HTTPS_PROXY for https,
/// $ALL_PROXY for both, except for the hosts, domains and networks in $NO_PROXY.
///
/// Fields of -H and the user of --user are sent to the origin (scheme, host and port)
/// of each URL only, also after redirects. The netrc file applies to the hosts that
/// it names.
#[derive(Parser)]
#[command(
    version,
    after_help = "TIME is like 500ms, 3s, 2m, 1h or 1d; a bare number is seconds. SIZE is a number of bytes, or one \
        with K, M or G after it (powers of 1024). For scripts written for curl, -f, -S and -L are accepted: fetch \
        always does what they ask for. -s is -q.\n\n\
        Examples:\n  fetch http://localhost:8000/ | untag | words | lower | count | topn 5\n  \
        fetch --base http://localhost:8000/ | links | count\n\n\
        Order of output: that of the URLs, each body whole before the next begins. Data is written \
        as soon as it arrives; if a body breaks off for good, its beginning was written. An error \
        status writes nothing, except its head with -I.\n\
        Retries: fetch retries connections that fail or break off, silence, and the statuses 408, 425, 429, \
        500, 502 to 504 and 520 to 527; it respects Retry-After, up to a minute. If a body has neither length nor \
        chunks (HTTP/1.0) and ends with the connection, fetch cannot tell whether it is complete; it detects all other \
        truncated bodies.\n\
        Kinds of failures: url (invalid URL), file (the file cannot be read), dns, connect, tls, \
        timeout, protocol (invalid HTTP), status (not a success), not-modified (304, as a condition of -H asked for), \
        redirect (refused, invalid or a loop), truncated (broke off, and was not resumed), changed (while it was \
        resumed), encoding (unknown or corrupt), too-large, interrupted (the output failed).\n\
        Exit status: 0 if each body arrived whole, 1 if one did not, 2 for wrong usage.\n\
        Cost: a thread and a connection for each URL in flight; memory is constant, some 6 MB, and with \
        -j 1000 up to 100 (each body of br up to 16 MB more). Bodies ahead of their turn wait in memory, \
        up to 16 MB, and in temporary files without a name in $TMPDIR, up to 1 GiB; beyond that they are not read. \
        --report takes a SHA-256 of the output."
)]
pub struct Args {
    /// http:, https: or file:; none, or `-`, is stdin
    ///
    /// A URL without a scheme is http. Standard input has one URL on each line.
    #[arg(value_name = "URL")]
    urls: Vec<OsString>,

    /// Write to FILE, when all bodies are complete
    ///
    /// FILE is replaced when all bodies have arrived; otherwise it stays as it was. `-` is
    /// standard output.
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "-",
        hide_default_value = true
    )]
    output: OsString,

    /// Write the bytes as they arrive
    ///
    /// No content encoding is requested or decoded, no charset is converted, and nothing is
    /// escaped on a terminal.
    #[arg(long, hide_short_help = true)]
    raw: bool,

    /// Put the URL before each HTML page
    ///
    /// This is a line <base data-page="URL" href="BASE">, from which links and untag
    /// get the page's URL and where it begins. URL is the final one, without user;
    /// BASE is the same, or the base element in the page's head, resolved. If the
    /// page was not in UTF-8, the line also names its charset, for links. The head
    /// is delayed until that is known, 256 KiB at most. After the page there is a line
    /// <base data-page="">. A page is HTML by its content type; other bodies pass
    /// unchanged.
    #[arg(long, conflicts_with_all = ["raw", "head"])]
    base: bool,

    /// Number of URLs in flight
    #[arg(short, long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    jobs: u16,

    /// Number of requests in flight to one host
    #[arg(long, hide_short_help = true, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..))]
    per_host: u16,

    /// Number of retries in a row without a new byte
    #[arg(long, hide_short_help = true, value_name = "N", default_value = "3")]
    retry: u32,

    /// Wait before the first retry
    ///
    /// Each wait is twice as long as the one before, up to a minute. With 0, do not wait.
    #[arg(long, hide_short_help = true, value_name = "TIME", default_value = "500ms", value_parser = time::pause)]
    retry_delay: Duration,

    /// Time limit for the look-up of the host, and for connecting
    ///
    /// Each of the two has this limit.
    #[arg(long, hide_short_help = true, value_name = "TIME", default_value = "10s", value_parser = time::parse)]
    connect_timeout: Duration,

    /// Longest time without a byte from the server
    #[arg(long, hide_short_help = true, value_name = "TIME", default_value = "60s", value_parser = time::parse)]
    stall_timeout: Duration,

    /// Time limit for one URL
    ///
    /// It begins with the first request and includes all redirects and retries. The time in
    /// which a body waits for its turn or for its reader does not count.
    #[arg(short, long, value_name = "TIME", value_parser = time::parse)]
    max_time: Option<Duration>,

    /// Follow redirects from https to http, too
    #[arg(long, hide_short_help = true)]
    allow_downgrade: bool,

    /// Size limit for a body
    ///
    /// The size is that after decoding. A larger body is an error.
    #[arg(long, hide_short_help = true, value_name = "SIZE", value_parser = memory::bytes)]
    max_size: Option<u64>,

    /// Send this header field
    ///
    /// `Name:` removes a field, `Name;` sends it empty. Refused are an empty or second Host,
    /// Connection, Content-Length, Expect, If-Range, Range, TE, Trailer,
    /// Transfer-Encoding and Upgrade: fetch sets these itself.
    #[arg(short = 'H', long = "header", value_name = "FIELD", value_parser = private::<Field>)]
    fields: Vec<Private<Field>>,

    /// User-Agent to send, instead of textmill/VERSION
    #[arg(short = 'A', long, hide_short_help = true, value_name = "NAME", value_parser = fetch::user_agent)]
    user_agent: Option<Field>,

    /// User name and password (Basic)
    ///
    /// It is for URLs without a user.
    #[arg(short, long, value_name = "NAME:PASSWORD", value_parser = private::<User>)]
    user: Option<Private<User>>,

    /// Read user names and passwords from ~/.netrc
    ///
    /// If $NETRC is set, it names the file.
    #[arg(short, long, hide_short_help = true)]
    netrc: bool,

    /// Trust the certificates in FILE (PEM) only
    ///
    /// They replace the system's. They are those of authorities, or a server's own
    /// without CA:TRUE.
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Use the client certificate in FILE (PEM)
    ///
    /// It is sent to servers that request one. Intermediate certificates may follow it.
    #[arg(short = 'E', long, hide_short_help = true, value_name = "FILE")]
    cert: Option<PathBuf>,

    /// Private key of --cert (PEM)
    ///
    /// Without this option, the key is in the file of the certificate.
    #[arg(long, hide_short_help = true, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Verify no certificate
    #[arg(short = 'k', long)]
    insecure: bool,

    /// Use IPv4 addresses only
    #[arg(short = '4', long, hide_short_help = true, overrides_with = "ipv6")]
    ipv4: bool,

    /// Use IPv6 addresses only
    #[arg(short = '6', long, hide_short_help = true, overrides_with = "ipv4")]
    ipv6: bool,

    /// Write the heads of the responses to HEAD
    ///
    /// They replace the bodies.
    #[arg(short = 'I', long)]
    head: bool,

    /// Write a line of JSON for each URL to FILE
    ///
    /// With -o, `-` is standard output.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Show no progress
    #[arg(
        short,
        long,
        short_alias = 's',
        alias = "silent",
        overrides_with = "progress"
    )]
    quiet: bool,

    /// Show progress also when stdout is a pipe
    ///
    /// By default progress is shown if standard error is a terminal, and standard output
    /// is neither a terminal nor a pipe, whose reader may be a pager.
    #[arg(long, hide_short_help = true, overrides_with = "quiet")]
    progress: bool,

    #[command(flatten)]
    as_in_curl: AsInCurl,
}

/// Options of curl without effect: fetch always does what they require.
#[derive(clap::Args)]
struct AsInCurl {
    #[arg(short = 'L', long, hide = true)]
    location: bool,
    #[arg(short, long, hide = true)]
    fail: bool,
    #[arg(short = 'S', long, hide = true)]
    show_error: bool,
}

/// The replacements for options of curl and wget.
fn hint(option: &str) -> Option<&'static str> {
    Some(match option {
        "--limit-rate" => "use `fetch URL | pv -q -L 1m`",
        "--no-check-certificate" => "use -k",
        "--digest" | "--negotiate" | "--ntlm" => "fetch supports Basic only: use curl",
        "--basic" => "-u is always Basic",
        "--spider" => "use -I",
        "-Z" | "--parallel" => "URLs are always fetched in parallel; see -j",
        "-N" | "--no-buffer" => "received bytes are always written at once",
        "-G" | "--get" => "put the query into the URL",
        "-r" | "--range" => "fetch writes whole bodies: use `fetch URL | head -c N`",
        "-v" | "--verbose" => "use --report FILE for the result of each URL, or -I for the heads",
        "-i" | "--include" => "use -I for the heads",
        "-O" | "-P" | "--remote-name" => "use -o FILE",
        "-b" | "-c" | "--cookie" => "use -H 'Cookie: NAME=VALUE'",
        "-e" | "--referer" => "use -H 'Referer: URL'",
        "-x" | "--proxy" => "set http_proxy, https_proxy or all_proxy",
        "-X" | "-d" | "-F" | "--request" | "--data" | "--form" | "--upload-file" => {
            "fetch supports GET, and HEAD with -I"
        }
        "-T" => "use --stall-timeout TIME; fetch does not upload",
        "-C" | "--continue-at" => "a truncated body is always resumed",
        "-w" | "--write-out" => "use --report FILE",
        "--compressed" => "compression is always requested",
        "--max-redirs" => "the limit is 20 redirects",
        _ => return None,
    })
}

/// A value that may be a secret. clap's message for an invalid value would contain it.
type Private<T> = Result<T, &'static str>;

fn private<T: FromStr<Err = &'static str>>(text: &str) -> Result<Private<T>, Infallible> {
    Ok(text.parse())
}

impl Args {
    fn reports_to_stdout(&self) -> bool {
        self.report.as_deref() == Some(Path::new("-"))
    }

    /// The report, if there is the option.
    fn report(&self, program: &Program) -> Result<Option<Report>, Error> {
        let Some(path) = &self.report else {
            return Ok(None);
        };
        if self.reports_to_stdout() {
            let output = program.output().map_err(Error::Write)?;
            return Ok(Some(Report::new(output, "stdout")));
        }
        Report::create(path).map(Some)
    }

    /// Whether progress is shown, if standard error is a terminal.
    fn shows_progress(&self) -> bool {
        let disturbs = self.output == "-" && (io::stdout().is_terminal() || cli::stdout_is_pipe());
        !self.quiet && (self.progress || !disturbs)
    }

    /// The files of the client certificate and of its key.
    fn identity(&self) -> Option<(PathBuf, PathBuf)> {
        let certificate = self.cert.clone()?;
        let key = self.key.clone().unwrap_or_else(|| certificate.clone());
        Some((certificate, key))
    }

    /// The options of the fetcher; the error is the message for wrong usage.
    fn options(&self) -> Result<Options, String> {
        let fields: Private<Vec<Field>> = self.fields.iter().cloned().collect();
        let fields = fields.map_err(|why| format!("--header: {why}"))?;
        if fields.iter().filter(|field| field.name() == "host").count() > 1 {
            return Err("--header: more than one Host".into());
        }
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
            honor_retry_after: true,
            allow_downgrade: self.allow_downgrade,
            max_size: self.max_size,
            head: self.head,
            fields,
            user_agent: self.user_agent.clone(),
            user,
            netrc: self.netrc,
            cacert: self.cacert.clone(),
            identity: self.identity(),
            insecure: self.insecure,
            family,
            digest: self.report.is_some(),
            output_file: None,
        })
    }
}

fn main() -> ExitCode {
    cli::run_with_hints(env!("CARGO_BIN_NAME"), hint, |program, args: Args| {
        if program.waits_for_the_keyboard(&args.urls) {
            return program.wrong_usage("no URL; usage: fetch [OPTIONS] URL...");
        }
        if args.reports_to_stdout() && args.output == "-" {
            return program
                .wrong_usage("--report -: the bodies are on standard output; use -o FILE");
        }
        let options = match args.options() {
            Ok(options) => options,
            Err(cause) => return program.wrong_usage(cause),
        };
        if args
            .report
            .as_deref()
            .is_some_and(|report| report == args.output)
        {
            return program.wrong_usage("--report: the same FILE as that of -o");
        }
        if args.insecure {
            program.say("--insecure: no certificate is verified");
        }
        fetch_all(program.raw(args.raw), args, options)
    })
}

/// The URL of an existing file, if the host of the URL does not exist and the URL is the name
/// of that file.
fn file_of_name(transfer: &Transfer) -> Option<Url> {
    let name = transfer.url.strip_prefix("http://")?;
    let no_such_host = transfer.failure_word() == Some("dns");
    let path = Path::new(name)
        .canonicalize()
        .ok()
        .filter(|_| no_such_host)?;
    Url::from_file_path(path).ok()
}

/// The results of the URLs: the error lines, the report, the exit status.
struct Results {
    program: Program,
    /// Lines of progress, above which errors are printed.
    progress: Progress,
    /// None without a report, and after an error of the report.
    report: Mutex<Option<Report>>,
    reports_to_stdout: bool,
    ok: AtomicBool,
}

impl Results {
    fn add(&self, transfer: Transfer) {
        let mut report = self.report.lock().unwrap_or_else(|lock| lock.into_inner());
        if let Some(Err(error)) = report.as_mut().map(|file| file.add(&transfer)) {
            if self.reports_to_stdout
                && let Error::Write(error) = &error
            {
                self.program.end_if_reader_left(error);
            }
            self.fail(&transfer.url, error);
            // One message is enough.
            *report = None;
        }
        let file = file_of_name(&transfer);
        if let Some(error) = transfer.error {
            let error = file.map_or(error, |file| {
                Failure::Host(format!("no such host; the file is {file}").into()).into()
            });
            self.fail(&transfer.url, error);
        }
    }

    fn fail(&self, url: &str, error: Error) {
        self.set_failed();
        self.progress
            .pause(|| self.program.fail(fetch::shown(url), error));
    }

    fn set_failed(&self) {
        self.ok.store(false, Ordering::Relaxed);
    }
}

/// Fetches all URLs. A thread reads them, so that bodies are written while it waits for the
/// next line.
fn fetch_all(program: Program, args: Args, mut options: Options) -> ExitCode {
    program.with_output_to(&args.output.clone(), |output| {
        let metadata = output.file().metadata().map_err(Error::Write)?;
        options.output_file = metadata.is_file().then(|| (metadata.dev(), metadata.ino()));
        let fetcher = Fetcher::new(options)?;
        let results = Arc::new(Results {
            program,
            progress: Progress::new(args.shows_progress()),
            report: Mutex::new(args.report(&program)?),
            reports_to_stdout: args.reports_to_stdout(),
            ok: AtomicBool::new(true),
        });
        let output = output.try_clone().map_err(Error::Write)?;
        let pipe = cli::is_pipe(output.file()).then(|| output.file().try_clone());
        let pipe = pipe.transpose().map_err(Error::Write)?;
        let done = Arc::clone(&results);
        let batch = Batch::new(fetcher, output, pipe, move |transfer| done.add(transfer));
        read_urls(program, args.urls, batch.clone(), Arc::clone(&results))?;
        let shown = batch.clone();
        let _lines = progress::watch(&results.progress, move || shown.in_flight());
        batch.wait()?;
        Ok(results.ok.load(Ordering::Relaxed))
    })
}

/// Starts a thread that adds the URLs to the batch.
fn read_urls(
    program: Program,
    urls: Vec<OsString>,
    batch: Batch<Output>,
    results: Arc<Results>,
) -> Result<(), Error> {
    let reader = thread::Builder::new().spawn(move || {
        let read = program.each(&urls, |url| match batch.add(&fetch::operand(url)) {
            ControlFlow::Continue(()) => Ok(()),
            // Ends the reading. The error of the output is the result of the batch.
            ControlFlow::Break(()) => Err(Error::Write(io::ErrorKind::BrokenPipe.into())),
        });
        if !matches!(read, Ok(true)) {
            results.set_failed();
        }
        batch.end();
    });
    reader.map_err(|error| Error::Start(error).of("thread"))?;
    Ok(())
}

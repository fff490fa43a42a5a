//! `linkcheck`: the broken links of a web site. See [`textmill::web::linkcheck`].

use clap::{Parser, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, io};
use textmill::cli::{self, Program};
use textmill::common::error::{Error, cause};
use textmill::common::memory;
use textmill::common::show;
use textmill::common::time;
use textmill::web::fetch::{self, Field};
use textmill::web::linkcheck::progress::TallyLine;
use textmill::web::linkcheck::{
    self, Cache, Folder, Format, Observer, Options, Patterns, Remap, Scope, Statuses, Summary,
    Tally,
};
use textmill::web::progress::{PausingOutput, Progress};
use url::Url;

textmill::process_wide!();

/// Check the links of a web site, and report those that are broken.
///
/// The site is at URLs, or in a folder of files, which needs no server. linkcheck reads
/// the pages at these URLs and all pages of their hosts that they lead to, and checks
/// each link on them: of anchors, images, scripts, style sheets, frames, media, forms,
/// and in the site's style sheets. If a link names a part of a page of the site
/// (`#part`), the part has to exist, too. Pages of other sites are checked, not entered.
///
/// Each URL is requested once, and each link to it is reported: a line
/// `Broken link SOURCE -> URL (CAUSE)`, as soon as it is known.
///
/// Requests to other machines than this one are limited: see --per-host, --delay and
/// --robots. linkcheck waits if a host asks for that (429, 503, Retry-After), and stops
/// requesting from a host that failed 10 times and never answered.
#[derive(Parser)]
#[command(
    version,
    after_help = "TIME is like 500ms, 3s, 2m, 1h or 1d; a bare number is seconds. SIZE is a number of bytes, or one \
        with K, M or G after it (powers of 1024).\n\n\
        Example:\n  linkcheck --level 2 http://localhost:8000/\n\n\
        Order of output: that of the responses; sort it if that matters. A summary comes \
        last, on standard error.\n\
        With --format tsv a line is KIND, SOURCE, URL, WORD, CAUSE, LINE; KIND is broken, redirected, warning, not-http, \
        not-html or disallowed; WORD is what fetch --help lists, `fragment` or `https`. With jsonl it is \
        an object: kind, source, url, error (the word), cause, status, line (of the link on its page). The CAUSE of not-html is the content type.\n\
        Exit status: 0 if no link is broken; 1 if one is, or if something could not be checked, \
        which is reported; 2 for wrong usage, or if a start cannot be read.\n\
        Cost: a thread and a connection for each of the -j; memory of some 400 bytes for each URL \
        (--max-urls limits them), whatever the size of pages."
)]
pub struct Args {
    /// Where to begin; none, or `-`, is stdin
    ///
    /// URLs are http: or https:; without a scheme they are http. A folder or an HTML file
    /// is read without a server: all pages of a folder, or those that a file leads to.
    /// Standard input has one on each line.
    #[arg(value_name = "URL|FOLDER")]
    urls: Vec<OsString>,

    /// Top of the site that files are in
    ///
    /// Links that begin with / lead there. The default is the folder itself, or the folder
    /// of the file.
    #[arg(long, hide_short_help = true, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Number of levels of pages
    ///
    /// The last level is not entered: 2 is a page and its links. The default is the
    /// whole site.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    level: Option<u32>,

    /// Number of URLs in flight
    #[arg(short, long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    jobs: u16,

    /// Enter what begins with PREFIX
    ///
    /// PREFIXes replace the hosts of the URLs given. May be repeated.
    #[arg(long, hide_short_help = true, value_name = "PREFIX")]
    scope: Vec<Url>,

    /// Check only links that match
    ///
    /// May be repeated: links that match any of them.
    #[arg(long, hide_short_help = true, value_name = "REGEX")]
    include: Vec<String>,

    /// Leave out links that match
    ///
    /// May be repeated. It matches a link as reports show it, with or without its
    /// fragment, and also a link that is not a URL.
    #[arg(long, value_name = "REGEX")]
    exclude: Vec<String>,

    /// Leave out links to other sites
    #[arg(long)]
    no_external: bool,

    /// Do not check fragments (#part)
    #[arg(long, hide_short_help = true)]
    no_fragments: bool,

    /// Check at most N URLs
    ///
    /// If there are more, a message says so.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        default_value = "1000000"
    )]
    max_urls: usize,

    /// Begin with the pages of the sitemaps, too
    ///
    /// The sitemaps are those in robots.txt, or else /sitemap.xml: XML, text, RSS or
    /// Atom.
    #[arg(long)]
    sitemap: bool,

    /// Report redirected links, too
    #[arg(long, hide_short_help = true)]
    redirects: bool,

    /// Report links that should be changed, too
    ///
    /// They are moved permanently, lead from https to http, have a password or a scheme
    /// that looks misspelled (htps:), name a file, or are empty (<img src="">). Pages with
    /// an unknown content encoding are reported, too.
    #[arg(long)]
    warnings: bool,

    /// Report links that are not checked, too
    ///
    /// These are links that are not http, URLs that are not pages, and URLs that robots.txt
    /// disallows.
    #[arg(short, long)]
    verbose: bool,

    /// Format: text, tsv, jsonl or github
    ///
    /// github is a workflow command a line, which GitHub shows as an annotation.
    #[arg(
        long,
        hide_possible_values = true,
        value_name = "FORMAT",
        default_value = "text"
    )]
    format: Form,

    /// Group by target: one entry for each
    ///
    /// It comes at the end, with the first ten pages that have the link and the number of
    /// all, and without LINE. In tsv, SOURCE has these pages, separated by blanks, and a
    /// last column has the number; in jsonl, `sources` and `pages` replace `source`.
    #[arg(
        long,
        hide_short_help = true,
        hide_possible_values = true,
        value_name = "target"
    )]
    group: Option<Group>,

    /// Statuses that are fine, like 403,500-599
    ///
    /// Besides 200 to 299. May be repeated.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "STATUS",
        value_delimiter = ','
    )]
    accept: Vec<Statuses>,

    /// Keep external URLs that were fine in FILE
    ///
    /// They are not requested again within --max-age. The file is read first, and
    /// replaced at the end. A line of it is SECONDS URL, the time since 1970.
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    cache: Option<OsString>,

    /// How long URLs in the cache are fine
    #[arg(long, hide_short_help = true, value_name = "TIME", default_value = "1d", value_parser = time::pause)]
    max_age: Duration,

    /// Request TO in place of FROM: FROM=TO
    ///
    /// Both are beginnings of URLs: `https://www.example.org=http://localhost:8000` checks
    /// a copy whose links name the original. Reports show the link of the page. May be
    /// repeated; the first that matches counts. URLs on the command line are not changed.
    #[arg(long, hide_short_help = true, value_name = "FROM=TO")]
    remap: Vec<Remap>,

    /// Report http links that work with https
    ///
    /// They are reported as broken. Links with a port are ignored.
    #[arg(long, hide_short_help = true)]
    require_https: bool,

    /// Number of requests in flight to one host
    ///
    /// The limit does not apply to this machine.
    #[arg(long, hide_short_help = true, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..))]
    per_host: u16,

    /// Time between two requests to one host
    ///
    /// It does not apply to this machine. With 0, do not wait.
    #[arg(long, hide_short_help = true, value_name = "TIME", default_value = "100ms", value_parser = time::pause)]
    delay: Duration,

    /// Obey robots.txt on this machine, too
    #[arg(long, hide_short_help = true, overrides_with = "no_robots")]
    robots: bool,

    /// Do not obey robots.txt
    #[arg(long, hide_short_help = true, overrides_with = "robots")]
    no_robots: bool,

    /// Number of retries
    #[arg(long, hide_short_help = true, value_name = "N", default_value = "2")]
    retry: u32,

    /// Longest time to find a host, and to connect
    ///
    /// It applies to each of the two.
    #[arg(long, hide_short_help = true, value_name = "TIME", default_value = "10s", value_parser = time::parse)]
    connect_timeout: Duration,

    /// Longest time for one URL
    #[arg(long, hide_short_help = true, value_name = "TIME", default_value = "30s", value_parser = time::parse)]
    max_time: Duration,

    /// Largest part of a page to read
    ///
    /// The rest of a larger page is not checked, and a message says so.
    #[arg(long, hide_short_help = true, value_name = "SIZE", default_value = "64M", value_parser = memory::bytes)]
    max_size: u64,

    /// Send this header field to the site itself
    ///
    /// `Name:` removes a field.
    #[arg(short = 'H', long = "header", value_name = "FIELD")]
    fields: Vec<Field>,

    /// User-Agent to send
    ///
    /// The default is textmill-linkcheck/VERSION.
    #[arg(short = 'A', long, hide_short_help = true, value_name = "NAME", value_parser = fetch::user_agent)]
    user_agent: Option<Field>,

    /// Trust the certificates in FILE (PEM) only
    ///
    /// They replace the system's.
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Verify no certificate
    #[arg(short = 'k', long, hide_short_help = true)]
    insecure: bool,

    /// Print no progress and no summary
    #[arg(short, long, overrides_with = "progress")]
    quiet: bool,

    /// Show progress also when stdout is a pipe
    ///
    /// Without this option, progress is shown if standard error is a terminal, and
    /// standard output is not a pipe (its reader may be a pager).
    #[arg(long, hide_short_help = true, overrides_with = "quiet")]
    progress: bool,
}

/// The names of the formats.
#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Text,
    Tsv,
    Jsonl,
    Github,
}

/// What findings are grouped by.
#[derive(Clone, Copy, ValueEnum)]
enum Group {
    Target,
}

impl From<Form> for Format {
    fn from(form: Form) -> Format {
        match form {
            Form::Text => Format::Text,
            Form::Tsv => Format::Tsv,
            Form::Jsonl => Format::Jsonl,
            Form::Github => Format::Github,
        }
    }
}

impl Args {
    fn options(&self, scope: Scope, cache: Option<&Cache>) -> Options {
        let robots = match (self.robots, self.no_robots) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let name = fetch::user_agent(&linkcheck::user_agent()).ok();
        Options {
            levels: self.level,
            jobs: self.jobs.into(),
            per_host: self.per_host.into(),
            delay: self.delay,
            retry: self.retry,
            max_urls: self.max_urls,
            max_size: self.max_size,
            scope,
            fragments: !self.no_fragments,
            robots,
            sitemap: self.sitemap,
            redirects: self.redirects,
            warnings: self.warnings,
            verbose: self.verbose,
            format: self.format.into(),
            group: self.group.is_some(),
            accept: self.accept.clone(),
            remap: self.remap.clone(),
            require_https: self.require_https,
            fine: cache.map(Cache::urls),
            fetch: fetch::Options {
                connect_timeout: self.connect_timeout,
                max_time: Some(self.max_time),
                fields: self.fields.clone(),
                user_agent: self.user_agent.clone().or(name),
                cacert: self.cacert.clone(),
                insecure: self.insecure,
                ..fetch::Options::default()
            },
            ..Options::default()
        }
    }

    /// The cache; the error is one line.
    fn cache(&self) -> Result<Option<Cache>, String> {
        let Some(path) = &self.cache else {
            return Ok(None);
        };
        let text = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            text => text,
        };
        let text = text.map_err(|error| cause(&error));
        let parse = |text: Vec<u8>| {
            let cache = Cache::parse(&text, self.max_age);
            cache.map_err(|error| error.to_string())
        };
        let cache = text.and_then(parse);
        cache
            .map(Some)
            .map_err(|cause| format!("--cache: {}: {cause}", show::shown(path)))
    }

    /// Which links to check; the error is one line.
    fn scope(&self) -> Result<Scope, String> {
        let set = |name: &str, patterns: &[String]| {
            Patterns::new(patterns).map_err(|error| format!("--{name}: {error}"))
        };
        Ok(Scope {
            prefixes: self.scope.iter().map(Url::to_string).collect(),
            include: set("include", &self.include)?,
            exclude: set("exclude", &self.exclude)?,
            no_external: self.no_external,
        })
    }
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        if program.waits_for_the_keyboard(&args.urls) {
            return program.wrong_usage("no URL; usage: linkcheck [OPTIONS] URL...");
        }
        if args.insecure {
            program.say("--insecure: no certificate is verified");
        }
        let scope = match args.scope() {
            Ok(scope) => scope,
            Err(cause) => return program.wrong_usage(cause),
        };
        let cache = match args.cache() {
            Ok(cache) => cache,
            Err(cause) => return program.wrong_usage(cause),
        };
        let (mut starts, mut folders) = (Vec::new(), Vec::new());
        let mut wrong = None;
        let mut ok = true;
        let read = program.each(&args.urls, |text| {
            if let Some(path) = path(text) {
                match Folder::new(&path, args.root.as_deref(), folders.len() + 1) {
                    Ok(folder) => folders.push(folder),
                    Err(error) => {
                        program.fail(path.display(), error);
                        ok = false;
                    }
                }
                return Ok(());
            }
            match start(&fetch::operand(text)) {
                Ok(url) => starts.push(url),
                Err(cause) => wrong = wrong.take().or(Some(cause)),
            }
            Ok(())
        });
        if let Some(cause) = wrong {
            return program.wrong_usage(cause);
        }
        if args.root.is_some() && folders.is_empty() && ok {
            return program.wrong_usage("--root is for folders and files");
        }
        let mut options = args.options(scope, cache.as_ref());
        options.folders = folders;
        let is_read = matches!(read, Ok(true));
        let status = walk(*program, &args, options, cache, &starts, is_read);
        match ok {
            true => status,
            false => ExitCode::from(2),
        }
    })
}

/// The folder or file that an operand names, if it exists, or cannot be a URL.
fn path(text: &[u8]) -> Option<PathBuf> {
    let path = PathBuf::from(OsStr::from_bytes(text));
    let prefixes = [&b"/"[..], b"./", b"../", b"~"];
    let is_path = prefixes.iter().any(|start| text.starts_with(start));
    if let Some(path) = text.strip_prefix(b"file:").and_then(|_| {
        let url = Url::parse(std::str::from_utf8(text).ok()?).ok()?;
        url.to_file_path().ok()
    }) {
        return Some(path);
    }
    (is_path || path.exists()).then_some(path)
}

/// A URL to begin with; the error is one line.
fn start(text: &str) -> Result<Url, String> {
    let shown = match text {
        "" => "''".to_string(),
        text => fetch::shown(text),
    };
    let url = Url::parse(text).map_err(|error| format!("{shown}: invalid URL: {error}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("{shown}: scheme {scheme} is not http or https")),
    }
}

/// Checks the sites. `ok` is whether all operands were read.
fn walk(
    program: Program,
    args: &Args,
    options: Options,
    mut cache: Option<Cache>,
    starts: &[Url],
    ok: bool,
) -> ExitCode {
    let mut unread = false;
    let status = program.with_output(|output| {
        let progress = Progress::new(!args.quiet && (args.progress || !cli::stdout_is_pipe()));
        let mut watcher = Watcher {
            program,
            line: TallyLine::new(&progress),
            progress: progress.clone(),
        };
        let mut output = PausingOutput { output, progress };
        let is_empty = starts.is_empty() && options.folders.is_empty();
        let result = linkcheck::check(options, starts, &mut output, &mut watcher);
        drop(watcher);
        let Summary {
            tally,
            is_complete,
            failed_starts,
            fine,
        } = result?;
        let mut kept = true;
        if let (Some(cache), Some(path)) = (&mut cache, &args.cache) {
            cache.add(fine);
            let written = program.replace(path, |file| cache.write(file));
            if let Err(error) = &written {
                program.report(show::shown(path), cause(error));
            }
            kept = written.is_ok();
        }
        for (url, cause) in &failed_starts {
            program.report(url, cause);
        }
        unread = !failed_starts.is_empty();
        if !args.quiet && !is_empty {
            summarise(program, &tally);
        }
        Ok::<bool, Error>(ok && kept && is_complete && tally.broken == 0)
    });
    match unread {
        true => ExitCode::from(2),
        false => status,
    }
}

/// Prints the numbers of a check.
fn summarise(program: Program, tally: &Tally) {
    let counts = format!(
        "{}, {}, {} checked",
        some(tally.pages, "page"),
        some(tally.links, "link"),
        some(tally.checked, "URL"),
    );
    // Without a page, there is nothing to say of broken links.
    match tally.pages + tally.broken {
        0 => program.say(counts),
        _ => program.say(format_args!(
            "{counts}: {}",
            some(tally.broken, "broken link")
        )),
    }
    if tally.disallowed > 0 {
        let urls = some(tally.disallowed, "URL");
        program.say(format_args!(
            "{urls} not checked: robots.txt (--verbose lists them)"
        ));
    }
}

/// A number of things.
fn some(n: u64, thing: &str) -> String {
    match n {
        0 => format!("no {thing}s"),
        n => show::number_of(n, thing),
    }
}

/// Shows progress and problems.
struct Watcher {
    program: Program,
    progress: Progress,
    line: TallyLine,
}

impl Observer for Watcher {
    fn note(&mut self, object: &str, cause: &str) {
        self.progress.pause(|| self.program.report(object, cause));
    }

    fn progress(&mut self, tally: &Tally, in_flight: usize) {
        self.line.show(tally, in_flight);
    }
}

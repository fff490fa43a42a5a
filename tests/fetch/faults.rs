//! Every fault, in every framing, encoding and with every kind of server: the body is whole,
//! or there is an error and the output is the beginning of the body.
//!
//! A [`Case`] is a fault of the first response ([`Break`]), the server's support for resuming
//! ([`Help`]), and its response to the next request ([`Then`]). All valid combinations run in
//! this process; some of them also run with the program.

mod table;

use super::{br, gzip, text};
use crate::server::{Request, Server, Step, head};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use textmill::web::fetch::{Failure, Fetcher, Options, WORDS};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Sized,
    Chunked,
    /// By the end of the connection.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Br,
}

/// The server's support for resuming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Help {
    /// Ranges, and a strong tag.
    Ranges,
    /// The same without `Accept-Ranges`.
    Silent,
    /// Ranges, and a time of the last change.
    Time,
    /// A strong tag, but no ranges.
    TagOnly,
    /// A weak tag, without ranges.
    WeakTag,
    /// Neither.
    None,
}

/// The fault of the first response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// None; the body is sent in small pieces.
    Drip,
    /// FIN after this part of the body, in percent.
    Fin(usize),
    /// RST after this part.
    Reset(usize),
    /// No more bytes after this part.
    Stall(usize),
    /// FIN without a response.
    Unanswered,
    /// FIN within the head.
    InHead,
    /// An invalid chunk size.
    BadSize,
    /// A chunk without its end.
    NoEnd,
    /// FIN within a chunk size.
    InSize,
    /// FIN before the last, empty chunk.
    NoLastChunk,
    /// An error status.
    Busy,
}

/// The response to the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The right response.
    Right,
    /// Truncated at a later byte, then the right response.
    CutAgain,
    /// Always the same fault.
    CutAlways,
    /// 503 with Retry-After, then the right response.
    Busy,
    /// Parts that are shorter than requested.
    ShortParts,
    /// Parts without the total.
    NoTotal,
    /// Always the whole body.
    Whole,
    /// Another body with another tag.
    Changed,
    /// The rest of another body.
    ChangedRest,
    /// A rest with another offset.
    WrongStart,
    /// A rest with another total.
    WrongTotal,
    /// 206 without Content-Range.
    NoRange,
    /// 416 without a header, then the right response.
    Refused,
    /// 404.
    Gone,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    framing: Framing,
    encoding: Encoding,
    help: Help,
    broken: Break,
    then: Then,
}

const FRAMINGS: [Framing; 3] = [Framing::Sized, Framing::Chunked, Framing::Close];
const ENCODINGS: [Encoding; 3] = [Encoding::Identity, Encoding::Gzip, Encoding::Br];
const HELPS: [Help; 6] = [
    Help::Ranges,
    Help::Silent,
    Help::Time,
    Help::TagOnly,
    Help::WeakTag,
    Help::None,
];
const BREAKS: [Break; 15] = [
    Break::Drip,
    Break::Fin(0),
    Break::Fin(50),
    Break::Fin(99),
    Break::Reset(0),
    Break::Reset(50),
    Break::Reset(100),
    Break::Stall(50),
    Break::Unanswered,
    Break::InHead,
    Break::BadSize,
    Break::NoEnd,
    Break::InSize,
    Break::NoLastChunk,
    Break::Busy,
];
const THENS: [Then; 14] = [
    Then::Right,
    Then::CutAgain,
    Then::CutAlways,
    Then::Busy,
    Then::ShortParts,
    Then::NoTotal,
    Then::Whole,
    Then::Changed,
    Then::ChangedRest,
    Then::WrongStart,
    Then::WrongTotal,
    Then::NoRange,
    Then::Refused,
    Then::Gone,
];

const LENGTH: usize = 150_000;
const CHUNK: usize = 700;
/// The most that a short part has, in bytes.
const SHORT: usize = 9_000;
const OLD: &str = "Sun, 22 Nov 2020 08:00:00 GMT";
const NOW: &str = "Sun, 22 Nov 2026 08:00:00 GMT";

/// All the cases that make sense.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for framing in FRAMINGS {
        for encoding in ENCODINGS {
            for help in HELPS {
                for broken in BREAKS {
                    for then in THENS {
                        let case = Case {
                            framing,
                            encoding,
                            help,
                            broken,
                            then,
                        };
                        if case.makes_sense() {
                            cases.push(case);
                        }
                    }
                }
            }
        }
    }
    cases
}

impl Case {
    fn makes_sense(&self) -> bool {
        let chunks = [
            Break::BadSize,
            Break::NoEnd,
            Break::InSize,
            Break::NoLastChunk,
        ];
        if chunks.contains(&self.broken) && self.framing != Framing::Chunked {
            return false;
        }
        // What comes before any body is one story, whatever comes then.
        let early = [
            Break::Drip,
            Break::Unanswered,
            Break::InHead,
            Break::Busy,
            Break::Fin(0),
            Break::Reset(0),
        ];
        if early.contains(&self.broken) && self.then != Then::Right {
            return false;
        }
        // These take their time.
        let slow = matches!(self.broken, Break::Stall(_) | Break::Drip);
        if slow && (self.then != Then::Right || self.encoding == Encoding::Br) {
            return false;
        }
        let of_ranges = [
            Then::ShortParts,
            Then::NoTotal,
            Then::ChangedRest,
            Then::WrongStart,
            Then::WrongTotal,
            Then::NoRange,
            Then::Refused,
        ];
        self.has_ranges() || !of_ranges.contains(&self.then)
    }

    fn has_ranges(&self) -> bool {
        matches!(self.help, Help::Ranges | Help::Silent | Help::Time)
    }

    /// A FIN is how these bodies end.
    fn is_blind(&self) -> bool {
        self.framing == Framing::Close && matches!(self.broken, Break::Fin(_))
    }

    fn must_succeed(&self) -> bool {
        let mended = [
            Then::Right,
            Then::CutAgain,
            Then::Busy,
            Then::ShortParts,
            Then::NoTotal,
            Then::Whole,
            Then::Refused,
        ];
        // Cut again by a FIN, such a body is complete for all we know.
        let blind_then = self.framing == Framing::Close && self.then == Then::CutAgain;
        mended.contains(&self.then) && !self.is_blind() && !blind_then
    }
}

/// The bodies as they go over the wire: of the version at first, and of
/// another one, of the same length before encoding.
struct Bodies {
    plain: [Vec<u8>; 2],
    wire: HashMap<(u8, bool), Vec<u8>>,
}

impl Bodies {
    fn new() -> Bodies {
        let plain = text(LENGTH);
        let other: Vec<u8> = plain.iter().map(|b| b.to_ascii_uppercase()).collect();
        let mut wire = HashMap::new();
        for (changed, body) in [(false, &plain), (true, &other)] {
            for encoding in ENCODINGS {
                let bytes = match encoding {
                    Encoding::Identity => body.clone(),
                    Encoding::Gzip => gzip(body),
                    Encoding::Br => br(body),
                };
                wire.insert((encoding as u8, changed), bytes);
            }
        }
        Bodies {
            plain: [plain, other],
            wire,
        }
    }
}

/// A part of a body, framed: the header lines, the bytes, and where those of
/// the body are among them.
struct Framed {
    header: Option<String>,
    bytes: Vec<u8>,
    /// The number of bytes on the wire before each byte of the body.
    at: Vec<usize>,
}

fn framed(body: &[u8], framing: Framing) -> Framed {
    if framing != Framing::Chunked {
        let sized = framing == Framing::Sized;
        return Framed {
            header: sized.then(|| format!("Content-Length: {}", body.len())),
            bytes: body.to_vec(),
            at: (0..=body.len()).collect(),
        };
    }
    let (mut bytes, mut at) = (Vec::new(), Vec::new());
    for chunk in body.chunks(CHUNK) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        at.extend(bytes.len()..bytes.len() + chunk.len());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    at.push(bytes.len());
    bytes.extend_from_slice(b"0\r\n\r\n");
    Framed {
        header: Some("Transfer-Encoding: chunked".into()),
        bytes,
        at,
    }
}

/// Answers request number `n` for a case.
fn answer(case: &Case, bodies: &Bodies, n: usize, request: &Request) -> Vec<Step> {
    let again = n > 0;
    let busy = case.then == Then::Busy && n == 1 || case.broken == Break::Busy && n == 0;
    if busy {
        let lines = ["Retry-After: 0", "Content-Length: 4"];
        let mut bytes = head("503 Service Unavailable", &lines);
        bytes.extend_from_slice(b"busy");
        return vec![Step::Send(bytes)];
    }
    if again && case.then == Then::Gone {
        return vec![Step::send(head("404 Not Found", &["Content-Length: 0"]))];
    }
    let changed = again && matches!(case.then, Then::Changed | Then::ChangedRest);
    let body = &bodies.wire[&(case.encoding as u8, changed)];

    // Which part of it.
    let tag = if changed { "\"two\"" } else { "\"one\"" };
    let name = match case.help {
        Help::Ranges | Help::Silent | Help::TagOnly => format!("ETag: {tag}"),
        Help::WeakTag => format!("ETag: W/{tag}"),
        Help::Time if changed => format!("Date: {NOW}\r\nLast-Modified: {NOW}"),
        Help::Time => format!("Date: {NOW}\r\nLast-Modified: {OLD}"),
        Help::None => "X-Nothing: to say".into(),
    };
    let asked = request.header("range").map(|range| {
        let from = range.strip_prefix("bytes=").unwrap();
        from.strip_suffix('-').unwrap().parse::<usize>().unwrap()
    });
    let rest = asked.filter(|_| {
        let condition = request.header("if-range");
        let named = match case.help {
            Help::Time => OLD,
            _ => "\"one\"",
        };
        // The others (`table`) may ask for the rest of whatever there is.
        let ours = request
            .header("user-agent")
            .is_some_and(|name| name.starts_with("textmill/"));
        assert!(!ours || condition == Some(named));
        case.has_ranges()
            && (!changed || case.then == Then::ChangedRest || condition.is_none())
            && case.then != Then::Whole
    });
    let (mut from, mut to) = (0, body.len());
    let mut lines = vec![name];
    let mut status = "200 OK";
    if let Some(asked) = rest {
        if case.then == Then::Refused && n == 1 {
            return vec![Step::send(head(
                "416 Range Not Satisfiable",
                &["Content-Length: 0"],
            ))];
        }
        if asked >= body.len() {
            let range = format!("Content-Range: bytes */{}", body.len());
            let lines = [&range[..], "Content-Length: 0"];
            return vec![Step::send(head("416 Range Not Satisfiable", &lines))];
        }
        (status, from) = ("206 Partial Content", asked);
        if case.then == Then::ShortParts {
            to = to.min(from + SHORT);
        }
        let mut total = body.len().to_string();
        let mut first = from;
        match case.then {
            Then::NoTotal => total = "*".into(),
            Then::WrongStart => first = from.saturating_sub(1),
            Then::WrongTotal => total = (body.len() + 1).to_string(),
            _ => {}
        }
        if case.then != Then::NoRange {
            lines.push(format!("Content-Range: bytes {first}-{}/{total}", to - 1));
        }
    }
    if case.help == Help::Ranges {
        lines.push("Accept-Ranges: bytes".into());
    }
    match case.encoding {
        Encoding::Identity => {}
        Encoding::Gzip => lines.push("Content-Encoding: gzip".into()),
        Encoding::Br => lines.push("Content-Encoding: br".into()),
    }
    let Framed { header, bytes, at } = framed(&body[from..to], case.framing);
    lines.extend(header);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let head = head(status, &lines);

    // And how far it comes.
    let broken = match (n, case.then) {
        (0, _) => Some(case.broken),
        (1, Then::CutAgain) => Some(Break::Fin(60)),
        (_, Then::CutAlways) => Some(case.broken),
        _ => None,
    };
    let until = |percent: usize| {
        // Where the whole body would be cut, whatever part of it this is.
        let cut = (body.len() * percent / 100).clamp(from, to) - from;
        vec![Step::send(head.clone()), Step::send(&bytes[..at[cut]])]
    };
    // Behind the last byte of a chunk in the middle, before its end.
    let with = |end: &[u8]| {
        let last = (at.len() / 2 / CHUNK * CHUNK).checked_sub(1);
        let before = last.map_or(0, |last| at[last] + 1);
        let bytes = [&bytes[..before], end].concat();
        vec![Step::send(head.clone()), Step::send(bytes)]
    };
    match broken {
        None => vec![Step::send([head, bytes].concat())],
        Some(Break::Drip) => {
            let mut steps = vec![Step::Send(head)];
            for piece in bytes.chunks(bytes.len() / 4) {
                steps.extend([Step::Pause(Duration::from_millis(20)), Step::send(piece)]);
            }
            steps
        }
        Some(Break::Fin(percent)) => until(percent),
        Some(Break::Reset(percent)) => [until(percent), vec![Step::Reset]].concat(),
        Some(Break::Stall(percent)) => {
            let pause = Step::Pause(Duration::from_secs(5));
            [until(percent), vec![pause]].concat()
        }
        Some(Break::Unanswered) => vec![],
        Some(Break::InHead) => vec![Step::send(&head[..head.len() / 2])],
        Some(Break::BadSize) => with(b"\r\nzz\r\nmore"),
        Some(Break::NoEnd) => with(b"xy5\r\nwords\r\n"),
        Some(Break::InSize) => with(b"\r\n13"),
        Some(Break::NoLastChunk) => {
            let end = bytes.len() - "0\r\n\r\n".len();
            vec![Step::send(head), Step::send(&bytes[..end])]
        }
        Some(Break::Busy) => unreachable!("answered above"),
    }
}

/// A server that has every case under its number, as often as asked for.
fn server(cases: &[Case], bodies: &Arc<Bodies>) -> Server {
    let (cases, bodies) = (cases.to_vec(), Arc::clone(bodies));
    let counts = Mutex::new(HashMap::new());
    Server::start(move |request| {
        let n = {
            let mut counts = counts.lock().unwrap();
            let n = counts.entry(request.path.clone()).or_insert(0);
            *n += 1;
            *n - 1
        };
        let number: usize = request.path.split('/').nth(1).unwrap().parse().unwrap();
        answer(&cases[number], &bodies, n, request)
    })
}

fn options() -> Options {
    Options {
        stall_timeout: Duration::from_millis(800),
        retry_delay: Duration::from_millis(1),
        ..Options::default()
    }
}

/// Does all the work on many threads.
fn at_once(n: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= n {
                        break;
                    }
                    work(i);
                }
            });
        }
    });
}

/// Checks the result of a case.
#[track_caller]
fn check(case: &Case, bodies: &Bodies, out: &[u8], error: Option<&str>) {
    let [one, two] = &bodies.plain;
    let changed = matches!(case.then, Then::Changed | Then::ChangedRest);
    let what = || format!("{case:?}: {} bytes, {error:?}", out.len());
    match error {
        // Where nothing was written before, the other version is as good.
        None if out == one || (out == two && changed) => {}
        None => {
            let blind = case.framing == Framing::Close && case.encoding == Encoding::Identity;
            assert!(blind && one.starts_with(out), "{}", what());
        }
        Some(error) => {
            assert!(one.starts_with(out), "{}", what());
            assert!(!error.is_empty() && !error.contains('\n'), "{}", what());
            assert!(!case.must_succeed(), "{}", what());
        }
    }
}

#[test]
fn whole_or_an_error_and_a_true_beginning() {
    let bodies = Arc::new(Bodies::new());
    let cases = cases();
    assert!(cases.len() > 1000, "{} cases", cases.len());
    let server = server(&cases, &bodies);
    let fetcher = Fetcher::new(Options {
        per_host: 1000,
        ..options()
    })
    .unwrap();
    let (whole, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    at_once(cases.len(), |i| {
        let mut out = Vec::new();
        let transfer = fetcher.fetch(&server.url(&format!("/{i}/in")), &mut out);
        assert_eq!(transfer.out_bytes, out.len() as u64);
        let word = transfer.failure_word();
        let error = transfer.error.map(|error| error.to_string());
        match &error {
            None => whole.fetch_add(1, Ordering::Relaxed),
            Some(_) => failed.fetch_add(1, Ordering::Relaxed),
        };
        check(&cases[i], &bodies, &out, error.as_deref());
        if let Some(word) = word {
            let known = ["truncated", "changed", "timeout", "protocol", "encoding"];
            assert!(known.contains(&word), "{:?}: {word}, {error:?}", cases[i]);
        }
    });
    // Neither all nor none: the cases are what they are meant to be.
    assert!(whole.into_inner() > 500 && failed.into_inner() > 300);
}

#[test]
fn the_program_says_the_same() {
    let bodies = Arc::new(Bodies::new());
    let cases: Vec<Case> = cases().into_iter().step_by(17).collect();
    let server = server(&cases, &bodies);
    at_once(cases.len(), |i| {
        let url = server.url(&format!("/{i}/out"));
        let args = ["--stall-timeout=800ms", "--retry-delay=1ms", &url];
        let ran = super::fetch(&args);
        let start = format!("fetch: {url}: ");
        let error = (ran.status != 0).then(|| {
            assert!(
                ran.status == 1 && ran.stderr.starts_with(&start),
                "{}",
                ran.stderr
            );
            ran.stderr[start.len()..].trim_end_matches('\n')
        });
        check(&cases[i], &bodies, &ran.stdout, error);
    });
}

/// Scripts rely on these words.
#[test]
fn words_are_documented() {
    let help = String::from_utf8(super::fetch(&["--help"]).stdout).unwrap();
    let page = crate::process::repository("docs/programs/fetch.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (word, meaning) in WORDS {
        assert!(help.contains(word), "{word}");
        assert!(
            page.contains(&format!("| `{word}` | {meaning} |")),
            "{word}"
        );
    }
    for failure in [
        Failure::Url("".into()),
        Failure::Host("".into()),
        Failure::TooLarge("".into()),
        Failure::TrailingData { coding: "gzip" },
    ] {
        assert!(WORDS.iter().any(|(word, _)| *word == failure.word()));
    }
}

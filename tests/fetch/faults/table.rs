//! The table of docs/faults.md: what comes out of the pipe, and with which
//! status, when servers go wrong; of `fetch`, and of curl and wget beside it.
//!
//! Each [`Row`] is a fault that every tool meets on a path of its own, on one
//! and the same server. [`the_page_is_true`] holds what the page says of
//! `fetch` against what `fetch` does, whenever the tests run. What the page says
//! of the others is measured by `scripts/faults`, which runs [`faults_table`].

use super::super::certificate;
use super::{
    Bodies, Break, Case, Encoding, Framing, Help, LENGTH, Then, answer, at_once, br, gzip, text,
};
use crate::process::{self, argument, programs, repository};
use crate::server::{Request, Server, Step, chunked, head, page, redirect, status};
use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answer = dyn Fn(usize, &Request) -> Vec<Step> + Send + Sync;

/// A fault.
struct Row {
    name: &'static str,
    /// What there is to fetch: the bodies behind these paths, one after the other.
    paths: &'static [&'static str],
    /// What comes of a path, when it is asked for the nth time (from 0).
    answer: Box<Answer>,
    /// The body as it should come out, and another version of it.
    bodies: [Vec<u8>; 2],
    /// What its content coding is, if any: who does not ask for it is not measured.
    coding: Option<&'static str>,
    /// Over TLS.
    secure: bool,
}

impl Row {
    fn new(
        name: &'static str,
        body: Vec<u8>,
        answer: impl Fn(usize, &Request) -> Vec<Step> + Send + Sync + 'static,
    ) -> Row {
        Row {
            name,
            paths: &[""],
            answer: Box::new(answer),
            bodies: [body, Vec::new()],
            coding: None,
            secure: false,
        }
    }

    fn coded(self, coding: &'static str) -> Row {
        let coding = Some(coding);
        Row { coding, ..self }
    }
}

/// A fault of [`Case`]'s: plain text, unless it is said otherwise.
fn row(name: &'static str, bodies: &Arc<Bodies>, case: Case) -> Row {
    let shared = Arc::clone(bodies);
    Row {
        bodies: bodies.plain.clone(),
        coding: (case.encoding == Encoding::Gzip).then_some("gzip"),
        ..Row::new(name, Vec::new(), move |n, request| {
            answer(&case, &shared, n, request)
        })
    }
}

fn rows() -> Vec<Row> {
    let bodies = Arc::new(Bodies::new());
    let case = Case {
        framing: Framing::Sized,
        encoding: Encoding::Identity,
        help: Help::Ranges,
        broken: Break::Fin(50),
        then: Then::Right,
    };
    let chunked = Case {
        framing: Framing::Chunked,
        ..case
    };
    let row = |name, case| row(name, &bodies, case);
    let mut rows = vec![
        row("cut by FIN, Content-Length known", case),
        row(
            "cut by RST",
            Case {
                broken: Break::Reset(50),
                ..case
            },
        ),
        row("chunked, cut by FIN", chunked),
        row(
            "chunked, the last chunk missing",
            Case {
                broken: Break::NoLastChunk,
                ..chunked
            },
        ),
        row(
            "chunked, an invalid size",
            Case {
                broken: Break::BadSize,
                ..chunked
            },
        ),
        row(
            "chunked, a chunk without its end",
            Case {
                broken: Break::NoEnd,
                ..chunked
            },
        ),
        row(
            "neither length nor chunks, RST",
            Case {
                framing: Framing::Close,
                broken: Break::Reset(50),
                ..case
            },
        ),
        row(
            "neither length nor chunks, FIN: looks like the end",
            Case {
                framing: Framing::Close,
                ..case
            },
        ),
        row(
            "stall: silence in mid-body",
            Case {
                broken: Break::Stall(50),
                ..case
            },
        ),
        row(
            "slow drip, no fault",
            Case {
                broken: Break::Drip,
                ..case
            },
        ),
        row(
            "cut, then cut again further on",
            Case {
                then: Then::CutAgain,
                ..case
            },
        ),
        row(
            "cut each time, in the same place",
            Case {
                then: Then::CutAlways,
                help: Help::None,
                ..case
            },
        ),
        row(
            "cut, and 404 from then on",
            Case {
                then: Then::Gone,
                ..case
            },
        ),
        row(
            "cut, another version next time; strong ETag",
            Case {
                then: Then::Changed,
                ..case
            },
        ),
        row(
            "cut, another version next time; weak ETag",
            Case {
                then: Then::Changed,
                help: Help::WeakTag,
                ..case
            },
        ),
        row(
            "cut, another version next time; no ETag, no ranges",
            Case {
                then: Then::Changed,
                help: Help::None,
                ..case
            },
        ),
        row(
            "cut; weak ETag, no ranges",
            Case {
                help: Help::WeakTag,
                ..case
            },
        ),
        row(
            "cut; no ETag, no ranges",
            Case {
                help: Help::None,
                ..case
            },
        ),
        row(
            "cut; 200 with the whole, where a range was asked for",
            Case {
                then: Then::Whole,
                ..case
            },
        ),
        row(
            "cut; Content-Range begins a byte too early",
            Case {
                then: Then::WrongStart,
                ..case
            },
        ),
        row(
            "cut; 206 without Content-Range",
            Case {
                then: Then::NoRange,
                ..case
            },
        ),
        row(
            "cut; 503 with Retry-After, then the rest",
            Case {
                then: Then::Busy,
                ..case
            },
        ),
        row(
            "503 with Retry-After at first",
            Case {
                broken: Break::Busy,
                ..case
            },
        ),
        row(
            "gzip, cut by FIN",
            Case {
                encoding: Encoding::Gzip,
                ..case
            },
        ),
    ];
    rows.extend(codings());
    rows.extend(heads());
    rows.extend(reported());
    rows
}

/// Content codings that break off or lie, in framings that are all right.
fn codings() -> Vec<Row> {
    let text = text(LENGTH);
    let zipped = gzip(&text);
    let brotli = br(&text);
    let zstd = zstd::encode_all(&text[..], 3).unwrap();
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let mut wrong_sum = zipped.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let zeros = vec![0; 200 << 20];
    let bomb = gzip(&zeros);
    let members = [gzip(&text[..50_000]), gzip(&text[50_000..])].concat();
    let row = |name, coding: &'static str, body: Vec<u8>, bytes: Vec<u8>| {
        let header = format!("Content-Encoding: {coding}");
        let page = page(&[&header], &bytes);
        Row::new(name, body, move |_, _| vec![Step::Send(page.clone())]).coded(coding)
    };
    vec![
        row(
            "gzip of two members, no fault",
            "gzip",
            text.clone(),
            members,
        ),
        row(
            "gzip, ends in the middle",
            "gzip",
            text.clone(),
            half(&zipped),
        ),
        row(
            "gzip without its trailer",
            "gzip",
            text.clone(),
            zipped[..sum].to_vec(),
        ),
        row("gzip with a wrong CRC", "gzip", text.clone(), wrong_sum),
        row("br, ends in the middle", "br", text.clone(), half(&brotli)),
        row(
            "zstd, ends in the middle",
            "zstd",
            text.clone(),
            half(&zstd),
        ),
        row("bomb: 200 KB of gzip make 200 MiB", "gzip", zeros, bomb),
    ]
}

/// What goes wrong before a body, and two bodies at once.
fn heads() -> Vec<Row> {
    let whole = text(LENGTH);
    let flood = {
        let line = format!("X-Flood: {}\r\n", "x".repeat(1000));
        let page = page(&[line.repeat(10_000).trim_end()], &whole);
        move |_, _: &Request| vec![Step::Send(page.clone())]
    };
    let plain = Server::start(|_| vec![Step::send(page(&[], b"plain"))]);
    let down = plain.url("/");
    let keyed = Server::start(|request| {
        let key = request.header("x-key").unwrap_or("nothing");
        vec![Step::send(page(&[], key.as_bytes()))]
    });
    let away = keyed.url("/");
    let (first, second) = (text(8_000), text(8_000).to_ascii_uppercase());
    let pages = [first.clone(), second.clone()];
    vec![
        Row::new("10 MB of header", whole, flood),
        Row::new("endless redirects", Vec::new(), |_, request| {
            vec![Step::send(redirect(&format!("{}x", request.path)))]
        }),
        Row::new("redirect loop", Vec::new(), |_, request| {
            vec![Step::send(redirect(&request.path))]
        }),
        Row {
            secure: true,
            bodies: [Vec::new(), b"plain".to_vec()],
            ..Row::new(
                "redirect from https down to http",
                Vec::new(),
                move |_, _| vec![Step::send(redirect(&down))],
            )
        },
        Row {
            bodies: [b"nothing".to_vec(), b"secret".to_vec()],
            ..Row::new(
                "redirect to another origin: is the user's `-H X-Key` sent there?",
                Vec::new(),
                move |_, _| vec![Step::send(redirect(&away))],
            )
        },
        Row {
            paths: &["/1", "/2"],
            ..Row::new(
                "two URLs at once, both slow",
                [first, second].concat(),
                move |_, request| {
                    let body = &pages[usize::from(request.path.ends_with('2'))];
                    let length = format!("Content-Length: {}", body.len());
                    let mut steps = vec![Step::send(head("200 OK", &[&length]))];
                    for piece in body.chunks(1000) {
                        let pause = Step::Pause(Duration::from_millis(30));
                        steps.extend([Step::send(piece), pause]);
                    }
                    steps
                },
            )
        },
    ]
}

/// What users of such tools reported: answers that are odd, and that browsers show.
fn reported() -> Vec<Row> {
    let text = text(LENGTH);
    let tgz = gzip(&text);
    let row = |name, body: &[u8], answer: Vec<u8>| {
        let steps = vec![Step::Send(answer)];
        Row::new(name, body.to_vec(), move |_, _| steps.clone())
    };
    let coded = |header: &str, body: &[u8]| page(&["Content-Encoding: gzip", header], body);
    let (cut, part) = {
        let tag = ["ETag: \"a\"", "Accept-Ranges: bytes"];
        let length = format!("Content-Length: {LENGTH}");
        let cut = head("200 OK", &[&tag[..], &[&length]].concat());
        let range = format!(
            "Content-Range: bytes {}-{}/{LENGTH}",
            LENGTH / 2,
            LENGTH - 1
        );
        let part = head("206 Partial Content", &[tag[0], &range]);
        let (first, rest) = text.split_at(LENGTH / 2);
        ([&cut, first].concat(), [&part, rest].concat())
    };
    let signed = move |n, request: &Request| {
        let path = &request.path;
        let answer = match (path.matches('/').count(), n, request.header("range")) {
            (2, n, _) => redirect(&format!("{path}/{n}")),
            (_, 0, None) => cut.clone(),
            (_, 0, Some(_)) => part.clone(),
            _ => status("403 Forbidden"),
        };
        vec![Step::Send(answer)]
    };
    let welcome = text.clone();
    let cookie = move |_, request: &Request| {
        let location = format!("Location: {}", request.path);
        let wall = ["Set-Cookie: seen=1", &location, "Content-Length: 0"];
        vec![Step::Send(match request.header("cookie") {
            Some("seen=1") => page(&[], &welcome),
            _ => head("302 Found", &wall),
        })]
    };
    let chunks = |body: &[u8], end: &[u8]| {
        let head = head("200 OK", &["Transfer-Encoding: chunked"]);
        let all = chunked(body, 1000);
        [&head, all.strip_suffix(b"\r\n").unwrap(), end].concat()
    };
    vec![
        row(
            "a .tgz, its own compression named as a coding",
            &tgz,
            page(
                &[
                    "Content-Type: application/x-gzip",
                    "Content-Encoding: x-gzip",
                ],
                &tgz,
            ),
        )
        .coded("gzip"),
        row(
            "zeros behind gzip, as tar pads it",
            &text,
            coded("X: y", &[&tgz[..], &[0; 512]].concat()),
        )
        .coded("gzip"),
        row(
            "`Content-Encoding: utf-8`",
            &text,
            page(&["Content-Encoding: utf-8"], &text),
        )
        .coded("gzip"),
        Row::new(
            "cut behind a redirect to a URL that is good for one use",
            text.clone(),
            signed,
        ),
        Row::new(
            "a redirect to itself that sets a cookie",
            text.clone(),
            cookie,
        ),
        row(
            "a header line that is folded",
            &text,
            page(&["X-Policy: a;\r\n b"], &text),
        ),
        row(
            "150 header lines",
            &text,
            page(&vec!["X-Line: y"; 150], &text),
        ),
        row("chunked, ends in a lone LF", &text, chunks(&text, b"\n")),
    ]
}

/// A tool, and how it is called.
struct Tool {
    name: &'static str,
    /// Its program and options, as the page shows them.
    command: &'static str,
    /// What it is told where there are content codings.
    decode: &'static str,
    /// What it is told where there are more URLs than one.
    many: &'static str,
    /// How it is told whom to trust, and a header field.
    trust: &'static str,
    field: &'static str,
    /// The content codings that it asks for.
    codings: &'static [&'static str],
}

const FETCH: Tool = Tool {
    name: "fetch",
    command: "fetch --retry-delay 100ms --stall-timeout 1s",
    decode: "",
    many: "",
    trust: "--cacert",
    field: "-H",
    codings: &["gzip", "br", "zstd"],
};

const CURL: Tool = Tool {
    name: "curl",
    command: "curl -sSfL --retry 3 --retry-delay 1 --speed-limit 1 --speed-time 1",
    decode: "--compressed",
    many: "-Z --parallel-immediate",
    trust: "--cacert",
    field: "-H",
    codings: &["gzip", "br", "zstd"],
};

const PEERS: [Tool; 3] = [
    CURL,
    Tool {
        name: "curl, all errors",
        command: "curl -sSfL --retry 3 --retry-all-errors --retry-delay 1 --speed-limit 1 --speed-time 1",
        ..CURL
    },
    Tool {
        name: "wget",
        command: "wget -q -O- --tries=4 --waitretry=1 --read-timeout=1 --retry-on-http-error=503",
        decode: "--compression=auto",
        many: "",
        trust: "--ca-certificate",
        field: "--header",
        codings: &["gzip"],
    },
];

/// A tool before a fault: where that is, and whom to trust there.
struct Place<'a> {
    plain: &'a Server,
    secure: &'a Server,
    trusted: &'a str,
}

impl Tool {
    /// What comes of a fault, in a few words.
    fn meets(&self, i: usize, row: &Row, place: &Place) -> String {
        if row
            .coding
            .is_some_and(|coding| !self.codings.contains(&coding))
        {
            return "does not ask for it".into();
        }
        let server = if row.secure {
            place.secure
        } else {
            place.plain
        };
        let urls = row.paths.iter().map(|path| {
            let tool = self.name.replace([' ', ','], "");
            server.url(&format!("/{i}/{tool}{path}"))
        });
        let mut words: Vec<String> = self.command.split(' ').map(str::to_string).collect();
        if self.name == "fetch" {
            words[0] = programs().join("fetch").to_str().unwrap().into();
        } else {
            // Some wait for ever.
            words.splice(0..0, ["timeout".into(), "30".into()]);
        }
        let mut add = |word: &str| {
            if !word.is_empty() {
                words.push(word.into());
            }
        };
        if row.coding.is_some() {
            add(self.decode);
        }
        if row.paths.len() > 1 {
            self.many.split(' ').for_each(&mut add);
        }
        if row.secure {
            add(self.trust);
            add(place.trusted);
        }
        add(self.field);
        add("X-Key: secret");
        words.extend(urls);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let ran = process::run(&mut command, b"");
        if self.name == "fetch" {
            // It is loud exactly when it fails, by one line for each URL.
            let lines = ran.stderr.lines().count();
            assert_eq!(lines > 0, ran.status != 0, "{}: {}", row.name, ran.stderr);
            assert!(lines <= row.paths.len(), "{}", ran.stderr);
        }
        verdict(row, &ran.stdout, ran.status)
    }
}

/// What came out of the pipe, and the status; in bold what nobody would notice.
fn verdict(row: &Row, out: &[u8], status: i32) -> String {
    let [one, two] = &row.bodies;
    let about_secrets = row.name.contains("sent");
    let what = if out.is_empty() {
        "nothing"
    } else if out == one {
        if about_secrets { "not sent" } else { "whole" }
    } else if out == two {
        if about_secrets { "sent" } else { "followed" }
    } else if one.starts_with(out) {
        match status {
            0 => "truncated",
            _ => "prefix",
        }
    } else if row.paths.len() > 1 && out.len() == one.len() {
        "mixed"
    } else if begins_again(one, out) {
        "duplicated"
    } else if begins_with_half_and_goes_on_with(one, two, out) {
        "spliced"
    } else {
        "garbled"
    };
    let good = match what {
        "whole" | "not sent" => true,
        "nothing" => one.is_empty(),
        _ => false,
    };
    match status {
        0 if good => format!("{what}, 0"),
        0 => format!("**{what}, 0**"),
        124 => format!("{what}, then silence without end"),
        status => format!("{what}, {status}"),
    }
}

/// Whether prefix is followed by the body from its beginning on.
fn begins_again(body: &[u8], out: &[u8]) -> bool {
    let start = &body[..body.len().min(200)];
    out.starts_with(start) && memchr::memmem::find_iter(out, start).nth(1).is_some()
}

/// Whether what came before the cut is followed by another version, its rest
/// or the whole of it.
fn begins_with_half_and_goes_on_with(one: &[u8], two: &[u8], out: &[u8]) -> bool {
    let half = one.len() / 2;
    out.starts_with(&one[..half]) && !two.is_empty() && two.ends_with(&out[half..])
}

/// Every tool before every fault: the cells of the table.
fn measure(tools: &[&Tool]) -> Vec<(&'static str, Vec<String>)> {
    let rows = Arc::new(rows());
    let counts = Arc::new(Mutex::new(HashMap::new()));
    let answer = {
        let rows = Arc::clone(&rows);
        move |request: &Request| {
            // A redirect's path is the old one and more.
            let n = {
                let mut counts = counts.lock().unwrap();
                let n: &mut usize = counts.entry(request.path.clone()).or_default();
                *n += 1;
                *n - 1
            };
            let number: usize = request.path.split('/').nth(1).unwrap().parse().unwrap();
            (rows[number].answer)(n, request)
        }
    };
    let (trusted, config) = certificate("127.0.0.1", 2020);
    let place = Place {
        plain: &Server::start(answer.clone()),
        secure: &Server::tls(config, answer),
        trusted: argument(trusted.path()),
    };
    let cells: Vec<Mutex<String>> = (0..rows.len() * tools.len())
        .map(|_| Mutex::default())
        .collect();
    at_once(cells.len(), |n| {
        let (i, tool) = (n / tools.len(), n % tools.len());
        *cells[n].lock().unwrap() = tools[tool].meets(i, &rows[i], &place);
    });
    let mut cells = cells.into_iter().map(|cell| cell.into_inner().unwrap());
    rows.iter()
        .map(|row| (row.name, cells.by_ref().take(tools.len()).collect()))
        .collect()
}

/// What the page says of `fetch` is what `fetch` does.
#[test]
fn the_page_is_true() {
    let page = std::fs::read_to_string(repository("docs/faults.md")).unwrap();
    let (_, table) = page.split_once("<!-- measured -->").unwrap();
    let (table, _) = table.split_once("<!-- end -->").unwrap();
    let said: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    let measured = measure(&[&FETCH]);
    for (name, cells) in &measured {
        let start = format!("| {name} | {} | ", cells[0]);
        assert!(
            said.iter().any(|line| line.starts_with(&start)),
            "{start} is not in docs/faults.md; scripts/faults measures anew"
        );
    }
    // One line more has the names of the columns.
    assert_eq!(said.len(), measured.len() + 1);
    assert!(page.contains(FETCH.command));
}

/// Prints the table; not a test of anything.
#[test]
#[ignore = "measures other programs; scripts/faults writes docs/faults.md by it"]
fn faults_table() {
    let version = |tool: &Tool| {
        let program = tool.command.split(' ').next().unwrap();
        let output = Command::new(program).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let words: Vec<&str> = text.lines().next()?.split_whitespace().collect();
        let number = |word: &&&str| word.starts_with(|c: char| c.is_ascii_digit());
        Some(format!("{program} {}", words.iter().find(number)?))
    };
    let there: Vec<(&Tool, String)> = PEERS
        .iter()
        .filter_map(|tool| Some((tool, version(tool)?)))
        .collect();
    let own = format!("fetch {}", env!("CARGO_PKG_VERSION"));
    let all: Vec<(&Tool, String)> = [(&FETCH, own)].into_iter().chain(there).collect();
    let tools: Vec<&Tool> = all.iter().map(|(tool, _)| *tool).collect();
    let mut out = String::from("\n");
    for (tool, version) in &all {
        out += &format!("- **{}**: `{}`", tool.name, tool.command);
        for (word, when) in [
            (tool.decode, "for content codings"),
            (tool.many, "for two URLs"),
        ] {
            if !word.is_empty() {
                out += &format!(", `{word}` {when}");
            }
        }
        out += &format!(" ({version})\n");
    }
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    out += &format!(
        "\n| fault | {} |\n|---|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for (name, cells) in measure(&tools) {
        out += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    // Not by print!, which the test harness may keep to itself.
    std::io::stdout().write_all(out.as_bytes()).unwrap();
}

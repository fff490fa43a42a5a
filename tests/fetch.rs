//! `fetch`, as a process, against servers on loopback.

mod base;
mod batch;
mod faults;
mod options;
mod proxies;
mod reported;
mod resume;
mod terminal;

use crate::process::{self, Ran, run};
use crate::server::{Request, Server, Step, chunked, head, page, redirect, status};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// The program with an empty environment, without proxies.
fn program(args: &[&str]) -> Command {
    let mut command = process::program("fetch");
    command.arg("--retry-delay=10ms").args(args);
    command.env_clear().stdin(Stdio::null());
    command
}

fn fetch(args: &[&str]) -> Ran {
    run(&mut program(args), b"")
}

/// Fetches, and expects status 0 and no message.
#[track_caller]
fn body(args: &[&str]) -> Vec<u8> {
    let run = fetch(args);
    assert_eq!((run.stderr.as_str(), run.status), ("", 0));
    run.stdout
}

/// Fetches, and expects status 1, one line on stderr, and this output.
#[track_caller]
fn fails(args: &[&str], out: &[u8], cause: &str) {
    let run = fetch(args);
    let url = args.last().unwrap();
    assert_eq!(run.stderr, format!("fetch: {url}: {cause}\n"));
    assert_eq!(run.status, 1);
    assert!(
        run.stdout == out,
        "{} bytes instead of {}",
        run.stdout.len(),
        out.len()
    );
}

/// A server with one answer to everything.
fn answers(steps: Vec<Step>) -> Server {
    Server::start(move |_| steps.clone())
}

fn one(answer: Vec<u8>) -> Server {
    answers(vec![Step::Send(answer)])
}

/// Words, no two blocks of them alike.
fn text(len: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(len + 32);
    for n in 0u32.. {
        if text.len() >= len {
            break;
        }
        writeln!(text, "word {} of the Text", n.wrapping_mul(2_654_435_761)).unwrap();
    }
    text.truncate(len);
    text
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn br(text: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    brotli::CompressorWriter::new(&mut stream, 4096, 5, 22)
        .write_all(text)
        .unwrap();
    stream
}

const CHUNKED: &str = "Transfer-Encoding: chunked";
const GZIP: &str = "Content-Encoding: gzip";

// What goes well.

#[test]
fn a_body_in_every_framing() {
    let text = text(1_000_000);
    for body_and_head in [
        page(&[], &text),
        [head("200 OK", &[CHUNKED]), chunked(&text, 4000)].concat(),
        [head("200 OK", &[CHUNKED]), chunked(&text, 300_000)].concat(),
        [head("200 OK", &[]), text.clone()].concat(),
        [b"HTTP/1.0 200 OK\r\n\r\n", text.as_slice()].concat(),
    ] {
        let server = one(body_and_head);
        assert!(body(&[&server.url("/")]) == text);
    }
}

#[test]
fn bodies_of_nothing() {
    for answer in [
        page(&[], b""),
        page(&[GZIP], b""),
        page(&["Content-Encoding: br"], b""),
        head("204 No Content", &[]),
        [head("200 OK", &[CHUNKED, GZIP]), b"0\r\n\r\n".to_vec()].concat(),
    ] {
        assert_eq!(body(&[&one(answer).url("/")]), b"");
    }
}

#[test]
fn encodings_in_every_framing() {
    let text = text(700_000);
    let members = [gzip(&text[..300_000]), gzip(b""), gzip(&text[300_000..])].concat();
    for (encoding, bytes) in [
        ("Content-Encoding: gzip", gzip(&text)),
        ("content-encoding: GZip", gzip(&text)),
        ("Content-Encoding: x-gzip", members),
        ("Content-Encoding: br", br(&text)),
        ("Content-Encoding: BR", br(&text)),
        ("Content-Encoding: identity", text.clone()),
        ("Content-Encoding: gzip, br", br(&gzip(&text))),
        (
            "Content-Encoding: br\r\nContent-Encoding: gzip",
            gzip(&br(&text)),
        ),
    ] {
        for answer in [
            page(&[encoding], &bytes),
            [head("200 OK", &[encoding, CHUNKED]), chunked(&bytes, 999)].concat(),
            [head("200 OK", &[encoding]), bytes.clone()].concat(),
        ] {
            assert!(body(&[&one(answer).url("/")]) == text, "{encoding}");
        }
    }
}

#[test]
fn what_is_asked_for() {
    let server = one(page(&[], b""));
    body(&[&server.url("/a b?ü#part")]);
    body(&["--raw", &server.url("/")]);
    let requests = server.requests();
    assert_eq!(requests[0].path, "/a%20b?%C3%BC");
    assert_eq!(
        requests[0].header("accept-encoding"),
        Some("gzip, deflate, br, zstd")
    );
    assert_eq!(requests[1].header("accept-encoding"), None);
    assert!(
        requests[0]
            .header("user-agent")
            .unwrap()
            .starts_with("textmill/")
    );
    assert_eq!(requests[0].header("authorization"), None);
}

#[test]
fn raw_is_what_came() {
    let text = "\u{FEFF}café".as_bytes();
    let latin = page(
        &["Content-Type: text/html; charset=latin1", GZIP],
        &gzip(text),
    );
    assert_eq!(body(&["--raw", &one(latin).url("/")]), gzip(text));
    let unknown = page(&["Content-Encoding: compress"], text);
    assert_eq!(body(&["--raw", &one(unknown).url("/")]), text);
}

#[test]
fn text_becomes_utf8() {
    for (content_type, bytes, expected) in [
        ("text/plain; charset=latin1", &b"caf\xE9"[..], "café"),
        ("text/html; Charset=\"UTF-8\"", "café".as_bytes(), "café"),
        (
            "text/html",
            b"<meta charset=koi8-r>\xD0",
            "<meta charset=koi8-r>п",
        ),
        ("text/html", b"\x93caf\xE9\x94", "“café”"),
        ("text/html", "café".as_bytes(), "café"),
        ("text/html", b"\xFF\xFEc\0a\0f\0\xE9\0", "café"),
        (
            "text/plain; charset=latin1",
            b"\xEF\xBB\xBFcaf\xC3\xA9",
            "café",
        ),
    ] {
        let header = format!("Content-Type: {content_type}");
        let server = one(page(&[&header], bytes));
        assert_eq!(
            String::from_utf8(body(&[&server.url("/")])).unwrap(),
            expected
        );
        let server = one(page(&[&header, GZIP], &gzip(bytes)));
        assert_eq!(
            String::from_utf8(body(&[&server.url("/")])).unwrap(),
            expected
        );
    }
    // What is no text, and what says nothing of itself, is not touched.
    let bytes = b"\xEF\xBB\xBF\xE9\0";
    for headers in [&["Content-Type: image/png"][..], &[]] {
        assert_eq!(body(&[&one(page(headers, bytes)).url("/")]), bytes);
    }
}

#[test]
fn large_text_in_another_charset() {
    let text = text(600_000);
    let mixed: String = text
        .iter()
        .map(|&b| if b == b'e' { 'é' } else { b.into() })
        .collect();
    let latin: Vec<u8> = mixed.chars().map(|c| c as u8).collect();
    for header in [
        "Content-Type: text/html; charset=latin1",
        "Content-Type: text/html",
    ] {
        let server = one([head("200 OK", &[header, CHUNKED]), chunked(&latin, 777)].concat());
        assert!(body(&[&server.url("/")]) == mixed.as_bytes());
    }
}

// Redirects.

#[test]
fn redirects_are_followed() {
    let other = one(page(&[], b"there"));
    let there = other.url("/x");
    let server = Server::start(move |request| {
        vec![Step::send(match request.path.as_str() {
            "/a/1" => redirect("2?q"),
            "/a/2?q" => redirect("/3"),
            "/3" => [head("301 Moved", &["Location: 4"]), b"a body".to_vec()].concat(),
            "/4" => redirect(&there),
            _ => status("404 Not Found"),
        })]
    });
    assert_eq!(body(&[&server.url("/a/1")]), b"there");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn redirects_have_an_end() {
    let server = Server::start(|request: &Request| {
        let n: u32 = request.path[1..].parse().unwrap();
        vec![Step::send(match n {
            100 => page(&[], b"at last"),
            n => redirect(&format!("/{}", n + 1)),
        })]
    });
    assert_eq!(body(&[&server.url("/80")]), b"at last");
    let cause = format!("more than 20 redirects, the last to {}", server.url("/100"));
    fails(&[&server.url("/79")], b"", &cause);
    let circle = one(redirect("/"));
    let cause = format!("more than 20 redirects, the last to {}", circle.url("/"));
    fails(&[&circle.url("/")], b"", &cause);
}

/// The body of a redirect is not needed: a large one, and one without an end, are not read on.
#[test]
fn the_body_of_a_redirect_has_a_limit() {
    let chunk = chunked(&[b'x'; 64 << 10], 64 << 10);
    let endless = chunk.strip_suffix(b"0\r\n\r\n").unwrap().to_vec();
    for (framing, start) in [
        ("Content-Length: 1073741824", vec![b'x'; 100]),
        (CHUNKED, endless),
    ] {
        let server = Server::start(move |request: &Request| match &request.path[..] {
            "/" => {
                let head = head("302 Found", &["Location: /there", framing]);
                let pause = Step::Pause(Duration::from_secs(30));
                vec![Step::Send([head, start.clone()].concat()), pause]
            }
            _ => vec![Step::Send(page(&[], b"there"))],
        });
        let begun = Instant::now();
        assert_eq!(body(&[&server.url("/")]), b"there");
        assert!(begun.elapsed() < Duration::from_secs(10), "{framing}");
    }
}

#[test]
fn redirects_that_are_refused() {
    for (location, cause) in [
        (
            "file:///etc/passwd",
            "redirect refused: file:///etc/passwd: scheme file is not http or https",
        ),
        (
            "data:,x",
            "redirect refused: data:,x: scheme data is not http or https",
        ),
        (
            "http://[",
            "redirect refused: http://[: invalid URL: invalid IPv6 address",
        ),
    ] {
        fails(&[&one(redirect(location)).url("/")], b"", cause);
    }
    let nowhere = one(head("302 Found", &["Content-Length: 0"]));
    fails(&[&nowhere.url("/")], b"", "302 Found without a Location");
}

#[test]
fn user_and_password() {
    let server = Server::start(|request| {
        vec![Step::send(match request.path.as_str() {
            "/" => redirect("/in"),
            _ => status("401 Unauthorized"),
        })]
    });
    let other = server.url("/");
    let away = one(redirect(&other));
    let run = fetch(&[&format!("http://me:p%40ss@{}/", server.host())]);
    // Neither appears in a message.
    assert_eq!(
        run.stderr,
        format!(
            "fetch: {}: redirected to {}: 401 Unauthorized\n",
            server.url("/"),
            server.url("/in")
        )
    );
    let sent = Some("Basic bWU6cEBzcw=="); // me:p@ss
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.header("authorization") == sent)
    );
    // To another origin they are not sent.
    fetch(&[&format!("http://me:secret@{}/", away.host())]);
    assert!(away.requests()[0].header("authorization").is_some());
    assert!(
        server.requests()[2..]
            .iter()
            .all(|r| r.header("authorization").is_none())
    );
}

// What fails.

#[test]
fn statuses() {
    for line in [
        "404 Not Found",
        "503 Service Unavailable",
        "400 Bad Request",
    ] {
        fails(&[&one(status(line)).url("/")], b"", line);
    }
    // The reason is the standard one, not the server's.
    fails(&[&one(status("404 Wow")).url("/")], b"", "404 Not Found");
    fails(&[&one(status("499 Odd")).url("/")], b"", "status 499");
    fails(
        &[&one(status("206 Partial Content")).url("/")],
        b"",
        "206 Partial Content",
    );
    fails(
        &[&one(status("304 Not Modified")).url("/")],
        b"",
        "304 Not Modified",
    );
}

#[test]
fn one_that_fails_leaves_the_others() {
    let server = Server::start(|request| {
        vec![Step::send(match request.path.as_str() {
            "/a" => page(&[], b"first\n"),
            "/b" => page(&[], b"second"),
            _ => status("404 Not Found"),
        })]
    });
    let [a, b, none] = ["/a", "/b", "/none"].map(|path| server.url(path));
    let run = fetch(&[&a, &none, "//nonsense", &b, &a]);
    assert_eq!(run.stdout, b"first\nsecondfirst\n");
    let cause = "invalid URL: a URL begins with http:, https: or file:";
    assert_eq!(
        run.stderr,
        format!("fetch: {none}: 404 Not Found\nfetch: //nonsense: {cause}\n")
    );
    assert_eq!(run.status, 1);
}

#[test]
fn urls_from_stdin() {
    let server = Server::start(|request| vec![Step::send(page(&[], request.path.as_bytes()))]);
    let lines = format!(
        "{}\n\n  \t\n {} \r\n{}",
        server.url("/1"),
        server.url("/2"),
        server.url("/3")
    );
    let stdin = |args: &[&str], lines: &[u8]| {
        let ran = run(&mut program(args), lines);
        (ran.stdout, ran.stderr, ran.status)
    };
    let well = |out: &[u8]| (out.to_vec(), String::new(), 0);
    assert_eq!(stdin(&[], lines.as_bytes()), well(b"/1/2/3"));
    let args = [&server.url("/0"), "-", &server.url("/4")];
    assert_eq!(stdin(&args, lines.as_bytes()), well(b"/0/1/2/3/4"));
    assert_eq!(stdin(&[], b""), well(b""));
    assert_eq!(stdin(&[], b"\xFF\n").2, 1);
}

/// A server gets the bytes that were meant, in whatever charset that is.
#[test]
fn urls_that_are_not_utf8() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let server = Server::start(|request| {
        vec![Step::send(match request.path.ends_with("none") {
            true => status("404 Not Found"),
            false => page(&[], request.path.as_bytes()),
        })]
    });
    let url = |path: &[u8]| [server.url("/").as_bytes(), path].concat();
    let urls = [
        url(b"\xFC\xC3\xBC?q=\xE9"),
        url(b"caf\xE9/none"),
        url("é\u{FFFD}".as_bytes()),
    ];
    let arguments = || urls.iter().map(|url| OsString::from_vec(url.clone()));
    for ran in [
        run(&mut program(&[]), &urls.join(&b'\n')),
        run(program(&[]).args(arguments()), b""),
    ] {
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap(),
            "/%FC%C3%BC?q=%E9/%C3%A9%EF%BF%BD"
        );
        let line = format!("fetch: {}: 404 Not Found\n", server.url("/caf%E9/none"));
        assert_eq!((ran.status, ran.stderr), (1, line));
    }
}

#[test]
fn a_url_on_stdin_is_fetched_as_it_comes() {
    let server = one(page(&[], b"now"));
    let mut command = program(&[]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", server.url("/")).unwrap();
    let mut now = [0; 3];
    child.stdout.take().unwrap().read_exact(&mut now).unwrap();
    assert_eq!(&now, b"now");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn wrong_usage() {
    for args in [
        &["--nonsense"][..],
        &["--stall-timeout", "soon"],
        &["--connect-timeout=0"],
    ] {
        let run = fetch(args);
        assert_eq!(run.status, 2);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

/// For each framing: the bytes on the wire, and the message after "body truncated: N bytes"
/// if they are cut after N.
#[test]
fn every_cut_is_a_failure() {
    let text = text(100_000);
    let half = &text[..50_000];
    let sized = [head("200 OK", &["Content-Length: 100000"]), half.to_vec()].concat();
    let mut chunks = [head("200 OK", &[CHUNKED]), chunked(half, 10_000)].concat();
    chunks.truncate(chunks.len() - "0\r\n\r\n".len());
    let mut in_chunk = [head("200 OK", &[CHUNKED]), chunked(&text, 100_000)].concat();
    in_chunk.truncate(in_chunk.len() - 50_000 - "\r\n0\r\n\r\n".len());
    let endless = [head("200 OK", &[]), half.to_vec()].concat();

    let send = |answer: &Vec<u8>| Step::Send(answer.clone());
    for (steps, cause) in [
        (vec![send(&sized)], "50000 of 100000 bytes"),
        (
            vec![send(&sized), Step::Reset],
            "50000 of 100000 bytes, then connection reset",
        ),
        (
            vec![send(&chunks)],
            "50000 bytes, then the connection was closed",
        ),
        (
            vec![send(&chunks), Step::Reset],
            "50000 bytes, then connection reset",
        ),
        (
            vec![send(&in_chunk)],
            "50000 bytes, then the connection was closed",
        ),
        (
            vec![send(&in_chunk), Step::Reset],
            "50000 bytes, then connection reset",
        ),
        (
            vec![send(&endless), Step::Reset],
            "50000 bytes, then connection reset",
        ),
    ] {
        let server = answers(steps);
        for args in [&["--raw"][..], &[]] {
            let url = server.url("/");
            let args = [args, &[&url]].concat();
            fails(&args, half, &format!("body truncated: {cause}"));
        }
    }
}

#[test]
fn every_cut_of_an_encoding_is_a_failure() {
    let text = text(100_000);
    for (name, bytes) in [("gzip", gzip(&text)), ("br", br(&text))] {
        let encoding = format!("Content-Encoding: {name}");
        // Without its last byte, in three framings that all end well.
        let cut = &bytes[..bytes.len() - 1];
        for answer in [
            page(&[&encoding], cut),
            [head("200 OK", &[&encoding, CHUNKED]), chunked(cut, 5000)].concat(),
            [head("200 OK", &[&encoding]), cut.to_vec()].concat(),
            head("200 OK", &[&encoding]),
        ] {
            let run = fetch(&[&one(answer).url("/")]);
            assert!(
                run.stderr
                    .ends_with(&format!(": body truncated: {name} breaks off\n"))
            );
            assert_eq!(run.status, 1);
            assert!(text.starts_with(&run.stdout));
        }
        // The encoding is whole, its framing is not.
        let length = format!("Content-Length: {}", bytes.len() + 1);
        for answer in [
            [head("200 OK", &[&encoding, &length]), bytes.clone()].concat(),
            [
                head("200 OK", &[&encoding, CHUNKED]),
                b"99999\r\n".to_vec(),
                bytes.clone(),
            ]
            .concat(),
        ] {
            let run = fetch(&[&one(answer).url("/")]);
            assert!(run.stderr.contains(": body truncated: "), "{}", run.stderr);
            assert_eq!((run.stdout == text, run.status), (true, 1));
        }
        // The sum is wrong, or something follows, or it never was that encoding.
        let more = [bytes.as_slice(), b"more"].concat();
        for bytes in [more.as_slice(), b"<html>"] {
            let run = fetch(&[&one(page(&[&encoding], bytes)).url("/")]);
            assert!(
                run.stderr.contains(&format!(": {name} data ")),
                "{}",
                run.stderr
            );
            assert_eq!(run.status, 1);
        }
    }
    let unknown = page(&["Content-Encoding: compress"], b"x");
    fails(
        &[&one(unknown).url("/")],
        b"",
        "content encoding compress not understood",
    );
}

#[test]
fn answers_that_are_none() {
    let closed = answers(vec![]);
    fails(
        &[&closed.url("/")],
        b"",
        "connection closed before the answer",
    );
    let reset = answers(vec![Step::Reset]);
    fails(
        &[&reset.url("/")],
        b"",
        "connection reset before the answer",
    );
    for bytes in [
        &b"SSH-2.0-OpenSSH\r\n"[..],
        b"<html>no head at all</html>\r\n\r\n",
    ] {
        let run = fetch(&[&one(bytes.to_vec()).url("/")]);
        assert!(
            run.stderr.contains(": not an HTTP answer: "),
            "{}",
            run.stderr
        );
        assert_eq!((run.stdout.as_slice(), run.status), (&b""[..], 1));
    }
    let odd = page(&["Transfer-Encoding: gzip, chunked"], b"x");
    fails(
        &[&one(odd).url("/")],
        b"",
        "transfer encoding gzip, chunked not understood",
    );
    let flood = format!("X: {}", "x".repeat(300_000));
    fails(
        &[&one(page(&[&flood], b"x")).url("/")],
        b"",
        "header too large",
    );
    let bad_chunk = [
        head("200 OK", &[CHUNKED]),
        b"5\r\nwords\r\nzz\r\nmore".to_vec(),
    ]
    .concat();
    let run = fetch(&[&one(bad_chunk).url("/")]);
    assert!(
        run.stderr.contains(": body garbled after "),
        "{}",
        run.stderr
    );
    assert_eq!((b"words".starts_with(&run.stdout), run.status), (true, 1));
}

/// Framing without data, and coded data without content, could be endless without a timeout.
#[test]
fn bytes_without_data_are_limited() {
    let head_of = |headers: &[&str], rest: &[u8]| [head("200 OK", headers), rest.to_vec()].concat();
    let encoded = |rest: &[u8]| head_of(&["Content-Encoding: gzip"], rest);
    let no_end = "body garbled after 5 bytes: framing without end";
    for (start, again, out, cause) in [
        // Trailers, a chunk's extension, a chunk's size.
        (
            head_of(&[CHUNKED], b"5\r\nwords\r\n0\r\n"),
            b"X: yy\r\n".to_vec(),
            "words",
            no_end,
        ),
        (
            head_of(&[CHUNKED], b"5\r\nwords\r\n5;"),
            b"x".to_vec(),
            "words",
            no_end,
        ),
        (
            head_of(&[CHUNKED], b"5\r\nwords\r\n"),
            b"0".to_vec(),
            "words",
            "body garbled after 5 bytes: chunk size is too large",
        ),
        (
            b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(),
            b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(),
            "",
            "header too large",
        ),
        // The name of a file in gzip, empty parts of it.
        (
            encoded(b"\x1F\x8B\x08\x08\0\0\0\0\0\0"),
            b"name".to_vec(),
            "",
            "gzip data has no content",
        ),
        (encoded(b""), gzip(b""), "", "gzip data has no content"),
    ] {
        let times = 4_000_000 / again.len();
        let all = [start, again.repeat(times)].concat();
        // The connection stays open: that it ends must not be what ends it.
        let pause = Step::Pause(Duration::from_secs(30));
        let server = answers(vec![Step::Send(all), pause]);
        fails(&[&server.url("/")], out.as_bytes(), cause);
    }
}

#[test]
fn hosts_that_are_not_there() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    fails(&[&format!("http://{free}/")], b"", "connection refused");
    // Reserved never to exist (RFC 6761); the resolver says so, or that it cannot tell.
    let run = fetch(&["http://nowhere.invalid/"]);
    let line = run
        .stderr
        .strip_prefix("fetch: http://nowhere.invalid/: ")
        .unwrap();
    assert!(
        line == "no such host\n" || line.starts_with("cannot look up the host: "),
        "{line}"
    );
    assert_eq!(run.status, 1);
}

#[test]
fn silence_is_not_waited_out() {
    let long = Step::Pause(Duration::from_secs(30));
    let begun = Step::send([head("200 OK", &["Content-Length: 10"]), b"half".to_vec()].concat());
    for (steps, out) in [
        (vec![long.clone()], &b""[..]),
        (vec![Step::send("HTTP/1.1 200"), long.clone()], b""),
        (vec![begun, long], b"half"),
    ] {
        let server = answers(steps);
        let start = Instant::now();
        fails(
            &["--stall-timeout", "300ms", &server.url("/")],
            out,
            "no data for 300ms",
        );
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_handshake_is_not_waited_out() {
    // The kernel accepts the connections, nobody else does.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    fails(
        &["--connect-timeout", "300ms", &url],
        b"",
        "timed out connecting",
    );
    fails(
        &["--stall-timeout", "300ms", &url],
        b"",
        "no data for 300ms",
    );
}

/// The limit is for silence: a server that drips takes its time, and a reader
/// that does, too.
#[test]
fn slow_is_not_silent() {
    let mut steps = vec![Step::send(head("200 OK", &["Content-Length: 8"]))];
    for _ in 0..8 {
        steps.extend([Step::Pause(Duration::from_millis(150)), Step::send("x")]);
    }
    let server = answers(steps);
    assert_eq!(
        body(&["--stall-timeout=600ms", &server.url("/")]),
        b"xxxxxxxx"
    );

    let text = text(4 << 20);
    let server = one(page(&[], &text));
    let mut command = program(&["--stall-timeout=600ms", &server.url("/")]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let mut out = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    assert!(child.wait().unwrap().success() && out == text);
}

/// Received bytes are written before the server sends more.
#[test]
fn a_drip_is_seen_at_once() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"first").unwrap();
    encoder.flush().unwrap();
    let begun = encoder.get_ref().clone();
    let gzipped = encoder.finish().unwrap();
    let html = "Content-Type: text/html";
    for (headers, first, rest) in [
        (&[html][..], &b"first"[..], &b" second"[..]),
        (
            &["Content-Type: text/plain; charset=latin1"],
            b"first",
            b" second",
        ),
        (&[html, GZIP], &begun, &gzipped[begun.len()..]),
    ] {
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let server = answers(vec![
            Step::Send([&head("200 OK", headers), first].concat()),
            Step::Call(Arc::new(move || wait.lock().unwrap().recv().unwrap())),
            Step::send(rest),
        ]);
        let mut child = program(&[&server.url("/")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut out = [0; 5];
        stdout.read_exact(&mut out).unwrap();
        assert_eq!(&out, b"first");
        go_on.send(()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

/// An old connection that the server has just closed is no failure.
#[test]
fn a_kept_connection_may_have_been_closed() {
    let server = one(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec());
    let url = server.url("/");
    let urls = vec![url.as_str(); 20];
    assert_eq!(body(&urls), b"ok".repeat(20));
}

#[test]
fn a_reader_that_leaves_and_a_full_disk() {
    use std::os::unix::process::ExitStatusExt;
    let server = one(page(&[], &text(4 << 20)));
    let mut command = program(&[&server.url("/")]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.signal(), output.stderr), (Some(13), vec![]));
    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        let output = program(&[&server.url("/"), &server.url("/")])
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stderr, b"fetch: stdout: No space left on device\n");
    }
}

// Files.

#[test]
fn files() {
    let dir = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("file://{}/{name}", dir.path().display());
    let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    write("a b.HTML", b"<meta charset=koi8-r>\xD0");
    write("a.txt", b"caf\xE9");
    write("a.bin", b"caf\xE9");
    assert_eq!(
        body(&[&url("a%20b.HTML")]),
        "<meta charset=koi8-r>п".as_bytes()
    );
    assert_eq!(
        body(&[&url("a b.HTML#part")]),
        "<meta charset=koi8-r>п".as_bytes()
    );
    assert_eq!(body(&[&url("a.txt")]), "café".as_bytes());
    assert_eq!(body(&[&url("a.bin")]), b"caf\xE9");
    assert_eq!(body(&["--raw", &url("a.txt")]), b"caf\xE9");
    fails(&[&url("none")], b"", "No such file or directory");
    fails(&[&url("")], b"", "Is a directory");
    fails(&["file://elsewhere/a.txt"], b"", "a file on another host");
}

// TLS.

/// A certificate for `name`, valid from `year` on for ten years, and its owner's configuration.
pub fn certificate(name: &str, year: i32) -> (tempfile::NamedTempFile, Arc<rustls::ServerConfig>) {
    let mut params = rcgen::CertificateParams::new([name.to_string()]).unwrap();
    params.not_before = rcgen::date_time_ymd(year, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + 10, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(cert.pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (file, Arc::new(config))
}

fn fetch_trusting(file: &tempfile::NamedTempFile, url: &str) -> Ran {
    let mut command = program(&[url]);
    command.env("SSL_CERT_FILE", file.path());
    run(&mut command, b"")
}

#[test]
fn tls() {
    let (trusted, config) = certificate("127.0.0.1", 2020);
    let text = text(1_000_000);
    let whole = text.clone();
    let server = Server::tls(config, move |request| match request.path.as_str() {
        "/sized" => vec![Step::send(page(&[], &text))],
        "/unsized" => vec![Step::send(head("200 OK", &[])), Step::send(text.clone())],
        // The records come at once, the rest of them never.
        "/cut" => vec![
            Step::send(head("200 OK", &[])),
            Step::send(text.clone()),
            Step::Cut,
        ],
        "/reset" => vec![
            Step::send(head("200 OK", &[])),
            Step::send("x"),
            Step::Reset,
        ],
        "/sized-cut" => vec![Step::send(page(&[], &text)[..5000].to_vec()), Step::Cut],
        "/all-but-the-end" => vec![Step::send(page(&[], &text)), Step::Cut],
        "/down" => vec![Step::send(redirect("http://127.0.0.1:1/"))],
        _ => vec![],
    });
    let get = |path: &str| fetch_trusting(&trusted, &server.url(path));
    for path in ["/sized", "/unsized", "/all-but-the-end"] {
        let run = get(path);
        assert_eq!(
            (run.stderr.as_str(), run.stdout == whole, run.status),
            ("", true, 0),
            "{path}"
        );
    }
    for (path, cause) in [
        (
            "/cut",
            "body truncated: 1000000 bytes, then connection closed in the middle of TLS",
        ),
        ("/reset", "body truncated: 1 bytes, then connection reset"),
        (
            "/down",
            "redirect refused: from https down to http://127.0.0.1:1/",
        ),
        ("/none", "connection closed before the answer"),
    ] {
        let run = get(path);
        assert_eq!(
            run.stderr,
            format!("fetch: {}: {cause}\n", server.url(path))
        );
        assert_eq!(
            (
                whole.starts_with(&run.stdout) || path == "/reset",
                run.status
            ),
            (true, 1)
        );
    }
    let run = get("/sized-cut");
    assert!(
        run.stderr
            .contains(" of 1000000 bytes, then connection closed"),
        "{}",
        run.stderr
    );
    // By default nobody trusts it.
    let run = fetch(&[&server.url("/sized")]);
    assert_eq!((run.stdout.as_slice(), run.status), (&b""[..], 1));
    // On a machine without any roots, that is what it says.
    let causes = [
        ": certificate not trusted: unknown issuer\n",
        "No CA certificates were loaded from the system",
    ];
    assert!(
        causes.iter().any(|cause| run.stderr.contains(cause)),
        "{}",
        run.stderr
    );
}

#[test]
fn certificates_of_others_and_of_yesterday() {
    for (name, year, cause) in [
        ("elsewhere.example", 2020, "certificate not valid for name"),
        ("127.0.0.1", 2000, "certificate expired"),
        ("127.0.0.1", 2200, "certificate not valid yet"),
    ] {
        let (trusted, config) = certificate(name, year);
        let server = Server::tls(config, |_| vec![Step::send(page(&[], b"x"))]);
        let run = fetch_trusting(&trusted, &server.url("/"));
        assert!(run.stderr.contains(&format!(": {cause}")), "{}", run.stderr);
        assert_eq!((run.stdout.as_slice(), run.status), (&b""[..], 1));
    }
}

#[test]
fn tls_where_there_is_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(&status("400 Bad Request"));
        }
    });
    let run = fetch(&[&url]);
    assert_eq!((run.stdout.as_slice(), run.status), (&b""[..], 1));
    assert!(
        run.stderr.contains(": TLS: ") || run.stderr.contains("CA cert"),
        "{}",
        run.stderr
    );
}

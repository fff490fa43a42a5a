//! Truncated bodies, and the requests for their rest.

use super::{body, certificate, fails, fetch, fetch_trusting, text};
use crate::server::{Request, Server, Step, head, page, redirect, status};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A server with a list of responses, one for each request. The last is repeated.
fn in_turn(answers: Vec<Vec<Step>>) -> Server {
    let n = AtomicUsize::new(0);
    Server::start(move |_| {
        let n = n.fetch_add(1, Ordering::Relaxed);
        answers[n.min(answers.len() - 1)].clone()
    })
}

/// The first half of a body of a thousand bytes.
fn half(headers: &[&str], body: &[u8]) -> Vec<Step> {
    let headers = [headers, &["Content-Length: 1000"]].concat();
    let bytes = [head("200 OK", &headers), body[..500].to_vec()].concat();
    vec![Step::Send(bytes)]
}

/// The second half.
fn rest(headers: &[&str], body: &[u8]) -> Vec<Step> {
    let range = ["Content-Range: bytes 500-999/1000", "Content-Length: 500"];
    let headers = [headers, &range].concat();
    let bytes = [head("206 Partial Content", &headers), body[500..].to_vec()].concat();
    vec![Step::Send(bytes)]
}

const RANGES: &str = "Accept-Ranges: bytes";
const TAG: &str = "ETag: \"a\"";

#[test]
fn the_rest_is_asked_for_and_no_more() {
    let text = text(1000);
    let server = in_turn(vec![half(&[TAG], &text), rest(&[TAG], &text)]);
    assert!(body(&[&server.url("/")]) == text);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("range"), None);
    assert_eq!(requests[1].header("range"), Some("bytes=500-"));
    assert_eq!(requests[1].header("if-range"), Some("\"a\""));
    assert_eq!(
        requests[1].header("accept-encoding"),
        Some("gzip, deflate, br, zstd")
    );
}

#[test]
fn without_a_strong_name_the_whole_is_asked_for() {
    let text = text(1000);
    for headers in [
        &[][..],
        &["ETag: W/\"a\"", RANGES],
        &[TAG, "Accept-Ranges: none"],
    ] {
        let whole = vec![Step::Send(page(headers, &text))];
        let server = in_turn(vec![half(headers, &text), whole]);
        assert!(body(&[&server.url("/")]) == text);
        assert_eq!(server.requests()[1].header("range"), None);
    }
}

#[test]
fn two_versions_are_never_spliced() {
    let text = text(1000);
    let mut other = text.clone();
    other[499] ^= 1;
    let whole = |headers: &[&str], body: &[u8]| vec![Step::Send(page(headers, body))];
    for (first, second, how) in [
        (
            half(&[], &text),
            whole(&[], &other),
            "its first 500 bytes differ",
        ),
        (
            half(&[], &text),
            whole(&[], &text[..999]),
            "999 bytes instead of 1000",
        ),
        (
            half(&[TAG, RANGES], &text),
            whole(&["ETag: \"b\""], &text),
            "another version, and no part of this one",
        ),
        (
            half(&[TAG], &text),
            rest(&["ETag: \"b\""], &text),
            "the rest is of another version",
        ),
        (
            half(&[TAG], &text),
            rest(&[], &text),
            "the rest is of another version",
        ),
        (
            half(&[TAG], &text),
            rest(&[TAG, "Content-Encoding: gzip"], &text),
            "another content encoding",
        ),
    ] {
        let server = in_turn(vec![first, second]);
        let cause = format!("the body changed: {how}");
        fails(&[&server.url("/")], &text[..500], &cause);
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn it_is_tried_so_often_and_no_more() {
    let text = text(1000);
    for (args, requests) in [(&["--retry=0"][..], 1), (&[], 4), (&["--retry=5"], 6)] {
        let server = in_turn(vec![half(&[], &text)]);
        let url = server.url("/");
        let args = [args, &[&url]].concat();
        fails(&args, &text[..500], "body truncated: 500 of 1000 bytes");
        assert_eq!(server.requests().len(), requests);
    }
    // A new byte, and the count begins anew.
    let server = Server::start(|request: &Request| {
        let from = request.header("range").map_or(0, |range| {
            range[6..range.len() - 1].parse::<usize>().unwrap()
        });
        let length = format!("Content-Length: {}", 20 - from);
        let range = format!("Content-Range: bytes {from}-19/20");
        let (status, headers) = match from {
            0 => ("200 OK", vec![TAG, &length[..]]),
            _ => ("206 Partial Content", vec![TAG, &length, &range]),
        };
        let byte = [b'a' + from as u8];
        vec![Step::Send([head(status, &headers), byte.to_vec()].concat())]
    });
    assert_eq!(body(&[&server.url("/")]), b"abcdefghijklmnopqrst");
    assert_eq!(server.requests().len(), 20);
}

#[test]
fn what_fails_for_good_is_not_tried_again() {
    for line in ["404 Not Found", "401 Unauthorized", "501 Not Implemented"] {
        let server = in_turn(vec![vec![Step::Send(status(line))]]);
        fails(&[&server.url("/")], b"", line);
        assert_eq!(server.requests().len(), 1);
    }
    let text = text(1000);
    let gone = vec![Step::Send(status("404 Not Found"))];
    let server = in_turn(vec![half(&[TAG], &text), gone]);
    let cause = "body truncated: 500 of 1000 bytes; not resumed: 404 Not Found";
    fails(&[&server.url("/")], &text[..500], cause);
    assert_eq!(server.requests().len(), 2);
    // A body that came whole and makes no sense is no matter of the connection.
    let odd = page(&["Content-Encoding: gzip"], b"<html>");
    let server = in_turn(vec![vec![Step::Send(odd)]]);
    assert_eq!(fetch(&[&server.url("/")]).status, 1);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn statuses_that_pass() {
    for line in [
        "408 Request Timeout",
        "425 Too Early",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
    ] {
        let busy = vec![Step::Send(status(line))];
        let fine = vec![Step::Send(page(&[], b"fine"))];
        let server = in_turn(vec![busy.clone(), busy.clone(), fine]);
        assert_eq!(body(&[&server.url("/")]), b"fine");
        let server = in_turn(vec![busy]);
        fails(&["--retry=2", &server.url("/")], b"", line);
        assert_eq!(server.requests().len(), 3);
    }
}

#[test]
fn a_server_says_when_to_come_back() {
    let busy = head(
        "503 Service Unavailable",
        &["Retry-After: 1", "Content-Length: 0"],
    );
    let fine = vec![Step::Send(page(&[], b"fine"))];
    let server = in_turn(vec![vec![Step::Send(busy)], fine]);
    let start = Instant::now();
    assert_eq!(body(&[&server.url("/")]), b"fine");
    assert!(start.elapsed() >= Duration::from_secs(1));
    // Not within the time there is: no use in waiting.
    let busy = head(
        "429 Too Many Requests",
        &["Retry-After: 30", "Content-Length: 0"],
    );
    let server = in_turn(vec![vec![Step::Send(busy)]]);
    let args = ["--max-time=10s", &server.url("/")];
    fails(&args, b"", "429 Too Many Requests");
    assert!(start.elapsed() < Duration::from_secs(9));
}

#[test]
fn time_runs_out() {
    let hints = [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec()];
    let drip = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        let step = move |_| {
            [
                Step::send(bytes.clone()),
                Step::Pause(Duration::from_millis(50)),
            ]
        };
        (0..200).flat_map(step).collect::<Vec<_>>()
    };
    let begun = Step::send(head("200 OK", &["Content-Length: 1000"]));
    for (steps, out) in [
        (drip(&hints[0]), 0),
        (
            [vec![Step::send("HTTP/1.1 200 OK\r\nX: ")], drip(b"x")].concat(),
            0,
        ),
        ([vec![begun], drip(b"x")].concat(), 1),
        (vec![Step::Pause(Duration::from_secs(20))], 0),
    ] {
        let server = in_turn(vec![steps]);
        let start = Instant::now();
        let ran = fetch(&["--max-time=600ms", &server.url("/")]);
        let line = format!("fetch: {}: timed out after 600ms\n", server.url("/"));
        assert_eq!((ran.status, &ran.stderr[..]), (1, &line[..]));
        assert!(ran.stdout.len() >= out && ran.stdout.iter().all(|&c| c == b'x'));
        assert!(start.elapsed() < Duration::from_secs(8));
    }
    // Redirects and retries are part of it.
    let server = in_turn(vec![vec![
        Step::Pause(Duration::from_millis(200)),
        Step::Reset,
    ]]);
    let start = Instant::now();
    let args = ["--max-time=1s", "--retry=1000", &server.url("/")];
    assert_eq!(fetch(&args).status, 1);
    assert!(start.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_break_over_tls() {
    let (trusted, config) = certificate("127.0.0.1", 2020);
    let text = text(1000);
    let (whole, n) = (text.clone(), AtomicUsize::new(0));
    let server = Server::tls(config, move |_| match n.fetch_add(1, Ordering::Relaxed) {
        0 => [half(&[TAG], &text), vec![Step::Cut]].concat(),
        _ => rest(&[TAG], &text),
    });
    let ran = fetch_trusting(&trusted, &server.url("/"));
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    assert!(ran.stdout == whole);
}

#[test]
fn the_rest_is_where_the_redirects_led() {
    let text = text(1000);
    let (whole, n) = (text.clone(), AtomicUsize::new(0));
    let server = Server::start(move |request| match request.path.as_str() {
        "/" => vec![Step::Send(redirect("/there"))],
        _ => match n.fetch_add(1, Ordering::Relaxed) {
            0 => half(&[TAG], &text),
            _ => rest(&[TAG], &text),
        },
    });
    assert!(body(&[&server.url("/")]) == whole);
    let paths: Vec<_> = server.requests().into_iter().map(|r| r.path).collect();
    assert_eq!(paths, ["/", "/there", "/there"]);
}

#[test]
fn down_to_http_only_if_allowed() {
    let (trusted, config) = certificate("127.0.0.1", 2020);
    let plain = in_turn(vec![vec![Step::Send(page(&[], b"plain"))]]);
    let there = plain.url("/");
    let secure = Server::tls(config, move |_| vec![Step::Send(redirect(&there))]);
    assert_eq!(fetch_trusting(&trusted, &secure.url("/")).status, 1);
    let mut command = super::program(&["--allow-downgrade", &secure.url("/")]);
    command.env("SSL_CERT_FILE", trusted.path());
    let ran = crate::process::run(&mut command, b"");
    assert_eq!(
        (ran.status, &ran.stdout[..]),
        (0, &b"plain"[..]),
        "{}",
        ran.stderr
    );
}

/// Headers of the user's are for the origin that he named.
#[test]
fn headers_stay_with_their_origin() {
    use textmill::web::fetch::{Fetcher, Options, user_agent};
    let other = in_turn(vec![vec![Step::Send(page(&[], b"there"))]]);
    let there = other.url("/");
    let server = Server::start(move |request| match request.path.as_str() {
        "/" => vec![Step::Send(redirect("/in"))],
        _ => vec![Step::Send(redirect(&there))],
    });
    let fetcher = Fetcher::new(Options {
        fields: vec!["X-Key: secret".parse().unwrap()],
        user_agent: Some(user_agent("me/1").unwrap()),
        digest: true,
        ..Options::default()
    })
    .unwrap();
    let mut out = Vec::new();
    let transfer = fetcher.fetch(&server.url("/"), &mut out);
    assert_eq!(out, b"there");
    assert!(
        server
            .requests()
            .iter()
            .all(|r| r.header("x-key") == Some("secret"))
    );
    assert_eq!(other.requests()[0].header("x-key"), None);
    assert_eq!(other.requests()[0].header("user-agent"), Some("me/1"));
    // And what is known of the transfer.
    assert_eq!(transfer.final_url, Some(other.url("/")));
    assert_eq!(
        (transfer.status, transfer.failure_word()),
        (Some(200), None)
    );
    assert_eq!((transfer.wire_bytes, transfer.out_bytes), (5, 5));
    assert!(transfer.sha256.is_some());
    let page = fetcher.get(&other.url("/")).unwrap();
    assert_eq!((page.status(), page.url()), (Some(200), other.url("/")));
    assert!(
        page.headers()
            .any(|(name, value)| (name, value) == ("content-length", b"5"))
    );
    let mut again = Vec::new();
    page.write_to(false, &mut again).unwrap();
    assert_eq!(again, b"there");
    assert!(fetcher.head("nonsense").is_err());
}

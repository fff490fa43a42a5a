//! Options for requests, servers, proxies and reports.

use super::{body, certificate, fails, fetch, gzip, one, program, text};
use crate::process::{Ran, argument, file, json_lines, run};
use crate::server::{Request, Server, Step, head, page, redirect, status};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) fn fetch_with(env: &[(&str, &str)], args: &[&str]) -> Ran {
    run(program(args).envs(env.iter().copied()), b"")
}

#[test]
fn no_more_than_max_size() {
    let text = text(100_000);
    let server = Server::start({
        let text = text.clone();
        move |request| {
            vec![Step::send(match request.path.as_str() {
                "/gzip" => page(&["Content-Encoding: gzip"], &gzip(&text)),
                "/unsized" => [head("200 OK", &[]), text.clone()].concat(),
                _ => page(&[], &text),
            })]
        }
    });
    let cause = "body larger than 99999 bytes";
    for path in ["/gzip", "/unsized", "/sized"] {
        let url = server.url(path);
        assert!(body(&["--max-size=100000", &url]) == text, "{path}");
        // Of a length that is known nothing is written.
        let out = if path == "/sized" {
            &[]
        } else {
            &text[..99_999]
        };
        fails(&["--max-size=99999", &url], out, cause);
    }
    let local = file(&text);
    let url = format!("file://{}", local.path().display());
    fails(
        &["--max-size=2K", &url],
        &text[..2048],
        "body larger than 2048 bytes",
    );
    for bad in ["--max-size=50%", "--max-size=1.5M", "--max-size="] {
        assert_eq!(fetch(&[bad, &url]).status, 2);
    }
}

#[test]
fn headers_are_for_their_origin() {
    let other = one(page(&[], b"there"));
    let there = other.url("/");
    let server = Server::start(move |_| vec![Step::send(redirect(&there))]);
    let args = [
        "-H",
        "X-Key: secret",
        "-H",
        "Cookie: a",
        "-H",
        "Cookie: b",
        "-H",
        "Accept:",
    ];
    let url = server.url("/");
    let args = [&args[..], &["-A", "me/1", "--user=u:p", &url]].concat();
    assert_eq!(body(&args), b"there");
    let asked = &server.requests()[0];
    assert_eq!(asked.header("x-key"), Some("secret"));
    // One line for all: RFC 6265, 5.4.
    assert_eq!(asked.header("cookie"), Some("a; b"));
    assert_eq!(asked.header("authorization"), Some("Basic dTpw"));
    assert_eq!(asked.header("accept"), None);
    let asked = &other.requests()[0];
    for name in ["x-key", "cookie", "authorization"] {
        assert_eq!(asked.header(name), None, "{name}");
    }
    assert_eq!(asked.header("user-agent"), Some("me/1"));
    for bad in ["Range: bytes=1-", "no field", "A: b\nC: d"] {
        assert_eq!(fetch(&["-H", bad, &server.url("/")]).status, 2);
    }
}

#[test]
fn secrets_that_are_malformed_are_not_shown() {
    for args in [
        ["--user", "secret"],
        ["--user", "me:secret\n"],
        ["-H", "Authorization secret"],
        ["-H", "X-Key: secret\r\nX: y"],
    ] {
        let ran = fetch(&[args[0], args[1], "http://127.0.0.1:1/"]);
        assert_eq!((ran.status, ran.stderr.lines().count()), (2, 1));
        let option = if args[0] == "-H" { "--header" } else { args[0] };
        let start = format!("fetch: {option}: ");
        assert!(ran.stderr.starts_with(&start), "{}", ran.stderr);
        assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    }
}

/// To ask a second server for the rest of its body does not make it the first.
#[test]
fn headers_are_for_their_origin_when_it_is_resumed_too() {
    let text = text(50_000);
    let other = Server::start({
        let text = text.clone();
        move |request: &Request| {
            let whole = page(&["ETag: \"1\"", "Accept-Ranges: bytes"], &text);
            match request.header("range") {
                None => vec![Step::send(&whole[..whole.len() - 20_000]), Step::Cut],
                Some(range) => {
                    let from: usize = range[6..range.len() - 1].parse().unwrap();
                    let range = format!("Content-Range: bytes {from}-49999/50000");
                    let length = format!("Content-Length: {}", 50_000 - from);
                    let lines = ["ETag: \"1\"", &range, &length];
                    vec![
                        Step::send(head("206 Partial Content", &lines)),
                        Step::send(&text[from..]),
                    ]
                }
            }
        }
    });
    let there = other.url("/");
    let server = Server::start(move |_| vec![Step::send(redirect(&there))]);
    let url = server.url("/");
    assert!(body(&["-H", "X-Key: secret", "--user=u:p", &url]) == text);
    assert_eq!(other.requests().len(), 2);
    for asked in other.requests() {
        assert_eq!(
            (asked.header("x-key"), asked.header("authorization")),
            (None, None)
        );
    }
}

#[test]
fn users_of_netrc() {
    let server = one(page(&[], b"in"));
    let netrc = file(b"machine 127.0.0.1 login u password p\ndefault login x password y\n");
    let env = [("NETRC", argument(netrc.path()))];
    let sent = |args: &[&str]| {
        let url = server.url("/");
        let ran = fetch_with(&env, &[args, &[&url]].concat());
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        let request = server.requests().pop().unwrap();
        request.header("authorization").map(str::to_string)
    };
    assert_eq!(sent(&[]), None);
    assert_eq!(sent(&["-n"]).as_deref(), Some("Basic dTpw"));
    assert_eq!(sent(&["-n", "--user=a:b"]).as_deref(), Some("Basic YTpi"));
    assert_eq!(
        sent(&["-n", "-H", "Authorization: x"]).as_deref(),
        Some("x")
    );
    let named = server.url("/").replace("//", "//u@");
    assert_eq!(fetch_with(&env, &["-n", &named]).status, 0);
    let request = server.requests().pop().unwrap();
    assert_eq!(request.header("authorization"), Some("Basic dTpw"));
    let ran = fetch_with(&[("NETRC", "/none")], &["-n", &server.url("/")]);
    assert_eq!(ran.stderr, "fetch: /none: No such file or directory\n");
    assert_eq!(ran.status, 1);
}

#[test]
fn whom_to_trust() {
    let (trusted, config) = certificate("127.0.0.1", 2020);
    let (other, _) = certificate("127.0.0.1", 2020);
    let server = Server::tls(config, |_| vec![Step::send(page(&[], b"safe"))]);
    let url = server.url("/");
    assert_eq!(body(&["--cacert", argument(trusted.path()), &url]), b"safe");
    let ran = fetch(&["--cacert", argument(other.path()), &url]);
    assert!(
        ran.stderr.contains("certificate not trusted"),
        "{}",
        ran.stderr
    );
    assert_eq!((ran.status, ran.stdout.len()), (1, 0));
    let ran = fetch(&["--insecure", &url]);
    assert_eq!((ran.status, ran.stdout.as_slice()), (0, &b"safe"[..]));
    assert_eq!(
        ran.stderr,
        "fetch: --insecure: no certificate is verified\n"
    );
    let ran = fetch(&["--cacert=/none", &url]);
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (1, "fetch: /none: No such file or directory\n")
    );
}

#[test]
fn one_kind_of_addresses() {
    let server = one(page(&[], b"x"));
    let url = server.url("/").replace("127.0.0.1", "localhost");
    assert_eq!(body(&["-6", "-4", &url]), b"x");
    assert_eq!(fetch(&["--retry=0", "-6", &url]).status, 1);
}

#[test]
fn heads() {
    let server = Server::start(|request| {
        vec![Step::send(match request.path.as_str() {
            "/" => redirect("/in"),
            "/in" => head("200 OK", &["X-One: 1", "Content-Length: 1000000"]),
            _ => head("404 Not Found", &[]),
        })]
    });
    let expected = "HTTP/1.1 200 OK\nconnection: close\nx-one: 1\ncontent-length: 1000000\n\n";
    assert_eq!(
        String::from_utf8(body(&["-I", &server.url("/")])).unwrap(),
        expected
    );
    // case fetch-19
    let none = b"HTTP/1.1 404 Not Found\nconnection: close\n\n";
    fails(&["-I", &server.url("/none")], none, "404 Not Found");
    let proxy = one(head("407 Proxy Authentication Required", &[]));
    let ran = fetch_with(
        &[("http_proxy", &proxy.url("/"))],
        &["-I", "http://127.0.0.1:9/"],
    );
    let head_of_proxy = b"HTTP/1.1 407 Proxy Authentication Required\nconnection: close\n\n";
    assert_eq!((ran.status, ran.stdout.as_slice()), (1, &head_of_proxy[..]));
    let nowhere = one(head("301 Moved Permanently", &["X-One: 1"]));
    let moved = b"HTTP/1.1 301 Moved Permanently\nconnection: close\nx-one: 1\n\n";
    let cause = "301 Moved Permanently without a Location";
    fails(&["-I", &nowhere.url("/")], moved, cause);
    let local = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
    let url = format!("file://{}", local.path().display());
    assert_eq!(
        body(&["-I", &url]),
        b"content-length: 0\ncontent-type: text/plain\n\n"
    );
}

#[test]
fn reports() {
    let server = Server::start(|request| {
        vec![Step::send(match request.path.as_str() {
            "/" => redirect("/in"),
            "/in" => page(&["Content-Type: text/plain; charset=latin1"], b"caf\xE9"),
            _ => status("404 Not Found"),
        })]
    });
    let report = file(b"old");
    let with_user = server.url("/").replace("//", "//me:secret@");
    let gone = server.url("/gone");
    let ran = fetch(&["--report", argument(report.path()), &with_user, &gone]);
    assert_eq!((ran.status, ran.stdout.as_slice()), (1, "café".as_bytes()));
    let text = std::fs::read_to_string(report.path()).unwrap();
    let lines = json_lines(text.lines());
    assert_eq!(lines.len(), 2);
    assert!(!text.contains("secret"));
    let well = &lines[0];
    assert_eq!(well["url"], server.url("/"));
    assert_eq!(well["final_url"], server.url("/in"));
    assert_eq!((&well["status"], &well["error"]), (&200.into(), &().into()));
    assert_eq!(
        (&well["wire_bytes"], &well["out_bytes"]),
        (&4.into(), &5.into())
    );
    assert_eq!(
        well["sha256"],
        "850f7dc43910ff890f8879c0ed26fe697c93a067ad93a7d50f466a7028a9bf4e"
    );
    assert_eq!(
        (&lines[1]["error"], &lines[1]["message"]),
        (&"status".into(), &"404 Not Found".into())
    );
    // What an error was answered with, and where, is told, too.
    assert_eq!(
        (
            &lines[1]["status"],
            &lines[1]["final_url"],
            &lines[1]["type"]
        ),
        (&404.into(), &gone.as_str().into(), &().into())
    );
    let ran = fetch(&["--report=/none/x", &gone]);
    assert_eq!(ran.stderr, "fetch: /none/x: No such file or directory\n");
    assert_eq!(ran.status, 1);
    // A report that cannot be written is said once, and the bodies come all the same.
    let url = server.url("/in");
    let ran = fetch(&["--report=/dev/full", &url, &url]);
    assert_eq!(ran.stderr, "fetch: /dev/full: No space left on device\n");
    assert_eq!((ran.status, ran.stdout.len()), (1, 10));
}

/// A report has the last answer, whatever it was; none, where the last try had none.
#[test]
fn reports_of_failures_have_the_answer() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        vec![match request.path.as_str() {
            "/moved" => Step::send(redirect("/gone")),
            "/gone" => Step::send(page_of("404 Not Found", "text/html; charset=utf-8")),
            "/busy" => Step::send(page_of("503 Service Unavailable", "text/plain")),
            "/loop" => Step::send(redirect("/loop")),
            "/odd" => Step::send(page(
                &["Transfer-Encoding: gzip", "Content-Type: a/b"],
                b"x",
            )),
            _ if asked.fetch_add(1, Ordering::SeqCst) == 0 => {
                Step::send(page_of("503 Service Unavailable", "text/plain"))
            }
            _ => Step::Reset,
        }]
    });
    let report = file(b"");
    let paths = ["/moved", "/busy", "/loop", "/odd", "/then-reset"];
    let urls = paths.map(|path| server.url(path));
    let mut args = vec!["-j1", "--retry=1", "--report"];
    args.push(argument(report.path()));
    args.extend(urls.iter().map(String::as_str));
    assert_eq!(fetch(&args).status, 1);
    let text = std::fs::read_to_string(report.path()).unwrap();
    let lines = json_lines(text.lines());
    let none = Value::Null;
    for (line, (word, status, at, kind)) in lines.iter().zip([
        (
            "status",
            json!(404),
            json!(server.url("/gone")),
            json!("text/html; charset=utf-8"),
        ),
        ("status", json!(503), json!(urls[1]), json!("text/plain")),
        ("redirect", json!(302), json!(urls[2]), none.clone()),
        ("protocol", json!(200), json!(urls[3]), json!("a/b")),
        ("connect", none.clone(), none.clone(), none.clone()),
    ]) {
        assert_eq!(
            [
                &line["error"],
                &line["status"],
                &line["final_url"],
                &line["type"]
            ],
            [&json!(word), &status, &at, &kind],
            "{line}"
        );
    }
    assert_eq!(lines.len(), 5);
}

/// An answer of this status and type that has no body.
fn page_of(status: &str, kind: &str) -> Vec<u8> {
    head(
        status,
        &["Content-Length: 0", &format!("Content-Type: {kind}")],
    )
}

#[test]
fn nobody_at_a_terminal_sees_no_progress() {
    let server = one(page(&[], b"x"));
    for quiet in ["-q", "--quiet"] {
        assert_eq!(body(&[quiet, &server.url("/")]), b"x");
    }
}

/// Options of curl.
#[test]
fn a_command_line_of_curl() {
    let server = Server::start(|request| {
        vec![Step::send(match request.path.as_str() {
            "/to" => redirect("/page"),
            _ => page(&[], b"a page\n"),
        })]
    });
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("page");
    let bare = server.url("/to");
    let bare = bare.strip_prefix("http://").unwrap();
    assert_eq!(body(&["-fsSL", "-o", argument(&there), bare]), b"");
    assert_eq!(std::fs::read(&there).unwrap(), b"a page\n");
    assert_eq!(
        body(&["--silent", "--show-error", "--location", "--fail", bare]),
        b"a page\n"
    );
    for (option, hint) in [
        ("-v", "--report FILE"),
        ("-i", "-I"),
        ("-O", "-o FILE"),
        ("-b", "-H 'Cookie: "),
        ("-x", "http_proxy"),
        ("-X", "supports GET"),
        ("-T", "--stall-timeout"),
        ("--compressed", "always requested"),
        ("--max-redirs", "20 redirects"),
    ] {
        let ran = fetch(&[option, bare]);
        assert_eq!((ran.status, &ran.stdout[..]), (2, &b""[..]), "{option}");
        assert!(ran.stderr.contains(hint), "{option}: {}", ran.stderr);
        assert_eq!(ran.stderr.matches('\n').count(), 1);
    }
}

/// The output file has all bodies, or is unchanged.
#[test]
fn an_output_file_is_complete() {
    let server = Server::start(|request| {
        vec![Step::send(match request.path.as_str() {
            "/none" => status("404 Not Found"),
            path => page(&[], path.as_bytes()),
        })]
    });
    let [a, b, none] = ["/a", "/b", "/none"].map(|path| server.url(path));
    let folder = tempfile::tempdir().unwrap();
    let (there, report) = (folder.path().join("there"), folder.path().join("report"));
    std::fs::write(&there, "old").unwrap();
    let ran = fetch(&["-o", argument(&there), &a, &none]);
    assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
    assert_eq!(std::fs::read(&there).unwrap(), b"old");
    assert_eq!(body(&["-o", argument(&there), &a, &b]), b"");
    assert_eq!(std::fs::read(&there).unwrap(), b"/a/b");
    assert_eq!(body(&["-o", "-", &a]), b"/a");
    // The report can have standard output then.
    let lines = body(&["-o", argument(&there), "--report", "-", &a]);
    let lines = json_lines(std::str::from_utf8(&lines).unwrap().lines());
    assert_eq!((lines.len(), &lines[0]["out_bytes"]), (1, &json!(2)));
    let ran = fetch(&["--report", "-", &a]);
    assert_eq!((ran.status, ran.stdout.len()), (2, 0));
    for path in [
        folder.path().join("no/such"),
        "/dev/full".into(),
        folder.path().into(),
    ] {
        let ran = fetch(&["-o", argument(&path), "--report", argument(&report), &a]);
        assert_eq!((ran.status, ran.stdout.len()), (1, 0), "{path:?}");
        let start = format!("fetch: {}: ", argument(&path));
        assert!(ran.stderr.starts_with(&start), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches('\n').count(), 1);
    }
    // Nothing is left beside it.
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert!(
        names == ["there"] || names == ["report", "there"],
        "{names:?}"
    );
}

#[test]
fn what_is_no_url_says_what_to_type() {
    let ran = fetch(&["--retry=0", "./page.html"]);
    assert_eq!(ran.status, 1);
    let start = "fetch: ./page.html: invalid URL; the file is file:///";
    assert!(ran.stderr.starts_with(start), "{}", ran.stderr);
    let ran = fetch(&["file:page.html"]);
    assert!(
        ran.stderr.contains("the file is file:///"),
        "{}",
        ran.stderr
    );
}

//! `fetch --base`, and the output of `links` and `untag` for it.

use super::{body, fetch, gzip, one, program};
use crate::process::{argument, file, json_lines, run, shell};
use crate::server::{Server, Step, head, page, redirect, status};
use std::io::Read;
use std::process::Stdio;
use std::sync::{Arc, Mutex, mpsc};

const HTML: &str = "Content-Type: text/html; charset=utf-8";

/// The mark of a page whose links have this base URL.
fn mark(url: &str, base: &str) -> String {
    format!("<base data-page=\"{url}\" href=\"{base}\">\n")
}

/// A page as it is written behind its mark: with an empty mark on a line of its own.
fn ended(page: &str) -> String {
    let newline = if page.ends_with('\n') { "" } else { "\n" };
    format!("{page}{newline}<base data-page=\"\">\n")
}

/// A site of pages.
fn site() -> Server {
    Server::start(|request| {
        let html = |text: &str| page(&[HTML], text.as_bytes());
        vec![Step::Send(match request.path.as_str() {
            "/old" => redirect("/new/place?a=1&b"),
            "/new/place?a=1&b" => html("<p>No base<a href=1>"),
            "/dir/relative" => html("<a href=0><base href=../r/><a href=1>"),
            "/dir/head" => html("<head><base href=../r/><a href=1>"),
            "/dir/absolute" => html("<base href=http://other/x/><a href=1>"),
            "/script" => html("<a href=1>In<script>a script <a href=no>"),
            "/text" => page(&["Content-Type: text/plain"], b"<a href=t>plain"),
            "/xhtml" => page(&["content-type: Application/XHTML+xml"], b"<p>x"),
            "/gzip" => page(&[HTML, "Content-Encoding: gzip"], &gzip(b"<p>z")),
            "/latin" => page(
                &["Content-Type: text/html"],
                b"<meta charset=latin1><p>\xE9",
            ),
            "/cyrillic" => page(
                &["Content-Type: text/html; charset=windows-1251"],
                b"<a href='/\xEF?q=\xEF\xE9&#233;#\xEF'>\n",
            ),
            "/empty" => html(""),
            _ => status("404 Not Found"),
        })]
    })
}

#[test]
fn marks_go_before_and_behind_each_page_and_nothing_else_changes() {
    let site = site();
    let url = |path: &str| site.url(path);
    let marked = |path: &str| String::from_utf8(body(&["--base", &url(path)])).unwrap();
    let place = url("/new/place?a=1&amp;b");
    assert_eq!(
        marked("/old"),
        mark(&place, &place) + &ended("<p>No base<a href=1>")
    );
    for (path, base) in [
        ("/dir/head", &url("/r/")),
        ("/dir/absolute", &"http://other/x/".to_string()),
        ("/dir/relative", &url("/dir/relative")),
        ("/xhtml", &url("/xhtml")),
        ("/gzip", &url("/gzip")),
    ] {
        let plain = String::from_utf8(body(&[&url(path)])).unwrap();
        assert_eq!(marked(path), mark(&url(path), base) + &ended(&plain));
    }
    // case web-6
    for (path, charset) in [("/latin", "windows-1252"), ("/cyrillic", "windows-1251")] {
        let plain = String::from_utf8(body(&[&url(path)])).unwrap();
        let mark = mark(&url(path), &url(path));
        let mark = mark.replace("\" href", &format!("\" data-charset=\"{charset}\" href"));
        assert_eq!(marked(path), mark + &ended(&plain));
    }
    assert_eq!(marked("/text"), "<a href=t>plain");
    assert_eq!(marked("/empty"), "");
    // The user name and the password are left out.
    let user = format!("http://me:secret@{}/xhtml", site.host());
    let plain = body(&["--base", &url("/xhtml")]);
    assert_eq!(body(&["--base", &user]), plain);
    // Files are HTML by their names.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a \"b\".html");
    std::fs::write(&path, "<p>").unwrap();
    let there = format!("file://{}/a%20%22b%22.html", argument(dir.path()));
    let found = body(&["--base", &format!("file://{}", argument(&path))]);
    assert_eq!(
        String::from_utf8(found).unwrap(),
        mark(&there, &there) + &ended("<p>")
    );
}

/// The output of a line of shell.
#[track_caller]
fn prints(line: &str, expected: &str) {
    let ran = run(&mut shell(&format!("set -o pipefail; {line}")), b"");
    let out = String::from_utf8(ran.stdout).unwrap();
    assert_eq!((&out[..], &ran.stderr[..], ran.status), (expected, "", 0));
}

#[test]
fn links_and_untag_know_each_page() {
    let site = site();
    let host = site.url("");
    let all = [
        "/old",
        "/dir/relative",
        "/dir/absolute",
        "/script",
        "/new/place?a=1&b",
    ];
    let urls: Vec<String> = all.iter().map(|path| format!("'{host}{path}'")).collect();
    prints(
        &format!("fetch --base {} | links", urls.join(" ")),
        &format!(
            "{host}/new/1\n{host}/dir/0\n{host}/r/1\nhttp://other/x/1\n{host}/1\n{host}/new/1\n"
        ),
    );
    prints(
        &format!("fetch --base {} | untag", urls.join(" ")),
        "No base\nIn\nNo base\n",
    );
    // The same as each with its URL after all redirects.
    for (path, place) in [
        ("/old", "/new/place?a=1&b"),
        ("/dir/relative", "/dir/relative"),
        ("/dir/head", "/dir/head"),
        ("/script", "/script"),
    ] {
        prints(
            &format!(
                "diff <(fetch --base '{host}{path}' | links --all) \
                 <(fetch '{host}{path}' | links --all --base '{host}{place}')"
            ),
            "",
        );
    }
    // What is not HTML has no mark, and is no part of the page before.
    prints(
        &format!("fetch --base {host}/dir/head {host}/text {host}/old | links --base http://b/c"),
        &format!("{host}/r/1\nhttp://b/t\n{host}/new/1\n"),
    );
    for pages in [
        "/text {host}/old",
        "/script {host}/text {host}/empty {host}/old",
    ] {
        let pages = pages.replace("{host}", &host);
        let ran = run(
            &mut shell(&format!("fetch --base {host}{pages} | links | tail -1")),
            b"",
        );
        assert_eq!(ran.stdout, format!("{host}/new/1\n").as_bytes());
        assert_eq!(ran.stderr, "links: t: relative, and there is no base URL\n");
    }
    prints(
        &format!("fetch --base {host}/script {host}/text | untag"),
        "In\nplain\n",
    );
    // case web-6
    prints(
        &format!("fetch --base {host}/cyrillic | links --fragments"),
        &format!("{host}/%D0%BF?q=%EF%E9%26%23233%3B#%D0%BF\n"),
    );
}

/// A page from the web may contain a mark: it does not lead to local files.
#[test]
fn links_to_files_must_be_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.html");
    std::fs::write(&path, "<a href=other.html><a href=http://h/>").unwrap();
    let url = format!("file://{}", argument(&path));
    let ran = run(&mut shell(&format!("fetch --base {url} | links")), b"");
    assert_eq!((&ran.stdout[..], ran.status), (&b"http://h/\n"[..], 1));
    let cause = "links: other.html: a local file (printed with --base file:///)\n";
    assert_eq!(ran.stderr, cause);
    let printed = format!("file://{}/other.html\nhttp://h/\n", argument(dir.path()));
    for option in ["--schemes", "--base=file:///"] {
        prints(&format!("fetch --base {url} | links {option}"), &printed);
    }
}

#[test]
fn wrong_usage() {
    for other in ["--raw", "-I"] {
        let ran = fetch(&["--base", other, "http://127.0.0.1:1/"]);
        assert_eq!((ran.status, ran.stdout.len()), (2, 0));
        assert!(ran.stderr.starts_with("fetch: ") && ran.stderr.contains("'--base'"));
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{}", ran.stderr);
    }
}

/// Only the head waits for more.
#[test]
fn what_came_is_written_before_more_is_awaited() {
    let (open, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let server = Server::start(move |_| {
        let wait = Arc::clone(&wait);
        let wait: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            let _ = wait.lock().unwrap().recv();
        });
        vec![
            Step::send(head("200 OK", &[HTML])),
            Step::send("<!DOCTYPE html><title>t</title>"),
            Step::send("<p>first"),
            Step::Call(wait),
            Step::send("<p>last"),
        ]
    });
    let url = server.url("/");
    let mut command = program(&["--base", &url]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let first = mark(&url, &url) + "<!DOCTYPE html><title>t</title><p>first";
    let mut out = child.stdout.take().unwrap();
    let mut read = vec![0; first.len()];
    out.read_exact(&mut read).unwrap();
    assert_eq!(String::from_utf8(read).unwrap(), first);
    open.send(()).unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, ended("<p>last"));
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_came_of_a_page_that_breaks_off_is_written() {
    for text in ["<title>held", "<p>not held"] {
        let answer = [head("200 OK", &[HTML, "Content-Length: 100"]), text.into()].concat();
        let server = one(answer);
        let url = server.url("/");
        let ran = fetch(&["--base", "--retry=0", &url]);
        assert_eq!(ran.status, 1);
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap(),
            mark(&url, &url) + &ended(text)
        );
    }
    let failed = one(status("404 Not Found"));
    assert!(fetch(&["--base", &failed.url("/")]).stdout.is_empty());
}

/// Many at once, one of them resumed, each page with its mark; reports count it.
#[test]
fn many_pages_and_their_reports() {
    let text = "<title>t</title>".to_string() + &"<p><a href=x>text</a>\n".repeat(20_000);
    let broken = Arc::new(Mutex::new(false));
    let server = Server::start({
        let text = text.clone();
        move |request| {
            let etag = "ETag: \"1\"";
            let whole = page(&[HTML, etag, "Accept-Ranges: bytes"], text.as_bytes());
            let mut broken = broken.lock().unwrap();
            if request.path == "/7" && !std::mem::replace(&mut *broken, true) {
                return vec![Step::send(&whole[..300_000]), Step::Reset];
            }
            vec![Step::send(whole)]
        }
    });
    let urls: Vec<String> = (0..20).map(|i| server.url(&format!("/{i}"))).collect();
    let report = file(b"");
    let report_arg = format!("--report={}", argument(report.path()));
    let mut args = vec!["--base", &report_arg, "--max-size=1M"];
    args.extend(urls.iter().map(String::as_str));
    let expected: String = urls
        .iter()
        .map(|url| mark(url, url) + &ended(&text))
        .collect();
    let out = body(&args);
    assert!(out == expected.as_bytes());
    let lines = json_lines(std::fs::read_to_string(report.path()).unwrap().lines());
    for (line, url) in lines.iter().zip(&urls) {
        let written = mark(url, url) + &ended(&text);
        assert_eq!(line["out_bytes"], written.len(), "{line}");
        assert_eq!(line["wire_bytes"], text.len(), "{line}");
    }
    assert_eq!(lines.len(), 20);
}

//! Options that change requests and reports.

use super::*;

#[test]
fn statuses_that_are_fine() {
    let server = Server::start(|request| {
        vec![Step::send(match &request.path[..] {
            "/" => html("<a href=/403>.</a><img src=/999><a href=/503>.</a><a href=/404>.</a>"),
            path => status(&format!("{} Odd", &path[1..])),
        })]
    });
    let args = ["-v", "--accept=403,999", "--accept", "500-599"];
    let (lines, ..) = check(&server, &[&args[..], &[&server.url("/")]].concat());
    assert_eq!(
        lines,
        [
            "Broken link / -> /404 (404 Not Found)",
            "Not html: /403 (status 403)",
            "Not html: /503 (status 503)",
        ]
    );
    assert!(server.requests().len() <= 6, "none of them is tried again");
    let (_, stderr, status) = check(&server, &["-q", "--accept=403", &server.url("/403")]);
    let note = "linkcheck: /403: not an HTML page (status 403): no link was checked\n";
    assert_eq!((&stderr[..], status), (note, 1));
    for bad in ["x", "", "99", "599-500", "403,"] {
        let ran = run(&mut program(&["--accept", bad, "http://a/"]), b"");
        assert_eq!((ran.status, ran.stderr.lines().count()), (2, 1), "{bad}");
    }
}

/// A URL whose HEAD has an accepted status is not requested with GET.
#[test]
fn a_status_that_is_fine_is_asked_for_once() {
    let other = Server::start(|_| vec![Step::send(status("429 Too Many Requests"))]);
    let server = site([("/", html(&format!("<a href={}>.</a>", other.url("/"))))]);
    let (lines, _, status) = check(&server, &["--accept=429", &server.url("/")]);
    assert_eq!((lines.len(), status, other.requests().len()), (0, 0, 1));
}

#[test]
fn one_entry_for_each_target() {
    let pages: Vec<String> = (0..12).map(|n| format!("/{n}")).collect();
    let links: String = pages
        .iter()
        .map(|page| format!("<a href={page}>.</a>"))
        .collect();
    let server = Server::start(move |request| {
        vec![Step::send(match &request.path[..] {
            "/" => html(&links),
            "/footer" => status("404 Not Found"),
            "/0" => html("<a href=/footer>.</a><a href=/50%25>.</a><a href=mailto:a@b>.</a>"),
            path if path.len() < 4 => html("<a href=/footer>.</a>"),
            _ => status("404 Not Found"),
        })]
    });
    // One worker, so that the order is certain.
    let entries = |format: &str| {
        let args = [
            "-v",
            "-j1",
            "--group=target",
            "--format",
            format,
            &server.url("/"),
        ];
        let ran = run(&mut program(&args), b"");
        assert_eq!(ran.status, 1);
        let stdout = String::from_utf8(ran.stdout).unwrap();
        stdout.replace(&server.url(""), "")
    };
    let named: Vec<&str> = pages[..10].iter().map(String::as_str).collect();
    let text = format!(
        "Not http: mailto:a@b\n\
         Broken link /footer (404 Not Found) on 12 pages:\n  {}\n  and 2 more\n\
         Broken link /50%25 (404 Not Found) on 1 page:\n  /0\n",
        named.join("\n  ")
    );
    assert_eq!(entries("text"), text);
    let tsv = entries("tsv");
    let expected = format!(
        "broken\t{}\t/footer\tstatus\t404 Not Found\t\t12\n",
        named.join(" ")
    );
    assert!(tsv.contains(&expected), "{tsv}");
    let jsonl = entries("jsonl");
    let lines: Vec<String> = jsonl.lines().map(String::from).collect();
    let entry = &json_lines(&lines)[1];
    assert_eq!(
        *entry,
        serde_json::json!({"kind": "broken", "sources": named, "pages": 12, "url": "/footer",
            "error": "status", "cause": "404 Not Found", "status": 404})
    );
    let github = entries("github");
    let expected = "::error title=linkcheck::Broken link /50%2525 (404 Not Found) on 1 page: /0\n";
    assert!(github.ends_with(expected), "{github}");
}

#[test]
fn annotations() {
    let server = site([(
        "/",
        html("<a href=/50%25>.</a><a href=htps://a/>.</a><a href='http://[\n::error::x'>.</a>"),
    )]);
    let (lines, ..) = check(
        &server,
        &["-v", "--warnings", "--format=github", &server.url("/")],
    );
    assert_eq!(
        lines,
        [
            "::error title=linkcheck::Broken link / -> /50%2525 (404 Not Found)",
            "::error title=linkcheck::Broken link / -> http://[\\n::error::x (invalid URL: invalid IPv6 address)",
            "::notice title=linkcheck::Not http: htps://a/",
            "::warning title=linkcheck::Warning / -> htps://a/ (scheme htps: https misspelled?)",
        ]
    );
}

#[test]
fn what_was_fine_is_not_asked_for_again() {
    let other = site([("/fine", html("")), ("/to", redirect("/fine"))]);
    let links = ["/fine", "/fine#x", "/to", "/gone"]
        .map(|path| format!("<a href={}>.</a>", other.url(path)))
        .concat();
    let server = site([("/", html(&links))]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache");
    let cache = format!("--cache={}", file.display());
    let asked_of_other = |args: &[&str]| {
        let before = other.requests().len();
        let (lines, _, status) = check(&server, &[args, &[&cache, &server.url("/")]].concat());
        assert_eq!((lines.len(), status), (1, 1), "{lines:?}");
        let requests = &other.requests()[before..];
        let mut paths: Vec<String> = requests
            .iter()
            .map(|request| request.path.clone())
            .collect();
        paths.sort();
        paths.dedup();
        paths
    };
    assert_eq!(asked_of_other(&[]), ["/fine", "/gone", "/to"]);
    let text = std::fs::read_to_string(&file).unwrap();
    let (seconds, url) = text.split_once(' ').unwrap();
    assert_eq!(url, format!("{}\n", other.url("/fine")));
    assert_eq!(asked_of_other(&[]), ["/gone", "/to"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    // An hour ago.
    let seconds: u64 = seconds.parse().unwrap();
    std::fs::write(&file, format!("{} {url}", seconds - 3600)).unwrap();
    assert_eq!(asked_of_other(&["--max-age=2h"]), ["/gone", "/to"]);
    for age in ["--max-age=59m", "--max-age=0"] {
        assert_eq!(asked_of_other(&[age]), ["/fine", "/gone", "/to"]);
    }
    // Another file is not replaced.
    std::fs::write(&file, "something else\n").unwrap();
    let (_, stderr, status) = check(&server, &[&cache, &server.url("/")]);
    assert_eq!((stderr.lines().count(), status), (1, 2));
    assert!(stderr.contains("line 1 is not SECONDS URL"), "{stderr}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "something else\n");
    let nowhere = "--cache=/nonexistent/cache";
    let (_, stderr, status) = check(&server, &["-q", nowhere, &server.url("/")]);
    assert_eq!(
        stderr,
        "linkcheck: /nonexistent/cache: No such file or directory\n"
    );
    assert_eq!(status, 1);
}

/// A copy is checked whose links name the original.
#[test]
fn links_that_name_another_host() {
    let server = site([
        (
            "/",
            html(
                "<a href=https://www.example.org/a#x>.</a><a href=https://www.example.org/no>.</a>
                 <a href=/moved>.</a><img src=//www.example.org/a>",
            ),
        ),
        (
            "/a",
            html("<p id=x><a href=https://www.example.org/>home</a><a href=/none>.</a>"),
        ),
        ("/moved", redirect("https://www.example.org/b")),
        ("/b", html("<a href=https://www.example.org/a#y>.</a>")),
    ]);
    let remap = |from: &str| format!("--remap={from}={}", server.url(""));
    let (secure, plain) = (
        remap("https://www.example.org"),
        remap("http://www.example.org"),
    );
    let args = [&secure, &plain, "--warnings", &server.url("/")];
    let (lines, stderr, _) = check(&server, &args);
    assert_eq!(
        lines,
        [
            "Broken link / -> https://www.example.org/no (404 Not Found)",
            "Broken link /a -> /none (404 Not Found)",
            "Broken link /b -> https://www.example.org/a#y (no #y on that page)",
        ]
    );
    assert!(stderr.contains("3 pages, "), "{stderr}");
    let mut once = asked(&server);
    once.dedup();
    assert_eq!(once, asked(&server), "each of them once");
    // A prefix that begins with another one is replaced once.
    let (a, b) = (
        format!("--remap={0}={0}x/", server.url("/")),
        "--remap=http://b=http://c",
    );
    let (lines, ..) = check(&server, &[&a, b, &server.url("/a")]);
    assert!(
        lines.contains(&"Broken link /a -> /none (404 Not Found)".to_string()),
        "{lines:?}"
    );
}

#[test]
fn http_links_that_work_with_https() {
    let server = site([
        (
            "/",
            html(
                "<a href=http://both.example/a>.</a><a href=http://both.example/a#x>.</a>
                 <a href=http://plain.example/>.</a><a href=/x>.</a>",
            ),
        ),
        ("/x", html("")),
    ]);
    let (_, config) = crate::fetch::certificate("127.0.0.1", 2020);
    let tls = Server::tls(config, |request| {
        vec![Step::send(match &request.path[..] {
            "/a" => html(""),
            _ => status("404 Not Found"),
        })]
    });
    let plain = Server::start(|_| vec![Step::send(html(""))]);
    let maps = [
        format!("--remap=https://both.example={}", tls.url("")),
        format!("--remap=http://both.example={}", plain.url("")),
        format!("--remap=https://plain.example={}/none", tls.url("")),
        format!("--remap=http://plain.example={}", plain.url("")),
    ];
    let maps: Vec<&str> = maps.iter().map(String::as_str).collect();
    let (lines, ..) = check(
        &server,
        &[&maps[..], &["-k", "--require-https", &server.url("/")]].concat(),
    );
    assert_eq!(
        lines,
        ["Broken link / -> http://both.example/a (works with https)"]
    );
    let (lines, ..) = check(&server, &[&maps[..], &["-k", &server.url("/")]].concat());
    assert_eq!(lines.len(), 0, "{lines:?}");
}

//! `linkcheck`, as a process, against sites on loopback.

mod answers;
mod folder;
mod hostile;
mod kinds;
mod options;
mod talk;

use crate::process::{self, Ran, json_lines, repository, run};
use crate::server::{Server, Step, head, page, redirect, status};
use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The program, without proxies in its environment.
fn program(args: &[&str]) -> Command {
    let mut command = process::program("linkcheck");
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

/// Its output, sorted and without `http://HOST` of the server; its errors and status.
fn check(server: &Server, args: &[&str]) -> (Vec<String>, String, i32) {
    let Ran {
        status,
        stdout,
        stderr,
    } = run(&mut program(args), b"");
    let plain = |text: &str| text.replace(&server.url(""), "");
    let stdout = plain(std::str::from_utf8(&stdout).unwrap());
    let mut lines: Vec<String> = stdout.lines().map(String::from).collect();
    lines.sort();
    (lines, plain(&stderr), status)
}

/// A page of HTML.
fn html(body: &str) -> Vec<u8> {
    page(&["Content-Type: text/html"], body.as_bytes())
}

/// A site with these answers by path; other paths are 404.
fn site(answers: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Server {
    let answers: HashMap<&str, Vec<u8>> = answers.into_iter().collect();
    Server::start(move |request| {
        let answer = answers.get(&request.path[..]).cloned();
        let answer = answer.unwrap_or_else(|| status("404 Not Found"));
        vec![Step::send(answer)]
    })
}

/// The paths that were requested, sorted.
fn asked(server: &Server) -> Vec<String> {
    let requests = server.requests().into_iter();
    let mut paths: Vec<String> = requests.map(|request| request.path).collect();
    paths.sort();
    paths
}

#[test]
fn every_link_to_what_is_not_there() {
    let server = site([
        (
            "/",
            html(
                "<a href=a>a</a> <a href=missing>x</a> <a href=missing#part>x</a> <img src=no.png>
                 <a href=b#there>y</a> <a href=b#not-there>z</a> <a href='b#%74op'>t</a> <a href=#>u</a>
                 <link rel=stylesheet href=s.css><a href='mailto:x@y'>m</a> <a href='http://[bad'>i</a>
                 <a href=moved>r</a> <a href=moved-away>r</a> <a href=x@y>at</a>",
            ),
        ),
        ("/a", html("<a href=missing>x</a><a href=/>back</a><script src=missing></script>")),
        ("/b", html("<p id=there><a href=/only-here>x</a><a href=text.txt#L1>t</a>")),
        ("/s.css", page(&["Content-Type: text/css"], b"body {}")),
        ("/text.txt", page(&["Content-Type: text/plain"], b"<a href=not-read>")),
        ("/moved", redirect("b")),
        ("/moved-away", redirect("/gone")),
    ]);
    let (lines, stderr, status) = check(&server, &[&server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link / -> /b#not-there (no #not-there on that page)",
            "Broken link / -> /missing (404 Not Found)",
            "Broken link / -> /moved-away (404 Not Found)",
            "Broken link / -> /no.png (404 Not Found)",
            "Broken link / -> /x@y (404 Not Found)",
            "Broken link / -> http://[bad (invalid URL: invalid IPv6 address)",
            "Broken link /a -> /missing (404 Not Found)",
            "Broken link /b -> /only-here (404 Not Found)",
        ]
    );
    assert_eq!(
        stderr,
        "linkcheck: 3 pages, 18 links, 12 URLs checked: 8 broken links\n"
    );
    assert_eq!(status, 1);
    let mut once = asked(&server);
    once.dedup();
    assert_eq!(once, asked(&server), "each of them once");
}

#[test]
fn nothing_broken_is_status_0() {
    let server = site([("/", html("<a href=/>home</a><a href=#top>up</a>"))]);
    let (lines, stderr, status) = check(&server, &[&server.url("/")]);
    assert_eq!((lines.len(), status), (0, 0));
    assert_eq!(
        stderr,
        "linkcheck: 1 page, 2 links, 1 URL checked: no broken links\n"
    );
    let ran = run(&mut program(&["-q", &server.url("/")]), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    // URLs from standard input; without one, nothing is checked.
    let mut reading = process::program("linkcheck");
    let ran = run(&mut reading, format!("{}\n\n", server.url("/")).as_bytes());
    assert_eq!((ran.status, ran.stdout.len()), (0, 0));
    let ran = run(&mut process::program("linkcheck"), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
}

#[test]
fn a_start_that_cannot_be_read_is_status_2() {
    let server = site([("/to", redirect("/nowhere")), ("/loop", redirect("/loop"))]);
    for (path, cause) in [
        ("/", "404 Not Found"),
        ("/to", "404 Not Found"),
        ("/loop", "redirect loop"),
    ] {
        let (lines, stderr, status) = check(&server, &["-q", &server.url(path)]);
        assert_eq!((lines.len(), status), (0, 2));
        assert_eq!(stderr, format!("linkcheck: {path}: {cause}\n"));
    }
    for bad in [
        "file:///no/such/folder",
        "//nothing",
        "",
        "http://[",
        "--include=(",
    ] {
        let ran = run(&mut program(&["-q", bad]), b"");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{bad}");
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    // Without a scheme it is http.
    let there = site([("/", html("a page"))]).url("/");
    let bare = there.strip_prefix("http://").unwrap();
    assert_eq!(run(&mut program(&["-q", bare]), b"").status, 0);
}

#[test]
fn levels() {
    let server = site([
        ("/", html("<a href=1>.</a><img src=picture>")),
        ("/1", html("<a href=2>.</a>")),
        ("/2", html("<a href=3>.</a>")),
        ("/3", html("<a href=4>.</a>")),
        ("/picture", html("<a href=never>.</a>")),
    ]);
    for (levels, last) in [("1", "/"), ("2", "/1"), ("3", "/2"), ("5", "/4")] {
        let before = server.requests().len();
        let (lines, ..) = check(&server, &["--level", levels, &server.url("/")]);
        let mut paths: Vec<String> = server.requests()[before..]
            .iter()
            .map(|request| request.path.clone())
            .collect();
        paths.sort();
        paths.retain(|path| path != "/picture");
        assert_eq!(paths.last().unwrap(), last);
        assert_eq!(lines.len(), usize::from(last == "/4"), "{levels}");
    }
}

#[test]
fn scope_and_interest() {
    let other = site([("/page", html("<a href=never-entered>.</a>"))]);
    let pages = format!(
        "<a href=docs/a>.</a><a href=docs/b.png>.</a><a href=x>.</a><a href={0}>.</a><a href={0}-not>.</a>",
        other.url("/page")
    );
    let server = site([
        ("/", html(&pages)),
        ("/docs/a", html("<a href=no>.</a>")),
        ("/x", html("<a href=nope>.</a>")),
    ]);
    let url = server.url("/");
    let not = format!(
        "Broken link / -> {} (404 Not Found)",
        other.url("/page-not")
    );
    let in_docs = "Broken link /docs/a -> /docs/no (404 Not Found)";
    let image = "Broken link / -> /docs/b.png (404 Not Found)";
    let nope = "Broken link /x -> /nope (404 Not Found)";
    let docs = format!("--scope={}", server.url("/docs/"));
    for (args, mut expected) in [
        (vec![], vec![image, in_docs, nope, &not]),
        (vec!["--no-external"], vec![image, in_docs, nope]),
        (
            vec!["--exclude=png$", "--exclude=/page"],
            vec![in_docs, nope],
        ),
        (vec!["--include=/docs/"], vec![image, in_docs]),
        (vec![&docs[..]], vec![image, in_docs, &not]),
    ] {
        let (lines, ..) = check(&server, &[args.clone(), vec![&url[..]]].concat());
        expected.sort();
        assert_eq!(lines, expected, "{args:?}");
    }
    assert!(asked(&other).iter().all(|path| path.starts_with("/page")));
}

/// A page that is not entered is requested with HEAD, and with GET if that fails.
#[test]
fn other_sites_are_looked_at_only() {
    let other = Server::start(|request| {
        vec![Step::send(match (&request.method[..], &request.path[..]) {
            ("HEAD", "/no-head") => status("405 Method Not Allowed"),
            (_, "/broken") => status("410 Gone"),
            _ => html("<a href=never>.</a>"),
        })]
    });
    let links = format!(
        "<a href={0}/fine#x>.</a><a href={0}/no-head>.</a><a href={0}/broken>.</a><a href={0}/fine>.</a>",
        other.url("")
    );
    let server = site([("/", html(&links))]);
    let (lines, _, status) = check(&server, &[&server.url("/")]);
    let broken = format!("Broken link / -> {} (410 Gone)", other.url("/broken"));
    assert_eq!((lines, status), (vec![broken], 1));
    let mut requests: Vec<String> = other
        .requests()
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    requests.sort();
    assert_eq!(
        requests,
        [
            "GET /broken",
            "GET /no-head",
            "HEAD /broken",
            "HEAD /fine",
            "HEAD /no-head"
        ]
    );
    let agent = format!("textmill-linkcheck/{}", env!("CARGO_PKG_VERSION"));
    let agents = other.requests();
    assert!(
        agents
            .iter()
            .all(|r| r.header("user-agent") == Some(&agent))
    );
}

#[test]
fn what_is_meant_for_the_site_is_for_the_site_only() {
    let other = site([("/", html(""))]);
    let server = site([
        (
            "/",
            html(&format!("<a href={}>.</a><a href=a>.</a>", other.url("/"))),
        ),
        ("/a", html("")),
    ]);
    let ran = run(
        &mut program(&["-H", "Cookie: secret", &server.url("/")]),
        b"",
    );
    assert_eq!(ran.status, 0);
    assert!(
        server
            .requests()
            .iter()
            .all(|r| r.header("cookie") == Some("secret"))
    );
    assert!(
        other
            .requests()
            .iter()
            .all(|r| r.header("cookie").is_none())
    );
}

#[test]
fn what_is_told_on_request() {
    let server = site([
        (
            "/",
            html(
                "<a href=old>.</a><a href='mailto:a@b'>.</a><a href=t.txt>.</a><a href='javascript:1'>.</a>",
            ),
        ),
        ("/old", redirect("/new")),
        ("/new", html("")),
        ("/t.txt", page(&["Content-Type: text/plain"], b"x")),
    ]);
    let (lines, _, status) = check(&server, &["--verbose", "--redirects", &server.url("/")]);
    assert_eq!(
        lines,
        [
            "Not html: /t.txt (text/plain)",
            "Not http: javascript:1",
            "Not http: mailto:a@b",
            "Redirected link / -> /old (302 to /new)",
        ]
    );
    assert_eq!(status, 0);
    let (lines, _, status) = check(&server, &[&server.url("/")]);
    assert_eq!((lines.len(), status), (0, 0));
}

#[test]
fn links_that_work_and_should_be_mended() {
    let moved = head(
        "301 Moved Permanently",
        &["Location: /new", "Content-Length: 0"],
    );
    let server = site([
        (
            "/",
            html("<a href=old>.</a><a href=old#x>.</a><a href=for-now>.</a>"),
        ),
        ("/old", moved),
        ("/for-now", redirect("/new")),
        ("/new", html("<p id=x>")),
    ]);
    let secret = format!("http://me:secret@{}/new", server.host());
    let page = site([(
        "/",
        html(&format!(
            "<a href={secret}>.</a><a href={}>.</a>",
            server.url("/")
        )),
    )]);
    let (lines, _, status) = check(&server, &["--warnings", &server.url("/")]);
    assert_eq!(lines, ["Warning / -> /old (301: moved for good, to /new)"]);
    assert_eq!(status, 0);
    let (lines, ..) = check(&page, &["--warnings", &page.url("/")]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("password in the URL"), "{lines:?}");
    assert!(!lines[0].contains("secret"), "{lines:?}");
}

#[test]
fn formats() {
    let server = site([(
        "/",
        html("<a href=no>.</a><a href='#no'>.</a>\n<a href='http://[\t\x1b'>.</a>"),
    )]);
    let (lines, ..) = check(&server, &["--format=tsv", &server.url("/")]);
    assert_eq!(
        lines,
        [
            "broken\t/\t/#no\tfragment\tno #no on that page\t1",
            "broken\t/\t/no\tstatus\t404 Not Found\t1",
            "broken\t/\thttp://[\turl\tinvalid URL: invalid IPv6 address\t2",
        ]
    );
    let (lines, ..) = check(&server, &["--format=jsonl", &server.url("/")]);
    let objects = json_lines(&lines);
    assert_eq!(objects.len(), 3);
    assert_eq!(
        objects[1],
        serde_json::json!({"kind": "broken", "source": "/", "url": "/no", "error": "status", "cause": "404 Not Found", "status": 404, "line": 1})
    );
}

#[test]
fn robots_and_sitemaps() {
    let robots = "User-agent: *\nDisallow: /private\nSitemap: {}/map.xml\n";
    let answers = Arc::new(Mutex::new(String::new()));
    let text = Arc::clone(&answers);
    let server = Server::start(move |request| {
        let host = text.lock().unwrap().clone();
        vec![Step::send(match &request.path[..] {
            "/robots.txt" => page(&[], robots.replace("{}", &host).as_bytes()),
            "/" => html("<a href=private/x>.</a><a href=a>.</a>"),
            "/map.xml" => page(&[], format!("<urlset><url><loc>{host}/hidden</loc></url><url><loc>{host}/gone</loc></url></urlset>").as_bytes()),
            "/a" | "/private/x" => html(""),
            "/hidden" => html("<a href=no>.</a>"),
            _ => status("404 Not Found"),
        })]
    });
    *answers.lock().unwrap() = server.url("");
    // On this machine they are not requested.
    let (_, _, status) = check(&server, &[&server.url("/")]);
    assert_eq!(
        (status, asked(&server)),
        (0, ["/", "/a", "/private/x"].map(String::from).to_vec())
    );
    let before = server.requests().len();
    let (lines, _, status) = check(&server, &["--robots", "--verbose", &server.url("/")]);
    assert_eq!(
        (lines, status),
        (vec!["Not allowed by robots.txt: /private/x".to_string()], 0)
    );
    let requests = &server.requests()[before..];
    assert_eq!(requests[0].path, "/robots.txt");
    assert!(requests.iter().all(|request| request.path != "/private/x"));
    let (lines, ..) = check(&server, &["--sitemap", &server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link /hidden -> /no (404 Not Found)",
            "Broken link /map.xml -> /gone (404 Not Found)",
        ]
    );
}

// case web-16: the name is what -A or -H sends
// case web-18: a rule of any length has no effect on others
// case web-28: --delay 0
#[test]
fn robots_by_the_name_that_is_sent() {
    let long = "/*a".repeat(100_000);
    let robots = format!(
        "User-agent: mybot\nDisallow: {long}$\nDisallow: /%70rivate\nUser-agent: *\nDisallow: /a\n"
    );
    let server = site([
        ("/", html("<a href=private/x>.</a><a href=a>.</a>")),
        ("/robots.txt", page(&[], robots.as_bytes())),
        ("/a", html("")),
        ("/private/x", html("")),
    ]);
    for (name, expected) in [
        ("-Amybot/1.0", "/private/x"),
        ("-HUser-Agent: MyBot", "/private/x"),
        ("-Aother/1.0", "/a"),
    ] {
        let args = ["--robots", "-v", "--delay=0", name, &server.url("/")];
        let (lines, ..) = check(&server, &args);
        assert_eq!(lines, [format!("Not allowed by robots.txt: {expected}")]);
    }
}

#[test]
fn pages_in_xml() {
    let text = "<html><head><script src='/s.js'/><title/></head><body><p id='here'/>
        <a href='/gone'>.</a><a href='#here'>.</a></body></html>";
    let xhtml = page(&["Content-Type: application/xhtml+xml"], text.as_bytes());
    let server = site([("/", xhtml), ("/s.js", page(&[], b""))]);
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines, ["Broken link / -> /gone (404 Not Found)"]);
}

/// The target of a redirected start is read even if robots.txt disallows it; if it is left
/// out for another reason, that is a failure.
#[test]
fn a_start_is_read_where_it_leads() {
    let server = site([
        ("/", redirect("/en/")),
        ("/en/", html("<a href=no>.</a><a href=/no>.</a>")),
        ("/robots.txt", page(&[], b"User-agent: *\nDisallow: /en/\n")),
    ]);
    let (lines, stderr, status) = check(&server, &["--robots", &server.url("/")]);
    assert_eq!((lines.len(), status), (1, 1), "{stderr}");
    assert!(stderr.ends_with("linkcheck: 1 URL not checked: robots.txt (--verbose lists them)\n"));
    let (lines, ..) = check(&server, &["--exclude=/en/", &server.url("/")]);
    assert_eq!(lines, ["Broken link /en/ -> /no (404 Not Found)"]);
}

/// Links of a page come in several batches, and may have to wait for another start.
#[test]
fn every_pair_once_with_several_starts() {
    let many: String = (0..3000).map(|n| format!("<a href=/b?{n}>.</a>")).collect();
    let first = html(&format!("<a href=/gone>.</a>{many}<a href=/gone>.</a>"));
    let server = Server::start(move |request| match &request.path[..] {
        "/a" => vec![Step::send(first.clone())],
        "/slow" => vec![
            Step::Pause(Duration::from_millis(300)),
            Step::send(html("")),
        ],
        path if path.starts_with("/b") => vec![Step::send(html(""))],
        _ => vec![Step::send(status("404 Not Found"))],
    });
    let (lines, ..) = check(&server, &[&server.url("/a"), &server.url("/slow")]);
    assert_eq!(lines, ["Broken link /a -> /gone (404 Not Found)"]);
}

/// 503 and a reset connection are retried; the rest is checked meanwhile.
#[test]
fn what_passes_is_tried_again() {
    let tries = Arc::new(Mutex::new(HashMap::<String, usize>::new()));
    let server = Server::start(move |request| {
        let n = {
            let mut tries = tries.lock().unwrap();
            let n = tries.entry(request.path.clone()).or_default();
            *n += 1;
            *n
        };
        match (&request.path[..], n) {
            ("/", _) => vec![Step::send(html(
                "<a href=busy>.</a><a href=cut>.</a><a href=down>.</a>",
            ))],
            ("/busy", 1) => vec![Step::send(head(
                "503 Service Unavailable",
                &["Retry-After: 1", "Content-Length: 0"],
            ))],
            ("/cut", 1) => vec![
                Step::send(html("<a href=deep>.</a><a href=deep>.</a>")[..120].to_vec()),
                Step::Reset,
            ],
            ("/cut", _) => vec![Step::send(html("<a href=deep>.</a><a href=deep>.</a>"))],
            ("/down", _) => vec![Step::send(status("503 Service Unavailable"))],
            ("/busy", _) => vec![Step::send(html(""))],
            _ => vec![Step::send(status("404 Not Found"))],
        }
    });
    let (lines, _, status) = check(&server, &[&server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link / -> /down (503 Service Unavailable)",
            "Broken link /cut -> /deep (404 Not Found)",
        ]
    );
    assert_eq!(status, 1);
    let downs = asked(&server)
        .iter()
        .filter(|path| *path == "/down")
        .count();
    assert_eq!(downs, 3);
}

/// `Retry-After` of a host delays no other host.
#[test]
fn hosts_at_rest_hold_up_no_other() {
    let later = &["Retry-After: 3", "Content-Length: 0"];
    let later = head("429 Too Many Requests", later);
    let busy: Arc<Vec<Server>> = Arc::new(
        (0..3)
            .map(|_| {
                let later = later.clone();
                Server::start(move |_| vec![Step::send(later.clone())])
            })
            .collect(),
    );
    let links: String = (0..24)
        .map(|n| format!("<a href={}>.</a>", busy[n % 3].url(&format!("/{n}"))))
        .collect();
    let (hosts, asked_by_then) = (Arc::clone(&busy), Arc::new(Mutex::new(None)));
    let seen = Arc::clone(&asked_by_then);
    let server = Server::start(move |request| {
        let n: usize = request.path[1..].parse().unwrap();
        let next = format!("<a href=/{}>.</a>", n + 1);
        vec![Step::send(match n {
            0 => html(&(links.clone() + &next)),
            1..30 => html(&next),
            _ => {
                let asked = hosts
                    .iter()
                    .map(|server| server.requests().len())
                    .sum::<usize>();
                *seen.lock().unwrap() = Some(asked);
                html("")
            }
        })]
    });
    let (lines, ..) = check(&server, &["--retry=1", &server.url("/0")]);
    assert_eq!(lines.len(), 24);
    // The site was read before the other hosts were requested again.
    assert!(asked_by_then.lock().unwrap().unwrap() <= 24);
}

/// A slow host does not delay others.
#[test]
fn a_slow_host_holds_up_no_other() {
    let fast_is_done = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&fast_is_done);
    let slow = Server::start(move |_| {
        // Answers when all of the other site was requested.
        let all = Arc::clone(&seen);
        vec![
            Step::Call(Arc::new(move || {
                while *all.lock().unwrap() < 200 {
                    std::thread::sleep(Duration::from_millis(5));
                }
            })),
            Step::send(html("")),
        ]
    });
    let links: String = (0..9)
        .map(|n| format!("<a href={}>.</a>", slow.url(&format!("/{n}"))))
        .collect();
    let pages: String = (0..199).map(|n| format!("<a href=/{n}>.</a>")).collect();
    let server = Server::start(move |request| {
        *fast_is_done.lock().unwrap() += 1;
        vec![Step::send(match &request.path[..] {
            "/" => html(&(links.clone() + &pages)),
            _ => html(""),
        })]
    });
    let (lines, _, status) = check(&server, &[&server.url("/")]);
    assert_eq!((lines.len(), status), (0, 0));
}

#[test]
fn a_server_that_is_not_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let links: String = (0..30)
        .map(|n| format!("<a href=http://{gone}/{n}>.</a>"))
        .collect();
    let server = site([("/", html(&links))]);
    let (lines, _, status) = check(&server, &["--retry=0", &server.url("/")]);
    assert_eq!((lines.len(), status), (30, 1));
    assert!(lines.iter().all(|line| line.contains("connection refused")));
    assert!(lines.iter().any(|line| line.contains("host given up")));
}

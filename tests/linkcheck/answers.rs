//! The answers of servers, and the findings for links to them.

use super::*;

// case web-7
// case web-8
#[test]
fn forms_and_the_statuses_that_excuse_them() {
    let server = Server::start(|request| {
        vec![Step::send(match &request.path[..] {
            "/" => html(
                "<form method=post action=/gone></form><form method=POST action=/loop></form>
                 <form method=dialog action=/never></form><form action=/no-get></form>
                 <form action=/missing></form><a href=/missing>.</a>",
            ),
            "/loop" => redirect("/loop"),
            "/no-get" => status("405 Method Not Allowed"),
            _ => status("404 Not Found"),
        })]
    });
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines, ["Broken link / -> /missing (404 Not Found)"]);
    assert!(!asked(&server).contains(&"/never".to_string()));
    // Failures that are ignored for forms are reported for other links.
    for links in [
        "<form method=post action=/x></form><a href=/x>.</a>",
        "<a href=/x>.</a><form method=post action=/x></form>",
        "<form action=/x></form><img src=/x>",
    ] {
        let server = Server::start(|request| {
            vec![Step::send(match &request.path[..] {
                "/" => html(links),
                _ => status("405 Method Not Allowed"),
            })]
        });
        let (lines, ..) = check(&server, &[&server.url("/")]);
        assert_eq!(
            lines,
            ["Broken link / -> /x (405 Method Not Allowed)"],
            "{links}"
        );
    }
}

// case web-7
#[test]
fn a_form_whose_server_is_not_there() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = closed.local_addr().unwrap();
    drop(closed);
    let form = format!("<form method=post action=http://{gone}/></form>");
    let server = site([("/", html(&form))]);
    let (lines, _, status) = check(&server, &["--retry=0", &server.url("/")]);
    assert_eq!((lines.len(), status), (1, 1));
    assert!(lines[0].contains("connection refused"), "{lines:?}");
}

// case web-3
#[test]
fn a_start_that_is_no_page_is_no_success() {
    let typed = |media_type: &str| page(&[&format!("Content-Type: {media_type}")], b"<a href=/no>");
    let server = site([
        ("/", html("<a href=/text>.</a>")),
        ("/text", typed("text/plain")),
        ("/to", redirect("/pdf")),
        ("/pdf", typed("application/pdf")),
        ("/json", typed("application/json")),
        ("/bare", page(&[], b"text")),
    ]);
    for (path, name) in [
        ("/text", "text/plain"),
        ("/to", "application/pdf"),
        ("/json", "application/json"),
        ("/bare", "no content type"),
    ] {
        let (lines, stderr, status) = check(&server, &[&server.url(path)]);
        let urls = if path == "/to" { "2 URLs" } else { "1 URL" };
        let note = format!("linkcheck: {path}: not an HTML page ({name}): no link was checked\n");
        let summary = format!("linkcheck: no pages, no links, {urls} checked\n");
        assert_eq!((lines.len(), stderr, status), (0, note + &summary, 1));
    }
    // Another start has no effect.
    let (_, stderr, status) = check(&server, &[&server.url("/"), &server.url("/text")]);
    assert_eq!((stderr.lines().count(), status), (2, 1), "{stderr}");
}

// case web-24
#[test]
fn content_types_as_browsers_read_them() {
    let body = b"<!DOCTYPE html><a href=/no>";
    let types = |lines: &[&str]| page(lines, body);
    let server = site([
        (
            "/",
            html(
                "<a href=1>.</a><a href=2>.</a><a href=3>.</a><a href=4>.</a><a href=5>.</a><a href=6>.</a>",
            ),
        ),
        ("/1", types(&["Content-Type: text/html, text/html"])),
        (
            "/2",
            types(&["Content-Type: text/plain", "Content-Type: text/html"]),
        ),
        ("/3", types(&["Content-Type:"])),
        ("/4", types(&["Content-Type: unknown/unknown"])),
        ("/5", types(&[])),
        ("/6", types(&["X-Content-Type-Options: nosniff"])),
    ]);
    let (lines, ..) = check(&server, &["-v", &server.url("/")]);
    let broken = (1..6).map(|n| format!("Broken link /{n} -> /no (404 Not Found)"));
    let mut expected: Vec<String> = broken.collect();
    expected.push("Not html: /6 (no content type)".to_string());
    assert_eq!(lines, expected);
}

// case web-1
#[test]
fn a_refresh_leads_on() {
    let stub = |target: &str| {
        html(&format!(
            "<meta http-equiv=refresh content='0; url={target}'>"
        ))
    };
    let server = site([
        ("/", stub("/en/")),
        (
            "/en/",
            html("<a href=no>.</a><a href=old>.</a><a href=field>.</a>"),
        ),
        ("/en/old", stub("new#part")),
        ("/en/new", html("<a href=/gone>.</a>")),
        (
            "/en/field",
            page(&["Refresh: 3;URL='/plain'", "Content-Type: text/html"], b""),
        ),
        (
            "/plain",
            page(&["Refresh: 0, /last", "Content-Type: text/plain"], b"text"),
        ),
        ("/last", html("<a href=/end>.</a>")),
    ]);
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link /en/ -> /en/no (404 Not Found)",
            "Broken link /en/new -> /gone (404 Not Found)",
            "Broken link /en/old -> /en/new#part (no #part on that page)",
            "Broken link /last -> /end (404 Not Found)",
        ]
    );
}

// case web-5
#[test]
fn sitemaps_of_every_kind() {
    let server = Server::start(|request| {
        let host = format!("http://{}", request.header("host").unwrap());
        let text = |body: String| page(&["Content-Type: text/plain"], body.as_bytes());
        vec![Step::send(match &request.path[..] {
            "/" => html(""),
            "/robots.txt" => text(
                ["/text", "/rss", "/atom", "/empty", "/json"]
                    .map(|path| format!("Sitemap: {host}{path}\n"))
                    .concat(),
            ),
            "/text" => text(format!("{host}/1\n")),
            "/rss" => text(format!(
                "<rss><channel><item><link>{host}/2</link></item></channel></rss>"
            )),
            "/atom" => text("<feed><entry><link href='/3'/></entry></feed>".to_string()),
            "/empty" => text("<urlset></urlset>".to_string()),
            "/json" => text("{}".to_string()),
            _ => status("404 Not Found"),
        })]
    });
    let (lines, stderr, status) = check(&server, &["-q", "--sitemap", &server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link /atom -> /3 (404 Not Found)",
            "Broken link /rss -> /2 (404 Not Found)",
            "Broken link /text -> /1 (404 Not Found)",
        ]
    );
    let mut notes: Vec<&str> = stderr.lines().collect();
    notes.sort();
    assert_eq!(
        notes,
        [
            "linkcheck: /empty: the sitemap lists no page",
            "linkcheck: /json: not a sitemap: neither XML nor a URL a line",
        ]
    );
    assert_eq!(status, 1);
}

// case web-10
#[test]
fn a_redirect_to_itself_that_sets_a_cookie() {
    let server = Server::start(|request| {
        let wall = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nSet-Cookie: seen=1\r\n";
        let sends_cookie = request.header("cookie") == Some("seen=1");
        vec![Step::send(match &request.path[..] {
            "/" => html("<a href=wall>.</a><a href=wall#y>.</a><a href=loop>.</a>"),
            "/wall" if sends_cookie => html("<a href=gone>.</a>"),
            path => format!("{wall}Location: {path}\r\n\r\n").into_bytes(),
        })]
    });
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link / -> /loop (redirect loop)",
            "Broken link / -> /wall#y (no #y on that page)",
            "Broken link /wall -> /gone (redirect loop)",
        ]
    );
}

// case web-2
#[test]
fn the_fragment_of_a_redirect_wins() {
    let server = site([
        (
            "/",
            html("<a href=r#y>.</a><a href=s#y>.</a><a href=s#z>.</a><a href=q#y>.</a>"),
        ),
        ("/r", redirect("/t#x")),
        ("/s", redirect("/t")),
        ("/q", redirect("/t#gone")),
        ("/t", html("<p id=x><p id=z>")),
    ]);
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link / -> /q#y (no #gone on that page)",
            "Broken link / -> /s#y (no #y on that page)",
        ]
    );
}

// case web-4
// case web-22
#[test]
fn whatever_is_reported_can_be_left_out() {
    let server = site([(
        "/",
        html(
            "<a href='/#/route/1'>.</a><a href='/#x'>.</a><a href='http://{{ host }}/x'>.</a><a href='http://['>.</a>",
        ),
    )]);
    let excluded = ["--exclude=#/route", r"--exclude=\{\{"];
    let (lines, ..) = check(&server, &[&excluded[..], &[&server.url("/")]].concat());
    assert_eq!(
        lines,
        [
            "Broken link / -> /#x (no #x on that page)",
            "Broken link / -> http://[ (invalid URL: invalid IPv6 address)",
        ]
    );
    let (lines, ..) = check(&server, &["--include=#x", &server.url("/")]);
    assert_eq!(lines, ["Broken link / -> /#x (no #x on that page)"]);
    let (lines, ..) = check(&server, &[r"--include=\[$", &server.url("/")]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

// case web-21
#[test]
fn long_urls_that_are_for_no_server() {
    let long = "x".repeat(70 << 10);
    let longer = "x".repeat(3 << 20);
    let server = site([(
        "/",
        html(&format!(
            "<img src=data:,{long}><a href=javascript:{long}>.</a><a href=mailto:{long}>.</a>
             <img src=data:image/png;base64,{longer}><style>p {{ x: url(data:,{longer}) }}</style><a href=/{long}>.</a>"
        )),
    )]);
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines.len(), 1, "{}", lines.len());
    assert!(lines[0].ends_with("(a URL of more than 65536 bytes)"));
}

// case web-14
// case web-23
#[test]
fn schemes_that_no_reader_wants() {
    let server = site([(
        "/",
        html(
            "<a href=htps://a/>.</a><a href='C:\\a'>.</a><a href=file:///a>.</a><a href=tel:1>.</a>",
        ),
    )]);
    let (lines, _, status) = check(&server, &["--warnings", &server.url("/")]);
    assert_eq!(
        lines,
        [
            "Warning / -> c:\\a (a file of the reader's own machine)",
            "Warning / -> file:///a (a file of the reader's own machine)",
            "Warning / -> htps://a/ (scheme htps: https misspelled?)",
        ]
    );
    assert_eq!(status, 0);
}

// case web-13
#[test]
fn the_user_of_a_start_is_for_all_of_its_origin() {
    let server = Server::start(|request| {
        if request.header("authorization") != Some("Basic bWU6cHc=") {
            return vec![Step::send(status("401 Unauthorized"))];
        }
        let host = format!("http://{}", request.header("host").unwrap());
        vec![Step::send(match &request.path[..] {
            "/" => html(&format!(
                "<a href={host}/absolute>.</a><a href=relative>.</a><a href=/moved>.</a>"
            )),
            "/moved" => redirect("/relative"),
            _ => html("<a href=/>.</a>"),
        })]
    });
    let other = site([("/", html(""))]);
    let start = server.url("/").replace("http://", "http://me:pw@");
    let (lines, stderr, status) = check(&server, &["--warnings", &start, &other.url("/")]);
    assert_eq!((lines.len(), status), (0, 0), "{lines:?}");
    assert!(stderr.contains("4 pages, "), "{stderr}");
    assert!(other.requests()[0].header("authorization").is_none());
    let mut once = asked(&server);
    once.dedup();
    assert_eq!(once, ["/", "/absolute", "/moved", "/relative"]);
    assert_eq!(once, asked(&server));
}

// case web-20
#[test]
fn odd_encodings_that_browsers_get_over() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, b"<p id=x><a href=/no>").unwrap();
    let gzip = gzip.finish().unwrap();
    let kind = "Content-Type: text/html";
    let coded = |body: &[u8]| page(&[kind, "Content-Encoding: gzip"], body);
    let server = site([
        (
            "/",
            html("<a href=/unknown>.</a><a href=/after#x>.</a><a href=/corrupt>.</a>"),
        ),
        (
            "/unknown",
            page(&[kind, "Content-Encoding: foo"], b"<a href=/no>"),
        ),
        ("/after", coded(&[&gzip[..], b"x"].concat())),
        ("/corrupt", coded(b"no gzip at all")),
    ]);
    let broken = [
        "Broken link / -> /corrupt (gzip data is corrupt)",
        "Broken link /after -> /no (404 Not Found)",
        "Broken link /unknown -> /no (404 Not Found)",
    ];
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines, broken);
    let (lines, ..) = check(&server, &["--warnings", &server.url("/")]);
    assert_eq!(
        lines[3..],
        [
            "Warning /after -> /after (gzip data goes on after its end)",
            "Warning /unknown -> /unknown (content encoding foo not understood)",
        ]
    );
}

// case web-17
#[test]
fn style_sheets_are_looked_into() {
    let css = |text: &str| page(&["Content-Type: text/css; charset=utf-8"], text.as_bytes());
    let server = site([
        (
            "/",
            html(
                "<link rel=stylesheet href=/moved.css><a href=/plain.css>.</a><a href=/other>.</a>
                 <style>@import '/b/2.css';</style>",
            ),
        ),
        ("/moved.css", redirect("/a/1.css")),
        (
            "/a/1.css",
            css(
                "@import url(../b/2.css); p { background: url(no.png); clip-path: url(#x) }
                 q { background: url(data:,x), url('http://[') } /* url(never) */",
            ),
        ),
        (
            "/b/2.css",
            css("@import '/a/1.css'; p { src: url('no.woff?#iefix') } q { src: url(fine) }"),
        ),
        ("/b/fine", page(&["Content-Type: font/woff"], b"")),
        ("/plain.css", css("p { src: url(/never) }")),
        ("/other", html("<link rel=stylesheet href=/late.css>")),
        ("/late.css", css("p { src: url(late.png) }")),
    ]);
    let first = [
        "Broken link /a/1.css -> /a/no.png (404 Not Found)",
        "Broken link /a/1.css -> http://[ (invalid URL: invalid IPv6 address)",
        "Broken link /b/2.css -> /b/no.woff? (404 Not Found)",
    ];
    let late = "Broken link /late.css -> /late.png (404 Not Found)";
    let (lines, stderr, _) = check(&server, &[&server.url("/")]);
    assert_eq!(lines, [&first[..], &[late]].concat());
    assert!(stderr.contains("2 pages, "), "{stderr}");
    // They are on the level of an image.
    let (lines, ..) = check(&server, &["--level=2", &server.url("/")]);
    assert_eq!(lines, first);
    let (lines, ..) = check(&server, &["--level=1", &server.url("/")]);
    assert_eq!(lines.len(), 0);
    assert!(!asked(&server).contains(&"/never".to_string()));
}

// case web-6
#[test]
fn queries_in_the_encoding_of_the_page() {
    let text = [&b"<a href='/s?q="[..], b"\xEF\xF0'>.</a>"].concat();
    let coded = page(&["Content-Type: text/html; charset=windows-1251"], &text);
    let server = site([("/", coded)]);
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines, ["Broken link / -> /s?q=%EF%F0 (404 Not Found)"]);
}

#[test]
fn empty_values_are_a_warning() {
    let server = site([(
        "/",
        html("<img src=''>\n<img src>\n<script src=' '></script><a href=''>.</a>"),
    )]);
    let (lines, _, status) = check(&server, &["--warnings", "--format=tsv", &server.url("/")]);
    assert_eq!(
        lines,
        [
            "warning\t/\t<img src=\"\">\t\tempty\t1",
            "warning\t/\t<script src=\"\">\t\tempty\t3",
        ]
    );
    assert_eq!(status, 0);
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines.len(), 0, "{lines:?}");
}

// case web-25
#[test]
fn a_part_that_was_not_asked_for() {
    let part = head(
        "206 Partial Content",
        &["Content-Length: 1", "Content-Range: bytes 0-0/9"],
    );
    let other = Server::start(move |_| vec![Step::send([&part[..], b"x"].concat())]);
    let link = format!("<a href={}>.</a><img src=/part>", other.url("/"));
    let part = head("206 Partial Content", &["Content-Length: 0"]);
    let server = site([("/", html(&link)), ("/part", part)]);
    let (lines, _, status) = check(&server, &[&server.url("/")]);
    assert_eq!((lines.len(), status), (0, 0), "{lines:?}");
    assert_eq!(other.requests().len(), 1, "HEAD is enough");
}

// case web-26
#[test]
fn statuses_that_pass() {
    let tries = Mutex::new(HashMap::<String, usize>::new());
    let server = Server::start(move |request| {
        let n = {
            let mut tries = tries.lock().unwrap();
            let n = tries.entry(request.path.clone()).or_default();
            *n += 1;
            *n
        };
        vec![Step::send(match (&request.path[..], n) {
            ("/", _) => {
                html("<a href=425>.</a><a href=520>.</a><a href=527>.</a><a href=528>.</a>")
            }
            (path, 1) => status(&format!("{} Odd", &path[1..])),
            _ => html(""),
        })]
    });
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines, ["Broken link / -> /528 (status 528)"]);
}

// case web-10
#[test]
fn redirects_that_lead_back_with_a_cookie() {
    let server = Server::start(|request| {
        let cookie = request.header("cookie").unwrap_or_default().to_string();
        let wall = |to: &str| {
            let lines = [&format!("Location: {to}")[..], "Set-Cookie: seen=1; Path=/"];
            head("302 Found", &[lines[0], lines[1], "Content-Length: 0"])
        };
        vec![Step::send(match (request.path.as_str(), cookie.as_str()) {
            ("/", _) => html("<a href=self>s</a><a href=there>t</a><a href=round>r</a>"),
            ("/self", "") => wall("/self"),
            ("/self" | "/there", _) if !cookie.is_empty() => html("<a href=missing>m</a>"),
            ("/there", _) => wall("/wall"),
            ("/wall", "seen=1") => redirect("/there"),
            ("/round", _) => wall("/round"),
            _ => status("404 Not Found"),
        })]
    });
    let (lines, ..) = check(&server, &["-q", &server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link / -> /round (redirect loop)",
            "Broken link /self -> /missing (404 Not Found)",
            "Broken link /there -> /missing (404 Not Found)",
        ]
    );
}

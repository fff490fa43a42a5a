//! Sites that cause trouble.

use super::*;

/// The peak of the program's memory, in KiB, while it runs like this.
fn peak(args: &[&str]) -> (Ran, u64) {
    let program = process::programs().join("linkcheck");
    let args = args.join(" ");
    // Started by a small process: the peak of a child includes the memory of its parent at the fork.
    // RUSAGE_CHILDREN is -1, and ru_maxrss the fifth long in `struct rusage`.
    let line = format!(
        "exec perl -e '
$status = system @ARGV;
$usage = chr(0) x 1024;
syscall({}, -1, $usage) == 0 or die $!;
print STDERR +(unpack q(l!5), $usage)[4], $/;
exit $status >> 8' {} {args}",
        libc::SYS_getrusage,
        program.display()
    );
    let mut ran = run(&mut process::shell(&line), b"");
    let last = ran
        .stderr
        .trim_end()
        .rsplit('\n')
        .next()
        .unwrap()
        .to_string();
    ran.stderr
        .truncate(ran.stderr.trim_end().len() - last.len());
    let peak = last.parse().unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran, peak)
}

#[test]
fn redirects_without_end() {
    let server = Server::start(|request| {
        vec![Step::send(match &request.path[..] {
            "/" => html("<a href=loop>.</a><a href=a>.</a><a href=on>.</a><a href=file>.</a>"),
            "/loop" => redirect("/loop"),
            "/a" => redirect("/b"),
            "/b" => redirect("/a"),
            "/file" => redirect("file:///etc/passwd"),
            path => redirect(&format!("{path}x")),
        })]
    });
    let (lines, _, status) = check(&server, &[&server.url("/")]);
    assert_eq!(
        lines,
        [
            "Broken link / -> /a (redirect loop)",
            "Broken link / -> /file (redirect refused: file:///etc/passwd: scheme file is not http or https)",
            "Broken link / -> /loop (redirect loop)",
            "Broken link / -> /on (more than 20 redirects)",
        ]
    );
    assert_eq!(status, 1);
}

/// A site without end is checked up to the limit, with a message.
#[test]
fn pages_without_end() {
    let server = Server::start(|request| {
        vec![Step::send(html(&format!(
            "<a href={0}a>.</a><a href={0}b>.</a>",
            request.path
        )))]
    });
    let (lines, stderr, status) = check(&server, &["-q", "--max-urls=500", &server.url("/")]);
    assert_eq!((lines.len(), status), (0, 1));
    assert!(stderr.starts_with("linkcheck: 500 URLs: "), "{stderr}");
    assert!(
        stderr.ends_with(" links to more were not followed (--max-urls)\n"),
        "{stderr}"
    );
    assert_eq!(server.requests().len(), 500);
}

#[test]
fn a_million_links_on_a_page() {
    let links: String = (0..1_000_000).map(|n| format!("<a href={n}>")).collect();
    let server = site([("/", html(&links))]);
    let (ran, kib) = peak(&["-q", "--max-urls=100", &server.url("/")]);
    assert_eq!(ran.status, 1);
    assert!(kib < 300 << 10, "{kib} KiB");
}

/// A body of a gigabyte, and one without end, are read up to the limit, with a message.
#[test]
fn endless_bodies() {
    let chunk = [b"<p>".as_slice(), &[b'x'; 1 << 16], b"<a href=/no>"].concat();
    let server = Server::start(move |request| match &request.path[..] {
        "/" => vec![Step::send(html(
            "<a href=endless>.</a><a href=zeros.bin>.</a>",
        ))],
        "/endless" => {
            let mut steps = vec![Step::send(head("200 OK", &["Content-Type: text/html"]))];
            steps.extend((0..200).map(|_| Step::send(chunk.clone())));
            steps
        }
        "/zeros.bin" => {
            let head = head(
                "200 OK",
                &[
                    "Content-Type: application/zip",
                    "Content-Length: 1073741824",
                ],
            );
            vec![
                Step::send(head),
                Step::send(vec![0; 1 << 20]),
                Step::Pause(Duration::from_secs(5)),
            ]
        }
        _ => vec![Step::send(status("404 Not Found"))],
    });
    let (ran, kib) = peak(&["-q", "--max-size=1M", &server.url("/")]);
    let stdout = String::from_utf8(ran.stdout)
        .unwrap()
        .replace(&server.url(""), "");
    assert_eq!(stdout, "Broken link /endless -> /no (404 Not Found)\n");
    let stderr = ran.stderr.replace(&server.url(""), "");
    assert_eq!(
        stderr,
        "linkcheck: /endless: larger than 1048576 bytes: the rest is not checked\n"
    );
    assert!(ran.status == 1 && kib < 40 << 10, "{kib} KiB");
}

#[test]
fn servers_that_never_answer() {
    let silent = Server::start(|_| vec![Step::Pause(Duration::from_secs(600))]);
    let links = format!("<a href={0}/1>.</a><a href={0}/2>.</a>", silent.url(""));
    let server = site([("/", html(&links))]);
    let (lines, _, status) = check(&server, &["--max-time=300ms", &server.url("/")]);
    assert_eq!((lines.len(), status), (2, 1));
    assert!(
        lines.iter().all(|line| line.contains("timed out")),
        "{lines:?}"
    );
}

/// A robots.txt without an end is read up to the limit. The rule that it cuts does not count.
#[test]
fn a_robots_txt_without_end() {
    const LIMIT: usize = 1 << 20;
    let mut robots = b"User-agent: *\nDisallow: /early\n".to_vec();
    let cut = b"Disallow: /part/of/a/rule\n";
    robots.resize(LIMIT - b"Disallow: /part".len() - 1, b'#');
    robots.push(b'\n');
    robots.extend_from_slice(cut);
    robots.extend_from_slice(b"Disallow: /late\n");
    robots.resize(2 * LIMIT, b'#');
    let server = Server::start(move |request| {
        let pause = Step::Pause(Duration::from_secs(60));
        match &request.path[..] {
            "/robots.txt" => {
                let head = head("200 OK", &["Content-Length: 1073741824"]);
                vec![Step::send([head, robots.clone()].concat()), pause]
            }
            "/" => vec![Step::send(html(
                "<a href=early>.</a><a href=part>.</a><a href=part/of/a/rule>.</a><a href=late>.</a>",
            ))],
            _ => vec![Step::send(html(""))],
        }
    });
    let (lines, _, status) = check(&server, &["--robots", "-v", &server.url("/")]);
    assert_eq!(
        (&lines[..], status),
        (&["Not allowed by robots.txt: /early".to_string()][..], 0)
    );
}

/// Sitemaps that list other sitemaps without an end.
#[test]
fn sitemaps_without_end() {
    let hosts = Arc::new(Mutex::new(String::new()));
    let host = Arc::clone(&hosts);
    let server = Server::start(move |request| {
        let host = host.lock().unwrap().clone();
        vec![Step::send(match &request.path[..] {
            "/" => html(""),
            path => {
                let map = |end: &str| format!("<sitemap><loc>{host}{path}{end}</loc></sitemap>");
                let maps = format!("<sitemapindex>{}{}</sitemapindex>", map("a"), map("b"));
                page(&[], maps.as_bytes())
            }
        })]
    });
    *hosts.lock().unwrap() = server.url("");
    let args = ["-q", "--sitemap", "--max-urls=50", &server.url("/")];
    check(&server, &args);
    let is_map = |path: &String| path.starts_with("/sitemap.xml");
    let maps = asked(&server).into_iter().filter(is_map);
    assert_eq!(maps.count(), 50);
}

/// Control characters of a page are escaped, and URLs that are not http are not opened.
#[test]
fn control_characters_and_files() {
    let server = site([(
        "/",
        html(
            "<a href='/\x1b[31m\u{202e}x'>.</a><a href='http://\x1b[31m/'>.</a><a href='file:///etc/passwd'>.</a>
             <a href='/&#27;[2J'>.</a><a href='#\x1b]0;x\x07'>.</a><img src='\x1b:y'><a href='gopher://x/'>.</a>",
        ),
    )]);
    for format in ["text", "tsv", "jsonl"] {
        let ran = run(
            &mut program(&["-v", "--format", format, &server.url("/")]),
            b"",
        );
        let odd = |text: &str| {
            text.chars()
                .any(|c| c.is_control() && !"\n\t".contains(c) || c == '\u{202e}')
        };
        assert!(
            !odd(std::str::from_utf8(&ran.stdout).unwrap()),
            "{:?}",
            ran.stdout.escape_ascii().to_string()
        );
        assert!(!odd(&ran.stderr));
        assert_eq!(ran.status, 1);
    }
    let (lines, ..) = check(&server, &["-v", &server.url("/")]);
    assert!(
        lines.contains(&"Not http: file:///etc/passwd".to_string()),
        "{lines:?}"
    );
}

/// Failing endpoints have no effect on the rest of a site that answers.
#[test]
fn a_few_dead_endpoints_condemn_no_site() {
    let links: String = (0..12)
        .map(|n| format!("<a href=/crash/{n}>.</a>"))
        .collect();
    let pages: String = (0..40).map(|n| format!("<a href=/{n}>.</a>")).collect();
    let server = Server::start(move |request| match &request.path[..] {
        "/" => vec![Step::send(html(&(links.clone() + &pages)))],
        path if path.starts_with("/crash/") => vec![Step::Reset],
        _ => vec![Step::send(html(""))],
    });
    for jobs in ["-j1", "-j10"] {
        let (lines, ..) = check(&server, &[jobs, "--retry=0", &server.url("/")]);
        assert_eq!(lines.len(), 12, "{jobs}: {lines:?}");
        assert!(
            lines.iter().all(|line| line.contains("/crash/")),
            "{lines:?}"
        );
    }
}

/// Redirects to other origins: header fields for the site are sent to its origin only.
#[test]
fn secrets_follow_no_redirect_and_no_sitemap() {
    let foreign = site([
        ("/landing", html("<a href=/more>.</a>")),
        (
            "/map.xml",
            page(&[], b"<urlset><url><loc>http://[</loc></url></urlset>"),
        ),
    ]);
    let robots = format!("Sitemap: {}\n", foreign.url("/map.xml"));
    let to = foreign.url("/landing");
    let server = Server::start(move |request| {
        vec![Step::send(match &request.path[..] {
            "/robots.txt" => page(&[], robots.as_bytes()),
            _ => redirect(&to),
        })]
    });
    let args = ["-H", "Authorization: secret", "--sitemap", &server.url("/")];
    let ran = run(&mut program(&args), b"");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let paths = asked(&foreign);
    assert_eq!(paths, ["/landing", "/map.xml", "/more"]);
    let has_secret = |request: &crate::server::Request| request.header("authorization").is_some();
    assert!(!foreign.requests().iter().any(has_secret));
    assert!(server.requests().iter().all(has_secret));
}

#[test]
fn what_is_no_url_is_told_once_a_page() {
    let tries = Mutex::new(0);
    let server = Server::start(move |_| {
        let body = html("<a href='http://['>.</a><a href='http://['>.</a><p>the end of the page");
        let mut tries = tries.lock().unwrap();
        *tries += 1;
        match *tries {
            1 => vec![Step::send(&body[..body.len() - 9]), Step::Reset],
            _ => vec![Step::send(body)],
        }
    });
    let (lines, ..) = check(&server, &[&server.url("/")]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

/// The body of a decompression bomb is not buffered.
#[test]
fn a_sitemap_that_is_a_bomb() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut write = |bytes: &[u8]| std::io::Write::write_all(&mut gzip, bytes).unwrap();
    write(b"<urlset><url><loc>");
    let blanks = vec![b'x'; 1 << 20];
    (0..300).for_each(|_| write(&blanks));
    let bomb = page(&[], &gzip.finish().unwrap());
    let server = site([("/", html("")), ("/sitemap.xml", bomb)]);
    let (ran, kib) = peak(&["-q", "--sitemap", &server.url("/")]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("/sitemap.xml: "), "{}", ran.stderr);
    assert!(kib < 300 << 10, "{kib} KiB");
}

//! `warc` as a process.

use crate::process::{
    argument, classic, file, filter, installed, program, repository, run, shell, skipped,
};
use crate::server::{Server, Step, page, status};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::process::Command;

/// A response in an archive.
fn response(url: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n");
    let fields = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Length: {}\r\n\r\n",
        head.len() + body.len()
    );
    [fields.as_bytes(), head.as_bytes(), body, b"\r\n\r\n"].concat()
}

fn html(url: &str, body: &str) -> Vec<u8> {
    response(url, "text/html; charset=utf-8", body.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two pages, the first of which leaves a script open, and a text.
fn records() -> [Vec<u8>; 3] {
    [
        html(
            "http://a/dir/one",
            "<h1>One</h1><a href=x>x</a><script>open",
        ),
        html("http://b/two", "<p>Two <a href=/y>y</a>"),
        response("http://b/text", "text/plain", b"three"),
    ]
}

const TEXT: &str = "One\nx\nTwo y\nthree\n";

#[test]
fn untag_and_links_keep_the_pages_apart() {
    let archive = records().concat();
    let text = classic("warc | untag", &archive);
    assert_eq!(String::from_utf8(text).unwrap(), TEXT);
    let links = classic("warc | links", &archive);
    assert_eq!(links, b"http://a/dir/x\nhttp://b/y\n");
    let urls = filter("warc", &["--urls"], &archive);
    let expected = "200 text/html http://a/dir/one\n200 text/html http://b/two\n\
        200 text/plain http://b/text\n";
    assert_eq!(String::from_utf8(urls).unwrap(), expected);
}

#[test]
fn compressed_as_a_whole_and_by_record() {
    let records = records();
    let expected = filter("warc", &[], &records.concat());
    let whole = gzip(&records.concat());
    assert!(filter("warc", &[], &whole) == expected);
    let members: Vec<u8> = records.iter().flat_map(|record| gzip(record)).collect();
    assert!(filter("warc", &[], &members) == expected);
    // A cut between two members looks complete; each other one is an error. (A single byte is a text.)
    let mut ends = vec![0];
    for record in &records {
        ends.push(ends.last().unwrap() + gzip(record).len());
    }
    for cut in (2..members.len()).step_by(17).chain(ends.clone()) {
        let path = file(&members[..cut]);
        let ran = run(program("warc").arg(path.path()), b"");
        let object = argument(path.path());
        let expected = match ends.contains(&cut) {
            true => (0, String::new()),
            false => (1, format!("warc: {object}: truncated gzip data\n")),
        };
        assert_eq!((ran.status, ran.stderr), expected, "{cut}");
    }
}

#[test]
fn failures_are_named_and_the_rest_is_written() {
    let broken = response(
        "http://u:secret@h/",
        "text/html\r\nContent-Encoding: pack",
        b"x",
    );
    let [one, two, three] = records();
    let archive = file(&[&one[..], &broken, &two].concat());
    let cut = file(&three[..three.len() - 1]);
    let (first, second) = (argument(archive.path()), argument(cut.path()));
    let line = format!("warc {first} {second} - | untag");
    let ran = run(&mut shell(&format!("set -o pipefail; {line}")), &two);
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(text, format!("{TEXT}Two y\n"));
    let expected = format!(
        "warc: http://h/: content encoding pack not understood\n\
         warc: {second}: record 1: truncated\n"
    );
    assert_eq!((ran.status, ran.stderr), (1, expected));
    let ran = run(&mut program("warc"), b"<html>");
    let expected = "warc: stdin: not a web archive (it does not begin with WARC/1.0)\n";
    assert_eq!((ran.status, &ran.stderr[..]), (1, expected));
}

#[test]
fn wrong_usage() {
    for (args, cause) in [
        (["--url", "("], "--url: unclosed group"),
        (
            ["--type", "html"],
            "invalid type (use one like text/html, text/* or */*)",
        ),
    ] {
        let ran = run(program("warc").args(args), b"");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0));
        assert!(ran.stderr.contains(cause), "{}", ran.stderr);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_constant() {
    // A body of 200 MB in 64 MB of address space.
    let line = "{ printf 'WARC/1.0\\r\\nWARC-Type: response\\r\\nWARC-Target-URI: http://h/\\r\\n\
        Content-Length: 200000044\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\n\\r\\n'; \
        head -c 200000000 /dev/zero | tr '\\0' x; printf '\\r\\n\\r\\n'; } | \
        { ulimit -v 65536; warc --no-decompress; } | wc -c";
    let size = classic(line, b"");
    let marks = b"<base data-page=\"http://h/\" href=\"http://h/\">\n\n<base data-page=\"\">\n";
    let expected = format!("{}\n", 200_000_000 + marks.len());
    assert_eq!(String::from_utf8(size).unwrap(), expected);
}

/// What wget stores, with and without compression, is what fetch gets from the same server.
#[test]
fn archives_of_wget() {
    if !installed("wget", "GNU Wget") {
        return;
    }
    let server = Server::start(|request| {
        let coded = gzip(b"<p>coded <a href=/plain>plain</a>");
        vec![Step::Send(match request.path.as_str() {
            "/" => page(
                &["Content-Type: text/html"],
                b"<a href=/plain>a</a> <a href=/chunked>b</a> <a href=/coded>c</a> \
                  <a href=/latin>d</a> <a href=/gone>e</a> <a href=/x.css>f</a>",
            ),
            "/plain" => page(
                &["Content-Type: text/plain; charset=utf-8"],
                b"plain text\n",
            ),
            "/chunked" => b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\
                Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
                8;x=y\r\n<p>chunk\r\n5\r\ns</p>\r\n0\r\nX: y\r\n\r\n"
                .to_vec(),
            "/coded" => page(
                &["Content-Type: text/html", "Content-Encoding: gzip"],
                &coded,
            ),
            "/latin" => page(
                &["Content-Type: text/html; charset=iso-8859-1"],
                b"<p>\xE9t\xE9 <a href='?\xE9'>x</a>",
            ),
            "/x.css" => page(&["Content-Type: text/css"], b"p{}"),
            _ => status("404 Not Found"),
        })]
    });
    let folder = tempfile::tempdir().unwrap();
    let url = server.url("/");
    for (option, ending) in [("--no-warc-compression", "warc"), ("--warc-cdx", "warc.gz")] {
        let line = format!(
            "wget -q -r -l 1 -e robots=off --compression=auto --warc-file=site {option} {url} || [[ $? == 8 ]]; \
             rm -rf 127*; warc --urls site.{ending} | sort"
        );
        let ran = run(shell(&line).current_dir(&folder), b"");
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
        let urls = String::from_utf8(ran.stdout).unwrap();
        for page in [
            "200 text/html {}",
            "200 text/plain {}plain",
            "200 text/html {}chunked",
            "200 text/html {}latin",
        ] {
            let line = page.replace("{}", &url);
            assert!(urls.lines().any(|own| own == line), "{line}\n{urls}");
        }
        assert!(
            urls.lines()
                .any(|line| line.starts_with("404 ") && line.ends_with("/gone"))
        );
        // fetch gets the same bodies, and --base marks them.
        for name in ["", "chunked", "coded", "latin"] {
            let line = format!(
                "cmp <(warc --url '{url}{name}$' site.{ending}) <(fetch --base {url}{name})"
            );
            let ran = run(shell(&line).current_dir(&folder), b"");
            assert_eq!(
                (ran.status, ran.stdout, ran.stderr),
                (0, Vec::new(), String::new()),
                "{name}"
            );
        }
        let line = format!("warc site.{ending} | untag | words | sort | uniq | tr '\\n' ' '");
        let ran = run(shell(&line).current_dir(&folder), b"");
        let words = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(
            words,
            "a b c chunks coded d e f plain text x \u{e9}t\u{e9} "
        );
        std::fs::remove_file(folder.path().join(format!("site.{ending}"))).unwrap();
    }
}

/// warcio removes chunks and content encodings, too.
#[test]
fn warcio_reads_the_same() {
    let script = "
import sys
from warcio.archiveiterator import ArchiveIterator
for record in ArchiveIterator(sys.stdin.buffer):
    if record.rec_type == 'response' and record.http_headers.get_statuscode() == '200':
        body = record.content_stream().read()
        kind = record.http_headers.get_header('Content-Type')
        if 'iso-8859-1' in kind:
            body = body.decode('iso-8859-1').encode()
        sys.stdout.buffer.write(body)
";
    if !installed("python3", "Python 3") {
        return;
    }
    let has_module = run(&mut python("import warcio"), b"").status == 0;
    if !has_module {
        return skipped("Python has no warcio");
    }
    let archive = std::fs::read(repository("tests/data/site.warc")).unwrap();
    let archive = [archive, records().concat()].concat();
    let ran = run(&mut python(script), &archive);
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    let text = String::from_utf8(filter("warc", &[], &archive)).unwrap();
    let is_text = |line: &&str| !line.starts_with("<base data-page=");
    let text: String = text.lines().filter(is_text).collect();
    // A newline ends each page in front of its mark.
    let expected = String::from_utf8(ran.stdout).unwrap().replace('\n', "");
    assert_eq!(text, expected);
}

fn python(script: &str) -> Command {
    let mut python = Command::new("python3");
    python.args(["-c", script]);
    python
}

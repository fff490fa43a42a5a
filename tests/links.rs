//! `links` as a process.

use crate::process::{filter, program, run, shell};

const BASE: &str = "--base=http://host/dir/page";

fn links(args: &[&str], page: &str) -> String {
    String::from_utf8(filter("links", args, page.as_bytes())).unwrap()
}

#[test]
fn options_select_links() {
    let page = "<a href='a?b&amp;c#d'><a href=#e><a href=mailto:f@g><img src=h><link href=i>\
                <a href=j@k><a href=ftp://l/>";
    assert_eq!(
        links(&[BASE], page),
        "http://host/dir/a?b&c\nhttp://host/dir/h\nhttp://host/dir/j@k\n"
    );
    assert_eq!(
        links(&[BASE, "--fragments"], page),
        "http://host/dir/a?b&c#d\nhttp://host/dir/page#e\nhttp://host/dir/h\nhttp://host/dir/j@k\n"
    );
    assert_eq!(
        links(&[BASE, "--schemes", "--all"], page),
        "http://host/dir/a?b&c\nmailto:f@g\nhttp://host/dir/h\nhttp://host/dir/i\n\
         http://host/dir/j@k\nftp://l/\n"
    );
}

#[test]
fn a_local_page_leads_to_files() {
    let page = "<a href=x.html><a href=file:///etc/y><a href=http://h/>";
    assert_eq!(
        links(&["--base=file:///dir/page.html"], page),
        "file:///dir/x.html\nfile:///etc/y\nhttp://h/\n"
    );
    // Pages from the web do not lead to them.
    assert_eq!(links(&[BASE], page), "http://host/dir/x.html\nhttp://h/\n");
}

#[test]
fn an_invalid_url_is_reported_and_the_rest_is_read() {
    let page = b"<a href='http://[\x1b'><a href=x><base href=http://b/><a href=y>";
    let ran = run(&mut program("links"), page);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout, b"http://b/y\n");
    assert_eq!(
        ran.stderr,
        "links: http://[: invalid URL: invalid IPv6 address\n\
         links: x: relative, and there is no base URL\n"
    );
}

#[test]
fn an_invalid_base_is_wrong_usage() {
    for base in ["--base=", "--base=page.html", "--base=http://["] {
        let ran = run(program("links").arg(base), b"");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{base}");
        assert!(ran.stderr.starts_with("links: --base: "), "{}", ran.stderr);
    }
}

#[test]
fn each_file_is_a_page() {
    let ran = run(
        &mut shell(
            "links --base http://h/ <(printf '<base href=/b/><script>') \
             /no/such/file <(printf '<a href=x>')",
        ),
        b"",
    );
    assert_eq!((ran.status, &ran.stdout[..]), (1, &b"http://h/x\n"[..]));
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_constant() {
    // 50 MB each, of which at most one URL is kept; the limit is 32.
    for (start, unit, status) in [
        ("<a href='", "value ", 0),
        ("<a href='x'", " href=x", 0),
        ("<a ", "id=x", 0),
        ("<!--", "-comment", 0),
        ("<style>a{b:url(", "css", 1),
        ("<style>", "/* css ", 0),
        ("<", "tag", 0),
        ("", "<svg><desc>", 0),
        ("", "<template>", 0),
        ("<script>", "<!--<script>", 0),
        ("<p>", "<a href=x>", 0),
    ] {
        let line = format!(
            "{{ printf '%s' \"{start}\"; yes '{unit}' | tr -d '\\n' | head -c 50000000 || true; }} | \
             {{ ulimit -v 32768; links --all {BASE}; }} | tail -c 1 >/dev/null"
        );
        let ran = run(&mut shell(&format!("set -o pipefail; {line}")), b"");
        assert_eq!(ran.status, status, "{start} {unit}: {}", ran.stderr);
    }
}

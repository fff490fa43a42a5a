//! Folders of files, checked without a server.

use super::{program, site};
use crate::process::{Ran, argument, run};
use crate::server::{Request, Server, Step, head, page, status};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// A site with all kinds of broken links to files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("public");
    for (path, text) in [
        (
            "index.html",
            "<a href=/docs>docs</a><a href='a%20b.html#there'>a</a><a href=a%20b.html#no>b</a>\n\
             <a href=/missing.html>m</a><img src=img/x.png><img src=/img/y.png><a href=#top>t</a>\n\
             <link rel=stylesheet href=/style.css><a href=docs/#intro>i</a><a href='../up.html'>u</a>",
        ),
        (
            "a b.html",
            "<p id=there><a href=docs/index.html#no>x</a><a href=img/>i</a>",
        ),
        (
            "docs/index.html",
            "<h1 id=intro>i</h1><a href=../a%20b.html>a</a><a href=part.xhtml>p</a>",
        ),
        (
            "docs/part.xhtml",
            "<html xmlns='http://www.w3.org/1999/xhtml'><a href='none'/></html>",
        ),
        ("up.html", "<a name=x></a><a href=#x>x</a><a href=#y>y</a>"),
        (
            "style.css",
            "body { background: url(img/z.png), url(img/x.png) }",
        ),
        ("img/x.png", "\u{0}"),
        (".hidden.html", "<a href=never>n</a>"),
    ] {
        let path = top.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The output, sorted and without causes; the messages, and the status.
fn check(args: &[&str], from: &str, to: &str) -> (Vec<String>, String, i32) {
    let Ran {
        status,
        stdout,
        stderr,
    } = run(&mut program(args), b"");
    let stdout = String::from_utf8(stdout).unwrap().replace(from, to);
    let mut lines: Vec<String> = stdout
        .lines()
        .map(|line| line.split(" (").next().unwrap().to_string())
        .collect();
    lines.sort();
    (lines, stderr.replace(from, to), status)
}

/// A server for the files of a folder, like nginx.
fn served(top: &Path) -> Server {
    let top = top.to_path_buf();
    Server::start(move |request: &Request| {
        let path = request.path.split('?').next().unwrap().replace("%20", " ");
        let mut file = top.join(&path[1..]);
        if file.is_dir() && !path.ends_with('/') {
            let location = format!("Location: {path}/");
            return vec![Step::send(head(
                "301 Moved Permanently",
                &[&location, "Content-Length: 0"],
            ))];
        }
        if path.ends_with('/') {
            file.push("index.html");
        }
        let label = match file.extension().and_then(|ending| ending.to_str()) {
            Some("html") => "text/html",
            Some("xhtml") => "application/xhtml+xml",
            Some("css") => "text/css",
            _ => "image/png",
        };
        vec![Step::send(match fs::read(&file) {
            Ok(text) => page(&[&format!("Content-Type: {label}")], &text),
            Err(_) => status("404 Not Found"),
        })]
    })
}

#[test]
fn the_same_broken_links_as_over_http() {
    let folder = folder();
    let top = folder.path().join("public");
    let server = served(&top);
    let (mut over_http, _, status) = check(&[&server.url("/index.html")], &server.url("/"), "");
    // Not linked to from the start; all pages of a folder count.
    let (others, ..) = check(&[&server.url("/up.html")], &server.url("/"), "");
    over_http.extend(others);
    over_http.sort();
    over_http.dedup();
    let name = format!("{}/", top.display());
    let (files, said, same) = check(&[argument(&top)], &name, "");
    assert_eq!(files, over_http, "{said}");
    assert_eq!((status, same), (1, 1));
    assert_eq!(files.len(), 8, "{files:?}");
    assert!(said.contains("5 pages"), "{said}");
}

#[test]
fn a_file_and_the_root_it_is_in() {
    let folder = folder();
    let top = folder.path().join("public");
    let file = top.join("docs/index.html");
    let name = format!("{}/", top.display());
    let args = ["--root", argument(&top), argument(&file)];
    let (lines, said, status) = check(&args, &name, "");
    assert_eq!(status, 1, "{said}");
    assert_eq!(
        lines,
        [
            "Broken link a%20b.html -> docs/index.html#no",
            "Broken link a%20b.html -> img/",
            "Broken link docs/part.xhtml -> docs/none",
        ]
    );
    // Without a root, the site is the folder of the file.
    let name = format!("{}/", top.join("docs").display());
    let (lines, ..) = check(&[argument(&file)], &name, "");
    let broken = ["index.html -> a%20b.html", "part.xhtml -> none"];
    assert_eq!(lines, broken.map(|line| format!("Broken link {line}")));
    // Reports name paths as they were typed, and patterns match these.
    let mut command = program(&[
        "--exclude",
        "^public/img/",
        "--exclude",
        "missing|none|#|/z",
        "public",
    ]);
    let ran = run(command.current_dir(folder.path()), b"");
    assert_eq!(
        (String::from_utf8(ran.stdout).unwrap().as_str(), ran.status),
        ("", 0)
    );
}

#[test]
fn what_is_not_followed_or_cannot_be_read() {
    let folder = folder();
    let top = folder.path().join("public");
    fs::write(folder.path().join("secret.html"), "<a href=x>x</a>").unwrap();
    symlink("../secret.html", top.join("out.html")).unwrap();
    symlink("docs", top.join("alias")).unwrap();
    fs::write(
        top.join("up.html"),
        "<a href=out.html>o</a><a href=alias/#intro>a</a>",
    )
    .unwrap();
    let ran = run(&mut program(&["-q", argument(&top.join("up.html"))]), b"");
    let out = format!(
        "Broken link {0}/up.html -> {0}/out.html (a symbolic link that leads out of the folder)\n",
        top.display()
    );
    let lines = String::from_utf8(ran.stdout).unwrap();
    assert!(lines.contains(&out), "{lines}");
    assert!(!lines.contains("secret.html"), "{lines}");

    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let ran = run(&mut program(&["-q", argument(&empty)]), b"");
    let said = format!("linkcheck: {}/: no HTML file in it\n", empty.display());
    assert_eq!((ran.status, ran.stderr), (1, said));

    let missing = folder.path().join("missing");
    let ran = run(&mut program(&[argument(&missing)]), b"");
    let said = format!(
        "linkcheck: {}: No such file or directory\n",
        missing.display()
    );
    assert_eq!((ran.status, ran.stderr), (2, said));
    let ran = run(
        &mut program(&["--root", argument(&empty), argument(&top)]),
        b"",
    );
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains(": not in the folder "),
        "{}",
        ran.stderr
    );
    let server = site([]);
    let ran = run(
        &mut program(&["--root", argument(&empty), &server.url("/")]),
        b"",
    );
    assert_eq!(ran.status, 2);

    // Root reads everything.
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(top.join("docs"), fs::Permissions::from_mode(0o000)).unwrap();
        let ran = run(&mut program(&["-q", argument(&top)]), b"");
        let said = format!("linkcheck: {}/docs: Permission denied\n", top.display());
        assert_eq!(ran.status, 1);
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
        fs::set_permissions(top.join("docs"), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn annotations_name_file_and_line() {
    let folder = folder();
    let mut command = program(&["-q", "--format=github", "public/up.html"]);
    let ran = run(command.current_dir(folder.path()), b"");
    assert_eq!(
        String::from_utf8(ran.stdout).unwrap(),
        "::error title=linkcheck,file=public/up.html,line=1::Broken link public/up.html -> \
         public/up.html#y (no #y on that page)\n"
    );
}

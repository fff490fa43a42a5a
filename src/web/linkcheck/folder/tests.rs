//! Folders in a temporary directory.

use super::*;
use std::ffi::OsStr;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use url::Url;

fn site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    let add = |path: &str| {
        let path = site.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    };
    for path in [
        "site/index.html",
        "site/a b.HTM",
        "site/dir/index.html",
        "site/dir/x.css",
    ] {
        add(path);
    }
    let odd = site.path().join("odd");
    fs::create_dir(&odd).unwrap();
    for name in [&b"a%b?c#d.html"[..], b"\xFF^{}.html", b" x \t.html"] {
        fs::write(odd.join(OsStr::from_bytes(name)), "x").unwrap();
    }
    add("site/.git/index.html");
    add("site/empty/note.txt");
    add("secret.html");
    symlink("../secret.html", site.path().join("site/out.html")).unwrap();
    symlink("dir/index.html", site.path().join("site/in.html")).unwrap();
    symlink("dir", site.path().join("site/other")).unwrap();
    site
}

#[test]
fn what_is_at_a_url() {
    let site = site();
    let top = site.path().join("site");
    let folder = Folder::new(&top, None, 1).unwrap();
    let root = fs::canonicalize(&top).unwrap();
    let file = |path: &str| Ok(Target::File(root.join(path)));
    let find = |path: &str| {
        let found = folder.find(&format!("{}{path}", folder.origin()));
        found.map_err(|cause| cause.text)
    };
    assert_eq!(find(""), file("index.html"));
    assert_eq!(find("index.html?q=/x"), file("index.html"));
    assert_eq!(find("a%20b.HTM"), file("a b.HTM"));
    assert_eq!(find("dir/"), file("dir/index.html"));
    assert_eq!(find("other/x.css"), file("dir/x.css"));
    let slash = format!("{}dir/", folder.origin());
    assert_eq!(find("dir"), Ok(Target::Folder(slash)));
    let outside = Err("a symbolic link that leads out of the folder".to_string());
    assert_eq!(find("out.html"), outside);
    for missing in [
        "no.html",
        "empty/",
        "..%2Fsecret.html",
        "%00",
        "index.html/",
        "a%FF",
    ] {
        assert!(find(missing).is_err(), "{missing}");
    }
    let plain = |path: &str| folder.plain(&format!("{}{path}", folder.origin()));
    let of = |path: &str| Some(format!("{}{path}", folder.origin()));
    assert_eq!(plain(""), of("index.html"));
    assert_eq!(plain("dir/?q=/"), of("dir/index.html"));
    assert_eq!(plain("x.html?q"), of("x.html"));
    assert_eq!(plain("x.html"), None);
    let shown = folder.shown(&format!("{}dir/#x", folder.origin()));
    assert_eq!(shown, Some(format!("{}/dir/#x", top.display())));
    assert_eq!(folder.shown("http://a.example/"), None);
}

#[test]
fn all_pages_of_a_folder() {
    let site = site();
    let pages = |path: &str, root: Option<&str>| {
        let root = root.map(|root| site.path().join(root));
        let folder = Folder::new(&site.path().join(path), root.as_deref(), 1).unwrap();
        let mut pages = Vec::new();
        let take = |url: &str| {
            pages.push(url.strip_prefix(folder.origin()).unwrap().to_string());
            ControlFlow::Continue(())
        };
        folder.pages(take, |object, cause| panic!("{object}: {cause}"));
        pages.sort();
        pages
    };
    let all = ["a%20b.HTM", "dir/index.html", "in.html", "index.html"];
    assert_eq!(pages("site", None), all);
    assert_eq!(pages("site/dir", Some("site")), ["dir/index.html"]);
    assert!(pages("site/empty", None).is_empty());
    // Each is found again by its URL, which is as links have it.
    assert_eq!(pages("odd", None).len(), 3);
    let odd = pages("odd", None).concat();
    let base = Url::parse("http://a/").unwrap();
    for link in ["a%25b%3Fc%23d.html", "%FF^{}.html"] {
        let link = base.join(link).unwrap();
        assert!(odd.contains(&link.path()[1..]), "{odd} {link}");
    }
}

#[test]
fn where_to_begin() {
    let site = site();
    let path = |path: &str| site.path().join(path);
    let folder = Folder::new(&path("site/dir/index.html"), Some(&path("site")), 2).unwrap();
    assert_eq!(
        folder.start(),
        Some("http://folder2.localhost/dir/index.html")
    );
    let folder = Folder::new(&path("site/a b.HTM"), None, 1).unwrap();
    assert_eq!(folder.start(), Some("http://folder1.localhost/a%20b.HTM"));
    for (start, root, cause) in [
        ("no", None, "No such file or directory"),
        ("site", Some("no"), "No such file or directory"),
        ("secret.html", Some("site"), "not in the folder"),
    ] {
        let root = root.map(path);
        let error = Folder::new(&path(start), root.as_deref(), 1).unwrap_err();
        assert!(error.to_string().contains(cause), "{error}");
    }
}

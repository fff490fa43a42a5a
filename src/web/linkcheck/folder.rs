//! A folder of HTML files, checked as a site without a server.
//!
//! Its files have URLs of a host that exists in this process only, so that links
//! resolve as they would on a server: `/x` is in the root, `dir/` is `dir/index.html`,
//! `dir` redirects to `dir/`, a query changes nothing. Each file is read once. Reports call the files by their
//! paths. A symbolic link that leads out of the folder is not followed.

use super::cause::Cause;
use crate::common::error::{Error, cause};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use url::Url;

/// The file that stands for a folder.
const INDEX: &str = "index.html";

/// Why a FIFO or a device is not read.
const NOT_A_FILE: &str = "not a regular file";

/// What a name may have that would not be part of it in a URL, or be encoded otherwise.
const SPECIAL: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'\\');

/// The endings of names of HTML files.
const PAGES: [&str; 4] = ["html", "htm", "xhtml", "xht"];

/// A folder, and where to begin in it.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The top of the site, without symbolic links.
    root: PathBuf,
    /// What reports call it, with a `/` at its end.
    name: String,
    /// What the URLs of its files begin with, with a `/` at its end.
    origin: String,
    /// The file to begin with; without it, all pages of a folder in the site.
    start: Option<String>,
    /// Where these pages are.
    top: PathBuf,
    /// Folders in the site that are reached without symbolic links.
    unlinked: Arc<Mutex<HashSet<PathBuf>>>,
}

/// What is at a URL of a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum There {
    /// This file.
    File(PathBuf),
    /// A folder, whose URL ends in a `/`.
    Folder(String),
}

impl Folder {
    /// A folder, all pages of which are checked, or a file to begin with. It is the top of
    /// the site, or is in `root`. `n` tells it from others. The error names the path.
    pub fn new(path: &Path, root: Option<&Path>, n: usize) -> Result<Folder, Error> {
        let failed = |path: &Path| {
            let name = path.display().to_string();
            move |error| Error::Read(error).of(name)
        };
        let place = fs::canonicalize(path).map_err(failed(path))?;
        let is_folder = place.is_dir();
        // To open a FIFO would be to wait for its writer.
        if !is_folder && !place.is_file() {
            return Err(failed(path)(io::Error::other(NOT_A_FILE)));
        }
        // An error here is better than none later.
        match is_folder {
            true => fs::read_dir(&place).map(drop),
            false => fs::File::open(&place).map(drop),
        }
        .map_err(failed(path))?;
        let above = match root {
            Some(root) => root,
            None if is_folder => path,
            None => match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            },
        };
        let root = fs::canonicalize(above).map_err(failed(above))?;
        let Ok(inside) = place.strip_prefix(&root) else {
            let cause = format!("not in the folder {}", above.display());
            return Err(failed(path)(io::Error::other(cause)));
        };
        let mut name = above.to_string_lossy().into_owned();
        if !name.ends_with('/') {
            name.push('/');
        }
        let mut folder = Folder {
            origin: format!("http://folder{n}.localhost/"),
            start: None,
            top: place.clone(),
            unlinked: Arc::default(),
            name,
            root,
        };
        if !is_folder {
            folder.start = folder.url(inside);
        }
        Ok(folder)
    }

    /// The URL of a file, by its path from the root on.
    fn url(&self, path: &Path) -> Option<String> {
        let parts = path
            .iter()
            .map(|part| percent_encode(part.as_bytes(), SPECIAL));
        let path = parts
            .map(|part| part.to_string())
            .collect::<Vec<_>>()
            .join("/");
        // The parser encodes what links encode.
        Some(Url::parse(&format!("{}{path}", self.origin)).ok()?.into())
    }

    /// The URL of the file to begin with; None if it is a whole folder.
    pub(super) fn start(&self) -> Option<&str> {
        self.start.as_deref()
    }

    /// The URL of the root, of which all others are continuations.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// What reports call a URL of this folder; None if it is another's.
    pub(super) fn shown(&self, url: &str) -> Option<String> {
        let path = url.strip_prefix(&self.origin)?;
        Some(format!("{}{path}", self.name))
    }

    /// The URL of the file that another URL of this folder stands for: without a query,
    /// and with the name of the index.
    pub(super) fn plain(&self, url: &str) -> Option<String> {
        let path = &url[..url.find(['?', '#']).unwrap_or(url.len())];
        let index = if path.ends_with('/') { INDEX } else { "" };
        let plain = format!("{path}{index}");
        (plain != url).then_some(plain)
    }

    /// The path of the file at a URL, for people and tools that open it.
    pub(super) fn path(&self, url: &str) -> Option<String> {
        let path = self.shown(url)?;
        let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
        Some(percent_decode_str(path).decode_utf8_lossy().into_owned())
    }

    /// What is at a URL of this folder. The cause is why there is nothing.
    pub(super) fn find(&self, url: &str) -> Result<There, Cause> {
        let path = url.strip_prefix(&self.origin).unwrap_or(url);
        let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        let inside = Path::new(OsStr::from_bytes(&decoded));
        let is_plain = |part| matches!(part, Component::Normal(_));
        // An encoded slash may hide a `..`.
        if decoded.contains(&0) || !inside.components().all(is_plain) {
            return Err(Cause::file(&io::Error::from_raw_os_error(libc::ENOENT)));
        }
        let mut file = self.root.join(inside);
        let is_folder = path.is_empty() || path.ends_with('/');
        if is_folder {
            file.push(INDEX);
        }
        let place = self.place(file).map_err(|error| Cause::file(&error))?;
        match place {
            None => Err(Cause::outside()),
            Some((_, kind)) if kind.is_dir() => {
                Ok(There::Folder(format!("{}{path}/", self.origin)))
            }
            Some((file, kind)) if kind.is_file() => Ok(There::File(file)),
            Some(_) => Err(Cause::file(&io::Error::other(NOT_A_FILE))),
        }
    }

    /// Where a file of the site is, symbolic links followed, and of which kind it is; None
    /// if that is not in the site.
    fn place(&self, file: PathBuf) -> io::Result<Option<(PathBuf, FileType)>> {
        let unlinked = || {
            self.unlinked
                .lock()
                .unwrap_or_else(|held| held.into_inner())
        };
        let parent = file.parent().unwrap_or(&self.root);
        let metadata = fs::symlink_metadata(&file)?;
        if !metadata.is_symlink() && unlinked().contains(parent) {
            return Ok(Some((file, metadata.file_type())));
        }
        let place = fs::canonicalize(&file)?;
        if !place.starts_with(&self.root) {
            return Ok(None);
        }
        if place == file {
            unlinked().insert(parent.to_path_buf());
        }
        let kind = fs::metadata(&place)?.file_type();
        Ok(Some((place, kind)))
    }

    /// Hands the URL of every page to `take`, and what could not be read to `failed`.
    pub(super) fn pages(
        &self,
        mut take: impl FnMut(&str) -> Result<(), Error>,
        mut failed: impl FnMut(&str, &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut folders = vec![self.top.clone()];
        while let Some(folder) = folders.pop() {
            let mut told = |error: &io::Error| {
                let inside = folder.strip_prefix(&self.root).unwrap_or(&folder);
                failed(&format!("{}{}", self.name, inside.display()), &cause(error))
            };
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    told(&error)?;
                    continue;
                }
            };
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        told(&error)?;
                        break;
                    }
                };
                // Like shells and servers: names that begin with a dot are not for readers.
                if entry.file_name().as_bytes().starts_with(b".") {
                    continue;
                }
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    // A symbolic link to a folder in the site is another name for it.
                    Ok(kind) if kind.is_file() || kind.is_symlink() => {
                        let inside = path.strip_prefix(&self.root).ok();
                        let url = inside
                            .filter(|_| is_page(&path))
                            .and_then(|path| self.url(path));
                        if let Some(url) = url
                            && (kind.is_file() || matches!(self.find(&url), Ok(There::File(_))))
                        {
                            take(&url)?;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Whether it is an HTML file, by its name.
fn is_page(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| PAGES.iter().any(|page| page.eq_ignore_ascii_case(ending)))
}

/// The folder that a URL is in, if it is in one.
pub(super) fn of<'a>(folders: &'a [Folder], url: &str) -> Option<&'a Folder> {
    folders
        .iter()
        .find(|folder| url.starts_with(&folder.origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

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
        let file = |path: &str| Ok(There::File(root.join(path)));
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
        assert_eq!(find("dir"), Ok(There::Folder(slash)));
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
                Ok(())
            };
            folder
                .pages(take, |object, cause| panic!("{object}: {cause}"))
                .unwrap();
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
}

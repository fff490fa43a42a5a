//! A folder, and the URLs of its files.

use super::super::problem::Problem;
use crate::common::error::Error;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use std::collections::HashSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use url::Url;

/// The file at the URL of a folder.
pub(super) const INDEX: &str = "index.html";

/// Characters of names that are percent-encoded in URLs.
const SPECIAL: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'\\');

/// A folder, and where to begin in it.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The top of the site, without symbolic links.
    pub(super) root: PathBuf,
    /// Its name in reports, with a `/` at its end.
    pub(super) name: String,
    /// The prefix of the URLs of its files, with a `/` at its end.
    pub(super) origin: String,
    /// The URL of the file to begin with; `None` if all pages of `top` are checked.
    pub(super) start: Option<String>,
    /// The folder of these pages.
    pub(super) top: PathBuf,
    /// Folders in the site that are reached without symbolic links.
    pub(super) unlinked: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Folder {
    /// A folder whose pages are checked, or a file to begin with. It is the top of the
    /// site, or is in `root`. Each folder needs another `n`. The error names the path.
    pub fn new(path: &Path, root: Option<&Path>, n: usize) -> Result<Folder, Error> {
        let failed = |path: &Path| {
            let name = path.display().to_string();
            move |error| Error::Read(error).of(name)
        };
        let place = fs::canonicalize(path).map_err(failed(path))?;
        let is_folder = place.is_dir();
        // Opening a FIFO would wait for its writer.
        if !is_folder && !place.is_file() {
            return Err(Error::from(Problem::NotAFile).of(path.display().to_string()));
        }
        // An unreadable start is an error now.
        match is_folder {
            true => fs::read_dir(&place).map(drop),
            false => fs::File::open(&place).map(drop),
        }
        .map_err(failed(path))?;
        let above = root.unwrap_or_else(|| folder_of(path, is_folder));
        let root = fs::canonicalize(above).map_err(failed(above))?;
        let Ok(inside) = place.strip_prefix(&root) else {
            let problem = Problem::NotInFolder(above.to_path_buf());
            return Err(Error::from(problem).of(path.display().to_string()));
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
    pub(super) fn url(&self, path: &Path) -> Option<String> {
        let parts = path
            .iter()
            .map(|part| percent_encode(part.as_bytes(), SPECIAL));
        let path = parts
            .map(|part| part.to_string())
            .collect::<Vec<_>>()
            .join("/");
        // The parser encodes the other characters.
        Some(Url::parse(&format!("{}{path}", self.origin)).ok()?.into())
    }

    /// The URL of the file to begin with; None if it is a whole folder.
    pub(crate) fn start(&self) -> Option<&str> {
        self.start.as_deref()
    }

    /// The URL of the root, with which all others begin.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The name of a URL in reports; `None` if it is not in this folder.
    pub(crate) fn shown(&self, url: &str) -> Option<String> {
        let path = url.strip_prefix(&self.origin)?;
        Some(format!("{}{path}", self.name))
    }

    /// The URL of the file for a URL of this folder, without a query, and with the name
    /// of the index; `None` if it is the same.
    pub(crate) fn plain(&self, url: &str) -> Option<String> {
        let path = &url[..url.find(['?', '#']).unwrap_or(url.len())];
        let index = if path.ends_with('/') { INDEX } else { "" };
        let plain = format!("{path}{index}");
        (plain != url).then_some(plain)
    }

    /// The path of the file at a URL.
    pub(crate) fn path(&self, url: &str) -> Option<String> {
        let path = self.shown(url)?;
        let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
        Some(percent_decode_str(path).decode_utf8_lossy().into_owned())
    }
}

/// The folder that is the site if no other is given: the one at `path`, or that of a file.
fn folder_of(path: &Path, is_folder: bool) -> &Path {
    match path.parent() {
        _ if is_folder => path,
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The folder that a URL is in, if it is in one.
pub(crate) fn of<'a>(folders: &'a [Folder], url: &str) -> Option<&'a Folder> {
    folders
        .iter()
        .find(|folder| url.starts_with(&folder.origin))
}

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

/// The file that stands for a folder.
pub(super) const INDEX: &str = "index.html";

/// What a name may have that would not be part of it in a URL, or be encoded otherwise.
const SPECIAL: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'\\');

/// A folder, and where to begin in it.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The top of the site, without symbolic links.
    pub(super) root: PathBuf,
    /// What reports call it, with a `/` at its end.
    pub(super) name: String,
    /// What the URLs of its files begin with, with a `/` at its end.
    pub(super) origin: String,
    /// The file to begin with; without it, all pages of a folder in the site.
    pub(super) start: Option<String>,
    /// Where these pages are.
    pub(super) top: PathBuf,
    /// Folders in the site that are reached without symbolic links.
    pub(super) unlinked: Arc<Mutex<HashSet<PathBuf>>>,
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
            return Err(Error::from(Problem::NotAFile).of(path.display().to_string()));
        }
        // An error here is better than none later.
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
        // The parser encodes what links encode.
        Some(Url::parse(&format!("{}{path}", self.origin)).ok()?.into())
    }

    /// The URL of the file to begin with; None if it is a whole folder.
    pub(crate) fn start(&self) -> Option<&str> {
        self.start.as_deref()
    }

    /// The URL of the root, of which all others are continuations.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// What reports call a URL of this folder; None if it is another's.
    pub(crate) fn shown(&self, url: &str) -> Option<String> {
        let path = url.strip_prefix(&self.origin)?;
        Some(format!("{}{path}", self.name))
    }

    /// The URL of the file that another URL of this folder stands for: without a query,
    /// and with the name of the index.
    pub(crate) fn plain(&self, url: &str) -> Option<String> {
        let path = &url[..url.find(['?', '#']).unwrap_or(url.len())];
        let index = if path.ends_with('/') { INDEX } else { "" };
        let plain = format!("{path}{index}");
        (plain != url).then_some(plain)
    }

    /// The path of the file at a URL, for people and tools that open it.
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

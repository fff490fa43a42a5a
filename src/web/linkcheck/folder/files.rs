//! The files of a folder: which one is at a URL, and which are pages.

use super::super::cause::Cause;
use super::site::{Folder, INDEX};
use crate::common::error::cause;
use percent_encoding::percent_decode_str;
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The file name extensions of pages.
const PAGES: [&str; 4] = ["html", "htm", "xhtml", "xht"];

/// The target of a URL of a folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// This file.
    File(PathBuf),
    /// A folder, whose URL ends in a `/`.
    Folder(String),
}

impl Folder {
    /// The target of a URL of this folder, or why there is none.
    pub(in crate::web::linkcheck) fn find(&self, url: &str) -> Result<Target, Cause> {
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
                Ok(Target::Folder(format!("{}{path}/", self.origin)))
            }
            Some((file, kind)) if kind.is_file() => Ok(Target::File(file)),
            Some(_) => Err(Cause::not_a_file()),
        }
    }

    /// The path of a file of the site, symbolic links resolved, and its type; `None` if
    /// it is outside the site.
    fn place(&self, file: PathBuf) -> io::Result<Option<(PathBuf, FileType)>> {
        let unlinked = || {
            self.unlinked
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
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

    /// Passes the URL of every page to `take`, until that breaks, and everything that
    /// cannot be read to `failed`, with its cause.
    pub(crate) fn pages(
        &self,
        mut take: impl FnMut(&str) -> ControlFlow<()>,
        mut failed: impl FnMut(&str, &str),
    ) {
        let mut folders = vec![self.top.clone()];
        while let Some(folder) = folders.pop() {
            let mut failed = |error: &io::Error| {
                let inside = folder.strip_prefix(&self.root).unwrap_or(&folder);
                failed(&format!("{}{}", self.name, inside.display()), &cause(error));
            };
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    failed(&error);
                    continue;
                }
            };
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        failed(&error);
                        break;
                    }
                };
                // Shells and servers hide names that begin with a dot, too.
                if entry.file_name().as_bytes().starts_with(b".") {
                    continue;
                }
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) => {
                        if let Some(url) = self.page(&path, kind)
                            && take(&url).is_break()
                        {
                            return;
                        }
                    }
                    Err(_) => {}
                }
            }
        }
    }

    /// The URL of a page, by its path; `None` if it is not one. A symbolic link to a file
    /// counts, one to a folder of the site does not: it is another name for that.
    fn page(&self, path: &Path, kind: FileType) -> Option<String> {
        if !is_page(path) || !kind.is_file() && !kind.is_symlink() {
            return None;
        }
        let url = self.url(path.strip_prefix(&self.root).ok()?)?;
        (kind.is_file() || matches!(self.find(&url), Ok(Target::File(_)))).then_some(url)
    }
}

/// Whether a file is a page, by its name.
fn is_page(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| PAGES.iter().any(|page| page.eq_ignore_ascii_case(ending)))
}

//! A file that takes the place of another one when it is complete.
//!
//! Until then it has no name, so that nothing is left behind when the process
//! ends early, not even by SIGKILL; then it gets its name by a rename, so that
//! readers see the old file or the new one. What is there and is no regular file
//! (a device, a pipe) is written to as it is.

use crate::common::sys;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// The new file on its way.
pub(super) struct Replacement {
    file: File,
    place: Place,
}

/// Where the file is until it is complete.
enum Place {
    /// It is written where it stays.
    There,
    /// It has no name yet.
    Nameless(PathBuf),
    /// It has a name of its own: some file systems have no nameless files.
    Aside(TempPath, PathBuf),
}

/// The path that is meant where there is no file: that which a symbolic link names.
fn named_by(path: &Path) -> io::Result<PathBuf> {
    /// As many links are followed by the system.
    const MOST: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..MOST {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

impl Replacement {
    /// Begins a file for this path. The permissions, and as far as the system allows the
    /// owner, are those of the file that is there, or else what the umask allows.
    pub(super) fn of(path: &Path) -> io::Result<Replacement> {
        // Before its name is looked for: a pipe at /dev/stdout or /dev/fd/3 has none.
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            let file = File::options().write(true).open(path)?;
            let place = Place::There;
            return Ok(Replacement { file, place });
        }
        // The file that a symbolic link names is replaced, not the link.
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound => named_by(path)?,
            Err(error) => return Err(error),
        };
        let old = fs::metadata(&path).ok();
        if old.is_some() {
            // A file that must not be written to is not replaced either.
            File::options().write(true).open(&path)?;
        }
        if path.as_os_str().is_empty() || path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(io::Error::from_raw_os_error(libc::ENOENT));
        }
        let (file, place) = match nameless(folder_of(&path))? {
            Some(file) => (file, Place::Nameless(path)),
            None => {
                let named = tempfile::Builder::new()
                    .permissions(Permissions::from_mode(0o666))
                    .tempfile_in(folder_of(&path))?;
                let (file, name) = NamedTempFile::into_parts(named);
                (file, Place::Aside(name, path))
            }
        };
        if let Some(old) = old {
            // Only root can give a file to another user. No set-user-ID for new content.
            let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
            file.set_permissions(Permissions::from_mode(old.mode() & 0o777))?;
        }
        Ok(Replacement { file, place })
    }

    /// The file that output is written to.
    pub(super) fn output(&mut self) -> &mut File {
        &mut self.file
    }

    /// The file is complete: it takes its place.
    pub(super) fn complete(self) -> io::Result<()> {
        match self.place {
            Place::There => {}
            Place::Nameless(path) => {
                let name = link_beside(&self.file, folder_of(&path))?;
                name.persist(&path).map_err(|error| error.error)?;
            }
            Place::Aside(name, path) => name.persist(&path).map_err(|error| error.error)?,
        }
        sys::close(self.file)
    }
}

/// Where the file of this path is.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent();
    folder
        .filter(|folder| *folder != Path::new(""))
        .unwrap_or(Path::new("."))
}

/// A file without a name on the file system of this folder; none if that has no
/// such files.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> io::Result<Option<File>> {
    let mut options = File::options();
    options
        .write(true)
        .custom_flags(libc::O_TMPFILE)
        .mode(0o666);
    match options.open(folder) {
        Ok(file) => Ok(Some(file)),
        Err(error) => match error.raw_os_error() {
            Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL) => Ok(None),
            _ => Err(error),
        },
    }
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// Gives a nameless file a free name in this folder.
fn link_beside(file: &File, folder: &Path) -> io::Result<TempPath> {
    let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    let named = tempfile::Builder::new().make_in(folder, |name| {
        let (here, flags) = (rustix::fs::CWD, rustix::fs::AtFlags::SYMLINK_FOLLOW);
        Ok(rustix::fs::linkat(here, &descriptor, here, name, flags)?)
    })?;
    Ok(named.into_temp_path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::io::Write;

    fn names(folder: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_file_is_replaced_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page");
        for (text, is_complete, there) in [
            ("one", true, "one"),
            ("two", false, "one"),
            ("three", true, "three"),
        ] {
            let mut new = Replacement::of(&path).unwrap();
            new.output().write_all(text.as_bytes()).unwrap();
            if is_complete {
                new.complete().unwrap();
            } else {
                drop(new);
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), there);
            assert_eq!(names(folder.path()), ["page"]);
        }
    }

    #[test]
    fn permissions_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("page"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o4640)).unwrap();
        std::os::unix::fs::symlink("page", &link).unwrap();
        let mut new = Replacement::of(&link).unwrap();
        new.output().write_all(b"new").unwrap();
        new.complete().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // One that names no file yet makes it.
        let (dangling, circle) = (folder.path().join("dangling"), folder.path().join("circle"));
        std::os::unix::fs::symlink("new", &dangling).unwrap();
        std::os::unix::fs::symlink("circle", &circle).unwrap();
        Replacement::of(&dangling).unwrap().complete().unwrap();
        assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());
        assert!(folder.path().join("new").is_file());
        assert!(Replacement::of(&circle).is_err());
    }

    #[test]
    fn a_pipe_without_a_name_is_written_to() {
        let (mut reader, writer) = io::pipe().unwrap();
        let path = format!("/dev/fd/{}", writer.as_raw_fd());
        let mut file = Replacement::of(path.as_ref()).unwrap();
        file.output().write_all(b"x").unwrap();
        file.complete().unwrap();
        drop(writer);
        let mut text = String::new();
        io::Read::read_to_string(&mut reader, &mut text).unwrap();
        assert_eq!(text, "x");
    }

    #[test]
    fn a_device_is_written_to() {
        let mut new = Replacement::of(Path::new("/dev/null")).unwrap();
        new.output().write_all(b"text").unwrap();
        new.complete().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path(), &folder.path().join("no/such"), Path::new("")] {
            assert!(Replacement::of(path).is_err(), "{path:?}");
        }
    }
}

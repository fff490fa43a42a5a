//! How the files of a store are opened, and the lock under which the store changes.
//!
//! A file gets its name, loses it or takes another one only under the lock of the
//! store, and it is kept for no longer than that takes: no command runs and no
//! value is written meanwhile. So what a process finds out about the store under
//! the lock stays true until it has acted on it. To print a value needs no lock.

use super::problem::Problem;
use super::value::identity;
use crate::common::error::Error;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The name of the file that is locked.
const NAME: &str = "lock";

/// The longest pause between two attempts to take a lock within a time limit.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The lock of a store; the kernel ends it with the process, too.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock of the store in this folder, which is created if need be.
    pub(super) fn of(folder: &Path) -> Result<Lock, Error> {
        let path = folder.join(NAME);
        loop {
            let file = open_lock(folder, &path)
                .map_err(Error::Write)
                .and_then(|file| check_owner(&file).map(|()| file))
                .map_err(|error| error.of(shown(&path)))?;
            let locked = uninterrupted(|| file.lock()).and_then(|()| has_name(&file, &path));
            // If the whole store was removed meanwhile, there may be another lock now.
            if locked.map_err(|error| Error::Write(error).of(shown(&path)))? {
                return Ok(Lock { _file: file });
            }
        }
    }

    /// The same; `None` if there is no store.
    pub(super) fn if_there(folder: &Path) -> Result<Option<Lock>, Error> {
        match folder.try_exists() {
            Ok(false) => Ok(None),
            // An error comes again, with its place.
            _ => Lock::of(folder).map(Some),
        }
    }
}

fn open_lock(folder: &Path, path: &Path) -> io::Result<File> {
    let mut options = options();
    options.write(true).create(true).truncate(false);
    let open = || options.open(path);
    match open() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // The output of commands may be private.
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700).create(folder)?;
            open()
        }
        opened => opened,
    }
}

/// How all files are opened: symbolic links are not followed, and the opening of
/// a FIFO does not wait for its other end.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    options.read(true).mode(0o600).custom_flags(flags);
    options
}

/// Opens a file of the store; `None` if there is none.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    match options().open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// Refuses the file of another user, who could have put anything there if all
/// users may write to the store.
pub(super) fn check_owner(file: &File) -> Result<(), Error> {
    let owner = file.metadata().map_err(Error::Read)?.uid();
    match owner == rustix::process::geteuid().as_raw() {
        true => Ok(()),
        false => Err(Problem::OtherUser.into()),
    }
}

/// Whether a process has locked this file for itself: it is running for it.
pub(super) fn is_in_use(file: &File) -> io::Result<bool> {
    match uninterrupted_try(|| file.try_lock_shared())? {
        true => file.unlock().map(|()| false),
        false => Ok(true),
    }
}

/// Waits until no process has locked this file for itself, up to the deadline.
/// False if one still has.
pub(super) fn wait_until_free(file: &File, deadline: Option<Instant>) -> io::Result<bool> {
    let Some(deadline) = deadline else {
        return uninterrupted(|| file.lock_shared()).map(|()| true);
    };
    let mut pause = Duration::from_millis(1);
    loop {
        if uninterrupted_try(|| file.try_lock_shared())? {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        thread::sleep(pause.min(left));
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

fn uninterrupted(mut call: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn uninterrupted_try(mut call: impl FnMut() -> Result<(), TryLockError>) -> io::Result<bool> {
    loop {
        match call() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Removes a file; false if there is none.
pub(super) fn removed(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether an open file is the one of this name.
pub(super) fn has_name(file: &File, path: &Path) -> io::Result<bool> {
    let named = match fs::symlink_metadata(path) {
        Ok(named) => named,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(identity(&named) == identity(&file.metadata()?))
}

/// How error lines call a file.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

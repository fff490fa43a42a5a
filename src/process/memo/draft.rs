//! A value while it is made: a file beside the values, locked by the process that
//! runs the command (flock, which ends with the process).
//!
//! A draft begins with a mark, drawn at random, that no other draft has. Every
//! draft is a new file, so a process that waits for its lock waits for this one
//! run and no other. In the end the draft becomes the value by a rename, or it is
//! removed. If the command failed, the exit status takes the place of the mark
//! before: processes that have waited have the file open still, and read it.
//!
//! A draft whose lock is free was left by a killed process. It is removed by the
//! next process that requests its KEY, or by --prune. --forget renames a draft whose
//! command is running, so that the next process that requests KEY runs it again.

use super::lock::{self, Lock, has_name, options, shown};
use super::store::Store;
use super::value::{MARK, Summary};
use super::waits::{self, Wait};
use crate::common::error::Error;
use crate::common::random;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// The end of the name of a draft.
pub(super) const DRAFT: &str = ".new";

/// The end of the name of a draft that is not to be kept; its mark stands before it.
pub(super) const FORGOTTEN: &str = ".gone";

/// The beginning of a draft, instead of a mark, after its command has failed.
const FAILED: &[u8] = b"failed ";

/// A value that is being made. It is removed unless it is kept.
#[derive(Debug)]
pub(super) struct Draft {
    /// The file, without a trailer yet.
    pub(super) file: File,
    store: Store,
    path: PathBuf,
    mark: String,
    /// The exit status of the command, if that failed.
    failed: Option<u8>,
    is_kept: bool,
}

/// A draft as another process sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) mark: String,
    /// The name of the file.
    pub(super) name: String,
}

/// The result of an attempt to begin a draft.
#[derive(Debug)]
pub(super) enum Begun {
    /// This process makes it.
    Draft(Draft),
    /// Another process was running the command, and has ended. If the command failed, its
    /// exit status.
    Waited(Option<u8>),
    /// Another process is running the command still.
    Busy,
}

/// The result of completing a draft.
#[derive(Debug, PartialEq)]
pub(super) enum Kept {
    /// It is stored.
    Stored,
    /// --forget was run after the command had been started.
    Forgotten,
    /// The value is larger than the limit of the store.
    TooLarge,
}

impl Draft {
    /// Begins a draft for a key. If another process has one, waits for the end of its
    /// run, up to the deadline.
    pub(super) fn begin(
        store: &Store,
        key: &[u8],
        deadline: Option<Instant>,
    ) -> Result<Begun, Error> {
        let lock = store.lock()?;
        let path = store.path(key, DRAFT);
        let named = |error: io::Error| Error::Write(error).of(shown(&path));
        let Some(file) = lock::open(&path).map_err(named)? else {
            return Draft::create(store, &lock, path.clone()).map_err(named);
        };
        lock::check_owner(&file).map_err(|error| error.of(shown(&path)))?;
        if !lock::is_in_use(&file).map_err(named)? {
            lock::removed(&path).map_err(named)?;
            return Draft::create(store, &lock, path.clone()).map_err(named);
        }
        let target = Target::of(&file, &path).map_err(named)?;
        let wait = Wait::begin(store, &lock, target)?;
        drop(lock);
        let is_free = lock::wait_until_free(&file, deadline).map_err(named)?;
        drop(wait);
        match is_free {
            true => failure(&file).map(Begun::Waited).map_err(named),
            false => Ok(Begun::Busy),
        }
    }

    /// Creates a draft where there is none.
    fn create(store: &Store, _: &Lock, path: PathBuf) -> io::Result<Begun> {
        let file = options().write(true).create_new(true).open(&path)?;
        let mark = format!("{:0MARK$x}", random::number());
        // Under the lock of the store no other process has it open: this does not wait.
        let begun = file
            .lock()
            .and_then(|()| (&file).write_all(mark.as_bytes()));
        if let Err(error) = begun {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Begun::Draft(Draft {
            file,
            store: store.clone(),
            path,
            mark,
            failed: None,
            is_kept: false,
        }))
    }

    /// How error lines call it.
    pub(super) fn name(&self) -> String {
        shown(&self.path)
    }

    /// The variable for the environment of the command.
    pub(super) fn environment(&self) -> (&'static str, String) {
        waits::environment(&self.mark)
    }

    /// Makes it the value of its key. It is on the disk before it has its name,
    /// and so is the name when this returns. The values of the store will have `most` bytes
    /// at most: the oldest ones are removed.
    pub(super) fn keep(
        mut self,
        key: &[u8],
        summary: Summary,
        status: u8,
        most: Option<u64>,
    ) -> Result<Kept, Error> {
        let name = self.name();
        let named = |error| Error::Write(error).of(name.clone());
        let trailer = summary.trailer(key, SystemTime::now(), status);
        self.file.write_all(&trailer).map_err(named)?;
        self.file.sync_all().map_err(named)?;
        // If the store was removed, its names were, too. It is not created again.
        let lock = Lock::if_there(self.store.folder())?;
        let Some(lock) = lock.filter(|_| has_name(&self.file, &self.path).is_ok_and(|ours| ours))
        else {
            let forgotten = has_name(&self.file, &self.forgotten()).map_err(named)?;
            return match forgotten {
                true => Ok(Kept::Forgotten),
                false => Err(named(io::Error::other("removed while COMMAND was running"))),
            };
        };
        let value = self.path.with_extension("");
        if let Some(most) = most {
            let size = self.file.metadata().map_err(named)?.len();
            let Some(room) = most.checked_sub(size) else {
                return Ok(Kept::TooLarge);
            };
            self.store.shrink(&lock, room, Some(&value))?;
        }
        fs::rename(&self.path, &value).map_err(named)?;
        self.is_kept = true;
        // The printing thread may have it open for long, and with it the lock.
        self.file.unlock().map_err(named)?;
        drop(lock);
        let folder = File::open(self.store.folder()).and_then(|folder| folder.sync_all());
        folder.map(|()| Kept::Stored).map_err(named)
    }

    /// The command has failed: processes that have waited get this exit status.
    pub(super) fn fail(mut self, status: u8) {
        self.failed = Some(status);
    }

    /// Its name after --forget.
    fn forgotten(&self) -> PathBuf {
        self.store
            .folder()
            .join(format!("{}{FORGOTTEN}", self.mark))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // What cannot be removed has no lock and counts as left by a killed process.
        let lock = Lock::if_there(self.store.folder());
        if let Some(status) = self.failed {
            let mut told = FAILED.to_vec();
            told.resize(MARK - 1, b' ');
            told.push(status);
            let _ = self.file.write_all_at(&told, 0);
        }
        for path in [&self.path, &self.forgotten()] {
            if has_name(&self.file, path).is_ok_and(|ours| ours) {
                let _ = fs::remove_file(path);
            }
        }
        let _ = self.file.unlock();
        drop(lock);
    }
}

impl Target {
    fn of(file: &File, path: &Path) -> io::Result<Target> {
        let name = path.file_name().unwrap_or_default();
        Ok(Target {
            mark: mark(file)?,
            name: name.to_string_lossy().into_owned(),
        })
    }

    /// Whether its command is running, also after --forget.
    pub(super) fn is_being_made(&self, store: &Store, _: &Lock) -> io::Result<bool> {
        for name in [&self.name, &format!("{}{FORGOTTEN}", self.mark)] {
            if let Some(file) = lock::open(&store.folder().join(name))?
                && mark(&file)? == self.mark
            {
                return lock::is_in_use(&file);
            }
        }
        Ok(false)
    }
}

/// Has a draft not be kept, if its command is running. False if none is.
pub(super) fn forget(store: &Store, key: &[u8], lock: &Lock) -> io::Result<bool> {
    let path = store.path(key, DRAFT);
    if !is_running(store, key, lock)? {
        return lock::removed(&path).map(|_| false);
    }
    let Some(file) = lock::open(&path)? else {
        return Ok(false);
    };
    let forgotten = format!("{}{FORGOTTEN}", mark(&file)?);
    fs::rename(&path, store.folder().join(forgotten)).map(|()| true)
}

/// Whether a process is running the command of a key.
pub(super) fn is_running(store: &Store, key: &[u8], _: &Lock) -> io::Result<bool> {
    match lock::open(&store.path(key, DRAFT))? {
        Some(file) => lock::is_in_use(&file),
        None => Ok(false),
    }
}

/// The mark of a draft; no text without a letter or digit, whatever is in the file.
fn mark(file: &File) -> io::Result<String> {
    let mut mark = [0; MARK];
    let n = file.read_at(&mut mark, 0)?;
    match mark[..n].iter().all(u8::is_ascii_hexdigit) && n == MARK {
        true => Ok(String::from_utf8_lossy(&mark).into_owned()),
        false => Ok("none".to_string()),
    }
}

/// The exit status of the command of a draft, if that failed.
fn failure(file: &File) -> io::Result<Option<u8>> {
    let mut told = [0; MARK];
    let n = file.read_at(&mut told, 0)?;
    let failed = n == MARK && told.starts_with(FAILED);
    Ok(failed.then_some(told[MARK - 1]))
}

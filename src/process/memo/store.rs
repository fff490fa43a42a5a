//! The folder in which the values are: a file for each, named by the SHA-256 of its
//! key. Beside them are, while commands run, the drafts (`draft`) and what is
//! waited for (`waits`), and always the lock (`lock`).

use super::draft::{self, DRAFT, FORGOTTEN};
use super::lock::{self, Lock, check_owner, options, removed, shown};
use super::problem::Problem;
use super::value::Value;
use super::waits::WAIT;
use crate::common::error::Error;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder of values.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// A value as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its key.
    pub key: Vec<u8>,
    /// How long it has been stored.
    pub age: Duration,
    /// How long the output is, in bytes.
    pub size: u64,
}

impl Store {
    /// The store in this folder, which need not exist yet.
    pub fn new(folder: PathBuf) -> Store {
        Store { folder }
    }

    /// The default store of a user:
    /// `$XDG_CACHE_HOME/textmill/memo`, or in `~/.cache`. An error is one line.
    pub fn users_own() -> Result<Store, &'static str> {
        let folder = |name| std::env::var_os(name).map(PathBuf::from);
        // A relative one is to be ignored (XDG Base Directory Specification).
        let cache = folder("XDG_CACHE_HOME")
            .filter(|cache| cache.is_absolute())
            .or_else(|| folder("HOME").map(|home| home.join(".cache")))
            .filter(|cache| cache.is_absolute())
            .ok_or("no place for a store: neither -d nor $XDG_CACHE_HOME nor $HOME is set")?;
        Ok(Store::new(cache.join("textmill/memo")))
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits for the lock under which files get and lose their names.
    pub(super) fn lock(&self) -> Result<Lock, Error> {
        Lock::of(&self.folder)
    }

    /// The value of a key, if there is one.
    pub(super) fn look_up(&self, key: &[u8]) -> Result<Option<Value>, Error> {
        let path = self.path(key, "");
        match read(&path)? {
            // No two keys with one SHA-256 are known.
            Some(value) if value.key != key => {
                Err(Error::from(Problem::Misplaced).of(shown(&path)))
            }
            value => Ok(value),
        }
    }

    /// Removes the value of a key, whatever is in its file, and does not keep what a
    /// running command makes for it. False if there is neither.
    pub fn forget(&self, key: &[u8]) -> Result<bool, Error> {
        let Some(lock) = Lock::if_there(&self.folder)? else {
            return Ok(false);
        };
        let path = self.path(key, "");
        let named = |error| Error::Write(error).of(shown(&path));
        let is_removed = removed(&path).map_err(named)?;
        let is_forgotten = draft::forget(self, key, &lock).map_err(named)?;
        Ok(is_removed || is_forgotten)
    }

    /// All values, in the order of the bytes of their keys. `tell` gets an error for
    /// each file that has the name of a value and is none.
    pub fn entries(&self, mut tell: impl FnMut(Error)) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for path in self.files("")? {
            match read(&path) {
                Ok(value) => entries.extend(value.map(|value| Entry {
                    age: value.age(),
                    size: value.length(),
                    key: value.key,
                })),
                Err(error) => tell(error),
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// Removes what killed processes left; the values that are older than `ttl`; then
    /// the oldest values as long as all together have more than `most` bytes. `tell`
    /// gets an error for each file where that fails.
    pub fn prune(
        &self,
        ttl: Option<Duration>,
        most: Option<u64>,
        mut tell: impl FnMut(Error),
    ) -> Result<(), Error> {
        let Some(lock) = Lock::if_there(&self.folder)? else {
            return Ok(());
        };
        for end in [DRAFT, FORGOTTEN, WAIT] {
            for path in self.files(end)? {
                if let Err(error) = remove_unused(&path, &lock) {
                    tell(Error::Write(error).of(shown(&path)));
                }
            }
        }
        drop(lock);
        if let Some(ttl) = ttl {
            for path in self.files("")? {
                if let Err(error) = self.prune_value(&path, ttl) {
                    tell(error);
                }
            }
        }
        match most {
            Some(most) => self.shrink(&self.lock()?, most, None),
            None => Ok(()),
        }
    }

    /// Removes a value that is too old, unless a command is running to replace it:
    /// until that has ended, the old one may be wanted.
    fn prune_value(&self, path: &Path, ttl: Duration) -> Result<(), Error> {
        let is_old = |value: &Value| !super::is_younger(value, Some(ttl));
        if !read(path)?.is_some_and(|value| is_old(&value)) {
            return Ok(());
        }
        let lock = self.lock()?;
        // It may have been replaced before the lock was there.
        let Some(value) = read(path)?.filter(is_old) else {
            return Ok(());
        };
        let pruned = match draft::is_running(self, &value.key, &lock) {
            Ok(false) => removed(path).map(|_| ()),
            running => running.map(|_| ()),
        };
        pruned.map_err(|error| Error::Write(error).of(shown(path)))
    }

    /// Removes the oldest values as long as the files of all have more than `most` bytes
    /// together. `besides` does not count: it is about to be replaced.
    pub(super) fn shrink(&self, _: &Lock, most: u64, besides: Option<&Path>) -> Result<(), Error> {
        let mut values = Vec::new();
        let mut sum = 0;
        for path in self.files("")? {
            let named = |error| Error::Read(error).of(shown(&path));
            let file = match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                file => file.map_err(named)?,
            };
            if file.is_file() && besides != Some(&path) {
                sum += file.len();
                // It was written to last when it was complete.
                let stored = file.modified().map_err(named)?;
                values.push((stored, path, file.len()));
            }
        }
        values.sort_unstable();
        for (_, path, size) in values {
            if sum <= most {
                break;
            }
            removed(&path).map_err(|error| Error::Write(error).of(shown(&path)))?;
            sum -= size;
        }
        Ok(())
    }

    /// The file of a key whose name has this end: the value, or its draft.
    pub(super) fn path(&self, key: &[u8], end: &str) -> PathBuf {
        let digest = Sha256::digest(key);
        let mut name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        name += end;
        self.folder.join(name)
    }

    /// The files whose names memo gives, with this end. A store that does not exist has
    /// none.
    pub(super) fn files(&self, end: &str) -> Result<Vec<PathBuf>, Error> {
        // A digest, or a number drawn at random.
        let digits = if matches!(end, "" | DRAFT) { 64 } else { 16 };
        let is_ours = |name: &OsString| {
            let hex = name.to_str().and_then(|name| name.strip_suffix(end));
            hex.is_some_and(|hex| {
                hex.len() == digits && hex.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
            })
        };
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries,
        };
        entries
            .and_then(|entries| {
                entries
                    .map(|entry| entry.map(|entry| entry.file_name()))
                    .filter(|name| name.as_ref().map_or(true, is_ours))
                    .map(|name| name.map(|name| self.folder.join(name)))
                    .collect()
            })
            .map_err(|error| Error::Read(error).of(shown(&self.folder)))
    }
}

/// Removes a file that a killed process left.
fn remove_unused(path: &Path, _: &Lock) -> io::Result<()> {
    match lock::open(path)? {
        Some(file) if !lock::is_in_use(&file)? => removed(path).map(|_| ()),
        _ => Ok(()),
    }
}

/// The value in a file, if there is one.
fn read(path: &Path) -> Result<Option<Value>, Error> {
    match options().open(path) {
        Ok(file) => check_owner(&file)
            .and_then(|()| Value::read(file, shown(path)))
            .map(Some),
        // Only this is "not found".
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Read(error)),
    }
    .map_err(|error| error.of(shown(path)))
}

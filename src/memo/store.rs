//! The folder in which the values are: a file a value, named by the SHA-256 of
//! its key, and beside it, while one is being made, its draft.
//!
//! The draft is the lock as well (flock, which ends with the process that holds
//! it). It goes away by being renamed or removed while the lock is held, so
//! nobody who waited for it can take it for his own: he looks whether the
//! locked file still has the draft's name.
//!
//! A command is told by its environment which drafts it is running for, so that
//! one that asks for its own KEY learns of it instead of waiting for itself. A
//! draft begins with a mark for that, drawn at random: the number of a file is
//! used again when the file is gone, and what the command has started may
//! outlive it.

use super::value::{MARK, Summary, Value, identity};
use crate::error::Error;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What the name of a draft ends in.
const DRAFT: &str = ".new";

/// Tells a command, and all that it starts, by their marks which drafts it is running for.
const MAKING: &str = "TEXTMILL_MEMO_MAKING";

/// A folder of values.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A value that is being made, locked by this process. It is removed unless it is kept.
#[derive(Debug)]
pub(super) struct Draft {
    /// The file, without a trailer yet.
    pub(super) file: File,
    mark: String,
    path: PathBuf,
    kept: bool,
}

impl Store {
    /// The store in this folder, which need not be there yet.
    pub fn new(folder: PathBuf) -> Store {
        Store { folder }
    }

    /// Where a user's store is if nobody says otherwise:
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

    /// The value of a key, if there is one.
    pub(super) fn look_up(&self, key: &[u8]) -> Result<Option<Value>, Error> {
        let path = self.value_path(key);
        match read(&path)? {
            // Nobody has found two keys with one SHA-256 yet.
            Some(value) if value.key != key => {
                Err(Error::Data("is the value of another key").of(shown(&path)))
            }
            value => Ok(value),
        }
    }

    /// Locks the draft of a key. `None` if another process had it: that is done
    /// with it now, for better or worse.
    pub(super) fn draft(&self, key: &[u8]) -> Result<Option<Draft>, Error> {
        let draft = self.locked_draft(key, true)?;
        if let Some(draft) = &draft {
            let begun = draft.begin();
            begun.map_err(|error| Error::Write(error).of(draft.name()))?;
        }
        Ok(draft)
    }

    /// The same; if another process has it, it `waits` or is content with `None`.
    fn locked_draft(&self, key: &[u8], waits: bool) -> Result<Option<Draft>, Error> {
        let path = self.value_path(key).with_extension(&DRAFT[1..]);
        self.open_draft(&path)
            .and_then(|file| {
                check_owner(&file)?;
                match file.try_lock() {
                    Ok(()) => {}
                    Err(TryLockError::Error(error)) => return Err(Error::Write(error)),
                    Err(TryLockError::WouldBlock) if !waits => return Ok(None),
                    Err(TryLockError::WouldBlock) => {
                        if making().contains(&mark(&file).map_err(Error::Read)?) {
                            return Err(Error::Data(
                                "is being made by the command that asks for it",
                            ));
                        }
                        lock(&file).map_err(Error::Write)?;
                    }
                }
                Draft::of(file, &path).map_err(Error::Write)
            })
            .map_err(|error| error.of(shown(&path)))
    }

    /// Opens a draft, or creates it, and the folder with it.
    fn open_draft(&self, path: &Path) -> Result<File, Error> {
        let open = || {
            options()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)
        };
        match open() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // What commands print may be nobody else's business.
                let made = DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&self.folder);
                made.and_then(|()| open())
            }
            opened => opened,
        }
        .map_err(Error::Write)
    }

    /// Removes the value of a key, whatever is in its file. False if there is none.
    pub fn forget(&self, key: &[u8]) -> Result<bool, Error> {
        let path = self.value_path(key);
        removed(&path).map_err(|error| Error::Write(error).of(shown(&path)))
    }

    /// The keys of all values, in the order of their bytes. `tell` hears of the
    /// files that are no values though they are named like some.
    pub fn keys(&self, mut tell: impl FnMut(Error)) -> Result<Vec<Vec<u8>>, Error> {
        let mut keys = Vec::new();
        for path in self.files("")? {
            match read(&path) {
                Ok(value) => keys.extend(value.map(|value| value.key)),
                Err(error) => tell(error),
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// Removes the drafts that nobody is making any more, and the values that
    /// are older than `ttl`. `tell` hears of the files where that fails.
    pub fn prune(&self, ttl: Option<Duration>, mut tell: impl FnMut(Error)) -> Result<(), Error> {
        for path in self.files(DRAFT)? {
            if let Err(error) = prune_draft(&path) {
                tell(Error::Write(error).of(shown(&path)));
            }
        }
        let Some(ttl) = ttl else {
            return Ok(());
        };
        for path in self.files("")? {
            let old =
                read(&path).map(|value| value.filter(|value| !super::younger(value, Some(ttl))));
            let pruned = old.and_then(|old| match old {
                Some(value) => self.prune_value(&value, ttl),
                None => Ok(()),
            });
            if let Err(error) = pruned {
                tell(error);
            }
        }
        Ok(())
    }

    /// Removes a value that is too old. The lock is held meanwhile, so that it
    /// is not a new one that goes. One that is being made anew is left to those
    /// who make it: that may take as long as it likes.
    fn prune_value(&self, value: &Value, ttl: Duration) -> Result<(), Error> {
        let Some(_draft) = self.locked_draft(&value.key, false)? else {
            return Ok(());
        };
        match self.look_up(&value.key)? {
            Some(value) if !super::younger(&value, Some(ttl)) => {
                self.forget(&value.key).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    fn value_path(&self, key: &[u8]) -> PathBuf {
        let digest = Sha256::digest(key);
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name)
    }

    /// The files that are named as ours are, with this end. A store that is not
    /// there has none.
    fn files(&self, end: &str) -> Result<Vec<PathBuf>, Error> {
        let ours = |name: &OsString| {
            let hash = name.to_str().and_then(|name| name.strip_suffix(end));
            hash.is_some_and(|hash| {
                hash.len() == 64 && hash.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
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
                    .filter(|name| name.as_ref().map_or(true, ours))
                    .map(|name| name.map(|name| self.folder.join(name)))
                    .collect()
            })
            .map_err(|error| Error::Read(error).of(shown(&self.folder)))
    }
}

impl Draft {
    /// The draft that this file is, if it still has that name. Its lock is held.
    fn of(file: File, path: &Path) -> io::Result<Option<Draft>> {
        // Not made unless it has: to drop one is to remove the file.
        if !has_name(&file, path)? {
            return Ok(None);
        }
        Ok(Some(Draft {
            file,
            mark: format!("{:0MARK$x}", RandomState::new().hash_one(())),
            path: path.to_path_buf(),
            kept: false,
        }))
    }

    /// What an error line calls it.
    pub(super) fn name(&self) -> String {
        shown(&self.path)
    }

    /// Empties it but for its mark.
    fn begin(&self) -> io::Result<()> {
        // One that was killed may have left something in it.
        self.file.set_len(0)?;
        (&self.file).write_all(self.mark.as_bytes())
    }

    /// What the environment of the command must say while it fills this draft.
    pub(super) fn making(&self) -> (&'static str, String) {
        let mut making = making();
        making.push(self.mark.clone());
        (MAKING, making.join(" "))
    }

    /// Makes it the value of its key, for good: it is on the disk before it has
    /// its name, and the name is, when this returns.
    pub(super) fn keep(mut self, key: &[u8], summary: Summary) -> io::Result<()> {
        let trailer = summary.trailer(key, SystemTime::now());
        self.file.write_all(&trailer)?;
        self.file.sync_all()?;
        // Who removed the whole store may have made room for another's draft.
        if !has_name(&self.file, &self.path)? {
            return Err(io::Error::other("removed meanwhile"));
        }
        fs::rename(&self.path, self.path.with_extension(""))?;
        self.kept = true;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept && has_name(&self.file, &self.path).is_ok_and(|ours| ours) {
            // What cannot be removed is taken over by the next one, or pruned.
            let _ = fs::remove_file(&self.path);
        }
        // The one who prints from it has it open still, and with it the lock.
        let _ = self.file.unlock();
    }
}

/// Whether an open file is the one of this name.
fn has_name(file: &File, path: &Path) -> io::Result<bool> {
    let named = match fs::symlink_metadata(path) {
        Ok(named) => named,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(identity(&named) == identity(&file.metadata()?))
}

/// Removes a draft whose lock nobody holds.
fn prune_draft(path: &Path) -> io::Result<()> {
    let file = match options().write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    match file.try_lock() {
        // By being dropped.
        Ok(()) => Draft::of(file, path).map(drop),
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The value in a file, if there is one.
fn read(path: &Path) -> Result<Option<Value>, Error> {
    match options().open(path) {
        Ok(file) => check_owner(&file)
            .and_then(|()| Value::read(file, shown(path)))
            .map(Some),
        // This alone is "not found".
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Read(error)),
    }
    .map_err(|error| error.of(shown(path)))
}

/// Refuses another user's file: in a store that all may write to he could have
/// put it there, with whatever he likes in it.
fn check_owner(file: &File) -> Result<(), Error> {
    let owner = file.metadata().map_err(Error::Read)?.uid();
    match owner == rustix::process::geteuid().as_raw() {
        true => Ok(()),
        false => Err(Error::Data("belongs to another user")),
    }
}

/// How all files are opened: never a link to somewhere else, never waiting for
/// the other end of a pipe.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    options.read(true).custom_flags(flags);
    options
}

/// Waits for the lock, however long it takes.
fn lock(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            locked => return locked,
        }
    }
}

/// Removes a file; false if there is none.
fn removed(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The drafts that this process is running for.
fn making() -> Vec<String> {
    let making = std::env::var(MAKING).unwrap_or_default();
    making.split_whitespace().map(str::to_string).collect()
}

/// The mark of a draft; half of it, or none, while it is being written.
fn mark(file: &File) -> io::Result<String> {
    let mut mark = [0; MARK];
    let n = file.read_at(&mut mark, 0)?;
    Ok(String::from_utf8_lossy(&mark[..n]).into_owned())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

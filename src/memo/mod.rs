//! `memo`: the stored output of a command, made if there is none.
//!
//! The talk's `get_or_create`: look KEY up, and only if it is *not found* run
//! the command. A store that cannot be read or written is an error, never a
//! reason to run it.
//!
//! The story of a miss, in order. The draft of the value is locked (`store`),
//! so that of many processes one makes the value and the others wait for it.
//! The command's output goes into the draft as fast as it comes, and a second
//! thread passes on to standard output what is in it (`make`). So no slow
//! reader keeps the others waiting, and a reader who asks for the same key
//! himself does not wait for ever. When the command has succeeded, the draft
//! gets its trailer (`value`), is synced, and becomes the value by a rename.
//!
//! Whatever dies in between leaves a draft without a lock: the next one who
//! wants it takes it over, and [`Store::prune`] removes it.
//!
//! A reader who leaves changes nothing for the store: the command runs to its
//! end, the value is kept, and only then the broken pipe is told.

mod make;
mod store;
mod value;

pub use store::Store;

use crate::error::Error;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitStatus;
use std::time::Duration;
use value::Value;

/// What became of a request.
#[derive(Debug)]
pub enum Got {
    /// The stored value was printed, or the command made it and succeeded.
    Value,
    /// The command failed: its output was passed on and is not kept.
    Failed(ExitStatus),
    /// The command could not be started.
    NotStarted(io::Error),
}

/// Prints the value of `key`; makes it by `command` if there is none, or none
/// that is younger than `ttl`.
///
/// Errors of `output` come as [`Error::Write`]; by then the value is kept, if
/// there is one. All others name what failed.
pub fn get(
    store: &Store,
    key: &OsStr,
    ttl: Option<Duration>,
    command: &[OsString],
    output: &mut File,
) -> Result<Got, Error> {
    let key = key.as_bytes();
    // It is kept open, so that no other file is taken for it below.
    let old = match store.look_up(key)? {
        Some(value) if younger(&value, ttl) => return print(value, output),
        old => old,
    };
    loop {
        let draft = store.draft(key)?;
        // Another may have been quicker. What it made while we waited is good
        // enough, however short the TTL is. That it is another file tells it:
        // the clock may have been set.
        if let Some(value) = store.look_up(key)?
            && (younger(&value, ttl) || !same(old.as_ref(), &value)?)
        {
            drop(draft);
            return print(value, output);
        }
        if let Some(draft) = draft {
            return make::make(draft, key, command, output);
        }
    }
}

/// Whether this is the value that was there before.
fn same(old: Option<&Value>, value: &Value) -> Result<bool, Error> {
    match old {
        Some(old) => Ok(old.identity()? == value.identity()?),
        None => Ok(false),
    }
}

/// Whether a value is younger than the limit. One from the future is not: the
/// clock was set back, and its age is not known.
fn younger(value: &Value, ttl: Option<Duration>) -> bool {
    ttl.is_none_or(|ttl| value.stored.elapsed().is_ok_and(|age| age <= ttl))
}

fn print(value: Value, output: &mut File) -> Result<Got, Error> {
    value.print(output).map(|()| Got::Value)
}

//! `memo`: the stored output of a command, made if there is none.
//!
//! The talk's `get_or_create`: look KEY up, and only if it is *not found* run
//! the command. A store that cannot be read or written is an error, never a
//! reason to run it.
//!
//! What happens if nothing is stored, in order. This process creates and locks the draft of
//! the value (`draft`). If another process has one, it waits for the end of that run,
//! unless the other one waits for this one (`waits`). Then the command is started
//! (`run`). Its output goes into the draft as fast as it comes, and a second
//! thread passes on to standard output what is in it (`make`). So a slow reader
//! delays neither the command nor the processes that wait. When the command has
//! succeeded, the draft gets its trailer (`value`), is synced, and becomes the
//! value by a rename. Names in the store (`store`) change under its lock (`lock`).
//!
//! A killed process leaves a draft without a lock: the next process that asks for its
//! KEY removes it and makes a new one, and so does [`Store::prune`].
//!
//! If the reader of the output leaves, the command runs to its end all the same, the
//! value is stored, and only then is the broken pipe an error.

mod draft;
mod lock;
mod make;
mod run;
mod store;
pub(crate) mod value;
mod waits;

pub use store::{Entry, Store};

use crate::common::error::{Error, cause};
use crate::common::show;
use crate::common::time;
use draft::{Begun, Draft};
use make::Made;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};
use value::Value;

/// What is asked for.
#[derive(Debug)]
pub struct Request<'a> {
    /// The name of the value.
    pub key: &'a OsStr,
    /// The command that makes it, and its arguments.
    pub command: &'a [OsString],
    /// How old the value may be; 0 is the same as "not stored yet".
    pub ttl: Option<Duration>,
    /// If there is no new value, print the old one.
    pub stale: bool,
    /// How long to wait while another process runs the command.
    pub wait: Option<Duration>,
    /// Store the output, and the status, of a command that fails, too.
    pub keep_status: bool,
    /// How many bytes the values of the store may have together.
    pub max_size: Option<u64>,
    /// Replace a damaged value.
    pub heal: bool,
}

/// What became of a request.
#[derive(Debug)]
pub enum Got {
    /// The exit status: that of the command, or the one that is stored.
    Status(u8),
    /// The command could not be started.
    NotStarted(io::Error),
    /// This process was asked to end by this signal, and the command has ended by it.
    Signal(i32),
}

/// Prints the value of a key; makes it by the command if there is none, or none
/// that is young enough. `tell` gets what a user should know, each in a line.
///
/// Errors of `output` come as [`Error::Write`]; by then the value is stored, if
/// there is one. All others name what failed.
pub fn get(
    store: &Store,
    request: &Request,
    output: &mut File,
    tell: &mut dyn FnMut(String),
) -> Result<Got, Error> {
    let deadline = request.wait.map(|wait| Instant::now() + wait);
    // It is kept open, so that no other file can have its identity below.
    let old = match request.find(store)? {
        Found::Value(value) if is_younger(&value, request.ttl) => return print(value, output),
        Found::Value(value) => Some(value),
        Found::Damaged | Found::Nothing => None,
    };
    loop {
        let begun = Draft::begin(store, request.key.as_bytes(), deadline);
        let begun = begun.map_err(|error| request.named(error))?;
        // Another process may have made it meanwhile, which is good enough even if the
        // TTL is over. The file tells whether it is new, since clocks may be set.
        let found = match request.find(store)? {
            Found::Value(value)
                if is_younger(&value, request.ttl) || !is_same(old.as_ref(), &value)? =>
            {
                drop(begun);
                return print(value, output);
            }
            found => found,
        };
        let (why, got) = match begun {
            Begun::Draft(draft) => {
                if matches!(found, Found::Damaged) {
                    tell("the stored value is damaged; running COMMAND to replace it".to_string());
                }
                // What the command prints must not come before the old value.
                let is_held = request.stale && old.is_some();
                match make::make(draft, request, is_held, output, tell)? {
                    Made::Value(status) => return Ok(Got::Status(status)),
                    Made::Signal(signal) => return Ok(Got::Signal(signal)),
                    Made::Failed(status) => (
                        format!("COMMAND failed (exit status {status})"),
                        Ok(Got::Status(status)),
                    ),
                    Made::NotStarted(error) => (
                        format!("COMMAND cannot be started ({})", cause(&error)),
                        Ok(Got::NotStarted(error)),
                    ),
                }
            }
            Begun::Waited(None) => continue,
            Begun::Waited(Some(status)) => {
                let why = format!("COMMAND failed in another memo (exit status {status})");
                if !request.stale || old.is_none() {
                    tell(why.clone());
                }
                (why, Ok(Got::Status(status)))
            }
            Begun::Busy => {
                let cause = match request.wait {
                    Some(Duration::ZERO) => "COMMAND is running in another memo (--no-wait)",
                    _ => "COMMAND is still running in another memo (--wait is over)",
                };
                (cause.to_string(), Err(request.named(Error::Data(cause))))
            }
        };
        return match old.filter(|_| request.stale) {
            Some(old) => {
                let age = time::shown(Duration::from_secs(old.age().as_secs()));
                tell(format!("{why}; printing the output stored {age} ago"));
                print(old, output)
            }
            None => got,
        };
    }
}

/// What is stored for a request.
enum Found {
    Value(Value),
    /// A file that is to be replaced.
    Damaged,
    Nothing,
}

impl Request<'_> {
    fn find(&self, store: &Store) -> Result<Found, Error> {
        let found = match store.look_up(self.key.as_bytes()) {
            Ok(Some(value)) if self.heal => value.check().map(|()| Some(value)),
            found => found,
        };
        match found {
            Ok(Some(value)) => Ok(Found::Value(value)),
            Ok(None) => Ok(Found::Nothing),
            Err(error) if self.heal && value::is_damage(&error) => Ok(Found::Damaged),
            Err(error) => Err(error),
        }
    }

    /// An error of this request, unless it names something else.
    fn named(&self, error: Error) -> Error {
        match error {
            Error::Data(_) => error.of(show::shown(self.key)),
            error => error,
        }
    }
}

/// Whether this is the value that was there before.
fn is_same(old: Option<&Value>, value: &Value) -> Result<bool, Error> {
    match old {
        Some(old) => Ok(old.identity()? == value.identity()?),
        None => Ok(false),
    }
}

/// Whether a value is younger than the limit. One from the future is not: the
/// clock was set back, and its age is not known.
fn is_younger(value: &Value, ttl: Option<Duration>) -> bool {
    ttl.is_none_or(|ttl| {
        let age = value.stored.elapsed();
        age.is_ok_and(|age| age <= ttl && !ttl.is_zero())
    })
}

fn print(value: Value, output: &mut File) -> Result<Got, Error> {
    let status = value.status;
    value.print(output).map(|()| Got::Status(status))
}

//! `memo`: the stored output of a command, made if there is none.
//!
//! The talk's `get_or_create`: look KEY up, and only if it is *not found* run
//! the command. A store that cannot be read or written is an error, never a
//! reason to run it.
//!
//! If nothing is stored: This process creates and locks the draft of
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
mod problem;
mod request;
mod run;
mod store;
pub(crate) mod value;
mod waits;

pub use problem::Problem;
pub use request::{Got, Request};
pub use store::{Entry, Store};

use crate::common::error::{Error, cause};
use crate::common::output::Output;
use crate::common::show;
use crate::common::time;
use draft::{Begun, Draft};
use make::Made;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};
use value::Value;

/// Prints the value of a key; makes it by the command if there is none, or none
/// that is young enough. `tell` gets what a user should know, each in a line.
///
/// Errors of `output` come as [`Error::Write`]; by then the value is stored, if
/// there is one. All others name what failed.
pub fn get(
    store: &Store,
    request: &Request,
    output: &mut Output,
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
                // The command's output must not be printed before the old value.
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
                let problem = match request.wait {
                    Some(Duration::ZERO) => Problem::Busy,
                    _ => Problem::StillBusy,
                };
                (problem.to_string(), Err(request.named(problem.into())))
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

/// The stored value for a request.
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
            Error::Own(_) => error.of(show::shown(self.key)),
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

fn print(value: Value, output: &mut Output) -> Result<Got, Error> {
    let status = value.status;
    value.print(output).map(|()| Got::Status(status))
}

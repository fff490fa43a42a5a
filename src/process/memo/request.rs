//! A request for a value, and its result.

use std::ffi::{OsStr, OsString};
use std::io;
use std::time::Duration;

/// A request for a value.
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

/// The result of a request.
#[derive(Debug)]
pub enum Got {
    /// The exit status: that of the command, or the one that is stored.
    Status(u8),
    /// The command could not be started.
    NotStarted(io::Error),
    /// This process received this signal, and the command has ended by it.
    Signal(i32),
}

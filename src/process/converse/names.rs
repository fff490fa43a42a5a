//! The names of the commands.

use crate::common::show;
use std::ffi::OsStr;

/// The names of the commands in messages.
pub(super) const ORDINALS: [&str; 2] = ["first", "second"];

/// How messages name a command.
pub fn shown(which: usize, program: &OsStr) -> String {
    format!("{} command ({})", ORDINALS[which], show::shown(program))
}

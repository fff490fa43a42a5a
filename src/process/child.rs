//! How a child starts, and how it ended.

#![allow(unsafe_code)]

use super::{signals, streams};
use rustix::process::{Pid, Signal};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};

/// The exit status of a command, as the shell has it: 128 and the signal's number if one ended it.
pub fn status(status: ExitStatus) -> u8 {
    let status = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    status.map_or(1, |status| status as u8)
}

/// The exit status for a command that could not be started, as the shell has it.
pub fn status_without_start(error: &io::Error) -> u8 {
    match error.kind() {
        io::ErrorKind::NotFound => 127,
        _ => 126,
    }
}

/// Has a command start with the signals as they were when this program did, and
/// without standard error if that was closed. The system keeps its exit status.
pub fn as_it_was(command: &mut Command) {
    signals::keep_child_statuses();
    signals::restore(command);
    streams::keep_closed(command, 2);
}

/// Has a command share the standard input of this program, also if it is closed.
pub fn share_stdin(command: &mut Command) {
    command.stdin(Stdio::inherit());
    streams::keep_closed(command, 0);
}

/// Has the system end a command by SIGTERM when this process ends, even by
/// SIGKILL. The command must be started by the main thread: Linux takes the end of
/// the thread for that of the process.
#[cfg(target_os = "linux")]
pub fn end_with_parent(command: &mut Command) {
    let parent = Pid::from_raw(std::process::id() as i32);
    let bind = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        // The parent may have ended before this.
        match rustix::process::getppid() == parent {
            true => Ok(()),
            false => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        }
    };
    // SAFETY: between fork and exec the closure makes two system calls, which are
    // async-signal-safe, and allocates nothing.
    unsafe { command.pre_exec(bind) };
}

/// Other systems have nothing of the kind.
#[cfg(not(target_os = "linux"))]
pub fn end_with_parent(_: &mut Command) {}

/// Forks the process. Returns the child in the parent, and none in the child,
/// which must end by [`exit`].
///
/// The process must have one thread only, besides a main thread that waits for it
/// (`cli::run`): in the child there is no other thread that would release a lock.
pub fn fork() -> io::Result<Option<Pid>> {
    #[cfg(target_os = "linux")]
    debug_assert!(std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count) <= 2);
    // SAFETY: the child of a process with one thread may do all that its parent may.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        id => Ok(Pid::from_raw(id)),
    }
}

/// Ends the process at once. The exit handlers are left to the process that was
/// not forked.
pub fn exit(status: u8) -> ! {
    // SAFETY: takes no memory, and does not return.
    unsafe { libc::_exit(status.into()) }
}

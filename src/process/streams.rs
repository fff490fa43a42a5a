//! Standard streams that were closed when the program started.

#![allow(unsafe_code)]

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

/// Which of the descriptors 0, 1 and 2 were closed when the program started, as bits.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// True if the descriptor (0, 1 or 2) was closed when the program started.
///
/// Before `main` runs, `std` opens /dev/null in the place of a closed standard
/// stream, and a program started with `>&-` would lose its output in silence.
pub fn was_closed(fd: u8) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << fd) != 0
}

/// Notes which standard streams are closed. It must run before `main`, where `std` has
/// not replaced them yet; `process_wide!` places it.
pub extern "C" fn note_closed_streams() {
    for fd in 0..3 {
        // SAFETY: F_GETFD only asks; a descriptor that is not open gives EBADF.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
        }
    }
}

/// Has a command start without this descriptor (0, 1 or 2) if this program did.
pub fn keep_closed(command: &mut Command, fd: u8) {
    if !was_closed(fd) {
        return;
    }
    let close = move || {
        // SAFETY: close is async-signal-safe; nothing in the child uses the
        // descriptor, which `std` has opened in place of the closed one.
        unsafe { libc::close(fd.into()) };
        Ok(())
    };
    // SAFETY: the closure makes one call, which is async-signal-safe.
    unsafe { command.pre_exec(close) };
}

//! Detects a deadlock of the two commands, by the states of processes that Linux reports.
//!
//! They are if no process under `converse` will ever run again by itself. That
//! is so if `converse` has nothing to pass on, and all threads of all processes
//! wait, without a time limit, for nothing but each other:
//!
//! - in `read`, `write`, `poll`, `select` or `epoll_wait`, on the pipes of the
//!   conversation and on pipes and eventfds that the processes made among
//!   themselves (chapter `call`);
//! - for the end of a child, where there is one: it is one of the processes;
//! - for another thread of the same process (a futex in memory of its own).
//!
//! In any other state a process may run again: it runs, sleeps, is stopped,
//! waits for a terminal, a socket, a file with a name, a pipe or an eventfd that
//! came from outside, or only for a signal. So it may with a timer that could
//! end the wait (chapter `thread`), or with a ring through which the kernel works
//! for it (chapter `rings`).
//!
//! Two looks decide. The first finds all threads waiting; then `converse` has
//! nothing to pass on; then the second finds the same threads in the same calls, and
//! none has run since. So there was a moment between them at which all
//! of this was true at once. No process was made meanwhile that may be one of
//! them, and the second look goes by a list of all processes of the system: a list
//! of children that change while it is read may lack some. A look before these
//! finds the same, too, and after it that no process has a ring.
//!
//! Many runtimes wake up now and then, or wait in other ways. Their deadlocks
//! are found by time only, with `--patience` (chapter `quiet`).

#[cfg(target_os = "linux")]
mod call;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod look;
mod quiet;
#[cfg(target_os = "linux")]
mod rings;
#[cfg(target_os = "linux")]
mod sentence;
#[cfg(target_os = "linux")]
mod thread;
#[cfg(target_os = "linux")]
mod watch;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::Watch;
pub(super) use look::Look;
#[cfg(target_os = "linux")]
pub(super) use watch::Watch;

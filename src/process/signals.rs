//! Signals: what ends this process, what is passed on to a child, and what is ignored.

#![allow(unsafe_code)]

use rustix::process::{Pid, Signal};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Ends the process by SIGPIPE, as the kernel ends a classic tool whose output pipe has no
/// reader.
///
/// Rust programs start with SIGPIPE ignored. It stays ignored while the
/// program runs, so that a broken *socket* is an error like any other; only a
/// failed write to standard output leads here.
pub fn die_by_sigpipe() -> ! {
    die_by(libc::SIGPIPE)
}

/// Ends the process by this signal, with the signal's default action.
pub fn die_by(signal: i32) -> ! {
    // SAFETY: plain calls; SIG_DFL is no handler that could run code of ours. An
    // invalid signal number makes them fail and do nothing.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, &set, std::ptr::null_mut());
        libc::raise(signal);
    }
    // Only reached where the signal cannot be delivered.
    std::process::exit(128 + signal)
}

/// The child to which [`pass_signals_to`] passes signals; 0 if there is none.
static RECEIVER: AtomicI32 = AtomicI32::new(0);

/// The last signal that came while there was a receiver; 0 if none came.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// The signals that request a program to end.
const ENDING_SIGNALS: [i32; 3] = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM];

/// The signals that a terminal sends for a key, other than SIGINT.
const SIGNALS_OF_KEYS: [i32; 2] = [libc::SIGQUIT, libc::SIGTSTP];

/// Signals that are blocked in this thread, and in the threads that it starts, until
/// this is dropped.
pub struct BlockedSignals {
    before: libc::sigset_t,
}

/// Blocks SIGHUP, SIGINT and SIGTERM: what comes meanwhile is delivered afterwards.
pub fn block_signals() -> BlockedSignals {
    block(&ENDING_SIGNALS)
}

/// Blocks, in this thread, each signal that some thread of this program may block. The kernel then
/// delivers it to a thread that is started later, after [`BlockedSignals::unblock`] there.
pub fn leave_signals_to_threads() -> BlockedSignals {
    block(&[&ENDING_SIGNALS[..], &SIGNALS_OF_KEYS, &[libc::SIGALRM]].concat())
}

fn block(signals: &[i32]) -> BlockedSignals {
    // SAFETY: both sets are valid; all zeros is a valid value for them.
    unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        let mut before = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&mut set);
        for &signal in signals {
            libc::sigaddset(&mut set, signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, &mut before);
        BlockedSignals { before }
    }
}

impl BlockedSignals {
    /// Has a command start with the signals that were blocked before.
    pub fn are_not_for(&self, command: &mut Command) {
        let before = self.before;
        let restore = move || {
            // SAFETY: the set is valid.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
            Ok(())
        };
        // SAFETY: the closure makes one call, which is async-signal-safe.
        unsafe { command.pre_exec(restore) };
    }

    /// In this thread, blocks only what was blocked before. What has come is delivered.
    pub fn unblock(&self) {
        // SAFETY: the set is valid.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }

    /// Delivers what has come, and blocks the same signals as now again.
    fn deliver(&self) {
        // SAFETY: both sets are valid; all zeros is a valid value.
        unsafe {
            let mut now = std::mem::zeroed::<libc::sigset_t>();
            libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, &mut now);
            libc::pthread_sigmask(libc::SIG_SETMASK, &now, std::ptr::null_mut());
        }
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        self.unblock();
    }
}

/// A write during which SIGHUP, SIGINT, SIGTERM and those of all keys of a terminal are blocked in this
/// thread, as [`BlockedSignals`] are. Once a second a system call that waits fails with EINTR, in a process whose
/// other threads block SIGALRM.
///
/// The timer is that of `alarm`. If a program has set one before it started this one (`perl -e 'alarm 9; exec …'`), it
/// stops meanwhile.
pub struct UninterruptedWrite {
    blocked: BlockedSignals,
    /// What SIGALRM did before, the signals that were blocked then, and the timer.
    action: libc::sigaction,
    mask: libc::sigset_t,
    timer: libc::itimerval,
}

impl UninterruptedWrite {
    /// Begins it.
    pub fn begin() -> UninterruptedWrite {
        extern "C" fn interrupt(_: i32) {}
        let blocked = block(&[&ENDING_SIGNALS[..], &SIGNALS_OF_KEYS].concat());
        // SAFETY: all structures are valid; all zeros is a valid value for them. The handler does
        // nothing. Without SA_RESTART, a system call that waits returns after it.
        unsafe {
            let mut action = std::mem::zeroed::<libc::sigaction>();
            let handler: extern "C" fn(i32) = interrupt;
            action.sa_sigaction = handler as usize;
            let mut before = std::mem::zeroed::<libc::sigaction>();
            libc::sigaction(libc::SIGALRM, &action, &mut before);
            let mut set = std::mem::zeroed::<libc::sigset_t>();
            let mut mask = std::mem::zeroed::<libc::sigset_t>();
            libc::sigemptyset(&mut set);
            libc::sigaddset(&mut set, libc::SIGALRM);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, &mut mask);
            let second = libc::timeval {
                tv_sec: 1,
                tv_usec: 0,
            };
            let each_second = libc::itimerval {
                it_interval: second,
                it_value: second,
            };
            let mut timer = std::mem::zeroed::<libc::itimerval>();
            libc::setitimer(libc::ITIMER_REAL, &each_second, &mut timer);
            UninterruptedWrite {
                blocked,
                action: before,
                mask,
                timer,
            }
        }
    }

    /// Delivers the signals that have come: what is written cannot be completed now.
    pub fn deliver_pending(&self) {
        self.blocked.deliver();
    }
}

impl Drop for UninterruptedWrite {
    fn drop(&mut self) {
        // SAFETY: all structures are valid.
        unsafe {
            let none = std::mem::zeroed::<libc::itimerval>();
            libc::setitimer(libc::ITIMER_REAL, &none, std::ptr::null_mut());
            libc::pthread_sigmask(libc::SIG_SETMASK, &self.mask, std::ptr::null_mut());
            libc::sigaction(libc::SIGALRM, &self.action, std::ptr::null_mut());
            libc::setitimer(libc::ITIMER_REAL, &self.timer, std::ptr::null_mut());
        }
        // `blocked` is dropped after that.
    }
}

/// Whether this process was continued since [`was_continued`] was called.
static CONTINUED: AtomicBool = AtomicBool::new(false);

/// From now on [`was_continued`] returns whether this process was continued after a stop.
pub fn note_continuing() {
    extern "C" fn note(_: i32) {
        CONTINUED.store(true, Ordering::SeqCst);
    }
    // SAFETY: the structure is valid; all zeros is a valid value for it. The handler
    // only stores a value.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        let handler: extern "C" fn(i32) = note;
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGCONT, &action, std::ptr::null_mut());
    }
}

/// Whether this process was continued after a stop since the last call.
pub fn was_continued() -> bool {
    CONTINUED.swap(false, Ordering::SeqCst)
}

/// Passes SIGHUP, SIGINT and SIGTERM on to a child from now on, instead of
/// ending this process. A signal that is ignored stays ignored. A signal from the terminal
/// is not passed on: the terminal sends it to the child as well.
pub fn pass_signals_to(child: u32) {
    RECEIVER.store(child as i32, Ordering::SeqCst);
    for signal in ENDING_SIGNALS {
        // SAFETY: both structures are valid; all zeros is a valid value for them.
        // The handler makes only calls that are async-signal-safe.
        unsafe {
            let mut action = std::mem::zeroed::<libc::sigaction>();
            libc::sigaction(signal, std::ptr::null(), &mut action);
            if action.sa_sigaction == libc::SIG_IGN {
                continue;
            }
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = pass_on;
            action.sa_sigaction = handler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}

/// From now on the signals end this process again. It must be called before the
/// child is reaped, since its number may be used again then.
pub fn stop_passing_signals() {
    RECEIVER.store(0, Ordering::SeqCst);
}

/// The signal that came while signals were passed on.
pub fn received_signal() -> Option<i32> {
    Some(RECEIVED.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
}

extern "C" fn pass_on(signal: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    let Some(child) = Pid::from_raw(RECEIVER.load(Ordering::SeqCst)) else {
        // SAFETY: both calls are async-signal-safe. The signal is blocked until the
        // handler returns; then it ends the process.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        return;
    };
    RECEIVED.store(signal, Ordering::SeqCst);
    // SAFETY: the kernel passes a valid structure to a handler with SA_SIGINFO.
    let code = unsafe { (*info).si_code };
    // A process sends SI_USER, which is 0 on Linux and not elsewhere, or a negative code.
    let is_from_kernel = code > 0 && code != libc::SI_USER;
    if let Some(signal) = Signal::from_named_raw(signal).filter(|_| !is_from_kernel) {
        // A child of another user cannot be signalled.
        let _ = rustix::process::kill_process(child, signal);
    }
}

/// Has a write beyond the limit on a file's size (`ulimit -f`) fail with an error, which
/// can be reported, and not end the process by SIGXFSZ.
pub fn refuse_large_files_by_error() {
    // SAFETY: a plain call on a valid signal number; SIG_IGN is no handler.
    let before = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    SIGXFSZ_IS_CHANGED.store(before == libc::SIG_DFL, Ordering::Relaxed);
}

/// Whether SIGXFSZ is ignored by this program, and was not before.
static SIGXFSZ_IS_CHANGED: AtomicBool = AtomicBool::new(false);

/// Whether SIGCHLD was ignored when this program started.
static SIGCHLD_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

/// Has the system keep the exit status of a child until it is reaped, also if this process
/// was started with SIGCHLD ignored.
pub fn keep_child_statuses() {
    // SAFETY: a plain call on a valid signal number; SIG_DFL is no handler.
    let before = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    if before == libc::SIG_IGN {
        SIGCHLD_WAS_IGNORED.store(true, Ordering::Relaxed);
    }
}

/// Has a command start with the signals as this program found them, since ignored signals
/// are inherited. `std` restores SIGPIPE.
pub fn restore(command: &mut Command) {
    let changed = SIGXFSZ_IS_CHANGED.load(Ordering::Relaxed);
    let ignored = SIGCHLD_WAS_IGNORED.load(Ordering::Relaxed);
    if !changed && !ignored {
        return;
    }
    let restore = move || {
        if changed {
            // SAFETY: a plain call on a valid signal number; SIG_DFL is no handler.
            unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_DFL) };
        }
        if ignored {
            // SAFETY: the same; neither is SIG_IGN.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes calls that are
    // async-signal-safe, and touches no memory but its own.
    unsafe { command.pre_exec(restore) };
}

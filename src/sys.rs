//! The few system calls and hints that `std` has no safe words for.

#![allow(unsafe_code)]

use rustix::process::{Pid, Signal};
use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::File;
use std::io;
use std::os::fd::IntoRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};

/// Ends the process as the kernel ends a classic tool whose reader has left:
/// by SIGPIPE, without a word.
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

/// The signals that ask a program to end.
const ENDING_SIGNALS: [i32; 3] = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM];

/// Signals that are blocked in this thread, and in the threads that it starts, until
/// this is dropped.
pub struct BlockedSignals {
    before: libc::sigset_t,
}

/// Blocks SIGHUP, SIGINT and SIGTERM: what comes meanwhile is delivered afterwards.
pub fn block_signals() -> BlockedSignals {
    // SAFETY: both sets are valid; all zeros is a valid value for them.
    unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        let mut before = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&mut set);
        for signal in ENDING_SIGNALS {
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
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: the set is valid.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

/// Passes SIGHUP, SIGINT and SIGTERM on to a child from now on, instead of
/// ending this process. A signal that is ignored stays ignored. What a terminal
/// sends is not passed on: it sends it to the child as well.
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
        // A child that may not be signalled (it has another user) goes on.
        let _ = rustix::process::kill_process(child, signal);
    }
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

/// Has a file that would grow beyond the limit on its size (`ulimit -f`) fail
/// with an error, which can be said, and not end the process by SIGXFSZ.
pub fn refuse_large_files_by_error() {
    // SAFETY: a plain call on a valid signal number; SIG_IGN is no handler.
    let before = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    CHANGED.store(before == libc::SIG_DFL, Ordering::Relaxed);
}

/// Whether SIGXFSZ is ignored because we said so.
static CHANGED: AtomicBool = AtomicBool::new(false);

/// Whether SIGCHLD was ignored before we said otherwise.
static DEAF: AtomicBool = AtomicBool::new(false);

/// Has a command start with the signals as they were: what is ignored here
/// would be ignored there. `std` itself looks after SIGPIPE.
pub fn restore_signals(command: &mut Command) {
    let changed = CHANGED.load(Ordering::Relaxed);
    let deaf = DEAF.load(Ordering::Relaxed);
    if !changed && !deaf {
        return;
    }
    let restore = move || {
        if changed {
            // SAFETY: a plain call on a valid signal number; SIG_DFL is no handler.
            unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_DFL) };
        }
        if deaf {
            // SAFETY: the same; neither is SIG_IGN.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes calls that are
    // async-signal-safe, and touches no memory but its own.
    unsafe { command.pre_exec(restore) };
}

/// Memory for every program: the system's, but where there is none left the
/// program ends as after any failure, with one line and status 1.
struct Memory;

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        or_end(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        or_end(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        or_end(unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static MEMORY: Memory = Memory;

/// The program's name, for its last line.
static NAME: OnceLock<&str> = OnceLock::new();

/// Tells the program's name, for the line that is written when memory ends.
pub fn set_name(name: &'static str) {
    let _ = NAME.set(name);
}

#[inline(always)]
fn or_end(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        end_without_memory();
    }
    memory
}

/// Whether a thread has found that memory ended.
static ENDING: AtomicBool = AtomicBool::new(false);

#[cold]
fn end_without_memory() -> ! {
    // One line is enough: others that find the same wait for the end.
    while ENDING.swap(true, Ordering::Relaxed) {
        // SAFETY: waits for a signal, and needs nothing for it.
        unsafe { libc::pause() };
    }
    for part in [NAME.get().unwrap_or(&"textmill"), ": out of memory\n"] {
        // SAFETY: writes bytes that are there; no memory is needed for it.
        unsafe { libc::write(2, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: ends the process at once; other threads may hold any lock.
    unsafe { libc::_exit(1) }
}

/// Has the system keep how a child has ended until it is asked, also where who
/// started this process did not want to hear of its own.
pub fn hear_of_children() {
    // SAFETY: a plain call on a valid signal number; SIG_DFL is no handler.
    let before = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    if before == libc::SIG_IGN {
        DEAF.store(true, Ordering::Relaxed);
    }
}

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

/// Closes a file and says so when the last of it could not be stored (a full
/// quota or a lost server may be told to `close` alone).
pub fn close(file: File) -> io::Result<()> {
    // SAFETY: the descriptor is ours by `into_raw_fd` and is used nowhere else.
    match unsafe { libc::close(file.into_raw_fd()) } {
        0 => Ok(()),
        _ => match io::Error::last_os_error() {
            // The descriptor is gone all the same (Linux); nothing was lost.
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error => Err(error),
        },
    }
}

/// Which of the descriptors 0, 1 and 2 were closed when the program started, as bits.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// True if the descriptor (0, 1 or 2) was closed when the program started.
///
/// Before `main` runs, `std` opens /dev/null in the place of a closed standard
/// stream, and a program started with `>&-` would lose its output in silence.
pub fn was_closed(fd: u8) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << fd) != 0
}

/// Looks at the standard streams before `std` mends them.
extern "C" fn note_closed_streams() {
    for fd in 0..3 {
        // SAFETY: F_GETFD only asks; a descriptor that is not open gives EBADF.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
        }
    }
}

// SAFETY: the loader calls every function in this section once, before `main`;
// the function uses nothing that `std` must set up first.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = note_closed_streams;

// SAFETY: as above.
#[cfg(target_vendor = "apple")]
#[used]
#[unsafe(link_section = "__DATA,__mod_init_func")]
static AT_START: extern "C" fn() = note_closed_streams;

/// Has the allocator give every large buffer back to the system as soon as it
/// is freed, and move a growing one by its pages. By itself glibc stops doing
/// so after the first of them.
pub fn give_large_buffers_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Less than glibc's own 128 KiB: many buffers that grow side by side
        // would leave as much behind as they hold, in holes of half their size.
        const LARGE: libc::c_int = 32 << 10;
        // SAFETY: sets parameters of the allocator, and thereby fixes them.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            // A pool for each thread would reserve 64 MiB of addresses, which
            // count under `ulimit -v`; large buffers need none.
            libc::mallopt(libc::M_ARENA_MAX, 1);
        }
    }
}

/// Has the allocator give back to the system what was freed: many small buffers
/// leave as much behind in its pool, while their successors may be large ones.
pub fn give_freed_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a plain call; it touches only memory that is not in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Tells the processor that this element will soon be needed.
#[inline(always)]
pub fn prefetch<T>(elements: &[T], i: usize) {
    debug_assert!(i < elements.len() || elements.is_empty());
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = elements.as_ptr().wrapping_add(i);
        // SAFETY: only a hint; no address faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = i;
}

/// Asks for large pages under a large buffer that is used in no order: fewer
/// look-ups of addresses. Where they are not to be had, nothing changes.
pub fn prefer_huge_pages<T>(elements: &[T]) {
    #[cfg(target_os = "linux")]
    {
        const HUGE: usize = 2 << 20;
        let start = (elements.as_ptr() as usize).next_multiple_of(HUGE);
        let end = elements.as_ptr_range().end as usize / HUGE * HUGE;
        if start < end {
            // SAFETY: the range lies within the buffer; the advice changes no
            // byte of it.
            unsafe { libc::madvise(start as *mut _, end - start, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = elements;
}

//! The memory of a program: one line and exit status 1 where there is none left.

#![allow(unsafe_code)]

use super::progress;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Memory for every program: the system's, but where there is none left the
/// program ends as after any failure, with one line and status 1.
#[derive(Debug)]
pub struct Allocator;

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        or_end(unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        or_end(unsafe { System.alloc_zeroed(layout) })
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        or_end(unsafe { System.realloc(memory, layout, size) })
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

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
    let message = [NAME.get().unwrap_or(&"textmill"), ": out of memory\n"];
    for part in progress::erasure().into_iter().chain(message) {
        // SAFETY: writes bytes that are there; no memory is needed for it.
        unsafe { libc::write(2, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: ends the process at once; other threads may hold any lock.
    unsafe { libc::_exit(1) }
}

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

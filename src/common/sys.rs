//! The few system calls and hints for which `std` has no safe function.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::IntoRawFd;

/// Closes a file, and reports errors: a full quota or a lost server may be reported by
/// `close` only.
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

/// Has the allocator return freed memory to the system. After many small buffers it
/// keeps as much in its pool, while the next buffers may be large.
pub fn give_freed_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a plain call; it touches only memory that is not in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Prefetches an element that will soon be used.
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
    #[cfg(target_arch = "aarch64")]
    {
        let address = elements.as_ptr().wrapping_add(i);
        // SAFETY: only a hint; no address faults. The intrinsic is not stable.
        unsafe {
            std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, readonly, preserves_flags));
        }
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = i;
}

/// Requests huge pages for a large buffer with random access, which saves TLB misses. If
/// there are none, nothing changes.
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

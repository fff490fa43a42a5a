//! Rings through which the kernel works for a process that waits: io_uring and
//! Linux AIO. Their pending operations are not reported. It may be a timer, or a write to a
//! pipe or to an eventfd.

use memchr::memmem;
use std::fs;
use std::io;

/// The link in /proc/PID/fd to an io_uring, and its name in /proc/PID/maps.
const IO_URING: &str = "anon_inode:[io_uring]";

/// The name of an AIO ring in /proc/PID/maps.
const AIO: &str = "/[aio]";

/// Whether a process has such a ring.
pub(super) fn has_ring(process: u32) -> io::Result<bool> {
    // A ring without a descriptor is still mapped, and one without a map has a descriptor.
    let maps = fs::read(format!("/proc/{process}/maps"))?;
    if [IO_URING, AIO]
        .into_iter()
        .any(|name| memmem::find(&maps, name.as_bytes()).is_some())
    {
        return Ok(true);
    }
    for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
        let link = fs::read_link(entry?.path());
        if link.is_ok_and(|link| link.as_os_str() == IO_URING) {
            return Ok(true);
        }
    }
    Ok(false)
}

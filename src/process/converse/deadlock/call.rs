//! The system call that a thread is in, and the files that it waits for.

use super::watch::Not;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file that a call waits for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its descriptor in the process.
    pub(super) descriptor: u64,
    /// Its inode, since the descriptor may be another file's by now.
    pub(super) inode: Option<u64>,
}

impl From<u64> for Target {
    fn from(descriptor: u64) -> Target {
        let inode = None;
        Target { descriptor, inode }
    }
}

/// A system call that a thread is in: its number and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    number: libc::c_long,
    arguments: [u64; 6],
}

impl Call {
    /// Reads `/proc/PID/syscall`. `None` if the thread is in no call.
    pub(super) fn parse(text: &str) -> Option<Call> {
        let mut fields = text.split_whitespace();
        let number = fields.next()?.parse().ok().filter(|&number| number >= 0)?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok()?;
        }
        Some(Call { number, arguments })
    }

    /// Whether it waits for the end of a process.
    pub(super) fn waits_for_child(&self) -> bool {
        matches!(self.number, libc::SYS_wait4 | libc::SYS_waitid)
    }

    /// The files that could end the call, if nothing else could.
    pub(super) fn waits_for(&self, thread: &Path) -> Result<Vec<Target>, Not> {
        let [a, b, c, d, e, _] = self.arguments;
        let no_limit = |pointer: u64| match pointer {
            0 => Ok(()),
            _ => Err(Not::Waiting),
        };
        let no_limit_ms = |ms: u64| match ms as i32 {
            ..0 => Ok(()),
            _ => Err(Not::Waiting),
        };
        let descriptors = match self.number {
            libc::SYS_read | libc::SYS_readv | libc::SYS_write | libc::SYS_writev => vec![a],
            libc::SYS_splice => vec![a, c],
            // Its children are among the processes.
            _ if self.waits_for_child() => return Ok(vec![]),
            libc::SYS_futex if waits(b) => {
                no_limit(d)?;
                if !is_private(b) && !in_private_memory(thread, a)? {
                    return Err(Not::Waiting);
                }
                return Ok(vec![]);
            }
            libc::SYS_ppoll => {
                no_limit(c)?;
                polled(thread, a, b)?
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => {
                no_limit_ms(c)?;
                polled(thread, a, b)?
            }
            libc::SYS_pselect6 => {
                no_limit(e)?;
                selected(thread, a, [b, c, d])?
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => {
                no_limit(e)?;
                selected(thread, a, [b, c, d])?
            }
            libc::SYS_epoll_pwait => {
                no_limit_ms(d)?;
                return some(registered(thread, a)?);
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => {
                no_limit_ms(d)?;
                return some(registered(thread, a)?);
            }
            _ => return Err(Not::Waiting),
        };
        some(descriptors.into_iter().map(Target::from).collect())
    }
}

/// A call that waits for no file at all waits for a signal.
fn some(targets: Vec<Target>) -> Result<Vec<Target>, Not> {
    match targets.is_empty() {
        true => Err(Not::Waiting),
        false => Ok(targets),
    }
}

/// Whether a futex call waits.
fn waits(operation: u64) -> bool {
    let command = operation as i32 & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    command == libc::FUTEX_WAIT || command == libc::FUTEX_WAIT_BITSET
}

/// Whether only another thread of the process can end that.
fn is_private(operation: u64) -> bool {
    operation as i32 & libc::FUTEX_PRIVATE_FLAG != 0
}

/// The same of a futex that may be shared by processes (`pthread_join` waits so): whether it is
/// in memory that is not.
fn in_private_memory(thread: &Path, address: u64) -> io::Result<bool> {
    let maps = fs::read(thread.join("maps"))?;
    let mut lines = maps.split(|&byte| byte == b'\n');
    Ok(lines.any(|line| is_private_map(&String::from_utf8_lossy(line), address)))
}

/// A line `7f00-7fff rw-p 00000000 00:00 0`: addresses, permissions, offset, device, inode.
/// `p` is private, and without an inode no other process can map it.
fn is_private_map(line: &str, address: u64) -> bool {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [addresses, permissions, _, _, inode, ..] = fields[..] else {
        return false;
    };
    let range = addresses.split_once('-').and_then(|(start, end)| {
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some(number(start)?..number(end)?)
    });
    permissions.ends_with('p')
        && inode == "0"
        && range.is_some_and(|range| range.contains(&address))
}

/// The descriptors in an array of `struct pollfd`.
fn polled(thread: &Path, at: u64, count: u64) -> io::Result<Vec<u64>> {
    let array = memory(thread, at, count.saturating_mul(8))?;
    let descriptor = |entry: &[u8]| i32::from_ne_bytes([entry[0], entry[1], entry[2], entry[3]]);
    let all = array.chunks_exact(8).map(descriptor);
    Ok(all.filter(|&fd| fd >= 0).map(|fd| fd as u64).collect())
}

/// The descriptors in three sets of bits, each of which may be missing.
fn selected(thread: &Path, count: u64, sets: [u64; 3]) -> io::Result<Vec<u64>> {
    let mut all = Vec::new();
    for at in sets.into_iter().filter(|&at| at != 0) {
        // Words of the kernel's size; the bytes of a word are in its own order.
        for (word, bytes) in memory(thread, at, count.div_ceil(64).saturating_mul(8))?
            .chunks_exact(8)
            .enumerate()
        {
            let bits = bytes
                .first_chunk()
                .map_or(0, |bytes| u64::from_ne_bytes(*bytes));
            let set = (0..64).filter(|bit| bits >> bit & 1 != 0);
            all.extend(
                set.map(|bit| word as u64 * 64 + bit)
                    .filter(|&fd| fd < count),
            );
        }
    }
    Ok(all)
}

/// The files that an epoll instance watches.
fn registered(thread: &Path, epoll: u64) -> io::Result<Vec<Target>> {
    let info = fs::read_to_string(thread.join(format!("fdinfo/{epoll}")))?;
    Ok(info.lines().filter_map(target).collect())
}

/// A line `tfd: 4 events: 19 data: 4 pos:0 ino:a7b sdev:f`, the inode in hexadecimal.
fn target(line: &str) -> Option<Target> {
    let mut fields = line.strip_prefix("tfd:")?.split_whitespace();
    let descriptor = fields.next()?.parse().ok()?;
    let inode = fields.find_map(|field| field.strip_prefix("ino:"));
    let inode = inode.and_then(|inode| u64::from_str_radix(inode, 16).ok());
    Some(Target { descriptor, inode })
}

/// Reads the memory of a process.
fn memory(thread: &Path, at: u64, bytes: u64) -> io::Result<Vec<u8>> {
    // No process has more descriptors than that.
    let mut read = vec![0; bytes.min(16 << 20) as usize];
    File::open(thread.join("mem"))?.read_exact_at(&mut read, at)?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_files_waits_for_a_signal() {
        let call = Call {
            number: libc::SYS_ppoll,
            arguments: [0; 6],
        };
        let waits = call.waits_for("/proc/self".as_ref());
        assert!(matches!(waits, Err(Not::Waiting)));
    }

    #[test]
    fn calls_are_read() {
        let text = "0 0x0 0x7f 0x2000 0x0 0x0 0x0 0x7ffd 0x7f2e\n";
        let call = Call::parse(text).unwrap();
        assert_eq!(
            (call.number, call.arguments),
            (0, [0, 0x7f, 0x2000, 0, 0, 0])
        );
        for none in ["running\n", "-1 0x7ffd 0x7f2e\n", ""] {
            assert_eq!(Call::parse(none), None, "{none}");
        }
    }

    #[test]
    fn epoll_tells_what_it_watches() {
        let line = "tfd:        4 events:       19 data:                4  pos:0 ino:a7b sdev:f";
        let (descriptor, inode) = (4, Some(0xa7b));
        assert_eq!(target(line), Some(Target { descriptor, inode }));
        assert_eq!(target("tfd: 7 events: 1 data: 0"), Some(Target::from(7)));
        assert_eq!(target("pos:\t0"), None);
    }

    #[test]
    fn futexes() {
        for operation in [0, 9, 128, 128 | 9 | 256] {
            assert!(waits(operation), "{operation}");
        }
        assert!(!waits(1) && !waits(129));
        assert!(is_private(128) && is_private(128 | 9 | 256) && !is_private(9 | 256));
    }

    #[test]
    fn maps_are_private_or_not() {
        let private = "7f00-7f10 rw-p 00000000 00:00 0    [stack]";
        for (address, is) in [
            (0x7eff, false),
            (0x7f00, true),
            (0x7f0f, true),
            (0x7f10, false),
        ] {
            assert_eq!(is_private_map(private, address), is, "{address:x}");
        }
        for other in [
            "7f00-7f10 rw-s 00000000 00:01 0",
            "7f00-7f10 rw-p 00000000 08:01 17 /usr/lib/x",
            "7f00-7f10",
            "",
        ] {
            assert!(!is_private_map(other, 0x7f00), "{other}");
        }
    }
}

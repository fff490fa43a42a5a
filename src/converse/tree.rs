//! All processes that the two commands have started, theirs included.
//!
//! Linux knows who started whom, and gives orphans to the nearest ancestor that
//! asks for them. So none escapes being looked at, or being ended. Elsewhere
//! only the commands themselves are known.

use std::process::Child;

#[cfg(target_os = "linux")]
pub(super) use linux::{adopt_orphans, descendants, end, may_be_under_us, reap_orphans};

#[cfg(not(target_os = "linux"))]
pub(super) fn adopt_orphans() {}

#[cfg(not(target_os = "linux"))]
pub(super) fn reap_orphans(_: &[Child]) {}

/// Ends the commands.
#[cfg(not(target_os = "linux"))]
pub(super) fn end(children: &mut [Child]) {
    for child in children {
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::Child;
    use rustix::event::{Timespec, poll};
    use rustix::io::Errno;
    use rustix::process::{self, Pid, PidfdFlags, Signal, WaitOptions};
    use std::fs;
    use std::io;
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    /// How long those that are asked to end may take before they are killed.
    const GRACE: Duration = Duration::from_secs(1);

    /// How long to wait before looking again who is left.
    const PAUSE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 5_000_000,
    };

    /// A process: its number alone may be another's by and by.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in super::super) struct Process {
        pub(in super::super) id: u32,
        pub(in super::super) parent: u32,
        dead: bool,
        /// When it was started, in the kernel's own unit.
        start: u64,
    }

    impl Process {
        /// Whether it is that one, and not another that has its number by now.
        fn is(&self, other: &Process) -> bool {
            (self.id, self.start) == (other.id, other.start)
        }

        fn read(id: u32) -> io::Result<Process> {
            let stat = fs::read(format!("/proc/{id}/stat"))?;
            // The name, in parentheses, may hold anything.
            let end = memchr::memrchr(b')', &stat).map_or(0, |end| end + 1);
            let stat = String::from_utf8_lossy(&stat[end..]);
            let fields: Vec<&str> = stat.split_whitespace().collect();
            let number = |i: usize| fields.get(i).and_then(|field| field.parse().ok());
            match (fields.first(), number(1), number(17), number(19)) {
                (Some(&state), Some(parent), Some(threads), Some(start)) => Ok(Process {
                    id,
                    parent: parent as u32,
                    // Its first thread may have ended, and others not.
                    dead: matches!(state, "Z" | "X") && threads <= 1,
                    start,
                }),
                _ => Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// The children that this process had before it was this program: who starts
    /// us by `exec` may have some (`bash -c` does that with its last command).
    /// They, and who is under them, are none of ours. Orphans of theirs are, for
    /// all that can be seen.
    static STRANGERS: OnceLock<Vec<Process>> = OnceLock::new();

    fn is_stranger(process: &Process) -> bool {
        let mut strangers = STRANGERS.get().into_iter().flatten();
        strangers.any(|known| known.is(process))
    }

    /// Has those whose parents have ended be children of ours. To be called
    /// before the commands are started: what children there are then are strangers.
    pub(in super::super) fn adopt_orphans() {
        STRANGERS.get_or_init(|| descendants().unwrap_or_default());
        // Where that is not to be had, they are looked for in vain.
        let _ = process::set_child_subreaper(Some(process::getpid()));
    }

    /// All processes under this one, the dead included, in the order of their numbers.
    pub(in super::super) fn descendants() -> io::Result<Vec<Process>> {
        let mut all = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let id = entry?
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            // One that ended since then is none.
            all.extend(id.and_then(|id| Process::read(id).ok()));
        }
        let mut tree = Vec::new();
        let mut parents = vec![std::process::id()];
        while let Some(parent) = parents.pop() {
            let children = all.iter().filter(|process| process.parent == parent);
            let children = children.filter(|process| !is_stranger(process));
            parents.extend(children.clone().map(|process| process.id));
            tree.extend(children.copied());
        }
        tree.sort_unstable_by_key(|process| process.id);
        Ok(tree)
    }

    /// Whether a process is under this one, or was, for all that is known.
    pub(in super::super) fn may_be_under_us(mut id: u32) -> bool {
        while id > 1 {
            match Process::read(id) {
                Ok(process) if is_stranger(&process) => return false,
                Ok(process) if process.parent != std::process::id() => id = process.parent,
                _ => return true,
            }
        }
        false
    }

    /// Takes note of the deaths of those that were adopted: nobody else can, and
    /// until then they keep their numbers. The commands keep theirs: what is known
    /// of them goes by these.
    pub(in super::super) fn reap_orphans(children: &[Child]) {
        for process in descendants().unwrap_or_default() {
            if process.dead && !children.iter().any(|child| child.id() == process.id) {
                reap_other(process);
            }
        }
    }

    /// Ends all processes under this one: asks them to, and kills those that do not.
    pub(in super::super) fn end(children: &mut [Child]) {
        let deadline = Instant::now() + GRACE;
        let mut asked = Vec::new();
        while signal_all(children, Signal::TERM, &mut asked) && Instant::now() < deadline {
            let _ = poll(&mut [], Some(&PAUSE));
        }
        let deadline = Instant::now() + GRACE;
        while signal_all(children, Signal::KILL, &mut Vec::new()) && Instant::now() < deadline {
            let _ = poll(&mut [], Some(&PAUSE));
        }
    }

    /// Sends all that live a signal, once each. False if nobody is left who may get it.
    fn signal_all(children: &mut [Child], signal: Signal, asked: &mut Vec<Process>) -> bool {
        let mut left = false;
        for process in descendants().unwrap_or_default() {
            if process.dead {
                reap(children, process);
            } else if asked.iter().any(|other| other.is(&process)) {
                left = true;
            } else if send(process, signal).is_ok() {
                asked.push(process);
                left = true;
            }
        }
        left
    }

    /// Sends a signal to this process and to no other that has its number by now.
    fn send(process: Process, signal: Signal) -> Result<(), Errno> {
        let id = Pid::from_raw(process.id as i32).ok_or(Errno::SRCH)?;
        match process::pidfd_open(id, PidfdFlags::empty()) {
            Ok(pidfd) => match Process::read(process.id) {
                Ok(now) if now.is(&process) => process::pidfd_send_signal(pidfd, signal),
                _ => Err(Errno::SRCH),
            },
            Err(Errno::NOSYS) => process::kill_process(id, signal),
            Err(error) => Err(error),
        }
    }

    /// Takes note of a death, which only the parent can.
    fn reap(children: &mut [Child], process: Process) {
        match children.iter_mut().find(|child| child.id() == process.id) {
            Some(child) => drop(child.try_wait()),
            None => reap_other(process),
        }
    }

    /// The same for one that is no command.
    fn reap_other(process: Process) {
        if process.parent == std::process::id() {
            let id = Pid::from_raw(process.id as i32);
            let _ = process::waitpid(id, WaitOptions::NOHANG);
        }
    }
}

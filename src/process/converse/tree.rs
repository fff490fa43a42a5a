//! All processes that the two commands have started, directly or not.
//!
//! Linux reports the children of each process, and gives orphans to the nearest
//! ancestor that is a subreaper. So every process can be inspected and ended.
//! Elsewhere only the commands themselves are known.

use std::process::Child;

#[cfg(target_os = "linux")]
pub(super) use linux::{
    Process, adopt_orphans, all_descendants, descendants, end, may_be_descendant, pidfd,
    reap_orphans,
};

#[cfg(not(target_os = "linux"))]
pub(super) fn adopt_orphans() {}

#[cfg(not(target_os = "linux"))]
pub(super) fn reap_orphans(_: &[Child]) {}

#[cfg(not(target_os = "linux"))]
pub(super) fn pidfd(_: &Child) -> Option<std::os::fd::OwnedFd> {
    None
}

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
    use std::os::fd::OwnedFd;
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    /// How long processes have to end after SIGTERM before they get SIGKILL.
    const GRACE: Duration = Duration::from_secs(1);

    /// How long to wait before checking again which processes are left.
    const PAUSE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 5_000_000,
    };

    /// A process. Its ID does not suffice: the system uses it again for another one.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in super::super) struct Process {
        pub(in super::super) id: u32,
        pub(in super::super) parent: u32,
        /// When it was started, in the kernel's own unit.
        pub(in super::super) start: u64,
        /// Processor time that it and its reaped children have used, in clock ticks.
        pub(in super::super) ticks: u64,
        /// Stopped by a signal or a debugger.
        pub(in super::super) stopped: bool,
        /// A zombie: it has ended and was not reaped.
        ended: bool,
    }

    impl Process {
        /// Whether it is the same process, and not another with the same ID.
        pub(in super::super) fn is(&self, other: &Process) -> bool {
            (self.id, self.start) == (other.id, other.start)
        }

        fn read(id: u32) -> io::Result<Process> {
            let stat = fs::read(format!("/proc/{id}/stat"))?;
            // The name, in parentheses, can contain any byte.
            let end = memchr::memrchr(b')', &stat).map_or(0, |end| end + 1);
            let stat = String::from_utf8_lossy(&stat[end..]);
            let fields: Vec<&str> = stat.split_whitespace().collect();
            let number = |i: usize| fields.get(i).and_then(|field| field.parse::<u64>().ok());
            match (fields.first(), number(1), number(17), number(19)) {
                (Some(&state), Some(parent), Some(threads), Some(start)) => Ok(Process {
                    id,
                    parent: parent as u32,
                    start,
                    // utime, stime, cutime, cstime; proc(5)
                    ticks: (11..15).filter_map(number).sum(),
                    stopped: matches!(state, "T" | "t"),
                    // The first thread can end before the others.
                    ended: matches!(state, "Z" | "X") && threads <= 1,
                }),
                _ => Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// The descendants that this process had before it became this program: the
    /// process that called `exec` may have had some (`bash -c` does that with its
    /// last command). They are not descendants of the commands. Their orphans
    /// cannot be told from those of the commands.
    static EARLIER: OnceLock<Vec<Process>> = OnceLock::new();

    fn is_earlier(process: &Process) -> bool {
        let mut earlier = EARLIER.get().into_iter().flatten();
        earlier.any(|known| known.is(process))
    }

    /// Makes orphans children of this process. Call it before the commands are
    /// started: descendants that exist by then are left alone.
    pub(in super::super) fn adopt_orphans() {
        EARLIER.get_or_init(|| descendants().unwrap_or_default());
        // Where the system cannot do that, orphans are not found.
        let _ = process::set_child_subreaper(Some(process::getpid()));
    }

    /// All descendants, zombies included, in the order of their IDs.
    ///
    /// It reads the files of these processes only, where the kernel lists the
    /// children of a process (`CONFIG_PROC_CHILDREN`). While processes end, such a
    /// list can lack some.
    pub(in super::super) fn descendants() -> io::Result<Vec<Process>> {
        if !children_are_listed() {
            return all_descendants();
        }
        Ok(tree(|parent| {
            // A process that ended since then is not a descendant.
            let children = children_of(parent).into_iter();
            let children = children.filter_map(|id| Process::read(id).ok());
            children.filter(|child| child.parent == parent).collect()
        }))
    }

    /// The same from a list of all processes of the system, which costs more and
    /// has every process that exists from the beginning of the call to its end.
    pub(in super::super) fn all_descendants() -> io::Result<Vec<Process>> {
        let mut all = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.parse().ok());
            all.extend(id.and_then(|id| Process::read(id).ok()));
        }
        Ok(tree(|parent| {
            let children = all.iter().filter(|process| process.parent == parent);
            children.copied().collect()
        }))
    }

    /// All descendants; `children` returns the children of a process.
    fn tree(children: impl Fn(u32) -> Vec<Process>) -> Vec<Process> {
        let mut tree: Vec<Process> = Vec::new();
        let mut parents = vec![std::process::id()];
        while let Some(parent) = parents.pop() {
            for process in children(parent) {
                // Never twice, even if a process gets another parent meanwhile.
                if !is_earlier(&process) && !tree.iter().any(|known| known.id == process.id) {
                    parents.push(process.id);
                    tree.push(process);
                }
            }
        }
        tree.sort_unstable_by_key(|process| process.id);
        tree
    }

    fn children_are_listed() -> bool {
        static LISTED: OnceLock<bool> = OnceLock::new();
        *LISTED.get_or_init(|| fs::read("/proc/thread-self/children").is_ok())
    }

    /// The IDs of the children of a process; none if it has ended.
    fn children_of(process: u32) -> Vec<u32> {
        let threads = fs::read_dir(format!("/proc/{process}/task"));
        let threads = threads.into_iter().flatten().flatten();
        let lists = threads.filter_map(|thread| fs::read(thread.path().join("children")).ok());
        let mut all = Vec::new();
        for list in lists.map(|list| String::from_utf8_lossy(&list).into_owned()) {
            all.extend(
                list.split_whitespace()
                    .filter_map(|id| id.parse::<u32>().ok()),
            );
        }
        all
    }

    /// Whether a process is a descendant, or may have been one: it has ended.
    pub(in super::super) fn may_be_descendant(mut id: u32) -> bool {
        while id > 1 {
            match Process::read(id) {
                Ok(process) if is_earlier(&process) => return false,
                Ok(process) if process.parent != std::process::id() => id = process.parent,
                _ => return true,
            }
        }
        false
    }

    /// A descriptor that `poll` finds readable when the child has ended.
    pub(in super::super) fn pidfd(child: &Child) -> Option<OwnedFd> {
        let id = Pid::from_raw(child.id() as i32)?;
        process::pidfd_open(id, PidfdFlags::empty()).ok()
    }

    /// Reaps orphans that have ended: no other process can, and until then they
    /// occupy process IDs. The commands are not reaped, so that their IDs stay theirs.
    pub(in super::super) fn reap_orphans(children: &[Child]) {
        let own = match children_are_listed() {
            true => {
                let ids = children_of(std::process::id()).into_iter();
                ids.filter_map(|id| Process::read(id).ok()).collect()
            }
            false => all_descendants().unwrap_or_default(),
        };
        for process in own {
            if process.ended && !children.iter().any(|child| child.id() == process.id) {
                reap_orphan(process);
            }
        }
    }

    /// Ends all descendants: by SIGTERM, and after a while by SIGKILL.
    pub(in super::super) fn end(children: &mut [Child]) {
        for signal in [Signal::TERM, Signal::KILL] {
            let deadline = Instant::now() + GRACE;
            let mut signalled = Vec::new();
            while signal_all(children, signal, &mut signalled) && Instant::now() < deadline {
                let _ = poll(&mut [], Some(&PAUSE));
            }
        }
    }

    /// Sends a signal to each running descendant, once, and reaps the others. False
    /// if none is running.
    fn signal_all(children: &mut [Child], signal: Signal, signalled: &mut Vec<Process>) -> bool {
        let mut left = false;
        for process in all_descendants().unwrap_or_default() {
            if process.ended {
                reap(children, process);
            } else if signalled.iter().any(|other| other.is(&process)) {
                left = true;
            } else if send(process, signal).is_ok() {
                signalled.push(process);
                left = true;
            }
        }
        left
    }

    /// Sends a signal to this process, and never to another one with the same ID.
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

    /// Reaps a process, if it is a child of this one.
    fn reap(children: &mut [Child], process: Process) {
        match children.iter_mut().find(|child| child.id() == process.id) {
            Some(child) => drop(child.try_wait()),
            None => reap_orphan(process),
        }
    }

    /// The same for a process that is not one of the commands.
    fn reap_orphan(process: Process) {
        if process.parent == std::process::id() {
            let id = Pid::from_raw(process.id as i32);
            let _ = process::waitpid(id, WaitOptions::NOHANG);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::{Command, Stdio};

    /// The lists of children, and the list of all processes.
    #[test]
    fn both_lists_have_children_and_their_children() {
        let script = "sleep 600 >&- & (sleep 600 >&- & echo $! $$; wait) & wait";
        let mut shell = Command::new("sh")
            .args(["-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = [0; 1];
        shell
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut line)
            .unwrap();
        let under = |all: Vec<Process>| {
            let mut under = vec![shell.id()];
            // Parents come first here: IDs ascend, unless they have just begun again.
            for process in all.iter().chain(&all) {
                if under.contains(&process.parent) && !under.contains(&process.id) {
                    under.push(process.id);
                }
            }
            under.sort_unstable();
            under
        };
        let listed = under(descendants().unwrap());
        assert_eq!(
            (listed.len(), &listed),
            (4, &under(all_descendants().unwrap()))
        );
        for id in listed {
            let id = rustix::process::Pid::from_raw(id as i32).unwrap();
            rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
        }
        shell.wait().unwrap();
        // A process that has been reaped is in neither.
        assert!(
            !descendants()
                .unwrap()
                .iter()
                .any(|process| process.id == shell.id())
        );
    }
}

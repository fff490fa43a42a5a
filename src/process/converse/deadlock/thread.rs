//! A thread that waits: since when, for what, and whether a timer may end it.

use super::call::{Call, Target};
use super::watch::Not;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The pipes that a thread may wait for, by their inodes.
#[derive(Debug, Default)]
pub(super) struct Pipes {
    /// The standard inputs of the commands.
    pub(super) inputs: [u64; 2],
    /// Their standard outputs.
    pub(super) outputs: [u64; 2],
    /// The pipes that `converse` was started with: other processes may have them.
    foreign: Vec<u64>,
    /// Whether it was started with an eventfd: other processes may have it.
    foreign_events: bool,
}

impl Pipes {
    /// Notes the pipes that this process has now, before it makes any.
    pub(super) fn before() -> Pipes {
        let own = fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten();
        let links = own.filter_map(|entry| fs::read_link(entry.path()).ok());
        let links: Vec<_> = links.collect();
        Pipes {
            foreign: links.iter().filter_map(|link| pipe(link)).collect(),
            foreign_events: links.iter().any(|link| is_eventfd(link)),
            ..Pipes::default()
        }
    }

    /// The event of the file in this link of /proc that a thread waits for. `None` if
    /// it may be anything.
    fn wait_at(&self, link: &Path) -> Option<Wait> {
        let Some(pipe) = pipe(link) else {
            return (is_eventfd(link) && !self.foreign_events).then_some(Wait::Thread);
        };
        let side = |pipes: &[u64; 2]| pipes.iter().position(|&known| known == pipe);
        match (side(&self.inputs), side(&self.outputs)) {
            (Some(side), _) => Some(Wait::Read(side)),
            (_, Some(side)) => Some(Wait::Write(side)),
            _ => (!self.foreign.contains(&pipe)).then_some(Wait::Pipe),
        }
    }
}

/// The inode of a pipe.
pub(super) fn inode(pipe: &File) -> u64 {
    pipe.metadata().map_or(0, |pipe| pipe.ino())
}

/// The events that a thread waits for. The first of several is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wait {
    /// To read the input of this command, 0 for the first.
    Read(usize),
    /// To write the output of this command.
    Write(usize),
    /// To read or write a pipe that the processes made.
    Pipe,
    /// For the end of a child.
    Child,
    /// For another thread of its process.
    Thread,
}

/// A thread that waits, as two looks compare it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    thread: u32,
    call: String,
    /// How often it was switched to.
    switches: String,
}

/// A thread that waits, and what else is known of it.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) waiting: Waiting,
    pub(super) name: String,
    pub(super) wait: Wait,
    /// There may be a timer.
    pub(super) doubtful: bool,
}

impl Thread {
    /// Reads a thread by its folder in /proc. `None` if it has ended.
    pub(super) fn read(
        folder: &Path,
        has_children: bool,
        pipes: &Pipes,
    ) -> Result<Option<Thread>, Not> {
        let status = String::from_utf8_lossy(&fs::read(folder.join("status"))?).into_owned();
        let field = |name: &str| {
            let mut lines = status.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
            value.unwrap_or_default()
        };
        match field("State").as_bytes().first() {
            Some(b'Z' | b'X') => return Ok(None),
            Some(b'S') => {}
            _ => return Err(Not::Waiting),
        }
        let caught = u64::from_str_radix(field("SigCgt"), 16).unwrap_or(u64::MAX);
        let catches = |signal: i32| caught & 1u64 << (signal - 1) != 0;
        // A pending `alarm` cannot be seen. A program that handles SIGALRM has one, but one
        // that handles all signals which would end it (SIGXCPU, too) may only clean up.
        let doubtful = catches(libc::SIGALRM);
        if doubtful && !catches(libc::SIGXCPU) {
            return Err(Not::Waiting);
        }
        let text = fs::read_to_string(folder.join("syscall"))?;
        let call = Call::parse(&text).ok_or(Not::Waiting)?;
        let wait = waits_for(&call, folder, has_children, pipes)?;
        let waiting = Waiting {
            thread: field("Pid").parse().unwrap_or_default(),
            call: text,
            switches: ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
                .map(field)
                .join(" "),
        };
        let name = field("Name").to_string();
        Ok(Some(Thread {
            waiting,
            name,
            wait,
            doubtful,
        }))
    }
}

/// The events that a thread in this call waits for, if only other processes can cause them.
fn waits_for(call: &Call, folder: &Path, has_children: bool, pipes: &Pipes) -> Result<Wait, Not> {
    if call.waits_for_child() {
        // A debugger waits in the same call for processes that are not its children.
        return has_children.then_some(Wait::Child).ok_or(Not::Waiting);
    }
    let mut wait = Wait::Thread;
    for Target { descriptor, inode } in call.waits_for(folder)? {
        let path = folder.join(format!("fd/{descriptor}"));
        let link = fs::read_link(&path)?;
        // Epoll still watches the file that had this descriptor before.
        if inode.is_some_and(|inode| fs::metadata(&path).map_or(true, |now| now.ino() != inode)) {
            return Err(Not::Waiting);
        }
        wait = wait.min(pipes.wait_at(&link).ok_or(Not::Waiting)?);
    }
    Ok(wait)
}

/// The inode of a pipe without a name, by the link to it in /proc.
fn pipe(link: &Path) -> Option<u64> {
    let inode = link.to_str()?.strip_prefix("pipe:[")?.strip_suffix(']')?;
    inode.parse().ok()
}

fn is_eventfd(link: &Path) -> bool {
    link.as_os_str() == "anon_inode:[eventfd]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_have_inodes() {
        assert_eq!(pipe("pipe:[1234]".as_ref()), Some(1234));
        for other in [
            "/tmp/fifo",
            "socket:[1]",
            "anon_inode:[eventfd]",
            "/pipe:[1]",
        ] {
            assert_eq!(pipe(other.as_ref()), None, "{other}");
        }
    }
}

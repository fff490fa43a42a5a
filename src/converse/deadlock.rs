//! Whether the two commands wait for each other, by what Linux tells of processes.
//!
//! They do if no process under `converse` will ever move again by itself, and
//! each side has one that waits to read its input. A process does not move if
//! all its threads wait, without a time limit, for nothing but each other:
//!
//! - in `read`, `write`, `poll`, `select` or `epoll_wait`, on the pipes of the
//!   conversation and on pipes and eventfds that the processes made among
//!   themselves;
//! - for the end of a child, where there is one: it is one of the processes;
//! - for another thread of the same process (a private futex).
//!
//! Any other state is taken for life: running, sleeping, stopped, waiting for a
//! terminal, a socket, a file with a name, a pipe or an eventfd that came from
//! outside, a signal alone. So is a timer that could end the wait: one of POSIX, or
//! a handler for SIGALRM. (A pending `alarm` is seen nowhere; without a handler
//! it would kill the process.) Many a program handles all signals that would end
//! it, to clean up behind itself: `sort` does, and `bash` with a trap. Those handle
//! SIGXCPU, too. They are doubted for [`DOUBT`] only.
//!
//! Two looks decide. The first finds all threads waiting; then nothing is in the
//! pipes; then the second finds the same threads in the same calls, and none
//! has been switched to since. So there was a moment between them at which all
//! of this was true at once. And no process was made meanwhile that may be one of
//! them: a list of processes that change while it is read may lack some.

use std::fs::File;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use super::tree;
#[cfg(target_os = "linux")]
use std::{fs, io, os::unix::fs::FileExt, os::unix::fs::MetadataExt};

/// What a look at the processes finds.
#[derive(Debug)]
pub(super) enum Look {
    /// One of them may move.
    Alive,
    /// They cannot be looked at, and why. It is told once.
    Unknown(String),
    /// They wait for each other: who for what.
    Deadlock(String),
}

/// What is known of the conversation.
#[derive(Debug, Default)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(super) struct Watch {
    /// The commands' processes.
    children: [u32; 2],
    /// The inputs, as pipes are numbered.
    inputs: [u64; 2],
    /// The pipes that this process was started with: who holds them is not known.
    foreign: Vec<u64>,
    /// Whether it was started with an eventfd: who holds these is not known.
    foreign_events: bool,
    /// What looks like a deadlock, but for timers that may be there, and since when.
    #[cfg(target_os = "linux")]
    doubted: Option<(Vec<Waiting>, Instant)>,
    /// Whether it was told already that nothing can be known.
    told: bool,
}

#[cfg(not(target_os = "linux"))]
impl Watch {
    pub(super) fn new() -> Watch {
        Watch::default()
    }
    pub(super) fn pipes(&mut self, _: [&File; 2]) {}
    pub(super) fn children(&mut self, _: [u32; 2]) {}
    pub(super) fn look(&mut self, _: impl Fn() -> bool) -> Look {
        Look::Alive
    }
}

/// A thread that waits, as two looks compare it.
#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
struct Waiting {
    thread: u32,
    call: String,
    /// How often it was switched to.
    switches: String,
}

/// How long nothing moves before a handler for SIGALRM that may be there to clean
/// up is taken for that.
#[cfg(target_os = "linux")]
const DOUBT: Duration = Duration::from_secs(3);

/// Why a process is not one that waits.
#[cfg(target_os = "linux")]
enum Not {
    /// It may move, or has ended.
    Waiting,
    Readable(io::Error),
}

/// What was found waiting.
#[cfg(target_os = "linux")]
#[derive(Debug, Default)]
struct Found {
    threads: Vec<Waiting>,
    /// The process on each side that waits for its input, and its name.
    readers: [Option<(u32, String)>; 2],
    /// There may be a timer.
    doubtful: bool,
}

#[cfg(target_os = "linux")]
impl From<io::Error> for Not {
    fn from(error: io::Error) -> Not {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Not::Readable(error),
            // A process that has just ended is what moved.
            _ => Not::Waiting,
        }
    }
}

#[cfg(target_os = "linux")]
impl Watch {
    /// To be called before any pipe of the conversation is made.
    pub(super) fn new() -> Watch {
        let own = fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten();
        let links = own.filter_map(|entry| fs::read_link(entry.path()).ok());
        let links: Vec<_> = links.collect();
        Watch {
            foreign: links.iter().filter_map(|link| pipe(link)).collect(),
            foreign_events: links.iter().any(|link| is_eventfd(link)),
            ..Watch::default()
        }
    }

    /// Tells the pipes that are the inputs.
    pub(super) fn pipes(&mut self, inputs: [&File; 2]) {
        self.inputs = inputs.map(|pipe| pipe.metadata().map_or(0, |pipe| pipe.ino()));
    }

    /// Tells the processes that were started.
    pub(super) fn children(&mut self, children: [u32; 2]) {
        self.children = children;
    }

    /// Looks at all processes; `in_flight` says whether something is in the pipes.
    pub(super) fn look(&mut self, in_flight: impl Fn() -> bool) -> Look {
        match self.twice(in_flight) {
            Ok(who) => Look::Deadlock(who),
            Err(Not::Readable(error)) if !std::mem::replace(&mut self.told, true) => {
                let cause = crate::error::cause(&error);
                Look::Unknown(format!("a deadlock would not be noticed: /proc: {cause}"))
            }
            Err(_) => Look::Alive,
        }
    }

    fn twice(&mut self, in_flight: impl Fn() -> bool) -> Result<String, Not> {
        // Most of the time one of these two shows that there is life, at little cost.
        for child in self.children {
            self.process(child, true, &mut Found::default())?;
        }
        let newest = newest_process()?;
        let first = self.once()?;
        if in_flight() {
            return Err(Not::Waiting);
        }
        let second = self.once()?;
        let ([Some(a), Some(b)], true) = (&second.readers, first.threads == second.threads) else {
            return Err(Not::Waiting);
        };
        if any_made_since(newest)? {
            return Err(Not::Waiting);
        }
        let who = format!(
            "deadlock: {} (process {}) waits to read what the second command writes, \
             {} (process {}) what the first writes, and nothing is on its way",
            a.1, a.0, b.1, b.0
        );
        match second.doubtful && !self.is_beyond_doubt(second.threads) {
            true => Err(Not::Waiting),
            false => Ok(who),
        }
    }

    /// Whether the same was found all the time for as long as doubts last.
    fn is_beyond_doubt(&mut self, threads: Vec<Waiting>) -> bool {
        match &self.doubted {
            Some((same, since)) if *same == threads => since.elapsed() >= DOUBT,
            _ => {
                self.doubted = Some((threads, Instant::now()));
                false
            }
        }
    }

    fn once(&self) -> Result<Found, Not> {
        let mut found = Found::default();
        let all = tree::descendants()?;
        for process in &all {
            let has_children = all.iter().any(|other| other.parent == process.id);
            self.process(process.id, has_children, &mut found)?;
        }
        Ok(found)
    }

    /// Adds the threads of a process, if all of them wait. A dead one has none.
    fn process(&self, process: u32, has_children: bool, found: &mut Found) -> Result<(), Not> {
        // Some kernels do not tell of timers.
        if fs::read(format!("/proc/{process}/timers")).is_ok_and(|timers| !timers.is_empty()) {
            return Err(Not::Waiting);
        }
        for entry in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = Thread::of(&entry?.path(), has_children, self)?;
            let Some(thread) = thread else {
                continue;
            };
            for (side, waits) in thread.inputs.iter().enumerate() {
                if *waits {
                    found.readers[side].get_or_insert((process, thread.name.clone()));
                }
            }
            found.doubtful |= thread.doubtful;
            found.threads.push(thread.waiting);
        }
        Ok(())
    }
}

/// What a thread waits for.
#[cfg(target_os = "linux")]
struct Thread {
    waiting: Waiting,
    name: String,
    /// The inputs that it waits to read.
    inputs: [bool; 2],
    /// There may be a timer.
    doubtful: bool,
}

#[cfg(target_os = "linux")]
impl Thread {
    /// Looks at a thread by its folder in /proc. `None` if it is dead.
    fn of(
        folder: &std::path::Path,
        has_children: bool,
        watch: &Watch,
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
        let doubtful = catches(libc::SIGALRM);
        if doubtful && !catches(libc::SIGXCPU) {
            return Err(Not::Waiting);
        }
        let call = fs::read_to_string(folder.join("syscall"))?;
        let mut thread = Thread {
            waiting: Waiting {
                thread: field("Pid").parse().unwrap_or_default(),
                switches: ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
                    .map(field)
                    .join(" "),
                call,
            },
            name: field("Name").to_string(),
            inputs: [false; 2],
            doubtful,
        };
        let call = Call::parse(&thread.waiting.call).ok_or(Not::Waiting)?;
        // Who traces a stranger waits for him so, too.
        if call.waits_for_child() && !has_children {
            return Err(Not::Waiting);
        }
        for Target { descriptor, inode } in call.waits_for(folder)? {
            let path = folder.join(format!("fd/{descriptor}"));
            let link = fs::read_link(&path)?;
            // Epoll goes on to watch what had this number before.
            if inode.is_some_and(|inode| fs::metadata(&path).map_or(true, |now| now.ino() != inode))
            {
                return Err(Not::Waiting);
            }
            match pipe(&link) {
                Some(pipe) if watch.inputs.contains(&pipe) => {
                    for (side, input) in watch.inputs.iter().enumerate() {
                        thread.inputs[side] |= *input == pipe;
                    }
                }
                // Made among the processes themselves, or an output of theirs.
                Some(pipe) if !watch.foreign.contains(&pipe) => {}
                None if is_eventfd(&link) && !watch.foreign_events => {}
                _ => return Err(Not::Waiting),
            }
        }
        Ok(Some(thread))
    }
}

/// The number of a pipe without a name, by what the link to it says.
#[cfg(target_os = "linux")]
fn pipe(link: &std::path::Path) -> Option<u64> {
    link.to_str()?
        .strip_prefix("pipe:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

#[cfg(target_os = "linux")]
fn is_eventfd(link: &std::path::Path) -> bool {
    link.as_os_str() == "anon_inode:[eventfd]"
}

/// The number of the process, or thread, that was made last where we can see them.
#[cfg(target_os = "linux")]
fn newest_process() -> io::Result<u32> {
    let load = fs::read_to_string("/proc/loadavg")?;
    let last = load.split_whitespace().last();
    last.and_then(|last| last.parse().ok())
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// How many strangers that were made during a look are looked at.
#[cfg(target_os = "linux")]
const STRANGERS: u32 = 100;

/// Whether one of the processes may have been made since this one was the newest.
#[cfg(target_os = "linux")]
fn any_made_since(newest: u32) -> io::Result<bool> {
    let now = newest_process()?;
    // Numbers begin anew when they are used up.
    let few = now.checked_sub(newest).is_some_and(|n| n <= STRANGERS);
    Ok(!few || (newest + 1..=now).any(tree::may_be_under_us))
}

/// A file that a call waits for.
#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
struct Target {
    /// Its number in the process.
    descriptor: u64,
    /// What it is, if the number alone may be another file's by now.
    inode: Option<u64>,
}

#[cfg(target_os = "linux")]
impl From<u64> for Target {
    fn from(descriptor: u64) -> Target {
        let inode = None;
        Target { descriptor, inode }
    }
}

/// A system call that a thread is in: its number and its arguments.
#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
struct Call {
    number: libc::c_long,
    arguments: [u64; 6],
}

#[cfg(target_os = "linux")]
impl Call {
    /// Reads `/proc/PID/syscall`. `None` if the thread is in no call.
    fn parse(text: &str) -> Option<Call> {
        let mut fields = text.split_whitespace();
        let number = fields.next()?.parse().ok().filter(|&number| number >= 0)?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok()?;
        }
        Some(Call { number, arguments })
    }

    /// Whether it waits for the end of a process.
    fn waits_for_child(&self) -> bool {
        matches!(self.number, libc::SYS_wait4 | libc::SYS_waitid)
    }

    /// The files that could end the call, if nothing else could.
    fn waits_for(&self, thread: &std::path::Path) -> Result<Vec<Target>, Not> {
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
            _ if self.waits_for_child() => vec![],
            libc::SYS_futex if for_its_own_threads(b) => {
                no_limit(d)?;
                vec![]
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
                return Ok(registered(thread, a)?);
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => {
                no_limit_ms(d)?;
                return Ok(registered(thread, a)?);
            }
            _ => return Err(Not::Waiting),
        };
        Ok(descriptors.into_iter().map(Target::from).collect())
    }
}

/// Whether a futex call waits, and only another thread of the process can end that.
#[cfg(target_os = "linux")]
fn for_its_own_threads(operation: u64) -> bool {
    let operation = operation as i32;
    let command = operation & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    operation & libc::FUTEX_PRIVATE_FLAG != 0
        && (command == libc::FUTEX_WAIT || command == libc::FUTEX_WAIT_BITSET)
}

/// The descriptors in an array of `struct pollfd`.
#[cfg(target_os = "linux")]
fn polled(thread: &std::path::Path, at: u64, count: u64) -> io::Result<Vec<u64>> {
    let array = memory(thread, at, count.saturating_mul(8))?;
    let descriptor = |entry: &[u8]| i32::from_ne_bytes([entry[0], entry[1], entry[2], entry[3]]);
    let all = array.chunks_exact(8).map(descriptor);
    Ok(all.filter(|&fd| fd >= 0).map(|fd| fd as u64).collect())
}

/// The descriptors in three sets of bits, each of which may be missing.
#[cfg(target_os = "linux")]
fn selected(thread: &std::path::Path, count: u64, sets: [u64; 3]) -> io::Result<Vec<u64>> {
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
#[cfg(target_os = "linux")]
fn registered(thread: &std::path::Path, epoll: u64) -> io::Result<Vec<Target>> {
    let info = fs::read_to_string(thread.join(format!("fdinfo/{epoll}")))?;
    Ok(info.lines().filter_map(target).collect())
}

/// A line `tfd: 4 events: 19 data: 4 pos:0 ino:a7b sdev:f`, the inode in hexadecimal.
#[cfg(target_os = "linux")]
fn target(line: &str) -> Option<Target> {
    let mut fields = line.strip_prefix("tfd:")?.split_whitespace();
    let descriptor = fields.next()?.parse().ok()?;
    let inode = fields.find_map(|field| field.strip_prefix("ino:"));
    let inode = inode.and_then(|inode| u64::from_str_radix(inode, 16).ok());
    Some(Target { descriptor, inode })
}

/// Reads the memory of a process.
#[cfg(target_os = "linux")]
fn memory(thread: &std::path::Path, at: u64, bytes: u64) -> io::Result<Vec<u8>> {
    // Nobody has more descriptors than that.
    let mut read = vec![0; bytes.min(16 << 20) as usize];
    File::open(thread.join("mem"))?.read_exact_at(&mut read, at)?;
    Ok(read)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

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
    fn pipes_have_numbers() {
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

    #[test]
    fn epoll_tells_what_it_watches() {
        let line = "tfd:        4 events:       19 data:                4  pos:0 ino:a7b sdev:f";
        let (descriptor, inode) = (4, Some(0xa7b));
        assert_eq!(target(line), Some(Target { descriptor, inode }));
        assert_eq!(target("tfd: 7 events: 1 data: 0"), Some(Target::from(7)));
        assert_eq!(target("pos:\t0"), None);
    }

    #[test]
    fn only_private_futexes_are_of_its_own_threads() {
        assert!(for_its_own_threads(128) && for_its_own_threads(128 | 9 | 256));
        assert!(!for_its_own_threads(0) && !for_its_own_threads(129));
    }
}

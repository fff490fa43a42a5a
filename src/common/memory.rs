//! How much memory a program may take, and how much it took.
//!
//! Available memory is the minimum of what the machine, the control groups and the
//! limits of the process allow at this moment. It is a guide for the size of a
//! buffer, and not guaranteed. It is read from about ten small files under /proc and
//! /sys, in a fraction of a millisecond. If these do not exist (not Linux, or /proc is
//! not mounted), a default is used.

use rustix::process::{Resource, getrlimit};
use std::fs;
use std::path::Path;
use std::str::FromStr;

/// The available memory if the system does not report it, in bytes.
const FALLBACK: u64 = 1 << 30;

/// A size of memory as `sort -S` writes it: `64M`, `2G`, `50%`.
///
/// A bare number counts units of 1024 bytes. Behind it may stand `b` for
/// bytes, `K`, `M`, `G`, `T`, `P`, `E`, `Z`, `Y`, `R` or `Q` for powers of
/// 1024 (`k`, `m`, `g` and `t` are the same), or `%`. A letter alone, but `b`,
/// is one of its unit. There are no fractions, and no `MB` or `MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A number of bytes.
    Bytes(u64),
    /// A percentage of the [`available`] memory. GNU `sort` takes it of all memory of the
    /// machine, which is far too much in a container.
    Percent(u64),
}

impl Size {
    /// The size in bytes, given the available memory; it saturates at 64 bits.
    pub fn bytes(self, available: u64) -> u64 {
        match self {
            Size::Bytes(bytes) => bytes,
            Size::Percent(percent) => {
                let bytes = u128::from(available) * u128::from(percent) / 100;
                u64::try_from(bytes).unwrap_or(u64::MAX)
            }
        }
    }

    /// The size in bytes, with the memory that is available now, which is read only if it matters.
    pub fn bytes_now(self) -> u64 {
        match self {
            Size::Bytes(bytes) => bytes,
            percent => percent.bytes(available()),
        }
    }
}

impl FromStr for Size {
    type Err = &'static str;

    /// Parses a size; the error is a short description.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NO_SIZE: &str = "not a size such as 64M or 50%";
        const TOO_LARGE: &str = "number too large";
        let number = text.trim_ascii_start();
        let number = number.strip_prefix('+').unwrap_or(number);
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, unit) = number.split_at(digits);
        let power = match unit {
            "b" | "%" => 0,
            "" | "K" | "k" => 1,
            "M" | "m" => 2,
            "G" | "g" => 3,
            "T" | "t" => 4,
            "P" => 5,
            "E" => 6,
            "Z" => 7,
            "Y" => 8,
            "R" => 9,
            "Q" => 10,
            _ => return Err(NO_SIZE),
        };
        let number = match digits {
            "" if unit == text && !matches!(unit, "" | "b" | "%") => 1,
            "" => return Err(NO_SIZE),
            digits => digits.parse::<u64>().map_err(|_| TOO_LARGE)?,
        };
        if unit == "%" {
            return Ok(Size::Percent(number));
        }
        // Step by step, since 1024 to the last of the powers is itself too large.
        let bytes = (0..power).try_fold(number, |bytes, _| bytes.checked_mul(1024));
        bytes.map(Size::Bytes).ok_or(TOO_LARGE)
    }
}

/// Parses a size that is not one of memory, such as that of a file: a number of bytes, or one
/// followed by `K`, `M`, `G` or a further unit, a power of 1024 each.
pub fn bytes(text: &str) -> Result<u64, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = match text.parse() {
        _ if plain => text.parse().ok(),
        Ok(Size::Bytes(bytes)) if text.starts_with(|c: char| c.is_ascii_digit()) => Some(bytes),
        _ => None,
    };
    bytes.ok_or_else(|| {
        format!("invalid size '{text}' (use a number of bytes, or one with K, M, G or T)")
    })
}

/// How much more memory this process may take, in bytes; 1 GiB if the system does
/// not report it.
///
/// It is the minimum of the available memory of the machine without swapping, of that
/// under the limits of the process's control group and its parents (versions 1 and 2, as
/// far as they are mounted), and of half of that under `ulimit -v` and `ulimit -d`.
pub fn available() -> u64 {
    let root = Path::new("/");
    let held = read(&root.join("proc/self/status"));
    let left_by = |limit: Resource, name| {
        let held = kibibytes(&held, name).unwrap_or(0);
        let limit = getrlimit(limit).current.unwrap_or(u64::MAX);
        // These limit mapped memory: threads and growing buffers map twice the memory
        // that they use.
        limit.saturating_sub(held) / 2
    };
    left_under(root)
        .unwrap_or(FALLBACK)
        .min(left_by(Resource::As, "VmSize:"))
        .min(left_by(Resource::Data, "VmData:"))
}

/// The peak memory of this process since its program started, in bytes; `None` if the
/// system does not report it (not Linux).
///
/// `getrusage` reports it on other systems, too, but it may be the peak of the shell that
/// started the program: it survives `exec`.
pub fn peak() -> Option<u64> {
    kibibytes(&read(Path::new("/proc/self/status")), "VmHWM:")
}

/// The memory that the machine and the control groups allow, as reported by /proc and /sys
/// below `root`, in bytes.
fn left_under(root: &Path) -> Option<u64> {
    let machine = kibibytes(&read(&root.join("proc/meminfo")), "MemAvailable:");
    let groups = read(&root.join("proc/self/cgroup"));
    let mounts = read(&root.join("proc/self/mountinfo"));
    let mounts = mounts.lines().filter_map(|mount| {
        let (mount, filesystem) = mount.split_once(" - ")?;
        let mut filesystem = filesystem.split(' ');
        let (version, options) = (filesystem.next()?, filesystem.next_back()?);
        let group = match version {
            "cgroup2" => group(&groups, ""),
            "cgroup" if options.split(',').any(|name| name == "memory") => group(&groups, "memory"),
            _ => None,
        }?;
        let mut paths = mount.split(' ').skip(3).map(unescaped);
        let (top, point) = (paths.next()?, paths.next()?);
        let point = root.join(point.trim_start_matches('/'));
        // In a container the group may lie outside of what is mounted there.
        let below = Path::new(group).strip_prefix(top).unwrap_or(Path::new(""));
        let group = point.join(below);
        let groups = group.ancestors().take_while(|up| up.starts_with(&point));
        groups.filter_map(left_in).min()
    });
    mounts.chain(machine).min()
}

/// The path of the process's group, of the lines `ID:CONTROLLER,…:PATH`; that
/// of version 2 has no controllers.
fn group<'a>(groups: &'a str, controller: &str) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let mut controllers = controllers.split(',');
        controllers.any(|name| name == controller).then_some(path)
    })
}

/// The available memory of one control group, if it has a limit, in bytes.
///
/// A group has the files of one version only, so their names suffice.
fn left_in(group: &Path) -> Option<u64> {
    let number = |file| read(&group.join(file)).trim().parse::<u64>().ok();
    let limits = ["memory.max", "memory.high", "memory.limit_in_bytes"];
    let limits = limits.into_iter().filter_map(number);
    // Version 2 writes no limit as `max`, version 1 as 2^63 less a page.
    let limit = limits.filter(|&limit| limit < 1 << 62).min()?;
    let mut used = ["memory.current", "memory.usage_in_bytes"].into_iter();
    let used = used.find_map(number).unwrap_or(0);
    // Files that are cached and lie idle: the kernel takes them back first.
    // Version 1 has both names, and the shorter leaves out the groups below.
    let stat = read(&group.join("memory.stat"));
    let mut idle = ["total_inactive_file", "inactive_file"].into_iter();
    let idle = idle.find_map(|name| number_behind(&stat, name));
    Some(limit.saturating_sub(used.saturating_sub(idle.unwrap_or(0))))
}

/// A small file of the kernel; empty if it cannot be read.
fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The number after a name at the start of a line.
fn number_behind(text: &str, name: &str) -> Option<u64> {
    let mut rests = text.lines().filter_map(|line| line.strip_prefix(name));
    rests.find_map(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
}

/// The same in bytes, where the file has it in KiB.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    number_behind(text, name).map(|number| number.saturating_mul(1024))
}

/// A path of mountinfo. The backslash comes last, or it would start new escapes.
fn unescaped(path: &str) -> String {
    let path = path.replace("\\040", " ").replace("\\011", "\t");
    path.replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use std::fs::File;
    use std::io::Write;

    /// What is left under a tree of files, of each line of which `tree` has a
    /// line: the file's path, a blank, the line.
    fn left(tree: &str) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for line in tree.lines() {
            let Some((path, line)) = line.trim_start().split_once(' ') else {
                continue;
            };
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = File::options().append(true).create(true).open(path);
            writeln!(file.unwrap(), "{line}").unwrap();
        }
        left_under(root.path())
    }

    const MACHINE: &str = "
        proc/meminfo MemTotal: 9000 kB
        proc/meminfo MemAvailable:    5000 kB";
    const VERSION_2: &str = "
        proc/self/mountinfo 22 1 8:1 / / rw - ext4 /dev/sda rw
        proc/self/mountinfo 30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw
        proc/self/cgroup 0::/a/b";

    #[test]
    fn sizes_of_files() {
        for (text, size) in [
            ("0", 0),
            ("500", 500),
            ("64K", 65536),
            ("1m", 1 << 20),
            ("9b", 9),
        ] {
            assert_eq!(super::bytes(text), Ok(size));
        }
        for bad in [
            "",
            "K",
            "50%",
            "-1",
            "+1",
            "1.5M",
            "1MB",
            "99999999999999999999",
        ] {
            let error = super::bytes(bad).unwrap_err();
            assert!(error.starts_with(&format!("invalid size '{bad}' (use ")));
        }
    }

    #[test]
    fn version_2() {
        let left_in = |groups: &str| left(&[MACHINE, VERSION_2, groups].concat());
        let inner = "
            sys/fs/cgroup/a/b/memory.max max
            sys/fs/cgroup/a/b/memory.high 1000000
            sys/fs/cgroup/a/b/memory.current 1000
            sys/fs/cgroup/other/memory.max 1";
        let outer = "
            sys/fs/cgroup/a/memory.max 900000
            sys/fs/cgroup/a/memory.current 700000
            sys/fs/cgroup/a/memory.stat file 9
            sys/fs/cgroup/a/memory.stat inactive_file 50000";
        assert_eq!(left_in(inner), Some(999_000));
        assert_eq!(left_in(&[inner, outer].concat()), Some(250_000));
        assert_eq!(left_in(""), Some(5000 << 10));
        assert_eq!(left(VERSION_2), None);
        // In a container: the group is not below the mount.
        let max = "
            sys/fs/cgroup/memory.max 4096";
        let over = "
            sys/fs/cgroup/memory.current 5000";
        assert_eq!(left_in(max), Some(4096));
        assert_eq!(left_in(&[max, over].concat()), Some(0));
    }

    #[test]
    fn version_1_beside_version_2() {
        let groups = "
            proc/self/mountinfo 32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
            proc/self/mountinfo 35 31 0:32 /x\\040y /sys/my\\134cg rw - cgroup cgroup rw,memory
            proc/self/mountinfo 41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
            proc/self/cgroup 5:cpu:/
            proc/self/cgroup 4:hugetlb,memory:/x y/z
            proc/self/cgroup 0::/
            sys/my\\cg/memory.limit_in_bytes 9223372036854771712
            sys/my\\cg/z/memory.usage_in_bytes 300
            sys/my\\cg/z/memory.stat inactive_file 100
            sys/my\\cg/z/memory.stat total_inactive_file 200";
        let limit = "
            sys/my\\cg/z/memory.limit_in_bytes 1000";
        assert_eq!(left(&[MACHINE, groups, limit].concat()), Some(900));
        assert_eq!(left(&[MACHINE, groups].concat()), Some(5000 << 10));
        assert_eq!(left(groups), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_content_makes_it_panic(lines in vec((
            select(vec![
                "proc/meminfo", "proc/self/cgroup", "proc/self/mountinfo", "sys/fs/cgroup/memory.max",
                "sys/fs/cgroup/memory.current", "sys/fs/cgroup/memory.stat",
            ]),
            vec(select(vec![
                "0", ":", "/", " ", " - ", "cgroup2", "\\0", "\\040", "é", "..", "max", "memory", "a", "7",
                "MemAvailable:", "inactive_file ", "99999999999999999999", "18446744073709551615",
            ]), 1..9),
        ), 0..9)) {
            let lines = lines.iter().map(|(path, line)| format!("\n{path} {}", line.concat()));
            let lines = lines.collect::<String>();
            left(&lines);
            left(&[VERSION_2, &lines].concat());
        }

        #[test]
        fn no_size_makes_it_panic(text in "[ +]?[0-9]{0,21}[bkKMGTPEZYRQ%é]{0,2}", available: u64) {
            let _ = text.parse::<Size>().map(|size| size.bytes(available));
        }
    }

    #[test]
    fn this_process() {
        let left = available();
        let before = peak();
        let held = vec![1u8; 64 << 20];
        assert!(std::hint::black_box(&held).iter().all(|&byte| byte == 1));
        assert!(left > 0);
        assert_eq!(before.is_some(), cfg!(target_os = "linux"));
        assert!(peak() >= before.map(|peak| peak.max(60 << 20)));
    }

    #[test]
    fn sizes() {
        let bytes = |text: &str| text.parse::<Size>().map(|size| size.bytes(1001));
        assert_eq!(bytes("7"), Ok(7 << 10));
        assert_eq!(bytes("7b"), Ok(7));
        assert_eq!(bytes("64M"), Ok(64 << 20));
        assert_eq!(bytes("15E"), Ok(15 << 60));
        assert_eq!(bytes("50%"), Ok(500));
        assert_eq!(bytes("200%"), Ok(2002));
        assert_eq!(Size::Percent(u64::MAX).bytes(u64::MAX), u64::MAX);
        assert_eq!(bytes("16E"), Err("number too large"));
        assert_eq!(bytes("1Q"), Err("number too large"));
        assert_eq!(bytes("18446744073709551616b"), Err("number too large"));
        assert_eq!(bytes("1.5M"), Err("not a size such as 64M or 50%"));
    }

    #[test]
    fn the_spellings_that_gnu_sort_takes() {
        let sort = |arguments: &[&str]| {
            let mut sort = std::process::Command::new("sort");
            sort.env("LC_ALL", "C").args(arguments).output().unwrap()
        };
        if !String::from_utf8_lossy(&sort(&["--version"]).stdout).contains("GNU") {
            return;
        }
        let spellings = "0,1,010,+1,++1,-1,1b,1B,1k,1K,1m,1M,1g,1G,1t,1T,1p,1P,1e,15E,16E,1Z,0Z,\
            0Y,1Y,M,+M,k,b,%,0%,50%,100%,300%,1.5%,M%,1%%,1k%,1.5M,1kB,1KB,1KiB,1Ki,1bb,1KK,K1,1c,\
            1w,0x10,1e3,18014398509481983,18014398509481984,18446744073709551615b,\
            18446744073709551616b,é,٣,1é,, , 1,\t1M, M,1 ,1 M,+ 1,1\n";
        for spelling in spellings.split(',') {
            let taken = sort(&["-S", spelling, "/dev/null"]).status.success();
            assert_eq!(spelling.parse::<Size>().is_ok(), taken, "{spelling:?}");
        }
    }
}

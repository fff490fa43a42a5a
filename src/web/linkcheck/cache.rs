//! External URLs that were fine, stored in a file between runs. Each has a line
//! `SECONDS URL`: when it was checked, in seconds since 1970.

use super::problem::Problem;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The entries of the file that are not too old.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cache {
    times: BTreeMap<String, u64>,
}

impl Cache {
    /// Reads a file. Entries that are `max_age` old or older are left out, and so are
    /// those with a time in the future.
    pub fn parse(text: &[u8], max_age: Duration) -> Result<Cache, Problem> {
        let mut times = BTreeMap::new();
        let now = now();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        if text.is_empty() {
            return Ok(Cache { times });
        }
        for (line, n) in text.split(|&byte| byte == b'\n').zip(1..) {
            let entry = std::str::from_utf8(line).ok().and_then(entry);
            let (time, url) = entry.ok_or(Problem::Cache(n))?;
            if (0..max_age.as_secs()).contains(&now.wrapping_sub(time)) {
                times.insert(url.to_string(), time);
            }
        }
        Ok(Cache { times })
    }

    /// The URLs that are fine.
    pub fn urls(&self) -> HashSet<String> {
        self.times.keys().cloned().collect()
    }

    /// Adds URLs that are fine now.
    pub fn add(&mut self, urls: Vec<String>) {
        let now = now();
        self.times.extend(urls.into_iter().map(|url| (url, now)));
    }

    /// Writes the file, sorted by URL.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        let mut output = io::BufWriter::new(output);
        for (url, time) in &self.times {
            writeln!(output, "{time} {url}")?;
        }
        output.flush()
    }
}

fn entry(line: &str) -> Option<(u64, &str)> {
    let (time, url) = line.split_once(' ')?;
    let is_time = !time.is_empty() && time.bytes().all(|c| c.is_ascii_digit());
    let is_url = (url.starts_with("http://") || url.starts_with("https://"))
        && url.bytes().all(|c| c.is_ascii_graphic());
    match is_time && is_url {
        true => Some((time.parse().ok()?, url)),
        false => None,
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn entries_expire() {
        let mut cache = Cache::default();
        cache.add(vec!["http://b/".to_string(), "https://a/?x=y".to_string()]);
        let mut text = Vec::new();
        cache.write(&mut text).unwrap();
        assert_eq!(Cache::parse(&text, DAY).unwrap(), cache);
        assert!(cache.urls().contains("http://b/"));
        let (old, new) = (now() - 100, now() + 100);
        let text = format!(
            "{old} http://old/\n{new} http://new/\n{} http://c/\n",
            now()
        );
        let cache = Cache::parse(text.as_bytes(), Duration::from_secs(99)).unwrap();
        assert_eq!(cache.urls(), HashSet::from(["http://c/".to_string()]));
        assert_eq!(Cache::parse(b"", DAY).unwrap(), Cache::default());
    }

    #[test]
    fn other_files_are_an_error() {
        for bad in [
            "root:x:0:0",
            "http://a/",
            "1 ftp://a/",
            "-1 http://a/",
            "+1 http://a/",
            "99999999999999999999999 http://a/",
            "1 http://a/ b",
            "1 http://a/\n\n",
        ] {
            let error = Cache::parse(bad.as_bytes(), DAY).unwrap_err();
            assert!(matches!(error, Problem::Cache(1 | 2)), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_refused(text: Vec<u8>) {
            let _ = Cache::parse(&text, DAY);
        }
    }
}

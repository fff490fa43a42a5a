//! What became of every URL, as lines of JSON: `--report FILE`.
//!
//! One object a line, all keys always there, in the order of [`Transfer`]'s
//! fields; what is not known is `null`. A line is written by one call, when its
//! transfer is over, so that whoever follows the file sees whole lines only.
//!
//! The hash costs a pass over the bytes written, 0.3 to 2 GB/s, depending on
//! whether the machine has instructions for it; without a report it is not made.

#![allow(dead_code)] // until the engine is wired to it

use crate::error::Error;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// What became of one URL.
#[derive(Debug, Clone, Default)]
pub(super) struct Transfer<'a> {
    /// As it was asked for, without a password.
    pub(super) url: &'a str,
    /// The one whose body it is, behind all redirects.
    pub(super) final_url: Option<&'a str>,
    /// The last status.
    pub(super) status: Option<u16>,
    /// The content type, as the header has it.
    pub(super) content_type: Option<&'a str>,
    /// Bytes of bodies that came, content codings and those of failed tries included.
    pub(super) wire_bytes: u64,
    /// Bytes that were written to the output.
    pub(super) out_bytes: u64,
    /// Tries after the first.
    pub(super) retries: u32,
    /// From the first look-up to the last byte.
    pub(super) time: Duration,
    /// SHA-256 of the bytes that were written.
    pub(super) sha256: Option<[u8; 32]>,
    /// In one word, which stays the same in later versions; none if all went well.
    pub(super) error: Option<&'a str>,
    /// The same as the error line has it.
    pub(super) message: Option<&'a str>,
}

impl Transfer<'_> {
    /// The transfer as one line of JSON, with its newline.
    fn line(&self) -> String {
        let mut line = String::with_capacity(512);
        let hash = self.sha256.map(|hash| hex(&hash));
        line.push('{');
        string(&mut line, "url", Some(self.url));
        string(&mut line, "final_url", self.final_url);
        number(&mut line, "status", self.status.map(u64::from));
        string(&mut line, "type", self.content_type);
        number(&mut line, "wire_bytes", Some(self.wire_bytes));
        number(&mut line, "out_bytes", Some(self.out_bytes));
        number(&mut line, "retries", Some(self.retries.into()));
        let ms = u64::try_from(self.time.as_millis());
        number(&mut line, "ms", Some(ms.unwrap_or(u64::MAX)));
        string(&mut line, "sha256", hash.as_deref());
        string(&mut line, "error", self.error);
        string(&mut line, "message", self.message);
        line.pop(); // the last comma
        line.push_str("}\n");
        line
    }
}

/// Appends `"key":"value",`, escaped as RFC 8259, section 7, demands.
fn string(line: &mut String, key: &str, value: Option<&str>) {
    let Some(value) = value else {
        return number(line, key, None);
    };
    // Writing to a string never fails, here and below.
    let _ = write!(line, "\"{key}\":\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push_str("\",");
}

/// Appends `"key":number,`.
fn number(line: &mut String, key: &str, value: Option<u64>) {
    let _ = match value {
        Some(value) => write!(line, "\"{key}\":{value},"),
        None => write!(line, "\"{key}\":null,"),
    };
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file of the report.
#[derive(Debug)]
pub(super) struct Report {
    file: File,
    name: String,
}

impl Report {
    /// Makes the file, or empties it; the error names it.
    pub(super) fn create(path: &Path) -> Result<Report, Error> {
        let name = path.to_string_lossy().into_owned();
        match File::create(path) {
            Ok(file) => Ok(Report { file, name }),
            Err(error) => Err(Error::Write(error).of(name)),
        }
    }

    /// Adds a line; the error names the file.
    pub(super) fn add(&mut self, transfer: &Transfer) -> Result<(), Error> {
        let line = transfer.line();
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|error| Error::Write(error).of(&*self.name))
    }
}

/// A writer that counts and hashes what it hands on.
pub(super) struct Hashed<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    /// Nothing has been written yet.
    pub(super) fn new(inner: W) -> Hashed<W> {
        Hashed {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// How many bytes were written, and their SHA-256.
    pub(super) fn finish(self) -> (u64, [u8; 32]) {
        (self.bytes, self.hash.finalize().into())
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn nothing_known() {
        let line = Transfer {
            url: "x",
            ..Transfer::default()
        };
        assert_eq!(
            line.line(),
            "{\"url\":\"x\",\"final_url\":null,\"status\":null,\"type\":null,\"wire_bytes\":0,\
             \"out_bytes\":0,\"retries\":0,\"ms\":0,\"sha256\":null,\"error\":null,\"message\":null}\n"
        );
    }

    #[test]
    fn lines_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        std::fs::write(&path, "something old\n").unwrap();
        let mut report = Report::create(&path).unwrap();
        let (a, b) = ("http://a/", "http://b/\n");
        for url in [a, b] {
            let transfer = Transfer {
                url,
                ..Transfer::default()
            };
            report.add(&transfer).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let urls = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["url"].clone());
        assert_eq!(urls.collect::<Vec<_>>(), [a, b]);

        let error = Report::create(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with(": Is a directory"), "{error}");
        if let Ok(mut full) = Report::create(Path::new("/dev/full")) {
            let error = full.add(&Transfer::default()).unwrap_err();
            assert_eq!(error.to_string(), "/dev/full: No space left on device");
        }
    }

    #[test]
    fn hashes_what_was_written() {
        let mut out = [0; 3];
        let mut hashed = Hashed::new(&mut out[..]);
        assert!(hashed.write_all(b"abcdef").is_err());
        let (bytes, hash) = hashed.finish();
        // The example of FIPS 180-2, B.1.
        assert_eq!(bytes, 3);
        assert_eq!(
            hex(&hash),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    proptest! {
        #[test]
        fn any_reader_of_json_reads_it(
            texts in prop::collection::vec(prop::collection::vec(any::<char>(), 0..20).prop_map(String::from_iter), 4),
            known: bool,
            status: Option<u16>,
            numbers: (u64, u64, u32, u32),
            sha256: Option<[u8; 32]>,
        ) {
            let text = |i: usize| known.then_some(texts[i].as_str());
            let (wire_bytes, out_bytes, retries, ms) = numbers;
            let line = Transfer {
                url: &texts[0],
                final_url: text(1),
                status,
                content_type: text(2),
                wire_bytes,
                out_bytes,
                retries,
                time: Duration::from_millis(ms.into()),
                sha256,
                error: known.then_some("truncated"),
                message: text(3),
            }.line();
            prop_assert_eq!(line.matches('\n').count(), 1);
            let read: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(read, json!({
                "url": texts[0], "final_url": text(1), "status": status, "type": text(2),
                "wire_bytes": wire_bytes, "out_bytes": out_bytes, "retries": retries, "ms": ms,
                "sha256": sha256.map(|hash| hex(&hash)),
                "error": known.then_some("truncated"), "message": text(3),
            }));
        }
    }
}

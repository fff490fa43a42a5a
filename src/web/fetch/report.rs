//! The results of all URLs as lines of JSON: `--report FILE`.
//!
//! One object a line with all keys, in the order of the fields of [`Transfer`]; unknown values
//! are `null`. A line is written by one call at the end of its transfer: a reader that follows
//! the file gets whole lines only. URLs contain no user name and password.
//!
//! The hash costs a pass over the written bytes: 0.7 s for a gibibyte on one core of an AMD
//! EPYC with SHA instructions. Without a report it is not computed.

use super::redact::shown;
use super::transfer::Transfer;
use crate::common::error::Error;
use crate::common::json::Line;
use crate::common::output::Output;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// A transfer as a line of JSON, with its newline.
fn line(transfer: &Transfer) -> String {
    let mut line = Line::new();
    let hash = transfer.sha256.map(|hash| hex(&hash));
    let message = transfer.error.as_ref().map(Error::to_string);
    line.string("url", Some(&shown(&transfer.url)));
    line.string("final_url", transfer.final_url.as_deref());
    line.number("status", transfer.status.map(u64::from));
    line.string("type", transfer.content_type.as_deref());
    line.number("wire_bytes", Some(transfer.wire_bytes));
    line.number("out_bytes", Some(transfer.out_bytes));
    line.number("retries", Some(transfer.retries.into()));
    let ms = u64::try_from(transfer.elapsed.as_millis());
    line.number("ms", Some(ms.unwrap_or(u64::MAX)));
    line.string("sha256", hash.as_deref());
    line.string("error", transfer.failure_word());
    line.string("message", message.as_deref());
    line.end()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file of the report.
#[derive(Debug)]
pub struct Report {
    output: Output,
    name: String,
}

impl Report {
    /// A report in an output; errors contain this name.
    pub fn new(output: Output, name: &str) -> Report {
        let name = name.to_string();
        Report { output, name }
    }

    /// Creates the file, or truncates it; the error names the file.
    pub fn create(path: &Path) -> Result<Report, Error> {
        let name = path.to_string_lossy().into_owned();
        match File::create(path) {
            Ok(file) => Ok(Report {
                output: Output::raw(file),
                name,
            }),
            Err(error) => Err(Error::Write(error).of(name)),
        }
    }

    /// Adds a line; the error names the file.
    pub fn add(&mut self, transfer: &Transfer) -> Result<(), Error> {
        let line = line(transfer);
        let written = self.output.write_all(line.as_bytes());
        written.map_err(|error| Error::Write(error).of(&*self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::fetch::Failure;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::time::Duration;

    #[test]
    fn unknown_values_are_null() {
        assert_eq!(
            line(&Transfer::new("x")),
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
            report.add(&Transfer::new(url)).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let urls = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["url"].clone());
        assert_eq!(urls.collect::<Vec<_>>(), [a, b]);

        let error = Report::create(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with(": Is a directory"), "{error}");
        if let Ok(mut full) = Report::create(Path::new("/dev/full")) {
            let error = full.add(&Transfer::new("")).unwrap_err();
            assert_eq!(error.to_string(), "/dev/full: No space left on device");
        }
    }

    proptest! {
        #[test]
        fn lines_are_valid_json(
            texts in prop::collection::vec(prop::collection::vec(any::<char>(), 0..20).prop_map(String::from_iter), 4),
            known: bool,
            status: Option<u16>,
            numbers: (u64, u64, u32, u32),
            sha256: Option<[u8; 32]>,
        ) {
            let text = |i: usize| known.then(|| texts[i].clone());
            let (wire_bytes, out_bytes, retries, ms) = numbers;
            let error = text(3).map(|cause| Error::from(Failure::Protocol(cause.into())));
            let line = line(&Transfer {
                final_url: text(1),
                status,
                content_type: text(2),
                wire_bytes,
                out_bytes,
                retries,
                elapsed: Duration::from_millis(ms.into()),
                sha256,
                error,
                ..Transfer::new(&texts[0])
            });
            prop_assert_eq!(line.matches('\n').count(), 1);
            let read: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(read, json!({
                "url": shown(&texts[0]), "final_url": text(1), "status": status, "type": text(2),
                "wire_bytes": wire_bytes, "out_bytes": out_bytes, "retries": retries, "ms": ms,
                "sha256": sha256.map(|hash| hex(&hash)),
                "error": known.then_some("protocol"), "message": text(3),
            }));
        }
    }
}

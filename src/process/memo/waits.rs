//! Detects commands that wait for one another in a cycle, a deadlock.
//!
//! A command learns from its environment which drafts it is running for, by their
//! marks. If it asks for the KEY of one of them, it asks for its own output. If it
//! asks for another KEY that is being made, it waits, and says so in a file beside
//! the drafts: what it waits for, and which drafts it is running for. The last one
//! to close a circle finds that, whatever the number of processes in it, since they
//! look and write their files under the lock of the store. A file counts only as
//! long as its process has it locked and the draft that it waits for is being made.

use super::draft::Target;
use super::lock::{self, Lock, options, shown};
use super::problem::Problem;
use super::store::Store;
use crate::common::error::Error;
use crate::common::random;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// The variable with the marks of the drafts for which a command is running.
const MAKING: &str = "TEXTMILL_MEMO_MAKING";

/// The end of the name of the file of a process that waits.
pub(super) const WAIT: &str = ".wait";

/// This process waits, until this is dropped.
#[derive(Debug)]
pub(super) struct Wait {
    /// None if no other process can wait for this one.
    file: Option<(File, PathBuf)>,
}

/// The content of the file of a process that waits.
#[derive(Debug, PartialEq)]
struct Record {
    target: Target,
    making: Vec<String>,
}

impl Wait {
    /// Begins to wait for a draft. It is an error if the draft cannot be complete
    /// before this wait is over.
    pub(super) fn begin(store: &Store, lock: &Lock, target: Target) -> Result<Wait, Error> {
        let making = making();
        if making.is_empty() {
            return Ok(Wait { file: None });
        }
        let records = records(store, lock)?;
        if is_circle(&target, &making, &records) {
            return Err(Problem::Circle.into());
        }
        let name = format!("{:016x}{WAIT}", random::number());
        let path = store.folder().join(name);
        let record = Record { target, making };
        let written = || -> io::Result<File> {
            let mut file = options().write(true).create_new(true).open(&path)?;
            file.lock()?;
            file.write_all(record.to_text().as_bytes())?;
            Ok(file)
        };
        match written() {
            Ok(file) => Ok(Wait {
                file: Some((file, path)),
            }),
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(Error::Write(error).of(shown(&path)))
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.file {
            // If it cannot be removed, it does not count, since it is not locked.
            let _ = fs::remove_file(path);
        }
    }
}

/// The variable for the environment of a command while it fills the draft with this mark.
pub(super) fn environment(mark: &str) -> (&'static str, String) {
    let mut making = making();
    making.push(mark.to_string());
    (MAKING, making.join(" "))
}

/// The marks of the drafts for which this process is running.
fn making() -> Vec<String> {
    let making = std::env::var(MAKING).unwrap_or_default();
    making.split_whitespace().map(str::to_string).collect()
}

/// Whether the draft cannot be complete before a process that is running for the
/// drafts `making`: directly, or since the one waits for the other.
fn is_circle(target: &Target, making: &[String], records: &[Record]) -> bool {
    let mut awaited = vec![target];
    let mut at = 0;
    while let Some(target) = awaited.get(at).copied() {
        if making.contains(&target.mark) {
            return true;
        }
        for record in records {
            if record.making.contains(&target.mark) && !awaited.contains(&&record.target) {
                awaited.push(&record.target);
            }
        }
        at += 1;
    }
    false
}

/// All waits that have not ended.
fn records(store: &Store, lock: &Lock) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    for path in store.files(WAIT)? {
        let read = || -> io::Result<Option<Record>> {
            let Some(mut file) = lock::open(&path)? else {
                return Ok(None);
            };
            if !lock::is_in_use(&file)? {
                // Its process was killed.
                return lock::removed(&path).map(|_| None);
            }
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            match Record::of_text(&text) {
                Some(record) if record.target.is_being_made(store, lock)? => Ok(Some(record)),
                _ => Ok(None),
            }
        };
        records.extend(read().map_err(|error| Error::Read(error).of(shown(&path)))?);
    }
    Ok(records)
}

impl Record {
    fn to_text(&self) -> String {
        let Target { mark, name } = &self.target;
        format!("{mark} {name} {}\n", self.making.join(" "))
    }

    fn of_text(text: &str) -> Option<Record> {
        let mut words = text.split_whitespace().map(str::to_string);
        let (mark, name) = (words.next()?, words.next()?);
        Some(Record {
            target: Target { mark, name },
            making: words.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(i: usize) -> Target {
        Target {
            mark: format!("m{i}"),
            name: format!("n{i}"),
        }
    }

    proptest! {
        /// The naive oracle: the transitive closure of "waits for" over all drafts.
        #[test]
        fn a_circle_is_found(waits in proptest::collection::vec((0..6usize, 0..6usize, 0..6usize), 0..8),
                             wanted in 0..6usize, own in 0..6usize) {
            let mark = |i: usize| format!("m{i}");
            let records: Vec<Record> = waits.iter().map(|&(a, b, to)| Record {
                target: target(to),
                making: vec![mark(a), mark(b)],
            }).collect();
            let mut needs = [[false; 6]; 6];
            for &(a, b, to) in &waits {
                needs[a][to] = true;
                needs[b][to] = true;
            }
            for k in 0..6 {
                for i in 0..6 {
                    for j in 0..6 {
                        needs[i][j] |= needs[i][k] && needs[k][j];
                    }
                }
            }
            let circle = wanted == own || needs[wanted][own];
            prop_assert_eq!(is_circle(&target(wanted), &[mark(own)], &records), circle);
            for record in records {
                prop_assert_eq!(Record::of_text(&record.to_text()), Some(record));
            }
        }
    }
}

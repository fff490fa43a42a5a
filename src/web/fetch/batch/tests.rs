//! Batches of files, with much and with little space for bodies ahead.

use super::*;
use crate::web::fetch::Options;
use std::io;
use std::sync::Mutex;

/// An output that can be inspected, and fails at a size limit.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>, Option<usize>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = lock(&self.0);
        if self.1.is_some_and(|max| written.len() + bytes.len() > max) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Files with different bodies, their URLs, and all the bodies in order.
fn files(n: usize, len: usize) -> (tempfile::TempDir, Vec<String>, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    let urls = (0..n).map(|i| {
        let path = dir.path().join(i.to_string());
        let body: Vec<u8> = (0..len).map(|at| (at * (i + 7)) as u8).collect();
        std::fs::write(&path, &body).unwrap();
        all.extend(body);
        format!("file://{}", path.display())
    });
    let urls = urls.collect();
    (dir, urls, all)
}

fn fetch(budget: Budget, output: &Output, urls: &[String]) -> (Result<(), Error>, usize) {
    let done = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&done);
    let fetcher = Fetcher::new(Options::default()).unwrap();
    let batch = Batch::with_budget(budget, fetcher, output.clone(), None, move |transfer| {
        assert!(transfer.error.is_none());
        lock(&seen).push(transfer.url);
    });
    for url in urls {
        if batch.add(url).is_break() {
            break;
        }
    }
    batch.end();
    let result = batch.wait();
    let done = lock(&done);
    assert_eq!(*done, urls[..done.len()]);
    (result, done.len())
}

/// All bodies are written, however small the budget is.
#[test]
fn bodies_wait_for_the_budget_or_their_turn() {
    let (_dir, urls, all) = files(40, 400_000);
    for (memory, disk) in [(0, 0), (1000, 0), (0, 150_000), (300_000, 1_000_000)] {
        let output = Output::default();
        let (result, n) = fetch(Budget::new(memory, disk), &output, &urls);
        assert!(result.is_ok() && n == urls.len());
        assert!(*lock(&output.0) == all);
    }
}

#[test]
fn an_error_of_the_output_ends_the_batch() {
    let (_dir, urls, all) = files(40, 400_000);
    let output = Output(Arc::default(), Some(3_000_000));
    let (result, n) = fetch(Budget::new(1 << 20, 1 << 20), &output, &urls);
    assert!(matches!(result, Err(Error::Write(e)) if e.kind() == io::ErrorKind::StorageFull));
    assert!(n < urls.len() && all.starts_with(&lock(&output.0)));
}

//! Where a body waits that is ahead of its turn: in memory at first, then in a
//! temporary file without a name, and all bodies together within limits.

use crate::common::error::Error;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How much of one body waits in memory, in bytes.
const IN_MEMORY: usize = 256 << 10;

/// How much of all bodies waits in memory, in bytes.
const MEMORY: u64 = 16 << 20;

/// How much of all bodies waits in files, in bytes.
const DISK: u64 = 1 << 30;

/// How much is read from a file at a time, in bytes.
const BLOCK: usize = 128 << 10;

/// The room that all spools share.
#[derive(Debug)]
pub(super) struct Room {
    memory: AtomicU64,
    disk: AtomicU64,
}

impl Room {
    pub(super) fn new() -> Arc<Room> {
        Room::of(MEMORY, DISK)
    }

    /// Room for so many bytes in memory and on disk.
    pub(super) fn of(memory: u64, disk: u64) -> Arc<Room> {
        Arc::new(Room {
            memory: AtomicU64::new(memory),
            disk: AtomicU64::new(disk),
        })
    }

    /// Whether so much more could be held.
    pub(super) fn has(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.disk.load(Relaxed) >= bytes
    }
}

/// Takes so much of what is there, if it is there.
fn take(from: &AtomicU64, bytes: usize) -> bool {
    from.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes as u64))
        .is_ok()
}

/// What of one body has come and waits.
#[derive(Debug)]
pub(super) struct Spool {
    room: Arc<Room>,
    memory: Vec<u8>,
    file: Option<File>,
    in_file: u64,
}

impl Spool {
    pub(super) fn new(room: &Arc<Room>) -> Spool {
        Spool {
            room: Arc::clone(room),
            memory: Vec::new(),
            file: None,
            in_file: 0,
        }
    }

    /// Takes bytes in; false if there is no room for them. A disk that fails
    /// is one without room.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        let small = self.memory.len() + bytes.len() <= IN_MEMORY;
        if self.in_file == 0 && small && take(&self.room.memory, bytes.len()) {
            self.memory.extend_from_slice(bytes);
            return true;
        }
        if !take(&self.room.disk, bytes.len()) {
            return false;
        }
        let written = self.write(bytes);
        match written {
            Ok(()) => self.in_file += bytes.len() as u64,
            Err(_) => self.room.disk.store(0, Relaxed),
        }
        written.is_ok()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(std::env::temp_dir())?),
        };
        file.write_all_at(bytes, self.in_file)
    }

    /// Writes all of it, and holds nothing any more.
    pub(super) fn drain(
        &mut self,
        mut write: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        write(&self.memory)?;
        if let Some(file) = &self.file {
            let mut buffer = vec![0; BLOCK];
            let mut at = 0;
            while at < self.in_file {
                let n = (self.in_file - at).min(BLOCK as u64) as usize;
                let read = file.read_exact_at(&mut buffer[..n], at);
                read.map_err(Error::Write)?;
                write(&buffer[..n])?;
                at += n as u64;
            }
        }
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        let held = std::mem::take(&mut self.memory).len() as u64;
        self.room.memory.fetch_add(held, Relaxed);
        self.room.disk.fetch_add(self.in_file, Relaxed);
        self.in_file = 0;
        self.file = None;
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(spool: &mut Spool) -> Vec<u8> {
        let mut out = Vec::new();
        let drained = spool.drain(|bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        });
        drained.unwrap();
        out
    }

    #[test]
    fn from_memory_to_disk_to_nothing_more() {
        let room = Room::of(MEMORY, 1 << 20);
        let mut spool = Spool::new(&room);
        let piece: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
        let mut pushed = Vec::new();
        while spool.push(&piece) {
            pushed.extend_from_slice(&piece);
        }
        assert_eq!(pushed.len() / piece.len(), 2 + 10);
        assert!(spool.file.is_some() && !room.has(piece.len()));
        assert!(drained(&mut spool) == pushed);
        assert!(spool.push(b"more") && spool.file.is_none());
        assert_eq!(drained(&mut spool), b"more");
        drop(spool);
        assert_eq!(room.memory.load(Relaxed), MEMORY);
        assert_eq!(room.disk.load(Relaxed), 1 << 20);
    }
}

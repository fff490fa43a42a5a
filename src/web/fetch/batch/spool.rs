//! A body that is ahead of its turn: in memory, then in a temporary file without a name. A
//! budget limits all bodies together.

use crate::common::error::Error;
use crate::common::spool::Spool;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The limit of memory for one body, in bytes.
const BODY_MEMORY: usize = 256 << 10;

/// The limit of memory for all bodies, in bytes.
const MEMORY: u64 = 16 << 20;

/// The limit of disk space for all bodies, in bytes.
const DISK: u64 = 1 << 30;

/// The memory and disk space that is left for all bodies, in bytes.
#[derive(Debug)]
pub(crate) struct Budget {
    memory: AtomicU64,
    disk: AtomicU64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new(MEMORY, DISK)
    }
}

impl Budget {
    pub(crate) fn new(memory: u64, disk: u64) -> Budget {
        Budget {
            memory: AtomicU64::new(memory),
            disk: AtomicU64::new(disk),
        }
    }

    /// Whether a push of this size can succeed.
    pub(crate) fn has_disk(&self, bytes: usize) -> bool {
        self.disk.load(Relaxed) >= bytes as u64
    }
}

/// Takes bytes from a budget, if enough are left.
fn take(budget: &AtomicU64, bytes: usize) -> bool {
    budget
        .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes as u64))
        .is_ok()
}

/// The received part of a body that is ahead of its turn.
#[derive(Debug)]
pub(crate) struct BodySpool {
    budget: Arc<Budget>,
    spool: Spool,
    /// The part of the budget that it uses.
    memory: u64,
    disk: u64,
}

impl BodySpool {
    pub(crate) fn new(budget: &Arc<Budget>) -> BodySpool {
        BodySpool {
            budget: Arc::clone(budget),
            spool: Spool::new(BODY_MEMORY),
            memory: 0,
            disk: 0,
        }
    }

    /// Adds bytes; false if the budget is used up. A disk error uses it up.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        let len = bytes.len();
        if self.spool.fits_in_memory(len) && take(&self.budget.memory, len) {
            self.memory += len as u64;
            return self.spool.push(bytes).is_ok();
        }
        if !take(&self.budget.disk, len) {
            return false;
        }
        match self.spool.push_to_file(bytes) {
            Ok(()) => {
                self.disk += len as u64;
                true
            }
            Err(_) => {
                self.budget.disk.store(0, Relaxed);
                false
            }
        }
    }

    /// Writes all bytes, and returns their part of the budget.
    pub(crate) fn drain(
        &mut self,
        mut write: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while !self.spool.is_empty() {
            let bytes = self.spool.front().map_err(Error::Write)?;
            write(bytes)?;
            let n = bytes.len();
            self.spool.pop(n);
        }
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.spool.clear();
        let (memory, disk) = (
            std::mem::take(&mut self.memory),
            std::mem::take(&mut self.disk),
        );
        self.budget.memory.fetch_add(memory, Relaxed);
        self.budget.disk.fetch_add(disk, Relaxed);
    }
}

impl Drop for BodySpool {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(spool: &mut BodySpool) -> Vec<u8> {
        let mut out = Vec::new();
        let drained = spool.drain(|bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        });
        drained.unwrap();
        out
    }

    #[test]
    fn the_budget_is_used_up_and_returned() {
        let budget = Arc::new(Budget::new(MEMORY, 1 << 20));
        let mut spool = BodySpool::new(&budget);
        let piece: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
        let mut pushed = Vec::new();
        while spool.push(&piece) {
            pushed.extend_from_slice(&piece);
        }
        assert_eq!(pushed.len() / piece.len(), 2 + 10);
        assert!(spool.disk == 1_000_000 && !budget.has_disk(piece.len()));
        assert!(drained(&mut spool) == pushed);
        assert!(spool.push(b"more") && spool.disk == 0);
        assert_eq!(drained(&mut spool), b"more");
        assert!(spool.push(b"dropped"));
        drop(spool);
        assert_eq!(budget.memory.load(Relaxed), MEMORY);
        assert_eq!(budget.disk.load(Relaxed), 1 << 20);
    }
}

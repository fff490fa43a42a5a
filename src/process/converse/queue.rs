//! Bytes that were written and not yet read: in memory at first, then in a temporary
//! file without a name. First in, first out.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How much waits in memory, in bytes.
const MEMORY: usize = 1 << 20;

/// How much is read from the file at a time, in bytes.
const BLOCK: u64 = 256 << 10;

/// How much of the file may have been read before its room is given back, in bytes.
const READ: u64 = 64 << 20;

/// Bytes that wait. Those in memory come before those in the file.
#[derive(Debug, Default)]
pub(super) struct Queue {
    memory: Vec<u8>,
    /// How many bytes of the memory were taken out already.
    gone: usize,
    file: Option<File>,
    /// Where in the file those begin and end that wait.
    read: u64,
    written: u64,
    /// Up to where the file's room was given back.
    freed: u64,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> u64 {
        (self.memory.len() - self.gone) as u64 + (self.written - self.read)
    }

    /// Adds bytes at the end.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let waiting = self.memory.len() - self.gone;
        if self.read == self.written && waiting + bytes.len() <= MEMORY {
            if self.gone > MEMORY || waiting == 0 {
                self.memory.drain(..self.gone);
                self.gone = 0;
            }
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(std::env::temp_dir())?),
        };
        file.write_all_at(bytes, self.written)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// The first of the bytes that wait; none only if there are none at all.
    pub(super) fn front(&mut self) -> io::Result<&[u8]> {
        if self.gone == self.memory.len() {
            self.load()?;
        }
        Ok(&self.memory[self.gone..])
    }

    /// Removes this number of bytes from the front.
    pub(super) fn pop(&mut self, bytes: usize) {
        self.gone += bytes;
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        *self = Queue::default();
    }

    fn load(&mut self) -> io::Result<()> {
        self.memory.clear();
        self.gone = 0;
        let Some(file) = &self.file else {
            return Ok(());
        };
        let n = BLOCK.min(self.written - self.read);
        self.memory.resize(n as usize, 0);
        file.read_exact_at(&mut self.memory, self.read)?;
        self.read += n;
        if self.read == self.written {
            file.set_len(0)?;
            (self.read, self.written, self.freed) = (0, 0, 0);
        } else if self.read - self.freed >= READ {
            free(file, self.freed, self.read - self.freed);
            self.freed = self.read;
        }
        Ok(())
    }
}

/// Gives the room of a part of a file back. Where that cannot be done, it
/// comes back with the whole of the file.
fn free(file: &File, at: u64, bytes: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = fallocate(file, flags, at, bytes);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, at, bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Pushed and popped in pieces of any size, the bytes come out as they went in.
        #[test]
        fn first_in_first_out(steps in prop::collection::vec((0..900_000usize, 0..900_000usize), 1..12)) {
            let mut queue = Queue::default();
            let (mut pushed, mut popped) = (Vec::new(), Vec::new());
            let mut take = |queue: &mut Queue, mut wanted: usize| {
                while wanted > 0 && !queue.is_empty() {
                    let front = queue.front().unwrap();
                    let n = front.len().min(wanted);
                    popped.extend_from_slice(&front[..n]);
                    queue.pop(n);
                    wanted -= n;
                }
            };
            for (i, (push, pop)) in steps.into_iter().enumerate() {
                let bytes: Vec<u8> = (0..push).map(|at| (at / 251 + at + i) as u8).collect();
                queue.push(&bytes).unwrap();
                pushed.extend_from_slice(&bytes);
                take(&mut queue, pop);
            }
            let left = queue.len();
            take(&mut queue, left as usize);
            prop_assert!(queue.is_empty() && left <= pushed.len() as u64);
            prop_assert!(pushed == popped);
            prop_assert!(queue.front().unwrap().is_empty());
        }
    }

    #[test]
    fn more_than_the_memory_goes_to_a_file_and_comes_back() {
        let mut queue = Queue::default();
        queue.push(&[1; MEMORY]).unwrap();
        assert!(queue.file.is_none());
        queue.push(b"2").unwrap();
        assert_eq!(queue.written, 1);
        queue.pop(MEMORY);
        assert_eq!(queue.front().unwrap(), b"2");
        assert_eq!(queue.written, 0);
    }
}

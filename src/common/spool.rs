//! A queue of bytes: in memory up to a limit, then in a temporary file without a name.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// The size of a read of the file, in bytes.
const BLOCK: u64 = 256 << 10;

/// The part of the file that may be read before its disk space is released, in bytes.
const RELEASE: u64 = 64 << 20;

/// A queue of bytes, first in, first out. The bytes in memory precede those in the file.
#[derive(Debug)]
pub(crate) struct Spool {
    memory_limit: usize,
    /// The directory of the file; none is that for temporary files.
    directory: Option<Arc<Path>>,
    memory: Vec<u8>,
    /// The number of bytes of the memory that were popped.
    popped: usize,
    file: Option<File>,
    /// The part of the file that is in the queue.
    read: u64,
    written: u64,
    /// The end of the part whose disk space was released.
    released: u64,
}

impl Spool {
    /// An empty queue with this limit of memory in bytes.
    pub(crate) fn new(memory_limit: usize) -> Spool {
        Spool {
            memory_limit,
            directory: None,
            memory: Vec::new(),
            popped: 0,
            file: None,
            read: 0,
            written: 0,
            released: 0,
        }
    }

    /// The same with a file in this directory.
    pub(crate) fn in_directory(memory_limit: usize, directory: &Arc<Path>) -> Spool {
        Spool {
            directory: Some(Arc::clone(directory)),
            ..Spool::new(memory_limit)
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of bytes in the queue.
    pub(crate) fn len(&self) -> u64 {
        self.memory_len() as u64 + (self.written - self.read)
    }

    fn memory_len(&self) -> usize {
        self.memory.len() - self.popped
    }

    /// Whether the next bytes fit in memory. They do not if earlier bytes are in the file.
    pub(crate) fn fits_in_memory(&self, bytes: usize) -> bool {
        self.read == self.written && self.memory_len() + bytes <= self.memory_limit
    }

    /// Adds bytes at the end: in memory if they fit, otherwise in the file.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.fits_in_memory(bytes.len()) {
            return self.push_to_file(bytes);
        }
        if self.popped > self.memory_limit || self.memory_len() == 0 {
            self.memory.drain(..self.popped);
            self.popped = 0;
        }
        self.memory.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds bytes at the end, in the file.
    pub(crate) fn push_to_file(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(match &self.directory {
                Some(directory) => tempfile::tempfile_in(directory)?,
                None => tempfile::tempfile_in(std::env::temp_dir())?,
            }),
        };
        file.write_all_at(bytes, self.written)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// The first bytes of the queue; none only if it is empty.
    pub(crate) fn front(&mut self) -> io::Result<&[u8]> {
        if self.popped == self.memory.len() {
            self.load()?;
        }
        Ok(&self.memory[self.popped..])
    }

    /// Removes bytes from the front.
    pub(crate) fn pop(&mut self, bytes: usize) {
        self.popped += bytes;
    }

    /// Reads bytes that stay in the queue, from a place in it on.
    pub(crate) fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        let in_memory = &self.memory[self.popped..];
        let start = at.min(in_memory.len() as u64) as usize;
        let n = bytes.len().min(in_memory.len() - start);
        let (first, rest) = bytes.split_at_mut(n);
        first.copy_from_slice(&in_memory[start..start + n]);
        match &self.file {
            _ if rest.is_empty() => Ok(()),
            Some(file) => {
                let at = self.read + (at + n as u64 - in_memory.len() as u64);
                file.read_exact_at(rest, at)
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Removes bytes from the front, which need not be in memory.
    pub(crate) fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let in_memory = bytes.min(self.memory_len() as u64);
        self.popped += in_memory as usize;
        self.pass(bytes - in_memory)
    }

    /// Removes all bytes, and releases the memory and the file.
    pub(crate) fn clear(&mut self) {
        *self = Spool {
            directory: self.directory.take(),
            ..Spool::new(self.memory_limit)
        };
    }

    fn load(&mut self) -> io::Result<()> {
        self.memory.clear();
        self.popped = 0;
        let Some(file) = &self.file else {
            return Ok(());
        };
        let n = BLOCK.min(self.written - self.read);
        self.memory.resize(n as usize, 0);
        file.read_exact_at(&mut self.memory, self.read)?;
        self.pass(n)
    }

    /// Removes bytes from the front of the part in the file.
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        self.read += bytes;
        if self.read == self.written {
            file.set_len(0)?;
            (self.read, self.written, self.released) = (0, 0, 0);
        } else if self.read - self.released >= RELEASE {
            release(file, self.released, self.read - self.released);
            self.released = self.read;
        }
        Ok(())
    }
}

/// Releases the disk space of a part of a file. If that is not possible, it is released with
/// the file.
fn release(file: &File, at: u64, bytes: u64) {
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

    /// A limit of memory, in bytes.
    const MEMORY: usize = 1 << 20;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn first_in_first_out(
            memory_limit in 0..2_000_000usize,
            steps in prop::collection::vec((0..900_000usize, 0..900_000usize, any::<bool>()), 1..12),
        ) {
            let mut spool = Spool::new(memory_limit);
            let (mut pushed, mut popped) = (Vec::new(), Vec::new());
            let take = |spool: &mut Spool, popped: &mut Vec<u8>, mut wanted: usize| {
                while wanted > 0 && !spool.is_empty() {
                    let front = spool.front().unwrap();
                    let n = front.len().min(wanted);
                    popped.extend_from_slice(&front[..n]);
                    spool.pop(n);
                    wanted -= n;
                }
            };
            let mut skipped = false;
            for (i, (push, pop, to_file)) in steps.into_iter().enumerate() {
                let bytes: Vec<u8> = (0..push).map(|at| (at / 251 + at + i) as u8).collect();
                match to_file {
                    true => spool.push_to_file(&bytes).unwrap(),
                    false => spool.push(&bytes).unwrap(),
                }
                pushed.extend_from_slice(&bytes);
                let n = spool.len().min(pop as u64) as usize;
                let mut first = vec![0; n];
                spool.read_at(0, &mut first).unwrap();
                let mut last = vec![0; n / 2];
                spool.read_at((n - n / 2) as u64, &mut last).unwrap();
                prop_assert!(last == first[n - n / 2..]);
                if skipped {
                    spool.skip(n as u64).unwrap();
                    popped.extend_from_slice(&first);
                } else {
                    let before = popped.len();
                    take(&mut spool, &mut popped, n);
                    prop_assert!(popped[before..] == first);
                }
                skipped = !skipped;
            }
            let left = spool.len();
            prop_assert!(spool.read_at(left, &mut [0]).is_err());
            take(&mut spool, &mut popped, left as usize);
            prop_assert!(spool.is_empty() && left <= pushed.len() as u64);
            prop_assert!(pushed == popped);
            prop_assert!(spool.front().unwrap().is_empty());
        }
    }

    #[test]
    fn more_than_the_memory_goes_to_a_file_and_back() {
        let mut spool = Spool::new(MEMORY);
        spool.push(&[1; MEMORY]).unwrap();
        assert!(spool.file.is_none());
        spool.push(b"2").unwrap();
        assert_eq!(spool.written, 1);
        spool.pop(MEMORY);
        assert_eq!(spool.front().unwrap(), b"2");
        assert_eq!(spool.written, 0);
    }
}

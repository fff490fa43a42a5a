//! The output of a body.

use super::source::Source;
use crate::common::error::Error;
use rustix::fd::BorrowedFd;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// A writer that may be a pipe.
pub(crate) trait Output: Write {
    /// The pipe, if all output goes to a pipe directly.
    fn pipe(&mut self) -> io::Result<Option<BorrowedFd<'_>>>;
}

/// A writer that is not used as a pipe.
pub(crate) struct PlainOutput<'a, W>(pub(crate) &'a mut W);

impl<W: Write> Write for PlainOutput<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Output for PlainOutput<'_, W> {
    fn pipe(&mut self) -> io::Result<Option<BorrowedFd<'_>>> {
        Ok(None)
    }
}

/// An output with a count and a hash of its bytes.
pub(crate) struct CountedOutput<'a, W> {
    output: &'a mut W,
    written: u64,
    digest: Option<Sha256>,
}

impl<'a, W: Output> CountedOutput<'a, W> {
    pub(crate) fn new(output: &'a mut W, has_digest: bool) -> CountedOutput<'a, W> {
        CountedOutput {
            output,
            written: 0,
            digest: has_digest.then(Sha256::new),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.output.write_all(bytes).map_err(Error::Write)?;
        self.written += bytes.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        Ok(())
    }

    /// Moves some bytes to the output within the kernel, and returns their number, 0 at the
    /// end. None if that is not possible.
    pub(crate) fn splice(&mut self, source: &mut dyn Source) -> Result<Option<usize>, Error> {
        if self.digest.is_some() {
            return Ok(None);
        }
        let Some(pipe) = self.output.pipe().map_err(Error::Write)? else {
            return Ok(None);
        };
        let moved = source.splice(pipe).transpose()?;
        self.written += moved.unwrap_or(0) as u64;
        Ok(moved)
    }

    /// The number of written bytes, and their hash.
    pub(crate) fn finish(self) -> (u64, Option<[u8; 32]>) {
        let digest = self.digest.map(|digest| digest.finalize().into());
        (self.written, digest)
    }
}

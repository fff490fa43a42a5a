//! A temporary file without a name.

use crate::common::error::Error;
use crate::common::stream::Out;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// A file without a name, and its directory.
#[derive(Clone, Debug)]
pub struct Temporary {
    file: Arc<File>,
    directory: Arc<Path>,
}

impl Temporary {
    /// An empty file in a directory. It has no name, so it is removed when the process ends,
    /// for whatever reason.
    pub fn new(directory: &Arc<Path>) -> Result<Self, Error> {
        let file = tempfile::tempfile_in(directory);
        let file = file.map_err(|error| Error::Read(error).of(directory.display().to_string()))?;
        Ok(Temporary {
            file: Arc::new(file),
            directory: Arc::clone(directory),
        })
    }

    /// The error if an operation on this file fails. It names the directory, as that is all
    /// that a user can change.
    fn failed(&self, error: io::Error) -> Error {
        Error::Read(error).of(self.directory.display().to_string())
    }

    /// The error if the content of this file is not what was written.
    pub fn damaged(&self) -> Error {
        self.failed(io::ErrorKind::InvalidData.into())
    }

    /// Appends bytes.
    pub fn write_all(&self, bytes: &[u8]) -> Result<(), Error> {
        let written = (&*self.file).write_all(bytes);
        written.map_err(|error| self.failed(error))
    }

    /// Appends the content of a buffer and empties the buffer.
    pub fn write(&self, out: &mut Out) -> Result<(), Error> {
        self.write_all(out.as_slice())?;
        out.truncate(0);
        Ok(())
    }

    /// Reads the bytes from `at` on.
    pub fn read(&self, bytes: &mut [u8], at: u64) -> Result<(), Error> {
        let read = self.file.read_exact_at(bytes, at);
        read.map_err(|error| self.failed(error))
    }

    /// The file itself, for tests.
    #[cfg(test)]
    pub fn file(&self) -> &File {
        &self.file
    }
}

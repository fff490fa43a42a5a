//! The source of a body.

use super::limit::Limit;
use crate::common::error::Error;
use rustix::fd::BorrowedFd;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// The bytes of a body, to be read, or moved within the kernel.
pub(crate) trait Source: Read + Send {
    /// Moves some bytes to a pipe, and returns their number, 0 at the end. None if that is not
    /// possible now, but a read is.
    fn splice(&mut self, _pipe: BorrowedFd) -> Option<Result<usize, Error>> {
        None
    }
}

impl Source for File {}
impl Source for io::Empty {}
impl<R: Read + Send> Source for BufReader<R> {}
impl Source for Box<dyn BufRead + Send + '_> {}
impl<R: Read + Send> Source for Limit<R> {}

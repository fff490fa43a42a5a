//! A process of the chain: reads, and passes on.

use crate::common::error::Error;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::io::{self, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// The size of a number on a pipe, in bytes.
pub(super) const NUMBER: usize = size_of::<u64>();

/// A process of the chain: numbers in, fewer numbers out.
pub(super) trait Stage {
    /// The file that it reads from.
    fn input(&self) -> BorrowedFd<'_>;

    /// Reads once; false at the end of the input. There may be numbers to be
    /// passed on even if this fails.
    fn read(&mut self) -> Result<bool, Error>;

    /// The numbers of the last read that are to be passed on.
    fn numbers(&self) -> &[u8];
}

/// Passes on what a stage lets through, and closes the pipe when the input ends.
pub(super) fn pass(stage: &mut impl Stage, mut pipe: PipeWriter) -> Result<(), Error> {
    loop {
        await_input(stage.input(), pipe.as_fd())?;
        let read = stage.read();
        pipe.write_all(stage.numbers()).map_err(Error::Write)?;
        if !read? {
            return Ok(());
        }
    }
}

/// Waits until there is something to read, or the reader of the output has closed it.
pub(super) fn await_input(input: BorrowedFd<'_>, output: BorrowedFd<'_>) -> Result<(), Error> {
    let mut ends = [
        PollFd::from_borrowed_fd(input, PollFlags::IN),
        PollFd::from_borrowed_fd(output, PollFlags::empty()),
    ];
    loop {
        match poll(&mut ends, None) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(Error::Read(error.into())),
            // The input may lead to nothing that is to be written.
            Ok(_) if !ends[0].revents().is_empty() => return Ok(()),
            Ok(_) => return Err(Error::Write(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

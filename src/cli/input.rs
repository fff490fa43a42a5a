//! FILE operands and standard streams.

use crate::common::stream;
use crate::process::streams;
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, tell};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;

/// The text of a FILE operand.
pub type Input = Box<dyn Read + Send>;

/// Opens a FILE operand.
pub(super) fn open(name: &OsStr) -> io::Result<File> {
    let file = match name.to_str() {
        Some("-") => standard(0, io::stdin())?,
        _ => File::open(name)?,
    };
    if is_output(&file)? {
        return Err(io::Error::other("input file is output file"));
    }
    stream::enlarge_pipe(&file);
    Ok(file)
}

/// Whether a program would read its own output, and never reach the end: the file is
/// standard output as well, and output is appended, or written ahead of the input.
pub(super) fn is_output(mut file: &File) -> io::Result<bool> {
    let stdout = io::stdout();
    let (Ok(input), Ok(output)) = (fstat(file), fstat(&stdout)) else {
        return Ok(false);
    };
    let is_file = FileType::from_raw_mode(input.st_mode) == FileType::RegularFile;
    let is_same = (input.st_dev, input.st_ino) == (output.st_dev, output.st_ino);
    if !is_file || !is_same {
        return Ok(false);
    }
    let read = file.stream_position()?;
    let appends = fcntl_getfl(&stdout).is_ok_and(|flags| flags.contains(OFlags::APPEND));
    // At its end there is nothing to read: `words <f >f` has emptied it.
    let is_ahead = appends || tell(&stdout).is_ok_and(|written| read < written);
    Ok(is_ahead && read < input.st_size as u64)
}

/// A standard stream as a plain file: without a buffer or a lock, and with all errors.
pub(super) fn standard(fd: u8, stream: impl AsFd) -> io::Result<File> {
    if streams::was_closed(fd) {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

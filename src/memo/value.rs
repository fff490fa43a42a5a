//! The file of a value: the output as it came, and a trailer that says whose it is.
//!
//! ```text
//! OUTPUT  KEY  length of OUTPUT  length of KEY  time  digest  "textmill memo 1\n"
//! ```
//!
//! The numbers have 64 bits, little end first; the time is in milliseconds
//! since 1970; the digest is the beginning of a SHA-256 of all that stands
//! before it in the trailer. The output begins the file, so that the kernel
//! copies whole pages. The trailer is written last and the lengths add up to
//! the file's, so a file that was cut, or is something else, is noticed before
//! a byte of it is printed.

use crate::error::Error;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The end of every file of a value, with the version of the format.
const MAGIC: &[u8; 16] = b"textmill memo 1\n";

/// The bytes of a trailer without the key.
const FIXED: usize = 4 * 8 + MAGIC.len();

/// What is read of a file's end at first, in bytes: most keys are shorter.
const TAIL: u64 = 4096;

/// How much is copied at a time where the kernel does not copy by itself, in bytes.
const BLOCK: usize = 128 << 10;

/// What is wrong with a file that has no right trailer.
const DAMAGED: &str = "damaged, or no value of memo (--forget removes it)";

/// A value that is whole.
#[derive(Debug)]
pub(super) struct Value {
    file: File,
    length: u64,
    /// Whose it is.
    pub(super) key: Vec<u8>,
    /// When it was complete.
    pub(super) stored: SystemTime,
}

/// The trailer of an output of so many bytes.
pub(super) fn trailer(key: &[u8], length: u64, stored: SystemTime) -> Vec<u8> {
    let stored = stored.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut trailer = key.to_vec();
    for number in [length, key.len() as u64, stored.as_millis() as u64] {
        trailer.extend(number.to_le_bytes());
    }
    let digest = Sha256::digest(&trailer);
    trailer.extend(&digest[..8]);
    trailer.extend(MAGIC);
    trailer
}

impl Value {
    /// Reads the trailer.
    pub(super) fn read(file: File) -> Result<Value, Error> {
        let metadata = file.metadata().map_err(Error::Read)?;
        if !metadata.is_file() {
            return Err(Error::Data("not a file"));
        }
        let size = metadata.len();
        let mut tail = end(&file, size, TAIL).map_err(Error::Read)?;
        let damaged = || Error::Data(DAMAGED);
        let key_length = tail
            .len()
            .checked_sub(FIXED)
            .filter(|_| tail.ends_with(MAGIC))
            .map(|at| number(&tail[at + 8..]))
            .ok_or_else(damaged)?;
        // No key is longer than an argument may be.
        let whole = key_length
            .checked_add(FIXED as u64)
            .filter(|&whole| whole <= size && whole <= 1 << 30)
            .ok_or_else(damaged)?;
        if whole > tail.len() as u64 {
            tail = end(&file, size, whole).map_err(Error::Read)?;
        }
        let last = &tail[tail.len() - whole as usize..];
        let (key, numbers) = last.split_at(key_length as usize);
        let length = number(numbers);
        let digest = Sha256::digest(&last[..key.len() + 24]);
        if length.checked_add(whole) != Some(size) || numbers[24..32] != digest[..8] {
            return Err(damaged());
        }
        let stored = UNIX_EPOCH + Duration::from_millis(number(&numbers[16..]));
        let key = key.to_vec();
        Ok(Value {
            file,
            length,
            key,
            stored,
        })
    }

    /// Which file it is, on this machine, as long as it is open.
    pub(super) fn identity(&self) -> Result<(u64, u64), Error> {
        let metadata = self.file.metadata().map_err(Error::Read)?;
        Ok((metadata.dev(), metadata.ino()))
    }

    /// Writes the output, by the kernel alone where it can.
    pub(super) fn print(self, output: &mut File) -> Result<(), Error> {
        let given = give_pages(&self.file, self.length, output).map_err(Error::Write)?;
        // From file to file the standard library has the kernel copy, too.
        let mut rest = (&self.file).take(self.length - given);
        let mut output = BufWriter::with_capacity(BLOCK, output);
        let copied = io::copy(&mut rest, &mut output);
        let flushed = copied.and_then(|copied| output.flush().map(|()| copied));
        match given + flushed.map_err(Error::Write)? {
            all if all == self.length => Ok(()),
            _ => Err(Error::Data("was cut while it was read").of("value")),
        }
    }
}

/// Gives the pages of a file to a pipe as they are, without a copy. (The
/// standard library does not: other files may change before they are read
/// there. A value is replaced, never changed.) Returns how many bytes went.
#[cfg(target_os = "linux")]
fn give_pages(file: &File, length: u64, output: &File) -> io::Result<u64> {
    use rustix::io::Errno;
    use std::os::unix::fs::FileTypeExt;
    let mut given = 0;
    if !output.metadata()?.file_type().is_fifo() {
        return Ok(given);
    }
    while given < length {
        match rustix::fs::sendfile(output, file, None, (length - given) as usize) {
            Ok(0) | Err(Errno::INVAL | Errno::NOSYS) => break,
            Ok(n) => given += n as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(given)
}

#[cfg(not(target_os = "linux"))]
fn give_pages(_: &File, _: u64, _: &File) -> io::Result<u64> {
    Ok(0)
}

/// The last bytes of a file, or all if there are fewer.
fn end(file: &File, size: u64, bytes: u64) -> io::Result<Vec<u8>> {
    let bytes = bytes.min(size);
    let mut tail = vec![0; bytes as usize];
    file.read_exact_at(&mut tail, size - bytes)?;
    Ok(tail)
}

/// The number in the first eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these bytes, read as a value.
    fn read(bytes: &[u8]) -> Result<Value, Error> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Value::read(file)
    }

    fn whole(output: &[u8], key: &[u8]) -> Vec<u8> {
        let time = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        [output, &trailer(key, output.len() as u64, time)].concat()
    }

    #[test]
    fn what_was_written_is_read() {
        for key in [&b""[..], b"key", &[b'k'; 5000], b"\0\xFF\n"] {
            for output in [&b""[..], b"output\n", &[7; 10_000]] {
                let value = read(&whole(output, key)).unwrap();
                assert_eq!((value.length, &value.key[..]), (output.len() as u64, key));
                let ms = value.stored.duration_since(UNIX_EPOCH).unwrap();
                assert_eq!(ms.as_millis(), 1_700_000_000_123);
            }
        }
    }

    #[test]
    fn no_cut_and_no_changed_byte_of_the_trailer_passes() {
        let bytes = whole(b"output", b"key");
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
        }
        for cut in 1..=bytes.len() {
            assert!(read(&bytes[cut..]).is_err(), "{cut}");
        }
        assert!(read(&[&bytes[..], b"\n"].concat()).is_err());
        for i in b"output".len()..bytes.len() {
            let mut changed = bytes.clone();
            changed[i] ^= 1;
            assert!(read(&changed).is_err(), "{i}");
        }
    }
}

//! The file of a value: the output as it came, between a mark and a trailer.
//!
//! ```text
//! MARK  OUTPUT  HASHES  KEY  length of OUTPUT  length of KEY  time  digest  "textmill memo 2\n"
//! ```
//!
//! A command that failed, and whose output is stored all the same, has its exit
//! status there, too. The format is version 3 then; an older memo refuses it.
//!
//! ```text
//! MARK  OUTPUT  HASHES  KEY  lengths  time  status  digest  "textmill memo 3\n"
//! ```
//!
//! The mark tells a draft from all others (`draft`). The numbers have 64 bits,
//! little end first; the time is in milliseconds since 1970. The hashes are
//! XXH3 of 128 bits, one for each block of the output; the digest is the
//! beginning of a SHA-256 of all that stands before it in the trailer. The
//! trailer is written last and the lengths add up to the file's, so a file that
//! was cut, or is something else, is noticed before a byte of it is printed.
//!
//! Each block is checked before it is printed. A hash of the whole would have to
//! be compared before the first byte is printed, which is to read the file twice.
//! The hashes cost 4 ms for 100 MB beside the reading. They find accidents, not
//! forgeries: a process that can write to the store can write a right hash as well.

mod format;
mod summary;

pub(crate) use summary::Summary;

pub(crate) use format::MARK;

use super::problem::Problem;
use crate::common::error::Error;
use crate::common::output::Output;
use format::{BLOCK, HASH, MAGIC, MAGIC_OF_FAILURE, NUMBER, OLDER, TAIL};
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use twox_hash::XxHash3_128;

/// A value that is whole.
#[derive(Debug)]
pub(crate) struct Value {
    file: File,
    name: String,
    length: u64,
    hashes: Vec<u8>,
    /// Whose it is.
    pub(crate) key: Vec<u8>,
    /// When it was complete.
    pub(super) stored: SystemTime,
    /// The exit status of the command.
    pub(crate) status: u8,
}

/// Whether this error means that a file is not a complete value of its key, so that a new value
/// can replace it. All other errors may be temporary.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(
        error.as_own(),
        Some(Problem::Damaged | Problem::Outdated | Problem::Misplaced)
    )
}

impl Value {
    /// Reads the trailer of a file that error lines call `name`.
    pub(crate) fn read(file: File, name: String) -> Result<Value, Error> {
        let metadata = file.metadata().map_err(Error::Read)?;
        if !metadata.is_file() {
            return Err(Problem::NotAFile.into());
        }
        let size = metadata.len();
        let mut tail = end(&file, size, TAIL).map_err(Error::Read)?;
        if tail.ends_with(OLDER) {
            return Err(Problem::Outdated.into());
        }
        let damaged = || Error::from(Problem::Damaged);
        let has_status = tail.ends_with(MAGIC_OF_FAILURE);
        // The bytes after the key: the numbers, the digest and the magic.
        let numbers = if has_status { 4 } else { 3 } * NUMBER;
        let fixed = numbers + NUMBER + MAGIC.len();
        let (length, key_length) = tail
            .len()
            .checked_sub(fixed)
            .filter(|_| has_status || tail.ends_with(MAGIC))
            .map(|at| (number(&tail[at..]), number(&tail[at + NUMBER..])))
            .ok_or_else(damaged)?;
        // Memory is allocated only if the lengths add up; and no key is longer than
        // an argument may be.
        let hashes_length = length.div_ceil(BLOCK as u64) * HASH as u64;
        let whole = Some(key_length)
            .filter(|&length| length <= 1 << 30)
            .map(|length| length + hashes_length + fixed as u64)
            .filter(|whole| {
                let all = whole.checked_add(MARK as u64);
                all.and_then(|all| all.checked_add(length)) == Some(size)
            })
            .ok_or_else(damaged)?;
        if whole > tail.len() as u64 {
            tail = end(&file, size, whole).map_err(Error::Read)?;
        }
        let last = &tail[tail.len() - whole as usize..];
        let (told, rest) = last.split_at(last.len() - fixed + numbers);
        if rest[..NUMBER] != Sha256::digest(told)[..NUMBER] {
            return Err(damaged());
        }
        let (texts, numbers) = told.split_at(told.len() - numbers);
        let (hashes, key) = texts.split_at(hashes_length as usize);
        let stored = Duration::from_millis(number(&numbers[2 * NUMBER..]));
        Ok(Value {
            file,
            name,
            length,
            hashes: hashes.to_vec(),
            key: key.to_vec(),
            stored: UNIX_EPOCH.checked_add(stored).ok_or_else(damaged)?,
            status: match has_status {
                true => u8::try_from(number(&numbers[3 * NUMBER..])).map_err(|_| damaged())?,
                false => 0,
            },
        })
    }

    /// The length of the output, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// How long it has been stored; zero if the clock was set back since.
    pub(super) fn age(&self) -> Duration {
        self.stored.elapsed().unwrap_or_default()
    }

    /// Checks all of the output if that has several blocks. (A single one is checked
    /// by [`Value::print`] before anything is printed.)
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut buffer = self.buffer();
        (0..self.hashes.len() / HASH).try_for_each(|i| self.block(i, &mut buffer).map(|_| ()))
    }

    /// Which file it is ([`identity`]).
    pub(super) fn identity(&self) -> Result<(u64, u64), Error> {
        let metadata = self.file.metadata().map_err(Error::Read)?;
        Ok(identity(&metadata))
    }

    /// Writes the output, into a pipe by the kernel alone where it can. It ends
    /// before a block that is damaged.
    pub(crate) fn print(self, output: &mut Output) -> Result<(), Error> {
        let mut buffer = self.buffer();
        let pipe = is_pipe(output.file()).map_err(Error::Write)?;
        for i in 0..self.hashes.len() / HASH {
            let block = self.block(i, &mut buffer)?;
            let given = match pipe {
                true => give_pages(&self.file, start(i), block.len(), output.file()),
                false => 0,
            };
            output.write_all(&block[given..]).map_err(Error::Write)?;
        }
        Ok(())
    }

    /// Room for a block.
    fn buffer(&self) -> Vec<u8> {
        vec![0; self.length.min(BLOCK as u64) as usize]
    }

    /// Reads a block of the output and checks it.
    fn block<'a>(&self, i: usize, buffer: &'a mut [u8]) -> Result<&'a [u8], Error> {
        let n = (self.length - (i * BLOCK) as u64).min(BLOCK as u64) as usize;
        let (block, hash) = (&mut buffer[..n], &self.hashes[i * HASH..][..HASH]);
        match self.file.read_exact_at(block, start(i)) {
            Ok(()) if XxHash3_128::oneshot(block).to_le_bytes() == hash => Ok(block),
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
                Err(Error::Read(error).of(self.name.clone()))
            }
            // Truncated or changed.
            _ => Err(Error::from(Problem::Damaged).of(self.name.clone())),
        }
    }
}

/// Where a block of the output begins in the file.
fn start(block: usize) -> u64 {
    (MARK + block * BLOCK) as u64
}

/// Which file this is on this machine, as long as it is open.
pub(super) fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

fn is_pipe(output: &File) -> io::Result<bool> {
    Ok(output.metadata()?.file_type().is_fifo())
}

/// Gives some bytes of a file to a pipe as they are, without a copy: half the
/// time of a write. (The standard library does not: other files may change
/// before they are read there. A value is replaced, never changed.) Returns how
/// many bytes went; why no more, a write of the others tells.
#[cfg(target_os = "linux")]
fn give_pages(file: &File, mut at: u64, bytes: usize, output: &File) -> usize {
    use rustix::io::Errno;
    let mut given = 0;
    while given < bytes {
        match rustix::fs::sendfile(output, file, Some(&mut at), bytes - given) {
            Ok(0) => break,
            Ok(n) => given += n,
            Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    given
}

#[cfg(not(target_os = "linux"))]
fn give_pages(_: &File, _: u64, _: usize, _: &File) -> usize {
    0
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
        Value::read(file, "name".to_string())
    }

    fn whole(output: &[u8], key: &[u8]) -> Vec<u8> {
        with_status(output, key, 0)
    }

    fn with_status(output: &[u8], key: &[u8], status: u8) -> Vec<u8> {
        let time = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let mut summary = Summary::new();
        // However it comes.
        output
            .chunks(100_003)
            .for_each(|piece| summary.update(piece));
        [&[b'm'; MARK], output, &summary.trailer(key, time, status)].concat()
    }

    /// The output of a value, and whether it is complete.
    fn printed(value: Value) -> (Vec<u8>, bool) {
        let output = tempfile::tempfile().unwrap();
        let copy = output.try_clone().unwrap();
        let ok = value.print(&mut Output::raw(copy)).is_ok();
        let size = output.metadata().unwrap().len();
        (end(&output, size, size).unwrap(), ok)
    }

    /// Bytes that do not repeat from block to block.
    fn bytes(n: usize) -> Vec<u8> {
        (0..n as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect()
    }

    #[test]
    fn what_was_written_is_read() {
        for key in [&b""[..], b"key", &[b'k'; 5000], b"\0\xFF\n"] {
            for length in [0, 7, 10_000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
                let output = bytes(length);
                for status in [0, 1, 255] {
                    let value = read(&with_status(&output, key, status)).unwrap();
                    assert_eq!((&value.key[..], value.status), (key, status));
                    let ms = value.stored.duration_since(UNIX_EPOCH).unwrap();
                    assert_eq!(ms.as_millis(), 1_700_000_000_123);
                    assert!(value.check().is_ok());
                    assert!(printed(value) == (output.clone(), true), "{length}");
                }
            }
        }
    }

    #[test]
    fn no_changed_byte_of_the_output_is_printed() {
        let output = bytes(2 * BLOCK + 1000);
        let whole = whole(&output, b"key");
        for at in [
            0,
            1,
            BLOCK - 1,
            BLOCK,
            2 * BLOCK - 1,
            2 * BLOCK,
            output.len() - 1,
        ] {
            let mut changed = whole.clone();
            changed[MARK + at] ^= 0x10;
            assert!(is_damage(&read(&changed).unwrap().check().unwrap_err()));
            let before = &output[..at / BLOCK * BLOCK];
            let printed = printed(read(&changed).unwrap());
            assert!(printed == (before.to_vec(), false), "{at}");
        }
        // Blocks in another order are no right blocks.
        let mut changed = whole.clone();
        changed[MARK..MARK + 2 * BLOCK].rotate_left(BLOCK);
        assert!(printed(read(&changed).unwrap()) == (vec![], false));
    }

    #[test]
    fn what_is_cut_while_it_is_read_is_damaged() {
        let output = bytes(BLOCK + 1000);
        let value = read(&whole(&output, b"key")).unwrap();
        value.file.set_len(BLOCK as u64 + 500).unwrap();
        assert!(printed(value) == (output[..BLOCK].to_vec(), false));
    }

    #[test]
    fn an_older_format_is_said_to_be_one() {
        let error = read(&[&b"output key and so on"[..], OLDER].concat()).unwrap_err();
        assert_eq!(error.to_string(), Problem::Outdated.to_string());
    }

    #[test]
    fn no_cut_and_no_changed_byte_of_the_trailer_passes() {
        for status in [0, 3] {
            nothing_changed_passes(&with_status(b"output", b"key", status));
        }
    }

    fn nothing_changed_passes(bytes: &[u8]) {
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
        }
        for cut in 1..=bytes.len() {
            assert!(read(&bytes[cut..]).is_err(), "{cut}");
        }
        assert!(read(&[bytes, b"\n"].concat()).is_err());
        for i in MARK + b"output".len()..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[i] ^= 1;
            assert!(read(&changed).is_err(), "{i}");
        }
    }
}

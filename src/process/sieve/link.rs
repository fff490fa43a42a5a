//! The process for a prime: numbers in, those that the prime does not divide out.

use super::stage::{NUMBER, Stage, pass};
use crate::common::error::Error;
use crate::common::stream;
use crate::common::sys;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// Prints the prime, and passes on the numbers that it does not divide.
pub(super) fn run(
    prime: u64,
    numbers: &PipeReader,
    pipe: PipeWriter,
    output: &File,
) -> Result<bool, Error> {
    print(prime, output).map_err(Error::Write)?;
    pass(&mut Link::new(prime, &mut &*numbers), pipe)?;
    Ok(true)
}

fn print(prime: u64, mut output: &File) -> io::Result<()> {
    output.write_all(format!("{prime}\n").as_bytes())?;
    // Some file systems report a failed write only when the file is closed.
    sys::close(output.try_clone()?)
}

/// Lets through the numbers that its prime does not divide.
struct Link<'a, I> {
    prime: u64,
    input: &'a mut I,
    buffer: Vec<u8>,
    /// How much of the buffer is to be passed on, in bytes.
    kept: usize,
}

/// How much of a pipe one `read` asks for, in bytes. A pipe may hold more; but
/// there are many processes, and each has a buffer of this size.
const BLOCK: usize = 32 << 10;

impl<'a, I: Read> Link<'a, I> {
    fn new(prime: u64, input: &'a mut I) -> Self {
        Link {
            prime,
            input,
            buffer: vec![0; BLOCK],
            kept: 0,
        }
    }

    fn read_numbers(&mut self) -> Result<bool, Error> {
        // Numbers that were passed on are not passed on again if this fails.
        self.kept = 0;
        let n = read(self.input, &mut self.buffer)?;
        let (numbers, _) = self.buffer[..n].as_chunks_mut();
        self.kept = sift(self.prime, numbers) * NUMBER;
        Ok(n > 0)
    }
}

impl<I: Read + AsFd> Stage for Link<'_, I> {
    fn input(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    fn read(&mut self) -> Result<bool, Error> {
        self.read_numbers()
    }

    fn numbers(&self) -> &[u8] {
        &self.buffer[..self.kept]
    }
}

/// Reads the numbers that there are, once, into a buffer of whole numbers; how many
/// bytes, 0 at the end of the input.
pub(super) fn read(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let n = stream::read(input, buffer).map_err(Error::Read)?;
    // The writer may be in the middle of a number: the rest of it follows.
    let whole = n.next_multiple_of(NUMBER);
    input
        .read_exact(&mut buffer[n..whole])
        .map_err(Error::Read)?;
    Ok(whole)
}

/// Moves the numbers that a prime does not divide to the front; how many.
pub(super) fn sift(prime: u64, numbers: &mut [[u8; NUMBER]]) -> usize {
    let mut kept = 0;
    for at in 0..numbers.len() {
        let number = numbers[at];
        numbers[kept] = number;
        kept += usize::from(!u64::from_ne_bytes(number).is_multiple_of(prime));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{cuts, pieces};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_that_end_within_a_number(numbers: Vec<u64>, cuts in cuts()) {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
            let mut input = pieces(&bytes, cuts);
            let mut link = Link::new(3, &mut input);
            let mut got = Vec::new();
            while link.read_numbers().unwrap() {
                got.extend_from_slice(&link.buffer[..link.kept]);
            }
            let kept = numbers.into_iter().filter(|number| number % 3 != 0);
            prop_assert_eq!(got, kept.flat_map(u64::to_ne_bytes).collect::<Vec<_>>());
        }
    }
}

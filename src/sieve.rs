//! `sieve`: the primes among ascending numbers, a process for each.
//!
//! The sieve of Hoare's "Communicating Sequential Processes" (1978), made of
//! Unix processes and pipes. Each process has a prime: it prints that, and what
//! its prime does not divide it passes on, to the next process, which it starts
//! for the first such number, with that for its prime.
//!
//! ```text
//! text -> head -> 2 -> 3 -> 5 -> 7 -> …
//!                 |    |    |    |
//!                 '----'----'----'---> standard output
//! ```
//!
//! What no process strikes out is a prime if all smaller primes are in the
//! chain, or all up to its square root. So the head strikes out what a prime
//! divides that the input lacks: the answer is right whatever is left out.
//!
//! - Order: a process prints before it starts the next, so a larger prime is
//!   printed later.
//! - The end: a process whose input ends closes its pipe to the next one, waits
//!   for it, and ends as that did. When nobody is left to read standard output,
//!   the last process ends by SIGPIPE, then the one before it, up to the head.
//!   Each awaits the loss of its reader as well as its input, so this takes no
//!   further number, and the head is always the last: nobody is left behind.
//! - Cost: a process for each prime. A number costs one division in each
//!   process that it reaches, and in the head, behind a gap in the input, up to
//!   half its square root.
//!
//! Numbers travel in blocks, of 64 bits each, as the machine has them.
//!
//! A process is started by `exec`, not as a copy of the one before it: Linux
//! keeps, for each page that copies share, all ancestors in mind, so the cost of
//! a copy grows with the length of the chain: a thousand took ten times as long.

use crate::error::Error;
use crate::stream::{self, Blocks, LONGEST_NUMBER, TOO_LONG};
use crate::sys;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};

/// How the next process is called, given its prime and how many more there may
/// be behind it. It has to run [`link`] on its standard input.
pub type Call = fn(prime: u64, left: usize) -> io::Result<Command>;

/// Prints the primes among the numbers of a text, one a line, by up to `most`
/// processes. Whether all went well; what did not, one of them has reported.
pub fn sieve(
    input: &mut (impl Read + AsFd),
    output: &File,
    most: usize,
    call: Call,
) -> Result<bool, Error> {
    pass(&mut Head::new(input), output, most, call)
}

/// Does the part of a process for one prime: prints it, and what is behind it
/// in the chain; up to `left` processes.
pub fn link(
    prime: u64,
    input: &mut (impl Read + AsFd),
    output: &mut File,
    left: usize,
    call: Call,
) -> Result<bool, Error> {
    let line = format!("{prime}\n");
    output.write_all(line.as_bytes()).map_err(Error::Write)?;
    pass(&mut Link::new(prime, input), output, left, call).map_err(|error| match error {
        Error::Read(_) | Error::Data(_) => error.of(format!("process for {prime}")),
        error => error,
    })
}

/// A process of the chain, as far as it is its own: numbers in, fewer numbers out.
trait Stage {
    /// What it reads from.
    fn input(&self) -> BorrowedFd<'_>;

    /// Reads what there is, once; false at the end of the input. There may be
    /// numbers to be passed on even if this fails.
    fn read(&mut self) -> Result<bool, Error>;

    /// What is to be passed on of what was read last.
    fn numbers(&self) -> &[u8];
}

/// Passes on what a stage lets through, to a process that is started for that
/// if there is anything at all.
fn pass(stage: &mut impl Stage, output: &File, left: usize, call: Call) -> Result<bool, Error> {
    let mut next: Option<Next> = None;
    let ended = loop {
        let reader = match &next {
            Some(next) => next.pipe.as_fd(),
            None => output.as_fd(),
        };
        if let Err(error) = await_input(stage.input(), reader) {
            break Err(error);
        }
        let read = stage.read();
        let numbers = stage.numbers();
        if !numbers.is_empty() {
            let next = match &mut next {
                Some(next) => next,
                None => next.insert(start(numbers, left, call)?),
            };
            if let Err(error) = next.pipe.write_all(numbers) {
                break Err(Error::Write(error));
            }
        }
        match read {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let well = next.map_or(Ok(true), Next::end)?;
    match ended {
        // It has said why it left.
        Err(Error::Write(_)) if !well => Ok(false),
        ended => ended.map(|()| well),
    }
}

/// Waits until there is something to read, or nobody left to write to.
fn await_input(input: BorrowedFd<'_>, reader: BorrowedFd<'_>) -> Result<(), Error> {
    let mut ends = [
        PollFd::from_borrowed_fd(input, PollFlags::IN),
        PollFd::from_borrowed_fd(reader, PollFlags::empty()),
    ];
    loop {
        match poll(&mut ends, None) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(Error::Read(error.into())),
            // What there is to read may lead to nothing that is to be written.
            Ok(_) if !ends[0].revents().is_empty() => return Ok(()),
            Ok(_) => return Err(Error::Write(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

/// The next process, and the pipe to it.
struct Next {
    process: Child,
    pipe: PipeWriter,
}

/// Starts the next process, for these numbers.
fn start(numbers: &[u8], left: usize, call: Call) -> Result<Next, Error> {
    let prime = numbers.first_chunk().map_or(0, |&n| u64::from_ne_bytes(n));
    let started = || {
        let (reader, pipe) = io::pipe()?;
        sys::hear_of_children();
        let process = call(prime, left - 1)?.stdin(reader).spawn()?;
        Ok(Next { process, pipe })
    };
    match left {
        0 => Err(Error::Data("more than --max-processes are needed")),
        _ => started().map_err(Error::Start),
    }
    .map_err(|error| error.of(format!("process for {prime}")))
}

impl Next {
    /// Closes the pipe and waits for the process; whether all went well.
    fn end(mut self) -> Result<bool, Error> {
        drop(self.pipe);
        let status = self.process.wait().map_err(Error::Read)?;
        match status.signal() {
            None => Ok(status.success()),
            // Nobody reads standard output any more, and that ends us, too.
            Some(libc::SIGPIPE) => Err(Error::Write(io::ErrorKind::BrokenPipe.into())),
            Some(_) => Err(Error::Data("the next process was killed")),
        }
    }
}

/// The head of the chain: reads the text, and lets through what may be a prime.
struct Head<'a, I> {
    input: &'a mut I,
    text: Blocks,
    line: u64,
    candidates: Candidates,
    numbers: Vec<u8>,
}

impl<'a, I: Read> Head<'a, I> {
    fn new(input: &'a mut I) -> Self {
        Head {
            input,
            text: Blocks::new(),
            line: 0,
            candidates: Candidates::default(),
            numbers: Vec::new(),
        }
    }

    fn read_text(&mut self) -> Result<bool, Error> {
        self.numbers.clear();
        let n = self.text.read(self.input).map_err(Error::Read)?;
        self.take(n == 0)?;
        Ok(n > 0)
    }

    /// Takes all whole lines of the text; at the end, the last one as it is. A
    /// line that is too long already is not awaited.
    fn take(&mut self, at_end: bool) -> Result<(), Error> {
        let text = self.text.text();
        let end = match at_end {
            true => text.len(),
            false => memchr::memrchr(b'\n', text).map_or(0, |end| end + 1),
        };
        for line in text[..end].split_inclusive(|&byte| byte == b'\n') {
            self.line += 1;
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            match self.candidates.next(line) {
                Ok(Some(number)) => self.numbers.extend(number.to_ne_bytes()),
                Ok(None) => {}
                Err(cause) => {
                    let number = self.line;
                    return Err(Error::Line { number, cause });
                }
            }
        }
        let rest = text.len() - end;
        if rest > LONGEST_NUMBER {
            return Err(Error::Line {
                number: self.line + 1,
                cause: TOO_LONG,
            });
        }
        self.text.keep(rest);
        Ok(())
    }
}

impl<I: Read + AsFd> Stage for Head<'_, I> {
    fn input(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    fn read(&mut self) -> Result<bool, Error> {
        self.read_text()
    }

    fn numbers(&self) -> &[u8] {
        &self.numbers
    }
}

/// What of the input may be a prime: what no prime divides that it lacks.
#[derive(Debug)]
struct Candidates {
    last: Option<i128>,
    /// All primes below this one were in the input: they are in the chain.
    missing: u64,
}

impl Default for Candidates {
    fn default() -> Self {
        let (last, missing) = (None, 2);
        Candidates { last, missing }
    }
}

impl Candidates {
    /// Takes the next line; its number, if that may be a prime.
    fn next(&mut self, line: &[u8]) -> Result<Option<u64>, &'static str> {
        let number = parse(line)?;
        if self.last.is_some_and(|last| number <= last) {
            return Err("not larger than the number before it");
        }
        self.last = Some(number);
        let number = match u64::try_from(number) {
            Ok(number) => number,
            Err(_) if number < 0 => return Ok(None),
            Err(_) => return Err(TOO_LARGE),
        };
        Ok(self.may_be_prime(number).then_some(number))
    }

    fn may_be_prime(&mut self, number: u64) -> bool {
        // A number that is no prime is not missed.
        while self.missing < number && has_divisor(self.missing, 2) {
            self.missing += 1;
        }
        if number == self.missing {
            self.missing = self.missing.saturating_add(1);
        }
        number >= 2 && !has_divisor(number, self.missing)
    }
}

/// Whether a number has a divisor from `first` on, up to its square root. Even
/// ones but 2 are left out: what they divide, 2 divides.
fn has_divisor(number: u64, first: u64) -> bool {
    let root = number.isqrt();
    let even = first <= 2 && root >= 2 && number.is_multiple_of(2);
    even || (first.max(3) | 1..=root)
        .step_by(2)
        .any(|divisor| number.is_multiple_of(divisor))
}

const TOO_LARGE: &str = "larger than 64 bits hold";

/// Reads a whole number; blanks around it do not matter.
fn parse(line: &[u8]) -> Result<i128, &'static str> {
    const NO_NUMBER: &str = "not a whole number";
    if line.len() > LONGEST_NUMBER {
        return Err(TOO_LONG);
    }
    let text = std::str::from_utf8(line.trim_ascii()).map_err(|_| NO_NUMBER)?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NO_NUMBER);
    }
    text.parse().map_err(|_| TOO_LARGE)
}

/// Any other process of the chain: lets through what its prime does not divide.
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

/// What a number takes on a pipe, in bytes.
const NUMBER: usize = size_of::<u64>();

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
        // What was passed on is not passed on again, should this fail.
        self.kept = 0;
        let n = stream::read(self.input, &mut self.buffer).map_err(Error::Read)?;
        // The writer may be in the middle of a number: the rest of it comes.
        let whole = n.next_multiple_of(NUMBER);
        let rest = &mut self.buffer[n..whole];
        self.input.read_exact(rest).map_err(Error::Read)?;
        let (numbers, _) = self.buffer[..whole].as_chunks_mut();
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

/// Moves the numbers that a prime does not divide to the front; how many.
fn sift(prime: u64, numbers: &mut [[u8; NUMBER]]) -> usize {
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
    use crate::arbitrary::{cuts, pieces};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn is_prime(number: u64) -> bool {
        number >= 2 && !(2..number).any(|divisor| number.is_multiple_of(divisor))
    }

    /// What a chain in one process prints.
    fn sieved(numbers: impl IntoIterator<Item = i128>) -> Vec<u64> {
        let mut candidates = Candidates::default();
        let mut primes: Vec<u64> = Vec::new();
        for number in numbers {
            let candidate = candidates.next(number.to_string().as_bytes()).unwrap();
            let Some(number) = candidate else { continue };
            let mut number = [number.to_ne_bytes()];
            if primes.iter().all(|&prime| sift(prime, &mut number) == 1) {
                primes.push(u64::from_ne_bytes(number[0]));
            }
        }
        primes
    }

    #[test]
    fn numbers_without_a_gap_go_to_the_chain_undivided() {
        let mut candidates = Candidates::default();
        assert!((2..1000).all(|number| candidates.may_be_prime(number)));
        assert_eq!(candidates.missing, 1000);
        assert!(
            sieved(2..542)
                .iter()
                .copied()
                .eq((2..542).filter(|&n| is_prime(n)))
        );
    }

    #[test]
    fn what_the_input_lacks_divides_all_the_same() {
        assert_eq!(sieved([4, 6, 9]), [0; 0]);
        assert_eq!(sieved([-7, 0, 1, 2, 25, 121, 127]), [2, 127]);
        assert_eq!(sieved(100..110), [101, 103, 107, 109]);
        assert_eq!(sieved([65_519, 65_521, 65_521 * 65_521]), [65_519, 65_521]);
        assert_eq!(sieved([u64::MAX.into()]), [0; 0]);
        // Only the composites are left out: that is no gap.
        let mut primes = (2..600).filter(|&n| is_prime(n));
        let mut candidates = Candidates::default();
        assert!(primes.clone().all(|prime| candidates.may_be_prime(prime)));
        assert!(candidates.missing > primes.next_back().unwrap());
    }

    #[test]
    fn what_is_no_ascending_number_is_named() {
        let error = |text: &str| {
            let mut text = text.as_bytes();
            let mut head = Head::new(&mut text);
            let error = loop {
                match head.read_text() {
                    Ok(true) => {}
                    Ok(false) => break String::new(),
                    Err(error) => break error.to_string(),
                }
            };
            (error, head.numbers.len() / NUMBER)
        };
        let same = "not larger than the number before it";
        assert_eq!(error("2\n3\n3\n5\n"), (format!("line 3: {same}"), 2));
        assert_eq!(error("5\n4\n"), (format!("line 2: {same}"), 1));
        assert_eq!(error("2\n\n"), ("line 2: not a whole number".into(), 1));
        for bad in ["x", "2.0", "-", "+", "0x3", "1e3", "2 3", "\u{662}"] {
            assert_eq!(error(bad).0, "line 1: not a whole number", "{bad}");
        }
        for large in ["18446744073709551616", &"9".repeat(99)] {
            assert_eq!(error(large), ("line 1: larger than 64 bits hold".into(), 0));
        }
        assert_eq!(error(" +2 \n\t3\r\n7"), (String::new(), 1));
        let blanks = |n: usize| " ".repeat(n);
        let longest = blanks(LONGEST_NUMBER - 1);
        assert_eq!(error(&format!("2\n{longest}3\n4")), (String::new(), 1));
        for long in [
            format!("2\n {longest}3\n4"),
            format!("2\n {longest}3"),
            "2\n".to_string() + &blanks(9 << 20),
        ] {
            assert_eq!(error(&long).0, "line 2: too long for a number");
        }
    }

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

        #[test]
        fn as_by_trial_division(numbers: BTreeSet<u16>, dense in 0..100i128, step in 1..4usize) {
            let all = (2..dense).step_by(step).chain(numbers.into_iter().map(i128::from));
            let all: BTreeSet<i128> = all.collect();
            let primes: Vec<u64> = all.iter().map(|&n| n as u64).filter(|&n| is_prime(n)).collect();
            prop_assert_eq!(sieved(all), primes);
        }

        #[test]
        fn lines_in_pieces(numbers: BTreeSet<i32>, cuts in cuts()) {
            let text: String = numbers.iter().map(|number| format!("{number}\n")).collect();
            let mut text = pieces(text.as_bytes(), cuts);
            let mut head = Head::new(&mut text);
            let mut got = Vec::new();
            while head.read_text().unwrap() {
                let (numbers, _) = head.numbers.as_chunks();
                got.extend(numbers.iter().map(|&number| i128::from(u64::from_ne_bytes(number))));
            }
            let mut candidates = Candidates::default();
            let may = |&number: &i128| u64::try_from(number).is_ok_and(|n| candidates.may_be_prime(n));
            prop_assert_eq!(got, numbers.into_iter().map(i128::from).filter(may).collect::<Vec<_>>());
        }
    }
}

//! The head of the chain: a text in, the numbers that may be primes out.

use super::stage::Stage;
use crate::common::error::Error;
use crate::common::stream::{Blocks, LONGEST_NUMBER, TOO_LONG};
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};

/// Reads the text, and lets through the numbers that may be primes.
pub(super) struct Head<'a, I> {
    input: &'a mut I,
    text: Blocks,
    line: u64,
    candidates: Candidates,
    numbers: Vec<u8>,
}

impl<'a, I: Read> Head<'a, I> {
    pub(super) fn new(input: &'a mut I) -> Self {
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
                    return Err(Error::bad_line(number, cause, line));
                }
            }
        }
        let rest = text.len() - end;
        if rest > LONGEST_NUMBER {
            return Err(Error::bad_line(self.line + 1, TOO_LONG, &text[end..]));
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

/// The numbers of the input that may be primes: those that no earlier prime divides.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{cuts, pieces};
    use crate::process::sieve::link::sift;
    use crate::process::sieve::stage::NUMBER;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn is_prime(number: u64) -> bool {
        number >= 2 && !(2..number).any(|divisor| number.is_multiple_of(divisor))
    }

    /// The output of a chain in one process.
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
        assert_eq!(error("2\n3\n3\n5\n"), (format!("line 3: {same}: '3'"), 2));
        assert_eq!(error("5\n4\n"), (format!("line 2: {same}: '4'"), 1));
        assert_eq!(error("2\n\n"), ("line 2: not a whole number: ''".into(), 1));
        for bad in ["x", "2.0", "-", "+", "0x3", "1e3", "2 3", "\u{662}"] {
            let message = format!("line 1: not a whole number: '{bad}'");
            assert_eq!(error(bad).0, message);
        }
        for large in ["18446744073709551616", &"9".repeat(99)] {
            let message = error(large);
            assert!(message.0.starts_with("line 1: larger than 64 bits hold: '"));
            assert_eq!(message.1, 0);
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
            let message = format!("line 2: too long for a number: '{}…'", blanks(60));
            assert_eq!(error(&long).0, message);
        }
    }

    proptest! {
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

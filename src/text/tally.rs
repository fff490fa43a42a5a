//! The record `COUNT LINE`: what `count` writes, and `topn` and `count --merge` read.
//!
//! Blanks and TABs before the count are skipped, as `uniq -c` writes them. One
//! blank or TAB ends the count; all behind it is the line, which is bytes and
//! may be empty.

use crate::common::stream::Out;

/// A record: a line and how often it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally<'a> {
    /// How often.
    pub count: u64,
    /// The line, without its terminator.
    pub line: &'a [u8],
}

impl<'a> Tally<'a> {
    /// Reads a record; the error says in a few words what is wrong with it.
    #[inline]
    pub fn parse(record: &'a [u8]) -> Result<Self, &'static str> {
        let blanks = record.iter().take_while(|&&byte| is_blank(byte)).count();
        let digits = &record[blanks..];
        let mut count = 0u64;
        for (i, &byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                count = count
                    .checked_mul(10)
                    .and_then(|count| count.checked_add(u64::from(digit)))
                    .ok_or("the count is larger than 64 bits hold")?;
            } else if i > 0 && is_blank(byte) {
                return Ok(Tally {
                    count,
                    line: &digits[i + 1..],
                });
            } else {
                return Err("no count before the line");
            }
        }
        match digits.is_empty() {
            true => Err("no count before the line"),
            // An empty line that lost the blank before it on its way.
            false => Ok(Tally { count, line: b"" }),
        }
    }
}

/// Puts out a record: a count, a separator, a line, a terminator.
#[inline(always)]
pub fn put(count: u64, separator: u8, line: &[u8], terminator: u8, out: &mut Out) {
    put_padded(count, separator, line, line.len(), terminator, out);
}

/// The same of a line that is the first `length` of some bytes: where it is
/// short and these are at least `WIDE`, they are copied in one go.
#[inline(always)]
pub fn put_padded(
    count: u64,
    separator: u8,
    bytes: &[u8],
    length: usize,
    terminator: u8,
    out: &mut Out,
) {
    let room = out.room(DIGITS + length.max(WIDE) + 2);
    let digits = match count {
        0..10 => {
            room[0] = b'0' + count as u8;
            1
        }
        _ => {
            let mut buffer = [0; DIGITS];
            let digits = decimal(count, &mut buffer);
            room[..digits.len()].copy_from_slice(digits);
            digits.len()
        }
    };
    room[digits] = separator;
    let rest = &mut room[digits + 1..];
    match bytes.first_chunk::<WIDE>() {
        Some(wide) if length <= WIDE => rest[..WIDE].copy_from_slice(wide),
        _ => rest[..length].copy_from_slice(&bytes[..length]),
    }
    rest[length] = terminator;
    out.advance(digits + length + 2);
}

/// The most digits that a number of 64 bits has.
pub const DIGITS: usize = 20;

/// A number in decimal digits, which stand at the end of the buffer.
#[inline(always)]
pub fn decimal(number: u64, buffer: &mut [u8; DIGITS]) -> &[u8] {
    let mut start = DIGITS;
    let mut rest = number;
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return &buffer[start..];
        }
    }
}

/// How many bytes of a short line are copied, whatever its length.
const WIDE: usize = 24;

/// A newline is one, too, as GNU `sort -z` has it; elsewhere it ends the record.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(record: &[u8]) -> Result<(u64, &[u8]), &'static str> {
        Tally::parse(record).map(|tally| (tally.count, tally.line))
    }

    #[test]
    fn as_count_and_uniq_write_it() {
        assert_eq!(parsed(b"30 dreamhost"), Ok((30, &b"dreamhost"[..])));
        assert_eq!(parsed(b"     30 a b "), Ok((30, &b"a b "[..])));
        assert_eq!(parsed(b" \t7\tx"), Ok((7, &b"x"[..])));
        assert_eq!(parsed(b"7  x"), Ok((7, &b" x"[..])));
        assert_eq!(parsed(b"7 "), Ok((7, &b""[..])));
        assert_eq!(parsed(b"7"), Ok((7, &b""[..])));
        assert_eq!(parsed(b"\n7 x"), Ok((7, &b"x"[..])));
        assert_eq!(parsed(b"18446744073709551615 x"), Ok((u64::MAX, &b"x"[..])));
    }

    #[test]
    fn what_has_no_count() {
        for record in [
            &b""[..],
            b" ",
            b"x",
            b"-3 x",
            b"3x",
            b"3.5 x",
            b" \0",
            b"+1 x",
        ] {
            assert_eq!(
                parsed(record),
                Err("no count before the line"),
                "{record:?}"
            );
        }
        let large = parsed(b"18446744073709551616 x");
        assert_eq!(large, Err("the count is larger than 64 bits hold"));
    }
}

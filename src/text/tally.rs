//! The record `COUNT LINE`, which `count` writes, and `topn`, `bars` and `count --merge` read.
//!
//! Blanks and TABs before the count are skipped, as `uniq -c` writes them. One
//! blank or TAB ends the count; the rest is the line, which is bytes and may be
//! empty.

use crate::common::stream::Out;

/// A record: a line and how often it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally<'a> {
    /// How often the line occurs.
    pub count: u64,
    /// The line, without its terminator.
    pub line: &'a [u8],
}

impl<'a> Tally<'a> {
    /// Parses a record. The error is a short description.
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
            } else if i > 0 && byte == b'.' {
                return Err("the count is not a whole number");
            } else {
                return Err("no count before the line");
            }
        }
        match digits.is_empty() {
            true => Err("no count before the line"),
            // An empty line whose blank was removed.
            false => Ok(Tally { count, line: b"" }),
        }
    }
}

/// The count and the line of a record. Whether the count is a number is not checked.
pub fn parts(record: &[u8]) -> (&[u8], &[u8]) {
    let blanks = record.iter().take_while(|&&byte| is_blank(byte)).count();
    let record = &record[blanks..];
    match record.iter().position(|&byte| is_blank(byte)) {
        Some(end) => (&record[..end], &record[end + 1..]),
        // An empty line whose blank was removed.
        None => (record, b""),
    }
}

/// Appends a record: a count, a separator, a line, a terminator.
#[inline(always)]
pub fn put(count: u64, separator: u8, line: &[u8], terminator: u8, out: &mut Out) {
    put_padded(count, separator, line, line.len(), terminator, out);
}

/// The same for a line that is the first `length` of some bytes. If it is short and there are
/// at least `WIDE` bytes, one copy of constant size is enough.
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
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(count).as_bytes();
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

/// The largest number of digits of a number of 64 bits.
pub const DIGITS: usize = 20;

/// How many bytes of a short line are copied, whatever its length.
const WIDE: usize = 24;

/// A newline is a blank, too, as in GNU `sort -z`; without `-z` it ends the record.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(record: &[u8]) -> Result<(u64, &[u8]), &'static str> {
        let parsed = Tally::parse(record).map(|tally| (tally.count, tally.line));
        if let Ok((count, line)) = parsed {
            let (digits, rest) = parts(record);
            assert_eq!((digits, rest), (count.to_string().as_bytes(), line));
        }
        parsed
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
    fn records_without_a_count() {
        for record in [&b""[..], b" ", b"x", b"-3 x", b"3x", b" \0", b"+1 x"] {
            assert_eq!(
                parsed(record),
                Err("no count before the line"),
                "{record:?}"
            );
        }
        assert_eq!(parsed(b"3.5 x"), Err("the count is not a whole number"));
        let large = parsed(b"18446744073709551616 x");
        assert_eq!(large, Err("the count is larger than 64 bits hold"));
    }
}

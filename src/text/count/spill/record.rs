//! A record: a line and its count, as a block of a run has it.
//!
//! A record is the length of its line and its count, both as LEB128 (seven bits a byte, the
//! lowest first; DWARF 5, section 7.6), and then the line.

use crate::common::stream::Out;
use crate::text::count::store::key::STRIDE;

/// The size of a block in bytes, approximately: it ends with the record that reaches it.
pub const RUN_BLOCK: usize = 32 << 10;

/// How many bytes after the records of a block may be read with them.
pub const SLACK: usize = STRIDE;

/// The largest size of the two numbers of a record.
pub const NUMBERS: usize = 20;

/// Appends a record to a block.
#[inline(always)]
pub fn put(count: u64, line: &[u8], block: &mut Out) {
    put_padded(count, line, line.len(), block);
}

/// The same for a line that is the first `length` of some bytes. If it is short and there are
/// at least [`STRIDE`] bytes, one copy of constant size is enough.
#[inline(always)]
pub fn put_padded(count: u64, bytes: &[u8], length: usize, block: &mut Out) {
    // The room includes the slack after the last record of a block. Otherwise the block would
    // grow to twice its size for it.
    let room = block.room(NUMBERS + length.max(STRIDE) + SLACK);
    let at = put_numbers(count, length, room);
    match bytes.first_chunk::<STRIDE>() {
        Some(wide) if length <= STRIDE => room[at..at + STRIDE].copy_from_slice(wide),
        _ => room[at..at + length].copy_from_slice(&bytes[..length]),
    }
    block.advance(at + length);
}

/// Writes the numbers before a line and returns where they end.
#[inline(always)]
pub fn put_numbers(count: u64, length: usize, room: &mut [u8]) -> usize {
    let at = put_number(length as u64, room, 0);
    put_number(count, room, at)
}

#[inline(always)]
fn put_number(mut number: u64, room: &mut [u8], mut at: usize) -> usize {
    while number >= 0x80 {
        room[at] = number as u8 | 0x80;
        number >>= 7;
        at += 1;
    }
    room[at] = number as u8;
    at + 1
}

/// The number that begins at `at`, and where it ends; `None` if the block ends first.
#[inline(always)]
pub fn number(block: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *block.get(at)?;
        at += 1;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some((number, at));
        }
    }
    None
}

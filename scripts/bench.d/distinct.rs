//! Distinct lines in any number, faster than `count` can count them, and a check of its answer.
//!
//!     distinct make KEYS LINES     LINES lines, with KEYS different ones: each once, then any of them
//!     distinct check               of lines `COUNT LINE`: their number, the sum of the counts, and the
//!                                  sum of the keys (all modulo 2^64), if they ascend
//!     distinct expect KEYS LINES   what `distinct check` prints for the right counts
//!
//! A key has 12 hexadecimal digits and 0 to 8 characters more. `scripts/bench` compiles this by rustc alone.

use std::io::{self, BufRead, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().expect(text);
    let done = match arguments[..] {
        ["make", keys, lines] => make(number(keys), number(lines)),
        ["expect", keys, lines] => expect(number(keys), number(lines)),
        ["check"] => check(),
        _ => panic!("usage: distinct make KEYS LINES | distinct check | distinct expect KEYS LINES"),
    };
    done.expect("input and output");
}

/// The key of a number: 48 bits. Each step is reversible, so different numbers have different keys.
fn key(number: u64) -> u64 {
    const MASK: u64 = (1 << 48) - 1;
    let mut x = number.wrapping_mul(0x9E37_79B9_7F4B) & MASK;
    x ^= x >> 25;
    x = x.wrapping_mul(0xD6E8_FEB8_6659) & MASK;
    x ^ x >> 23
}

/// The key of a line of the text.
fn key_of_line(line: u64, keys: u64) -> u64 {
    key(if line < keys { line } else { key(line) % keys })
}

fn make(keys: u64, lines: u64) -> io::Result<()> {
    let digits: Vec<[u8; 2]> = (0..256).map(|n| format!("{n:02x}").into_bytes().try_into().unwrap()).collect();
    let mut output = io::stdout().lock();
    let mut block = vec![0; 64 << 10];
    let mut used = 0;
    for line in 0..lines {
        let key = key_of_line(line, keys);
        let ending = (key % 9) as usize;
        let room = &mut block[used..used + 21];
        for (pair, byte) in room.chunks_exact_mut(2).zip(&key.to_be_bytes()[2..]) {
            pair.copy_from_slice(&digits[usize::from(*byte)]);
        }
        room[12..20].copy_from_slice(b"-abcdefg");
        room[12 + ending] = b'\n';
        used += 13 + ending;
        if block.len() - used < 21 {
            output.write_all(&block[..used])?;
            used = 0;
        }
    }
    output.write_all(&block[..used])
}

fn expect(keys: u64, lines: u64) -> io::Result<()> {
    let sum = (0..keys).fold(0, |sum: u64, n| sum.wrapping_add(key(n)));
    writeln!(io::stdout(), "{keys} {lines} {sum}")
}

fn check() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let (mut keys, mut lines, mut sum, mut before) = (0_u64, 0_u64, 0_u64, None);
    // The part of a line that a block has cut off.
    let mut rest = Vec::new();
    loop {
        let block = input.fill_buf()?;
        if block.is_empty() {
            break;
        }
        let read = block.len();
        let whole = block.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let mut text = &block[..whole];
        if whole > 0 && !rest.is_empty() {
            let first = text.iter().position(|&byte| byte == b'\n').unwrap() + 1;
            rest.extend(&text[..first]);
            text = &text[first..];
            add(&rest, &mut keys, &mut lines, &mut sum, &mut before)?;
            rest.clear();
        }
        add(text, &mut keys, &mut lines, &mut sum, &mut before)?;
        rest.extend(&block[whole..]);
        input.consume(read);
    }
    if !rest.is_empty() {
        return Err(io::Error::other("no newline at the end"));
    }
    writeln!(io::stdout(), "{keys} {lines} {sum}")
}

/// Adds up whole lines.
fn add(text: &[u8], keys: &mut u64, lines: &mut u64, sum: &mut u64, before: &mut Option<u64>) -> io::Result<()> {
    let mut at = 0;
    while at < text.len() {
        let mut count = 0;
        while text[at] != b' ' {
            count = count * 10 + u64::from(text[at] - b'0');
            at += 1;
        }
        let key = text[at + 1..at + 13].iter().fold(0, |key, &byte| {
            key << 4 | u64::from(if byte < b'a' { byte - b'0' } else { byte - b'a' + 10 })
        });
        at += 13 + (key % 9) as usize;
        if text[at] != b'\n' {
            return Err(io::Error::other("no such line"));
        }
        at += 1;
        if before.is_some_and(|before| before >= key) {
            return Err(io::Error::other("not in order"));
        }
        *before = Some(key);
        *keys += 1;
        *lines += count;
        *sum = sum.wrapping_add(key);
    }
    Ok(())
}

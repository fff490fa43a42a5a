//! Decoding one character of a text that need not be valid UTF-8.
//!
//! Valid is what the Unicode Standard's table 3-7 says: no overlong forms, no
//! surrogates, nothing above U+10FFFF. A byte that begins no valid character
//! stands alone.

/// The first character of a text and its length in bytes; `None` and 1 where
/// the first byte begins none. The text must not be empty.
#[inline(always)]
pub fn first(text: &[u8]) -> (Option<char>, usize) {
    let tail = |i: usize| match text.get(i) {
        Some(&byte) if byte & 0xC0 == 0x80 => Some(u32::from(byte & 0x3F)),
        _ => None,
    };
    let lead = u32::from(text[0]);
    let code = match lead {
        0..=0x7F => return (char::from_u32(lead), 1),
        0xC2..=0xDF => tail(1).map(|b| ((lead & 0x1F) << 6 | b, 2)),
        0xE0..=0xEF => tail(1)
            .zip(tail(2))
            .map(|(b, c)| ((lead & 0x0F) << 12 | b << 6 | c, 3))
            .filter(|&(code, _)| code >= 0x800),
        0xF0..=0xF4 => tail(1)
            .zip(tail(2))
            .zip(tail(3))
            .map(|((b, c), d)| ((lead & 0x07) << 18 | b << 12 | c << 6 | d, 4))
            .filter(|&(code, _)| code >= 0x10000),
        _ => None,
    };
    // Surrogates and what lies above U+10FFFF are no characters.
    match code.and_then(|(code, length)| Some((char::from_u32(code)?, length))) {
        Some((c, length)) => (Some(c), length),
        None => (None, 1),
    }
}

/// The last character of a text and its length in bytes; `None` and 1 where
/// the last byte ends none. The text must not be empty.
pub fn last(text: &[u8]) -> (Option<char>, usize) {
    for length in 1..=text.len().min(4) {
        let from = &text[text.len() - length..];
        if let (Some(c), n) = first(from)
            && n == length
        {
            return (Some(c), length);
        }
    }
    (None, 1)
}

/// How many bytes at the end of the text begin a character without finishing it: 0 to 3.
#[inline(always)]
pub fn unfinished(text: &[u8]) -> usize {
    for (n, &byte) in text.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return 0,
        };
        return if n + 1 < length { n + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of `std` for the same bytes.
    fn naive(text: &[u8]) -> (Option<char>, usize) {
        (1..=text.len().min(4))
            .find_map(|n| {
                let c = str::from_utf8(&text[..n]).ok()?.chars().next()?;
                Some((Some(c), n))
            })
            .unwrap_or((None, 1))
    }

    #[test]
    fn what_no_byte_can_finish_is_not_unfinished() {
        assert_eq!(unfinished(b""), 0);
        assert_eq!(unfinished(b"a\xFF"), 0);
        assert_eq!(unfinished(b"a\x80\x80\x80"), 0);
        assert_eq!(unfinished("aé".as_bytes()), 0);
        assert_eq!(unfinished(b"a\xE2\x82"), 2);
        assert_eq!(unfinished(b"a\xF0\x9F\x98"), 3);
    }

    #[test]
    fn every_character_and_back() {
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let text = c.encode_utf8(&mut buffer).as_bytes();
            assert_eq!(first(text), (Some(c), text.len()));
            assert_eq!(last(text), (Some(c), text.len()));
        }
    }

    #[test]
    fn every_start_of_four_bytes_as_std_has_it() {
        // All leads and seconds, with the thirds and fourths that matter.
        let edges = [0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xE0, 0xFF];
        for a in 0..=255 {
            for b in 0..=255 {
                for c in edges {
                    for d in edges {
                        let text = [a, b, c, d];
                        for n in 1..=4 {
                            assert_eq!(first(&text[..n]), naive(&text[..n]), "{text:x?}");
                        }
                    }
                }
            }
        }
    }
}

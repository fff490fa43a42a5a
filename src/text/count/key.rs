//! Lines as keys of the hash tables.
//!
//! A line of up to 23 bytes *is* its key: its bytes as big-endian words,
//! padded with zeros, and in the last byte its length plus one. Such keys are
//! compared word by word, and in the order of these words they are in the
//! order of the lines, for a line that is a prefix of another is shorter.
//!
//! | class | line | words |
//! |---|---|---|
//! | [`Short`] | up to 15 bytes | 2 |
//! | [`Middle`] | 16 to 23 bytes | 3 |
//! | long | 24 bytes and more | its hash, and its place in an arena |

/// A line of up to [`SHORT`] bytes.
pub type Short = [u64; 2];
/// A line of [`SHORT`] + 1 to [`MIDDLE`] bytes.
pub type Middle = [u64; 3];

/// The length of the longest short line.
pub const SHORT: usize = 15;
/// The length of the longest middle line.
pub const MIDDLE: usize = 23;

/// How many bytes are read from the start of a line on, whatever its length.
pub const STRIDE: usize = 24;

/// For each length, the bits of 16 bytes that belong to the line.
static MASKS: [u128; SHORT + 1] = {
    let mut masks = [0; SHORT + 1];
    let mut length = 1;
    while length <= SHORT {
        masks[length] = u128::MAX << (8 * (16 - length));
        length += 1;
    }
    masks
};

/// The key of the line that is the first `length` of these bytes.
#[inline(always)]
pub fn short(bytes: &[u8; 16], length: usize) -> Short {
    let key = u128::from_be_bytes(*bytes) & MASKS[length] | (length as u128 + 1);
    [(key >> 64) as u64, key as u64]
}

/// The key of the line that is the first `length` of these bytes.
#[inline(always)]
pub fn middle(bytes: &[u8; STRIDE], length: usize) -> Middle {
    let [a, b, c] = *bytes.as_chunks::<8>().0 else {
        unreachable!("24 bytes are three words");
    };
    let outside = 8 * (STRIDE - length); // 8 to 64: too far for a single shift
    let c = u64::from_be_bytes(c) & u64::MAX << (outside - 1) << 1 | (length as u64 + 1);
    [u64::from_be_bytes(a), u64::from_be_bytes(b), c]
}

/// The bytes of the line of a key, in `buffer`.
#[inline(always)]
pub fn line<'a>(key: &[u64], buffer: &'a mut [u8; STRIDE]) -> &'a [u8] {
    let (bytes, length) = padded(key, buffer);
    &bytes[..length]
}

/// The line of a key as the first bytes of `buffer`, and how many these are.
#[inline(always)]
pub fn padded<'a>(key: &[u64], buffer: &'a mut [u8; STRIDE]) -> (&'a [u8], usize) {
    for (bytes, word) in buffer.as_chunks_mut::<8>().0.iter_mut().zip(key) {
        *bytes = word.to_be_bytes();
    }
    let length = key.last().map_or(0, |last| (last & 0xFF) as usize - 1);
    (buffer, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(line: &[u8], behind: u8) -> Vec<u64> {
        let mut bytes = [behind; STRIDE];
        bytes[..line.len()].copy_from_slice(line);
        match line.len() {
            0..=SHORT => short(bytes.first_chunk().unwrap(), line.len()).to_vec(),
            _ => middle(&bytes, line.len()).to_vec(),
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_line(bytes in prop::collection::vec(0..3u8, 0..=MIDDLE), behind: u8) {
            let key = key(&bytes, behind);
            let mut buffer = [0; STRIDE];
            prop_assert_eq!(line(&key, &mut buffer), &bytes);
            prop_assert!(*key.last().unwrap() != 0);
        }

        #[test]
        fn keys_are_in_the_order_of_their_lines(
            (a, b) in prop_oneof![0..=SHORT, SHORT + 1..=MIDDLE].prop_flat_map(|longest| {
                let shortest = if longest <= SHORT { 0 } else { SHORT + 1 };
                let line = || prop::collection::vec(prop_oneof![0..2u8, Just(255)], shortest..=longest);
                (line(), line())
            }),
            behind: u8,
        ) {
            prop_assert_eq!(key(&a, behind).cmp(&key(&b, 0)), a.cmp(&b));
        }
    }
}

//! Searches for bytes that are mostly near: the end of a short text or value.
//!
//! The first 32 bytes are searched at once, without a branch that depends on the text. That
//! is faster than the call of `memchr`, which searches the rest.

use memchr::{memchr, memchr2};

/// How many bytes are near.
const NEAR: usize = 32;

/// Where this byte is in a text.
#[inline(always)]
pub(super) fn find(byte: u8, text: &[u8]) -> Option<usize> {
    let Some(near) = text.first_chunk() else {
        return memchr(byte, text);
    };
    first(equal(near, byte)).or_else(|| Some(NEAR + memchr(byte, &text[NEAR..])?))
}

/// Where the first of two bytes is in a text.
#[inline(always)]
pub(super) fn find2(a: u8, b: u8, text: &[u8]) -> Option<usize> {
    let Some(near) = text.first_chunk() else {
        return memchr2(a, b, text);
    };
    let found = equal(near, a) | equal(near, b);
    first(found).or_else(|| Some(NEAR + memchr2(a, b, &text[NEAR..])?))
}

/// Where the first of two bytes is in a text, if it is near and a third byte is not before it.
#[inline(always)]
pub(super) fn find2_without(a: u8, b: u8, third: u8, text: &[u8]) -> Option<usize> {
    let near = text.first_chunk()?;
    let found = equal(near, a) | equal(near, b);
    let before = found.wrapping_sub(1) & !found;
    first(found).filter(|_| equal(near, third) & before == 0)
}

/// The first bit of a mask.
#[inline(always)]
fn first(mask: u32) -> Option<usize> {
    (mask != 0).then(|| mask.trailing_zeros() as usize)
}

/// The bytes that are equal to this one, a bit each.
#[cfg(simd = "x86")]
#[allow(unsafe_code)]
#[inline(always)]
fn equal(text: &[u8; NEAR], byte: u8) -> u32 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
    let half = |start: usize| {
        let half = text[start..]
            .first_chunk::<16>()
            .expect("32 bytes are twice 16");
        // SAFETY: every x86-64 has SSE2. 16 bytes are read, without alignment.
        unsafe {
            let half = _mm_loadu_si128(half.as_ptr().cast());
            _mm_movemask_epi8(_mm_cmpeq_epi8(half, _mm_set1_epi8(byte as i8))) as u32
        }
    };
    half(0) | half(16) << 16
}

/// The same for all machines.
#[cfg(not(simd = "x86"))]
#[inline(always)]
fn equal(text: &[u8; NEAR], byte: u8) -> u32 {
    portable(text, byte)
}

/// The same eight bytes at a time.
#[cfg(any(test, not(simd = "x86")))]
#[inline(always)]
fn portable(text: &[u8; NEAR], byte: u8) -> u32 {
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    let mut mask = 0;
    for (i, eight) in text.as_chunks().0.iter().enumerate() {
        let differs = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([byte; 8]);
        // The highest bit of each byte that is 0, moved to the lowest one.
        let equal = !(((differs & LOW) + LOW) | differs | LOW) >> 7;
        // The product collects the lowest bits in its highest byte, in order.
        let bits = (equal.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32;
        mask |= bits << (8 * i);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_are_found_wherever_they_are(
            text in prop::collection::vec(0..8u8, 0..100),
            high: bool,
            others in 0..40usize,
        ) {
            let high = if high { 0x80 } else { 0 };
            let text: Vec<u8> = text.iter().map(|b| b | high).collect();
            let (a, b) = (high, 1 | high);
            let text = [&vec![b'x'; others][..], &text].concat();
            let position = |bytes: &[u8]| text.iter().position(|byte| bytes.contains(byte));
            prop_assert_eq!(find(a, &text), position(&[a]));
            prop_assert_eq!(find2(a, b, &text), position(&[a, b]));
            let without = position(&[a, b, 2 | high]).filter(|i| text[*i] != 2 | high);
            let near = text.len() >= NEAR;
            let without = without.filter(|i| near && *i < NEAR);
            prop_assert_eq!(find2_without(a, b, 2 | high, &text), without);
            if let Some(near) = text.first_chunk() {
                prop_assert_eq!(portable(near, a), equal(near, a));
            }
        }
    }
}

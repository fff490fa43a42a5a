//! What all instruction sets have in common: the loop over the chunks of a text.
//!
//! An instruction set has a few operations on a chunk ([`Kernels`]). The functions here are
//! compiled once for each of them, with these operations inlined, so that masks stay in
//! registers. They must therefore be called, and inlined, where the instructions are enabled.

use super::masks::{CHUNK, Masks, Nth, ROOM, Scope, Separators};
use super::refine::{Refiner, Starts, WINDOW};
use super::unicode::Members;

/// The operations of an instruction set on a chunk.
pub trait Kernels: Copy {
    /// The masks of the bytes of ASCII; `high` has all others.
    fn classify(self, chunk: &[u8; CHUNK]) -> Masks;

    /// The bytes that have the bit `BIT`.
    fn bit<const BIT: u32>(self, chunk: &[u8; CHUNK]) -> u64;

    /// The bytes that are equal to `byte`.
    fn equal(self, chunk: &[u8; CHUNK], byte: u8) -> u64;

    /// The place of the bit with this number, from 0, among those that are set. It must be there.
    fn nth_bit(self, mask: u64, n: u32) -> u32;

    /// Which of the characters are members of a class.
    fn members(self, window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64;

    /// Copies the bytes in `keep`, without gaps, to the start of `room`; those in `ends` become
    /// newlines. Returns their number. The rest of the room then has any content.
    fn compress(self, chunk: &[u8; CHUNK], keep: u64, ends: u64, room: &mut [u8; ROOM]) -> usize;
}

/// Implements [`Kernels`] for a type by the functions of the same names, and compiles the loops
/// over a text for these instructions. A value of the type must exist only where the machine has
/// them.
#[cfg(simd)]
macro_rules! kernels {
    ($name:ident, $instructions:literal) => {
        /// As [`super::classify`].
        ///
        /// # Safety
        ///
        /// The machine must have the instructions of this file.
        #[target_feature(enable = $instructions)]
        pub unsafe fn classify(text: &[u8], scope: Scope, masks: &mut [Masks]) {
            kernels::classify($name(()), text, scope, masks);
        }

        /// As [`super::find`].
        ///
        /// # Safety
        ///
        /// As for [`classify`].
        #[target_feature(enable = $instructions)]
        pub unsafe fn find(byte: u8, text: &[u8], masks: &mut [u64]) {
            kernels::find($name(()), byte, text, masks);
        }

        /// As [`super::find_fields`].
        ///
        /// # Safety
        ///
        /// As for [`classify`].
        #[target_feature(enable = $instructions)]
        pub unsafe fn find_fields(
            separators: Separators,
            text: &[u8],
            ends: &mut [u64],
            marks: &mut [u64],
        ) {
            kernels::find_fields($name(()), separators, text, ends, marks);
        }

        /// As [`super::each_nth`].
        ///
        /// # Safety
        ///
        /// As for [`classify`].
        #[target_feature(enable = $instructions)]
        pub unsafe fn each_nth(
            n: usize,
            length: usize,
            ends: &[u64],
            marks: &[u64],
            each: impl FnMut(Nth),
        ) {
            kernels::each_nth($name(()), n, length, ends, marks, each);
        }

        /// As [`super::extract`].
        ///
        /// # Safety
        ///
        /// As for [`classify`].
        #[target_feature(enable = $instructions)]
        pub unsafe fn extract(
            text: &[u8],
            scope: Scope,
            room: &mut [u8],
            pick: impl FnMut(Masks, usize) -> (u64, u64),
        ) -> usize {
            kernels::extract($name(()), text, scope, room, pick)
        }

        /// As [`super::natural()`].
        ///
        /// # Safety
        ///
        /// As for [`classify`].
        #[target_feature(enable = $instructions)]
        pub unsafe fn natural(text: &[u8], classes: &Natural, room: &mut [u8]) -> Progress {
            natural::natural($name(()), text, classes, room)
        }

        // SAFETY, for all of them: the value is there, so the machine has the instructions.
        impl Kernels for $name {
            #[inline(always)]
            fn classify(self, chunk: &[u8; CHUNK]) -> Masks {
                unsafe { one(chunk) }
            }

            #[inline(always)]
            fn bit<const BIT: u32>(self, chunk: &[u8; CHUNK]) -> u64 {
                unsafe { bit::<BIT>(chunk) }
            }

            #[inline(always)]
            fn equal(self, chunk: &[u8; CHUNK], byte: u8) -> u64 {
                unsafe { equal(chunk, byte) }
            }

            #[inline(always)]
            fn nth_bit(self, mask: u64, n: u32) -> u32 {
                unsafe { nth_bit(mask, n) }
            }

            #[inline(always)]
            fn members(self, window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64 {
                unsafe { members(window, starts, class) }
            }

            #[inline(always)]
            fn compress(
                self,
                chunk: &[u8; CHUNK],
                keep: u64,
                ends: u64,
                room: &mut [u8; ROOM],
            ) -> usize {
                unsafe { compress(chunk, keep, ends, room) }
            }
        }
    };
}
#[cfg(simd)]
pub(super) use kernels;

/// As [`super::classify`].
#[inline(always)]
pub fn classify(kernels: impl Kernels, text: &[u8], scope: Scope, masks: &mut [Masks]) {
    assert_eq!(masks.len(), text.len().div_ceil(CHUNK));
    let mut refiner = Refiner::new(text, scope);
    for (i, masks) in masks.iter_mut().enumerate() {
        let last = &mut [0; CHUNK];
        *masks = refined(
            kernels,
            &mut refiner,
            whole(text, i * CHUNK, last),
            i * CHUNK,
        );
    }
}

/// As [`super::find`].
#[inline(always)]
pub fn find(kernels: impl Kernels, byte: u8, text: &[u8], masks: &mut [u64]) {
    make(text, masks, |chunk| kernels.equal(chunk, byte));
}

/// Makes the masks of a text, each from its chunk alone.
#[inline(always)]
fn make(text: &[u8], masks: &mut [u64], mask_of: impl Fn(&[u8; CHUNK]) -> u64) {
    assert_eq!(masks.len(), text.len().div_ceil(CHUNK));
    let (chunks, rest) = text.as_chunks();
    for (mask, chunk) in masks.iter_mut().zip(chunks) {
        *mask = mask_of(chunk);
    }
    if !rest.is_empty() {
        let mut last = [0; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        // No byte after the text is found.
        masks[chunks.len()] = mask_of(&last) & !(!0 << rest.len());
    }
}

/// As [`super::find_fields`].
#[inline(always)]
pub fn find_fields(
    kernels: impl Kernels,
    separators: Separators,
    text: &[u8],
    ends: &mut [u64],
    marks: &mut [u64],
) {
    assert_eq!(ends.len(), text.len().div_ceil(CHUNK));
    assert_eq!(marks.len(), ends.len());
    // A text begins as if a blank were before it.
    let mut before = 1;
    let mut of_chunk = |chunk: &[u8; CHUNK]| {
        let ends = kernels.equal(chunk, b'\n');
        match separators {
            Separators::Byte(byte) => (ends, kernels.equal(chunk, byte)),
            Separators::Blanks => {
                let blanks = ends | kernels.equal(chunk, b' ') | kernels.equal(chunk, b'\t');
                let edges = blanks ^ (blanks << 1 | before);
                before = blanks >> (CHUNK - 1);
                (ends, edges)
            }
        }
    };
    let (chunks, rest) = text.as_chunks();
    for ((chunk, ends), marks) in chunks.iter().zip(ends.iter_mut()).zip(marks.iter_mut()) {
        (*ends, *marks) = of_chunk(chunk);
    }
    if !rest.is_empty() {
        let mut last = [0; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        let (last_ends, last_marks) = of_chunk(&last);
        let in_text = !(!0 << rest.len());
        ends[chunks.len()] = last_ends & in_text;
        marks[chunks.len()] = last_marks & in_text;
    }
}

/// As [`super::each_nth`].
#[inline(always)]
pub fn each_nth(
    kernels: impl Kernels,
    n: usize,
    length: usize,
    ends: &[u64],
    marks: &[u64],
    mut each: impl FnMut(Nth),
) {
    let mut start = 0;
    while start < length {
        let end = nth(kernels, ends, 0, start, length);
        let mark = nth(kernels, marks, n, start, end);
        let next = nth(kernels, marks, 0, mark + 1, end);
        each(Nth {
            start,
            end,
            mark,
            next,
        });
        start = end + 1;
    }
}

/// The place of the bit with this number, from 0, from `from` on; `limit` if there is none before
/// that.
#[inline(always)]
fn nth(kernels: impl Kernels, masks: &[u64], n: usize, from: usize, limit: usize) -> usize {
    if from >= limit {
        return limit;
    }
    let mut n = n;
    let mut at = from / CHUNK;
    let mut mask = masks[at] & (!0 << (from % CHUNK));
    loop {
        let ones = mask.count_ones() as usize;
        if n < ones {
            let bit = match n {
                0 => mask.trailing_zeros(),
                n => kernels.nth_bit(mask, n as u32),
            };
            return limit.min(at * CHUNK + bit as usize);
        }
        n -= ones;
        at += 1;
        if at * CHUNK >= limit {
            return limit;
        }
        mask = masks[at];
    }
}

/// The place of a bit, by clearing those before it.
#[inline(always)]
pub fn nth_bit(mask: u64, n: u32) -> u32 {
    let mut mask = mask;
    for _ in 0..n {
        mask &= mask - 1;
    }
    mask.trailing_zeros()
}

/// As [`super::extract`].
#[inline(always)]
pub fn extract(
    kernels: impl Kernels,
    text: &[u8],
    scope: Scope,
    room: &mut [u8],
    mut pick: impl FnMut(Masks, usize) -> (u64, u64),
) -> usize {
    let mut refiner = Refiner::new(text, scope);
    let mut used = 0;
    for start in (0..text.len()).step_by(CHUNK) {
        let last = &mut [0; CHUNK];
        let chunk = whole(text, start, last);
        let masks = refined(kernels, &mut refiner, chunk, start);
        let (keep, ends) = pick(masks, CHUNK.min(text.len() - start));
        let room = room[used..].first_chunk_mut();
        used += kernels.compress(chunk, keep, ends, room.expect("room for all of the text"));
    }
    used
}

/// The masks of the next chunk.
#[inline(always)]
fn refined(
    kernels: impl Kernels,
    refiner: &mut Refiner,
    chunk: &[u8; CHUNK],
    start: usize,
) -> Masks {
    let mut masks = kernels.classify(chunk);
    // A chunk in which a character of the chunk before ends is not all ASCII either.
    if masks.high != 0 {
        refiner.refine(kernels, start, &mut masks);
    }
    masks
}

/// The bytes from `start` on. If there are too few, `last` is overwritten with them, and returned.
#[inline(always)]
pub fn whole<'a, const N: usize>(
    text: &'a [u8],
    start: usize,
    last: &'a mut [u8; N],
) -> &'a [u8; N] {
    let rest = &text[start..];
    match rest.first_chunk() {
        Some(bytes) => bytes,
        None => {
            last[..rest.len()].copy_from_slice(rest);
            last
        }
    }
}

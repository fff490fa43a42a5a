//! What all instruction sets have in common: the loop over the chunks of a text.
//!
//! An instruction set has a few operations on a chunk ([`Kernels`]). The functions here are
//! compiled once for each of them, with these operations inlined, so that masks stay in
//! registers. They must therefore be called, and inlined, where the instructions are enabled.

use super::masks::{CHUNK, Masks, ROOM, Scope};
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

        /// As [`super::find_either`].
        ///
        /// # Safety
        ///
        /// As for [`classify`].
        #[target_feature(enable = $instructions)]
        pub unsafe fn find_either(bytes: [u8; 2], text: &[u8], masks: &mut [u64]) {
            kernels::find_either($name(()), bytes, text, masks);
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

/// As [`super::find_either`].
#[inline(always)]
pub fn find_either(kernels: impl Kernels, bytes: [u8; 2], text: &[u8], masks: &mut [u64]) {
    make(text, masks, |chunk| {
        kernels.equal(chunk, bytes[0]) | kernels.equal(chunk, bytes[1])
    });
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

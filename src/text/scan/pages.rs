//! Characters of two and of three bytes, looked up together as far as their first bytes go.
//!
//! A first byte of two names a page of 64 characters. The low six bits of the second byte are the
//! number of a character in it. One operation compares these six bits, for all bytes of a chunk,
//! with a set of numbers: the members of the page. A text has few such pages, so a chunk costs a few
//! operations for each of them, not for each character.
//!
//! Of some first bytes all characters are letters: two of Cyrillic, most of Chinese and Korean. They
//! are tested together in the same way: such first bytes are a set too. The other characters
//! of three bytes are looked up one by one, without a branch.

use super::kernels::Kernels;
use super::masks::CHUNK;
use super::refine::{Starts, WINDOW, after, three};
use super::unicode::Members;

/// An instruction set that can look bytes up in a set.
pub trait Among: Kernels {
    /// The bytes whose low six bits are a number in `set`.
    fn among(self, chunk: &[u8; CHUNK], set: u64) -> u64;
}

/// As [`Kernels::members`].
#[inline(always)]
pub fn members(kernels: impl Among, window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64 {
    let (first, second) = (after::<0>(window), after::<1>(window));
    let mut members = (starts.two | starts.three) & kernels.among(first, class.all);
    let some = kernels.among(first, class.some);

    let mut rest = starts.two & some;
    while rest != 0 {
        let lead = first[rest.trailing_zeros() as usize];
        let same = rest & kernels.equal(first, lead);
        rest ^= same;
        members |= same & kernels.among(second, class.page_of_two(lead));
    }

    let mut rest = starts.three & some;
    while rest != 0 {
        let at = rest.trailing_zeros();
        rest &= rest - 1;
        members |= three(window, at, class);
    }
    members
}

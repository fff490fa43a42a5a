//! Characters of two and of three bytes, looked up page after page.
//!
//! A first byte, and the next bytes up to the last one, name a page of 64 characters. The low six
//! bits of the last byte are the number of a character in it. One operation compares these six
//! bits, for all bytes of a chunk, with a set of numbers: the members of a page. So a chunk costs
//! a few operations for each page that occurs in it, not for each character.
//!
//! Most scripts have a few pages, or many of which all characters are letters (Chinese, Korean).
//! The latter are tested together: a page is a number in the set of pages that its first byte has.
//! Overlong forms and surrogates are in no page.

use super::kernels::Kernels;
use super::masks::CHUNK;
use super::refine::{Starts, WINDOW, after};
use super::unicode::Members;

/// An instruction set that can look bytes up in a set.
pub trait Among: Kernels {
    /// The bytes whose low six bits are a number in `set`.
    fn among(self, chunk: &[u8; CHUNK], set: u64) -> u64;
}

/// As [`Kernels::members`].
#[inline(always)]
pub fn members(kernels: impl Among, window: &[u8; WINDOW], starts: Starts, class: &Members) -> u64 {
    let (first, second, third) = (after::<0>(window), after::<1>(window), after::<2>(window));
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
        let lead = first[rest.trailing_zeros() as usize];
        let same = rest & kernels.equal(first, lead);
        rest ^= same;
        let pages = class.pages_of_three(lead);
        members |= same & kernels.among(second, pages.all);
        let mut rest = same & kernels.among(second, pages.some);
        while rest != 0 {
            let next = second[rest.trailing_zeros() as usize];
            let same = rest & kernels.equal(second, next);
            rest ^= same;
            members |= same & kernels.among(third, class.page_of_three(lead, next));
        }
    }
    members
}

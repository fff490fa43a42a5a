//! Short keys and hashes by vector instructions, on x86-64.
//!
//! `avx2`: a key is made by four instructions instead of twelve, and hashed by AES. `avx512`: eight
//! at once. The whole loop over lines is compiled for these instructions: `count` on words takes a
//! third less time (docs/design/count.md). All is tested against the portable code.

#[cfg(simd = "x86")]
mod avx2;
#[cfg(simd = "x86")]
mod avx512;
#[cfg(not(simd = "x86"))]
mod none;
#[cfg(all(test, simd = "x86"))]
mod tests;

#[cfg(simd = "x86")]
pub use {avx2::Simd, avx512::Wide};

#[cfg(not(simd = "x86"))]
pub use none::{Simd, Wide};

/// Work that is compiled for several sets of instructions.
pub trait Work {
    /// Its result.
    type Output;

    /// Does it with instructions that the machine has. Implementations, and all functions that they
    /// call often, must be `inline(always)`: others would be compiled for any machine.
    fn run(self, simd: Option<Simd>, wide: Option<Wide>) -> Self::Output;
}

/// Does some work with these instructions; `wide` includes `simd`.
#[inline(always)]
pub fn run<W: Work>(work: W, simd: Option<Simd>, wide: Option<Wide>) -> W::Output {
    match (wide, simd) {
        (Some(wide), _) => wide.run(work),
        (None, Some(simd)) => simd.run(work),
        (None, None) => work.run(None, None),
    }
}

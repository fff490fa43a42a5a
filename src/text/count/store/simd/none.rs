//! No vector instructions.

use super::Work;
use crate::text::count::ingest::batch::{Hashes, LANES, POSITIONS};
use crate::text::count::store::bucket::WORDS;
use crate::text::count::store::key::{Inline, STRIDE, Short};

/// No machine of this kind has the instructions.
#[derive(Clone, Copy, Debug)]
pub enum Simd {}

#[allow(missing_docs)]
impl Simd {
    pub fn new() -> Option<Self> {
        None
    }

    pub fn run<W: Work>(self, _: W) -> W::Output {
        match self {}
    }

    pub fn short(self, _: &[u8; STRIDE], _: usize) -> [u64; 2] {
        match self {}
    }

    pub fn find<K: Inline>(self, _: &[u64; WORDS], _: &K) -> u32 {
        match self {}
    }

    pub fn two(self, _: [u64; 2], _: [u64; 2]) -> u64 {
        match self {}
    }

    pub fn three(self, _: [u64; 2], _: [u64; 3]) -> u64 {
        match self {}
    }
}

/// No machine of this kind has the instructions.
#[derive(Clone, Copy, Debug)]
pub enum Wide {}

#[allow(missing_docs)]
impl Wide {
    pub fn new() -> Option<Self> {
        None
    }

    pub fn run<W: Work>(self, _: W) -> W::Output {
        match self {}
    }

    pub fn positions(self, _: &[u64], _: &mut [u16; POSITIONS]) -> usize {
        match self {}
    }

    pub fn short_keys(
        self,
        _: [u64; 2],
        _: &[u8],
        _: &[u16; LANES + 1],
        _: &mut [Short; LANES],
    ) -> Option<Hashes> {
        match self {}
    }
}

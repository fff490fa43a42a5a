//! The keys of some lines, hashed and prefetched, and not yet looked up.

use crate::text::count::store::key::{Middle, Short};
use crate::text::scan::CHUNK;

/// The number of bytes whose lines are hashed before the first is looked up.
pub const PIECE: usize = 512;

/// The number of lines that the widest vectors process at once.
pub const LANES: usize = 8;

/// The room for the positions of terminators in a piece: whole vectors are stored.
pub const POSITIONS: usize = PIECE + CHUNK + LANES;

/// The hashes of a group. They are stored by one instruction and then loaded one by one; a load
/// waits longer for a store that crosses the border of a cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub struct Hashes(pub [u64; LANES]);

/// The largest number of keys: each line has a terminator. A group of lanes may be incomplete.
const MOST: usize = PIECE + 1 + LANES;

/// The keys of a piece of text.
#[derive(Default)]
pub struct Batch {
    /// Those of short lines.
    pub short: Pending<Short>,
    /// Those of middle lines.
    pub middle: Pending<Middle>,
}

/// Keys of one class and their hashes.
pub struct Pending<K> {
    hashes: [u64; MOST],
    keys: [K; MOST],
    len: usize,
}

impl<K: Copy + Default> Default for Pending<K> {
    /// No keys.
    fn default() -> Self {
        Pending {
            hashes: [0; MOST],
            keys: [K::default(); MOST],
            len: 0,
        }
    }
}

impl<K: Copy> Pending<K> {
    /// Adds a key.
    #[inline(always)]
    pub fn push(&mut self, hash: u64, key: K) {
        self.hashes[self.len] = hash;
        self.keys[self.len] = key;
        self.len += 1;
    }

    /// Room for the keys of a group, after those that were added.
    #[inline(always)]
    pub fn room(&mut self) -> &mut [K; LANES] {
        let room = self.keys[self.len..].first_chunk_mut();
        room.expect("room for a group")
    }

    /// Adds the first `n` keys of the group that is in [`room`](Pending::room).
    #[inline(always)]
    pub fn add(&mut self, hashes: &Hashes, n: usize) {
        let room = self.hashes[self.len..].first_chunk_mut();
        *room.expect("room for a group") = hashes.0;
        self.len += n.min(LANES);
    }

    /// The hashes and keys; the batch is then empty.
    #[inline(always)]
    pub fn take(&mut self) -> (&[u64], &[K]) {
        let len = std::mem::take(&mut self.len);
        (&self.hashes[..len], &self.keys[..len])
    }
}

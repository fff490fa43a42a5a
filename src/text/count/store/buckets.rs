//! A hash table whose keys have counts of 32 bits.
//!
//! A place of the table is a bucket of two or three keys. A key that finds its bucket full goes to
//! the next bucket. The upper bits of a hash give the place, so buckets are in the order of
//! hashes, and a table grows by two walks from front to back, without random access to memory.

use super::bucket::Bucket;
use super::key::{Inline, Key};
use super::simd::Simd;
use crate::common::sys;
use std::marker::PhantomData;

/// The buckets of a new table, as a power of 2.
const FIRST: u32 = 9;

/// A hash table of keys with counts of 32 bits.
#[derive(Debug)]
pub struct Buckets<K: Key> {
    buckets: Vec<Bucket>,
    used: usize,
    /// The place of a hash is the hash, shifted right by this.
    shift: u32,
    keys: PhantomData<K>,
}

impl<K: Key> Default for Buckets<K> {
    /// No keys.
    fn default() -> Self {
        Buckets {
            buckets: empty(1 << FIRST),
            used: 0,
            shift: u64::BITS - FIRST,
            keys: PhantomData,
        }
    }
}

impl<K: Key> Buckets<K> {
    /// The number of keys that fit into `size` bytes before a table becomes larger.
    pub fn keys_in(size: usize) -> usize {
        let buckets = (size / size_of::<Bucket>()).max(1);
        full((1 << buckets.ilog2()) * Bucket::keys::<K>())
    }

    /// The number of keys.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The size in bytes.
    pub fn size(&self) -> usize {
        size_of_val(&self.buckets[..])
    }

    /// Whether the next new key makes the table grow to twice its size.
    pub fn is_full(&self) -> bool {
        self.used >= full(self.buckets.len() * Bucket::keys::<K>())
    }

    /// Prefetches the bucket where the search for a hash begins.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        sys::prefetch(&self.buckets, self.home(hash));
    }

    /// The bucket where the search for a hash begins.
    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    /// The count of a key, if the key is in the bucket of its hash, as nearly all are.
    #[inline(always)]
    pub fn count_at_home(&mut self, hash: u64, key: &K, simd: Option<Simd>) -> Option<&mut u32>
    where
        K: Inline,
    {
        let home = self.home(hash);
        self.buckets[home].find(key, simd)
    }

    /// The key that satisfies `is`, and its count: in any bucket, or else a new one that `make`
    /// returns, with a count of 0. `rehash` returns the hash of a key.
    pub fn entry(
        &mut self,
        hash: u64,
        is: impl Fn(&K) -> bool,
        make: impl FnOnce() -> K,
        rehash: impl Fn(&K) -> u64,
    ) -> (K, &mut u32) {
        let (mut bucket, mut i) = self.search(hash, is);
        let mut key = self.buckets[bucket].key::<K>(i);
        if key.is_vacant() {
            if self.is_full() {
                self.grow(rehash);
                (bucket, i) = self.search(hash, |_| false);
            }
            key = make();
            self.buckets[bucket].put(i, key, 0);
            self.used += 1;
        }
        (key, self.buckets[bucket].count(i))
    }

    /// Whether there is a key of this hash that satisfies `is`.
    pub fn contains(&self, hash: u64, is: impl Fn(&K) -> bool) -> bool {
        let (bucket, i) = self.search(hash, is);
        !self.buckets[bucket].key::<K>(i).is_vacant()
    }

    /// The bucket of the key that satisfies `is`, and its number there; or those of the vacant
    /// place where it belongs.
    #[inline]
    fn search(&self, hash: u64, is: impl Fn(&K) -> bool) -> (usize, usize) {
        let mut home = self.home(hash);
        loop {
            let bucket = &self.buckets[home];
            let mut all = 0..Bucket::keys::<K>();
            let found = all.find(|&i| {
                let key = bucket.key::<K>(i);
                key.is_vacant() || is(&key)
            });
            if let Some(i) = found {
                return (home, i);
            }
            home = (home + 1) & (self.buckets.len() - 1);
        }
    }

    /// Makes the table twice as large.
    #[cold]
    #[inline(never)]
    pub fn grow(&mut self, rehash: impl Fn(&K) -> u64) {
        let home_before = self.shift;
        let buckets = empty(2 * self.buckets.len());
        let before = std::mem::replace(&mut self.buckets, buckets);
        self.shift -= 1;
        // Keys at home stay at home: frequent ones came early, and are found at once.
        for at_home in [true, false] {
            for (home, bucket) in before.iter().enumerate() {
                for (key, count) in bucket.in_use::<K>() {
                    let hash = rehash(&key);
                    if ((hash >> home_before) as usize == home) == at_home {
                        let (bucket, i) = self.search(hash, |_| false);
                        self.buckets[bucket].put(i, key, count);
                    }
                }
            }
        }
    }

    /// Removes all keys and passes each with its count to `each`. The table keeps its size.
    pub fn drain(&mut self, mut each: impl FnMut(K, u32)) {
        for bucket in &mut self.buckets {
            for (key, count) in std::mem::take(bucket).in_use() {
                each(key, count);
            }
        }
        self.used = 0;
    }

    /// The keys and their counts.
    pub fn iter(&self) -> impl Iterator<Item = (K, u32)> {
        self.buckets.iter().flat_map(|bucket| bucket.in_use())
    }
}

/// The number of keys that fill this many places. A smaller table misses the cache less often.
const fn full(places: usize) -> usize {
    places / 5 * 4
}

/// Empty buckets. Large pages are requested before the first write.
fn empty(n: usize) -> Vec<Bucket> {
    let mut buckets = Vec::with_capacity(n);
    sys::prefer_huge_pages(buckets.spare_capacity_mut());
    buckets.resize(n, Bucket::default());
    buckets
}

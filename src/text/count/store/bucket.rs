//! A bucket: the keys of one place in a hash table, and their counts, in one cache line.
//!
//! A search compares all keys of a bucket and then decides once. A comparison that stops at the
//! first equal key decides up to three times, and which key that is cannot be predicted. The
//! first words of all keys are together, then the second words, and so on, so that vector
//! instructions compare them at once. Counts are not between them: a load of keys and of a count
//! that was just stored would wait for that store.

use super::key::{Inline, Key};
use super::simd::Simd;

/// The number of words in a bucket: three keys of two words, or two keys of three words.
pub const WORDS: usize = 6;

/// The largest number of keys in a bucket.
const MOST: usize = 3;

/// A bucket.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub struct Bucket {
    words: [u64; WORDS],
    counts: [u32; MOST],
}

impl Bucket {
    /// The number of keys of a class in a bucket.
    pub const fn keys<K: Key>() -> usize {
        WORDS / K::WORDS
    }

    /// A key; vacant ones come after all others.
    #[inline(always)]
    pub fn key<K: Key>(&self, i: usize) -> K {
        K::from_words(|word| self.words[word * Self::keys::<K>() + i])
    }

    /// The count of a key.
    #[inline(always)]
    pub fn count(&mut self, i: usize) -> &mut u32 {
        &mut self.counts[i]
    }

    /// Stores a key and its count.
    pub fn put<K: Key>(&mut self, i: usize, key: K, count: u32) {
        for word in 0..K::WORDS {
            self.words[word * Self::keys::<K>() + i] = key.word(word);
        }
        self.counts[i] = count;
    }

    /// The count of a key, if the key is here.
    #[inline(always)]
    pub fn find<K: Inline>(&mut self, key: &K, simd: Option<Simd>) -> Option<&mut u32> {
        let found = match simd {
            Some(simd) => simd.find(&self.words, key),
            None => (0..Self::keys::<K>()).fold(0, |found, i| {
                found | u32::from(self.key::<K>(i) == *key) << i
            }),
        };
        // If no bit is set, there are 32 zeros, which is no index.
        self.counts.get_mut(found.trailing_zeros() as usize)
    }

    /// The keys and their counts.
    #[inline(always)]
    pub fn in_use<K: Key>(self) -> impl Iterator<Item = (K, u32)> {
        let all = (0..Self::keys::<K>()).map(move |i| (self.key::<K>(i), self.counts[i]));
        all.take_while(|(key, _)| !key.is_vacant())
    }
}

//! Distinct lines and their counts in memory.
//!
//! 1. `key`: a line of up to 23 bytes becomes two or three words, its key.
//! 2. `hash`: the key is hashed with a random seed.
//! 3. `buckets`: a hash table with counts of 32 bits. Each `bucket` has two or three keys; they are
//!    compared in full.
//! 4. `table`: the same with counts of 64 bits.
//! 5. `arena`: longer lines, of which a key has the place.
//! 6. `class`: the table of one class of keys, which has a quota.
//! 7. `slot`: a key and its count, outside of tables.
//! 8. `ranges`: a full table is flushed into ranges of lines.
//! 9. `tables`: the classes of one worker together.
//! 10. `lines`: the lines of one range, of all classes; sorted, and merged `in_order`.

pub mod arena;
pub mod bucket;
pub mod buckets;
pub mod class;
pub mod hash;
pub mod in_order;
pub mod key;
pub mod lines;
pub mod ranges;
pub mod simd;
pub mod slot;
pub mod table;
pub mod tables;

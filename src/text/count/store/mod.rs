//! Distinct lines and their counts in memory.
//!
//! 1. `key`: a line of up to 23 bytes becomes two or three words, its key.
//! 2. `hash`: the key is hashed with a random seed.
//! 3. `slot`: a key and its count.
//! 4. `table`: the slots in a hash table, which compares keys in full.
//! 5. `arena`: longer lines, of which a slot has the place.
//! 6. `class`: the table of one class of keys, which has a quota.
//! 7. `ranges`: a full table is flushed into ranges of lines.
//! 8. `tables`: the classes of one worker together.
//! 9. `lines`: the lines of one range, of all classes; sorted, and merged `in_order`.

pub mod arena;
pub mod class;
pub mod hash;
pub mod in_order;
pub mod key;
pub mod lines;
pub mod ranges;
pub mod slot;
pub mod table;
pub mod tables;

//! From an input to distinct lines.
//!
//! 1. `source`: threads take turns in reading blocks of whole lines.
//! 2. `worker`: each thread looks up the lines of its block in its tables ...
//! 3. `batch`: ... a batch of keys at a time.

pub mod batch;
pub mod source;
pub mod worker;

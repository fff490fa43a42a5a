//! What comes over the wire and is no part of a body: heads, chunk sizes,
//! trailers.
//!
//! None of these is large, but a server can go on with them for ever: with
//! trailers, or with `103 Early Hints` again and again. ureq reads on until it
//! has something to hand on, so that no read would end, and no time without a
//! byte pass. So what comes during one such read has a limit: [`within`] counts
//! from zero, on the thread that does the reading, and [`came`] is called by the
//! connections (`connect`) for what they receive.

use super::cause::Broken;
use crate::stream;
use std::cell::Cell;

/// The most bytes that may come before there is something to hand on: more
/// than a buffer full, which is a body's.
const MOST: usize = 4 * stream::BLOCK;

thread_local! {
    /// How many bytes this thread has received since it last had any to hand on.
    static CAME: Cell<usize> = const { Cell::new(0) };
}

/// Does some work on the network that is to bring one thing.
pub(super) fn within<T>(work: impl FnOnce() -> T) -> T {
    CAME.set(0);
    work()
}

/// So many bytes have come; the error is that they are too many.
pub(super) fn came(bytes: usize) -> Result<(), Broken> {
    CAME.set(CAME.get().saturating_add(bytes));
    match CAME.get() > MOST {
        true => Err(Broken::Endless),
        false => Ok(()),
    }
}

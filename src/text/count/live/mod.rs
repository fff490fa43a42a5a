//! `count --every`: pages of counts while the input is read.
//!
//! A page is what `count` would write now. All pages but the last are followed by a line that is
//! a form feed alone ([`pages`](crate::text::pages)).
//!
//! Time, or the input, is divided into slots of one interval. At the end of a slot the tables are
//! copied, and counting goes on, while this thread sorts the copy and writes the page. With a
//! window, or once lines have left the tables, the tables are exchanged for empty ones instead, and
//! the counts of the slot are added to those before. At most one finished slot waits for that.
//!
//! 1. `arrivals`: the input, and when each block of it was read. A read waits until the end of the
//!    slot at most.
//! 2. `pace`, `slots`: which slot a block belongs to ...
//! 3. `feed`: ... and the input up to the end of a slot, for the `Source` of a count.
//! 4. `intervals`: another thread counts slot after slot.
//! 5. `stored`: sorted counts, in memory or in a temporary file.
//! 6. `pages`: the counts before and those of the slot are merged. With a window the counts of the
//!    slot that has left it are subtracted (`rest`).
//!
//! A page costs a sort of the copied lines, or a sort of the lines of its slot and a merge of all
//! lines on the page. What a page shows depends only on the input and, for intervals of time, on when each block was read.

mod arrivals;
mod feed;
mod intervals;
mod pace;
mod pages;
mod rest;
mod slots;
mod stored;
#[cfg(test)]
mod tests;

pub use pace::{Interval, Pace};

use super::limits::{Limits, Report};
use crate::common::deadline::Deadline;
use crate::common::decompress::Allowance;
use crate::common::error::Error;
use crate::common::memory::Size;
use arrivals::{Arrivals, Reader};
use pages::Pages;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{channel, sync_channel};
use std::thread::Builder;
use std::time::Instant;

/// How to count and to write pages.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// When pages are written, and what they show.
    pub pace: Pace,
    /// The lines of the input are records `COUNT LINE`, which are added up.
    pub merge: bool,
    /// The byte between count and line.
    pub separator: u8,
    /// The byte after a line.
    pub terminator: u8,
}

/// Counts the lines of the inputs, and writes a page after each interval in which the counts
/// have changed, and one at the end. All pages but the last are followed by a line that is a
/// form feed alone.
///
/// The inputs are read one after the other, by threads which may not have ended if the output
/// fails. An input is its name in error messages, and its reader, which is opened when it is
/// needed. A read that waits for input must return [`io::ErrorKind::WouldBlock`] at `deadline`,
/// which is set before each read if pages come at times; otherwise pages are late. After an error
/// of an input no further page is written. The report has the distinct lines of the last page.
///
/// ```
/// # use textmill::common::deadline::Deadline;
/// # use textmill::text::count::{Limits, Live, Pace, write_pages};
/// let live = Live {
///     pace: Pace::new("2".parse()?, None)?,
///     merge: false,
///     separator: b' ',
///     terminator: b'\n',
/// };
/// let text = ("text".to_string(), Ok(&b"spam\nham\nspam\n"[..]));
/// let mut output = Vec::new();
/// let inputs = [text].into_iter();
/// write_pages(inputs, Deadline::default(), live, Limits::default(), &mut output)?;
/// assert_eq!(output, b"1 ham\n1 spam\n\x0C\n1 ham\n2 spam\n");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn write_pages<R: Read + Send + 'static>(
    inputs: impl Iterator<Item = (String, io::Result<R>)> + Send + 'static,
    deadline: Deadline,
    live: Live,
    limits: Limits,
    output: &mut dyn Write,
) -> Result<Report, Error> {
    let start = Instant::now();
    let inputs = inputs.map(move |(name, input)| {
        let reader = input.map(|input| Reader::new(input, deadline.clone(), start));
        (name, reader)
    });
    run(inputs, live, Memory::new(limits), output)
}

/// The same for inputs whose blocks come at known times.
fn run<A: Arrivals>(
    inputs: impl Iterator<Item = (String, io::Result<A>)> + Send + 'static,
    live: Live,
    memory: Memory,
    output: &mut dyn Write,
) -> Result<Report, Error> {
    // A slot is handed over when the page before it is written. Two counts are used in turn.
    let (sender, slots) = sync_channel(0);
    let (used, taken) = channel();
    let mut pages = Pages::new(live, &memory, used, output);
    let count = move || intervals::count(inputs, live, &memory, &sender, &taken);
    Builder::new().spawn(count).map_err(Error::Start)?;
    loop {
        let slot = slots.recv().map_err(|_| {
            let stopped = io::Error::other("the thread that counts has stopped");
            Error::Start(stopped)
        })??;
        let is_last = slot.is_last;
        pages.add(slot)?;
        if is_last {
            return Ok(pages.report());
        }
    }
}

/// The memory limit, and its division.
///
/// | part of the limit | for |
/// |---|---|
/// | 1/4 | the lines that are counted |
/// | 1/4 | those of the slot before, which are sorted and merged |
/// | 2 × 1/8 | the counts on the page, and those on the page before |
/// | 1/4 | with a window: the counts of each of its slots |
///
/// While slots are copied, there are two copies of 1/4 each, one that is written and one that waits,
/// and nothing else beside the lines that are counted. What the decoders of the inputs take is
/// taken off the limit first.
#[derive(Debug)]
struct Memory {
    limits: Limits,
    /// The whole limit in bytes.
    limit: u64,
}

impl Memory {
    fn new(limits: Limits) -> Self {
        // All slots have the same limit, whatever is available later.
        let limit = limits.memory().bytes_now();
        Memory { limits, limit }
    }

    /// The limits for the lines of one slot.
    fn of_slot(&self) -> Limits {
        Limits {
            memory: Some(Size::Bytes(self.of_slot_now())),
            decoders: Allowance::default(),
            ..self.limits.clone()
        }
    }

    /// The bytes of the lines of one slot, beside the decoders that run now.
    fn of_slot_now(&self) -> u64 {
        self.limit.saturating_sub(self.limits.decoders.taken()) / 4
    }

    /// The bytes in memory of the counts of a page. A buffer that grows is up to twice as large.
    fn of_page(&self) -> usize {
        usize::try_from(self.limit / 16).unwrap_or(usize::MAX)
    }

    /// The bytes in memory of the counts of the window's slots. Bytes that have left it are
    /// removed when there are as many of them.
    fn of_window(&self) -> usize {
        usize::try_from(self.limit / 16).unwrap_or(usize::MAX)
    }

    /// The directories for temporary files.
    fn directories(&self) -> Vec<Arc<Path>> {
        self.limits.directories()
    }
}

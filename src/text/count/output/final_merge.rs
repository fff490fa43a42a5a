//! The final merge of runs and ranges, into text.
//!
//! Each thread merges some of the runs and sends blocks of records. These few
//! streams are merged once more, into text. So the threads share most of the
//! comparisons, for all kinds of lines.

use super::sorter::{Format, Sorter};
use crate::common::error::Error;
use crate::common::stream::{BLOCK, Out};
use crate::text::count::budget::BLOCKS_AHEAD;
use crate::text::count::spill::loser_tree::{Merge, Sorted};
use crate::text::count::spill::record;
use crate::text::count::spill::records::{Records, Supply};
use crate::text::count::spill::run::Run;
use crate::text::count::spill::{self, Spill};
use crate::text::count::threads::Stopped;
use crate::text::tally;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::Builder;

/// Writes `COUNT LINE` for every line of sorted inputs, in order. Returns the number of lines.
pub fn write<S: Sorted>(
    inputs: Vec<S>,
    format: Format,
    output: &mut dyn Write,
) -> Result<u64, Error> {
    let mut lines = 0;
    let mut out = Out::default();
    Merge::new(inputs)?.each(|count, line| {
        lines += 1;
        tally::put(count, format.separator, line, format.terminator, &mut out);
        if out.as_slice().len() >= BLOCK {
            output.write_all(out.as_slice()).map_err(Error::Write)?;
            out.truncate(0);
        }
        Ok::<_, Error>(())
    })?;
    output.write_all(out.as_slice()).map_err(Error::Write)?;
    Ok(lines)
}

/// Writes all spilled lines: those of the runs, and the `ranges` with their parts on disk. If
/// a sum `may_overflow`, all sums are checked first, and nothing is written if one does.
pub fn write_runs(
    spill: &Spill,
    ranges: Sorter,
    threads: usize,
    may_overflow: bool,
    format: Format,
    output: &mut dyn Write,
) -> Result<u64, Error> {
    let all = Inputs::new(spill, ranges, threads)?;
    if may_overflow {
        Merge::new(all.streams())?.each(|_, _| Ok::<_, Error>(()))?;
    }
    write(all.streams(), format, output)
}

/// All records of a count that has spilled some of them, as sorted streams, which are merged by
/// the caller. Each may have a part of the count of a line.
pub fn records(spill: &Spill, ranges: Sorter) -> Result<Vec<Records<'static>>, Error> {
    Ok(Inputs::new(spill, ranges, 1)?.streams())
}

/// The runs and the ranges of a count, and how many threads merge them.
struct Inputs {
    runs: Vec<Run>,
    ranges: Arc<Sorter>,
    threads: usize,
}

impl Inputs {
    /// The runs that can be merged in the memory, by up to this number of threads.
    fn new(spill: &Spill, ranges: Sorter, threads: usize) -> Result<Self, Error> {
        let block = spill.largest_block().max(ranges.largest_block());
        let budget = |ranges: &Sorter| spill.budget().final_merge(ranges.largest_part(), block);
        // Lines may have become so long that a range no longer fits beside some of them.
        let ranges = match budget(&ranges).can_load_ranges() {
            true => ranges,
            false => {
                spill.write_merged(vec![Records::of(Arc::new(ranges).blocks(0, 1))])?;
                Sorter::default()
            }
        };
        let budget = budget(&ranges);
        let runs = spill.take(budget.runs(threads))?;
        let threads = budget.threads(threads, spill::size_of_all(&runs));
        Ok(Inputs {
            runs,
            ranges: Arc::new(ranges),
            threads,
        })
    }

    fn streams(&self) -> Vec<Records<'static>> {
        streams(&self.runs, &self.ranges, self.threads)
    }
}

/// All records as a few streams, each merged by a thread of its own.
fn streams(runs: &[Run], ranges: &Arc<Sorter>, threads: usize) -> Vec<Records<'static>> {
    let inputs = |first| {
        let some = runs.iter().skip(first).step_by(threads);
        let mut inputs = spill::all_records(some.cloned().collect());
        inputs.push(Records::of(Arc::clone(ranges).blocks(first, threads)));
        inputs
    };
    let mut streams = Vec::new();
    for first in 0..threads {
        let (blocks, merged) = mpsc::sync_channel(BLOCKS_AHEAD);
        let (used, empty) = mpsc::channel();
        let some = inputs(first);
        let thread = match threads {
            1 => None, // this thread would only wait for a single one
            _ => Builder::new()
                .spawn(move || send_merged(some, &blocks, &empty))
                .ok(),
        };
        match thread {
            Some(_) => streams.push(Records::of(Stream { merged, used })),
            // Without another thread, this one merges.
            None => streams.extend(inputs(first)),
        }
    }
    streams
}

/// Merges inputs and sends blocks of records, until the inputs end or the receiver is gone.
fn send_merged(
    inputs: Vec<Records>,
    blocks: &SyncSender<Result<Out, Error>>,
    empty: &Receiver<Out>,
) {
    let mut block = Out::default();
    let send = |block: &mut Out| {
        let next = empty.try_recv().unwrap_or_default();
        let block = std::mem::replace(block, next);
        blocks.send(Ok(block)).map_err(|_| Stopped::NoReceiver)
    };
    let merged = Merge::new(inputs).map_err(Stopped::Failed);
    let merged = merged.and_then(|merge| {
        merge.each(|count, line| {
            record::put(count, line, &mut block);
            match block.as_slice().len() >= record::RUN_BLOCK {
                true => send(&mut block),
                false => Ok(()),
            }
        })?;
        match block.as_slice().is_empty() {
            true => Ok(()),
            false => send(&mut block),
        }
    });
    if let Err(Stopped::Failed(error)) = merged {
        let _ = blocks.send(Err(error)); // there may be no receiver
    }
}

/// The blocks that another thread merges.
struct Stream {
    merged: Receiver<Result<Out, Error>>,
    used: Sender<Out>,
}

impl Supply for Stream {
    fn next(&mut self, block: &mut Out) -> Result<bool, Error> {
        let Ok(next) = self.merged.recv() else {
            return Ok(false);
        };
        let mut used = std::mem::replace(block, next?);
        used.truncate(0);
        // A thread that has ended needs no more buffers.
        let _ = self.used.send(used);
        Ok(true)
    }

    fn damaged(&self) -> Error {
        Error::Read(io::ErrorKind::InvalidData.into())
    }
}

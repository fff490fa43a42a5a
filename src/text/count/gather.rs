//! From runs to the answer: a last merge, laid out and written.
//!
//! Each thread merges some of the runs and hands on blocks of what that gives;
//! here these few streams are merged once more, into text. So most of the
//! comparisons are shared out, whatever the lines are like.

use super::merge::{Merge, Sorted};
use super::order::Answer;
use super::run::{self, Records, Run, Supply};
use super::spill::{self, MERGED, Spill};
use crate::common::error::Error;
use crate::common::stream::{BLOCK, Out};
use crate::text::tally;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::Builder;

/// How many blocks a thread merges ahead.
const AHEAD: usize = 4;

/// How many blocks there are for each thread: besides these, one that it fills,
/// one that waits to be taken and one that is read.
const BLOCKS: usize = AHEAD + 3;

/// Writes `COUNT LINE` for every line of sorted inputs, in order; how many
/// there were.
pub fn write<S: Sorted>(
    inputs: Vec<S>,
    separator: u8,
    terminator: u8,
    output: &mut dyn Write,
) -> Result<u64, Error> {
    let mut lines = 0;
    let mut out = Out::default();
    Merge::new(inputs)?.each(|count, line| {
        lines += 1;
        tally::put(count, separator, line, terminator, &mut out);
        if out.as_slice().len() >= BLOCK {
            output.write_all(out.as_slice()).map_err(Error::Write)?;
            out.truncate(0);
        }
        Ok(())
    })?;
    output.write_all(out.as_slice()).map_err(Error::Write)?;
    Ok(lines)
}

/// The same for all that was spilled: runs, and `parts` of ranges. If a sum
/// `may_overflow`, it is made sure first that none does: then nothing is written.
pub fn write_runs(
    spill: &Spill,
    parts: Answer,
    threads: usize,
    may_overflow: bool,
    separator: u8,
    terminator: u8,
    output: &mut dyn Write,
) -> Result<u64, Error> {
    let largest = spill.largest_block().max(parts.largest_block());
    // Where lines came to be so long that a range no longer fits beside some of
    // them, the ranges become a run, too.
    let parts = match parts.largest_part() + MERGED * largest <= spill.limit() {
        true => parts,
        false => {
            spill.write_merged(vec![Records::of(Arc::new(parts).blocks(0, 1))])?;
            Answer::default()
        }
    };
    // Each thread holds a range and what it is read from, a line, and its blocks
    // that are on their way; the last merge a line and the output.
    let each = parts.largest_part() + (BLOCKS + 2) * largest;
    let memory = spill.limit().saturating_sub(2 * largest);
    let runs = match threads {
        1 => spill.take(memory.saturating_sub(parts.largest_part() + largest))?,
        _ => spill.take(memory / 2)?,
    };
    let held = spill::size_of_all(&runs);
    let threads = threads.min(memory.saturating_sub(held) / each).max(1);
    let parts = Arc::new(parts);
    if may_overflow {
        Merge::new(streams(&runs, &parts, threads))?.each(|_, _| Ok(()))?;
    }
    write(
        streams(&runs, &parts, threads),
        separator,
        terminator,
        output,
    )
}

/// All of it as a few streams of records, each merged by a thread of its own.
fn streams(runs: &[Run], parts: &Arc<Answer>, threads: usize) -> Vec<Records> {
    let inputs = |first| {
        let some = runs.iter().skip(first).step_by(threads);
        let mut inputs = spill::records(some.cloned().collect());
        inputs.push(Records::of(Arc::clone(parts).blocks(first, threads)));
        inputs
    };
    let mut streams = Vec::new();
    for first in 0..threads {
        let (blocks, merged) = mpsc::sync_channel(AHEAD);
        let (used, empty) = mpsc::channel();
        let some = inputs(first);
        let thread = match threads {
            1 => None, // a single one would only have this one wait for it
            _ => Builder::new()
                .spawn(move || hand_on(some, &blocks, &empty))
                .ok(),
        };
        match thread {
            Some(_) => streams.push(Records::of(Stream { merged, used })),
            // No thread is to be had: then it is done here.
            None => streams.extend(inputs(first)),
        }
    }
    streams
}

/// Merges inputs and sends the blocks on, until they end or nobody wants more.
fn hand_on(inputs: Vec<Records>, blocks: &SyncSender<Result<Out, Error>>, empty: &Receiver<Out>) {
    let mut block = Out::default();
    let send = |block: &mut Out| {
        let next = empty.try_recv().unwrap_or_default();
        let block = std::mem::replace(block, next);
        let unwanted = |_| Error::Data("nobody waits for it");
        blocks.send(Ok(block)).map_err(unwanted)
    };
    let merged = Merge::new(inputs).and_then(|merge| {
        merge.each(|count, line| {
            run::put(count, line, &mut block);
            match block.as_slice().len() >= run::BLOCK {
                true => send(&mut block),
                false => Ok(()),
            }
        })?;
        match block.as_slice().is_empty() {
            true => Ok(()),
            false => send(&mut block),
        }
    });
    if let Err(error) = merged {
        let _ = blocks.send(Err(error));
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
        // A thread that is done needs no more of them.
        let _ = self.used.send(used);
        Ok(true)
    }

    fn damaged(&self) -> Error {
        Error::Read(io::ErrorKind::InvalidData.into())
    }
}

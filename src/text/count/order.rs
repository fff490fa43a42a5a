//! From what the workers have counted to one answer: add up, sort, write.
//!
//! The ranges of lines follow one another, so each is a small answer by
//! itself. First those that came out too large are cut again. Then each thread
//! takes a range at a time, with what was spilled of it (`parts`), sorts it and
//! adds up equal lines, of which each worker may have one; it turns them into
//! text, by merging its three classes of keys, and the text is written in order.

use super::arena::{Arena, Arenas};
use super::lines::{Lines, Position};
use super::parts::Parts;
use super::recut;
use super::run::{self, Supply};
use super::threads;
use super::worker::Counted;
use crate::common::error::Error;
use crate::common::stream::Out;
use crate::text::tally;
use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::{self, Builder};

/// How many bytes of output are written at once, about.
const PIECE: usize = 128 << 10;

/// How many pieces a thread lays out ahead of their writing.
const AHEAD: usize = 2;

/// How many pieces there are for each thread: besides these, one that it lays
/// out, one that waits to be taken and one that is written.
pub const PIECES: usize = AHEAD + 3;

/// The distinct lines and their counts, by ranges, in order.
#[derive(Debug, Default)]
pub struct Answer {
    ranges: Vec<Mutex<Lines>>,
    arenas: Vec<Arena>,
    parts: Parts,
    threads: usize,
}

/// A range in order, and how far it has been laid out.
struct Range {
    lines: Lines,
    loaded: Arena,
    at: Position,
}

impl Answer {
    /// What the workers have counted and what they have written, for so many threads.
    pub fn of(counted: Vec<Counted>, parts: Parts, threads: usize) -> Self {
        let mut ranges: Vec<Lines> = Vec::new();
        ranges.resize_with(parts.ranges(), Lines::default);
        let mut arenas = Vec::new();
        for counted in counted {
            let (lines, arena) = counted.into_lines();
            for (i, lines) in lines.enumerate() {
                if i == ranges.len() {
                    ranges.push(Lines::default());
                }
                ranges[i].append(lines);
            }
            arenas.push(arena);
        }
        if parts.ranges() == 0 {
            ranges = recut::all(ranges, Arenas::all(&arenas), threads);
        }
        Answer {
            ranges: ranges.into_iter().map(Mutex::new).collect(),
            arenas,
            parts,
            threads,
        }
    }

    /// How much memory it takes to read back any range, in bytes.
    pub fn largest_part(&self) -> usize {
        self.parts.largest()
    }

    /// How large a block of records may become, in bytes: what lines there are
    /// in memory is not considered.
    pub fn largest_block(&self) -> usize {
        self.parts.largest_block()
    }

    /// A range that holds these lines and what was written of it.
    fn sorted(&self, range: usize, mut lines: Lines) -> Result<Range, Error> {
        let loaded = self.parts.load(range, &mut lines)?;
        lines.sort(self.arenas(&loaded))?;
        Ok(Range {
            lines,
            loaded,
            at: Position::default(),
        })
    }

    /// Takes a range out.
    fn take(&self, range: usize) -> Result<Range, Error> {
        let lines = std::mem::take(&mut *self.ranges[range].lock().expect("no panic"));
        self.sorted(range, lines)
    }

    fn arenas<'a>(&'a self, loaded: &'a Arena) -> Arenas<'a> {
        Arenas::all(&self.arenas).and(loaded)
    }

    /// Makes sure that all sums fit in 64 bits. What a range has in files is
    /// added up with a copy of what it has in memory; where there are no files,
    /// the range itself is.
    pub fn check(&self) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let check = |()| {
            let next = || next.fetch_add(1, Ordering::Relaxed);
            for i in std::iter::repeat_with(next).take_while(|&i| i < self.ranges.len()) {
                let mut lines = self.ranges[i].lock().expect("no panic");
                match self.parts.ranges() {
                    0 => lines.sort(Arenas::all(&self.arenas))?,
                    _ => drop(self.sorted(i, lines.clone())?),
                }
            }
            Ok(())
        };
        let checked = threads::each(vec![(); self.threads], check);
        checked.into_iter().collect()
    }

    /// The lines of every range in order, from the range `first` on and of each
    /// `step` ranges one, as blocks of records.
    pub fn blocks(self: Arc<Self>, first: usize, step: usize) -> impl Supply {
        Blocks {
            ranges: (first..self.ranges.len()).step_by(step),
            answer: self,
            range: None,
        }
    }

    /// Writes `COUNT LINE` for every line, in order; how many there were.
    pub fn write(
        self,
        separator: u8,
        terminator: u8,
        output: &mut dyn Write,
    ) -> Result<u64, Error> {
        // Thread `i` of `n` lays out the ranges i, i + n, i + 2n …; here they are
        // taken from one thread after the other, and so in their order.
        let lay_out =
            |first: usize, pieces: SyncSender<Result<Piece, Error>>, used: Receiver<Out>| {
                for i in (first..self.ranges.len()).step_by(self.threads) {
                    let laid_out = self.lay_out(i, separator, terminator, |piece, lines| {
                        let out = std::mem::replace(piece, used.try_recv().unwrap_or_default());
                        let unwanted = |_| Error::Data("nobody waits for it");
                        pieces.send(Ok(Piece { out, lines })).map_err(unwanted)
                    });
                    if let Err(error) = laid_out {
                        let _ = pieces.send(Err(error)); // or the output has failed
                        return;
                    }
                }
            };
        let lay_out = &lay_out;
        thread::scope(|scope| {
            let start = |i| {
                let (sender, pieces) = mpsc::sync_channel(AHEAD);
                let (used, receiver) = mpsc::channel();
                let thread = move || lay_out(i, sender, receiver);
                let thread = Builder::new().spawn_scoped(scope, thread);
                thread.ok().map(|_| (pieces, used))
            };
            // A single one would only have this one wait for it.
            let threads: Vec<_> = match self.threads {
                1 => vec![None],
                threads => (0..threads).map(start).collect(),
            };
            let mut distinct = 0;
            for i in 0..self.ranges.len() {
                let Some((pieces, used)) = &threads[i % self.threads] else {
                    self.lay_out(i, separator, terminator, |out, lines| {
                        distinct += lines.unwrap_or(0);
                        output.write_all(out.as_slice()).map_err(Error::Write)
                    })?;
                    continue;
                };
                loop {
                    let Piece { out, lines } = pieces.recv().expect("no panic")?;
                    output.write_all(out.as_slice()).map_err(Error::Write)?;
                    // Where the thread is done, nobody needs it any more.
                    let _ = used.send(out);
                    if let Some(lines) = lines {
                        distinct += lines;
                        break;
                    }
                }
            }
            Ok(distinct)
        })
    }

    /// Lays out a range and frees it, piece by piece; the last one comes with
    /// the number of lines. `take` leaves a buffer for the next in the place of each.
    fn lay_out(
        &self,
        range: usize,
        separator: u8,
        terminator: u8,
        mut take: impl FnMut(&mut Out, Option<u64>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut range = self.take(range)?;
        let mut out = Out::default();
        loop {
            let more = range.in_order(self, |count, line, length| {
                tally::put_padded(count, separator, line, length, terminator, &mut out);
                out.as_slice().len() < PIECE
            });
            take(&mut out, (!more).then_some(range.lines.len() as u64))?;
            if !more {
                return Ok(());
            }
            out.truncate(0);
        }
    }
}

impl Range {
    /// Hands on the next lines, as long as `put` wants more; whether there are more.
    fn in_order(&mut self, of: &Answer, mut put: impl FnMut(u64, &[u8], usize) -> bool) -> bool {
        let put = |count, line: &[u8], length| Ok::<_, Infallible>(put(count, line, length));
        let arenas = of.arenas(&self.loaded);
        let Ok(more) = self.lines.in_order(&mut self.at, arenas, put);
        more
    }
}

/// Some of the output of a range.
struct Piece {
    out: Out,
    /// If the range ends with it, how many lines that has.
    lines: Option<u64>,
}

/// Ranges as blocks of records.
struct Blocks<R> {
    answer: Arc<Answer>,
    ranges: R,
    /// The range at hand.
    range: Option<Range>,
}

impl<R: Iterator<Item = usize> + Send> Supply for Blocks<R> {
    fn next(&mut self, block: &mut Out) -> Result<bool, Error> {
        block.truncate(0);
        while block.as_slice().is_empty() {
            let range = match &mut self.range {
                Some(range) => range,
                None => match self.ranges.next() {
                    Some(range) => self.range.insert(self.answer.take(range)?),
                    None => return Ok(false),
                },
            };
            let more = range.in_order(&self.answer, |count, line, length| {
                run::put_padded(count, line, length, block);
                block.as_slice().len() < run::BLOCK
            });
            if !more {
                self.range = None;
            }
        }
        Ok(true)
    }

    fn damaged(&self) -> Error {
        Error::Read(io::ErrorKind::InvalidData.into())
    }
}

//! From what the workers have counted to one answer: add up, sort, write.
//!
//! The ranges of lines follow one another, so each is a small answer by
//! itself. First those that came out too large are cut again. Then the threads
//! sort all of them and add up equal lines, of which each worker may have one;
//! they turn range after range into text, by
//! merging its three classes of keys, and the text is written in order.

use super::arena::{Arena, Arenas};
use super::lines::Lines;
use super::recut;
use super::threads;
use super::worker::Counted;
use crate::error::Error;
use crate::stream::Out;
use crate::tally;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{self, AtomicUsize};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, Builder};

/// How many bytes of output are written at once, about.
const PIECE: usize = 128 << 10;

/// How many pieces a thread lays out ahead of their writing.
const AHEAD: usize = 2;

/// The distinct lines and their counts, in order.
#[derive(Debug)]
pub struct Answer {
    ranges: Vec<Mutex<Lines>>,
    arenas: Vec<Arena>,
    threads: usize,
}

impl Answer {
    /// Adds up what the workers have counted, with so many threads.
    pub fn of(counted: Vec<Counted>, threads: usize) -> Result<Self, Error> {
        let mut ranges: Vec<Lines> = Vec::new();
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
        let ranges = recut::all(ranges, Arenas::all(&arenas), threads);
        let ranges = ranges.into_iter().map(Mutex::new).collect();
        let answer = Answer {
            ranges,
            arenas,
            threads,
        };
        answer.sort()?;
        Ok(answer)
    }

    fn arenas(&self) -> Arenas<'_> {
        Arenas::all(&self.arenas)
    }

    /// How many distinct lines there are.
    pub fn distinct(&self) -> u64 {
        let distinct = |lines: &Mutex<Lines>| lines.lock().expect("no panic").len() as u64;
        self.ranges.iter().map(distinct).sum()
    }

    /// Sorts all ranges and adds up equal lines.
    fn sort(&self) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let sort = |_| {
            let next = || next.fetch_add(1, atomic::Ordering::Relaxed);
            while let Some(range) = self.ranges.get(next()) {
                range.lock().expect("no panic").sort(self.arenas())?;
            }
            Ok(())
        };
        let sorted = threads::each(vec![(); self.threads], sort);
        sorted.into_iter().collect()
    }

    /// Writes `COUNT LINE` for every line, in order.
    pub fn write(
        self,
        separator: u8,
        terminator: u8,
        output: &mut impl Write,
    ) -> Result<(), Error> {
        // Thread `i` of `n` lays out the ranges i, i + n, i + 2n …; here they are
        // taken from one thread after the other, and so in their order.
        let lay_out = |first: usize, pieces: SyncSender<Piece>, used: Receiver<Out>| {
            for i in (first..self.ranges.len()).step_by(self.threads) {
                let sent = self.lay_out(i, separator, terminator, |piece, last| {
                    let out = std::mem::replace(piece, used.try_recv().unwrap_or_default());
                    pieces.send(Piece { out, last })
                });
                if sent.is_err() {
                    return; // the output has failed
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
            for i in 0..self.ranges.len() {
                let Some((pieces, used)) = &threads[i % self.threads] else {
                    let write = |out: &mut Out, _| output.write_all(out.as_slice());
                    self.lay_out(i, separator, terminator, write)
                        .map_err(Error::Write)?;
                    continue;
                };
                loop {
                    let Piece { out, last } = pieces.recv().expect("no panic");
                    output.write_all(out.as_slice()).map_err(Error::Write)?;
                    // Where the thread is done, nobody needs it any more.
                    let _ = used.send(out);
                    if last {
                        break;
                    }
                }
            }
            Ok(())
        })
    }

    /// Lays out a range and frees it, piece by piece; the flag tells the last
    /// one. `take` leaves a buffer for the next in the place of each.
    fn lay_out<E>(
        &self,
        range: usize,
        separator: u8,
        terminator: u8,
        mut take: impl FnMut(&mut Out, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let lines = std::mem::take(&mut *self.ranges[range].lock().expect("no panic"));
        let put =
            |count, line: &[u8], out: &mut Out| tally::put(count, separator, line, terminator, out);
        let mut out = Out::default();
        lines.lay_out(self.arenas(), put, PIECE, &mut out, |out| {
            take(out, false)?;
            out.truncate(0);
            Ok(())
        })?;
        take(&mut out, true)
    }
}

/// Some of the output of a range.
struct Piece {
    out: Out,
    /// The range ends with it.
    last: bool,
}

//! Sorts the counted lines range by range and writes them.
//!
//! The ranges of lines follow one another, so each is sorted by itself. Ranges that
//! came out too large are divided first. Then each thread takes a range at a time,
//! reads back its parts on disk, sorts it and adds up equal lines, of which each
//! worker may have one. It formats the range as text while it merges the three
//! classes of keys, and the text is written in order.

use super::repartition;
use crate::common::error::Error;
use crate::common::stream::Out;
use crate::text::count::budget::PIECES_AHEAD;
use crate::text::count::spill::parts::Parts;
use crate::text::count::spill::record;
use crate::text::count::spill::records::Supply;
use crate::text::count::store::arena::{Arena, Arenas};
use crate::text::count::store::in_order::{Position, each_in_order};
use crate::text::count::store::lines::Lines;
use crate::text::count::store::tables::Counted;
use crate::text::count::threads::{self, Stopped};
use crate::text::tally;
use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::{self, Builder};

/// The size of a piece of output in bytes, approximately.
const PIECE: usize = 128 << 10;

/// The format of the output.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The byte between count and line.
    pub separator: u8,
    /// The byte after the line.
    pub terminator: u8,
}

/// The distinct lines and their counts, by ranges, in order.
#[derive(Debug, Default)]
pub struct Sorter {
    ranges: Vec<Mutex<Lines>>,
    arenas: Vec<Arena>,
    parts: Parts,
    threads: usize,
}

/// A sorted range, and how much of it was formatted.
struct Range {
    lines: Lines,
    loaded: Arena,
    at: Position,
}

impl Sorter {
    /// The lines of all workers, in memory and on disk, for this many threads. A large range
    /// is divided into parts of about `part_slots` slots.
    pub fn new(counted: Vec<Counted>, parts: Parts, threads: usize, part_slots: usize) -> Self {
        let mut ranges: Vec<Lines> = Vec::new();
        ranges.resize_with(parts.ranges(), Lines::default);
        let mut arenas = Vec::new();
        for counted in counted {
            for (i, lines) in counted.ranges.into_iter().enumerate() {
                if i == ranges.len() {
                    ranges.push(Lines::default());
                }
                ranges[i].append(lines);
            }
            arenas.push(counted.arena);
        }
        if parts.ranges() == 0 {
            ranges = repartition::all(ranges, Arenas::all(&arenas), threads, part_slots);
        }
        Sorter {
            ranges: ranges.into_iter().map(Mutex::new).collect(),
            arenas,
            parts,
            threads,
        }
    }

    /// The memory of the largest range on disk in bytes.
    pub fn largest_part(&self) -> usize {
        self.parts.largest()
    }

    /// The size of the largest block of the ranges on disk in bytes.
    pub fn largest_block(&self) -> usize {
        self.parts.largest_block()
    }

    /// A sorted range, with these lines and its parts on disk.
    fn sorted(&self, range: usize, mut lines: Lines) -> Result<Range, Error> {
        let loaded = self.parts.load(range, &mut lines)?;
        lines.sort(self.arenas(&loaded))?;
        Ok(Range {
            lines,
            loaded,
            at: Position::default(),
        })
    }

    /// Takes the lines of a range and sorts them.
    fn take(&self, range: usize) -> Result<Range, Error> {
        let lines = std::mem::take(&mut *self.ranges[range].lock().expect("no panic"));
        self.sorted(range, lines)
    }

    fn arenas<'a>(&'a self, loaded: &'a Arena) -> Arenas<'a> {
        Arenas::all(&self.arenas).and(loaded)
    }

    /// Checks that all sums fit in 64 bits. If a range has parts on disk, they are added to a
    /// copy of its lines in memory; otherwise the range itself is sorted.
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

    /// The sorted lines of the ranges `first`, `first + step` and so on, as blocks of records.
    pub fn blocks(self: Arc<Self>, first: usize, step: usize) -> impl Supply {
        Blocks {
            ranges: (first..self.ranges.len()).step_by(step),
            sorter: self,
            range: None,
        }
    }

    /// Writes `COUNT LINE` for every line, in order. Returns the number of lines.
    pub fn write(self, format: Format, output: &mut dyn Write) -> Result<u64, Error> {
        // Thread `i` of `n` formats the ranges i, i + n, i + 2n and so on. Here they are
        // received from one thread after the other, which is the order of the ranges.
        let send = |first: usize, pieces: SyncSender<Result<Piece, Error>>, used: Receiver<Out>| {
            for i in (first..self.ranges.len()).step_by(self.threads) {
                let formatted = self.format_range(i, format, |piece, lines| {
                    let out = std::mem::replace(piece, used.try_recv().unwrap_or_default());
                    let sent = pieces.send(Ok(Piece { out, lines }));
                    sent.map_err(|_| Stopped::NoReceiver)
                });
                match formatted {
                    Ok(()) => {}
                    Err(Stopped::NoReceiver) => return,
                    Err(Stopped::Failed(error)) => {
                        let _ = pieces.send(Err(error)); // there may be no receiver
                        return;
                    }
                }
            }
        };
        let send = &send;
        thread::scope(|scope| {
            let start = |i| {
                let (sender, pieces) = mpsc::sync_channel(PIECES_AHEAD);
                let (used, receiver) = mpsc::channel();
                let thread = move || send(i, sender, receiver);
                let thread = Builder::new().spawn_scoped(scope, thread);
                thread.ok().map(|_| (pieces, used))
            };
            // This thread would only wait for a single one.
            let threads: Vec<_> = match self.threads {
                1 => vec![None],
                threads => (0..threads).map(start).collect(),
            };
            let mut distinct = 0;
            for i in 0..self.ranges.len() {
                let Some((pieces, used)) = &threads[i % self.threads] else {
                    self.format_range(i, format, |out, lines| {
                        distinct += lines.unwrap_or(0);
                        output.write_all(out.as_slice()).map_err(Error::Write)
                    })?;
                    continue;
                };
                loop {
                    let Piece { out, lines } = pieces.recv().expect("no panic")?;
                    output.write_all(out.as_slice()).map_err(Error::Write)?;
                    // A thread that has ended needs no more buffers.
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

    /// Formats a range piece by piece, and frees it. `take` gets each piece, and with the last
    /// one the number of lines; it may replace the piece by another buffer.
    fn format_range<E: From<Error>>(
        &self,
        range: usize,
        format: Format,
        mut take: impl FnMut(&mut Out, Option<u64>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut range = self.take(range)?;
        let mut out = Out::default();
        loop {
            let more = range.in_order(self, |count, line, length| {
                let Format {
                    separator,
                    terminator,
                } = format;
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
    /// Passes the next lines to `put` while it returns true. Returns whether there are more.
    fn in_order(&mut self, of: &Sorter, mut put: impl FnMut(u64, &[u8], usize) -> bool) -> bool {
        let put = |count, line: &[u8], length| Ok::<_, Infallible>(put(count, line, length));
        let arenas = of.arenas(&self.loaded);
        let Ok(more) = each_in_order(&self.lines, &mut self.at, arenas, put);
        more
    }
}

/// A piece of the output of a range.
struct Piece {
    out: Out,
    /// The number of lines of the range, if this is its last piece.
    lines: Option<u64>,
}

/// Sorted ranges as blocks of records.
struct Blocks<R> {
    sorter: Arc<Sorter>,
    ranges: R,
    /// The current range.
    range: Option<Range>,
}

impl<R: Iterator<Item = usize> + Send> Supply for Blocks<R> {
    fn next(&mut self, block: &mut Out) -> Result<bool, Error> {
        block.truncate(0);
        while block.as_slice().is_empty() {
            let range = match &mut self.range {
                Some(range) => range,
                None => match self.ranges.next() {
                    Some(range) => self.range.insert(self.sorter.take(range)?),
                    None => return Ok(false),
                },
            };
            let more = range.in_order(&self.sorter, |count, line, length| {
                record::put_padded(count, line, length, block);
                block.as_slice().len() < record::RUN_BLOCK
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

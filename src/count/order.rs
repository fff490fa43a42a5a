//! From what the workers have counted to one answer: add up, sort, write.
//!
//! The ranges of lines follow one another, so each is a small answer by
//! itself. First the threads sort all of them and add up equal lines, of which
//! each worker may have one. Then they turn range after range into text, by
//! merging its three classes of keys, and the text is written in order.

use super::key::{self, STRIDE};
use super::ranges::add_up;
use super::threads;
use super::worker::{Arena, Counted, arena_of};
use crate::error::Error;
use crate::stream::Out;
use crate::tally;
use std::cmp::Ordering;
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

/// The lines of a range.
#[derive(Debug, Default)]
pub struct Lines {
    short: Vec<[u64; 3]>,
    middle: Vec<[u64; 4]>,
    long: Vec<[u64; 3]>,
}

/// Where the long lines stand: the arenas of some workers that follow one another.
#[derive(Clone, Copy)]
pub struct Arenas<'a> {
    first: usize,
    arenas: &'a [Arena],
}

impl<'a> Arenas<'a> {
    /// The arena of a single worker.
    pub fn one(number: u16, arena: &'a Arena) -> Self {
        Arenas {
            first: number.into(),
            arenas: std::slice::from_ref(arena),
        }
    }

    /// The line of a slot that has its place.
    fn line(self, slot: &[u64; 3]) -> &'a [u8] {
        self.arenas[arena_of(slot[1]) - self.first].line(slot[1])
    }
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
                append(&mut ranges[i].short, lines.short);
                append(&mut ranges[i].middle, lines.middle);
                append(&mut ranges[i].long, lines.long);
            }
            arenas.push(arena);
        }
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
        Arenas {
            first: 0,
            arenas: &self.arenas,
        }
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

impl Lines {
    /// Lines of the three classes, in any order.
    pub fn new(short: Vec<[u64; 3]>, middle: Vec<[u64; 4]>, long: Vec<[u64; 3]>) -> Self {
        Lines {
            short,
            middle,
            long,
        }
    }

    /// Sorts the lines and adds up equal ones.
    pub fn sort(&mut self, arenas: Arenas) -> Result<(), Error> {
        let line = |slot: &[u64; 3]| arenas.line(slot);
        self.short.sort_unstable_by_key(|&[a, b, _]| two(a, b));
        self.middle
            .sort_unstable_by_key(|&[a, b, c, _]| (two(a, b), c));
        self.long
            .sort_unstable_by(|a, b| a[0].cmp(&b[0]).then_with(|| line(a).cmp(line(b))));
        let too_large = |line: &[u8]| {
            let line = line.to_vec();
            Error::TooLarge { line }
        };
        let of_key = |key: &[u64]| too_large(key::line(key, &mut [0; STRIDE]));
        add_up(&mut self.short, |a, b| a[..2] == b[..2]).map_err(|slot| of_key(&slot[..2]))?;
        add_up(&mut self.middle, |a, b| a[..3] == b[..3]).map_err(|slot| of_key(&slot[..3]))?;
        add_up(&mut self.long, |a, b| a[0] == b[0] && line(a) == line(b))
            .map_err(|slot| too_large(line(&slot)))
    }

    fn len(&self) -> usize {
        self.short.len() + self.middle.len() + self.long.len()
    }

    /// Puts out the lines in order, each with `put`. When there are `size` bytes
    /// of them or more, `take` takes them away; what is left is less than that.
    pub fn lay_out<E>(
        &self,
        arenas: Arenas,
        put: impl Fn(u64, &[u8], &mut Out),
        size: usize,
        out: &mut Out,
        mut take: impl FnMut(&mut Out) -> Result<(), E>,
    ) -> Result<(), E> {
        let runs = [
            Run::Short(&self.short),
            Run::Middle(&self.middle),
            Run::Long(&self.long, arenas),
        ];
        let mut cursors: Vec<_> = runs.into_iter().filter_map(Cursor::new).collect();
        while !cursors.is_empty() {
            // The cursor with the smallest line is followed up to the next larger one's.
            let (smallest, next) = two_smallest(&cursors);
            let limit = next.map(|next| cursors[next].prefix);
            let cursor = &mut cursors[smallest];
            loop {
                let mut buffer = [0; STRIDE];
                put(cursor.count(), cursor.line(&mut buffer), out);
                let more = cursor.advance();
                if out.as_slice().len() >= size {
                    take(out)?;
                }
                if !more {
                    cursors.swap_remove(smallest);
                    break;
                }
                if limit.is_some_and(|limit| cursor.prefix >= limit) {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Appends a list to another that may be empty.
fn append<T>(to: &mut Vec<T>, mut from: Vec<T>) {
    match to.is_empty() {
        true => *to = from,
        false => to.append(&mut from),
    }
}

/// Which cursor has the smallest line, and which the next larger one.
fn two_smallest(cursors: &[Cursor]) -> (usize, Option<usize>) {
    let (mut first, mut second) = (0, None);
    for i in 1..cursors.len() {
        if cursors[i].cmp(&cursors[first]).is_lt() {
            (first, second) = (i, Some(first));
        } else if second.is_none_or(|second: usize| cursors[i].cmp(&cursors[second]).is_lt()) {
            second = Some(i);
        }
    }
    (first, second)
}

/// The lines of one class, in order.
#[derive(Clone, Copy)]
enum Run<'a> {
    Short(&'a [[u64; 3]]),
    Middle(&'a [[u64; 4]]),
    Long(&'a [[u64; 3]], Arenas<'a>),
}

/// A line of a run, and the way to the next.
struct Cursor<'a> {
    run: Run<'a>,
    at: usize,
    /// The first 16 bytes of the line, padded with zeros.
    prefix: u128,
}

impl<'a> Cursor<'a> {
    /// The first line of a run; `None` if it has none.
    fn new(run: Run<'a>) -> Option<Self> {
        let cursor = Cursor {
            run,
            at: 0,
            prefix: 0,
        };
        let prefix = cursor.first_bytes()?;
        Some(Cursor { prefix, ..cursor })
    }

    /// Goes to the next line; false if there is none.
    #[inline(always)]
    fn advance(&mut self) -> bool {
        self.at += 1;
        let prefix = self.first_bytes();
        self.prefix = prefix.unwrap_or_default();
        prefix.is_some()
    }

    #[inline(always)]
    fn first_bytes(&self) -> Option<u128> {
        Some(match self.run {
            Run::Short(run) => run.get(self.at).map(|&[a, b, _]| two(a, b & !0xFF))?,
            Run::Middle(run) => run.get(self.at).map(|&[a, b, ..]| two(a, b))?,
            Run::Long(run, arenas) => {
                let line = arenas.line(run.get(self.at)?);
                u128::from_be_bytes(*line.first_chunk().expect("long lines are longer"))
            }
        })
    }

    /// The line, which may have to be laid out in `buffer`.
    #[inline(always)]
    fn line<'b>(&self, buffer: &'b mut [u8; STRIDE]) -> &'b [u8]
    where
        'a: 'b,
    {
        match self.run {
            Run::Short(run) => key::line(&run[self.at][..2], buffer),
            Run::Middle(run) => key::line(&run[self.at][..3], buffer),
            Run::Long(run, arenas) => arenas.line(&run[self.at]),
        }
    }

    fn count(&self) -> u64 {
        match self.run {
            Run::Short(run) | Run::Long(run, _) => run[self.at][2],
            Run::Middle(run) => run[self.at][3],
        }
    }

    fn cmp(&self, other: &Cursor) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| {
            let (mut a, mut b) = ([0; STRIDE], [0; STRIDE]);
            self.line(&mut a).cmp(other.line(&mut b))
        })
    }
}

/// Two words as one number, in whose order they are.
fn two(a: u64, b: u64) -> u128 {
    u128::from(a) << 64 | u128::from(b)
}

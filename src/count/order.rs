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
struct Lines {
    short: Vec<[u64; 3]>,
    middle: Vec<[u64; 4]>,
    long: Vec<[u64; 3]>,
}

impl Answer {
    /// Adds up what the workers have counted, with so many threads. `None` if
    /// a sum does not fit in 64 bits.
    pub fn of(counted: Vec<Counted>, threads: usize) -> Option<Self> {
        let mut ranges: Vec<Lines> = Vec::new();
        let mut arenas = Vec::new();
        for counted in counted {
            let classes = counted
                .short
                .into_slots()
                .zip(counted.middle.into_slots())
                .zip(counted.long.into_slots());
            for (i, ((short, middle), long)) in classes.enumerate() {
                if i == ranges.len() {
                    ranges.push(Lines::default());
                }
                append(&mut ranges[i].short, short);
                append(&mut ranges[i].middle, middle);
                append(&mut ranges[i].long, long);
            }
            arenas.push(counted.arena);
        }
        let ranges = ranges.into_iter().map(Mutex::new).collect();
        let answer = Answer {
            ranges,
            arenas,
            threads,
        };
        answer.sort().then_some(answer)
    }

    /// Sorts all ranges and adds up equal lines. False if a sum does not fit.
    fn sort(&self) -> bool {
        let next = AtomicUsize::new(0);
        let sort = |_| {
            let mut fits = true;
            while let Some(range) = self
                .ranges
                .get(next.fetch_add(1, atomic::Ordering::Relaxed))
            {
                fits &= range.lock().expect("no panic").sort(&self.arenas);
            }
            fits
        };
        let fits = threads::each(vec![(); self.threads], sort);
        fits.into_iter().all(|fits| fits)
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
        let mut cursors = lines.cursors(&self.arenas);
        let mut out = Out::default();
        loop {
            out.truncate(0);
            let last = merge(&mut cursors, separator, terminator, &mut out);
            take(&mut out, last)?;
            if last {
                return Ok(());
            }
        }
    }
}

/// Some of the output of a range.
struct Piece {
    out: Out,
    /// The range ends with it.
    last: bool,
}

impl Lines {
    /// Sorts the lines and adds up equal ones. False if a sum does not fit.
    fn sort(&mut self, arenas: &[Arena]) -> bool {
        let line = |slot: &[u64; 3]| line_at(slot, arenas);
        self.short.sort_unstable_by_key(|&[a, b, _]| two(a, b));
        self.middle
            .sort_unstable_by_key(|&[a, b, c, _]| (two(a, b), c));
        self.long
            .sort_unstable_by(|a, b| a[0].cmp(&b[0]).then_with(|| line(a).cmp(line(b))));
        add_up(&mut self.short, |a, b| a[..2] == b[..2])
            & add_up(&mut self.middle, |a, b| a[..3] == b[..3])
            & add_up(&mut self.long, |a, b| a[0] == b[0] && line(a) == line(b))
    }

    /// A cursor for each class that has lines.
    fn cursors<'a>(&'a self, arenas: &'a [Arena]) -> Vec<Cursor<'a>> {
        let runs = [
            Run::Short(&self.short),
            Run::Middle(&self.middle),
            Run::Long(&self.long, arenas),
        ];
        runs.into_iter().filter_map(Cursor::new).collect()
    }
}

/// Puts out lines in order until there is a piece of them; true if they have ended.
fn merge(cursors: &mut Vec<Cursor>, separator: u8, terminator: u8, out: &mut Out) -> bool {
    while !cursors.is_empty() {
        // The cursor with the smallest line is followed up to the next larger one's.
        let (smallest, next) = two_smallest(cursors);
        let limit = next.map(|next| cursors[next].prefix);
        let cursor = &mut cursors[smallest];
        loop {
            cursor.put(separator, terminator, out);
            if !cursor.advance() {
                cursors.swap_remove(smallest);
                break;
            }
            if out.as_slice().len() >= PIECE {
                return false;
            }
            if limit.is_some_and(|limit| cursor.prefix >= limit) {
                break;
            }
        }
    }
    true
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
    Long(&'a [[u64; 3]], &'a [Arena]),
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
                let line = line_at(run.get(self.at)?, arenas);
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
            Run::Long(run, arenas) => line_at(&run[self.at], arenas),
        }
    }

    fn count(&self) -> u64 {
        match self.run {
            Run::Short(run) | Run::Long(run, _) => run[self.at][2],
            Run::Middle(run) => run[self.at][3],
        }
    }

    /// Puts out the count and the line.
    #[inline(always)]
    fn put(&self, separator: u8, terminator: u8, out: &mut Out) {
        let mut buffer = [0; STRIDE];
        let line = self.line(&mut buffer);
        tally::put(self.count(), separator, line, terminator, out);
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

/// The line of a slot that has its place.
fn line_at<'a>(slot: &[u64; 3], arenas: &'a [Arena]) -> &'a [u8] {
    arenas[arena_of(slot[1])].line(slot[1])
}

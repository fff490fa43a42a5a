//! From the workers' tables to one answer: add them up, sort, write.
//!
//! Every thread takes some of the parts, adds up what the workers have in
//! them, and sorts what it got: a run for each class of keys. The runs are
//! then merged as they are written. Parts are freed as they are taken, so
//! that tables and runs are never there both in full.

use super::hash::Seed;
use super::key::{self, STRIDE};
use super::table::{PARTS, Part};
use super::worker::{Arena, Worker, arena_of, hash_long, hash_middle, hash_short};
use crate::error::Error;
use crate::stream::Out;
use crate::tally;
use std::cmp::Ordering;
use std::io::Write;
use std::thread;

/// How many bytes of output are written at once.
const WRITE: usize = 256 << 10;

/// The distinct lines and their counts, as several runs of lines.
#[derive(Debug)]
pub struct Answer {
    runs: Vec<Run>,
    arenas: Vec<Arena>,
}

/// Lines of one class, with their counts.
#[derive(Debug)]
enum Run {
    Short(Vec<[u64; 3]>),
    Middle(Vec<[u64; 4]>),
    /// The first eight bytes of the line, its place, its count.
    Long(Vec<[u64; 3]>),
}

/// The parts of the same hashes, one from each worker.
#[derive(Default)]
struct Parts {
    short: Vec<Part<3>>,
    middle: Vec<Part<4>>,
    long: Vec<Part<3>>,
}

impl Answer {
    /// Adds up what the workers have counted, on as many threads as there are
    /// workers; with `sorted`, each run is in the order of its lines' bytes.
    /// `None` if a sum does not fit in 64 bits.
    pub fn of(workers: Vec<Worker>, seed: Seed, sorted: bool) -> Option<Self> {
        let mut shares: Vec<Vec<Parts>> = workers.iter().map(|_| Vec::new()).collect();
        let mut arenas = Vec::new();
        let mut parts: Vec<Parts> = (0..PARTS).map(|_| Parts::default()).collect();
        for worker in workers {
            let (short, middle, long) = (worker.short, worker.middle, worker.long);
            let tables = short.into_parts().into_iter().zip(middle.into_parts());
            for (parts, ((short, middle), long)) in
                parts.iter_mut().zip(tables.zip(long.into_parts()))
            {
                parts.short.push(short);
                parts.middle.push(middle);
                parts.long.push(long);
            }
            arenas.push(worker.arena);
        }
        for (i, parts) in parts.into_iter().enumerate() {
            let threads = shares.len();
            shares[i % threads].push(parts);
        }
        let arranged: Vec<_> = thread::scope(|scope| {
            let arrange = |share| arrange(share, &arenas, seed, sorted);
            let mine = shares.pop();
            let others: Vec<_> = shares
                .into_iter()
                .map(|share| scope.spawn(move || arrange(share)))
                .collect();
            let mine = mine.map(arrange);
            let others = others
                .into_iter()
                .map(|thread| thread.join().expect("no panic"));
            mine.into_iter().chain(others).collect()
        });
        let runs = arranged
            .into_iter()
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        Some(Answer { runs, arenas })
    }

    /// Writes `COUNT LINE` for every line: in the order of their bytes, if the
    /// runs are, or with `sorted` false run after run.
    pub fn write(
        &self,
        sorted: bool,
        separator: u8,
        terminator: u8,
        output: &mut impl Write,
    ) -> Result<(), Error> {
        let mut cursors: Vec<Cursor> = self
            .runs
            .iter()
            .filter_map(|run| Cursor::new(run, &self.arenas))
            .collect();
        let mut out = Out::default();
        while !cursors.is_empty() {
            // The cursor with the smallest line is followed up to the next larger one's.
            let (smallest, limit) = if sorted {
                two_smallest(&cursors)
            } else {
                (0, None)
            };
            let limit = limit.map(|i| cursors[i].prefix);
            let cursor = &mut cursors[smallest];
            let more = loop {
                cursor.put(separator, terminator, &mut out);
                if out.as_slice().len() >= WRITE {
                    output.write_all(out.as_slice()).map_err(Error::Write)?;
                    out.truncate(0);
                }
                if !cursor.advance() {
                    break false;
                }
                if limit.is_some_and(|limit| cursor.prefix >= limit) {
                    break true;
                }
            };
            if !more {
                cursors.swap_remove(smallest);
            }
        }
        output.write_all(out.as_slice()).map_err(Error::Write)
    }
}

/// The runs of one thread's share; `None` if a sum does not fit in 64 bits.
fn arrange(share: Vec<Parts>, arenas: &[Arena], seed: Seed, sorted: bool) -> Option<[Run; 3]> {
    let (mut short, mut middle, mut long) = (Vec::new(), Vec::new(), Vec::new());
    let line = |place: u64| arenas[arena_of(place)].line(place);
    for parts in share {
        let same = |a: &[u64], b: &[u64]| a == b;
        gather(parts.short, &mut short, same, |key| hash_short(seed, key))?;
        gather(parts.middle, &mut middle, same, |key| {
            hash_middle(seed, key)
        })?;
        let same = |a: &[u64], b: &[u64]| a[0] == b[0] && line(a[1]) == line(b[1]);
        gather(parts.long, &mut long, same, hash_long)?;
    }
    for slot in &mut long {
        let start = line(slot[1]).first_chunk().expect("long lines are longer");
        slot[0] = u64::from_be_bytes(*start);
    }
    if sorted {
        short.sort_unstable_by_key(|&[a, b, _]| u128::from(a) << 64 | u128::from(b));
        middle.sort_unstable_by_key(|&[a, b, c, _]| (u128::from(a) << 64 | u128::from(b), c));
        long.sort_unstable_by(|a, b| a[0].cmp(&b[0]).then_with(|| line(a[1]).cmp(line(b[1]))));
    }
    Some([Run::Short(short), Run::Middle(middle), Run::Long(long)])
}

/// Adds up parts of the same hashes and appends their slots to a run.
fn gather<const N: usize>(
    parts: Vec<Part<N>>,
    run: &mut Vec<[u64; N]>,
    same: impl Fn(&[u64], &[u64]) -> bool,
    hash: impl Fn(&[u64]) -> u64,
) -> Option<()> {
    let mut parts = parts.into_iter();
    let mut sum = parts.next()?;
    for part in parts {
        if !sum.merge(part, &same, &hash) {
            return None;
        }
    }
    run.reserve(sum.len());
    run.extend(sum.into_slots());
    Some(())
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

/// A line of a run, and the way to the next.
struct Cursor<'a> {
    run: &'a Run,
    arenas: &'a [Arena],
    at: usize,
    /// The first 16 bytes of the line, padded with zeros.
    prefix: u128,
}

impl<'a> Cursor<'a> {
    /// The first line of a run; `None` if it has none.
    fn new(run: &'a Run, arenas: &'a [Arena]) -> Option<Self> {
        let cursor = Cursor {
            run,
            arenas,
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
        match self.first_bytes() {
            Some(prefix) => {
                self.prefix = prefix;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn first_bytes(&self) -> Option<u128> {
        let two = |a: u64, b: u64| u128::from(a) << 64 | u128::from(b);
        Some(match self.run {
            Run::Short(run) => run.get(self.at).map(|&[a, b, _]| two(a, b & !0xFF))?,
            Run::Middle(run) => run.get(self.at).map(|&[a, b, ..]| two(a, b))?,
            Run::Long(run) => {
                let line = self.line_at(run.get(self.at)?[1]);
                u128::from_be_bytes(*line.first_chunk().expect("long lines are longer"))
            }
        })
    }

    fn line_at(&self, place: u64) -> &'a [u8] {
        self.arenas[arena_of(place)].line(place)
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
            Run::Long(run) => self.line_at(run[self.at][1]),
        }
    }

    fn count(&self) -> u64 {
        match self.run {
            Run::Short(run) | Run::Long(run) => run[self.at][2],
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

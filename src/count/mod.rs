//! `count`: how often each line occurs.
//!
//! What `LC_ALL=C sort | uniq -c` prints, without the padding: for each
//! distinct line, in the order of its bytes, `COUNT LINE`. Lines are counted
//! as they come, and the distinct ones sorted at the end, so that memory grows
//! with the distinct lines, not with the input.
//!
//! The story, chapter by chapter:
//!
//! 1. `source`: threads take turns in reading blocks of whole lines.
//! 2. `key`: a line of up to 23 bytes becomes a few words, its key.
//! 3. `hash`: the key is hashed, with a seed that nobody can foresee.
//! 4. `worker`: each thread looks up a batch of keys at a time ...
//! 5. `table`: ... in a table of its own, where keys are compared in full.
//! 6. `ranges`: a table that is full is moved out, by ranges of lines.
//! 7. `order`: each range is sorted and added up, and written.
//!
//! What is written depends on the lines alone: not on threads, seeds or blocks.

mod hash;
mod key;
mod order;
mod ranges;
mod source;
mod table;
mod threads;
mod worker;

use crate::error::Error;
use crate::stream::{self, Blocks};
use crate::tally::Tally;
use hash::Seed;
use order::Answer;
use source::Source;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::thread;
use worker::{SharedBorders, Worker};

/// How much of an input is read, in bytes, before more threads are started.
const ALONE: usize = 4 << 20;

/// The most threads that can work at once.
const THREADS: usize = 256;

/// Distinct lines and how often each was seen.
#[derive(Debug)]
pub struct Counts {
    seed: Seed,
    borders: SharedBorders,
    /// One for each thread; the first one does all the work while there is little.
    workers: Vec<Worker>,
    /// How many there may be; `None` leaves it to the machine.
    threads: Option<NonZeroUsize>,
}

impl Counts {
    /// Nothing counted yet; up to so many threads will count: if not said, one
    /// for each processor, but no more than four, for then most would wait for
    /// the input.
    pub fn new(threads: Option<NonZeroUsize>) -> Self {
        let mut counts = Counts {
            seed: Seed::random(),
            borders: SharedBorders::default(),
            workers: Vec::new(),
            threads,
        };
        counts.add_worker();
        counts
    }

    fn add_worker(&mut self) {
        let number = self.workers.len() as u16;
        self.workers
            .push(Worker::new(self.seed, self.borders.clone(), number));
    }

    /// Counts the lines of an input.
    pub fn read(&mut self, input: &mut (impl Read + Send), terminator: u8) -> Result<(), Error> {
        let mut source = Source::new(input, terminator);
        let mut block = Blocks::new();
        let mut seen = 0;
        let one = NonZeroUsize::MIN;
        while self.threads == Some(one) || seen < ALONE {
            let length = source.next(&mut block)?;
            if length == 0 {
                return Ok(());
            }
            self.workers[0].count(source::padded(&block, length), terminator);
            seen += length;
        }
        let default = || thread::available_parallelism().unwrap_or(one).get().min(4);
        let threads = self
            .threads
            .map_or_else(default, NonZeroUsize::get)
            .min(THREADS);
        while self.workers.len() < threads {
            self.add_worker();
        }
        let source = Mutex::new(source);
        let run = |worker: &mut Worker| -> Result<(), Error> {
            let mut block = Blocks::new();
            loop {
                let next = source.lock().expect("no panic").next(&mut block);
                match next? {
                    0 => return Ok(()),
                    length => worker.count(source::padded(&block, length), terminator),
                }
            }
        };
        let ended = threads::each(self.workers.iter_mut().collect(), run);
        ended.into_iter().collect()
    }

    /// Adds up the records `COUNT LINE` of an input.
    pub fn merge(&mut self, input: &mut impl Read, terminator: u8) -> Result<(), Error> {
        let mut number = 0;
        stream::lines(input, terminator, |record| {
            number += 1;
            let error = |cause| Error::Line { number, cause };
            let tally = Tally::parse(record).map_err(error)?;
            match self.workers[0].add(tally.line, tally.count) {
                true => Ok(()),
                false => Err(error(TOO_LARGE)),
            }
        })
    }

    /// Writes the counts, in the order of the lines' bytes.
    pub fn write(
        self,
        separator: u8,
        terminator: u8,
        output: &mut impl Write,
    ) -> Result<(), Error> {
        let threads = self.workers.len();
        let counted = threads::each(self.workers, Worker::finish);
        let counted: Option<Vec<_>> = counted.into_iter().collect();
        let answer = counted.and_then(|counted| Answer::of(counted, threads));
        answer
            .ok_or(Error::Data(TOO_LARGE))?
            .write(separator, terminator, output)
    }
}

const TOO_LARGE: &str = "a sum of counts is larger than 64 bits hold";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary;
    use crate::stream::Out;
    use crate::tally;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn written(counts: Counts) -> Vec<u8> {
        let mut out = Vec::new();
        counts.write(b' ', b'\n', &mut out).unwrap();
        out
    }

    fn counted(threads: usize, text: &[u8], cuts: Vec<usize>) -> Vec<u8> {
        let mut counts = Counts::new(NonZeroUsize::new(threads));
        counts
            .read(&mut arbitrary::pieces(text, cuts), b'\n')
            .unwrap();
        written(counts)
    }

    /// The lines in an ordered map.
    fn naive(text: &[u8]) -> Vec<u8> {
        let mut map = BTreeMap::new();
        let lines = text.strip_suffix(b"\n").unwrap_or(text);
        if !text.is_empty() {
            lines
                .split(|&b| b == b'\n')
                .for_each(|line| *map.entry(line).or_insert(0) += 1);
        }
        let mut out = Out::default();
        map.into_iter()
            .for_each(|(line, count)| tally::put(count, b' ', line, b'\n', &mut out));
        out.as_slice().to_vec()
    }

    #[test]
    fn lines_are_bytes() {
        let text = b"b\na\n\nb\n\0\xFF";
        assert_eq!(counted(1, text, vec![3]), b"1 \n1 \0\xFF\n1 a\n2 b\n");
        assert_eq!(counted(1, b"", vec![1]), b"");
    }

    #[test]
    fn a_sum_that_does_not_fit_is_an_error() {
        let text = format!("{} a\n1 b\n1 a\n", u64::MAX);
        let error = Counts::new(None)
            .merge(&mut text.as_bytes(), b'\n')
            .unwrap_err();
        assert!(error.to_string().starts_with("line 3: "), "{error}");
    }

    #[test]
    fn any_number_of_threads_gives_the_same() {
        // Lines of all classes, more than one thread reads alone.
        let line = |i: u64| {
            let hash = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let length = (hash % 40) as usize;
            format!("{:0length$}\n", hash % 20_000)
        };
        let text: String = (0..3 * ALONE as u64 / 20).map(line).collect();
        let expected = naive(text.as_bytes());
        for threads in [1, 2, 3, 16] {
            assert!(counted(threads, text.as_bytes(), vec![usize::MAX, 1000]) == expected);
        }
    }

    /// Lines that are near one another in length and bytes, NULs included.
    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![10 => Just(b'a'), 1 => Just(0), 1 => Just(b'b'), 1 => Just(255), 3 => Just(b'\n')];
        let run = (byte, 1..30usize).prop_map(|(byte, n)| vec![byte; n]);
        prop::collection::vec(run, 0..100).prop_map(|runs| runs.concat())
    }

    proptest! {
        #[test]
        fn as_an_ordered_map(text in prop_oneof![arbitrary::text(), lines()], cuts in arbitrary::cuts()) {
            prop_assert_eq!(counted(1, &text, cuts), naive(&text));
        }

        #[test]
        fn the_parts_add_up_to_the_whole(text in prop_oneof![arbitrary::text(), lines()], at in any::<prop::sample::Index>()) {
            let ends: Vec<usize> = memchr::memchr_iter(b'\n', &text).map(|i| i + 1).chain([text.len()]).collect();
            let (a, b) = text.split_at(*at.get(&ends));
            let mut whole = Counts::new(None);
            for part in [b, a] {
                whole.merge(&mut &counted(1, part, vec![7])[..], b'\n').unwrap();
            }
            prop_assert_eq!(written(whole), naive(&text));
        }
    }
}

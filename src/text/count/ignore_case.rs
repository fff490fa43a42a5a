//! Counts together lines that differ only in case.
//!
//! A first count has a key for each line: the case-folded line, then the line. In the order of
//! the keys all spellings of a line are neighbours. Their counts are added up, and a second
//! count gets the sum and the most frequent spelling. It sorts the spellings.
//!
//! A key is `FOLDED END LINE`. END is two bytes, of which the first is less than all other
//! bytes of lines, and is escaped in FOLDED. So keys are in the order of their first parts.

use super::counts::Counts;
use super::limits::Report;
use crate::common::error::Error;
use crate::common::stream::{Blocks, Filter, Out};
use crate::text::tally::{self, Tally};
use std::io::{self, Read, Write};

/// The second byte of END.
const ENDS: u8 = 2;
/// The byte after the first byte of END where that is part of a line.
const ESCAPED: u8 = 255;

/// The bytes that are added to the second count at a time.
const BATCH: usize = 1 << 20;

/// The smallest byte that a line can have.
fn least(terminator: u8) -> u8 {
    u8::from(terminator == 0)
}

/// The lines of an input as keys, for [`Counts`].
pub struct Keys<R> {
    input: R,
    /// Folds text.
    fold: Box<dyn Filter + Send>,
    terminator: u8,
    /// The lines are records `COUNT LINE`.
    has_counts: bool,
    block: Blocks,
    ended: bool,
    keys: Out,
    /// The bytes of the keys that were read.
    at: usize,
}

impl<R: Read> Keys<R> {
    /// The lines of `input`. `fold` makes lines equal that are counted together. It must not
    /// change the ends of lines.
    pub fn new(input: R, fold: Box<dyn Filter + Send>, terminator: u8, has_counts: bool) -> Self {
        Keys {
            input,
            fold,
            terminator,
            has_counts,
            block: Blocks::new(),
            ended: false,
            keys: Out::default(),
            at: 0,
        }
    }

    /// Reads more lines, if there are any.
    fn fill(&mut self) -> Result<(), Error> {
        while self.at == self.keys.as_slice().len() && !self.ended {
            self.keys.truncate(0);
            self.at = 0;
            let searched = self.block.text().len();
            let n = self.block.read(&mut self.input).map_err(Error::Read)?;
            let text = self.block.text();
            self.ended = n == 0;
            let lines = match memchr::memrchr(self.terminator, &text[searched..]) {
                _ if self.ended => text.len(),
                Some(end) => searched + end + 1,
                None => 0,
            };
            let mut folded = Out::default();
            self.fold.block(&text[..lines], &mut folded)?;
            self.fold.end(&mut folded)?;
            let folded = lines_of(folded.as_slice(), self.terminator);
            for (line, folded) in lines_of(&text[..lines], self.terminator).zip(folded) {
                put(
                    line,
                    folded,
                    self.has_counts,
                    self.terminator,
                    &mut self.keys,
                );
            }
            let rest = self.block.text().len() - lines;
            self.block.keep(rest);
        }
        Ok(())
    }
}

impl<R: Read> Read for Keys<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill().map_err(|error| match error {
            Error::Read(error) => error,
            error => io::Error::other(error.to_string()),
        })?;
        let keys = &self.keys.as_slice()[self.at..];
        let n = buffer.len().min(keys.len());
        buffer[..n].copy_from_slice(&keys[..n]);
        self.at += n;
        Ok(n)
    }
}

/// The lines of a text. The last one may lack its terminator.
fn lines_of(text: &[u8], terminator: u8) -> impl Iterator<Item = &[u8]> {
    let lines = text.split_inclusive(move |&byte| byte == terminator);
    lines.map(move |line| line.strip_suffix(&[terminator]).unwrap_or(line))
}

/// Appends the key of a line, or for a record the record of its key.
fn put(line: &[u8], folded: &[u8], has_counts: bool, terminator: u8, keys: &mut Out) {
    let (line, folded) = match has_counts {
        false => (line, folded),
        true => match (Tally::parse(line), Tally::parse(folded)) {
            (Ok(tally), Ok(folded)) => {
                keys.push(itoa::Buffer::new().format(tally.count).as_bytes());
                keys.push(b" ");
                (tally.line, folded.line)
            }
            // The count refuses the record.
            _ => {
                keys.push(line);
                return keys.push(&[terminator]);
            }
        },
    };
    let least = least(terminator);
    for piece in folded.split_inclusive(|&byte| byte == least) {
        keys.push(piece);
        if piece.ends_with(&[least]) {
            keys.push(&[ESCAPED]);
        }
    }
    keys.push(&[least, ENDS]);
    keys.push(line);
    keys.push(&[terminator]);
}

/// The two parts of a key: the case-folded line, and the line.
pub fn parts_of_key(key: &[u8], terminator: u8) -> (&[u8], &[u8]) {
    let end = memchr::memmem::find(key, &[least(terminator), ENDS]).unwrap_or(0);
    (&key[..end], key.get(end + 2..).unwrap_or_default())
}

/// Writes the counts of [`Keys`]: for all lines with the same case folding their sum and the
/// most frequent of them; of several, the first in the order of bytes. The output is sorted by
/// the bytes of these lines. The second count has the limits of the first.
///
/// [`Error::TooLarge`] has a key.
///
/// ```
/// # use textmill::text::count::{Counts, Keys, Limits, write_ignoring_case};
/// # use textmill::text::lower;
/// let mut counts = Counts::new(Limits::default().half());
/// let text = "Spam\nspam\nHam\nSPAM\nspam\n".as_bytes();
/// counts.read(&mut Keys::new(text, Box::new(lower::fold()), b'\n', false), b'\n')?;
/// let mut output = Vec::new();
/// write_ignoring_case(counts, b' ', b'\n', &mut output)?;
/// assert_eq!(output, b"1 Ham\n4 spam\n");
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn write_ignoring_case(
    counts: Counts,
    separator: u8,
    terminator: u8,
    output: &mut dyn Write,
) -> Result<Report, Error> {
    let mut sums = Sums {
        counts: Counts::new(counts.limits().clone()),
        terminator,
        record: Vec::new(),
        group: None,
        batch: Out::default(),
        failed: None,
    };
    let written = counts.write(b' ', terminator, &mut sums);
    let first = written.map_err(|error| sums.failed.take().unwrap_or(error))?;
    sums.end_group();
    sums.add()?;
    let second = sums.counts.write(separator, terminator, output)?;
    Ok(Report {
        lines: first.lines,
        distinct: second.distinct,
        runs: first.runs + second.runs,
        spilled: first.spilled + second.spilled,
        // The counted lines are keys, which are longer than the lines of the input.
        oversize: None,
    })
}

/// Lines with the same case folding.
struct Group {
    total: u64,
    /// The key with the largest count.
    key: Vec<u8>,
    /// Its count.
    most: u64,
}

/// Receives the records of keys, in order, and counts the sum of each group.
struct Sums {
    counts: Counts,
    terminator: u8,
    /// The start of an incomplete record.
    record: Vec<u8>,
    group: Option<Group>,
    /// Sums that are not yet counted.
    batch: Out,
    failed: Option<Error>,
}

impl Sums {
    fn take(&mut self, record: &[u8]) -> Result<(), Error> {
        let tally = Tally::parse(record).map_err(|cause| Error::line(0, cause))?;
        let (folded, _) = parts_of_key(tally.line, self.terminator);
        match &mut self.group {
            Some(group) if parts_of_key(&group.key, self.terminator).0 == folded => {
                let Some(total) = group.total.checked_add(tally.count) else {
                    let key = match tally.count > group.most {
                        true => tally.line,
                        false => &group.key,
                    };
                    return Err(Error::TooLarge { line: key.to_vec() });
                };
                group.total = total;
                // The lines of a group are in the order of their bytes.
                if tally.count > group.most {
                    (group.most, group.key) = (tally.count, tally.line.to_vec());
                }
            }
            _ => {
                self.end_group();
                self.group = Some(Group {
                    total: tally.count,
                    key: tally.line.to_vec(),
                    most: tally.count,
                });
                if self.batch.as_slice().len() >= BATCH {
                    self.add()?;
                }
            }
        }
        Ok(())
    }

    fn end_group(&mut self) {
        if let Some(Group { total, key, .. }) = self.group.take() {
            let (_, line) = parts_of_key(&key, self.terminator);
            tally::put(total, b' ', line, self.terminator, &mut self.batch);
        }
    }

    fn add(&mut self) -> Result<(), Error> {
        let added = self
            .counts
            .merge(&mut self.batch.as_slice(), self.terminator);
        self.batch.truncate(0);
        added
    }
}

impl Write for Sums {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut begin = 0;
        let mut record = std::mem::take(&mut self.record);
        for end in memchr::memchr_iter(self.terminator, text) {
            record.extend_from_slice(&text[begin..end]);
            if let Err(error) = self.take(&record) {
                self.failed = Some(error);
                return Err(io::Error::other("failed"));
            }
            record.clear();
            begin = end + 1;
        }
        record.extend_from_slice(&text[begin..]);
        self.record = record;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::common::memory::Size;
    use crate::text::count::limits::Limits;
    use crate::text::count::sizes::Sizes;
    use crate::text::lower;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::num::NonZeroUsize;

    fn limits(memory: u64) -> Limits {
        Limits {
            threads: NonZeroUsize::new(2),
            memory: Some(Size::Bytes(memory)),
            sizes: Sizes::SMALL,
            ..Limits::default()
        }
    }

    fn counted(texts: &[&[u8]], has_counts: bool, terminator: u8, memory: u64) -> Vec<u8> {
        let mut counts = Counts::new(limits(memory));
        for text in texts {
            let input = arbitrary::pieces(text, vec![7, 100]);
            let mut keys = Keys::new(input, Box::new(lower::fold()), terminator, has_counts);
            match has_counts {
                true => counts.merge(&mut keys, terminator).unwrap(),
                false => counts.read(&mut keys, terminator).unwrap(),
            }
        }
        let mut out = Vec::new();
        write_ignoring_case(counts, b' ', terminator, &mut out).unwrap();
        out
    }

    /// Two ordered maps.
    fn naive(text: &[u8], terminator: u8) -> Vec<u8> {
        let mut groups: BTreeMap<Vec<u8>, BTreeMap<&[u8], u64>> = BTreeMap::new();
        for line in lines_of(text, terminator) {
            let folded = arbitrary::filtered(lower::fold(), line, vec![usize::MAX]);
            *groups.entry(folded).or_default().entry(line).or_default() += 1;
        }
        let sums = groups.values().map(|group| {
            let most = group.values().max().unwrap();
            let (line, _) = group.iter().find(|(_, count)| *count == most).unwrap();
            (*line, group.values().sum::<u64>())
        });
        let mut out = Out::default();
        for (line, count) in sums.collect::<BTreeMap<_, _>>() {
            tally::put(count, b' ', line, terminator, &mut out);
        }
        out.as_slice().to_vec()
    }

    #[test]
    fn the_most_frequent_spelling_is_kept() {
        let text = "The\nthe\nTHE\nthe\nStrasse\nSTRASSE\nstraße\nb\nB\n\n".as_bytes();
        let expected = "1 \n2 B\n3 STRASSE\n4 the\n".as_bytes();
        for memory in [0, 1 << 30] {
            assert_eq!(counted(&[text], false, b'\n', memory), expected);
        }
    }

    #[test]
    fn a_sum_that_is_too_large_has_a_key() {
        let text = format!("{} A\n1 a\n", u64::MAX);
        let mut counts = Counts::new(limits(0));
        let mut keys = Keys::new(text.as_bytes(), Box::new(lower::fold()), b'\n', true);
        counts.merge(&mut keys, b'\n').unwrap();
        let error = write_ignoring_case(counts, b' ', b'\n', &mut Vec::new()).unwrap_err();
        assert!(
            matches!(&error, Error::TooLarge { line } if parts_of_key(line, b'\n').1 == b"A"),
            "{error}"
        );
    }

    fn line() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            &b"a"[..],
            b"A",
            b"b",
            b"B",
            b"\0",
            b"\x01",
            b"\x02",
            b"\xff",
            "ß".as_bytes(),
            b"ss",
            b"S",
            "\u{3a3}".as_bytes(),
            "\u{3c2}".as_bytes(),
            "\u{130}".as_bytes(),
            b"\xc3",
        ]);
        prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn as_two_ordered_maps(
            lines in prop::collection::vec(line(), 0..60),
            cut in any::<prop::sample::Index>(),
            is_nul in any::<bool>(),
            memory in prop::sample::select(vec![0, 2000, 1 << 30]),
        ) {
            let terminator = if is_nul { 0 } else { b'\n' };
            let clean = |line: &Vec<u8>| {
                let line = line.iter().copied().filter(|&byte| byte != terminator);
                line.chain([terminator]).collect::<Vec<u8>>()
            };
            let lines: Vec<_> = lines.iter().map(clean).collect();
            let text = lines.concat();
            let expected = naive(&text, terminator);
            prop_assert_eq!(&counted(&[&text], false, terminator, memory), &expected);
            // Partial counts add up, if they do not ignore case.
            let cut = cut.index(lines.len() + 1);
            let part = |lines: &[Vec<u8>]| {
                let mut counts = Counts::new(limits(memory));
                counts.read(&mut &lines.concat()[..], terminator).unwrap();
                let mut out = Vec::new();
                counts.write(b' ', terminator, &mut out).unwrap();
                out
            };
            let (one, other) = (part(&lines[..cut]), part(&lines[cut..]));
            prop_assert_eq!(counted(&[&one, &other], true, terminator, memory), expected);
        }
    }
}

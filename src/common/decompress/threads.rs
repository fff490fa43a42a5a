//! Decoding beside the work of the program.
//!
//! One thread decodes. Streams of bzip2, which take ten times as long as the work on their text,
//! are decoded by several threads: pbzip2 and `cat` write files of many streams.
//!
//! 1. A thread reads the input and cuts it where a stream begins ([`Cutter`]).
//! 2. Each of the other threads decodes one piece at a time.
//! 3. The reader takes their blocks in the order of the pieces.
//!
//! A cut is at the ten bytes that begin a stream. Where they are part of compressed data, by a
//! chance of one in 2^80 a byte, the file is refused as truncated.

use super::allowance::{Allowance, Taken};
use super::bzip2;
use super::format::Format;
use super::reader::Decompress;
use crate::common::ahead::{self, Ahead, Filler};
use crate::common::stream::{self, BLOCK};
use memchr::memmem::Finder;
use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// The largest number of threads that decode one input.
const THREADS: usize = 4;

/// A smaller piece gets the next stream, too.
const SMALLEST: usize = 64 << 10;

/// A larger piece, of a single stream, is decoded together with all that follows.
const LARGEST: usize = 4 << 20;

/// The text of an input, which threads decode if it is compressed.
///
/// # Errors
///
/// Those of reading the first bytes, and [`DecompressError::Foreign`](super::DecompressError).
pub fn in_threads(
    input: impl Read + Send + 'static,
    allowance: &Allowance,
) -> io::Result<Box<dyn Read + Send>> {
    let mut text = Decompress::new(input, allowance.clone());
    Ok(match text.format()? {
        None => Box::new(text),
        Some(Format::Bzip2) => {
            let threads = thread::available_parallelism().map_or(1, |n| n.get().min(THREADS));
            match threads {
                1 => ahead::start(Box::new(text)),
                threads => by_pieces(text, allowance, threads),
            }
        }
        Some(_) => ahead::start(Box::new(text)),
    })
}

/// A part of the input, and where its text goes.
struct Job {
    input: Box<dyn Read + Send>,
    filler: Filler,
}

/// The text of the next piece; none at the end.
type Next = io::Result<Option<Ahead>>;

/// The text of several streams, in their order.
struct InOrder {
    pieces: Receiver<Next>,
    piece: Option<Ahead>,
    has_ended: bool,
    _buffers: Taken,
}

impl Read for InOrder {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while !self.has_ended && !output.is_empty() {
            if let Some(piece) = &mut self.piece {
                match piece.read(output)? {
                    0 => self.piece = None,
                    n => return Ok(n),
                }
            } else {
                self.piece = self.pieces.recv().map_err(ahead::stopped)??;
                self.has_ended = self.piece.is_none();
            }
        }
        Ok(0)
    }
}

/// Decodes streams by several threads, or by one if there is not enough memory for more.
fn by_pieces<R: Read + Send + 'static>(
    text: Decompress<R>,
    allowance: &Allowance,
    threads: usize,
) -> Box<dyn Read + Send> {
    let buffers = (2 * threads * (LARGEST + BLOCK + ahead::MEMORY)) as u64;
    let decoders = threads as u64 * bzip2::LARGEST;
    let all = allowance.take(Format::Bzip2, buffers + decoders);
    // The decoders take theirs later.
    let buffers = all.and_then(|all| {
        drop(all);
        allowance.take(Format::Bzip2, buffers)
    });
    let Ok(buffers) = buffers else {
        return ahead::start(Box::new(text));
    };
    let (jobs, waiting) = sync_channel(threads);
    let (order, pieces) = sync_channel(threads);
    let waiting = Arc::new(Mutex::new(waiting));
    let decode = |waiting: Arc<Mutex<Receiver<Job>>>, allowance: Allowance| {
        loop {
            // It is locked while it waits for a job.
            let job = waiting.lock().expect("no panic").recv();
            let Ok(Job { input, filler }) = job else {
                return;
            };
            filler.fill(Decompress::new(input, allowance.clone()));
        }
    };
    let started = (0..threads)
        .map_while(|_| {
            let allowance = allowance.clone();
            let waiting = Arc::clone(&waiting);
            ahead::hand_over(waiting, move |waiting| decode(waiting, allowance)).ok()
        })
        .count();
    if started == 0 {
        return ahead::start(Box::new(text));
    }
    let cut = move |text: Decompress<R>| cut(text.into_input(), &jobs, &order);
    match ahead::hand_over(text, cut) {
        Ok(()) => Box::new(InOrder {
            pieces,
            piece: None,
            has_ended: false,
            _buffers: buffers,
        }),
        Err(text) => Box::new(text),
    }
}

/// Cuts an input into jobs, until the reader is dropped.
fn cut(input: impl Read + Send + 'static, jobs: &SyncSender<Job>, order: &SyncSender<Next>) {
    let mut cutter = Cutter::new(input);
    loop {
        let (input, is_last) = match cutter.next() {
            Ok(piece) => piece,
            Err(error) => {
                // There is no place to report that the reader was dropped.
                let _ = order.send(Err(error));
                return;
            }
        };
        let (filler, piece) = ahead::pair();
        let sent = order.send(Ok(Some(piece))).is_ok() && jobs.send(Job { input, filler }).is_ok();
        if !sent || is_last {
            let _ = order.send(Ok(None));
            return;
        }
    }
}

/// An input, cut where a stream of bzip2 begins.
struct Cutter<R> {
    input: Option<R>,
    bytes: Vec<u8>,
    /// Where streams begin in `bytes`, behind the first of them.
    starts: VecDeque<usize>,
    /// The part of `bytes` that was searched.
    searched: usize,
    block: Finder<'static>,
}

/// What begins a block of bzip2, behind the four bytes that begin a stream.
const BLOCK_MAGIC: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const STREAM_MAGIC: &[u8] = b"BZh";

impl<R: Read + Send + 'static> Cutter<R> {
    fn new(input: R) -> Cutter<R> {
        Cutter {
            input: Some(input),
            bytes: Vec::new(),
            starts: VecDeque::new(),
            searched: 0,
            block: Finder::new(&BLOCK_MAGIC),
        }
    }

    /// The next piece, and whether it is the last.
    fn next(&mut self) -> io::Result<(Box<dyn Read + Send>, bool)> {
        loop {
            while let Some(start) = self.starts.pop_front() {
                if start >= SMALLEST {
                    return Ok((Box::new(Cursor::new(self.split(start))), false));
                }
            }
            let bytes = self.bytes.len();
            let Some(input) = &mut self.input else {
                let rest = std::mem::take(&mut self.bytes);
                return Ok((Box::new(Cursor::new(rest)), true));
            };
            if bytes > LARGEST {
                let rest = Cursor::new(std::mem::take(&mut self.bytes));
                return Ok(match self.input.take() {
                    Some(input) => (Box::new(rest.chain(input)), true),
                    None => (Box::new(rest), true),
                });
            }
            self.bytes.resize(bytes + BLOCK, 0);
            let n = stream::read(input, &mut self.bytes[bytes..])?;
            self.bytes.truncate(bytes + n);
            if n == 0 {
                self.input = None;
            }
            self.search();
        }
    }

    /// Splits off the bytes before a start.
    fn split(&mut self, start: usize) -> Vec<u8> {
        let rest = self.bytes.split_off(start);
        self.searched -= start;
        self.starts.iter_mut().for_each(|other| *other -= start);
        std::mem::replace(&mut self.bytes, rest)
    }

    /// Finds the streams that begin in the new bytes.
    fn search(&mut self) {
        let level = STREAM_MAGIC.len();
        let head = level + 1;
        for found in self.block.find_iter(&self.bytes[self.searched..]) {
            let block = self.searched + found;
            let Some(start) = block.checked_sub(head) else {
                continue;
            };
            let magic = &self.bytes[start..block];
            if start > 0 && magic.starts_with(STREAM_MAGIC) && matches!(magic[level], b'1'..=b'9') {
                self.starts.push_back(start);
            }
        }
        // The magic number may be cut.
        let rest = BLOCK_MAGIC.len() - 1;
        self.searched = self.searched.max(self.bytes.len().saturating_sub(rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn stream(text: &[u8]) -> Vec<u8> {
        let mut writer = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::new(1));
        writer.write_all(text).unwrap();
        writer.finish().unwrap()
    }

    /// Streams of noise, of these sizes.
    fn streams(sizes: &[usize]) -> (Vec<u8>, Vec<u8>) {
        let (mut text, mut bytes) = (Vec::new(), Vec::new());
        for &size in sizes {
            let noise: Vec<u8> = (0..size as u64)
                .map(|n| ((n + text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
                .collect();
            bytes.extend(stream(&noise));
            text.extend(noise);
        }
        (text, bytes)
    }

    fn read(bytes: &[u8], allowance: &Allowance) -> Result<Vec<u8>, String> {
        let input = Cursor::new(bytes.to_vec());
        let text = Decompress::new(input, allowance.clone());
        let mut found = Vec::new();
        match by_pieces(text, allowance, 3).read_to_end(&mut found) {
            Ok(_) => Ok(found),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn pieces_are_joined_in_order() {
        let allowance = Allowance::default();
        for sizes in [
            &[1][..],
            &[0, 0, 0],
            &[300_000; 20],
            &[1000; 200],
            &[70_000, 10, 900_000, 0, 80_000, 6_000_000, 5_000, 200_000],
        ] {
            let (text, bytes) = streams(sizes);
            assert!(read(&bytes, &allowance).unwrap() == text, "{sizes:?}");
            let padded = [&bytes[..], &[0; 999], &bytes].concat();
            assert!(read(&padded, &allowance).unwrap() == text.repeat(2));
        }
        // One thread, for want of memory.
        let (text, bytes) = streams(&[300_000; 5]);
        let little = Allowance::within(crate::common::memory::Size::Bytes(8 << 20));
        assert!(read(&bytes, &little).unwrap() == text);
    }

    #[test]
    fn errors_are_those_of_one_thread() {
        let (_, bytes) = streams(&[100_000; 9]);
        let allowance = Allowance::default();
        for damaged in [
            &bytes[..bytes.len() - 1],
            &bytes[..bytes.len() / 2],
            &[&bytes[..], b"garbage"].concat(),
            &{
                let mut damaged = bytes.clone();
                damaged[bytes.len() / 2] ^= 4;
                damaged
            },
        ] {
            let mut text = Vec::new();
            let one = Decompress::new(damaged, allowance.clone()).read_to_end(&mut text);
            assert_eq!(read(damaged, &allowance), Err(one.unwrap_err().to_string()));
        }
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("failed"))
            }
        }
        let input = Cursor::new(bytes).chain(Failing);
        let mut text = by_pieces(Decompress::new(input, allowance.clone()), &allowance, 2);
        let error = text.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "failed");
    }

    #[test]
    fn it_may_be_dropped_before_the_end() {
        let (text, bytes) = streams(&[200_000; 30]);
        let allowance = Allowance::default();
        let input = Decompress::new(Cursor::new(bytes), allowance.clone());
        let mut some = [0; 1000];
        by_pieces(input, &allowance, 2)
            .read_exact(&mut some)
            .unwrap();
        assert_eq!(some, text[..1000]);
    }
}

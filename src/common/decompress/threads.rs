//! Decoding beside the work of the program.
//!
//! One thread decodes. Streams of bzip2, which take ten times as long as the work on their text,
//! are decoded by several threads: pbzip2 and `cat` write files of many streams.
//!
//! 1. A thread reads the input and cuts it where a stream seems to begin ([`Cutter`]).
//! 2. Each of the other threads decodes one piece at a time.
//! 3. The reader takes their blocks in the order of the pieces.
//!
//! The bytes that begin a stream may also be a part of other data, such as a `.bz2` file that is
//! stored in a member of gzip. Then the piece before the cut is truncated. So a piece that fails is
//! decoded again, together with all that follows, as one input without cuts.

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

/// A thread decodes beside the program if this many times the memory of its blocks is left.
const ROOM: u64 = 6;

/// The text of an input, which threads decode if it is compressed, and if there is memory for
/// their blocks.
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
                1 => by_one(text, allowance),
                threads => by_pieces(text, allowance, threads),
            }
        }
        Some(_) => by_one(text, allowance),
    })
}

/// A reader, and the memory of the blocks that threads fill.
struct Beside<R> {
    reader: R,
    _blocks: Taken,
}

impl<R: Read> Read for Beside<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.reader.read(output)
    }
}

/// Decodes by one thread.
fn by_one<R: Read + Send + 'static>(
    text: Decompress<R>,
    allowance: &Allowance,
) -> Box<dyn Read + Send> {
    let memory = ahead::MEMORY as u64;
    if allowance.left().is_some_and(|left| left < ROOM * memory) {
        return Box::new(text);
    }
    match allowance.reserve(memory) {
        Some(blocks) => Box::new(Beside {
            reader: ahead::start(Box::new(text)),
            _blocks: blocks,
        }),
        None => Box::new(text),
    }
}

/// A part of the input, and where its text goes.
struct Job {
    bytes: Arc<Vec<u8>>,
    filler: Filler,
}

/// A part of the input.
enum Piece {
    /// Some streams, and their text.
    Streams(Arc<Vec<u8>>, Ahead),
    /// All that is left, not decoded.
    Rest(Box<dyn Read + Send>),
}

/// The next part; none at the end.
type Next = io::Result<Option<Piece>>;

/// The text of several streams, in their order.
struct InOrder {
    pieces: Receiver<Next>,
    allowance: Allowance,
    state: State,
}

enum State {
    /// A piece is next.
    Between,
    /// The text of a piece, of which `read` bytes were read.
    Piece {
        bytes: Arc<Vec<u8>>,
        text: Ahead,
        read: u64,
    },
    /// The text of all that is left.
    Rest(Box<dyn Read + Send>),
    Ended,
}

impl Read for InOrder {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.state {
                State::Between => {
                    self.state = match self.pieces.recv().map_err(ahead::stopped)?? {
                        Some(Piece::Streams(bytes, text)) => State::Piece {
                            bytes,
                            text,
                            read: 0,
                        },
                        Some(Piece::Rest(input)) => {
                            let text = Decompress::new(input, self.allowance.clone());
                            State::Rest(by_one(text, &self.allowance))
                        }
                        None => State::Ended,
                    };
                }
                State::Piece { bytes, text, read } => match text.read(output) {
                    Ok(0) => self.state = State::Between,
                    Ok(n) => {
                        *read += n as u64;
                        return Ok(n);
                    }
                    Err(_) => {
                        let (bytes, read) = (Arc::clone(bytes), *read);
                        self.state = State::Rest(self.again(bytes, read)?);
                    }
                },
                State::Rest(text) => return text.read(output),
                State::Ended => return Ok(0),
            }
        }
    }
}

impl InOrder {
    /// The text from a piece on as one input, behind the bytes of it that were read.
    fn again(&mut self, bytes: Arc<Vec<u8>>, read: u64) -> io::Result<Box<dyn Read + Send>> {
        let (_, pieces) = sync_channel(0);
        let input = Uncut {
            bytes: Cursor::new(Shared(bytes)),
            pieces: Some(std::mem::replace(&mut self.pieces, pieces)),
            rest: None,
        };
        let mut text = Decompress::new(input, self.allowance.clone());
        io::copy(&mut (&mut text).take(read), &mut io::sink())?;
        Ok(Box::new(text))
    }
}

/// Bytes that others have, too.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The input of pieces that are put together again.
struct Uncut {
    bytes: Cursor<Shared>,
    pieces: Option<Receiver<Next>>,
    rest: Option<Box<dyn Read + Send>>,
}

impl Read for Uncut {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(rest) = &mut self.rest {
                return rest.read(output);
            }
            let n = self.bytes.read(output)?;
            let Some(pieces) = self.pieces.as_ref().filter(|_| n == 0) else {
                return Ok(n);
            };
            match pieces.recv().map_err(ahead::stopped)?? {
                Some(Piece::Streams(bytes, _)) => self.bytes = Cursor::new(Shared(bytes)),
                Some(Piece::Rest(input)) => self.rest = Some(input),
                None => self.pieces = None,
            }
        }
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
    let Some(taken) = allowance.reserve(buffers + decoders) else {
        return by_one(text, allowance);
    };
    // The decoders' part is taken already.
    let allowance = allowance.of_taken(decoders);
    let (jobs, waiting) = sync_channel::<Job>(threads);
    let (order, pieces) = sync_channel(threads);
    let waiting = Arc::new(Mutex::new(waiting));
    let started = (0..threads)
        .map_while(|_| {
            let allowance = allowance.clone();
            let decode = move |waiting: Arc<Mutex<Receiver<Job>>>| {
                loop {
                    // It is locked while it waits for a job.
                    let job = waiting.lock().expect("no panic").recv();
                    let Ok(Job { bytes, filler }) = job else {
                        return;
                    };
                    let input = Cursor::new(Shared(bytes));
                    filler.fill(Decompress::new(input, allowance.clone()));
                }
            };
            ahead::hand_over(Arc::clone(&waiting), decode).ok()
        })
        .count();
    if started == 0 {
        return Box::new(text);
    }
    let cut = move |text: Decompress<R>| cut(text.into_input(), &jobs, &order);
    match ahead::hand_over(text, cut) {
        Ok(()) => Box::new(Beside {
            reader: InOrder {
                pieces,
                allowance,
                state: State::Between,
            },
            _blocks: taken,
        }),
        Err(text) => Box::new(text),
    }
}

/// Cuts an input into jobs, until the reader is dropped.
fn cut(input: impl Read + Send + 'static, jobs: &SyncSender<Job>, order: &SyncSender<Next>) {
    let mut cutter = Cutter::new(input);
    loop {
        let next = match cutter.next() {
            Ok(Some(Cut::Streams(bytes))) => {
                let (filler, text) = ahead::pair();
                let bytes = Arc::new(bytes);
                let job = Job {
                    bytes: Arc::clone(&bytes),
                    filler,
                };
                // If the pieces are put together again, the jobs are still done.
                let piece = Ok(Some(Piece::Streams(bytes, text)));
                if order.send(piece).is_err() || jobs.send(job).is_err() {
                    return;
                }
                continue;
            }
            Ok(Some(Cut::Rest(input))) => Ok(Some(Piece::Rest(input))),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let goes_on = matches!(next, Ok(Some(_)));
        // There is no place to report that the reader was dropped.
        if order.send(next).is_err() || !goes_on {
            return;
        }
    }
}

/// What a [`Cutter`] finds.
enum Cut {
    Streams(Vec<u8>),
    /// A stream that is too large for a piece, and all behind it.
    Rest(Box<dyn Read + Send>),
}

/// An input, cut where a stream of bzip2 seems to begin.
struct Cutter<R> {
    input: Option<R>,
    bytes: Vec<u8>,
    /// Where streams seem to begin in `bytes`, behind the first of them.
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

    /// The next piece; none at the end.
    fn next(&mut self) -> io::Result<Option<Cut>> {
        loop {
            while let Some(start) = self.starts.pop_front() {
                if start >= SMALLEST {
                    return Ok(Some(Cut::Streams(self.split(start))));
                }
            }
            let bytes = self.bytes.len();
            if bytes > LARGEST
                && let Some(input) = self.input.take()
            {
                let begin = Cursor::new(std::mem::take(&mut self.bytes));
                return Ok(Some(Cut::Rest(Box::new(begin.chain(input)))));
            }
            let Some(input) = &mut self.input else {
                let rest = std::mem::take(&mut self.bytes);
                return Ok((!rest.is_empty()).then_some(Cut::Streams(rest)));
            };
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
        // What begins a stream, within other data: in a skippable frame, and in stored data.
        let (text, bytes) = streams(&[100_000, 100_000]);
        let skipped = (bytes.len() as u32).to_le_bytes();
        let frame = [&0x184D_2A50_u32.to_le_bytes()[..], &skipped, &bytes].concat();
        let hidden = [&bytes[..], &frame, &bytes].concat();
        assert!(read(&hidden, &allowance).unwrap() == text.repeat(2));
        let mut stored = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        stored.write_all(&bytes).unwrap();
        let stored = [&bytes[..], &stored.finish().unwrap(), &bytes].concat();
        assert!(read(&stored, &allowance).unwrap() == [&text[..], &bytes, &text].concat());

        let (_, bytes) = streams(&[100_000; 9]);
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

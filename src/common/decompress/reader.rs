//! A reader that decodes its input, if it is compressed.

use super::allowance::Allowance;
use super::decode::{Decode, Step, decoder};
use super::error::DecompressError;
use super::format::{self, Format, Start, recognize};
use crate::common::stream::{self, BLOCK};
use std::io::{self, Cursor, Read};

/// An input, decoded if it is compressed.
///
/// What the input has is returned before more of it is read, so that a growing file can be
/// followed; only a proper prefix of a magic number waits for the bytes behind it.
///
/// ```
/// # use std::io::Read;
/// use textmill::common::decompress::{Allowance, Decompress};
///
/// let mut text = String::new();
/// let mut input = Decompress::new("plain text".as_bytes(), Allowance::default());
/// input.read_to_string(&mut text)?;
/// assert_eq!(text, "plain text");
///
/// let truncated = b"\x1F\x8B\x08\x00";
/// let mut input = Decompress::new(&truncated[..], Allowance::default());
/// let error = input.read_to_string(&mut text).unwrap_err();
/// assert_eq!(error.to_string(), "truncated gzip data");
/// # std::io::Result::Ok(())
/// ```
pub struct Decompress<R> {
    input: Input<R>,
    allowance: Allowance,
    state: State,
}

enum State {
    /// Nothing is known yet.
    Start,
    Plain,
    Member {
        format: Format,
        decoder: Box<dyn Decode>,
        /// The last step filled the output.
        has_more: bool,
    },
    /// After the end of a member; `zeros` bytes of padding follow it.
    Between {
        format: Format,
        zeros: u64,
    },
    /// The next read returns this error, and those after it another one.
    Failed(Option<io::Error>),
}

impl<R: Read> Decompress<R> {
    /// Reads from `input`. Decoders take the memory that `allowance` permits.
    pub fn new(input: R, allowance: Allowance) -> Decompress<R> {
        Decompress {
            input: Input::new(input),
            allowance,
            state: State::Start,
        }
    }

    /// The format of the next member, or of the first one, if no text has been read; none if the
    /// input is plain text, or empty.
    ///
    /// # Errors
    ///
    /// Those of reading, and [`DecompressError::Foreign`].
    pub fn format(&mut self) -> io::Result<Option<Format>> {
        if let State::Start = self.state {
            match self.recognize()? {
                Start::Compressed(format) => self.begin(format),
                Start::Foreign(foreign) => return Err(DecompressError::Foreign(foreign).into()),
                Start::Plain | Start::Undecided => self.state = State::Plain,
            }
        }
        Ok(match self.state {
            State::Member { format, .. } => Some(format),
            _ => None,
        })
    }

    /// The input, from the bytes on that were not decoded.
    pub(super) fn into_input(self) -> impl Read + use<R> {
        let Input {
            input,
            buffer,
            start,
            end,
            ..
        } = self.input;
        let mut rest = Cursor::new(buffer);
        rest.set_position(start as u64);
        rest.take((end - start) as u64).chain(input)
    }

    /// Recognizes the bytes that come next, after reading as many as it takes.
    fn recognize(&mut self) -> io::Result<Start> {
        let mut is_all = false;
        loop {
            let bytes = self.input.bytes();
            let start = match bytes.len() {
                0 if !is_all => Start::Undecided,
                _ => recognize(&bytes[..bytes.len().min(format::LONGEST)], is_all),
            };
            if start != Start::Undecided || is_all {
                return Ok(start);
            }
            is_all = self.input.fill()? == 0;
        }
    }

    fn begin(&mut self, format: Format) {
        self.state = State::Member {
            format,
            decoder: decoder(format, &self.allowance),
            has_more: false,
        };
    }

    /// What follows a member: another one (true), or the end.
    fn after(&mut self, format: Format, mut zeros: u64) -> io::Result<bool> {
        loop {
            if self.input.bytes().is_empty() && self.input.fill()? == 0 {
                return Ok(false);
            }
            let bytes = self.input.bytes();
            let padding = bytes.iter().take_while(|&&byte| byte == 0).count();
            if padding == 0 {
                break;
            }
            zeros += padding as u64;
            self.input.consume(padding);
            self.state = State::Between { format, zeros };
        }
        match self.recognize()? {
            Start::Compressed(format) => {
                self.begin(format);
                Ok(true)
            }
            _ => Err(self.trailing(format, zeros)?.into()),
        }
    }

    /// The error for what follows the last member.
    fn trailing(&mut self, format: Format, zeros: u64) -> io::Result<DecompressError> {
        /// A longer rest is not counted.
        const MOST: u64 = 1 << 20;
        let mut bytes = zeros;
        self.input.may_read()?;
        loop {
            let length = self.input.bytes().len();
            self.input.consume(length);
            bytes += length as u64;
            let is_all = self.input.fill()? == 0;
            if is_all || bytes > MOST {
                return Ok(DecompressError::Trailing {
                    format,
                    bytes,
                    is_all,
                });
            }
        }
    }

    /// Reads what a decoder needs besides the bytes that are left. A member that may end does
    /// so at the end of the input, also if zeros are left.
    fn read_more(&mut self, format: Format, may_end: bool) -> io::Result<()> {
        if !self.input.has_room() {
            return Err(DecompressError::Corrupt(format).into());
        }
        let is_padding = self.input.bytes().iter().all(|&byte| byte == 0);
        if self.input.fill()? == 0 {
            if !(may_end && is_padding) {
                return Err(DecompressError::Truncated(format).into());
            }
            self.state = State::Between { format, zeros: 0 };
        }
        Ok(())
    }

    /// Whether there may be more text without reading.
    fn has_buffered(&self) -> bool {
        let is_compressed = matches!(self.state, State::Member { .. } | State::Between { .. });
        is_compressed && !self.input.bytes().is_empty()
    }

    fn read_next(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.state {
                State::Start => {
                    self.format()?;
                }
                State::Plain => return self.input.read(output),
                State::Failed(error) => {
                    let again = || io::Error::other("the input has failed before");
                    return Err(error.take().unwrap_or_else(again));
                }
                &mut State::Between { format, zeros } => {
                    if !self.after(format, zeros)? {
                        return Ok(0);
                    }
                }
                State::Member {
                    format,
                    decoder,
                    has_more,
                } => {
                    let format = *format;
                    let input = self.input.bytes();
                    let step = match input.is_empty() && !*has_more {
                        true => Step::default(),
                        false => decoder.step(input, output)?,
                    };
                    self.input.consume(step.consumed);
                    let had_more = std::mem::replace(has_more, step.produced == output.len());
                    let may_end = decoder.may_end();
                    if step.ended {
                        self.state = State::Between { format, zeros: 0 };
                    } else if step.consumed == 0 && step.produced == 0 && !had_more {
                        self.read_more(format, may_end)?;
                    }
                    if step.produced > 0 {
                        return Ok(step.produced);
                    }
                }
            }
        }
    }
}

impl<R: Read> Read for Decompress<R> {
    /// Reads from the input only if there is no output without that. Thus many small members fill
    /// the output at once, and yet no text waits for the input.
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return Ok(0);
        }
        let mut filled = 0;
        let result = loop {
            self.input.is_buffer_only = filled > 0;
            match self.read_next(&mut output[filled..]) {
                Ok(n) if n > 0 => filled += n,
                result => break result,
            }
            if filled == output.len() || !self.has_buffered() {
                return Ok(filled);
            }
        };
        match result {
            Ok(_) => Ok(filled),
            Err(error) if filled > 0 => {
                if error.kind() != io::ErrorKind::WouldBlock {
                    self.state = State::Failed(Some(error));
                }
                Ok(filled)
            }
            Err(error) => {
                // The input may be read again.
                if !matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                ) {
                    self.state = State::Failed(None);
                }
                Err(error)
            }
        }
    }
}

/// The input, and the part of it that was read and not used.
struct Input<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The last read was the end: a terminal is not asked again.
    has_ended: bool,
    /// Nothing is read: [`fill`](Input::fill) returns [`io::ErrorKind::WouldBlock`].
    is_buffer_only: bool,
}

/// The largest rest behind which the next block is read: a decoder may need a whole block of zstd
/// (128 KiB), its header and a checksum at once.
const REST: usize = BLOCK + 64;

/// The size of the buffer.
const BUFFER: usize = REST + BLOCK;

impl<R: Read> Input<R> {
    fn new(input: R) -> Input<R> {
        Input {
            input,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            has_ended: false,
            is_buffer_only: false,
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn consume(&mut self, n: usize) {
        self.start += n;
    }

    /// Whether [`fill`](Input::fill) can read.
    fn has_room(&self) -> bool {
        self.end - self.start <= REST
    }

    /// An error if nothing is to be read now.
    fn may_read(&self) -> io::Result<()> {
        match self.is_buffer_only {
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => Ok(()),
        }
    }

    /// Reads once, behind the bytes that are left. Returns the number of bytes; 0 at the end.
    fn fill(&mut self) -> io::Result<usize> {
        if self.has_ended {
            return Ok(0);
        }
        self.may_read()?;
        if self.buffer.is_empty() {
            self.buffer = vec![0; BUFFER];
        }
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let n = stream::read(&mut self.input, &mut self.buffer[self.end..][..BLOCK])?;
        self.end += n;
        self.has_ended = n == 0;
        Ok(n)
    }

    /// Reads what is left in the buffer, and then from the input itself.
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes().len().min(output.len());
        if n == 0 {
            self.buffer = Vec::new();
            (self.start, self.end) = (0, 0);
            return match self.has_ended {
                true => Ok(0),
                false => self.input.read(output),
            };
        }
        output[..n].copy_from_slice(&self.bytes()[..n]);
        self.consume(n);
        Ok(n)
    }
}

//! A reader that removes one coding.

use super::coding::{CORRUPT, Coding};
use crate::common::stream;
use crate::web::fetch::failure::Failure;
use std::io::{self, BufRead, BufReader, Read};

/// The size from which the growth of a body is checked ([`Coding::MAX_GROWTH`]), in bytes: a
/// smaller bomb is harmless.
pub(crate) const BOMB_SIZE: u64 = 64 << 20;

/// The maximum input without output, in bytes: some formats allow endless headers or empty
/// parts.
pub(crate) const MAX_WITHOUT_OUTPUT: u64 = 1 << 20;

/// The bytes without this coding.
pub(crate) fn decoder<'a>(
    input: Box<dyn BufRead + Send + 'a>,
    coding: impl Coding + Send + 'static,
) -> Box<dyn BufRead + Send + 'a> {
    let decoder = Decoder {
        input,
        coding,
        consumed: 0,
        produced: 0,
        without_output: 0,
        has_more_output: false,
        ended: false,
        has_padding: false,
    };
    Box::new(BufReader::with_capacity(stream::BLOCK, decoder))
}

/// A reader that removes a coding. It waits for input only if there is no output without.
struct Decoder<'a, C> {
    input: Box<dyn BufRead + Send + 'a>,
    coding: C,
    /// The number of bytes of input and of output.
    consumed: u64,
    produced: u64,
    /// The number of bytes of input since the last output.
    without_output: u64,
    /// The last step filled the output: the next may have output without input.
    has_more_output: bool,
    /// A stream has ended: the input ends too, or the next stream begins.
    ended: bool,
    /// Padding follows the last stream.
    has_padding: bool,
}

/// The next action of a decoder after the end of a stream.
enum AfterEnd {
    /// The input has ended, too.
    Finished,
    /// Padding was skipped.
    Skipped,
    /// The next stream begins.
    NextStream,
}

impl<C: Coding> Read for Decoder<'_, C> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.ended {
                match self.after_end()? {
                    AfterEnd::Finished => return Ok(0),
                    AfterEnd::Skipped => continue,
                    AfterEnd::NextStream => self.ended = false,
                }
            }
            let n = self.step(out)?;
            if n > 0 {
                return Ok(n);
            }
        }
    }
}

impl<C: Coding> Decoder<'_, C> {
    /// Checks the input after the end of a stream.
    fn after_end(&mut self) -> io::Result<AfterEnd> {
        let input = self.input.fill_buf()?;
        let Some(&first) = input.first() else {
            return Ok(AfterEnd::Finished);
        };
        if self.has_padding || self.coding.is_padding(input) {
            self.has_padding = true;
            let zeros = input.iter().take_while(|&&byte| byte == 0).count();
            if zeros < input.len() {
                return Err(trailing::<C>());
            }
            self.input.consume(zeros);
            return Ok(AfterEnd::Skipped);
        }
        match self.coding.restart(first) {
            true => Ok(AfterEnd::NextStream),
            false => Err(trailing::<C>()),
        }
    }

    /// Decodes some input, possibly without output.
    fn step(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let input = match self.has_more_output {
            true => &[],
            false => self.input.fill_buf()?,
        };
        if !self.has_more_output && input.is_empty() {
            return Err(Failure::Truncated(format!("{} breaks off", C::NAME).into()).into());
        }
        let step = self.coding.step(input, out).map_err(invalid::<C>)?;
        // A step without progress would be repeated without end.
        if !self.has_more_output && step.consumed == 0 && step.produced == 0 && !step.ended {
            return Err(invalid::<C>(CORRUPT));
        }
        self.input.consume(step.consumed);
        self.consumed += step.consumed as u64;
        self.produced += step.produced as u64;
        self.ended = step.ended;
        self.has_more_output = step.produced == out.len() && !step.ended;
        if self.produced > BOMB_SIZE && self.produced / C::MAX_GROWTH > self.consumed {
            return Err(bomb::<C>(self.consumed, self.produced));
        }
        match step.produced {
            0 => self.without_output += step.consumed as u64,
            _ => self.without_output = 0,
        }
        if self.without_output > MAX_WITHOUT_OUTPUT {
            return Err(invalid::<C>("data has no content"));
        }
        Ok(step.produced)
    }
}

fn invalid<C: Coding>(how: &str) -> io::Error {
    Failure::Encoding(format!("{} {how}", C::NAME).into()).into()
}

fn trailing<C: Coding>() -> io::Error {
    Failure::TrailingData { coding: C::NAME }.into()
}

fn bomb<C: Coding>(consumed: u64, produced: u64) -> io::Error {
    let name = C::NAME;
    let message = format!("decompression bomb: {consumed} bytes of {name} made {produced}");
    Failure::TooLarge(message.into()).into()
}

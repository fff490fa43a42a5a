//! The chunked transfer coding, decoded in place (RFC 9112, 7.1).
//!
//! A buffer contains framing and data in turns, and ends anywhere. [`Chunked`] moves the data
//! to the beginning of the buffer and stores the state of the framing. A line may end in LF
//! without CR. Extensions and trailers are skipped.

/// The part of the framing that the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The size of a chunk, and the number of its digits so far.
    Size { digits: u32, size: u64 },
    /// An extension after the size, up to the end of the line.
    Extension { size: u64 },
    /// The data of a chunk, and the number of bytes left.
    Data { left: u64 },
    /// The end of the line after the data, before or after the CR.
    DataEnd { cr: bool },
    /// A line after the last chunk, without or with bytes other than CR.
    Trailer { empty: bool },
    /// The end.
    End,
    /// Invalid framing after data.
    Invalid(&'static str),
}

/// The maximum number of digits of a size: 64 bits.
const MAX_DIGITS: u32 = 16;

/// The state of the framing between two reads.
#[derive(Debug)]
pub(crate) struct Chunked(State);

/// The result of one buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The number of bytes of data at the beginning of the buffer.
    pub(crate) data: usize,
    /// The number of bytes that were used: all, unless bytes follow the end.
    pub(crate) used: usize,
}

impl Chunked {
    pub(crate) fn new() -> Chunked {
        Chunked(State::Size { digits: 0, size: 0 })
    }

    /// Whether the end is reached.
    pub(crate) fn is_finished(&self) -> bool {
        self.0 == State::End
    }

    /// Whether the last chunk is complete: only trailers follow.
    pub(crate) fn has_all_data(&self) -> bool {
        matches!(self.0, State::End | State::Trailer { .. })
    }

    /// The error that follows the data of the last buffer.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self.0 {
            State::Invalid(why) => Err(why),
            _ => Ok(()),
        }
    }

    /// Moves the data in `buffer` to its beginning. An error in the framing after some data is
    /// returned by the next call.
    pub(crate) fn decode(&mut self, buffer: &mut [u8]) -> Result<Step, &'static str> {
        let (mut used, mut data) = (0, 0);
        self.check()?;
        while used < buffer.len() && self.0 != State::End {
            if let State::Data { left } = self.0 {
                let n = usize::try_from(left).unwrap_or(usize::MAX);
                let n = n.min(buffer.len() - used);
                if used != data {
                    buffer.copy_within(used..used + n, data);
                }
                used += n;
                data += n;
                self.0 = match left - n as u64 {
                    0 => State::DataEnd { cr: false },
                    left => State::Data { left },
                };
                continue;
            }
            match self.next(buffer[used]) {
                Ok(state) => self.0 = state,
                Err(why) if data > 0 => {
                    self.0 = State::Invalid(why);
                    break;
                }
                Err(why) => return Err(why),
            }
            used += 1;
        }
        Ok(Step { data, used })
    }

    /// The state after one byte of the framing.
    fn next(&self, byte: u8) -> Result<State, &'static str> {
        let chunk = |size| match size {
            0 => State::Trailer { empty: true },
            left => State::Data { left },
        };
        Ok(match (self.0, byte) {
            (State::Size { digits: 1.., size }, b'\n') => chunk(size),
            (State::Size { digits: 1.., size }, b';' | b' ' | b'\t' | b'\r') => {
                State::Extension { size }
            }
            (State::Size { digits, size }, byte) => match char::from(byte).to_digit(16) {
                Some(_) if digits == MAX_DIGITS => return Err("chunk size is too large"),
                Some(digit) => State::Size {
                    digits: digits + 1,
                    size: size << 4 | u64::from(digit),
                },
                None => return Err("invalid chunk size"),
            },
            (State::Extension { size }, b'\n') => chunk(size),
            (State::Extension { size }, _) => State::Extension { size },
            (State::DataEnd { .. }, b'\n') => State::Size { digits: 0, size: 0 },
            (State::DataEnd { cr: false }, b'\r') => State::DataEnd { cr: true },
            (State::DataEnd { .. }, _) => return Err("chunk is longer than its size"),
            (State::Trailer { empty: true }, b'\n') => State::End,
            (State::Trailer { .. }, b'\n') => State::Trailer { empty: true },
            (State::Trailer { empty: true }, b'\r') => State::Trailer { empty: true },
            (State::Trailer { .. }, _) => State::Trailer { empty: false },
            (state @ (State::Data { .. } | State::End | State::Invalid(_)), _) => state,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The data of a body in pieces, and the number of bytes after its end.
    fn decoded(body: &[u8], piece: usize) -> Result<(Vec<u8>, usize, bool), &'static str> {
        let (mut chunked, mut data, mut used) = (Chunked::new(), Vec::new(), 0);
        for piece in body.chunks(piece) {
            let mut piece = piece.to_vec();
            let step = chunked.decode(&mut piece)?;
            data.extend_from_slice(&piece[..step.data]);
            used += step.used;
            chunked.check()?;
        }
        Ok((data, body.len() - used, chunked.is_finished()))
    }

    // case fetch-22
    #[test]
    fn ends_of_lines() {
        for body in [
            &b"3\r\nhi\n\r\n0\r\n\r\n"[..],
            b"3\r\nhi\n\r\n0\r\n\n",
            b"3\nhi\n\n0\n\n",
            b"3;a=\"b\"\r\nhi\n\r\n000 ;x\r\nTrailer: y\r\nMore:\r\n\r\n",
        ] {
            for piece in [1, 2, 100] {
                let data = (b"hi\n".to_vec(), 0, true);
                assert_eq!(decoded(body, piece), Ok(data));
            }
        }
        let left = decoded(b"0\r\n\r\nHTTP/1.1", 100).unwrap();
        assert_eq!(left, (Vec::new(), 8, true));
    }

    // case fetch-23
    #[test]
    fn invalid_framing_is_an_error_at_once() {
        for (body, error) in [
            (&b"<p>hi</p>\n"[..], "invalid chunk size"),
            (b"\r\n", "invalid chunk size"),
            (b"-1\r\n", "invalid chunk size"),
            (b"11111111111111111", "chunk size is too large"),
            (b"1\r\nab", "chunk is longer than its size"),
            (b"1\r\na\rb", "chunk is longer than its size"),
        ] {
            assert_eq!(decoded(body, 1), Err(error));
        }
    }

    proptest! {
        #[test]
        fn chunks_of_any_size_in_pieces_of_any_size(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..9),
            piece in 1..60usize,
        ) {
            let mut body = Vec::new();
            for chunk in &chunks {
                body.extend(format!("{:X}\r\n", chunk.len()).bytes());
                body.extend(chunk);
                body.extend(b"\r\n");
            }
            let cut = body.len();
            body.extend(b"0\r\n\r\n");
            let (data, left, over) = decoded(&body, piece).unwrap();
            prop_assert_eq!(&data, &chunks.concat());
            prop_assert_eq!((left, over), (0, true));
            prop_assert!(!decoded(&body[..cut], piece).unwrap().2);
        }

        #[test]
        fn any_bytes(bytes: Vec<u8>, piece in 1..9usize) {
            let _ = decoded(&bytes, piece);
        }
    }
}

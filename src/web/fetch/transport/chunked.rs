//! The chunked transfer coding, taken off in place (RFC 9112, 7.1).
//!
//! What a read brought is framing and data in turns, cut anywhere. [`Chunked`]
//! moves the data together and remembers where in the framing it is. A line may end
//! in a lone LF. Extensions and trailers are passed over.

/// Where in the framing the next byte belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The size of a chunk, of which there are so many digits.
    Size { digits: u32, size: u64 },
    /// What may stand behind it in its line.
    Extension { size: u64 },
    /// The data of a chunk, and the number of bytes to come.
    Data { left: u64 },
    /// The end of its line; the CR has come or has not.
    DataEnd { cr: bool },
    /// A line behind the last chunk, which has bytes other than a CR or has not.
    Trailer { empty: bool },
    /// Behind all.
    Over,
    /// Behind data, where something is that is no framing.
    Wrong(&'static str),
}

/// The most digits of a size: more are beyond 64 bits, or a trick.
const DIGITS: u32 = 16;

/// The state of the framing between two reads.
#[derive(Debug)]
pub(super) struct Chunked(At);

/// What was made of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// So many bytes of data stand at the beginning of the buffer.
    pub(super) data: usize,
    /// So many bytes of the buffer were used: all, but for what follows the end.
    pub(super) used: usize,
}

impl Chunked {
    pub(super) fn new() -> Chunked {
        Chunked(At::Size { digits: 0, size: 0 })
    }

    /// Whether the end has come.
    pub(super) fn is_over(&self) -> bool {
        self.0 == At::Over
    }

    /// Whether the last chunk has come. What follows it belongs to no body.
    pub(super) fn has_all_data(&self) -> bool {
        matches!(self.0, At::Over | At::Trailer { .. })
    }

    /// What is wrong with the framing, if that was found behind data.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self.0 {
            At::Wrong(why) => Err(why),
            _ => Ok(()),
        }
    }

    /// Moves the data in `buffer` to its beginning. The error says what is wrong with the
    /// framing; it comes with the next call, if there is data before it.
    pub(super) fn take_off(&mut self, buffer: &mut [u8]) -> Result<Step, &'static str> {
        let (mut used, mut data) = (0, 0);
        self.check()?;
        while used < buffer.len() && self.0 != At::Over {
            if let At::Data { left } = self.0 {
                let n = usize::try_from(left).unwrap_or(usize::MAX);
                let n = n.min(buffer.len() - used);
                if used != data {
                    buffer.copy_within(used..used + n, data);
                }
                used += n;
                data += n;
                self.0 = match left - n as u64 {
                    0 => At::DataEnd { cr: false },
                    left => At::Data { left },
                };
                continue;
            }
            match self.after(buffer[used]) {
                Ok(at) => self.0 = at,
                Err(why) if data > 0 => {
                    self.0 = At::Wrong(why);
                    break;
                }
                Err(why) => return Err(why),
            }
            used += 1;
        }
        Ok(Step { data, used })
    }

    /// The state after one byte of the framing.
    fn after(&self, byte: u8) -> Result<At, &'static str> {
        let chunk = |size| match size {
            0 => At::Trailer { empty: true },
            left => At::Data { left },
        };
        Ok(match (self.0, byte) {
            (At::Size { digits: 1.., size }, b'\n') => chunk(size),
            (At::Size { digits: 1.., size }, b';' | b' ' | b'\t' | b'\r') => At::Extension { size },
            (At::Size { digits, size }, byte) => match char::from(byte).to_digit(16) {
                Some(_) if digits == DIGITS => return Err("chunk size is too large"),
                Some(digit) => At::Size {
                    digits: digits + 1,
                    size: size << 4 | u64::from(digit),
                },
                None => return Err("invalid chunk size"),
            },
            (At::Extension { size }, b'\n') => chunk(size),
            (At::Extension { size }, _) => At::Extension { size },
            (At::DataEnd { .. }, b'\n') => At::Size { digits: 0, size: 0 },
            (At::DataEnd { cr: false }, b'\r') => At::DataEnd { cr: true },
            (At::DataEnd { .. }, _) => return Err("chunk is longer than its size"),
            (At::Trailer { empty: true }, b'\n') => At::Over,
            (At::Trailer { .. }, b'\n') => At::Trailer { empty: true },
            (At::Trailer { empty: true }, b'\r') => At::Trailer { empty: true },
            (At::Trailer { .. }, _) => At::Trailer { empty: false },
            (at @ (At::Data { .. } | At::Over | At::Wrong(_)), _) => at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The data of a body that comes in these pieces, and what is left behind its end.
    fn taken_off(body: &[u8], piece: usize) -> Result<(Vec<u8>, usize, bool), &'static str> {
        let (mut chunked, mut data, mut used) = (Chunked::new(), Vec::new(), 0);
        for piece in body.chunks(piece) {
            let mut piece = piece.to_vec();
            let step = chunked.take_off(&mut piece)?;
            data.extend_from_slice(&piece[..step.data]);
            used += step.used;
            chunked.check()?;
        }
        Ok((data, body.len() - used, chunked.is_over()))
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
                assert_eq!(taken_off(body, piece), Ok(data));
            }
        }
        let left = taken_off(b"0\r\n\r\nHTTP/1.1", 100).unwrap();
        assert_eq!(left, (Vec::new(), 8, true));
    }

    // case fetch-23
    #[test]
    fn what_is_no_framing_is_found_at_once() {
        for (body, error) in [
            (&b"<p>hi</p>\n"[..], "invalid chunk size"),
            (b"\r\n", "invalid chunk size"),
            (b"-1\r\n", "invalid chunk size"),
            (b"11111111111111111", "chunk size is too large"),
            (b"1\r\nab", "chunk is longer than its size"),
            (b"1\r\na\rb", "chunk is longer than its size"),
        ] {
            assert_eq!(taken_off(body, 1), Err(error));
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
            let (data, left, over) = taken_off(&body, piece).unwrap();
            prop_assert_eq!(&data, &chunks.concat());
            prop_assert_eq!((left, over), (0, true));
            prop_assert!(!taken_off(&body[..cut], piece).unwrap().2);
        }

        #[test]
        fn no_bytes_are_too_odd(bytes: Vec<u8>, piece in 1..9usize) {
            let _ = taken_off(&bytes, piece);
        }
    }
}

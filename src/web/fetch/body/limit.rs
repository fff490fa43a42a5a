//! The most that one body may be: `--max-size`.
//!
//! It stands behind the decoding, so that what counts is what is handed on.

use super::failure::Failure;
use std::io::{self, Read};

/// A reader of at most so many bytes. Up to there it gives them; that there
/// are more is an error.
pub(super) struct Limit<R> {
    inner: R,
    /// How many bytes there may be in all.
    most: u64,
    /// How many are still allowed.
    left: u64,
}

impl<R: Read> Limit<R> {
    /// The same bytes, if they are `most` at most.
    pub(super) fn new(inner: R, most: u64) -> Limit<R> {
        Limit {
            inner,
            most,
            left: most,
        }
    }
}

impl<R: Read> Read for Limit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            // One byte more tells the end from too much.
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(too_large(self.most).into()),
            };
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
        let room = room.min(buffer.len());
        let n = self.inner.read(&mut buffer[..room])?;
        self.left -= n as u64;
        Ok(n)
    }
}

/// Why a body is not read on, or not even begun where its length is known.
pub(super) fn too_large(most: u64) -> Failure {
    Failure::TooLarge(format!("body larger than {most} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{cuts, pieces};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_or_a_true_beginning(text: Vec<u8>, most in 0..200u64, cuts in cuts()) {
            let mut out = Vec::new();
            let result = Limit::new(pieces(&text, cuts), most).read_to_end(&mut out);
            if text.len() as u64 <= most {
                prop_assert_eq!(result.unwrap(), text.len());
                prop_assert_eq!(out, text);
            } else {
                let message = format!("body larger than {most} bytes");
                prop_assert_eq!(result.unwrap_err().to_string(), message);
                prop_assert_eq!(&out, &text[..most as usize]);
            }
        }
    }
}

//! The size limit of a body: `--max-size`. It applies to the decoded bytes.

use crate::web::fetch::failure::Failure;
use std::io::{self, Read};

/// A reader with a size limit. More bytes are an error after the last byte within the limit.
pub(crate) struct Limit<R> {
    inner: R,
    /// The limit in bytes.
    max: u64,
    /// The rest of the limit.
    left: u64,
}

impl<R: Read> Limit<R> {
    pub(crate) fn new(inner: R, max: u64) -> Limit<R> {
        Limit {
            inner,
            max,
            left: max,
        }
    }
}

impl<R: Read> Read for Limit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            // Another byte distinguishes the end from an excess.
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(too_large(self.max).into()),
            };
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let left = left.min(buffer.len());
        let n = self.inner.read(&mut buffer[..left])?;
        self.left -= n as u64;
        Ok(n)
    }
}

/// The failure of a body above the limit.
pub(crate) fn too_large(max: u64) -> Failure {
    Failure::TooLarge(format!("body larger than {max} bytes").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{cuts, pieces};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_whole_body_or_its_beginning(text: Vec<u8>, most in 0..200u64, cuts in cuts()) {
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

//! Finds the record that made a sum too large, to name it in the error message.

use crate::common::error::{Error, TOO_LARGE};
use crate::common::stream;
use crate::text::tally::Tally;
use std::io::Read;

/// Finds the record with which the counts of a line become too large, in one input after the
/// other: an [`Error::Line`] has its number. `is_line` tells which lines are added up; `sum` is
/// the sum of the inputs before.
pub fn find_too_large(
    mut is_line: impl FnMut(&[u8]) -> bool,
    sum: &mut u64,
    input: &mut impl Read,
    terminator: u8,
) -> Result<(), Error> {
    let mut number = 0;
    stream::lines(input, terminator, |record| {
        number += 1;
        let tally = Tally::parse(record).map_err(|cause| Error::line(number, cause))?;
        if is_line(tally.line) {
            *sum = sum
                .checked_add(tally.count)
                .ok_or(Error::line(number, TOO_LARGE))?;
        }
        Ok(())
    })
}

//! Sorted counts without those of a slot that has left the window.

use crate::common::error::Error;
use crate::text::count::spill::loser_tree::Sorted;
use crate::text::count::spill::records::Records;

/// Sorted counts, less others. A line of which nothing is left is passed over.
pub struct Rest<'a> {
    counts: Records<'a>,
    /// What is left of the current count.
    count: u64,
    less: Option<Less<'a>>,
}

/// Counts that are subtracted.
struct Less<'a> {
    counts: Records<'a>,
    /// Whether there is a current line.
    more: bool,
}

impl<'a> Rest<'a> {
    /// All counts.
    pub fn all(counts: Records<'a>) -> Self {
        Rest {
            counts,
            count: 0,
            less: None,
        }
    }

    /// The counts less others, which are a part of them.
    pub fn of(counts: Records<'a>, mut less: Records<'a>) -> Result<Self, Error> {
        let more = less.advance()?;
        Ok(Rest {
            less: Some(Less { counts: less, more }),
            ..Rest::all(counts)
        })
    }
}

impl Sorted for Rest<'_> {
    fn advance(&mut self) -> Result<bool, Error> {
        while self.counts.advance()? {
            self.count = self.counts.count();
            let Some(less) = &mut self.less else {
                return Ok(true);
            };
            // A count of 0 is not on the page.
            while less.more && less.counts.line() < self.counts.line() {
                less.more = less.counts.advance()?;
            }
            if less.more && less.counts.line() == self.counts.line() {
                self.count = self.count.saturating_sub(less.counts.count());
            }
            if self.count > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn line(&self) -> &[u8] {
        self.counts.line()
    }

    fn prefix(&self) -> u128 {
        self.counts.prefix()
    }

    fn count(&self) -> u64 {
        self.count
    }
}

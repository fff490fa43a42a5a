//! The memory that decoders may take.

use super::error::DecompressError;
use super::format::Format;
use crate::common::memory::{self, Size};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest window of a decoder, in bytes. It is that of the program zstd.
pub const LARGEST: u64 = 128 << 20;

/// The memory that a program with a limit needs besides decoders, in bytes.
const LEAST_REST: u64 = 1 << 20;

/// The memory that decoders may take: 128 MiB each, and less if the program has a limit.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    limit: Option<Size>,
    taken: Arc<AtomicU64>,
}

impl Allowance {
    /// The memory of decoders in a program whose memory has this limit.
    pub fn within(limit: Size) -> Allowance {
        Allowance {
            limit: Some(limit),
            ..Allowance::default()
        }
    }

    /// The memory that decoders take now, in bytes.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes memory for a decoder.
    pub(super) fn take(&self, format: Format, needed: u64) -> Result<Taken, DecompressError> {
        let rest = self.limit.map_or(u64::MAX, |limit| {
            let limit = limit.bytes(memory::available());
            limit.saturating_sub(LEAST_REST + self.taken())
        });
        let limit = rest.min(LARGEST);
        if needed > limit {
            return Err(DecompressError::Memory {
                format,
                needed,
                limit,
            });
        }
        self.taken.fetch_add(needed, Ordering::Relaxed);
        Ok(Taken {
            bytes: needed,
            taken: Arc::clone(&self.taken),
        })
    }
}

/// Memory of a decoder; dropping it returns it.
#[derive(Debug)]
pub(super) struct Taken {
    bytes: u64,
    taken: Arc<AtomicU64>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_decoders_together_stay_within_the_limit() {
        let take = |allowance: &Allowance, mebibytes: u64| {
            allowance
                .take(Format::Xz, mebibytes << 20)
                .map_err(|error| error.to_string())
        };
        let allowance = Allowance::default();
        let first = take(&allowance, 128).unwrap();
        let second = take(&allowance, 128).unwrap();
        assert_eq!(allowance.taken(), 256 << 20);
        drop((first, second));
        assert_eq!(allowance.taken(), 0);
        assert_eq!(
            take(&allowance, 129).unwrap_err(),
            "the xz data needs 129 MiB of memory, more than the 128 MiB that are left (use xz -dc)"
        );

        let allowance = Allowance::within(Size::Bytes(17 << 20));
        let first = take(&allowance, 8).unwrap();
        let second = take(&allowance, 8).unwrap();
        assert!(
            take(&allowance, 1)
                .unwrap_err()
                .contains("more than the 0 bytes that are left")
        );
        drop(first);
        drop(take(&allowance, 8).unwrap());
        drop(second);
        let small = Allowance::within(Size::Bytes(0));
        assert!(take(&small, 1).is_err() && take(&small, 0).is_ok());
    }
}

//! The memory that decoders may take.

use super::error::DecompressError;
use super::format::Format;
use crate::common::memory::Size;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The largest window of a decoder, in bytes. It is that of the program zstd.
pub const LARGEST: u64 = 128 << 20;

/// The memory that a program with a limit needs besides decoders, in bytes.
const LEAST_REST: u64 = 1 << 20;

/// The memory that decoders may take: 128 MiB each, and less if the program has a limit.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The limit of the program's memory.
    size: Option<Size>,
    /// The same in bytes, once it is needed.
    limit: OnceLock<u64>,
    taken: AtomicU64,
}

impl Allowance {
    /// The memory of decoders in a program whose memory has this limit.
    pub fn within(limit: Size) -> Allowance {
        Allowance {
            shared: Arc::new(Shared {
                size: Some(limit),
                ..Shared::default()
            }),
        }
    }

    /// The memory that decoders take now, in bytes.
    pub fn taken(&self) -> u64 {
        self.shared.taken.load(Ordering::Relaxed)
    }

    /// The memory that is left of the program's limit, in bytes; none without a limit.
    pub(super) fn left(&self) -> Option<u64> {
        let size = self.shared.size?;
        let limit = self.shared.limit.get_or_init(|| size.bytes_now());
        Some(limit.saturating_sub(LEAST_REST + self.taken()))
    }

    /// Another allowance, of `bytes` that have been taken, and of what is left.
    pub(super) fn of_taken(&self, bytes: u64) -> Allowance {
        match self.left() {
            Some(left) => Allowance::within(Size::Bytes(left + bytes + LEAST_REST)),
            None => Allowance::default(),
        }
    }

    /// Takes memory, if it is left.
    pub(super) fn reserve(&self, bytes: u64) -> Option<Taken> {
        if self.left().is_some_and(|left| left < bytes) {
            return None;
        }
        self.shared.taken.fetch_add(bytes, Ordering::Relaxed);
        Some(Taken {
            bytes,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Takes memory for a decoder.
    pub(super) fn take(&self, format: Format, needed: u64) -> Result<Taken, DecompressError> {
        let is_window = needed > LARGEST;
        let taken = self.reserve(needed).filter(|_| !is_window);
        taken.ok_or_else(|| DecompressError::Memory {
            format,
            needed,
            limit: self.left().unwrap_or(u64::MAX).min(LARGEST),
            is_window,
        })
    }
}

/// Memory that was taken; dropping it returns it.
#[derive(Debug)]
pub(super) struct Taken {
    bytes: u64,
    shared: Arc<Shared>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.shared.taken.fetch_sub(self.bytes, Ordering::Relaxed);
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
            "the xz data needs 129 MiB of memory, more than 128 MiB (use xz -dc)"
        );

        let allowance = Allowance::within(Size::Bytes(17 << 20));
        let first = take(&allowance, 8).unwrap();
        let second = take(&allowance, 8).unwrap();
        assert!(
            take(&allowance, 1)
                .unwrap_err()
                .contains("more than the 0 MiB that are left")
        );
        drop(first);
        drop(take(&allowance, 8).unwrap());
        drop(second);
        let small = Allowance::within(Size::Bytes(0));
        assert!(take(&small, 1).is_err() && take(&small, 0).is_ok());
    }
}

//! Sizes and marks of the file of a value.

/// The end of the file of a value, with the version of the format.
pub(super) const MAGIC: &[u8; 16] = b"textmill memo 2\n";

/// The same for the value of a command that failed.
pub(super) const MAGIC_OF_FAILURE: &[u8; 16] = b"textmill memo 3\n";

/// The end of a file in a format that is not read any more.
pub(super) const OLDER: &[u8; 16] = b"textmill memo 1\n";

/// The bytes of a mark, with which every file begins.
pub(crate) const MARK: usize = 16;

/// The bytes of a number or of the digest in a trailer.
pub(super) const NUMBER: usize = 8;

/// How much of a file's end is read first, in bytes: most keys are shorter.
pub(super) const TAIL: u64 = 4096;

/// How much of the output has a hash of its own, in bytes: little enough to be
/// in the processor's cache still when it is printed.
pub(super) const BLOCK: usize = 256 << 10;

/// The bytes of a hash.
pub(super) const HASH: usize = 16;

//! Binary files with a content type of text: the default of nginx for unknown suffixes, and of
//! Apache with `charset=iso-8859-1`.
//!
//! The rule is that of the MIME Sniffing standard, 7.2: a file is binary if its first 1,445
//! bytes contain control bytes that text does not. Text with a byte order mark is not
//! sniffed, since UTF-16 contains such bytes.

/// The size of the sniffed part, in bytes (MIME Sniffing, 5.2).
pub(crate) const HEADER: usize = 1445;

/// The result for the beginning of a body.
#[derive(Debug, Default)]
pub(crate) struct Sniff {
    seen: usize,
    is_binary: bool,
}

impl Sniff {
    /// Adds the next block.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let left = bytes.len().min(HEADER - self.seen);
        self.is_binary |= bytes[..left].iter().any(|&byte| is_binary(byte));
        self.seen += left;
    }

    /// Whether the sniffed part is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.seen == HEADER
    }

    /// Whether the bytes so far contain a binary data byte.
    pub(crate) fn is_binary(&self) -> bool {
        self.is_binary
    }
}

/// Whether it is a "binary data byte".
fn is_binary(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

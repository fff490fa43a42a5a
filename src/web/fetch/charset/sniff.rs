//! Text or bytes? Servers label as text what they do not know: nginx every file whose
//! ending is new to it, Apache with `charset=iso-8859-1`.
//!
//! The rule is that of the MIME Sniffing standard, 7.2: control bytes that no text
//! has, within the first 1,445 bytes, are those of a binary file. A byte order mark
//! is looked for before, since UTF-16 is full of them.

/// How much of a body is looked at, in bytes (MIME Sniffing, 5.2).
pub(super) const HEADER: usize = 1445;

/// What the beginning of a body looks like.
#[derive(Debug, Default)]
pub(super) struct Sniff {
    seen: usize,
    is_binary: bool,
}

impl Sniff {
    /// Looks at more of the body.
    pub(super) fn more(&mut self, bytes: &[u8]) {
        let left = bytes.len().min(HEADER - self.seen);
        self.is_binary |= bytes[..left].iter().any(|&byte| is_binary(byte));
        self.seen += left;
    }

    /// Whether there is nothing more to look at.
    pub(super) fn is_done(&self) -> bool {
        self.seen == HEADER
    }

    /// Whether it is no text, as far as it was looked at.
    pub(super) fn is_binary(&self) -> bool {
        self.is_binary
    }
}

/// A "binary data byte".
fn is_binary(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

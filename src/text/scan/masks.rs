//! The masks of a chunk of text. Bit `i` is for byte `i` of the chunk.

/// The number of bytes of a chunk, and of bits of a mask.
pub const CHUNK: usize = 64;

/// The room that the kept bytes of a chunk need, in bytes: a store may write more than it keeps.
pub const ROOM: usize = CHUNK + 8;

/// The classes of the bytes of a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Bytes of word characters (`\w`).
    pub word: u64,
    /// First bytes of upper-case characters (`\p{Uppercase}`).
    pub upper: u64,
    /// Bytes outside ASCII.
    pub high: u64,
}

/// The characters whose classes matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of ASCII. All others are in no word.
    Ascii,
    /// All characters. Capitals outside ASCII may be missing in [`Masks::upper`].
    Words,
    /// All characters.
    Capitals,
}

/// The characters outside ASCII of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leads {
    /// The first bytes of all characters outside ASCII, and bytes with their bit pattern.
    pub all: u64,
    /// Those whose lower case may be another character, and perhaps some more.
    pub change: u64,
}

/// What separates fields in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separators {
    /// A byte. Each of them is a mark.
    Byte(u8),
    /// A run of spaces and TABs. The first byte of a field is a mark, and the first byte after it.
    Blanks,
}

/// A mark in a line, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nth {
    /// Where the line begins.
    pub start: usize,
    /// Where it ends: at its newline, or at the end of the text.
    pub end: usize,
    /// The mark, or the end of the line.
    pub mark: usize,
    /// The mark after it, or the end of the line.
    pub next: usize,
}

//! Lines that are too long to be keys.
//!
//! They are in a buffer, one after the other. Each worker has an arena of its
//! own, and the key of a line has its place.

use super::key::Long;

/// Long lines, one after the other: the length in eight bytes, then the line.
#[derive(Clone, Debug, Default)]
pub struct Arena(Vec<u8>);

/// The place of a long line: the number of its arena in the upper 16 bits, then
/// its offset there, plus one. Never 0.
pub type Place = u64;

/// The number of an arena whose lines were read back from a file.
pub const LOADED: u16 = u16::MAX;

/// The number of bits of the offset in a place.
const OFFSET_BITS: u32 = 48;

impl Arena {
    /// The size of all lines and their lengths, in bytes.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// Makes room for this many bytes of lines and their lengths.
    pub fn reserve(&mut self, size: usize) {
        self.0.reserve_exact(size);
    }

    /// The size of a line and its length, in bytes.
    pub fn size_of(line: &[u8]) -> usize {
        size_of::<u64>() + line.len()
    }

    /// The line at a place.
    pub fn line(&self, place: Place) -> &[u8] {
        let offset = (place & ((1 << OFFSET_BITS) - 1)) as usize - 1;
        let (length, line) = self.0[offset..].split_first_chunk().expect("a length");
        &line[..u64::from_le_bytes(*length) as usize]
    }

    /// The first eight bytes of the line at a place, as a big-endian number.
    pub fn start(&self, place: Place) -> u64 {
        let start = self.line(place).first_chunk();
        u64::from_be_bytes(*start.expect("long lines are longer"))
    }

    /// Appends a line to the arena of this number and returns its place.
    pub fn push(&mut self, number: u16, line: &[u8]) -> Place {
        let place = u64::from(number) << OFFSET_BITS | (self.0.len() as u64 + 1);
        self.0.extend_from_slice(&(line.len() as u64).to_le_bytes());
        self.0.extend_from_slice(line);
        place
    }
}

/// The arenas of consecutive workers.
#[derive(Clone, Copy)]
pub struct Arenas<'a> {
    first: usize,
    arenas: &'a [Arena],
    loaded: Option<&'a Arena>,
}

impl<'a> Arenas<'a> {
    /// The arena of a single worker.
    pub fn one(number: u16, arena: &'a Arena) -> Self {
        Arenas {
            first: number.into(),
            arenas: std::slice::from_ref(arena),
            loaded: None,
        }
    }

    /// The arenas of all workers, in the order of their numbers.
    pub fn all(arenas: &'a [Arena]) -> Self {
        Arenas {
            first: 0,
            arenas,
            loaded: None,
        }
    }

    /// These arenas, and the one with the number [`LOADED`].
    pub fn and(self, loaded: &'a Arena) -> Self {
        let loaded = Some(loaded);
        Arenas { loaded, ..self }
    }

    /// The line of a key.
    pub fn line(self, key: &Long) -> &'a [u8] {
        let number = key.place >> OFFSET_BITS;
        let arena = match self.loaded {
            Some(loaded) if number == u64::from(LOADED) => loaded,
            _ => &self.arenas[number as usize - self.first],
        };
        arena.line(key.place)
    }
}

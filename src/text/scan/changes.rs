//! Which characters may change in lower case, by the nibbles of their first two bytes.
//!
//! A character may change if the classes of the two nibbles of its first byte and of the
//! high nibble of its second byte have a bit in common. Two more cases are not in these tables:
//! CF 8F, and F0 with any second byte.

/// Latin, Greek and Coptic: C4 to C9 and CD, with any second byte.
const LATIN: u8 = 1;
/// À to Þ: C3, with 8x and 9x.
const LATIN_1: u8 = 2;
/// Greek: CE, with 8x to Ax.
const GREEK: u8 = 4;
/// Greek symbols and Coptic: CF, with 9x to Bx; 8F is a case of its own.
const COPTIC: u8 = 8;
/// Cyrillic: D0, with 8x to Ax.
const CYRILLIC: u8 = 16;
/// Old Cyrillic: D1, with Ax and Bx.
const OLD_CYRILLIC: u8 = 32;
/// More Cyrillic, Armenian: D2 to D5, with any.
const ARMENIAN: u8 = 64;
/// Three bytes: E1, E2, EA and EF, with any.
const THREE: u8 = 128;
const C: u8 = LATIN | LATIN_1 | GREEK | COPTIC;
const D: u8 = CYRILLIC | OLD_CYRILLIC | ARMENIAN;
const ANY: u8 = LATIN | ARMENIAN | THREE;

pub static BY_HIGH: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, C, D, THREE, 0];
pub static BY_LOW: [u8; 16] = [
    CYRILLIC,
    OLD_CYRILLIC | THREE,
    ARMENIAN | THREE,
    LATIN_1 | ARMENIAN,
    LATIN | ARMENIAN,
    LATIN | ARMENIAN,
    LATIN,
    LATIN,
    LATIN,
    LATIN,
    THREE,
    0,
    0,
    LATIN,
    GREEK,
    COPTIC | THREE,
];
pub static BY_SECOND: [u8; 16] = [
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ANY | LATIN_1 | GREEK | CYRILLIC,
    ANY | LATIN_1 | GREEK | CYRILLIC | COPTIC,
    ANY | GREEK | CYRILLIC | COPTIC | OLD_CYRILLIC,
    ANY | COPTIC | OLD_CYRILLIC,
    0,
    0,
    0,
    0,
];

/// The same for a first byte by its low six bits, F0 included.
#[cfg(simd = "x86")]
pub const fn by_first() -> [u8; 64] {
    let mut first = [0; 64];
    let mut i = 0;
    while i < 64 {
        first[i] = BY_HIGH[0xC + (i >> 4)] & BY_LOW[i & 0xF];
        i += 1;
    }
    first[0x30] = THREE;
    first
}

/// The same for a second byte by its low six bits, 8F included.
#[cfg(simd = "x86")]
pub const fn by_second() -> [u8; 64] {
    let mut second = [0; 64];
    let mut i = 0;
    while i < 64 {
        second[i] = BY_SECOND[0x8 + (i >> 4)];
        i += 1;
    }
    second[0xF] |= COPTIC;
    second
}

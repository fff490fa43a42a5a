//! What the implementations with SIMD look up, a vector register of 16 or 8 bytes each.
//!
//! A byte is in a class if the class bits of its low nibble and of its high nibble meet. Both are
//! look-ups in a table of 16 bytes, for all bytes of a vector at once (see Langdale and Lemire,
//! "Parsing Gigabytes of JSON per Second", 2019).

/// The classes of ASCII bytes in words.
pub mod word {
    /// Digits: high nibble 3, low 0 to 9.
    const DIGIT: u8 = 1;
    /// `A` to `O` and `a` to `o`: high nibble 4 or 6, low 1 to 15.
    const FIRST: u8 = 2;
    /// `P` to `Z` and `_`: high nibble 5, low 0 to 10 and 15.
    const UPPER: u8 = 4;
    /// `p` to `z`: high nibble 7, low 0 to 10.
    const LOWER: u8 = 8;
    const ALL: u8 = DIGIT | FIRST | UPPER | LOWER;

    /// By the low nibble.
    pub const LOW: [u8; 16] = [
        ALL & !FIRST,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        ALL,
        FIRST | UPPER | LOWER,
        FIRST,
        FIRST,
        FIRST,
        FIRST,
        FIRST | UPPER,
    ];

    /// By the high nibble.
    pub const HIGH: [u8; 16] = [
        0, 0, 0, DIGIT, FIRST, UPPER, FIRST, LOWER, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}

/// The classes of characters of two and three bytes that may change in lower case. The first two
/// bytes decide: the classes of the two nibbles of the first and of the high nibble of the second
/// meet. Not in the tables are CF 8F, and F0 with any second byte (four bytes).
pub mod change {
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

    /// By the high nibble of the first byte.
    pub const HIGH: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, C, D, THREE, 0];

    /// By the low nibble of the first byte.
    pub const LOW: [u8; 16] = [
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

    /// By the high nibble of the second byte.
    pub const SECOND: [u8; 16] = [
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
}

/// For each set of eight bytes, which of them comes first, second and so on.
pub static MOVES: [u64; 256] = {
    let mut moves = [0; 256];
    let mut set = 0;
    while set < 256 {
        let (mut from, mut to) = (0, 0);
        while from < 8 {
            if set >> from & 1 == 1 {
                moves[set] |= from << (8 * to);
                to += 1;
            }
            from += 1;
        }
        set += 1;
    }
    moves
};

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

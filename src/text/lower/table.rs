//! The case of each character, ready to be stored.
//!
//! The mapping itself is a slow function from elsewhere (`std`, `unicase`). Its
//! answers are kept by pages of 64 characters, filled when the first of them
//! appears: a text of one script needs a handful.

/// The longest mapping in bytes, and how much a store of one writes.
pub const LONGEST: usize = 8;

/// How many times longer a text can become at the most (`ΐ`, two bytes,
/// case-folds to six).
pub const GROWTH: usize = 3;

/// How many characters a page holds.
const PAGE: usize = 64;

/// Answers of a function of characters, kept by pages.
pub struct Pages<T> {
    answer: fn(char) -> T,
    /// For each page: where it begins in `answers`, plus one; 0 is not yet filled.
    index: Vec<u32>,
    answers: Vec<T>,
}

impl<T: Copy + Default> Pages<T> {
    pub fn new(answer: fn(char) -> T) -> Self {
        let index = vec![0; 0x11_0000 / PAGE];
        let answers = Vec::new();
        Pages {
            answer,
            index,
            answers,
        }
    }

    #[inline(always)]
    pub fn get(&mut self, c: char) -> T {
        let page = c as usize / PAGE;
        let mut begin = self.index[page];
        if begin == 0 {
            begin = self.fill(page);
        }
        self.answers[begin as usize - 1 + c as usize % PAGE]
    }

    #[cold]
    fn fill(&mut self, page: usize) -> u32 {
        let begin = self.answers.len() as u32 + 1;
        self.answers
            .extend((page * PAGE..(page + 1) * PAGE).map(|code| {
                let c = char::from_u32(code as u32); // surrogates have no answer
                c.map(self.answer).unwrap_or_default()
            }));
        self.index[page] = begin;
        begin
    }
}

/// What each character becomes: its UTF-8 in the low seven bytes of a number,
/// the length in the high one.
pub struct Cases(Pages<u64>);

impl Cases {
    /// The table of a mapping, of which [`pack`] gives the answers.
    pub fn new(packed: fn(char) -> u64) -> Self {
        Cases(Pages::new(packed))
    }

    /// Stores what `c`, of `length` bytes, becomes at the start of `room`, and
    /// returns its length; what lies behind is kept if that is the same. `room`
    /// has at least [`LONGEST`] bytes.
    #[inline(always)]
    pub fn put(&mut self, c: char, length: usize, room: &mut [u8]) -> usize {
        let packed = self.0.get(c);
        let room: &mut [u8; LONGEST] = room.first_chunk_mut().expect("room for any character");
        let behind = u64::MAX << (8 * length);
        let before = u64::from_le_bytes(*room);
        *room = (before & behind | packed & !behind).to_le_bytes();
        let put = (packed >> 56) as usize;
        if put > length {
            room[..put].copy_from_slice(&packed.to_le_bytes()[..put]);
        }
        put
    }
}

/// What a character becomes, as the table holds it.
pub fn pack(text: &str) -> u64 {
    assert!(text.len() < LONGEST, "no case mapping of Unicode is longer");
    let mut bytes = [0; LONGEST];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes[LONGEST - 1] = text.len() as u8;
    u64::from_le_bytes(bytes)
}

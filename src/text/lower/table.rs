//! The case of each character, in the form in which it is written.
//!
//! The mapping itself is a slow function of another crate (`std`, `unicase`). Its
//! results are cached by pages of 64 characters, as are those of `normal`. A page is filled when one of its
//! characters first occurs; a text of one script needs a few pages.

/// The longest mapping in bytes, and the number of bytes that are always written.
pub const LONGEST: usize = 8;

/// A text can become this many times as long (`ΐ`, two bytes, case-folds to six).
pub const GROWTH: usize = 3;

/// The number of characters of a page.
const PAGE: usize = 64;

/// The results of a function of characters, cached by pages.
pub struct Pages<T> {
    function: Box<dyn Fn(char) -> T + Send>,
    /// For each page its start in `results`, plus one; 0 if it is not filled.
    index: Vec<u32>,
    results: Vec<T>,
}

impl<T: Copy + Default> Pages<T> {
    pub fn new(function: impl Fn(char) -> T + Send + 'static) -> Self {
        Pages {
            function: Box::new(function),
            index: vec![0; 0x11_0000 / PAGE],
            results: Vec::new(),
        }
    }

    #[inline(always)]
    pub fn get(&mut self, c: char) -> T {
        let page = c as usize / PAGE;
        let mut begin = self.index[page];
        if begin == 0 {
            begin = self.fill(page);
        }
        self.results[begin as usize - 1 + c as usize % PAGE]
    }

    #[cold]
    fn fill(&mut self, page: usize) -> u32 {
        let begin = self.results.len() as u32 + 1;
        self.results
            .extend((page * PAGE..(page + 1) * PAGE).map(|code| {
                let c = char::from_u32(code as u32); // surrogates have no result
                c.map(&self.function).unwrap_or_default()
            }));
        self.index[page] = begin;
        begin
    }
}

/// The mapping of each character: its UTF-8 in the low seven bytes of a number,
/// the length in the high one.
pub struct Cases(Pages<u64>);

impl Cases {
    /// The table of a mapping, in the form of [`pack`].
    pub fn new(packed: fn(char) -> u64) -> Self {
        Cases(Pages::new(packed))
    }

    /// Writes the mapping of `c`, of `length` bytes, to the start of `room`, and returns
    /// its length. If that is `length`, the following bytes keep their content. `room` must
    /// have at least [`LONGEST`] bytes.
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

/// The mapping of a character, in the form of the table.
pub fn pack(text: &str) -> u64 {
    assert!(text.len() < LONGEST, "no case mapping of Unicode is longer");
    let mut bytes = [0; LONGEST];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes[LONGEST - 1] = text.len() as u8;
    u64::from_le_bytes(bytes)
}

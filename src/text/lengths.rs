//! `lengths`: the length of each line.
//!
//! In characters (Unicode scalar values), as `wc -m` and Python's `len` have
//! it; a byte that is part of no character counts as one. Cost: one pass over
//! masks of 64 bytes, in constant memory, whatever the length of a line.
//!
//! In graphemes: whether one ends depends on the characters of it, from its
//! beginning, and on the next one. So only the last one of a block is held, and
//! of one that is very long no more than tells how it may go on.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::scan::{self, CHUNK};
use crate::text::tally;
use unicode_segmentation::UnicodeSegmentation;

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters: Unicode scalar values, and bytes that are part of none.
    Characters,
    /// Bytes.
    Bytes,
    /// What a reader takes for one character: extended grapheme clusters, by
    /// Unicode Standard Annex 29.
    Graphemes,
}

/// How many chunks are looked at together.
const BATCH: usize = 16;

/// The filter `lengths`.
#[derive(Debug)]
pub struct Lengths {
    unit: Unit,
    terminator: u8,
    /// The length so far of a line that goes on; `None` between two lines.
    line: Option<u64>,
    /// The last grapheme of that line, which is counted but may go on: empty if
    /// none can, and for other units.
    held: String,
}

impl Lengths {
    /// The lengths of lines that end in `terminator`, written one a line.
    pub fn new(unit: Unit, terminator: u8) -> Self {
        Lengths {
            unit,
            terminator,
            line: None,
            held: String::new(),
        }
    }

    /// Lines of a text in which `leads` of a chunk tells which of its bytes count.
    fn by_masks(&mut self, text: &[u8], leads: impl Fn(&[u8]) -> u64, out: &mut Out) {
        let mut ends = [0; BATCH];
        let mut length = self.line.unwrap_or(0);
        for piece in text.chunks(BATCH * CHUNK) {
            let ends = &mut ends[..piece.len().div_ceil(CHUNK)];
            scan::find(self.terminator, piece, ends);
            for (chunk, &ends) in piece.chunks(CHUNK).zip(ends.iter()) {
                let mut ends = ends;
                let mut leads = leads(chunk) & u64::MAX >> (CHUNK - chunk.len());
                let room = out.room(CHUNK * (tally::DIGITS + 1));
                let mut at = 0;
                while ends != 0 {
                    // The bits before the end of this line, and the others.
                    let before = (ends & ends.wrapping_neg()) - 1;
                    length += u64::from((leads & before).count_ones());
                    at = put(length, room, at);
                    leads &= !(before << 1 | 1);
                    ends &= ends - 1;
                    length = 0;
                }
                length += u64::from(leads.count_ones());
                out.advance(at);
            }
        }
        self.line = (text.last() != Some(&self.terminator)).then_some(length);
    }

    /// Lines of a text that is not all UTF-8: valid parts as they are, each
    /// other byte as one.
    fn by_parts(&mut self, text: &[u8], out: &mut Out) {
        for part in text.utf8_chunks() {
            if !part.valid().is_empty() {
                self.by_masks(part.valid().as_bytes(), leads, out);
            }
            if !part.invalid().is_empty() {
                self.line = Some(self.line.unwrap_or(0) + part.invalid().len() as u64);
            }
        }
    }

    fn by_graphemes(&mut self, text: &[u8], out: &mut Out) {
        let mut start = 0;
        for end in memchr::memchr_iter(self.terminator, text) {
            let line = &text[start..end];
            match self.line {
                None => self.line = Some(graphemes(line)),
                Some(_) => self.part_of_line(line),
            }
            self.end_line(out);
            start = end + 1;
        }
        if start < text.len() {
            self.part_of_line(&text[start..]);
        }
    }

    fn part_of_line(&mut self, text: &[u8]) {
        let mut length = self.line.unwrap_or(0);
        for part in text.utf8_chunks() {
            length += self.begun(part.valid());
            if !part.invalid().is_empty() {
                length += part.invalid().len() as u64;
                self.held.clear();
            }
        }
        self.line = Some(length);
    }

    /// How many graphemes begin in the next part of a line. The last one is held.
    fn begun(&mut self, text: &str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        let before = u64::from(!self.held.is_empty());
        let joined = match before {
            0 => text,
            _ => &format!("{}{text}", self.held),
        };
        let (n, last) = clusters(joined);
        self.held.clear();
        match last.len() {
            ..=LONGEST => self.held.push_str(last),
            _ => self.held = shortened(last),
        }
        n - before
    }

    fn end_line(&mut self, out: &mut Out) {
        let length = self.line.take().unwrap_or(0);
        self.held.clear();
        let room = out.room(tally::DIGITS + 1);
        let at = put(length, room, 0);
        out.advance(at);
    }
}

impl Filter for Lengths {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        match self.unit {
            Unit::Bytes => self.by_masks(text, |_| u64::MAX, out),
            Unit::Characters if text.is_ascii() => self.by_masks(text, |_| u64::MAX, out),
            Unit::Characters if std::str::from_utf8(text).is_ok() => {
                self.by_masks(text, leads, out);
            }
            Unit::Characters => self.by_parts(text, out),
            Unit::Graphemes => self.by_graphemes(text, out),
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        if self.line.is_some() {
            self.end_line(out);
        }
        Ok(())
    }
}

/// Which bytes of a chunk of UTF-8 begin a character: all but those of the form
/// `10xxxxxx`. What lies behind the chunk is in it, too.
fn leads(chunk: &[u8]) -> u64 {
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // Bit 8i of eight bytes, times this, gives bit 56 + i and others below.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (words, rest) = chunk.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]).take(CHUNK / 8).enumerate();
    words.fold(u64::MAX, |leads, (i, &word)| {
        let word = u64::from_le_bytes(word);
        // The top bit of a byte is set, and the one below it is not.
        let inner = word & !(word << 1) & TOPS;
        leads ^ (inner >> 7).wrapping_mul(GATHER) >> 56 << (8 * i)
    })
}

/// How many graphemes there are; a byte that is part of no character is one.
fn graphemes(text: &[u8]) -> u64 {
    let parts = text.utf8_chunks();
    let lengths = parts.map(|part| clusters(part.valid()).0 + part.invalid().len() as u64);
    lengths.sum()
}

/// How many graphemes there are, and the last one. The one place that looks for
/// them, so that the compiler puts the search into this loop.
#[inline(never)]
fn clusters(text: &str) -> (u64, &str) {
    let (mut n, mut last) = (0, "");
    for grapheme in text.graphemes(true) {
        (n, last) = (n + 1, grapheme);
    }
    (n, last)
}

/// The longest grapheme that is held as it is, in bytes. Those of languages are
/// shorter, but a letter may have any number of marks.
const LONGEST: usize = 256;

/// A short grapheme after which the same may follow as after this one.
///
/// What may follow depends on the last character and on what it ends: an emoji
/// with its marks and then perhaps a joiner, a consonant with its marks and then
/// perhaps a virama (rules GB11 and GB9c), half a flag (GB12). Which of these, a
/// few texts that may follow tell; and a grapheme that has it is the last
/// character, behind one or two others that bring it about.
fn shortened(grapheme: &str) -> String {
    const FOLLOWING: [&str; 6] = ["", "👩", "\u{200D}👩", "क", "\u{94D}क", "🇦"];
    const PRECEDING: [&str; 5] = ["", "👩", "क", "क\u{94D}", "🇦"];
    let answers = |text: &str| FOLLOWING.map(|following| clusters(&format!("{text}{following}")).0);
    let last = grapheme.chars().next_back();
    let all = answers(grapheme);
    let mut short = PRECEDING
        .iter()
        .map(|text| text.chars().chain(last).collect());
    short
        .find(|short: &String| answers(short) == all)
        .unwrap_or_else(|| grapheme.to_string())
}

/// Writes a length and a newline at `at`; where that ends.
#[inline(always)]
fn put(length: u64, room: &mut [u8], at: usize) -> usize {
    // Words are short.
    if length < 10 {
        room[at] = b'0' + length as u8;
        room[at + 1] = b'\n';
        return at + 2;
    }
    let mut buffer = [0; tally::DIGITS];
    let digits = tally::decimal(length, &mut buffer);
    let end = at + digits.len();
    room[at..end].copy_from_slice(digits);
    room[end] = b'\n';
    end + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{self, filtered};
    use crate::common::utf8;
    use proptest::prelude::*;

    fn lengths(unit: Unit, text: &[u8], cuts: Vec<usize>) -> Vec<u64> {
        let out = filtered(Lengths::new(unit, b'\n'), text, cuts);
        let out = String::from_utf8(out).unwrap();
        out.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// Line by line, character by character.
    fn naive(text: &[u8], length: impl Fn(&[u8]) -> usize) -> Vec<u64> {
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line));
        lines.map(|line| length(line) as u64).collect()
    }

    fn characters(mut line: &[u8]) -> usize {
        let mut n = 0;
        while !line.is_empty() {
            line = &line[utf8::first(line).1..];
            n += 1;
        }
        n
    }

    fn whole(line: &[u8]) -> usize {
        graphemes(line) as usize
    }

    /// Characters that graphemes are made of: of each kind that the rules name.
    const JOINING: &[&str] = &[
        "a",
        "7",
        "\r",
        "\0",
        "\u{301}",
        "\u{308}",
        "\u{200D}",
        "\u{200C}",
        "\u{FE0F}",
        "👩",
        "❤",
        "\u{1F3FD}",
        "🇩",
        "🇪",
        "क",
        "ष",
        "\u{94D}",
        "\u{93C}",
        "\u{93F}",
        "\u{903}",
        "ক",
        "\u{9CD}",
        "\u{1B05}",
        "\u{1B44}",
        "\u{1100}",
        "\u{1161}",
        "\u{11A8}",
        "가",
        "각",
        "\u{600}",
        "\u{110BD}",
        "\u{E33}",
        "\u{20E3}",
        "\u{E0067}",
        "α",
    ];

    /// Texts of these, with runs of up to `n` pieces and of hundreds.
    fn joining(n: usize) -> impl Strategy<Value = String> {
        let piece = || prop::sample::select(JOINING);
        let run = prop_oneof![
            8 => (prop::collection::vec(piece(), 1..4), 1..3usize),
            1 => (prop::collection::vec(piece(), 1..4), 1..300usize),
        ];
        let runs = prop::collection::vec(run, 1..=n);
        runs.prop_map(|runs| {
            let texts = runs.iter().map(|(pieces, n)| pieces.concat().repeat(*n));
            texts.collect()
        })
    }

    #[test]
    fn a_line_is_looked_at_once_and_not_held() {
        // In blocks of a few bytes: whatever is held is looked at each time.
        for (piece, graphemes) in [
            ("αβγδ", 4),
            ("\u{301}", 0),
            ("\u{200D}", 0),
            ("👩\u{200D}", 0),
            ("क\u{94D}", 0),
            ("\u{600}", 0),
            ("🇩🇪", 1),
            ("\u{1100}", 0),
        ] {
            let mut lengths = Lengths::new(Unit::Graphemes, b'\n');
            let mut out = Out::default();
            let n = 200_000;
            for _ in 0..n {
                lengths.block(piece.as_bytes(), &mut out).unwrap();
                assert!(lengths.held.len() <= LONGEST);
            }
            lengths.end(&mut out).unwrap();
            let length = (n * graphemes).max(1);
            assert_eq!(out.as_slice(), format!("{length}\n").as_bytes(), "{piece}");
        }
    }

    #[test]
    fn what_each_unit_counts() {
        let text = "naïve\n\n👩‍👩‍👧 e\u{301}".as_bytes();
        assert_eq!(lengths(Unit::Characters, text, vec![1]), [5, 0, 8]);
        assert_eq!(lengths(Unit::Bytes, text, vec![1]), [6, 0, 22]);
        assert_eq!(lengths(Unit::Graphemes, text, vec![1]), [5, 0, 3]);
        assert_eq!(lengths(Unit::Characters, b"a\xFF\xFFb\n", vec![9]), [4]);
        assert_eq!(lengths(Unit::Characters, b"", vec![1]), [0; 0]);
    }

    proptest! {
        #[test]
        fn as_counted_one_by_one(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            prop_assert_eq!(lengths(Unit::Characters, &text, cuts.clone()), naive(&text, characters));
            prop_assert_eq!(lengths(Unit::Bytes, &text, cuts.clone()), naive(&text, <[u8]>::len));
            prop_assert_eq!(lengths(Unit::Graphemes, &text, cuts), naive(&text, whole));
        }

        #[test]
        fn graphemes_of_all_kinds_in_pieces(text in joining(10), cuts in arbitrary::cuts()) {
            prop_assert_eq!(lengths(Unit::Graphemes, text.as_bytes(), cuts), naive(text.as_bytes(), whole));
        }

        #[test]
        fn a_long_grapheme_is_shortened_unnoticed(text in joining(3), next in joining(1)) {
            // Of any text, also one that is not long: its last grapheme.
            // (Backwards unicode-segmentation 1.12 joins what it separates forwards: findings/.)
            if let [.., last] = text.graphemes(true).collect::<Vec<_>>()[..] {
                let short = shortened(last);
                prop_assert!(short.chars().count() <= 3, "{last:?} {short:?}");
                let count = |text: &str| format!("{text}{next}").graphemes(true).count();
                prop_assert_eq!(count(last), count(&short), "{:?} {:?}", last, short);
            }
        }
    }
}

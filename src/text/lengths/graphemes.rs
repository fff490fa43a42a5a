//! Counts graphemes in a line that comes in pieces.
//!
//! Whether a grapheme ends depends on its characters from its start on, and on the next
//! character. So only the last grapheme of a piece is buffered, and a very long one is replaced
//! by a short one after which the same may follow.

use unicode_segmentation::UnicodeSegmentation;

/// The graphemes of a line so far.
#[derive(Debug, Default)]
pub struct Graphemes {
    /// The last one, which is counted but may continue. It is empty if it cannot.
    last: String,
}

impl Graphemes {
    /// The number of graphemes that begin in the next piece of the line. A byte that is part of
    /// no character is one.
    pub fn begun(&mut self, text: &[u8]) -> u64 {
        let mut n = 0;
        for part in text.utf8_chunks() {
            n += self.begun_in(part.valid());
            if !part.invalid().is_empty() {
                n += part.invalid().len() as u64;
                self.last.clear();
            }
        }
        n
    }

    fn begun_in(&mut self, text: &str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        let before = u64::from(!self.last.is_empty());
        let joined = match before {
            0 => text,
            _ => &format!("{}{text}", self.last),
        };
        let (n, last) = clusters(joined);
        self.last.clear();
        match last.len() {
            ..=LONGEST => self.last.push_str(last),
            _ => self.last = shortened(last),
        }
        n - before
    }

    /// Ends the line.
    pub fn end(&mut self) {
        self.last.clear();
    }

    /// The size of the buffer, for tests.
    #[cfg(test)]
    pub fn buffered(&self) -> usize {
        self.last.len()
    }
}

/// The longest grapheme that is buffered as it is, in bytes.
pub const LONGEST: usize = 256;

/// The number of graphemes in a whole line. A byte that is part of no character is one.
pub fn graphemes(line: &[u8]) -> u64 {
    let parts = line.utf8_chunks();
    let lengths = parts.map(|part| clusters(part.valid()).0 + part.invalid().len() as u64);
    lengths.sum()
}

/// The number of graphemes, and the last one. The compiler inlines the search only if there is
/// a single call.
#[inline(never)]
fn clusters(text: &str) -> (u64, &str) {
    let (mut n, mut last) = (0, "");
    for grapheme in text.graphemes(true) {
        (n, last) = (n + 1, grapheme);
    }
    (n, last)
}

/// A short grapheme after which the same may follow as after this one.
///
/// What may follow depends on the last character and on what it ends: an emoji with its marks
/// and then perhaps a joiner, a consonant with its marks and then perhaps a virama (rules GB11
/// and GB9c), half a flag (GB12). A few trial texts distinguish these cases. The last character,
/// after one or two others, makes a grapheme of each case.
fn shortened(grapheme: &str) -> String {
    const FOLLOWING: [&str; 6] = ["", "👩", "\u{200D}👩", "क", "\u{94D}क", "🇦"];
    const PRECEDING: [&str; 5] = ["", "👩", "क", "क\u{94D}", "🇦"];
    let trials = |text: &str| FOLLOWING.map(|following| clusters(&format!("{text}{following}")).0);
    let last = grapheme.chars().next_back();
    let all = trials(grapheme);
    let mut short = PRECEDING
        .iter()
        .map(|text| text.chars().chain(last).collect());
    short
        .find(|short: &String| trials(short) == all)
        .unwrap_or_else(|| grapheme.to_string())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Characters of each kind that the rules for graphemes name.
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

    /// Texts of these: `n` runs, short ones and some of hundreds of pieces.
    pub fn joining(n: usize) -> impl Strategy<Value = String> {
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

    proptest! {
        #[test]
        fn a_shortened_grapheme_continues_like_the_long_one(text in joining(3), next in joining(1)) {
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

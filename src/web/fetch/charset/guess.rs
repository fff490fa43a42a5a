//! A guess of the charset of a text without a declaration.
//!
//! ASCII is the same in all candidates and is written at once. From the first non-ASCII byte
//! on the text is buffered until one of these rules applies. They depend on the text alone,
//! not on how it is cut into blocks:
//!
//! - The first [`ENOUGH`] non-ASCII characters are well-formed UTF-8: the text is UTF-8. (One
//!   character is not enough: one in seven characters of GBK is well-formed UTF-8.)
//! - [`WINDOW`] bytes are buffered, or the text ends: it is UTF-8 if there are [`ENOUGH`] times
//!   as many well-formed characters as malformed sequences. Otherwise the charset is the
//!   result of `chardetng`, the detector of Firefox, or windows-1252 if there are fewer than
//!   [`ENOUGH`] non-ASCII bytes: the detector would turn a single `naïve` into `naīve`.
//!
//! So a text that is valid UTF-8 is always taken for UTF-8.
//!
//! Browsers consider the domain of the server, this module does not: the same bytes are the
//! same text on every server. UTF-16 and ISO-2022-JP are never guessed, since they do not
//! include ASCII: they must be declared.
//!
//! Costs: at most [`WINDOW`] bytes are buffered, and the detector runs once.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The number of well-formed non-ASCII characters that are no accident.
const ENOUGH: usize = 4;

/// The size of the buffered text from the first non-ASCII byte on, in bytes.
const WINDOW: usize = 4096;

/// The size of the preceding ASCII for the detector, in bytes: it uses two.
const BEFORE: usize = 16;

/// A text whose charset is unknown.
pub(crate) struct Guess {
    /// The last [`BEFORE`] bytes of ASCII before that.
    before: Vec<u8>,
    /// The text from the first non-ASCII byte on.
    buffered: Vec<u8>,
}

impl Guess {
    /// `written` is the beginning of the text, all ASCII, which is written already.
    pub(crate) fn new(written: &[u8]) -> Guess {
        let mut guess = Guess {
            before: Vec::new(),
            buffered: Vec::new(),
        };
        guess.pass(written);
        guess
    }

    /// Records ASCII that is written.
    fn pass(&mut self, ascii: &[u8]) {
        let kept = &ascii[ascii.len().saturating_sub(BEFORE)..];
        let gone = (self.before.len() + kept.len()).saturating_sub(BEFORE);
        self.before.drain(..gone);
        self.before.extend_from_slice(kept);
    }

    /// Whether the next block can be written as it is: all text so far is ASCII, this block
    /// included.
    pub(crate) fn is_all_ascii(&mut self, text: &[u8]) -> bool {
        let still = self.buffered.is_empty() && text.is_ascii();
        if still {
            self.pass(text);
        }
        still
    }

    /// Takes the next block, and appends its ASCII to `out`, as long as all text is ASCII.
    ///
    /// The result is the charset and the buffered text, once the charset is known, at the
    /// latest with the `last` block. No more calls may follow.
    pub(crate) fn more(
        &mut self,
        mut text: &[u8],
        last: bool,
        out: &mut Vec<u8>,
    ) -> Option<(&'static Encoding, Vec<u8>)> {
        if self.buffered.is_empty() {
            let (ascii, rest) = text.split_at(Encoding::ascii_valid_up_to(text));
            self.pass(ascii);
            out.extend_from_slice(ascii);
            text = rest;
        }
        self.buffered.extend_from_slice(text);
        let encoding = match self.buffered.is_empty() {
            true if last => Some(UTF_8),
            true => None,
            false => self.encoding(last),
        };
        Some((encoding?, std::mem::take(&mut self.buffered)))
    }

    /// The charset, if a rule applies.
    fn encoding(&self, last: bool) -> Option<&'static Encoding> {
        let window = &self.buffered[..self.buffered.len().min(WINDOW)];
        let valid = match std::str::from_utf8(window) {
            Ok(_) => window,
            Err(error) => &window[..error.valid_up_to()],
        };
        if valid.iter().filter(|&&byte| is_first(byte)).count() >= ENOUGH {
            return Some(UTF_8);
        }
        let (mut formed, mut malformed, mut seen) = (0, 0, 0);
        for chunk in window.utf8_chunks() {
            formed += chunk.valid().bytes().filter(|&byte| is_first(byte)).count();
            seen += chunk.valid().len() + chunk.invalid().len();
            // An incomplete character at the end is neither.
            let error = std::str::from_utf8(chunk.invalid()).err();
            let cut = seen == window.len() && error.is_some_and(|e| e.error_len().is_none());
            malformed += usize::from(error.is_some() && !cut);
        }
        if !last && self.buffered.len() < WINDOW {
            return None;
        }
        if formed > 0 && formed >= ENOUGH * malformed {
            return Some(UTF_8);
        }
        if window.iter().filter(|byte| !byte.is_ascii()).count() < ENOUGH {
            return Some(WINDOWS_1252);
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(&self.before, false);
        detector.feed(window, last && window.len() == self.buffered.len());
        Some(detector.guess(None, Utf8Detection::Deny))
    }
}

/// Whether a non-ASCII character of UTF-8 begins with this byte.
fn is_first(byte: u8) -> bool {
    byte >= 0xC0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{cuts, pieces};
    use proptest::prelude::*;
    use std::io::Read;

    /// The guessed charset of a text in pieces, and its output.
    fn guessed(text: &[u8], cuts: Vec<usize>) -> (&'static Encoding, Vec<u8>) {
        let mut guess = Guess::new(b"");
        let (mut source, mut out) = (pieces(text, cuts), Vec::new());
        let mut block = [0; 300];
        loop {
            let n = source.read(&mut block).unwrap();
            if let Some((encoding, rest)) = guess.more(&block[..n], n == 0, &mut out) {
                out.extend(rest);
                source.read_to_end(&mut out).unwrap();
                return (encoding, out);
            }
        }
    }

    fn name(text: &[u8]) -> &'static str {
        guessed(text, vec![usize::MAX]).0.name()
    }

    #[test]
    fn a_sentence_is_enough() {
        for (charset, text) in [
            (
                "windows-1252",
                "Où est la bibliothèque ? Elle est fermée l’été.",
            ),
            (
                "windows-1252",
                "Die Bücher stehen schön in größeren Räumen.",
            ),
            (
                "windows-1250",
                "Zażółć gęślą jaźń, powiedział król, i żałował.",
            ),
            (
                "windows-1251",
                "Книги стоят на полке, и никто их не читает.",
            ),
            ("KOI8-U", "Книги стоят на полке, и никто их не читает."),
            (
                "windows-1253",
                "Τα βιβλία είναι στο ράφι και κανείς δεν τα διαβάζει.",
            ),
            (
                "windows-1254",
                "Kitaplar rafta duruyor, kimse onları okumuyor; şimdi değil, ığdır.",
            ),
            ("windows-1255", "הספרים עומדים על המדף ואיש אינו קורא אותם."),
            (
                "Shift_JIS",
                "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
            ),
            (
                "EUC-JP",
                "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
            ),
            ("GBK", "书在书架上，没有人读它们。"),
            ("Big5", "書在書架上，沒有人讀它們。"),
            ("EUC-KR", "책은 책꽂이에 있지만 아무도 읽지 않는다."),
        ] {
            let encoding = Encoding::for_label(charset.as_bytes()).unwrap();
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost, "{charset}");
            let found = guessed(&bytes, vec![usize::MAX]).0;
            assert_eq!(
                encoding.decode(&bytes).0,
                found.decode(&bytes).0,
                "{charset}"
            );
            assert_eq!(name(text.as_bytes()), "UTF-8");
        }
    }

    #[test]
    fn few_characters() {
        for (text, encoding) in [
            (&b""[..], "UTF-8"),
            (b"plain \x1B$B%F", "UTF-8"),
            (b"caf\xE9", "windows-1252"),
            (b"caf\xC3\xA9", "UTF-8"),
            (b"caf\xC3\xA9 caf\xC3", "UTF-8"),
            (b"caf\xC3", "windows-1252"),
            (b"na\xEFve", "windows-1252"),
            (b"caf\xC3\xA9s caf\xE9s", "windows-1252"),
            // One malformed sequence does not change the charset of a long text.
            (b"\xC3\xA9 \xC3\xA9 \xC3 \xC3\xA9 \xC3\xA9", "UTF-8"),
        ] {
            assert_eq!(name(text), encoding, "{text:?}");
        }
        // The first of GBK's characters is well-formed UTF-8 here.
        assert_eq!(
            name(&encoding_rs::GBK.encode("啤酒和面包，今天很便宜。").0),
            "GBK"
        );
    }

    #[test]
    fn the_buffer_is_bounded() {
        let mut guess = Guess::new(b"");
        let mut out = Vec::new();
        for _ in 0..1000 {
            assert!(guess.more(b"plain ASCII", false, &mut out).is_none());
        }
        assert_eq!(out.len(), 11_000);
        assert!(guess.more("é".as_bytes(), false, &mut out).is_none());
        let ascii = [b'a'; WINDOW - 2];
        let (encoding, rest) = guess.more(&ascii, false, &mut out).unwrap();
        assert_eq!((encoding, rest.len(), out.len()), (UTF_8, WINDOW, 11_000));
    }

    proptest! {
        #[test]
        fn utf8_stays_utf8(text in "\\PC{0,3}([ -~]{0,99}\\PC{0,9}){0,99}", cuts in cuts()) {
            prop_assert_eq!(guessed(text.as_bytes(), cuts), (UTF_8, text.into_bytes()));
        }

        #[test]
        fn pieces_make_no_difference(
            text in prop::collection::vec(prop_oneof![
                Just(b"some ASCII ".repeat(99)), any::<[u8; 2]>().prop_map(Vec::from),
                Just("é".into()), "[а-я]{1,9}".prop_map(|word| encoding_rs::KOI8_U.encode(&word).0.into()),
            ], 0..30),
            cuts in cuts(),
        ) {
            let text = text.concat();
            let whole = guessed(&text, vec![usize::MAX]);
            prop_assert_eq!(&whole.1, &text);
            prop_assert_eq!(guessed(&text, cuts), whole);
        }
    }
}

//! Which charset a text is in that does not say.
//!
//! ASCII is the same in all candidates, so it is handed on at once, however
//! much of it there is. From the first other byte on the text is held until one
//! of these settles it, all of them facts of the text, not of how it came:
//!
//! - the first [`ENOUGH`] characters beyond ASCII are well-formed UTF-8: it is
//!   UTF-8. (One alone proves little: of the characters of GBK every seventh
//!   is well-formed UTF-8, too, by accident.)
//! - [`WINDOW`] bytes have come, or the text's end: it is UTF-8 if there are
//!   well-formed characters and [`ENOUGH`] times as many as malformed pieces.
//!   Otherwise it is what `chardetng` makes of the window, the detector that
//!   Firefox has, or windows-1252 where fewer than [`ENOUGH`] bytes are beyond
//!   ASCII: of one `naïve` it would make a Baltic `naīve`.
//!
//! So a text that is UTF-8 all through is always taken for UTF-8.
//!
//! The server's domain is not asked, as a browser would: the same bytes are the
//! same text wherever they lie. Never guessed are UTF-16 and ISO-2022-JP, in
//! which ASCII may be something else; they must be declared.
//!
//! Costs: at most [`WINDOW`] bytes are held, and the detector is asked once.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// So many well-formed characters beyond ASCII outweigh chance.
const ENOUGH: usize = 4;

/// How much of the text is looked at, from its first byte beyond ASCII on, in bytes.
const WINDOW: usize = 4096;

/// What the detector is shown of the ASCII before, in bytes: it looks at two.
const BEFORE: usize = 16;

/// A text whose charset is not known yet.
pub(super) struct Guess {
    /// The last ASCII before that, as much as matters.
    before: Vec<u8>,
    /// What has come from the first byte beyond ASCII on.
    held: Vec<u8>,
}

impl Guess {
    /// `given` is the beginning of the text, all ASCII, which was handed on already.
    pub(super) fn new(given: &[u8]) -> Guess {
        let mut guess = Guess {
            before: Vec::new(),
            held: Vec::new(),
        };
        guess.pass(given);
        guess
    }

    /// ASCII that is handed on.
    fn pass(&mut self, ascii: &[u8]) {
        let kept = &ascii[ascii.len().saturating_sub(BEFORE)..];
        let gone = (self.before.len() + kept.len()).saturating_sub(BEFORE);
        self.before.drain(..gone);
        self.before.extend_from_slice(kept);
    }

    /// Whether this piece of the text changes nothing: nothing is held, and it
    /// is all ASCII. Then it can be handed on as it is.
    pub(super) fn is_ascii_still(&mut self, text: &[u8]) -> bool {
        let still = self.held.is_empty() && text.is_ascii();
        if still {
            self.pass(text);
        }
        still
    }

    /// Takes more of the text and appends to `out` what can be handed on of it.
    ///
    /// In the end (`last` at the latest) the charset is known, and with it the
    /// rest, which was held. Then there must be no more calls.
    pub(super) fn more(
        &mut self,
        mut text: &[u8],
        last: bool,
        out: &mut Vec<u8>,
    ) -> Option<(&'static Encoding, Vec<u8>)> {
        if self.held.is_empty() {
            let (ascii, rest) = text.split_at(Encoding::ascii_valid_up_to(text));
            self.pass(ascii);
            out.extend_from_slice(ascii);
            text = rest;
        }
        self.held.extend_from_slice(text);
        let encoding = match self.held.is_empty() {
            true if last => Some(UTF_8),
            true => None,
            false => self.encoding(last),
        };
        Some((encoding?, std::mem::take(&mut self.held)))
    }

    /// The charset, if it is settled.
    fn encoding(&self, last: bool) -> Option<&'static Encoding> {
        let window = &self.held[..self.held.len().min(WINDOW)];
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
            // A character cut by the end of what has come is neither.
            let error = std::str::from_utf8(chunk.invalid()).err();
            let cut = seen == window.len() && error.is_some_and(|e| e.error_len().is_none());
            malformed += usize::from(error.is_some() && !cut);
        }
        if !last && self.held.len() < WINDOW {
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
        detector.feed(window, last && window.len() == self.held.len());
        Some(detector.guess(None, Utf8Detection::Deny))
    }
}

/// Whether a character beyond ASCII begins with this byte, in UTF-8.
fn is_first(byte: u8) -> bool {
    byte >= 0xC0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{cuts, pieces};
    use proptest::prelude::*;
    use std::io::Read;

    /// What is guessed of a text in such pieces, and the whole of it as it came out.
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
            // One cut in a long enough text does not make it another.
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
    fn what_is_held_is_bounded() {
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

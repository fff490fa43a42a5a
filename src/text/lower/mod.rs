//! `lower`: the same text in lower case.
//!
//! Unicode's default full lower-casing (The Unicode Standard, section 3.13,
//! toLowercase): the result of `str::to_lowercase` for the whole text, for the
//! characters of our version of Unicode. Invalid bytes pass through. Lower case
//! can be longer than the capitals (`İ`). Cost: one pass by whole chunks. Only
//! capitals outside ASCII, and a few other characters, are looked up one by one,
//! in a table that is filled when they first occur.
//!
//! One character depends on its neighbours: a capital sigma at the end of a word
//! becomes `ς`, any other `σ`. Any number of apostrophes and marks may precede the
//! end of a word. If a block ends before it, the text from the sigma on is
//! buffered; only this needs memory.
//!
//! Chapters: `table` (the case of each character), `sigma` (the context of a final
//! sigma), `normal` (`--nfc`, `--nfkc` and `--no-marks`).

mod normal;
mod sigma;
mod table;

use crate::common::error::Error;
use crate::common::stream::{Chain, Filter, Out};
use crate::common::utf8;
use crate::text::scan::{self, CHUNK};
use crate::text::unicode;
pub use normal::Form;
use normal::Normal;
use sigma::{FINAL, MEDIAL, SIGMA};
use table::{Cases, GROWTH, LONGEST, pack};
use unicase::UniCase;

/// The filter `lower`: full lower-casing of Unicode, final sigma included.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::lower::lower;
/// let mut output = Vec::new();
/// stream::filter(&mut "ΟΔΟΣ Straße".as_bytes(), &mut lower(), &mut output)?;
/// assert_eq!(output, "οδος straße".as_bytes());
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn lower() -> impl Filter {
    Lower::new(Mapping::Lower)
}

/// The filter `lower --ascii`: `A` to `Z`, and nothing else.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::lower::ascii;
/// let mut output = Vec::new();
/// stream::filter(&mut "ÉCLAIR".as_bytes(), &mut ascii(), &mut output)?;
/// assert_eq!(output, "Éclair".as_bytes());
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn ascii() -> impl Filter {
    Ascii
}

/// The filter `lower --fold`: full case folding (The Unicode Standard, section
/// 3.13, toCasefold). Texts that differ only in case become equal: ß and ss, σ and ς.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::lower::fold;
/// let mut output = Vec::new();
/// stream::filter(&mut "Straße STRASSE".as_bytes(), &mut fold(), &mut output)?;
/// assert_eq!(output, b"strasse strasse");
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn fold() -> impl Filter {
    Lower::new(Mapping::Fold)
}

/// The filters `lower --nfc`, `lower --nfkc` and `lower --no-marks`: lower case in a normalization
/// form.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::lower::{lower_in, Form};
/// let form = Form { compatibility: true, without_marks: true };
/// let mut output = Vec::new();
/// stream::filter(&mut "ＡＢＣ naïve".as_bytes(), &mut lower_in(form), &mut output)?;
/// assert_eq!(output, b"abc naive");
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn lower_in(form: Form) -> Box<dyn Filter> {
    let after = Chain::new(lower(), Normal::new(form));
    match form == Form::default() {
        true => Box::new(after),
        // Compatibility characters and letters with marks have no case, or another one: ℌ is H.
        false => Box::new(Chain::new(Normal::new(form), after)),
    }
}

/// The filters `lower --fold --nfc` and so on: case folding after which equivalent texts are equal
/// (section 3.13, D145 for NFC and D146 for NFKC, which also normalize first). A letter with an
/// iota subscript and two accents is an exception.
///
/// ```
/// # use textmill::common::stream;
/// # use textmill::text::lower::{fold_in, Form};
/// let mut output = Vec::new();
/// let text = "É e\u{301}";
/// stream::filter(&mut text.as_bytes(), &mut fold_in(Form::default()), &mut output)?;
/// assert_eq!(output, "é é".as_bytes());
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub fn fold_in(form: Form) -> impl Filter {
    Chain::new(Normal::new(form), Chain::new(fold(), Normal::new(form)))
}

struct Ascii;

impl Filter for Ascii {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        let room = &mut out.room(text.len())[..text.len()];
        room.copy_from_slice(text);
        room.make_ascii_lowercase();
        out.advance(text.len());
        Ok(())
    }

    fn end(&mut self, _out: &mut Out) -> Result<(), Error> {
        Ok(())
    }
}

/// The case that a character is converted to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mapping {
    Lower,
    Fold,
}

/// What a character becomes: itself, if our version of Unicode lacks a part of the mapping.
fn known(c: char, becomes: String) -> String {
    match unicode::has(c) && becomes.chars().all(unicode::has) {
        true => becomes,
        false => c.to_string(),
    }
}

struct Lower {
    mapping: Mapping,
    cases: Cases,
    /// Whether the text so far ends in a cased letter, apart from case-ignorable characters.
    cased: bool,
    /// Output from a sigma on that may end its word: the sigma, then case-ignorable
    /// characters.
    pending: Vec<u8>,
}

impl Lower {
    fn new(mapping: Mapping) -> Self {
        Lower {
            mapping,
            cases: Cases::new(match mapping {
                Mapping::Lower => |c| pack(&known(c, c.to_lowercase().collect())),
                Mapping::Fold => {
                    |c| pack(&known(c, UniCase::unicode(c.to_string()).to_folded_case()))
                }
            }),
            cased: false,
            pending: Vec::new(),
        }
    }

    /// Writes the text in its new case. If it ends before a sigma's word does, that
    /// sigma is written as a medial one, and its position in `out` is returned.
    ///
    /// Whole chunks are copied with their ASCII letters in lower case. Then other
    /// characters that may change are replaced. A character that becomes longer or
    /// shorter ends the chunk.
    fn convert(&mut self, text: &[u8], out: &mut Out) -> Option<usize> {
        let start = out.as_slice().len();
        let room = out.room(text.len() * GROWTH + CHUNK + LONGEST);
        let (mut at, mut used, mut open) = (0, 0, None);
        let mut ascii = true;
        while at < text.len() {
            // After one chunk of ASCII, more are likely.
            if ascii {
                let copied = scan::lower_ascii(&text[at..], &mut room[used..]);
                (at, used) = (at + copied, used + copied);
                if at == text.len() {
                    break;
                }
            }
            let rest = &text[at..];
            let mut last = [0; CHUNK];
            let chunk = rest.first_chunk().unwrap_or_else(|| {
                last[..rest.len()].copy_from_slice(rest);
                &last
            });
            let copy = room[used..].first_chunk_mut();
            let leads = scan::lower(chunk, copy.expect("room for all of the text"));
            ascii = leads.all == 0;
            // A character that may be incomplete begins the next chunk.
            let mut length = match rest.len() {
                CHUNK.. => CHUNK - 3 + (leads.all >> (CHUNK - 3) | 8).trailing_zeros() as usize,
                length => length,
            };
            let mut leads = match self.mapping {
                Mapping::Lower => leads.change,
                Mapping::Fold => leads.all,
            };
            leads &= u64::MAX >> (CHUNK - length);
            let mut copied = length;
            while leads != 0 {
                let i = leads.trailing_zeros() as usize;
                leads &= leads - 1;
                let (Some(c), bytes) = utf8::first(&rest[i..]) else {
                    continue;
                };
                let put = match c {
                    SIGMA if self.mapping == Mapping::Lower => {
                        let sigma = match self.ends_word(text, at + i, at + i + bytes) {
                            Some(true) => FINAL,
                            Some(false) => MEDIAL,
                            None => {
                                open = Some(start + used + i);
                                MEDIAL
                            }
                        };
                        room[used + i..][..bytes].copy_from_slice(sigma);
                        bytes
                    }
                    c => self.cases.put(c, bytes, &mut room[used + i..]),
                };
                if put != bytes {
                    (length, copied) = (i + bytes, i + put);
                    break;
                }
            }
            at += length;
            used += copied;
        }
        out.advance(used);
        open
    }

    /// Whether the sigma between `from` and `to` is the last letter of a word; `None` if this
    /// text does not decide it.
    fn ends_word(&mut self, text: &[u8], from: usize, to: usize) -> Option<bool> {
        if !sigma::before(&text[..from]).unwrap_or(self.cased) {
            return Some(false);
        }
        sigma::after(&text[to..]).map(|cased| !cased)
    }

    /// Writes the pending output, with the right sigma.
    fn release(&mut self, ends_word: bool, out: &mut Out) {
        if !self.pending.is_empty() {
            let sigma = if ends_word { FINAL } else { MEDIAL };
            out.push(sigma);
            out.push(&self.pending[sigma.len()..]);
            self.pending.clear();
        }
    }
}

impl Filter for Lower {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        let mut open = None;
        if !self.pending.is_empty() {
            match sigma::after(text) {
                Some(cased) => self.release(!cased, out),
                None => open = Some(out.as_slice().len()),
            }
        }
        open = self.convert(text, out).or(open);
        if let Some(open) = open {
            self.pending.extend_from_slice(&out.as_slice()[open..]);
            out.truncate(open);
        }
        if self.mapping == Mapping::Lower {
            self.cased = sigma::before(text).unwrap_or(self.cased);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        self.release(true, out);
        self.cased = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{self, filtered};
    use crate::text::scan::with_each;
    use proptest::prelude::*;
    use unicode_normalization::char::canonical_combining_class;
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

    /// Converts each run of assigned characters by `convert`.
    fn each(text: &[u8], convert: impl Fn(&str) -> String) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in text.utf8_chunks() {
            for run in piece.valid().split_inclusive(|c| !unicode::has(c)) {
                let end = run.trim_end_matches(|c| !unicode::has(c)).len();
                out.extend_from_slice(convert(&run[..end]).as_bytes());
                out.extend_from_slice(&run.as_bytes()[end..]);
            }
            out.extend_from_slice(piece.invalid());
        }
        out
    }

    fn naive(text: &[u8]) -> Vec<u8> {
        each(text, str::to_lowercase)
    }

    fn folded(text: &[u8]) -> Vec<u8> {
        each(text, |run| UniCase::unicode(run).to_folded_case())
    }

    type Convert = fn(&str) -> String;

    /// All forms, each by the definition that its documentation gives.
    const FORMS: [(bool, bool, Convert); 4] = [
        (false, false, |text| text.nfc().collect()),
        (true, false, |text| text.nfkc().collect()),
        (false, true, |text| without_marks(text.nfd())),
        (true, true, |text| without_marks(text.nfkd())),
    ];

    fn without_marks(decomposed: impl Iterator<Item = char>) -> String {
        let class = |c: &char| canonical_combining_class(*c);
        let kept: String = decomposed
            .filter(|c| class(c) < 10 || class(c) > 36 && class(c) < 200)
            .collect();
        kept.nfc().collect()
    }

    fn forms() -> impl Iterator<Item = (Form, impl Fn(&[u8]) -> Vec<u8>)> {
        FORMS
            .into_iter()
            .map(|(compatibility, without_marks, convert)| {
                let form = Form {
                    compatibility,
                    without_marks,
                };
                (form, move |text: &[u8]| each(text, convert))
            })
    }

    proptest! {
        #[test]
        fn lower_is_what_std_says(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            with_each(|_| {
                prop_assert_eq!(filtered(lower(), &text, cuts.clone()), naive(&text));
                Ok(())
            })?;
        }

        #[test]
        fn ascii_is_what_std_says(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            prop_assert_eq!(filtered(ascii(), &text, cuts), text.to_ascii_lowercase());
        }

        #[test]
        fn fold_is_what_unicase_says(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            with_each(|_| {
                prop_assert_eq!(filtered(fold(), &text, cuts.clone()), folded(&text));
                Ok(())
            })?;
        }

        #[test]
        fn normalized_before_and_after_the_case(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            for (form, normal) in forms() {
                let before = normal(&text);
                prop_assert_eq!(filtered(fold_in(form), &text, cuts.clone()), normal(&folded(&before)));
                let before = if form == Form::default() { text.clone() } else { before };
                prop_assert_eq!(filtered(lower_in(form), &text, cuts.clone()), normal(&naive(&before)));
            }
        }

        #[test]
        fn folded_texts_are_equal_if_they_match(text in arbitrary::text()) {
            // The Unicode Standard, D145 and D146.
            let nfd = |text: &[u8]| each(text, |run| run.nfd().collect());
            let nfkd = |text: &[u8]| each(text, |run| run.nfkd().collect());
            let text = without_iota_subscripts(&text);
            let canonical = nfd(&folded(&nfd(&text)));
            let own = filtered(fold_in(Form::default()), &text, vec![usize::MAX]);
            prop_assert_eq!(nfd(&own), canonical);
            let compatible = nfkd(&folded(&nfkd(&folded(&nfd(&text)))));
            let form = Form { compatibility: true, without_marks: false };
            let own = filtered(fold_in(form), &text, vec![usize::MAX]);
            prop_assert_eq!(nfkd(&own), compatible);
        }
    }

    /// The definitions normalize to NFD first. In NFC, the first of two accents on a letter with an
    /// iota subscript is part of the letter, and stays before the iota that this is folded to.
    fn without_iota_subscripts(text: &[u8]) -> Vec<u8> {
        let has_none = |c: &char| std::iter::once(*c).nfkd().all(|c| c != '\u{345}');
        each(text, |run| run.chars().filter(has_none).collect())
    }

    #[test]
    fn unassigned_characters_stay() {
        // Letters of Unicode 17: the second one is the capital of the first.
        let text = "a\u{a7ce}\u{a7d2}A\u{301}";
        let lower = filtered(lower_in(Form::default()), text.as_bytes(), vec![1]);
        assert_eq!(lower, "a\u{a7ce}\u{a7d2}á".as_bytes());
        // A mark after one of them does not combine.
        let form = Form {
            compatibility: true,
            without_marks: true,
        };
        let lower = filtered(
            lower_in(form),
            "\u{a7ce}\u{301}Ａ\u{378}".as_bytes(),
            vec![1],
        );
        assert_eq!(lower, "\u{a7ce}a\u{378}".as_bytes());
    }

    #[test]
    fn every_character() {
        let all: String = ('\0'..=char::MAX).flat_map(|c| [c, '\n']).collect();
        let all = all.as_bytes();
        assert!(filtered(lower(), all, vec![usize::MAX]) == naive(all));
        assert!(filtered(fold(), all, vec![usize::MAX]) == folded(all));
        for (form, normal) in forms() {
            let before = normal(all);
            assert!(filtered(fold_in(form), all, vec![usize::MAX]) == normal(&folded(&before)));
            let lower = filtered(lower_in(form), all, vec![usize::MAX]);
            assert!(lower == normal(&naive(&before)), "{form:?}");
            // A second time changes nothing.
            assert!(
                filtered(lower_in(form), &lower, vec![usize::MAX]) == lower,
                "{form:?}"
            );
        }
    }

    #[test]
    fn every_character_that_may_combine_after_a_letter() {
        let may_combine = |c: &char| {
            !std::iter::once(*c).nfkd().eq([*c])
                || canonical_combining_class(*c) != 0
                || is_nfc_quick(std::iter::once(*c)) != IsNormalized::Yes
        };
        let combining: Vec<char> = ('\0'..=char::MAX).filter(may_combine).collect();
        for before in ["e", "か", "\u{1112}", "각"] {
            let all = combining.iter().map(|c| format!("{before}{c}\n"));
            let all = all.collect::<String>().into_bytes();
            for (form, normal) in forms() {
                let lower = filtered(lower_in(form), &all, vec![usize::MAX]);
                let before = if form == Form::default() {
                    all.clone()
                } else {
                    normal(&all)
                };
                assert!(lower == normal(&naive(&before)), "{form:?}");
            }
        }
    }

    #[test]
    fn invalid_bytes_around_a_mark_become_a_character() {
        let form = Form {
            compatibility: false,
            without_marks: true,
        };
        // The bytes of Î, and U+064C between them.
        let out = filtered(lower_in(form), b"\xC3\xD9\x8C\x8E", vec![9]);
        assert_eq!(out, b"i");
    }

    #[test]
    fn marks_of_many_scripts() {
        let without = |text: &str| {
            let form = Form {
                compatibility: false,
                without_marks: true,
            };
            String::from_utf8(filtered(lower_in(form), text.as_bytes(), vec![1])).unwrap()
        };
        for (text, expected) in [
            ("Naïve Ångström Ǆ", "naive angstrom ǆ"),
            ("Việt ƯƠ phở", "viet uo pho"),
            ("ΆΈΉ ᾴ ΐ", "αεη α ι"),
            ("Ёлка Йод їжа", "елка иод іжа"),
            ("İI ı", "ii ı"),
            // No marks, but parts of the letter.
            ("Øl łódź đ ß æ", "øl łodz đ ß æ"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد أ", "محمد ا"),
            // Vowels, viramas and voicing marks are not diacritics.
            ("हिन्दी ภาษาไทยกี้", "हिन्दी ภาษาไทยกี้"),
            ("がパ한국 ≠", "がパ한국 ≠"),
            ("か\u{3099}\u{301}", "が"),
            ("❤\u{FE0F}", "❤\u{FE0F}"),
        ] {
            assert_eq!(without(text), expected);
        }
    }

    #[test]
    fn compatibility_characters_have_a_case() {
        let form = Form {
            compatibility: true,
            without_marks: false,
        };
        let text = "ＡＢＣ ﬁ ² ℌ 𝐀Ⅷ ﾊﾟ ½ ΑΣ 𝚨𝚺";
        let expected = "abc fi 2 h aviii パ 1⁄2 ας ας";
        let lower = filtered(lower_in(form), text.as_bytes(), vec![1]);
        assert_eq!(String::from_utf8(lower).unwrap(), expected);
    }

    #[test]
    fn a_final_sigma_is_decided_far_after_the_end_of_a_block() {
        for (rest, sigma) in [("", "ς"), (" ", "ς"), ("α", "σ"), ("\u{301}Α", "σ")] {
            let text = format!("ΑΣ{}{rest}", "'".repeat(3 * crate::common::stream::BLOCK));
            let lower =
                String::from_utf8(filtered(lower(), text.as_bytes(), vec![usize::MAX])).unwrap();
            assert!(lower.starts_with(&format!("α{sigma}'")), "{rest:?}");
            assert!(lower == text.to_lowercase());
        }
    }

    #[test]
    fn normalization_buffers_one_letter() {
        // Compatibility ideographs change, but do not combine.
        let (mut filter, mut out) = (lower_in(Form::default()), Out::default());
        filter
            .block("\u{F900}".repeat(1000).as_bytes(), &mut out)
            .unwrap();
        assert!(out.as_slice().len() >= 999 * 3);
    }

    #[test]
    fn words_written_differently_become_one() {
        let same = |a: &str, b: &str| {
            let fold = |text: &str| filtered(fold_in(Form::default()), text.as_bytes(), vec![1]);
            fold(a) == fold(b)
        };
        assert!(same("Straße", "STRASSE"));
        assert!(same("ΟΔΟΣ", "οδος"));
        assert!(same("É", "e\u{301}"));
        assert!(same("α\u{345}\u{301}", "ᾴ"));
    }
}
